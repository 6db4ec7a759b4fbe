"""Groups as a room: made closed and seen by their members alone, renamed in place, joined by many at once."""

from collections.abc import Iterator

from connectors.discourse.client import PRODUCT, Client
from connectors.discourse.groups import shape, steps
from connectors.discourse.groups.reading import Groups
from connectors.discourse.groups.shape import is_automatic, remote_of
from connectors.discourse.groups.writing import Writer
from connectors.discourse.look import ForumLook
from connectors.discourse.names import forum_name, objection
from connectors.kit.batch import Batch, located
from connectors.kit.rooms import Room, Rosters, Staged, held_against
from provisioner.model.errors import Permanent
from provisioner.model.inventory import Absent, Complete, Observation, Partial, Present, Reading, Remote, Roster, Scope
from provisioner.model.ports import Resolve
from provisioner.model.resources import FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text


class GroupRoom(Room[ForumLook]):
    """Groups that people made. Automatic ones are not there for us."""

    kind = Kind.GROUP
    operations = steps.OPERATIONS
    fields = shape.FIELDS

    def __init__(self, target: str, client: Client) -> None:
        self._target = target
        self._longest = client.settings.longest_name
        self.groups = Groups(client)
        self._writer = Writer(client, self.groups)

    def objection(self, name: str) -> Text | None:
        """Too little is left of the name."""
        return objection(name, self._longest, user=False)

    def canonical_name(self, name: str) -> str:
        """As it is over there, in lower case."""
        return forum_name(name, self._longest).lower()

    def canonical(self, field: FieldName, value: Value) -> Value:
        """See `shape.canonical`."""
        return shape.canonical(field, value, self._longest)

    # --- reading -----------------------------------------------------------------------------------------------

    def observe(self, look: ForumLook) -> tuple[Observation, Rosters]:
        """All, and who is in those that anybody asks about and whose turn it is: one request each."""
        if look.interest.only is not None:
            return self._observe_few(look)
        listing, scope = self.groups.listed(), look.scope(self._target, self.kind)
        completeness = listing.completeness(scope)
        objects: dict[str, Remote] = {}
        for identifier, entry in listing.items.items():
            remote = remote_of(entry)
            if remote is None:
                completeness = Partial(scope, Text.of("kit.nameless_entry"))
            elif not is_automatic(entry):
                objects[identifier] = remote
        if not objects and look.tied(self.kind):
            completeness = Partial(scope, Text.of("discourse.groups_emptied"))
        asked = (remote for remote in objects.values() if look.has_turn(remote, self.kind))
        return Observation(completeness, objects), {(self.kind, one.remote_id): self._roster(one) for one in asked}

    def _observe_few(self, look: ForumLook) -> tuple[Observation, Rosters]:
        """Two requests a group; in which groups accounts are, their own answers told."""
        sought, rosters = look.sought(self.kind), self._rosters_of_people(look)
        objects: dict[str, Remote] = {}
        for one in sought:
            found = [None if one.remote_id is None else self.groups.found(one.remote_id)]
            found.append(self.groups.called(self.canonical_name(one.name)) if one.remote_id is None else None)
            for entry in found:
                remote = None if entry is None or is_automatic(entry) else remote_of(entry)
                if remote is not None and remote.remote_id not in objects:
                    objects[remote.remote_id] = remote
                    rosters[self.kind, remote.remote_id] = self._roster(remote)
        return Observation(Complete(look.scope(self._target, self.kind)), objects), rosters

    def _roster(self, group: Remote) -> Roster:
        listing = self.groups.members(group.name)
        completeness = listing.completeness(Scope(self._target, self.kind, group.remote_id))
        return Roster.of_accounts(completeness, frozenset(listing.items))

    def _rosters_of_people(self, look: ForumLook) -> dict[tuple[Kind, str], Roster]:
        people = look.sought(Kind.ACCOUNT)
        if not people:
            return {}
        only = frozenset(one.id.key for one in people)
        return {
            (self.kind, group): Roster.of_accounts(
                Complete(Scope(self._target, self.kind, group, only)),
                frozenset(account for account, groups in look.groups_of.items() if group in groups),
            )
            for group in look.tied(self.kind)
        }

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - there is no room for a mark
        """By its name: nobody had it when the plan was made."""
        entry = self.groups.called(forum_name(name, self._longest))
        remote = None if entry is None or is_automatic(entry) else remote_of(entry)
        return Absent() if remote is None else Present(remote)

    # --- writing -----------------------------------------------------------------------------------------------

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `connectors.discourse.groups.steps`."""
        return steps.compiled(batch, self._longest)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The group itself; that somebody who is to go is no member any more is no obstacle."""
        entry = self.groups.found(located(step, resolve))
        remote = None if entry is None else remote_of(entry)
        if entry is not None and is_automatic(entry):
            raise Permanent(Text.of("discourse.automatic_group", name=step.name))
        return Verified(remote) if step.operation == steps.ERASE else held_against(step, remote, PRODUCT)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write."""
        if step.operation == steps.CREATE:
            return self._writer.create(step)
        seen = None if verified is None else verified.remote
        return self._writer.write(step, located(step, resolve), seen, resolve)
