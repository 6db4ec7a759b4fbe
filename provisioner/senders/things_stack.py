"""What The Things Stack v3 says: by MQTT, by webhook and from its storage, always in the same shape.

It leaves out whatever is zero, empty or false: a missing ``f_cnt`` is 0.
"""

from typing import Any, Final

import msgspec

from provisioner.model.sensors import Measured, Uplink
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
    legible,
    moment,
    percent,
)

NORMALIZED: Final = "normalized."
"""Begins the paths of what the payload normaliser made: its units are fixed, the decoder's own are not."""


class _Application(msgspec.Struct):
    application_id: str = ""


class _Ids(msgspec.Struct):
    device_id: str = ""
    dev_eui: str = ""
    application_ids: _Application | None = None


class _Gateway(msgspec.Struct):
    gateway_id: str = ""


class _Reception(msgspec.Struct):
    gateway_ids: _Gateway | None = None


class _Battery(msgspec.Struct):
    value: float | None = None
    """A wrapped value: 0 is written, and what is unknown is left out."""


class _Message(msgspec.Struct):
    session_key_id: str = ""
    f_cnt: Counter = 0
    decoded_payload: dict[str, Any] | None = None
    normalized_payload: list[dict[str, Any]] | None = None
    rx_metadata: list[_Reception] = []
    received_at: str = ""
    last_battery_percentage: _Battery | None = None


class _Envelope(msgspec.Struct):
    end_device_ids: _Ids
    received_at: str = ""
    simulated: bool = False
    uplink_message: _Message | None = None


_DECODER: Final = msgspec.json.Decoder(_Envelope)
_NO_APPLICATION: Final = _Application()


def read(payload: bytes, arrival: Arrival) -> Read:
    """The uplink; nothing for joins, downlinks and other events, and for simulated ones outside of test mode.

    The moment is when the network server got it (``uplink_message.received_at``): clocks of gateways are unreliable.
    Raises `Refused`.
    """
    envelope = decoded(_DECODER, payload)
    message = envelope.uplink_message
    if message is None or (envelope.simulated and not arrival.test):
        return Read()
    ids = envelope.end_device_ids
    said = message.received_at or envelope.received_at
    at = moment(said, arrival.received)
    if at is None:
        if arrival.filled:
            raise Refused("moment")
        at = arrival.received
    values: dict[str, Measured] = {}
    dropped = flatten(message.decoded_payload, values) if message.decoded_payload else 0
    if message.normalized_payload:
        dropped += _normalized(message.normalized_payload, values)
    counter: int | None = message.f_cnt
    session = legible(message.session_key_id, LONGEST_NAME)
    if envelope.simulated and not session:  # whoever simulates rarely counts
        session, counter = legible(said, LONGEST_NAME), None
    uplink = Uplink(
        arrival.sender,
        device_name(ids.device_id, ids.dev_eui, (ids.application_ids or _NO_APPLICATION).application_id),
        at,
        arrival.received,
        session,
        counter,
        values,
        percent(message.last_battery_percentage.value) if message.last_battery_percentage else None,
        gateways_of([one.gateway_ids.gateway_id for one in message.rx_metadata if one.gateway_ids]),
        envelope.simulated,
        arrival.filled,
    )
    return Read((uplink,), dropped)


def _normalized(measurements: list[dict[str, Any]], into: dict[str, Measured]) -> int:
    """Several measurements of one message are samples over time: of each quantity the newest counts."""
    newest_first = sorted(measurements, key=lambda one: str(one.get("time", "")), reverse=True)
    dropped = 0
    for measurement in newest_first:
        measurement.pop("time", None)
        dropped += flatten(measurement, into, NORMALIZED)
    return dropped
