"""What ChirpStack v4 says, by MQTT and by HTTP with ``?event=``: JSON, zeros left out.

Gateways' connection states come by MQTT alone, as JSON or (its default) as protobuf.
"""

import json
from typing import Any, Final

import msgspec

from provisioner.model.sensors import BatteryNews, DeviceName, GatewayNews, Measured, Uplink
from provisioner.senders.reading import (
    LONGEST_NAME,
    Arrival,
    Counter,
    Read,
    Refused,
    decoded,
    device_name,
    flatten,
    gateways_of,
    is_name,
    legible,
    moment,
    percent,
)


class _Info(msgspec.Struct, rename="camel"):
    application_id: str = ""
    device_name: str = ""
    dev_eui: str = ""


class _Reception(msgspec.Struct, rename="camel"):
    gateway_id: str = ""


class _Event(msgspec.Struct, rename="camel"):
    device_info: _Info
    time: str = ""
    dev_addr: str = ""
    f_cnt: Counter = 0
    object: dict[str, Any] | None = None
    rx_info: list[_Reception] = []
    battery_level: float | None = None
    """Percent. It is left out where it is unknown or the power comes from outside; a battery never tells 0."""


class _Connection(msgspec.Struct, rename="camel"):
    state: str = "OFFLINE"


_EVENT: Final = msgspec.json.Decoder(_Event)
_CONNECTION: Final = msgspec.json.Decoder(_Connection)
_OF_STATUS: Final = frozenset({"margin", "batteryLevel", "externalPowerSource", "batteryLevelUnavailable"})
_OF_UPLINK: Final = frozenset({"rxInfo", "fPort", "fCnt", "data", "object"})


def event_of(payload: bytes) -> str:
    """Which event it is, by its fields alone: for what was stored without its topic or address.

    "" for those of which nothing is read (joins, logs, locations). What is no event is called an uplink, and refused.
    """
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return "up"
    if not isinstance(found, dict) or "deviceInfo" not in found or not _OF_UPLINK.isdisjoint(found):
        return "up"
    return "" if _OF_STATUS.isdisjoint(found) else "status"


def read(payload: bytes, arrival: Arrival) -> Read:
    """An uplink, a device's battery or a gateway's connection; nothing for other events. Raises `Refused`."""
    parts = arrival.topic.split("/")
    if len(parts) >= 4 and parts[-2:] == ["state", "conn"] and parts[-4] == "gateway":
        return _connection(payload, parts[-3], arrival)
    event = arrival.event or (parts[-1] if "event" in parts[-2:-1] else "")
    if event == "up":
        return _uplink(decoded(_EVENT, payload), arrival)
    if event == "status":
        return _status(decoded(_EVENT, payload), arrival)
    return Read()


def _name(info: _Info) -> DeviceName:
    return device_name(info.dev_eui, info.dev_eui, info.application_id)


def _uplink(event: _Event, arrival: Arrival) -> Read:
    values: dict[str, Measured] = {}
    dropped = flatten(event.object, values) if event.object else 0
    uplink = Uplink(
        arrival.sender,
        _name(event.device_info),
        moment(event.time, arrival.received) or arrival.received,
        arrival.received,
        legible(event.dev_addr, LONGEST_NAME),
        event.f_cnt,
        values,
        None,
        gateways_of([one.gateway_id for one in event.rx_info]),
    )
    return Read((uplink,), dropped)


def _status(event: _Event, arrival: Arrival) -> Read:
    left = percent(event.battery_level)
    if left is None:
        return Read()
    at = moment(event.time, arrival.received) or arrival.received
    return Read((BatteryNews(arrival.sender, _name(event.device_info), at, left),))


def _connection(payload: bytes, gateway: str, arrival: Arrival) -> Read:
    if not is_name(gateway):
        raise Refused("shape")
    if not payload:  # the retained state was taken back: that is no state
        return Read()
    is_json = payload[:1] == b"{"
    online = decoded(_CONNECTION, payload).state == "ONLINE" if is_json else _is_online(payload)
    return Read((GatewayNews(arrival.sender, gateway.lower(), online, arrival.received),))


def _is_online(payload: bytes) -> bool:
    """`gw.ConnState`: field 2 is the state, 1 is online, 0 (left out) offline; all others are strings."""
    at, online = 0, False
    while at < len(payload):
        tag, at = payload[at], at + 1
        if at >= len(payload) or tag & 7 not in (0, 2):
            raise Refused("shape")
        if tag & 7 == 2:
            at += 1 + payload[at]  # ids are shorter than 128 letters
        else:
            online = payload[at] == 1 if tag >> 3 == 2 else online
            at += 1
    if at != len(payload):
        raise Refused("shape")
    return online
