"""A target that does at once, and exactly, what it is told: like Nextcloud, but never slow, broken or surprising."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from provisioner.model.inventory import (
    Complete,
    Completeness,
    Inventory,
    Level,
    Observation,
    Partial,
    Remote,
    Roster,
    Scope,
    Unknown,
)
from provisioner.model.resources import EdgeRole, FieldName, Kind, Value
from provisioner.model.text import Text
from provisioner.planning.rosters import GRADED

TARGET = "cloud"
ODD = Text.of("test.odd")

EVERY_FIELD: tuple[FieldName, ...] = ("display_name", "email", "quota", "language", "organisation", "enabled")

HELD_BY_GROUPS = (Kind.CALENDAR, *sorted(GRADED))


@dataclass
class Talk:
    """Who is in a conversation, in remote ids; ``people`` holds the moderators, too."""

    groups: set[str] = field(default_factory=set)
    moderators: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    posted: list[str] = field(default_factory=list)


@dataclass
class Server:
    """The target: objects by remote id, who is in what, and what a read of it hides.

    Conversations follow their groups as on Talk 22: whoever joins a group of theirs comes, who leaves it goes, unless
    moderating or held by another group; a group that is deleted leaves its people there.
    """

    objects: dict[Kind, dict[str, Remote]] = field(default_factory=lambda: {kind: {} for kind in Kind})
    members: dict[str, set[str]] = field(default_factory=dict)
    """Of groups."""
    folders: dict[str, dict[str, EdgeRole]] = field(default_factory=dict)
    """Of folders, calendars, categories, spaces and pages: group → what it may do there."""
    talks: dict[str, Talk] = field(default_factory=dict)
    lists: dict[str, dict[EdgeRole, set[str]]] = field(default_factory=dict)
    """Of mailing lists, roles of a login and conferences: accounts by what they are there, each by itself."""
    own_account: str | None = None
    partial: set[Kind] = field(default_factory=set)
    partial_rosters: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    """Remote ids that the next reads do not show; only sensible together with ``partial``."""
    levels: dict[Kind, Level] = field(default_factory=dict)
    made: int = 0

    def add(self, kind: Kind, name: str, fingerprint: str = "", **fields: Value | Unknown) -> str:
        """Somebody makes an object by hand; its remote id."""
        self.made += 1
        remote_id = f"{kind}-{self.made}"
        usual: dict[str, Value | Unknown] = {"display_name": name}
        if kind is Kind.ACCOUNT:
            usual |= dict.fromkeys(EVERY_FIELD) | {"display_name": name, "enabled": True}
        self.objects[kind][remote_id] = Remote(remote_id, name, {**usual, **fields}, fingerprint or f"f{self.made}")  # type: ignore[dict-item]
        if kind is Kind.GROUP:
            self.members[remote_id] = set()
        if kind in HELD_BY_GROUPS:
            self.folders[remote_id] = {}
        if kind in (Kind.MAILING_LIST, Kind.ROLE, Kind.CONFERENCE):
            self.lists[remote_id] = {EdgeRole.MEMBER: set(), EdgeRole.MODERATOR: set()}
        if kind is Kind.CONVERSATION:
            own = {self.own_account} if self.own_account else set[str]()
            self.talks[remote_id] = Talk(moderators=set(own), people=set(own))
        return remote_id

    def edit(self, kind: Kind, remote_id: str, name: str | None = None, **fields: Value | Unknown) -> None:
        """Somebody changes fields by hand, or a change does."""
        remote = self.objects[kind][remote_id]
        edited = replace(remote, fields={**remote.fields, **fields}, name=name or remote.name)  # type: ignore[dict-item]
        description = edited.fields.get("description")
        if isinstance(description, str):
            marks = [line for line in description.splitlines() if line.startswith("readi:")]
            edited = replace(edited, marker=marks[0] if len(marks) == 1 else "")
        self.objects[kind][remote_id] = edited

    def remove(self, kind: Kind, remote_id: str) -> None:
        del self.objects[kind][remote_id]
        for holder in (self.members, self.folders, self.talks, self.lists):
            holder.pop(remote_id, None)  # type: ignore[attr-defined]
        for seated in (*self.members.values(), *(one for by_role in self.lists.values() for one in by_role.values())):
            seated.discard(remote_id)
        for groups in self.folders.values():
            groups.pop(remote_id, None)
        for talk in self.talks.values():
            for inside in (talk.groups, talk.moderators, talk.people):
                inside.discard(remote_id)

    def remake(self, kind: Kind, remote_id: str) -> None:
        """Deleted and made again under the same id."""
        self.made += 1
        self.objects[kind][remote_id] = replace(self.objects[kind][remote_id], fingerprint=f"f{self.made}")

    def join(self, container: str, member: str, role: EdgeRole = EdgeRole.MEMBER) -> None:
        """Idempotent; a group comes into a conversation with all its people."""
        if container in self.members:
            self.members[container].add(member)
            for talk in self._talks_of(container):
                talk.people.add(member)
        elif container in self.folders:
            self.folders[container][member] = role
        elif container in self.lists:
            self.lists[container][role].add(member)
        elif member in self.members:
            self.talks[container].groups.add(member)
            self.talks[container].people |= self.members[member]
        else:
            self.talks[container].people.add(member)
            if role is EdgeRole.MODERATOR:
                self.talks[container].moderators.add(member)

    def leave(self, container: str, member: str, role: EdgeRole = EdgeRole.MEMBER) -> None:
        """Idempotent; see the class."""
        if container in self.members:
            self.members[container].discard(member)
            for talk in self._talks_of(container):
                self._let_go(talk, {member})
        elif container in self.folders:
            self.folders[container].pop(member, None)
        elif container in self.lists:
            self.lists[container][role].discard(member)
        elif member in self.members:
            self.talks[container].groups.discard(member)
            self._let_go(self.talks[container], self.members[member])
        else:
            self.talks[container].moderators.discard(member)
            if role is EdgeRole.MEMBER:
                self.talks[container].people.discard(member)

    def _talks_of(self, group: str) -> Iterator[Talk]:
        return (talk for talk in self.talks.values() if group in talk.groups)

    def _let_go(self, talk: Talk, people: set[str]) -> None:
        held = set[str]().union(*(self.members[group] for group in talk.groups))
        talk.people -= people - held - talk.moderators

    def inventory(self) -> Inventory:
        def about(kind: Kind, container: str | None = None, odd: bool = False) -> Completeness:
            scope = Scope(TARGET, kind, container)
            return Partial(scope, ODD) if odd else Complete(scope, self.levels.get(kind, Level.FIELDS))

        observations = {
            kind: Observation(
                about(kind, odd=kind in self.partial),
                {remote_id: remote for remote_id, remote in objects.items() if remote_id not in self.unread},
            )
            for kind, objects in self.objects.items()
        }
        rosters = {
            (kind, at): Roster(about(kind, at, at in self.partial_rosters), members)
            for kind, at, members in self._rosters()
        }
        return Inventory(TARGET, observations, rosters, self.own_account)

    def _rosters(self) -> Iterator[tuple[Kind, str, dict[tuple[EdgeRole, Kind], frozenset[str]]]]:
        for at, members in self.members.items():
            yield Kind.GROUP, at, {(EdgeRole.MEMBER, Kind.ACCOUNT): frozenset(members)}
        for at, seated in self.lists.items():
            kinds = (Kind.MAILING_LIST, Kind.ROLE, Kind.CONFERENCE)
            kind = next(kind for kind in kinds if at in self.objects[kind])
            yield kind, at, {(role, Kind.ACCOUNT): frozenset(people) for role, people in seated.items()}
        for at, roles in self.folders.items():
            yield (
                next(kind for kind in HELD_BY_GROUPS if at in self.objects[kind]),
                at,
                {
                    (role, Kind.GROUP): frozenset(group for group, has in roles.items() if has is role)
                    for role in set(roles.values())
                },
            )
        for at, talk in self.talks.items():
            yield (
                Kind.CONVERSATION,
                at,
                {
                    (EdgeRole.MEMBER, Kind.GROUP): frozenset(talk.groups),
                    (EdgeRole.MODERATOR, Kind.ACCOUNT): frozenset(talk.moderators),
                    (EdgeRole.MEMBER, Kind.ACCOUNT): frozenset(talk.people - talk.moderators),
                },
            )
