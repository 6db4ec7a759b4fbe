"""What is remembered of one alert while it is open; kept as JSON. Moments are seconds since 1970, 0 is never."""

from typing import Final

import msgspec


class Member(msgspec.Struct, omit_defaults=True):
    """One sensor of an alert; of a foreign alert its fingerprint."""

    severity: str
    since: float
    at: float
    """When ``value`` was measured; without one, of the last turn."""
    worst: str
    """The worst severity that it had."""
    value: float | None = None
    peak: float | None = None
    quantity: str = ""
    told: str = ""
    """The worst severity with which people were told of it; "": they were not."""
    late: bool = False
    ended: float = 0.0
    gone: bool = False
    """It ended because its rule is about it no more."""
    about: dict[str, str] = {}
    unheard: float = 0.0
    """It ended because its sender said nothing of it any more, since then."""
    apart: bool = False
    """The registry names this body for it no more: nothing is said of it there but its end."""
    joined: bool = False
    """It had begun before the registry named this body for it."""


class Taken(msgspec.Struct, array_like=True):
    by: str
    """A person's id; "" once it is forgotten."""
    until: float
    message: int = 0
    """The one that they reacted to; 0: they said so, or did it on a page, and no reaction gives it back."""


class AlertState(msgspec.Struct, omit_defaults=True):
    """All of it. Moved in place by `provisioner.alerts.alerting`."""

    opened: float
    members: dict[str, Member] = {}
    """By sensor; those that ended stay until all have."""
    first_at: float = 0.0
    """When the first word was said."""
    said_at: float = 0.0
    """When the last one was: repeats count from here."""
    told: str = ""
    """The severity that people were told last."""
    worst_told: str = ""
    gathering_until: float = 0.0
    """Further sensors wait until then, to be said in one word."""
    mores: int = 0
    """How often further sensors were said since the last repeat."""
    repeats: int = 0
    taken: Taken | None = None
    escalated: int = 0
    """How many of the rule's escalations were made."""
    waiting_since: float = 0.0
    """Since when nobody has it: escalations count from here."""
    bodies: list[str] = []
    """Bodies told by escalations: they hear of the rest, too."""
    people: list[str] = []
    put_off: bool = False
    """The first word waits for the end of the quiet hours."""
    hushed: bool = False
    """A silence kept something from being said."""


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(AlertState)


def encode_alert(state: AlertState) -> str:
    """For the column `about`."""
    return _ENCODER.encode(state).decode()


def decode_alert(about: str | bytes) -> AlertState:
    """`encode_alert` undone. Raises `msgspec.DecodeError` for what it never wrote."""
    return _DECODER.decode(about)
