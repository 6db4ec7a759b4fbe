"""What all parsers share: limits, moments, names, and decoded values made flat.

Whatever comes is bounded here. Nothing below raises anything but `Refused`.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple, TypeVar

import msgspec

from provisioner.model.sensors import DeviceName, Measured, News
from provisioner.model.whereabouts import tells_where
from provisioner.registry.measures import device_name as registered_name

MOST_BYTES: Final = 1_000_000
"""Of one message. The Things Stack's are 1 to 4 KB."""
MOST_VALUES: Final = 200
"""Of one uplink; further ones are left out."""
DEEPEST: Final = 32
"""How deep decoded values may be nested; what lies deeper is left out."""
LONGEST_NAME: Final = 100
"""Letters of a path, and of the name of a device, an application, a gateway, a label."""
LONGEST_VALUE: Final = 200
"""Letters of a decoded value, or of a label's."""
LARGEST: Final = 1e18
"""Nothing is measured beyond it: what is larger (or not finite, or no number) is a fault of the decoder."""
MOST_GATEWAYS: Final = 32
OLDEST: Final = timedelta(days=400)
"""No storage keeps more; a moment before that is a clock that never was set."""

Counter = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
"""Of a device's messages."""

S = TypeVar("S")


class Refused(Exception):
    """A message that means nothing to us; ``code`` is one of `provisioner.senders.parsing.REFUSALS`.

    What it came from says more, and may quote the message.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Arrival(NamedTuple):
    """What is known of a message besides its bytes."""

    sender: str
    received: datetime
    topic: str
    event: str
    filled: bool
    test: bool


class Read(NamedTuple):
    """What a product's parser found: ``dropped`` values were no values, or too many."""

    news: tuple[News, ...] = ()
    dropped: int = 0


def decoded(decoder: msgspec.json.Decoder[S], payload: bytes) -> S:
    """The message in its product's shape. Python writes `NaN` and `Infinity` into JSON: those are read as null.

    Raises `Refused` for what is no JSON, or another product's.
    """
    try:
        return decoder.decode(payload)
    except (ValueError, RecursionError):
        return msgspec.convert(_leniently(payload), decoder.type)


def _leniently(payload: bytes) -> object:
    try:
        return json.loads(payload, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise Refused("not_json") from error


def moment(said: str | float | None, received: datetime) -> datetime | None:
    """A moment as a sender tells it (ISO 8601 with a zone, or seconds since 1970), never after ``received``.

    None: it told none. Raises `Refused` for what is no moment, or lies too far back.
    """
    if said is None or said == "":
        return None
    try:
        at = datetime.fromisoformat(said) if isinstance(said, str) else datetime.fromtimestamp(said, UTC)
        if at.tzinfo is None:
            raise Refused("moment")
        at = at.astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Refused("moment") from error
    if at > received:
        return received
    if received - at > OLDEST:
        raise Refused("too_old")
    return at


def device_name(device: str, eui: str = "", application: str = "") -> DeviceName:
    """As the registry compares them. Raises `Refused` where no device can be told from it."""
    device, eui, application = registered_name(device), registered_name(eui), application.strip().lower()
    if len(eui) != 16 or not eui.isalnum() or not set(eui) <= _HEXADECIMAL:
        eui = ""
    if not (device or eui) or not is_name(device) or not is_name(application):
        raise Refused("device")
    return DeviceName(device or eui, eui, application)


_HEXADECIMAL: Final = frozenset("0123456789abcdef")


def is_name(text: str) -> bool:
    return len(text) <= LONGEST_NAME and text.isprintable()


def legible(text: str, longest: int = LONGEST_VALUE) -> str:
    """``text`` in one line without what could not be printed or kept, cut to ``longest`` letters."""
    text = text[:longest]
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else " " for letter in text)


def gateways_of(names: list[str]) -> tuple[str, ...]:
    """Without what is no name; the same one only once."""
    return tuple(dict.fromkeys(name for name in names[:MOST_GATEWAYS] if name and is_name(name)))


def percent(said: float | None) -> float | None:
    """A battery's percents, or None for what is none."""
    return float(said) if said is not None and 0 <= said <= 100 else None


def flatten(tree: object, into: dict[str, Measured], prefix: str = "", depth: int = 1) -> int:
    """Put the values of ``tree`` into ``into`` by path (``air.temperature``, ``channels.0``); how many were left out.

    Left out and counted: what is no finite number or no sensible one, too long, too deep or too many. Left out and not
    counted: null, and whatever tells a place. A path that is there already keeps its value.
    """
    if isinstance(tree, Mapping):
        items: Any = tree.items()
    elif isinstance(tree, list):
        items = enumerate(tree)
    else:
        return 1
    dropped = 0
    for seen, (name, value) in enumerate(items):
        if len(into) >= MOST_VALUES:
            return dropped + len(tree) - seen
        path = f"{prefix}{name}"
        kind = type(value)
        if kind is float or kind is int:
            if not -LARGEST <= value <= LARGEST:
                dropped += 1
                continue
            value = float(value)
        elif kind is str:
            if len(value) > LONGEST_VALUE:
                dropped += 1
                continue
            value = legible(value)
        elif kind is dict or kind is list:
            if depth >= DEEPEST or len(path) >= LONGEST_NAME:
                dropped += 1
            elif not tells_where(str(name)):
                dropped += flatten(value, into, f"{path}.", depth + 1)
            continue
        elif kind is not bool:
            continue  # null: nothing was measured
        if len(path) > LONGEST_NAME or not path.isprintable():
            dropped += 1
        elif path not in into and not tells_where(str(name)):
            into[path] = value
    return dropped
