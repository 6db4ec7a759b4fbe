"""Bodies: one groupOfNames each, ``cn=<name>`` in the groups' branch. Never deleted.

The schema demands a member, so every group of ours keeps one that nobody is; it is never shown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

from connectors.kit.batch import Batch, located
from connectors.kit.rooms import Rosters, Stage, Staged
from connectors.kit.steps import erasing_step, fields_of, merged_step, step_of
from connectors.ldap.client import remote_id, renamable, shown_name
from connectors.ldap.fields import GROUP, Todo, modification, read
from connectors.ldap.room import VERIFIED, EntryRoom, Look, Read, just_read
from provisioner.model.changes import Create, Erase, Join, Leave, Update
from provisioner.model.errors import Permanent
from provisioner.model.inventory import Complete, Completeness, Level, Observation, Partial, Remote, Roster, Scope
from provisioner.model.ports import Resolve
from provisioner.model.resources import Edge, FieldName, Kind, ResourceId, Seats
from provisioner.model.steps import Done, Effects, Json, Moved, Step, Verified
from provisioner.model.text import Text
from provisioner.transport.directory import ADD, DELETE, Changes
from provisioner.transport.directory_answers import NO_SUCH_ATTRIBUTE, VALUE_EXISTS, Entry, Refused
from provisioner.transport.dn import normal

JOIN: Final = "join-group"
LEAVE: Final = "leave-group"
MEMBER: Final = "member"


class GroupRoom(EntryRoom):
    """What this connector does with groups, in one directory."""

    kind = Kind.GROUP
    operations = frozenset({"create-group", "update-group", "rename-group", "erase-group", JOIN, LEAVE})

    @property
    def attributes(self) -> tuple[str, ...]:
        """With the members."""
        return (*GROUP.values(), MEMBER)

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """All groups and who is in them.

        A member who is nobody of the people's branch is kept under its distinguished name, and never removed.
        """
        people = {normal(name): remote for remote, name in self.client.known(look.people.objects)}
        all_people = isinstance(look.people.completeness, Complete)
        branch = self.client.read_branch(Kind.GROUP, self.attributes)
        scope = Scope(self.target, Kind.GROUP)
        completeness: Completeness = Complete(scope) if branch.gap is None else Partial(scope, branch.gap)
        objects: dict[str, Remote] = {}
        rosters: dict[tuple[Kind, str], Roster] = {}
        for entry in branch.entries:
            remote = self.remote(entry)
            objects[remote.remote_id] = remote
            rosters[Kind.GROUP, remote.remote_id] = self._roster(entry, people, all_people)
        return Observation(completeness, objects), rosters

    def remote(self, entry: Entry) -> Remote:
        """One group as the planner knows it."""
        writable: frozenset[FieldName] | None = None if renamable(Kind.GROUP, entry) else frozenset(GROUP)
        fields = read(Kind.GROUP, entry)
        return Remote(remote_id(entry), shown_name(Kind.GROUP, entry), fields, remote_id(entry), writable)

    def members(self, entry: Entry) -> dict[str, bytes]:
        """By normal name the value as it stands there, without the placeholder."""
        placeholder = normal(self.client.settings.placeholder)
        there = {normal(value.decode(errors="surrogateescape")): value for value in entry.raw(MEMBER)}
        there.pop(placeholder, None)
        return there

    def _roster(self, entry: Entry, people: Mapping[str, str], all_people: bool) -> Roster:
        scope = Scope(self.target, Kind.GROUP, remote_id(entry))
        members = frozenset(
            people.get(name) or value.decode(errors="replace") for name, value in self.members(entry).items()
        )
        if not entry.raw(MEMBER):  # the schema demands one, so we may not read them
            return Roster.of_accounts(Partial(scope, Text.of("ldap.attribute_hidden", fields=MEMBER)), members)
        if not all_people:
            return Roster.of_accounts(Partial(scope, Text.of("ldap.people_partial")), members)
        return Roster.of_accounts(Complete(scope, Level.FIELDS), members)

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """One add for a new group with its members; else one rename, one modify of fields, joins, leaves each."""
        joins: dict[ResourceId, list[Join]] = {}
        for change in batch.of(self.kind):
            match change:
                case Create():
                    theirs = [one for one in batch.about(change.id) if isinstance(one, Join)]
                    yield Staged(Stage.JOINS, _with_members(batch, self.creating(batch, change), change, theirs))
                case Join() if change.id not in batch.created:
                    joins.setdefault(change.id, []).append(change)
                case Update():
                    if "name" in change.after:
                        yield Staged(Stage.UPDATES, self.renaming(batch, change))
                    for step in merged_step(batch, (change,), "update-group", GROUP):
                        yield Staged(Stage.UPDATES, step)
                case Leave():
                    yield Staged(Stage.LEAVES, _leave(batch, change))
                case Erase():
                    yield Staged(Stage.ERASURES, erasing_step(batch, change, "erase-group"))
        for standing in joins.values():
            yield Staged(Stage.JOINS, _join(batch, standing))

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """As every entry; of those who leave, somebody has to be in it still."""
        held = super().verify(step, resolve)
        if step.operation == LEAVE and isinstance(held, Read) and held.entry is not None:
            there = self.members(held.entry)
            if not any(normal(name.decode()) in there for name in self._names(step, resolve)):
                return Moved(Text.of("ldap.left_already", name=step.name))
        return held

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write; a second one where somebody was put in or taken out meanwhile."""
        if step.operation not in (JOIN, LEAVE):
            return super().perform(step, verified, resolve)
        remote, names = located(step, resolve), self._names(step, resolve)
        if step.operation == JOIN:
            self._put_in(remote, names)
        else:
            try:
                self._take_out(remote, names, just_read(step, verified))
            except Refused as refusal:
                if refusal.code != NO_SUCH_ATTRIBUTE:
                    raise
                self._take_out(remote, names, self._read(remote))
        return Done(remote, remote)

    def made(self, step: Step, resolve: Resolve) -> Mapping[str, Sequence[bytes]]:
        """Its members, and nobody."""
        return {MEMBER: (self.client.settings.placeholder.encode(), *self._names(step, resolve))}

    def modification(self, step: Step, entry: Entry) -> Changes:
        """Its fields alone."""
        return modification(self.kind, entry, fields_of(step))

    def _put_in(self, remote: str, names: Sequence[bytes]) -> None:
        """One modify for all; where one of them is in already, a second one for the others."""
        try:
            self.client.modify(self.kind, remote, {MEMBER: [(ADD, names)]})
        except Refused as refusal:
            if refusal.code != VALUE_EXISTS:
                raise
            there = self.members(self._read(remote))
            missing = tuple(name for name in names if normal(name.decode()) not in there)
            self.client.modify(self.kind, remote, {MEMBER: [(ADD, missing)]} if missing else {})

    def _take_out(self, remote: str, names: Sequence[bytes], entry: Entry) -> None:
        there = self.members(entry)
        going = tuple(there[name] for name in map(normal, (name.decode() for name in names)) if name in there)
        if not going:
            return
        todo: Todo = [(DELETE, going)]
        if len(going) == len(entry.raw(MEMBER)):  # a group that was adopted has no placeholder yet
            todo.insert(0, (ADD, (self.client.settings.placeholder.encode(),)))
        self.client.modify(Kind.GROUP, remote, {MEMBER: todo})

    def _names(self, step: Step, resolve: Resolve) -> tuple[bytes, ...]:
        keys = cast(list[str], step.payload["members"])
        remotes = [resolve(account) for account in _accounts(keys)]
        return tuple(name.encode() for name in self.client.names(Kind.ACCOUNT, remotes))

    def _read(self, remote: str) -> Entry:
        entry = self.client.find(Kind.GROUP, remote, self.attributes)
        if entry is None:
            raise Permanent(Text.of("ldap.gone", remote_id=remote))
        return entry


