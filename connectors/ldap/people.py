"""People: one inetOrgPerson each, ``uid=<name>`` in the people's branch. Never deleted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connectors.kit.batch import Batch
from connectors.kit.rooms import Rosters, Stage, Staged
from connectors.kit.steps import erasing_step, fields_of, merged_step
from connectors.ldap.client import is_marked, remote_id, renamable, shown_name
from connectors.ldap.fields import PERSON, Todo, modification, read
from connectors.ldap.room import EntryRoom, Look
from provisioner.model.changes import Create, Erase, Resume, Suspend, Update
from provisioner.model.inventory import UNKNOWN, Complete, Level, Observation, Partial, Remote, Scope, Unknown
from provisioner.model.ports import Resolve
from provisioner.model.resources import FieldName, Kind, ResourceId
from provisioner.model.steps import Step
from provisioner.model.text import Text
from provisioner.transport.directory import ADD, DELETE, REPLACE, Changes
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


class PeopleRoom(EntryRoom):
    """What this connector does with people, in one directory."""

    kind = Kind.ACCOUNT
    operations = frozenset({"create-account", "update-account", "rename-account", "erase-account"})

    @property
    def attributes(self) -> tuple[str, ...]:
        """With the lock, where slapd keeps one."""
        lock = (LOCK,) if self.client.settings.ppolicy else ()
        return (*PERSON.values(), STATE, *lock)

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """What was read when the observation began."""
        return look.people, {}

    def everybody(self) -> Observation:
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

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """One add for a new person; else at most one rename and one modify, after the groups that these wait for."""
        existing: dict[ResourceId, list[Update | Suspend | Resume]] = {}
        for change in batch.of(self.kind):
            match change:
                case Create():
                    yield Staged(Stage.ACCOUNTS, self.creating(batch, change))
                case Update() | Suspend() | Resume():
                    existing.setdefault(change.id, []).append(change)
                case Erase():
                    yield Staged(Stage.ERASURES, erasing_step(batch, change, "erase-account"))
        for changes in existing.values():
            for step in self._changing(batch, changes):
                yield Staged(Stage.SWITCHES if step.after else Stage.UPDATES, step)

    def _changing(self, batch: Batch, changes: Sequence[Update | Suspend | Resume]) -> Iterator[Step]:
        """The rename apart, all else in one.

        A rename comes after the person's joins and leaves: slapd's refint puts the new name into the groups only
        after it has answered, and until then a leave would look for a name that is not there yet.
        """
        who = changes[0].id
        moves = (*batch.joins_of(who), *batch.leaves_of(who))
        for change in changes:
            if isinstance(change, Update) and "name" in change.after:
                yield self.renaming(batch, change, tuple(dict.fromkeys(move.id for move in moves)))
        yield from merged_step(batch, changes, "update-account", (*PERSON, "enabled"))

    def made(self, step: Step, resolve: Resolve) -> Mapping[str, Sequence[bytes]]:  # noqa: ARG002 - groups need it
        """The name that the schema demands, and whether somebody logs in with it."""
        fields = fields_of(step)
        enabled = fields.get("enabled") is not False
        shown = str(fields.get("display_name") or step.name)
        locked = {LOCK: (LOCKED_FOR_GOOD,)} if self.client.settings.ppolicy and not enabled else {}
        return {"cn": (shown.encode(),), STATE: (ACTIVE if enabled else SUSPENDED,), **locked}

    def modification(self, step: Step, entry: Entry) -> Changes:
        """With the common name that follows what is shown."""
        fields = fields_of(step)
        changes = modification(self.kind, entry, fields)
        if "displayName" in changes and is_marked(self.kind, entry) and renamable(self.kind, entry):
            shown = changes["displayName"][-1][1] or (shown_name(self.kind, entry).encode(),)
            changes["cn"] = [(REPLACE, shown)]
        if "enabled" in fields:
            changes |= self._state(entry, fields["enabled"] is not False)
        return changes

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
