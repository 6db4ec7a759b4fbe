"""What the service has to do next: put down before it is begun, taken away when it is done, so that nothing is lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Job(StrEnum):
    """What can be asked of the service's worker."""

    SYNC = "sync"  # all of the network; with ``only``: these people, bodies, organisations
    APPLY = "apply"  # a saved plan that a ranger approved: "digest", "allow" in ``about``
    PLAN = "plan"  # look at everything, write nothing: what would be done, what drifted
    SOURCES = "sources"  # read the sources of identities
    REMIND = "remind"  # reminders, announcements, confirmations that are due, the summary of the week
    ROOMS = "rooms"  # give other names to meeting rooms that wait for it
    TIDY = "tidy"  # forget what was kept long enough; back up


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing to do. Several of the same job that wait are done in one go."""

    id: int
    network: str
    job: Job
    cause: str
    """What asked for it: "schedule", "webhook", "registry", "enrolment", "console", "command"."""
    actor: str
    """An opaque id: of a person, or of what acted."""
    created: datetime
    only: str | None = None
    """Of a sync: one id of the registry; None: everything."""
    about: Mapping[str, str] = field(default_factory=dict)
    tries: int = 0
    not_before: datetime | None = None
