"""The policy's section about alerts: how often people are told, when they are left in peace, what is kept."""

from datetime import time, timedelta
from typing import Annotated, Literal

from pydantic import Field

from policies.sections import Section
from provisioner.model.alerts import AlertSeverity
from provisioner.registry.durations import ClockTime, Duration
from provisioner.registry.shapes import ID_PATTERN


class RepeatPolicy(Section):
    """How often it is said again that an alert goes on while nobody took it on, by severity."""

    info: Duration | None = Field(default=None, description='E.g. "2 h" or "1 d"; null: never.')
    warning: Duration | None = Field(default=timedelta(hours=24), description="The same.")
    critical: Duration | None = Field(default=timedelta(hours=1), description="The same.")

    def of(self, severity: AlertSeverity) -> timedelta | None:
        """None: never."""
        repeat: timedelta | None = getattr(self, severity.value)
        return repeat


class QuietPolicy(Section):
    """The hours in which what is not bad enough waits for the morning, in the network's time zone."""

    begin: ClockTime = Field(default=time(22), description='E.g. "22:00".')
    end: ClockTime = Field(
        default=time(6), description="Earlier than `begin`: over midnight. The same: there are no quiet hours."
    )
    up_to: Literal[AlertSeverity.INFO, AlertSeverity.WARNING] | None = Field(
        default=AlertSeverity.INFO,
        description='"info" or "warning": up to this severity it waits; null: nothing waits. "critical" never does.',
    )


class StormPolicy(Section):
    """How much one conversation is told at once; what is beyond is gathered into one message."""

    messages: int = Field(default=4, ge=1, le=20, description="The most messages to one conversation …")
    seconds: int = Field(default=60, ge=10, le=3600, description="… within so many seconds.")


class AlertsPolicy(Section):
    """What people are told of sensors, how often, and what is kept of it."""

    repeat: RepeatPolicy = Field(
        default=RepeatPolicy(),
        description="How often it is said again that an alert goes on while nobody took it on. A rule's own counts.",
    )
    group_seconds: int = Field(
        default=60,
        ge=0,
        le=3600,
        description="Seconds for which further sensors of the same alert are gathered before the next word. The first "
        "word never waits.",
    )
    quiet: QuietPolicy = Field(
        default=QuietPolicy(), description="The hours in which what is not bad enough waits for the morning."
    )
    taken_hours: int = Field(
        default=8, ge=1, le=168, description="Hours for which an alert is somebody's who said that they have it."
    )
    escalate_calls: bool = Field(
        default=True, description="Whether an escalation calls everybody in the conversation (@all)."
    )
    call_from: AlertSeverity | None = Field(
        default=AlertSeverity.CRITICAL,
        description="From which severity the first word calls everybody in the conversation (@all); null: never.",
    )
    names_days: int = Field(
        default=90, ge=1, le=366, description="Days after which it is forgotten who took an alert on or muted one."
    )
    uplink_days: int = Field(default=14, ge=1, le=366, description="Days for which measured values are kept.")
    picture_days: int = Field(
        default=90,
        ge=1,
        le=3660,
        description="Days after which a chart is taken out of its conversation; its message and words stay.",
    )
    alert_days: int = Field(default=730, ge=1, le=3660, description="Days for which alerts that are over are kept.")
    storm: StormPolicy = Field(
        default=StormPolicy(),
        description="How much one conversation is told at once; what is beyond is gathered into one message.",
    )
    picture: bool = Field(
        default=True,
        description="Whether a chart of the last hours follows critical alerts; a rule's word counts more.",
    )
    gateway_silence: bool = Field(
        default=True, description="Whether the silence of sensors is muted while all of their gateways are down."
    )
    foreign_unheard: Duration | None = Field(
        default=timedelta(days=1),
        description="After so long without a word of it somebody else's alert (Alertmanager, Grafana, a webhook) is "
        'taken for over, and that is said, e.g. "1 d"; null: never. Longer than its sender takes to repeat what goes '
        "on (4 h unless set otherwise there). A rule's own counts.",
    )
    rangers_body: Annotated[str, Field(pattern=ID_PATTERN)] | None = Field(
        default=None,
        description="Id of the body that is told of dead gateways, senders that fell silent and alerts of others that "
        "no rule names; null: nobody, they stand in the console alone.",
    )
