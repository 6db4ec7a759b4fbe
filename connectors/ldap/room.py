"""What people and groups have in common: entries of one branch, found by their lasting ids."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from connectors.kit import rooms
from connectors.kit.batch import Batch, located, text_of
from connectors.kit.rooms import Room, erased_already, held_against, known
from connectors.kit.steps import fields_of, step_of
from connectors.ldap import fields
from connectors.ldap.client import MARKERS, Client, is_marked
from connectors.ldap.fields import FIELDS, written
from provisioner.model.changes import Create, Update
from provisioner.model.errors import Permanent, Uncertain
from provisioner.model.inventory import Absent, Observation, Present, Reading, Remote, Unreadable
from provisioner.model.ports import Resolve
from provisioner.model.resources import FieldName, Mode, ResourceId, Value, marker_of
from provisioner.model.steps import Cost, Done, Effects, Json, Moved, Step, Verified
from provisioner.model.text import Text
from provisioner.transport.directory import Changes
from provisioner.transport.directory_answers import Entry
from provisioner.transport.dn import fold, normal

PRODUCT: Final = "LDAP"
"""What people call it."""
VERIFIED: Final = Cost(requests=2)
"""Of a step that reads its object first: one read, one write."""


@dataclass(slots=True, kw_only=True)
class Look(rooms.Look):
    """One observation of a directory under way."""

    people: Observation
    """Whoever stands in the people's branch: a member is only a name until its person is known."""


@dataclass(frozen=True, slots=True)
class Read(Verified):
    """A fresh read; None: it is gone."""

    entry: Entry | None


class EntryRoom(Room[Look]):
    """The entries of one branch. Each operation is called "create-", "update-", "rename-", "erase-" and the kind."""

    def __init__(self, client: Client, target: str) -> None:
        self.client = client
        self.target = target

    @property
    def fields(self) -> Mapping[FieldName, Mode]:
        """See `fields.FIELDS`."""
        return FIELDS[self.kind]

    @property
    @abstractmethod
    def attributes(self) -> tuple[str, ...]:
        """What is read of an entry, beside its ids and its name."""

    @abstractmethod
    def remote(self, entry: Entry) -> Remote:
        """One entry as the planner knows it."""

    @abstractmethod
    def made(self, step: Step, resolve: Resolve) -> Mapping[str, Sequence[bytes]]:
        """What a new entry has beside its fields, its name and our mark."""

    @abstractmethod
    def modification(self, step: Step, entry: Entry) -> Changes:
        """What makes the fields of an update true of an entry, as just read."""

    def objection(self, name: str) -> Text | None:
        """Why OpenLDAP would refuse this name."""
        return fields.objection(self.kind, name)

    def canonical_name(self, name: str) -> str:
        """As a directory compares names."""
        return fold(name)

    def canonical(self, field: FieldName, value: Value) -> Value:
        """The form in which a value comes back."""
        return fields.canonical(field, value)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """One read. What is unreadable now counts as moved. Raises `Permanent` rather than let ourselves be erased."""
        entry = self.client.find(self.kind, located(step, resolve), self.attributes)
        remote = None if entry is None else self.remote(entry)
        if not step.effects.erased:
            held = held_against(step, remote, PRODUCT)
            return held if isinstance(held, Moved) else Read(remote, entry)
        if entry is not None and normal(entry.name) == normal(self.client.settings.user):
            raise Permanent(Text.of("ldap.never_erased", name=step.name))
        return Read(remote, entry)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write."""
        if step.remote_id is None:
            marked = {**written(self.kind, fields_of(step)), MARKERS[self.kind]: (marker_of(step.id).encode(),)}
            made = self.client.create(self.kind, step.name, {**marked, **self.made(step, resolve)})
            return Done(made, made)
        entry = verified.entry if isinstance(verified, Read) else None
        if step.effects.erased:
            if entry is None:
                return erased_already(step, PRODUCT)
            self.client.erase(self.kind, step.remote_id)
        elif step.operation == f"rename-{self.kind}":
            self.client.rename(self.kind, step.remote_id, text_of(step, "name"))
        else:
            self.client.modify(self.kind, step.remote_id, self.modification(step, just_read(step, verified)))
        return Done(step.remote_id, step.remote_id)

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """What has this name and this very resource's mark is what we made. Any other is neither ours nor absent."""
        entry = self.client.read_named(self.kind, name, self.attributes)
        if entry is None:
            # slapd says "no such object" also where we may not look: only a readable branch makes it certain.
            hidden = self.client.branch_hidden(self.kind)
            return Absent() if hidden is None else Unreadable(hidden)
        if not is_marked(self.kind, entry, identity):
            return Unreadable(Text.of("ldap.not_ours", name=name))
        return Present(self.remote(entry))

    def creating(self, batch: Batch, change: Create) -> Step:
        """One add."""
        given = dict(change.wanted.fields)
        return step_of(
            batch,
            change,
            f"create-{self.kind}",
            payload={"fields": cast(Json, given)},
            effects=Effects(fields={**given, "name": change.wanted.name}),
            repeatable=False,
        )

    def renaming(self, batch: Batch, change: Update, after: tuple[ResourceId, ...] = ()) -> Step:
        """A step of its own: a modifyDN can't carry attributes."""
        name = change.after["name"]
        return step_of(
            batch,
            change,
            f"rename-{self.kind}",
            payload={"name": name},
            effects=Effects(fields={"name": name}),
            expects=known(change.before, frozenset({"name"})),
            after=after,
            cost=VERIFIED,
        )


def just_read(step: Step, verified: Verified | None) -> Entry:
    """The entry of a verified step. Raises `Uncertain` for one that was not verified."""
    if not isinstance(verified, Read) or verified.entry is None:
        raise Uncertain(Text.of("kit.not_verified", name=step.name))
    return verified.entry
