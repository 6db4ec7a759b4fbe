"""Rules about what sensors measure, and the alerts that come of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from provisioner.model.origin import Origin


class AlertSeverity(StrEnum):
    """From the least to the worst."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """To compare."""
        return tuple(AlertSeverity).index(self)


@dataclass(frozen=True, slots=True)
class Level:
    """One step of a threshold. One of ``above`` and ``below`` is set; ``clear`` lies on the quiet side of it."""

    severity: AlertSeverity
    above: float | None = None
    below: float | None = None
    clear: float | None = None
    """Over only when the value is back here (or beyond); None: as soon as the limit is not crossed any more."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value crosses a limit; several levels escalate and come down. All levels look the same way."""

    quantity: str
    levels: tuple[Level, ...]
    """From the least severe to the worst."""
    lasting: timedelta = timedelta()
    """Fires when it held so long, by the times of the measurements."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A value rises (or falls) by so much within a time; over when it changes by less than ``clear`` within it."""

    quantity: str
    within: timedelta
    severity: AlertSeverity
    rises: float | None = None
    falls: float | None = None
    clear: float | None = None
    """None: half of the limit."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A sensor said nothing for so many of its intervals."""

    intervals: float
    severity: AlertSeverity


@dataclass(frozen=True, slots=True)
class LowBattery:
    """Percent; over when it is back at ``clear``."""

    below: float
    clear: float
    severity: AlertSeverity


@dataclass(frozen=True, slots=True)
class Expression:
    """The escape hatch: true fires. Evaluated by simpleeval over the sensor's quantities by name, and `battery`."""

    when: str
    clear_when: str | None
    """None: as soon as ``when`` is not true any more."""
    severity: AlertSeverity
    lasting: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Foreign:
    """Somebody else's engine decides (`ForeignAlert`); here is only said whom it concerns and how bad it is."""

    labels: Mapping[str, str]
    """All have to be there with these values; ``alertname`` is one of them."""
    severity: AlertSeverity | None = None
    """None: as the label ``severity`` says, else a warning."""
    unheard: timedelta | None = None
    """Over when its sender says nothing of it for so long; nothing at all: never; None: as the policy says."""


Test = Threshold | Rate | Silence | LowBattery | Expression | Foreign


@dataclass(frozen=True, slots=True)
class Applies:
    """Which sensors a rule is about: all conditions given have to hold. For `Foreign` rules senders alone count."""

    models: frozenset[str] = frozenset()
    sensors: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    senders: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hours:
    """When a rule holds, in the network's time zone. What fires outside of them waits for their beginning."""

    days: frozenset[int] = frozenset(range(7))
    """0 is Monday."""
    begin: time = time(0)
    end: time = time(0)
    """The same as ``begin``: all day. Earlier than it: over midnight."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who is told besides when nobody took it on: ``after`` the first message."""

    after: timedelta
    bodies: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    """By mail."""


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    name: str
    """What people read, e.g. ``Hochwasser``."""
    test: Test
    applies: Applies = Applies()
    tells: tuple[str, ...] = ()
    """Bodies told besides those of the sensor."""
    meaning: str = ""
    """What it means, for people."""
    advice: str = ""
    """What to do."""
    hours: Hours | None = None
    repeat: timedelta | None = None
    """How often it is said again while it goes on and nobody took it on; None: as the policy says."""
    escalations: tuple[Escalation, ...] = ()
    picture: bool | None = None
    """A chart of the last hours; None: for critical alerts."""
    origin: Origin | None = None


class Turn(StrEnum):
    """What can happen to one sensor under one rule."""

    BEGAN = "began"
    WORSE = "worse"
    BETTER = "better"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Happened:
    """One turn. ``at`` is by the measurement's own time."""

    turn: Turn
    rule: str
    sensor: str
    """The sensor's key; of a `ForeignAlert` ``<sender>:<fingerprint>``."""
    severity: AlertSeverity
    at: datetime
    since: datetime
    """When it began."""
    value: float | None = None
    quantity: str = ""
    late: bool = False
    """It began while nobody was listening, and is still true."""
    about: Mapping[str, str] = field(default_factory=dict)
    """Of a `ForeignAlert`: name, summary, description, value, link; of silence: ``last``, of a rate: ``before``.
    Of a sensor: ``device``, its device's id; ``gone`` when its rule is not in the registry any more, or not about it;
    ``unheard`` when its sender says nothing of it any more, since then (seconds since 1970)."""
    peak: float | None = None
    """The worst value since it began."""
    measured: datetime | None = None
    """When ``value`` was, which may be long before it is told: hours that begin, gaps that are filled. None: ``at``."""


class SayingKind(StrEnum):
    """What the engine wants said about one alert."""

    FIRST = "first"
    MORE = "more"  # further sensors since, or some less
    WORSE = "worse"
    BETTER = "better"
    GOES_ON = "goes_on"
    ESCALATED = "escalated"  # to further bodies or people
    ENDED = "ended"
    TAKEN = "taken"  # somebody took it on
    GIVEN_BACK = "given_back"  # they gave it back, or the time for which they took it is over
    TEST = "test"
    ANSWER = "answer"  # to a command
    PICTURE = "picture"  # a chart, below the words it belongs to


class AlertEnd(StrEnum):
    """Why an alert is over."""

    CLEARED = "cleared"
    RULE_GONE = "rule_gone"  # the rule or its last sensor is not in the registry any more
    UNHEARD = "unheard"  # somebody else's, of which they say nothing any more
    HANDED_ON = "handed_on"  # the registry names other bodies before this one heard of it; theirs goes on


@dataclass(frozen=True, slots=True)
class Quiet:
    """A silence or a maintenance window: what matches is kept and shown, and said to nobody."""

    id: int
    scope: str
    """``rule:<id>``, ``sensor:<key>``, ``body:<id>``, ``body:<id>/rule:<id>``, ``organisation:<id>`` or ``all``."""
    since: datetime
    until: datetime
    by: str = ""
    """A person's id; "" once it is forgotten, or where a command of the operator made it."""
    reason: str = ""
