"""Compares who is in a container with who should be: who comes, who goes, and who may decide it."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from provisioner.model.bindings import Ties
from provisioner.model.changes import ChangeClass
from provisioner.model.inventory import NOBODY, Complete, Roster
from provisioner.model.resources import LADDER_OF_RIGHTS, Desired, EdgeRole, Kind, ResourceId, Seats
from provisioner.model.rules import OnDrift

_GRADES = tuple((role, Kind.GROUP) for role in LADDER_OF_RIGHTS)
GRADED = frozenset({Kind.TEAM_FOLDER, Kind.FORUM_CATEGORY, Kind.WIKI_SPACE, Kind.WIKI_PAGE})
"""Containers of groups, each of which has exactly one role in them."""

SORTS: Mapping[Kind, tuple[tuple[EdgeRole, Kind], ...]] = {
    Kind.GROUP: ((EdgeRole.MEMBER, Kind.ACCOUNT),),
    Kind.ROLE: ((EdgeRole.MEMBER, Kind.ACCOUNT),),
    Kind.CONVERSATION: (
        (EdgeRole.MEMBER, Kind.GROUP),
        (EdgeRole.MODERATOR, Kind.ACCOUNT),
        (EdgeRole.MEMBER, Kind.ACCOUNT),
    ),
    Kind.MAILING_LIST: ((EdgeRole.MEMBER, Kind.ACCOUNT), (EdgeRole.MODERATOR, Kind.ACCOUNT)),
    Kind.CALENDAR: ((EdgeRole.READER, Kind.GROUP),),
    Kind.CONFERENCE: ((EdgeRole.MEMBER, Kind.ACCOUNT),),
    **dict.fromkeys(GRADED, _GRADES),
}
"""The sorts of members that each kind of container has."""


@dataclass(frozen=True, slots=True)
class Members:
    """Who of one kind can be in containers, in keys. Malformed, lost and protected ones are not among them."""

    present: frozenset[str]
    """They exist, or will after this plan."""
    keys: Mapping[str, str]
    """Remote id → key of those that exist already."""
    waiting: frozenset[str] = NOBODY
    """Such as are not ours before a ranger agreed."""


@dataclass(frozen=True, slots=True)
class Move:
    """Members who come into a container, go, or change their role there, for one cause (it names the sentence)."""

    members: frozenset[str]
    cause: str
    change_class: ChangeClass
    member: Kind
    role: EdgeRole | None
    """What they will be; None: they go."""
    before: EdgeRole | None
    """What they are; None: they come."""


@dataclass(slots=True)
class Differences:
    """What is to be done about one container's edges, and what policy keeps as it was made over there."""

    moves: list[Move] = field(default_factory=list)
    kept: dict[str, frozenset[str]] = field(default_factory=dict)
    """Members by what became of them over there; the key names the sentence."""

    def __iadd__(self, other: "Differences") -> "Differences":
        self.moves += other.moves
        for cause, members in other.kept.items():
            self.keep(cause, members)
        return self

    def keep(self, cause: str, members: Set[str]) -> None:
        if members:
            self.kept[cause] = self.kept.get(cause, NOBODY) | members