def _accounts(members: Iterable[str]) -> tuple[ResourceId, ...]:
    return tuple(ResourceId(Kind.ACCOUNT, member) for member in members)


def _with_members(batch: Batch, step: Step, change: Create, joins: Sequence[Join]) -> Step:
    """A group is made with all its members, so that it is never seen empty."""
    members = sorted({key for join in joins for key in join.members})
    return replace(
        step,
        changes=batch.digests((change, *joins)),
        payload={**step.payload, "members": cast(Json, members)},
        refers=_accounts(members),
        effects=replace(step.effects, joins=tuple(Edge(Seats(change.id), member) for member in members)),
    )


def _join(batch: Batch, changes: Sequence[Join]) -> Step:
    """One modify for all who come into a group."""
    members = sorted({key for change in changes for key in change.members})
    return step_of(
        batch,
        changes[0],
        JOIN,
        changes=batch.digests(changes),
        payload={"members": cast(Json, members)},
        refers=_accounts(members),
        effects=Effects(joins=tuple(Edge(changes[0].seats, member) for member in members)),
    )


def _leave(batch: Batch, change: Leave) -> Step:
    """One modify for all who leave: where it is one alone, they have to be in it still."""
    edges = tuple(Edge(change.seats, member) for member in change.members)
    return step_of(
        batch,
        change,
        LEAVE,
        payload={"members": list(change.members)},
        refers=_accounts(change.members),
        effects=Effects(leaves=edges),
        expects={},
        expects_edge=edges[0] if len(edges) == 1 else None,
        cost=VERIFIED,
    )
