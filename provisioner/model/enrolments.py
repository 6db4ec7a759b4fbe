"""What was decided through the service instead of in the registry's files: who came, who joined what, who goes.

Enrolments are one more source of the registry. What the files say of the same person or body counts more; what they
leave out is filled from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from provisioner.model.registry import Period, Role

SOURCE: Final = "service"
"""What stands in an origin where else a file's name stands."""


@dataclass(frozen=True, slots=True)
class EnrolledPerson:
    """Somebody who came by themselves. ``id`` is opaque and for ever."""

    id: str
    given_name: str
    family_name: str
    email: str
    organisation: str
    joined: date
    language: str | None = None
    """Two letters; None: the network's."""


@dataclass(frozen=True, slots=True)
class EnrolledMembership:
    """What was decided last about one person in one body.

    With an end in ``period`` whatever the files write of the two ends there, too, unless it begins later; without one,
    what they write in another role ends before it begins.
    """

    person: str
    body: str
    period: Period
    role: Role = Role.MEMBER
    by: str = ""
    """Who decided: a person's id, or what acted."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Somebody's last day in the network, said by whoever may say so. An earlier one in the files counts more."""

    person: str
    leaves: date
    by: str


@dataclass(frozen=True, slots=True)
class EnrolledBody:
    """A body that was made by form: ``fields`` as a file would have them, ``id`` included."""

    id: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Enrolments:
    """All of a network. ``revision`` grows with each change."""

    revision: int = 0
    people: Mapping[str, EnrolledPerson] = field(default_factory=dict)
    memberships: tuple[EnrolledMembership, ...] = ()
    endings: Mapping[str, Ending] = field(default_factory=dict)
    bodies: Mapping[str, EnrolledBody] = field(default_factory=dict)


NO_ENROLMENTS: Final = Enrolments(
    people=MappingProxyType({}), endings=MappingProxyType({}), bodies=MappingProxyType({})
)


class RequestState(StrEnum):
    """What became of a request."""

    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """Somebody asked to join a body whose moderators have to agree."""

    id: int
    person: str
    body: str
    word: str
    """What they wrote to the moderators; may be empty."""
    asked_at: datetime
    state: RequestState = RequestState.WAITING
    decided_at: datetime | None = None
    decided_by: str | None = None
    answer: str = ""
    """What the moderator wrote back."""
    reminded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A body's moderators are asked whether their list is right; one for each date on which it is due."""

    body: str
    due: date
    asked_at: datetime
    reminded_at: datetime | None = None
    escalated_at: datetime | None = None
    """Since when the lead city was asked instead."""
    done_at: datetime | None = None
    done_by: str | None = None
    struck: int = 0
    """How many people were struck from the list."""
