"""Bodies: one groupOfNames each, ``cn=<name>`` in the groups' branch. Never deleted.

The schema demands a member, so every group of ours keeps one that nobody is; it is never shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from connectors.ldap.client import MARK, MARKERS, Client, remote_id, renamable, shown_name
from connectors.ldap.common import VERIFIED, accounts, creation, known, renaming, without_name
from connectors.ldap.fields import GROUP, Todo, modification, read, written
from provisioner.model.changes import Change, Create, Join, Leave, Update
from provisioner.model.errors import Permanent
from provisioner.model.inventory import Complete, Completeness, Level, Observation, Partial, Remote, Roster, Scope
from provisioner.model.ports import Resolve
from provisioner.model.resources import Edge, FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Cost, Done, Effects, Json, Step
from provisioner.model.text import Text
from provisioner.transport.directory import ADD, DELETE
from provisioner.transport.directory_answers import NO_SUCH_ATTRIBUTE, VALUE_EXISTS, Entry, Refused
from provisioner.transport.dn import normal

MEMBER: Final = "member"


@dataclass(frozen=True, slots=True)
class Groups:
    """What this connector does with groups, in one directory."""

    client: Client
    target: str

    @property
    def attributes(self) -> tuple[str, ...]:
        return (*GROUP.values(), MEMBER)

    def observe(
        self, people: Mapping[str, str], all_people: bool
    ) -> tuple[Observation, dict[tuple[Kind, str], Roster]]:
        """All groups and who is in them. ``people``: normal name → remote id; ``all_people``: are these all?

        A member who is nobody of the people's branch is kept under its distinguished name, and never removed.
        """
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

    def compile(self, changes: Sequence[Change]) -> list[Step]:
        """One add for a new group with its members; else one rename, one modify of fields, joins, leaves each."""
        joins: dict[ResourceId, list[Join]] = {}
        for change in changes:
            if isinstance(change, Join):
                joins.setdefault(change.id, []).append(change)
        own = [change for change in changes if change.id.kind is Kind.GROUP]
        steps: list[Step] = []
        for change in own:
            if isinstance(change, Create):
                theirs = joins.pop(change.id, [])
                steps.append(creation(change, sorted({key for join in theirs for key in join.members}), theirs))
        for change in own:
            if isinstance(change, Update):
                steps += renaming([change])
                fields = without_name(change.after)
                steps += [_update(change, fields)] if fields else []
        steps += [_join(theirs) for theirs in joins.values()]
        steps += [_leave(change) for change in own if isinstance(change, Leave)]
        return steps

    def create(self, step: Step, resolve: Resolve) -> Done:
        fields = cast(Mapping[FieldName, Value], step.payload["fields"])
        members = (self.client.settings.placeholder.encode(), *self._names(step, resolve))
        attributes = written(Kind.GROUP, fields)
        attributes[MARKERS[Kind.GROUP]] = (f"{MARK}{step.id.key}".encode(),)
        made = self.client.create(Kind.GROUP, step.name, {**attributes, MEMBER: members})
        return Done(made, made)

    def update(self, step: Step, fresh: Entry | None) -> Done:
        remote = cast(str, step.remote_id)
        fields = cast(Mapping[FieldName, Value], step.payload["fields"])
        self.client.modify(Kind.GROUP, remote, modification(Kind.GROUP, fresh or self._read(remote), fields))
        return Done(remote, remote)

    def join(self, step: Step, resolve: Resolve) -> Done:
        """One modify for all; where one of them is in already, a second one for the others."""
        remote = step.remote_id or resolve(step.id)
        names = self._names(step, resolve)
        try:
            self.client.modify(Kind.GROUP, remote, {MEMBER: [(ADD, names)]})
        except Refused as refusal:
            if refusal.code != VALUE_EXISTS:
                raise
            there = self.members(self._read(remote))
            missing = tuple(name for name in names if normal(name.decode()) not in there)
            self.client.modify(Kind.GROUP, remote, {MEMBER: [(ADD, missing)]} if missing else {})
        return Done(remote, remote)

    def leave(self, step: Step, resolve: Resolve, fresh: Entry | None) -> Done:
        """One modify that takes out those who are still in, and nobody else."""
        remote = cast(str, step.remote_id)
        names = self._names(step, resolve)
        try:
            self._take_out(remote, names, fresh or self._read(remote))
        except Refused as refusal:
            if refusal.code != NO_SUCH_ATTRIBUTE:
                raise
            self._take_out(remote, names, self._read(remote))
        return Done(remote, remote)

    def _take_out(self, remote: str, names: Sequence[bytes], entry: Entry) -> None:
        there = self.members(entry)
        going = tuple(there[name] for name in map(normal, (name.decode() for name in names)) if name in there)
        if not going:
            return
        todo: Todo = [(DELETE, going)]
        if len(going) == len(entry.raw(MEMBER)):  # a group that was adopted has no placeholder yet
            todo.insert(0, (ADD, (self.client.settings.placeholder.encode(),)))
        self.client.modify(Kind.GROUP, remote, {MEMBER: todo})

    def still_in(self, step: Step, resolve: Resolve, entry: Entry) -> bool:
        """Whether any of those whom ``step`` takes out is in the group as just read."""
        there = self.members(entry)
        return any(normal(name.decode()) in there for name in self._names(step, resolve))

    def _names(self, step: Step, resolve: Resolve) -> tuple[bytes, ...]:
        keys = cast(list[str], step.payload["members"])
        remotes = [resolve(account) for account in accounts(keys)]
        return tuple(name.encode() for name in self.client.names(Kind.ACCOUNT, remotes))

    def _read(self, remote: str) -> Entry:
        entry = self.client.find(Kind.GROUP, remote, self.attributes)
        if entry is None:
            raise Permanent(Text.of("ldap.gone", remote_id=remote))
        return entry


def _update(change: Update, fields: Mapping[FieldName, Value]) -> Step:
    return Step(
        target=change.target,
        operation="update-group",
        id=change.id,
        name=change.name,
        changes=(change.digest(),),
        remote_id=change.remote_id,
        payload={"fields": cast(Json, dict(fields))},
        effects=Effects(fields=fields),
        expects=without_name(known(change.before)),
        cost=VERIFIED,
    )


def _join(changes: Sequence[Join]) -> Step:
    first, members = changes[0], sorted({key for change in changes for key in change.members})
    return Step(
        target=first.target,
        operation="join-group",
        id=first.id,
        name=first.name,
        changes=tuple(change.digest() for change in changes),
        payload={"members": cast(Json, members)},
        refers=accounts(members),
        effects=Effects(joins=tuple(Edge(first.seats, member) for member in members)),
        cost=Cost(requests=1),
    )


def _leave(change: Leave) -> Step:
    members = list(change.members)
    alone = members[0] if len(members) == 1 else None
    return Step(
        target=change.target,
        operation="leave-group",
        id=change.id,
        name=change.name,
        changes=(change.digest(),),
        remote_id=change.remote_id,
        payload={"members": cast(Json, members)},
        refers=accounts(members),
        effects=Effects(leaves=tuple(Edge(change.seats, member) for member in members)),
        expects={},
        expects_edge=Edge(change.seats, alone) if alone else None,
        cost=VERIFIED,
    )
