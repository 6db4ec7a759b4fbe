"""From the bytes of a message to what it means. The door for whatever comes: bounded, and it never raises."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from provisioner.model.sensors import News
from provisioner.model.text import Text
from provisioner.senders import alertmanager, chirpstack, plain, things_stack
from provisioner.senders.reading import MOST_BYTES, Arrival, Read, Refused, legible

REFUSALS: Final[Mapping[str, Text]] = {
    "kind": Text.of("senders.refused_kind"),
    "too_big": Text.of("senders.refused_too_big", most=MOST_BYTES // 1000),
    "too_many": Text.of("senders.refused_too_many"),
    "not_json": Text.of("senders.refused_not_json"),
    "shape": Text.of("senders.refused_shape"),
    "nothing_named": Text.of("senders.refused_nothing_named"),
    "device": Text.of("senders.refused_device"),
    "moment": Text.of("senders.refused_moment"),
    "too_old": Text.of("senders.refused_too_old"),
    "too_often": Text.of("senders.refused_too_often"),
    "crowd": Text.of("senders.refused_crowd"),
}
"""Why a message was refused, by the code that is counted; the last two only by whoever takes it in."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a message means."""

    news: tuple[News, ...] = ()
    refused: str | None = None
    """A key of `REFUSALS`; then there is no news."""
    skipped: bool = False
    """A message in order that tells nothing for us: a join, a downlink, a simulated uplink outside of test mode."""
    dropped: int = 0
    """How many decoded values were left out because they are none: not finite, too long, too deep, too many."""
    hint: str = ""
    """Where it is refused, in English. May quote the message: for whoever sent it, and for nobody else."""


_PARSERS: Final[Mapping[str, Callable[[bytes, Arrival], Read]]] = {
    "things-stack": things_stack.read,
    "chirpstack": chirpstack.read,
    "alertmanager": alertmanager.read,
    "grafana": alertmanager.read,
    "json": plain.read,
}


def parse(
    kind: str,
    payload: bytes,
    received: datetime,
    sender: str,
    topic: str = "",
    event: str = "",
    filled: bool = False,
    test: bool = False,
) -> Parsed:
    """What ``payload`` means, whatever it holds. Never raises.

    ``kind``: the sender's, as the settings name it; ``topic``: where MQTT brought it; ``event``: ChirpStack's
    ``?event=``; ``filled``: out of a storage; ``test``: what is marked as simulated counts.
    """
    if len(payload) > MOST_BYTES:
        return Parsed(refused="too_big")
    parser = _PARSERS.get(kind)
    if parser is None:
        return Parsed(refused="kind")
    try:
        read = parser(payload, Arrival(sender, received, topic, event, filled, test))
    except Refused as refused:
        return Parsed(refused=refused.code, hint=_hint(refused.__cause__))
    except (ValueError, OverflowError, RecursionError) as fault:  # msgspec's are ValueErrors: not of this product
        return Parsed(refused="shape", hint=_hint(fault))
    return Parsed(read.news, None, not read.news, read.dropped)


def _hint(cause: BaseException | None) -> str:
    return "" if cause is None else legible(str(cause))
