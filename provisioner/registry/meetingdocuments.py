"""The shapes of what the registry's files say about a body's meetings."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from provisioner.registry.shapes import Day, Document, Id, LocalTime, Name, Rule

_EVERY: Final = re.compile(r"(?:([1-9][0-9]{0,2}) )?(day|week|month|year)s?", re.ASCII)
_FREQUENCIES: Final = {"day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "year": "YEARLY"}
_MOST: Final = 200


def _rhythm(value: Any) -> Any:
    if isinstance(value, str) and _EVERY.fullmatch(value):
        return value
    raise PydanticCustomError("registry.bad_rhythm", "no rhythm")


Rhythm = Annotated[
    str,
    BeforeValidator(_rhythm),
    WithJsonSchema({"type": "string", "pattern": r"^([1-9][0-9]{0,2} )?(day|week|month|year)s?$"}),
]


def rule_of(rhythm: str) -> str:
    """ "2 weeks" → "FREQ=WEEKLY;INTERVAL=2". Raises `ValueError` for anything but a rhythm."""
    found = _EVERY.fullmatch(rhythm)
    if found is None:
        raise ValueError(rhythm)
    return f"FREQ={_FREQUENCIES[found[2]]}" + (f";INTERVAL={found[1]}" if found[1] else "")


class SeriesDocument(Document):
    """One meeting, or a series of them, in calendars."""

    id: Id = Field(
        description="Lasting short name in its body, e.g. `jour-fixe`. Never changes: calendars know it by it."
    )
    title: Name | None = Field(None, description="What people read. Without it the body's name.")
    first: LocalTime = Field(
        description="When the first one begins, in the network's time zone, e.g. `2026-01-13T10:00`."
    )
    minutes: int | None = Field(
        None, ge=5, le=1440, description="How long one takes, where it differs from the others."
    )
    every: Rhythm | None = Field(
        None, description="How often from then on: `2 weeks`, `14 days`, `month`, `2 months`. Without it: once."
    )
    rule: Rule | None = Field(
        None, description="Instead of `every`, a recurrence rule (RFC 5545), e.g. `FREQ=MONTHLY;INTERVAL=2;BYDAY=2WE`."
    )
    until: Day | None = Field(None, description="Last day on which one may begin.")
    further: list[LocalTime] = Field(
        default_factory=list, max_length=_MOST, description="Single meetings besides, e.g. all six of a year."
    )
    cancelled: list[Day] = Field(
        default_factory=list, max_length=_MOST, description="Days on which it does not take place."
    )
    moved: dict[Day, LocalTime] = Field(
        default_factory=dict,
        max_length=_MOST,
        description="Day on which it would be → when it is instead, e.g. `{2026-06-04: 2026-06-05T14:00}`.",
    )
    holidays: Literal["skip", "keep"] = Field(
        "skip", description="`skip`: the rhythm leaves out public holidays. What is written with its date stays."
    )


class MeetingsDocument(Document):
    """When a body meets: `series` for dates in calendars, `times_a_year` or `rule` where none are known."""

    series: list[SeriesDocument] = Field(default_factory=list, max_length=50, description="Its dates.")
    times_a_year: int | None = Field(None, ge=1, le=366, description="How often, for people to read.")
    rule: Rule | None = Field(None, description="A rhythm without a first date: it reaches no calendar.")
    minutes: int = Field(90, ge=5, le=1440, description="How long a meeting takes.")
