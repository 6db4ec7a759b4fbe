"""What Prometheus' Alertmanager (webhook version 4) and Grafana (version 1, the same shape) say: several alerts."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from provisioner.model.sensors import ForeignAlert
from provisioner.senders.reading import LARGEST, LONGEST_NAME, Arrival, Read, Refused, decoded, legible, moment

MOST_ALERTS: Final = 2_000
"""Of one message; a megabyte of real ones holds fewer."""
MOST_LABELS: Final = 64
MOST_LINKS: Final = 5
LONGEST_TEXT: Final = 2_000
"""Letters of a summary or a description."""
LONGEST_LINK: Final = 500


class _Alert(msgspec.Struct, rename={"begins": "startsAt", "ends": "endsAt"}):
    status: str
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    begins: str = ""
    ends: str = ""
    fingerprint: str = ""
    values: dict[str, Any] | None = None
    generatorURL: str = ""  # noqa: N815 - as they write it
    dashboardURL: str = ""  # noqa: N815
    panelURL: str = ""  # noqa: N815


class _Message(msgspec.Struct):
    alerts: list[_Alert]


_DECODER: Final = msgspec.json.Decoder(_Message)


def read(payload: bytes, arrival: Arrival) -> Read:
    """All alerts of the message. Raises `Refused`."""
    alerts = decoded(_DECODER, payload).alerts
    if len(alerts) > MOST_ALERTS:
        raise Refused("too_many")
    return Read(tuple(_alert(one, arrival) for one in alerts))


def _alert(alert: _Alert, arrival: Arrival) -> ForeignAlert:
    if alert.status not in ("firing", "resolved"):
        raise Refused("shape")
    firing = alert.status == "firing"
    labels = labels_of(alert.labels)
    notes = alert.annotations
    return ForeignAlert(
        sender=arrival.sender,
        fingerprint=legible(alert.fingerprint, LONGEST_NAME) or fingerprint_of(labels),
        name=labels.get("alertname", ""),
        firing=firing,
        at=arrival.received,
        began=_when(alert.begins, arrival) or arrival.received,
        ended=None if firing else _when(alert.ends, arrival) or arrival.received,
        labels=labels,
        summary=legible(notes.get("summary", "") or notes.get("message", ""), LONGEST_TEXT),
        description=legible(notes.get("description", ""), LONGEST_TEXT),
        value=_values(alert.values),
        links=links_of(notes.get("runbook_url", ""), alert.panelURL, alert.dashboardURL, alert.generatorURL),
    )


def _when(said: str, arrival: Arrival) -> datetime | None:
    """Begin or end; None for year 1, which stands for no end, and for what was long ago."""
    try:
        return moment(said, arrival.received)
    except Refused:
        return None


def _values(values: Mapping[str, Any] | None) -> str:
    numbers = ((name, value) for name, value in (values or {}).items() if type(value) in (int, float))
    sensible = [f"{name}={value:.6g}" for name, value in numbers if abs(value) <= LARGEST]
    return legible(", ".join(sensible[:10]))


def labels_of(labels: Mapping[str, str]) -> dict[str, str]:
    """Bounded and legible."""
    chosen = list(labels.items())[:MOST_LABELS]
    return {legible(name, LONGEST_NAME): legible(value) for name, value in chosen}


def fingerprint_of(labels: Mapping[str, str]) -> str:
    """Of an alert whose sender gave it none: the same labels have the same one."""
    return hashlib.sha256(msgspec.json.encode(sorted(labels.items()))).hexdigest()[:16]


def links_of(*said: str) -> tuple[str, ...]:
    """The https addresses among them, each once."""
    good = (link for link in said if link.startswith("https://") and len(link) <= LONGEST_LINK and link.isprintable())
    return tuple(dict.fromkeys(link for link in good if " " not in link))[:MOST_LINKS]
