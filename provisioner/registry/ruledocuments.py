"""The shapes of what the registry's files say about rules: what alerts come of."""

import re
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from provisioner.model.alerts import AlertSeverity
from provisioner.registry.durations import DURATION_PATTERN, ClockTime, Duration, written
from provisioner.registry.measures import Number, QuantityName, Tag, one_or_many
from provisioner.registry.shapes import Document, Id, MaybeEmptyName, Name, Purpose

_NEVER: Final = "never"
_DAYS: Final = {"mo": 0, "tu": 1, "we": 2, "th": 3, "fr": 4, "sa": 5, "su": 6, "di": 1, "mi": 2, "do": 3, "so": 6}
_DAY: Final = "(?:" + "|".join(_DAYS) + ")"
_DAY_OR_SPAN: Final = rf"^{_DAY}(?:\s*-\s*{_DAY})?$"

AnySeverity = Annotated[AlertSeverity, Field(strict=False)]
"""Severities come as texts, which pydantic takes only outside its strict mode."""


def _days(value: Any) -> Any:
    if isinstance(value, str) and re.match(_DAY_OR_SPAN, value.strip().lower(), re.ASCII):
        return value.strip().lower()
    raise PydanticCustomError("registry.bad_weekday", "no day of the week")


def days_of(written: str) -> frozenset[int]:
    """ "mo-fr" → 0 to 4; "sa-mo" goes over the week's end. For what `Days` let pass."""
    first, _, last = (part.strip() for part in written.partition("-"))
    begin, end = _DAYS[first], _DAYS[last or first]
    return frozenset(day % 7 for day in range(begin, end + (7 if end < begin else 0) + 1))


Days = Annotated[
    str, BeforeValidator(_days), WithJsonSchema({"type": "string", "pattern": _DAY_OR_SPAN.replace(r"\s*", " *")})
]
_Ids = Annotated[list[Id], Field(max_length=500), one_or_many(Id)]


class AppliesDocument(Document):
    """Which sensors a rule is about: all conditions given have to hold. Without any it is about all that fit."""

    models: _Ids = Field(default_factory=list, description="Sensors of these models.")
    sensors: _Ids = Field(default_factory=list, description="These sensors.")
    organisations: _Ids = Field(default_factory=list, description="Sensors of these organisations.")
    tags: Annotated[list[Tag], Field(max_length=20), one_or_many(Tag)] = Field(
        default_factory=list, description="Sensors with at least one of these words."
    )
    senders: _Ids = Field(
        default_factory=list,
        description="Sensors whose entry names one of these senders; of `foreign` alerts, what comes from them.",
    )


class LevelDocument(Document):
    """One step of a threshold."""

    severity: AnySeverity = Field(description="`info`, `warning` or `critical`.")
    above: Number | None = Field(None, description="Fires when the value is above this. Either this or `below`.")
    below: Number | None = Field(None, description="Fires when the value is below this.")
    clear: Number | None = Field(
        None, description="Over only when the value is back here. Without it as soon as the limit is not crossed."
    )


class ThresholdDocument(Document):
    """A value crosses a limit; several levels escalate and come down."""

    quantity: QuantityName = Field(description="Name of the quantity, as the sensors' model has it.")
    levels: list[LevelDocument] = Field(min_length=1, max_length=3, description="At most one for each severity.")
    lasting: Duration | None = Field(None, description="Fires when it held so long, e.g. `10 min`.")


class RateDocument(Document):
    """A value rises or falls fast."""

    quantity: QuantityName = Field(description="Name of the quantity, as the sensors' model has it.")
    within: Duration = Field(description="Within this time, e.g. `1 h` …")
    rises: Number | None = Field(None, description="… it rises by more than this. Either this or `falls`.")
    falls: Number | None = Field(None, description="… or falls by more than this (written without a minus).")
    clear: Number | None = Field(
        None, description="Over when it changes by less than this. Without it half of the limit."
    )
    severity: AnySeverity = Field(AlertSeverity.WARNING, description="`info`, `warning` or `critical`.")


class SilenceDocument(Document):
    """A sensor says nothing."""

    intervals: Number = Field(3.0, description="For so many of its intervals, at least 1.")
    severity: AnySeverity = Field(AlertSeverity.WARNING, description="`info`, `warning` or `critical`.")


class LowBatteryDocument(Document):
    """A battery runs down."""

    below: Number = Field(20.0, description="Fires below so many percent.")
    clear: Number | None = Field(None, description="Over when it is back here; without it 10 percent above.")
    severity: AnySeverity = Field(AlertSeverity.INFO, description="`info`, `warning` or `critical`.")


