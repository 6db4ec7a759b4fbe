"""People: one inetOrgPerson each, ``uid=<name>`` in the people's branch. Never deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from connectors.ldap.client import MARK, MARKERS, Client, is_marked, remote_id, renamable, shown_name
from connectors.ldap.common import VERIFIED, creation, known, renaming, without_name
from connectors.ldap.fields import PERSON, Todo, modification, read, written
from provisioner.model.changes import Change, Create, Join, Leave, Resume, Suspend, Update
from provisioner.model.errors import Permanent
from provisioner.model.inventory import UNKNOWN, Complete, Level, Observation, Partial, Remote, Scope, Unknown
from provisioner.model.resources import FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Done, Effects, Json, Step
from provisioner.model.text import Text
from provisioner.transport.directory import ADD, DELETE, REPLACE
from provisioner.transport.directory_answers import Entry

STATE: Final = "employeeType"
ACTIVE: Final = b"active"
SUSPENDED: Final = b"suspended"
LOCK: Final = "pwdAccountLockedTime"
LOCKED_FOR_GOOD: Final = b"000001010000Z"
"""slapo-ppolicy(5): locked until an administrator unlocks it. Other values are lapses after wrong passwords."""

_SURE: Final[Mapping[FieldName, str]] = {"display_name": "displayName", "email": "mail"}
"""Fields that everybody in a registry has."""
_ENOUGH: Final = 3
"""From so many people of ours on, none of whom shows such a field, it is our rights that are missing."""


@dataclass(frozen=True, slots=True)
class People:
    """What this connector does with people, in one directory."""

    client: Client
    target: str

    @property
    def attributes(self) -> tuple[str, ...]:
        lock = (LOCK,) if self.client.settings.ppolicy else ()
        return (*PERSON.values(), STATE, *lock)

    def observe(self) -> Observation:
        """Everybody in the branch, complete or with the reason why not."""
        branch = self.client.read_branch(Kind.ACCOUNT, self.attributes)
        remotes = [self.remote(entry) for entry in branch.entries]
        ours = [entry for entry in branch.entries if is_marked(Kind.ACCOUNT, entry)]
        hidden = [
            name
            for name, attribute in _SURE.items()
            if len(ours) >= _ENOUGH and not any(entry.raw(attribute) for entry in ours)
        ]
        if ours and not any(entry.raw(STATE) for entry in ours):
            hidden.append("enabled")
        scope, gap = Scope(self.target, Kind.ACCOUNT), branch.gap
        if hidden:
            remotes = [_without(remote, hidden) for remote in remotes]
            gap = gap or Text.of("ldap.attribute_hidden", fields=", ".join(sorted(hidden)))
        completeness = Complete(scope, Level.FIELDS) if gap is None else Partial(scope, gap)
        return Observation(completeness, {remote.remote_id: remote for remote in remotes})

    def remote(self, entry: Entry) -> Remote:
        """One person as the planner knows it."""
        fields = read(Kind.ACCOUNT, entry)
        fields["enabled"] = self._enabled(entry)
        writable: frozenset[FieldName] | None = None
        if not renamable(Kind.ACCOUNT, entry):
            writable = frozenset({*PERSON, "enabled"})
        return Remote(remote_id(entry), shown_name(Kind.ACCOUNT, entry), fields, remote_id(entry), writable)

    def _enabled(self, entry: Entry) -> bool | Unknown:
        states = {value.lower() for value in entry.raw(STATE)}
        if not states and is_marked(Kind.ACCOUNT, entry):
            return UNKNOWN  # we always write it, so we may not read it
        return SUSPENDED not in states and LOCKED_FOR_GOOD not in entry.raw(LOCK)

    def compile(self, changes: Sequence[Change]) -> list[Step]:
        """One add for a new person; else at most one rename and one modify."""
        own = [change for change in changes if change.id.kind is Kind.ACCOUNT]
        moves = [change for change in changes if isinstance(change, Join | Leave)]
        steps = [creation(change) for change in own if isinstance(change, Create)]
        existing: dict[ResourceId, list[Update | Suspend | Resume]] = {}
        for change in own:
            if isinstance(change, Update | Suspend | Resume):
                existing.setdefault(change.id, []).append(change)
        for theirs in existing.values():
            steps += _change(theirs, moves)
        return steps

    def create(self, step: Step) -> Done:
        fields = cast(Mapping[FieldName, Value], step.payload["fields"])
        attributes = written(Kind.ACCOUNT, fields)
        attributes["cn"] = attributes.get("displayName", (step.name.encode(),))
        attributes[MARKERS[Kind.ACCOUNT]] = (f"{MARK}{step.id.key}".encode(),)
        enabled = fields.get("enabled") is not False
        attributes[STATE] = (ACTIVE if enabled else SUSPENDED,)
        if self.client.settings.ppolicy and not enabled:
            attributes[LOCK] = (LOCKED_FOR_GOOD,)
        made = self.client.create(Kind.ACCOUNT, step.name, attributes)
        return Done(made, made)

    def update(self, step: Step, fresh: Entry | None) -> Done:
        """One modify; ``fresh`` is the entry as just verified."""
        remote = cast(str, step.remote_id)
        entry = fresh or self.client.find(Kind.ACCOUNT, remote, self.attributes)
        if entry is None:
            raise Permanent(Text.of("ldap.gone", remote_id=remote))
        fields = cast(Mapping[FieldName, Value], step.payload["fields"])
        changes = modification(Kind.ACCOUNT, entry, fields)
        if "displayName" in changes and is_marked(Kind.ACCOUNT, entry) and renamable(Kind.ACCOUNT, entry):
            shown = changes["displayName"][-1][1] or (shown_name(Kind.ACCOUNT, entry).encode(),)
            changes["cn"] = [(REPLACE, shown)]
        if "enabled" in fields:
            changes |= self._state(entry, fields["enabled"] is not False)
        self.client.modify(Kind.ACCOUNT, remote, changes)
        return Done(remote, remote)

    def _state(self, entry: Entry, enabled: bool) -> dict[str, Todo]:
        """Our word in employeeType goes in and its opposite goes out; other people's words stay."""
        wish, opposite = (ACTIVE, SUSPENDED) if enabled else (SUSPENDED, ACTIVE)
        there = [value.lower() for value in entry.raw(STATE)]
        todo: Todo = []
        if opposite in there:
            todo.append((DELETE, (opposite,)))
        if wish not in there:
            todo.append((ADD, (wish,)))
        changes = {STATE: todo} if todo else {}
        locked = LOCKED_FOR_GOOD in entry.raw(LOCK)
        if self.client.settings.ppolicy and locked == enabled:
            changes[LOCK] = [(REPLACE, () if enabled else (LOCKED_FOR_GOOD,))]
        return changes


