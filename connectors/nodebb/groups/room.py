"""Groups as a room of the connector: hidden, private, and who is in them."""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.kit.batch import Batch, located
from connectors.kit.rooms import Look, Room, Rosters, Staged, erased_already, held_against
from connectors.kit.steps import member_of
from connectors.nodebb.client import Client
from connectors.nodebb.groups import shape, steps
from connectors.nodebb.groups.reading import Groups
from connectors.nodebb.groups.shape import Group
from connectors.nodebb.groups.writing import Writer
from connectors.nodebb.slugs import slug
from provisioner.model.errors import Permanent
from provisioner.model.inventory import Absent, Complete, Observation, Present, Reading, Roster, Scope, Unreadable
from provisioner.model.ports import Resolve
from provisioner.model.resources import Kind, ResourceId, marker_of
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text


@dataclass(slots=True)
class _Inside:
    """Who was in a group right before a leave, for the leaves that follow it there."""

    group: str
    members: frozenset[str]


class GroupRoom(Room[Look]):
    """Whoever makes a group is its owner and in it: we stay there, and are in no roster's way."""

    kind = Kind.GROUP
    fields = shape.FIELDS
    operations = steps.OPERATIONS
    sharing = frozenset({steps.LEAVE})

    def __init__(self, client: Client, target: str, groups: Groups) -> None:
        self._target = target
        self._groups = groups
        self._writer = Writer(client, groups)
        self._inside: _Inside | None = None

    def objection(self, name: str) -> Text | None:
        """Why the server would refuse the name."""
        return shape.objection(name)

    def canonical_name(self, name: str) -> str:
        """Two names with one slug are one (observed)."""
        return slug(name)

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """All, and the members of those that anybody asks about and whose turn it is."""
        listing = self._groups.all()
        sought, narrow = look.sought(self.kind), look.interest.only is not None
        completeness = listing.completeness(look.scope(self._target, self.kind))
        every = {group.id: group for group in self._groups.known}
        if narrow:
            ids, names = {one.remote_id for one in sought}, {slug(one.name) for one in sought}
            shown = {key: group for key, group in every.items() if key in ids or group.slug in names}
        else:
            shown = every
        asked = (group for group in shown.values() if look.has_turn(group.remote, self.kind))
        rosters = {(self.kind, group.id): self._roster(group, look.own_account) for group in asked}
        if narrow:
            rosters |= self._about_people(look, {key: every[key] for key in every.keys() - shown.keys()})
        return Observation(completeness, {key: group.remote for key, group in shown.items()}), rosters

    def _roster(self, group: Group, own: str | None) -> Roster:
        """Without ourselves: we own what we made."""
        listing = self._groups.members(group)
        completeness = listing.completeness(Scope(self._target, self.kind, group.id))
        return Roster.of_accounts(completeness, frozenset(listing.items) - {own or ""})

    def _about_people(self, look: Look, groups: dict[str, Group]) -> Rosters:
        """Of tied groups that are not looked at, whether the few who are sought are in them: a request for each.

        Who has no account yet is in none.
        """
        people = look.sought(Kind.ACCOUNT)
        keys, rosters = frozenset(one.id.key for one in people), {}
        for identifier, group in groups.items():
            if not people or (self.kind, identifier) not in look.interest.bound:
                continue
            inside = frozenset(
                one.remote_id
                for one in people
                if one.remote_id is not None and self._groups.is_in(group, one.remote_id, one.name)
            )
            scope = Scope(self._target, self.kind, identifier, keys)
            rosters[self.kind, identifier] = Roster.of_accounts(Complete(scope), inside)
        return rosters

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `connectors.nodebb.groups.steps`."""
        return steps.compiled(batch)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The group, or a membership."""
        identifier = located(step, resolve)
        if step.expects_edge is None:
            group = self._groups.read(identifier)
            remote = None if group is None else group.remote
            return Verified(remote) if step.operation == steps.ERASE else held_against(step, remote, Client.product)
        if self._inside is None or self._inside.group != identifier:
            group = self._groups.read(identifier)
            if group is None:
                return held_against(step, None, Client.product)
            listing = self._groups.members(group)
            if listing.gap is not None:
                raise Permanent(listing.gap)
            self._inside = _Inside(identifier, frozenset(listing.items))
        if resolve(ResourceId(step.expects_edge.seats.member, step.expects_edge.member)) not in self._inside.members:
            return Moved(Text.of("nodebb.edge_gone", name=step.name))
        return Verified(None)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write; two by which the server looks anew what groups are called."""
        if step.operation == steps.CREATE:
            return self._writer.create(step)
        if step.operation == steps.REMIND:
            return self._writer.remind(step)
        identifier = located(step, resolve)
        if step.operation == steps.ERASE and verified is not None and verified.remote is None:
            return erased_already(step, Client.product)
        done = self._writer.write(step, self._groups.get(identifier), resolve)
        if step.operation == steps.LEAVE and self._inside is not None:
            self._inside = _Inside(identifier, self._inside.members - {member_of(step, resolve)})
        return done

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """By our mark, else by its name: what has that and no mark of ours is somebody else's."""
        listing = self._groups.all()
        for group in self._groups.known:
            if group.remote.marker == marker_of(identity):
                return Present(group.remote)
        if listing.gap is not None:
            return Unreadable(listing.gap)
        if any(group.slug == slug(name) for group in self._groups.known):
            return Unreadable(Text.of("nodebb.not_ours", name=name))
        return Absent()

    def forget(self) -> None:
        """The next leave reads who is in its group."""
        self._inside = None
