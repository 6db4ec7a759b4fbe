"""Whoever can send JSON: measurements, alerts and gateways in our own small shape (docs/senders.md has it)."""

import hashlib
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

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


class _One(msgspec.Struct):
    """A measurement has ``device``, an alert ``alert``, a gateway's state ``gateway``."""

    device: str | None = None
    eui: str = ""
    application: str = ""
    at: str | float | None = None
    counter: Counter | None = None
    session: str = ""
    id: str = ""
    values: dict[str, Any] = {}
    battery: float | None = None
    gateways: list[str] = []
    simulated: bool = False

    alert: str | None = None
    status: Literal["firing", "resolved"] = "firing"
    began: str | float | None = None
    ended: str | float | None = None
    labels: dict[str, str] = {}
    summary: str = ""
    description: str = ""
    value: str | float | None = None
    links: list[str] = []

    gateway: str | None = None
    online: bool | None = None


_DECODER: Final = msgspec.json.Decoder(_One | list[_One])


def read(payload: bytes, arrival: Arrival) -> Read:
    """One object, or a list of them. Raises `Refused`: then nothing of the message counts."""
    found = decoded(_DECODER, payload)
    several = found if isinstance(found, list) else [found]
    if len(several) > MOST_AT_ONCE:
        raise Refused("too_big")
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
            raise Refused("shape")
    return Read(tuple(news), dropped)


def _when(said: str | float | None, arrival: Arrival) -> datetime:
    return moment(said, arrival.received) or arrival.received


def _uplink(one: _One, arrival: Arrival) -> tuple[Uplink, int]:
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


def _word(one: _One, arrival: Arrival) -> str:
    """Without ``at`` nothing tells the same measurement again from an equal one later: each counts."""
    told = msgspec.json.encode(one) + (b"" if one.at is not None else arrival.received.isoformat().encode())
    return hashlib.sha256(told).hexdigest()[:32]


def _alert(one: _One, name: str, arrival: Arrival) -> ForeignAlert:
    firing = one.status == "firing"
    labels = labels_of(one.labels) | {"alertname": legible(name)}
    value = one.value if isinstance(one.value, str) else "" if one.value is None else f"{one.value:.6g}"
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