@dataclass(frozen=True, slots=True)
class Case:
    """One container with all that decides who is moved in it."""

    id: ResourceId
    desired: Desired
    ties: Ties
    roster: Roster | None
    """None: this plan creates it, so nobody is in it and nobody ever was."""
    members: Mapping[Kind, Members]
    on_drift: ChangeClass | None
    """The class of a change that takes drift back; None: it is kept."""

    @property
    def whole(self) -> bool:
        """False: there may be more members than were read, so that absence means nothing."""
        return self.roster is None or isinstance(self.roster.completeness, Complete)

    @property
    def settled(self) -> bool:
        """False: a step of ours was cut short here, so that what differs is nobody's drift."""
        return self.id not in self.ties.unsettled

    def wanted(self, role: EdgeRole, member: Kind) -> Set[str]:
        return self._spoken_of(self.desired.edges.get(Seats(self.id, role, member), NOBODY))

    def ended(self, role: EdgeRole, member: Kind) -> frozenset[str]:
        return self.desired.ended.get(Seats(self.id, role, member), NOBODY)

    def applied(self, role: EdgeRole, member: Kind) -> frozenset[str]:
        """Those that we last put or saw there."""
        return NOBODY if self.roster is None else self.ties.edges.get(Seats(self.id, role, member), NOBODY)

    def now(self, role: EdgeRole, member: Kind) -> Set[str]:
        """Those of ours (or that this plan adopts) that are there."""
        if self.roster is None:
            return NOBODY
        keys = self.members[member].keys
        return self._spoken_of({keys[at] for at in self.roster.of(role, member) if at in keys})

    def _spoken_of(self, members: Set[str]) -> Set[str]:
        """Without those about whom a narrow read says nothing."""
        evidence = self.roster.completeness if self.roster is not None else None
        only = evidence.scope.only if evidence is not None else None
        return members if only is None else members & only

    def moving(
        self,
        members: Set[str],
        cause: str,
        change_class: ChangeClass,
        member: Kind,
        *,
        role: EdgeRole | None = None,
        before: EdgeRole | None = None,
    ) -> list[Move]:
        """No move, one, or two: whoever is not ours before a ranger agreed is not touched before, either."""
        waiting = self.members[member].waiting
        held = members & waiting if waiting and change_class is ChangeClass.AUTO else NOBODY
        parts = ((members - held, change_class), (held, ChangeClass.QUEUED))
        return [Move(frozenset(part), cause, whose, member, role, before) for part, whose in parts if part]


def drift_class(rule: OnDrift) -> ChangeClass | None:
    """The class of a change that takes drift back; None: it is kept."""
    return {OnDrift.ASK: ChangeClass.QUEUED, OnDrift.REVERT: ChangeClass.AUTO, OnDrift.KEEP: None}[rule]


def compare_seats(case: Case, role: EdgeRole, member: Kind, over: Set[str] = NOBODY) -> Differences:
    """Differences of one sort of members, each for itself. ``over``: more of them whose time ended."""
    wanted, now = case.wanted(role, member), case.now(role, member)
    missing = (wanted - now) & case.members[member].present
    extra = now - wanted
    found = Differences()
    if missing:
        found += compare_missing(case, missing, case.applied(role, member), role, member)
    if extra:
        ended = extra & (case.ended(role, member) | case.desired.gone | over)
        found.moves += case.moving(ended, "ended", ChangeClass.AUTO, member, before=role)
        found += compare_unwanted(case, extra - ended, case.applied(role, member), role, member)
    return found


def compare_missing(case: Case, missing: Set[str], applied: Set[str], role: EdgeRole, member: Kind) -> Differences:
    """Who should come. ``applied``: those whom we put or saw there already, so that somebody took them out."""
    taken_out = missing & applied if case.settled else NOBODY
    found = Differences(case.moving(missing - taken_out, "joined", ChangeClass.AUTO, member, role=role))
    if not case.whole:
        return found  # they may well be there
    if case.on_drift is None:
        found.keep("kept_missing", taken_out)
    else:
        found.moves += case.moving(taken_out, "taken_out", case.on_drift, member, role=role)
    return found


def compare_unwanted(case: Case, extra: Set[str], applied: Set[str], role: EdgeRole, member: Kind) -> Differences:
    """Who should go though no date ended it. ``applied``: whom we put or saw there; somebody put in the others."""
    dropped = extra & applied if case.settled else extra
    put_in = extra - dropped
    found = Differences(case.moving(dropped, "dropped", ChangeClass.QUEUED, member, before=role))
    if case.on_drift is None:
        found.keep("kept_extra", put_in)
    else:
        found.moves += case.moving(put_in, "put_in", case.on_drift, member, before=role)
    return found
