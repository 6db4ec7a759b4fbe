"""Whoever can send JSON: measurements, alerts and gateways in our own small shape (docs/senders.md has it)."""

import hashlib
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from provisioner.model.sensors import ForeignAlert, GatewayNews, Measured, News, Uplink
from provisioner.senders.alertmanager import LONGEST_TEXT, fingerprint_of, labels_of, links_of
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

MOST_AT_ONCE: Final = 500
"""Measurements, alerts and gateways in one message."""


When = Annotated[str | float, Meta(description="ISO 8601 with a time zone, or seconds since 1970; none: now.")] | None


class PlainMessage(msgspec.Struct, omit_defaults=True):
    """A measurement has ``device`` (or ``eui``), an alert ``alert``, a gateway's state ``gateway`` and ``online``."""

    device: Annotated[str, Meta(description="A device's name; the same one always has the same.")] | None = None
    eui: Annotated[str, Meta(description="16 hexadecimal digits, of a LoRaWAN device.")] = ""
    application: Annotated[str, Meta(description="Where names of devices are unique within it alone.")] = ""
    at: When = None
    counter: Annotated[Counter, Meta(description="Of the device's messages; gaps are seen by it.")] | None = None
    session: Annotated[str, Meta(description="Changes when the counter begins anew.")] = ""
    id: Annotated[str, Meta(description="Of this measurement or alert: the same one has the same, however often.")] = ""
    values: Annotated[dict[str, Any], Meta(description="What was measured: numbers, true, false, texts; nested.")] = {}
    battery: Annotated[float, Meta(description="Percent.")] | None = None
    gateways: Annotated[list[str], Meta(description="Which heard it.")] = []
    simulated: Annotated[bool, Meta(description="Counts in test mode only.")] = False

    alert: Annotated[str, Meta(description="An alert's name, as rules know it: the label `alertname`.")] | None = None
    status: Literal["firing", "resolved"] = "firing"
    began: When = None
    ended: When = None
    labels: Annotated[dict[str, str], Meta(description="For rules; `severity` is one of them.")] = {}
    summary: str = ""
    description: str = ""
    value: Annotated[str | float, Meta(description="As people read it.")] | None = None
    links: Annotated[list[str], Meta(description="https addresses where to read more.")] = []

    gateway: Annotated[str, Meta(description="A gateway's name, as devices' messages name it.")] | None = None
    online: Annotated[bool, Meta(description="Whether it is connected.")] | None = None


_DECODER: Final = msgspec.json.Decoder(PlainMessage | list[PlainMessage])


def schema() -> dict[str, Any]:
    """The JSON Schema of a message."""
    return msgspec.json.schema(PlainMessage | list[PlainMessage])


def read(payload: bytes, arrival: Arrival) -> Read:
    """One object, or a list of them. Raises `Refused`: then nothing of the message counts."""
    found = decoded(_DECODER, payload)
    several = found if isinstance(found, list) else [found]
    if len(several) > MOST_AT_ONCE:
        raise Refused("too_many")
    news: list[News] = []
    dropped = 0
    for one in several:
        if one.simulated and not arrival.test:
            continue
        if one.device is not None or one.eui:
            uplink, left_out = _uplink(one, arrival)
            news.append(uplink)
            dropped += left_out
        elif one.alert is not None:
            news.append(_alert(one, one.alert, arrival))
        elif one.gateway is not None and one.online is not None and one.gateway and is_name(one.gateway):
            at = _when(one.at, arrival)
            news.append(GatewayNews(arrival.sender, one.gateway.lower(), one.online, at))
        else:
            raise Refused("nothing_named")
    return Read(tuple(news), dropped)


def _when(said: str | float | None, arrival: Arrival) -> datetime:
    return moment(said, arrival.received) or arrival.received


def _uplink(one: PlainMessage, arrival: Arrival) -> tuple[Uplink, int]:
    values: dict[str, Measured] = {}
    dropped = flatten(one.values, values)
    session = one.session
    if one.counter is None:  # the message's own word: its id, or what it says
        session = one.id or _word(one, arrival)
    uplink = Uplink(
        arrival.sender,
        device_name(one.device or "", one.eui, one.application),
        _when(one.at, arrival),
        arrival.received,
        legible(session, LONGEST_NAME),
        one.counter,
        values,
        percent(one.battery),
        gateways_of(one.gateways),
        one.simulated,
        arrival.filled,
    )
    return uplink, dropped


def _word(one: PlainMessage, arrival: Arrival) -> str:
    """Without ``at`` nothing tells the same measurement again from an equal one later: each counts."""
    told = msgspec.json.encode(one) + (b"" if one.at is not None else arrival.received.isoformat().encode())
    return hashlib.sha256(told).hexdigest()[:32]


def _alert(one: PlainMessage, name: str, arrival: Arrival) -> ForeignAlert:
    firing = one.status == "firing"
    labels = labels_of(one.labels) | {"alertname": legible(name)}
    value = one.value if isinstance(one.value, str) else "" if one.value is None else f"{one.value:.12g}"
    return ForeignAlert(
        sender=arrival.sender,
        fingerprint=legible(one.id, LONGEST_NAME) or fingerprint_of(labels),
        name=legible(name),
        firing=firing,
        at=arrival.received,
        began=_when(one.began, arrival),
        ended=None if firing else _when(one.ended, arrival),
        labels=labels,
        summary=legible(one.summary, LONGEST_TEXT),
        description=legible(one.description, LONGEST_TEXT),
        value=legible(value),
        links=links_of(*one.links),
    )
