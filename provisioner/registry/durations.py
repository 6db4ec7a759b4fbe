"""Durations as people write them (``10 min``, ``2 h``, ``1 h 30 min``, ``3 d``, German as well), and times of day."""

import re
from datetime import time, timedelta
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

LONGEST: Final = timedelta(days=366)
_UNITS: Final = {
    "s": ("s", "sec", "sek", "second", "seconds", "sekunde", "sekunden"),
    "min": ("m", "min", "minute", "minutes", "minuten"),
    "h": ("h", "std", "hour", "hours", "stunde", "stunden"),
    "d": ("d", "day", "days", "tag", "tage", "tagen"),
    "w": ("w", "week", "weeks", "woche", "wochen"),
}
_SECONDS: Final = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_BY_WORD: Final = {word: _SECONDS[unit] for unit, words in _UNITS.items() for word in words}
_PART: Final = re.compile(r"\s*([0-9]{1,8}(?:[.,][0-9]{1,3})?)\s*([a-z]{1,8})\.?", re.ASCII)
CLOCK_PATTERN: Final = r"^([01]?[0-9]|2[0-3]):[0-5][0-9]$"
_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
DURATION_PATTERN: Final = r"^\s*([0-9]+([.,][0-9]+)?\s*[A-Za-z]+\.?\s*)+$"


def duration(text: str) -> timedelta:
    """What ``text`` says: more than nothing, at most `LONGEST`. Raises `ValueError` for anything else."""
    rest, seconds = text.strip().lower(), 0.0
    if not rest or len(rest) > 60:
        raise ValueError(text)
    while rest:
        part = _PART.match(rest)
        if part is None or part[2] not in _BY_WORD:
            raise ValueError(text)
        seconds += float(part[1].replace(",", ".")) * _BY_WORD[part[2]]
        rest = rest[part.end() :].strip()
    if not 1 <= seconds <= LONGEST.total_seconds():
        raise ValueError(text)
    return timedelta(seconds=round(seconds))


def written(length: timedelta) -> str:
    """As `duration` reads it, in the largest unit that fits: ``90 s``, ``10 min``, ``1 d``."""
    seconds = round(length.total_seconds())
    unit = next(unit for unit in ("d", "h", "min", "s") if seconds % _SECONDS[unit] == 0)
    return f"{seconds // _SECONDS[unit]} {unit}"


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    try:
        if not isinstance(value, str):
            raise ValueError(value)
        return duration(value)
    except ValueError as fault:
        raise PydanticCustomError("registry.bad_duration", "no duration") from fault


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(written, return_type=str),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN}),
]
"""Of a document or of the policy."""


def _clock(value: Any) -> Any:
    if isinstance(value, time):
        return value
    found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("registry.bad_clock", "no time of day")
    return time(int(found[1]), int(found[2]))


ClockTime = Annotated[
    time,
    BeforeValidator(_clock),
    PlainSerializer(lambda value: value.strftime("%H:%M"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": CLOCK_PATTERN}),
]
"""A time of day without a zone: it is the network's."""