class ExpressionDocument(Document):
    """The escape hatch: whatever one expression over the quantities says."""

    when: str = Field(
        description="Fires when this is true, e.g. `temperature - dew_point < 2 and humidity > 80`: names of "
        "quantities, `battery`, numbers with a dot, `< <= > >= == !=`, `and`, `or`, `not`, `+ - * /`, "
        "`min`, `max`, `abs`, `round`."
    )
    clear_when: str | None = Field(
        None, description="Over when this is true. Without it as soon as `when` is not true any more."
    )
    lasting: Duration | None = Field(None, description="Fires when it held so long, e.g. `10 min`.")
    severity: AnySeverity = Field(AlertSeverity.WARNING, description="`info`, `warning` or `critical`.")


def _or_never(value: Any) -> Any:
    return timedelta() if value == _NEVER else value


DurationOrNever = Annotated[
    Duration,
    BeforeValidator(_or_never),
    PlainSerializer(lambda length: written(length) if length else _NEVER, return_type=str),
    WithJsonSchema({"type": "string", "pattern": rf"^{_NEVER}$|{DURATION_PATTERN}"}),
]
"""Nothing at all is never."""


class ForeignDocument(Document):
    """Somebody else's alert (Alertmanager, Grafana, a plain webhook): whom it concerns, and how bad it is."""

    labels: dict[Name, MaybeEmptyName] = Field(
        min_length=1,
        max_length=20,
        description="All have to be there with these values, e.g. `{alertname: DiskFull}`.",
    )
    severity: AnySeverity | None = Field(None, description="Without it as its label `severity` says, else `warning`.")
    unheard: DurationOrNever | None = Field(
        None,
        description="Taken for over when its sender says nothing of it for so long, e.g. `2 d`, or `never`: longer "
        "than it takes to repeat what goes on. Without it as the policy says.",
    )


class HoursDocument(Document):
    """When a rule holds, in the network's time zone. What fires outside of them waits for their beginning."""

    days: Annotated[list[Days], Field(max_length=7), one_or_many(Days)] = Field(
        default=["mo-su"], min_length=1, description="`mo`, `tu`, `we`, `th`, `fr`, `sa`, `su`, or e.g. `mo-fr`."
    )
    begin: ClockTime | None = Field(None, description="E.g. `07:00`. Without `begin` and `end` all day.")
    end: ClockTime | None = Field(None, description="E.g. `16:00`. Earlier than `begin`: over midnight.")


class EscalationDocument(Document):
    """Who is told besides when nobody took it on."""

    after: Duration = Field(description="So long after the first message, e.g. `30 min`.")
    bodies: Annotated[list[Id], Field(max_length=20), one_or_many(Id)] = Field(
        default_factory=list, description="Ids of bodies, in their conversations."
    )
    people: Annotated[list[Id], Field(max_length=50), one_or_many(Id)] = Field(
        default_factory=list, description="Ids of people, by mail."
    )


class RuleDocument(Document):
    """What makes an alert, for which sensors, and who is told. It has exactly one test."""

    id: Id = Field(description="Lasting short name, e.g. `hochwasser`. Open alerts hang on it.")
    name: Name = Field(description="What people read, e.g. `Hochwasser`.")
    applies: AppliesDocument = Field(
        AppliesDocument(), description="Which sensors it is about. Without it all that fit."
    )
    threshold: ThresholdDocument | None = Field(None, description="The test: a value crosses a limit.")
    rate: RateDocument | None = Field(None, description="The test: a value rises or falls fast.")
    silence: SilenceDocument | None = Field(None, description="The test: a sensor says nothing.")
    battery: LowBatteryDocument | None = Field(None, description="The test: a battery runs down.")
    expression: ExpressionDocument | None = Field(None, description="The test: what one expression says.")
    foreign: ForeignDocument | None = Field(None, description="The test: somebody else's alert.")
    tells: Annotated[list[Id], Field(max_length=20), one_or_many(Id)] = Field(
        default_factory=list, description="Ids of bodies that are told besides those of the sensor."
    )
    meaning: Purpose = Field("", description="What it means, for people who read it at night.")
    advice: Purpose = Field("", description="What to do.")
    hours: HoursDocument | None = Field(None, description="When it holds. Without it always.")
    repeat: Duration | None = Field(
        None, description="How often it is said again while it goes on. Without it as the policy says."
    )
    escalations: list[EscalationDocument] = Field(
        default_factory=list, max_length=10, description="Who is told besides when nobody took it on."
    )
    picture: bool | None = Field(
        None, description="Whether a chart of the last hours follows. Without it for critical alerts."
    )


TESTS: Final = ("threshold", "rate", "silence", "battery", "expression", "foreign")
"""The fields of which a rule has exactly one."""
