"""Groups as a room of the connector: hidden, private, and who is in them. One request an edge, both ways."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from connectors.kit.batch import Batch, located, text_of
from connectors.kit.rooms import Look, Room, Rosters, Stage, Staged, erased_already, held_against, known
from connectors.nodebb import group_reading
from connectors.nodebb.client import Client, Refusal, part
from connectors.nodebb.group_reading import MOMENTARY, Group, Groups, group_of
from connectors.nodebb.slugs import slug
from provisioner.model.changes import Create, Erase, Join, Leave, Update
from provisioner.model.errors import OutcomeUnknown, Permanent, Uncertain
from provisioner.model.inventory import (
    Absent,
    Complete,
    Completeness,
    Observation,
    Partial,
    Present,
    Reading,
    Roster,
    Scope,
    Unreadable,
)
from provisioner.model.ports import Resolve
from provisioner.model.resources import Edge, Kind, ResourceId, marker_of
from provisioner.model.steps import Cost, Done, Effects, Moved, Step, Verified
from provisioner.model.text import Text

CREATE: Final = "create-group"
RENAME: Final = "rename-group"
REMIND: Final = "remind-of-groups"
JOIN: Final = "join-group"
LEAVE: Final = "leave-group"
ERASE: Final = "erase-group"
_PRIVATE: Final = {"private": 1, "hidden": 1, "disableJoinRequests": 1, "disableLeave": 1, "userTitleEnabled": 0}


@dataclass(slots=True)
class _Inside:
    """Who was in a group right before a leave, for the leaves that follow it there."""

    group: str
    members: frozenset[str]


class GroupRoom(Room[Look]):
    """Whoever makes a group is its owner and in it: we stay there, and are in no roster's way."""

    kind = Kind.GROUP
    fields = group_reading.FIELDS
    operations = frozenset({CREATE, RENAME, REMIND, JOIN, LEAVE, ERASE})
    sharing = frozenset({LEAVE})

    def __init__(self, client: Client, target: str, groups: Groups) -> None:
        self._client = client
        self._target = target
        self._groups = groups
        self._inside: _Inside | None = None

    def objection(self, name: str) -> Text | None:
        """Why the server would refuse the name."""
        return group_reading.objection(name)

    def canonical_name(self, name: str) -> str:
        """Two names with one slug are one (observed)."""
        return slug(name)

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """All, and the members of those that anybody asks about and whose turn it is."""
        listing = self._groups.all()
        sought, narrow = look.sought(self.kind), look.interest.only is not None
        scope = Scope(self._target, self.kind, only=frozenset(one.id.key for one in sought) if narrow else None)
        completeness: Completeness = Complete(scope) if listing.gap is None else Partial(scope, listing.gap)
        every = {group.id: group for group in self._groups.known}
        if narrow:
            ids, names = {one.remote_id for one in sought}, {slug(one.name) for one in sought}
            shown = {key: group for key, group in every.items() if key in ids or group.slug in names}
        else:
            shown = every
        rosters: dict[tuple[Kind, str], Roster] = {}
        for identifier, group in shown.items():
            seat = (self.kind, identifier)
            if look.asks_for_members_of(group.remote, self.kind) and seat not in look.interest.skip:
                rosters[seat] = self._roster(group, look.own_account)
        if narrow:
            rosters |= self._about_people(look, {key: every[key] for key in every.keys() - shown.keys()})
        return Observation(completeness, {key: group.remote for key, group in shown.items()}), rosters

    def _roster(self, group: Group, own: str | None) -> Roster:
        """Without ourselves: we own what we made."""
        listing, scope = self._groups.members(group), Scope(self._target, self.kind, group.id)
        completeness: Completeness = Complete(scope) if listing.gap is None else Partial(scope, listing.gap)
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
        """One POST a group, one write an edge; a rename costs two more, so that the server knows of it."""
        for change in batch.of(self.kind):
            if isinstance(change, Create):
                yield Staged(Stage.CONTAINERS, _create_step(batch, change))
            elif isinstance(change, Update) and "name" in change.after:
                yield Staged(Stage.UPDATES, _rename_step(batch, change))
                yield Staged(Stage.UPDATES, _remind_step(batch, change))
            elif isinstance(change, Join):
                for key in change.members:
                    yield Staged(Stage.JOINS, _edge_step(batch, change, ResourceId(change.member, key), JOIN))
            elif isinstance(change, Leave):
                for key in change.members:
                    yield Staged(Stage.LEAVES, _edge_step(batch, change, ResourceId(change.member, key), LEAVE))
            elif isinstance(change, Erase):
                yield Staged(Stage.ERASURES, _erase_step(batch, change))

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The group, or a membership."""
        identifier = located(step, resolve)
        if step.expects_edge is None:
            group = self._groups.read(identifier)
            remote = None if group is None else group.remote
            return Verified(remote) if step.operation == ERASE else held_against(step, remote, Client.product)
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
        if step.operation == CREATE:
            return self._create(step)
        if step.operation == REMIND:
            return self._remind(step)
        identifier = located(step, resolve)
        if step.operation == ERASE and verified is not None and verified.remote is None:
            return erased_already(step, Client.product)
        group = self._groups.get(identifier)
        match step.operation:
            case "join-group":
                uid = resolve(step.refers[0])
                self._client.change("PUT", f"/groups/{part(group.slug)}/membership/{part(uid)}")
            case "leave-group":
                self._leave(group, resolve(step.refers[0]), step)
            case "rename-group":
                self._rename(group, text_of(step, "name"))
            case _:
                self._client.change("DELETE", f"/groups/{part(group.slug)}")
                self._groups.forget(identifier)
        return Done(identifier, identifier)

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

    def _create(self, step: Step) -> Done:
        body = {"name": text_of(step, "name"), "userTitle": marker_of(step.id), **_PRIVATE}
        try:
            group = group_of(self._client.make("/groups", body, step.name))
        except Refusal as refusal:
            if refusal.status != 400:
                raise
            raise Permanent(Text.of("nodebb.name_taken", name=step.name), refusal.detail) from refusal
        if group is None:
            raise OutcomeUnknown(Text.of("kit.perhaps_created", name=step.name))
        self._groups.remember(group)
        return Done(group.id, group.id)

    def _leave(self, group: Group, uid: str, step: Step) -> None:
        if uid != text_of(step, "account"):
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        try:
            self._client.change("DELETE", f"/groups/{part(group.slug)}/membership/{part(uid)}")
        except Refusal as refusal:
            if refusal.status != 400:  # "Not a member of this group": gone meanwhile
                raise
        if self._inside is not None:
            self._inside = _Inside(self._inside.group, self._inside.members - {uid})

    def _rename(self, group: Group, name: str) -> None:
        """What is not said again of description and icon would be wiped (observed)."""
        body = {"name": name, "description": group.description, "icon": group.icon}
        renamed = group_of(self._client.change("PUT", f"/groups/{part(group.slug)}", body))
        if renamed is None:
            raise OutcomeUnknown(Text.of("kit.garbled_write", path="/groups/{slug}", product=Client.product))
        self._groups.remember(renamed)

    def _remind(self, step: Step) -> Done:
        """Make a group and delete it."""
        try:
            self._client.change("POST", "/groups", {"name": MOMENTARY, **_PRIVATE})
        except Refusal as refusal:
            if refusal.status != 400:  # it is left over from a run that was cut short
                raise
        try:
            self._client.change("DELETE", f"/groups/{part(MOMENTARY)}")
        except Refusal as refusal:
            if not self._client.is_gone(refusal):  # deleted by a first attempt whose answer was lost
                raise
        return Done(step.remote_id or "")


def _create_step(batch: Batch, change: Create) -> Step:
    return Step(
        target=change.target,
        operation=CREATE,
        id=change.id,
        name=change.wanted.name,
        changes=(batch.digest(change),),
        payload={"name": change.wanted.name},
        effects=Effects(fields={"name": change.wanted.name}),
    )


def _rename_step(batch: Batch, change: Update) -> Step:
    name = str(change.after["name"])
    return Step(
        target=change.target,
        operation=RENAME,
        id=change.id,
        name=change.name,
        changes=(batch.digest(change),),
        remote_id=change.remote_id,
        payload={"name": name},
        effects=Effects(fields={"name": name}),
        expects=known(change.before, frozenset({"name"})),
        cost=Cost(requests=2),
    )


def _remind_step(batch: Batch, change: Update) -> Step:
    return Step(
        target=change.target,
        operation=REMIND,
        id=change.id,
        name=change.name,
        changes=(batch.digest(change),),
        remote_id=change.remote_id,
        cost=Cost(requests=2),
    )


def _edge_step(batch: Batch, change: Join | Leave, account: ResourceId, operation: str) -> Step:
    edge, leaves = Edge(change.seats, account.key), operation == LEAVE
    return Step(
        target=change.target,
        operation=operation,
        id=change.id,
        name=change.name,
        changes=(batch.digest(change),),
        remote_id=batch.remote_id(change.id),
        payload={"account": batch.remote_id(account)} if leaves else {},
        refers=(account,),
        effects=Effects(leaves=(edge,)) if leaves else Effects(joins=(edge,)),
        expects_edge=edge if leaves else None,
        cost=Cost(requests=3 if leaves else 1),
    )


def _erase_step(batch: Batch, change: Erase) -> Step:
    return Step(
        target=change.target,
        operation=ERASE,
        id=change.id,
        name=change.name,
        changes=(batch.digest(change),),
        remote_id=change.remote_id,
        effects=Effects(fields={"name": change.name}, erased=True),
        expects={},
        cost=Cost(requests=2),
    )