def _without(remote: Remote, hidden: Sequence[str]) -> Remote:
    fields = {name: UNKNOWN if name in hidden else value for name, value in remote.fields.items()}
    return Remote(remote.remote_id, remote.name, fields, remote.fingerprint, remote.writable)


def _change(changes: Sequence[Update | Suspend | Resume], moves: Sequence[Join | Leave]) -> list[Step]:
    """The steps for one person: the rename apart, all else in one.

    A rename comes after the person's joins and leaves: slapd's refint puts the new name into the groups only
    after it has answered, and until then a leave would look for a name that is not there yet.
    """
    after: dict[FieldName, Value] = {}
    before: dict[FieldName, Value] = {}
    touching: list[str] = []
    for change in changes:
        if isinstance(change, Update):
            fields = without_name(change.after)
            before |= without_name(known(change.before))
        else:
            fields = {"enabled": isinstance(change, Resume)}
            before["enabled"] = not fields["enabled"]
        if fields:
            after |= fields
            touching.append(change.digest())
    first = changes[0]
    theirs = [move for move in moves if first.id.key in move.members]
    steps = [replace(step, after=tuple({move.id: None for move in theirs})) for step in renaming(changes)]
    if after:
        suspended = after.get("enabled") is False
        steps.append(
            Step(
                target=first.target,
                operation="update-account",
                id=first.id,
                name=first.name,
                changes=tuple(touching),
                remote_id=first.remote_id,
                payload={"fields": cast(Json, after)},
                after=tuple(move.id for move in theirs if suspended and isinstance(move, Leave)),
                effects=Effects(fields=after),
                expects=before,
                cost=VERIFIED,
            )
        )
    return steps
