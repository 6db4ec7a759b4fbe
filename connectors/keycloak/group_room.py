"""Groups as a room of the connector: children of the parent group, and who is in them."""

from collections.abc import Iterator
from typing import Final, cast

from connectors.keycloak import group_reading
from connectors.keycloak.attributes import DISPLAY_NAME, EPOCH, MARK, attributes_of, epoch_written
from connectors.keycloak.client import Client, segment
from connectors.keycloak.group_reading import Groups, canonical, gives_power, remote_of
from connectors.keycloak.listing import Item, identifier_of
from connectors.keycloak.memberships import (
    LEAVE_GROUP,
    LEAVES,
    Edges,
    Reader,
    join_steps,
    leave_steps,
    leaver_of,
    roster_of,
    rosters_about,
)
from connectors.keycloak.room import Look
from connectors.keycloak.settings import PRODUCT
from connectors.keycloak.user_reading import Users
from connectors.kit.batch import Batch, located
from connectors.kit.rooms import Room, Rosters, Stage, Staged, erased_already, held_against
from connectors.kit.steps import erasing_step, field_steps, fields_of, step_of
from provisioner.model.changes import Create, Erase, Update
from provisioner.model.errors import Permanent, Uncertain
from provisioner.model.inventory import (
    Absent,
    Complete,
    Completeness,
    Epoch,
    Observation,
    Partial,
    Present,
    Reading,
    Remote,
    Roster,
    Scope,
    Unreadable,
)
from provisioner.model.ports import Resolve
from provisioner.model.resources import FieldName, Kind, ResourceId, Value, marker_of
from provisioner.model.steps import Done, Effects, Json, Moved, Step, Verified
from provisioner.model.text import Text

CREATE: Final = "create-group"
UPDATE: Final = "update-group"
JOIN: Final = "join-group"
LEAVE: Final = LEAVE_GROUP
ERASE: Final = "erase-group"
_WRITTEN: Final[frozenset[FieldName]] = frozenset({"display_name"})


class GroupRoom(Room[Look]):
    """Children of the parent group. Whatever is outside of it, or inside one of its children, is not there for us."""

    kind = Kind.GROUP
    fields = group_reading.FIELDS
    operations = frozenset({CREATE, UPDATE, JOIN, LEAVE, ERASE})
    sharing = operations | LEAVES

    def __init__(self, client: Client, target: str, groups: Groups, users: Users) -> None:
        self._client = client
        self._target = target
        self._groups = groups
        self._users = users
        self._edges = Edges(Reader(self.kind, groups.members, users.groups_of))
        self._fresh: Item | None = None
        self._parent: str | None = None
        """Id of the parent group, once this run read it."""

    def objection(self, name: str) -> Text | None:
        """Why we do not make a group of this name."""
        return group_reading.objection(name)

    def canonical(self, field: FieldName, value: Value) -> Value:
        """An attribute has no empty value."""
        return canonical(field, value)

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """All children, and the members of those that anybody asks about; or the few that are sought."""
        if look.interest.only is not None:
            return self._observe_only(look)
        scope = Scope(self._target, self.kind)
        if look.parent is None:
            why = look.why_no_parent or Text.of("keycloak.no_parent", group=self._client.settings.parent_group)
            return Observation(Partial(scope, why)), {}
        self._parent = identifier_of(look.parent)
        listed = self._groups.children(self._parent)
        completeness: Completeness = Complete(scope)
        if listed.gap is not None:
            completeness = Partial(scope, listed.gap)
        elif not listed.items and any(kind is self.kind for kind, _ in look.interest.bound):
            completeness = Partial(scope, Text.of("keycloak.no_group_left", group=self._client.settings.parent_group))
        objects: dict[str, Remote] = {}
        for identifier, item in listed.items.items():
            remote = remote_of(item, writable=not gives_power(look.parent))
            if remote is None:
                completeness = Partial(scope, Text.of("kit.nameless_entry"))
            else:
                objects[identifier] = remote
        rosters = {
            (self.kind, identifier): roster_of(self._target, self.kind, identifier, self._groups.members(identifier))
            for identifier, remote in objects.items()
            if look.asks_for_members_of(remote, self.kind)
        }
        return Observation(completeness, objects), rosters

    def _observe_only(self, look: Look) -> tuple[Observation, Rosters]:
        """One request a group, its members, and one for each account that is sought: which groups it is in."""
        sought, rosters = look.sought(self.kind), self._rosters_of_people(look)
        if look.parent is None:
            why = look.why_no_parent or Text.of("keycloak.no_parent", group=self._client.settings.parent_group)
            return Observation(Partial(Scope(self._target, self.kind), why)), rosters
        self._parent = identifier_of(look.parent)
        objects: dict[str, Remote] = {}
        for one in sought:
            if one.remote_id is not None:
                item = self._groups.read(one.remote_id, self._parent)
            else:
                item = self._groups.named(self._parent, one.name) if one.name else None
            remote = None if item is None else remote_of(item, writable=not gives_power(look.parent))
            if remote is not None and remote.remote_id not in objects:
                objects[remote.remote_id] = remote
                members = self._groups.members(remote.remote_id)
                rosters[self.kind, remote.remote_id] = roster_of(self._target, self.kind, remote.remote_id, members)
        only = frozenset(one.id.key for one in sought)
        return Observation(Complete(Scope(self._target, self.kind, only=only)), objects), rosters

    def _rosters_of_people(self, look: Look) -> dict[tuple[Kind, str], Roster]:
        people = look.sought(Kind.ACCOUNT)
        if not people:
            return {}
        bound = frozenset(remote_id for kind, remote_id in look.interest.bound if kind is self.kind)
        theirs = {one.remote_id: self._users.groups_of(one.remote_id) for one in people if one.remote_id is not None}
        told = {account: frozenset(groups or ()) & bound for account, groups in theirs.items()}
        return rosters_about(self._target, self.kind, bound, told, frozenset(one.id.key for one in people))

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """One POST or PUT a group; joins of accounts that exist already, and leaves, one request each."""
        for change in batch.of(self.kind):
            if isinstance(change, Create):
                yield Staged(Stage.CONTAINERS, _create_step(batch, change))
            elif isinstance(change, Update):
                for step in field_steps(batch, change, UPDATE, _WRITTEN, canonical):
                    yield Staged(Stage.UPDATES, step)
            elif isinstance(change, Erase):
                yield Staged(Stage.ERASURES, erasing_step(batch, change, ERASE))
        for step in join_steps(batch, self.kind, JOIN):
            yield Staged(Stage.JOINS, step)
        for step in leave_steps(batch, self.kind, LEAVE):
            yield Staged(Stage.LEAVES, step)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The group, or a membership. Raises `Permanent` for a group that gives power, or that holds other groups."""
        if step.expects_edge is not None:
            return self._edges.verify(step, resolve)
        item, parent = self._groups.read(located(step, resolve)), self._parent_id()
        ours = item is not None and item.get("parentId") == parent
        self._fresh = item
        remote = None if item is None else remote_of(item)
        if step.operation != ERASE:
            return held_against(step, remote if ours else None, PRODUCT)
        if item is not None and (not ours or gives_power(item) or item.get("subGroupCount") != 0):
            raise Permanent(Text.of("keycloak.group_never_erased", name=step.name))
        return Verified(remote)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write."""
        fresh, self._fresh = self._fresh, None
        if step.operation == CREATE:
            return self._create(step)
        if step.operation == JOIN:
            account, group = located(step, resolve), resolve(step.refers[0])
            self._client.write("PUT", f"/users/{segment(account)}/groups/{segment(group)}")
            return Done(account, account)
        if verified is None:
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        identifier = located(step, resolve)
        if step.operation == LEAVE:
            account = leaver_of(step, resolve)
            self._client.write("DELETE", f"/users/{segment(account)}/groups/{segment(identifier)}")
            self._edges.took_out(step, account)
        elif step.operation == ERASE:
            if verified.remote is None:
                return erased_already(step, PRODUCT)
            self._client.write("DELETE", f"/groups/{segment(identifier)}")
        else:
            if fresh is None or identifier_of(fresh) != identifier:
                raise Uncertain(Text.of("kit.not_verified", name=step.name))
            value = fields_of(step).get("display_name")
            self._put(fresh, DISPLAY_NAME, str(value) if value else None)
        return Done(identifier, identifier)

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """By its name below the parent group: what has it carries our mark, or is not ours."""
        parent = self._parent_id()
        item = self._groups.named(parent, name)
        remote = None if item is None else remote_of(item)
        if remote is None:
            return Absent()
        if remote.marker != marker_of(identity):
            return Unreadable(Text.of("keycloak.not_ours", name=name))
        return Present(remote)

    def leave_epoch(self, epoch: Epoch) -> None:
        """In an attribute of the parent group: one read, one write. All else there stays as it is."""
        parent = self._groups.parent()
        if parent is None:
            raise Permanent(Text.of("keycloak.no_parent", group=self._client.settings.parent_group))
        self._put(parent, EPOCH, epoch_written(epoch))

    def forget(self) -> None:
        """Drop what was read for a step."""
        self._fresh = None
        self._edges.forget()

    def _create(self, step: Step) -> Done:
        """POST below the parent group, never with an id: that would move a group that exists (keycloak, read)."""
        attributes = {MARK: [marker_of(step.id)]}
        value = fields_of(step).get("display_name")
        if value:
            attributes[DISPLAY_NAME] = [str(value)]
        body = {"name": step.payload["name"], "attributes": attributes}
        path = f"/groups/{segment(self._parent_id())}/children"
        made = self._client.create(path, body, step.name).made
        self._groups.remember(made, body)
        return Done(made, made)

    def _put(self, item: Item, name: str, value: str | None) -> None:
        """One attribute of a group as just read: a PUT replaces all of them, and clears a description left out."""
        attributes = attributes_of(item)
        if value is None:
            attributes.pop(name, None)
        else:
            attributes[name] = [value]
        body: dict[str, object] = {"name": item.get("name"), "attributes": attributes}
        if item.get("description") is not None:
            body["description"] = item["description"]
        self._client.write("PUT", f"/groups/{segment(identifier_of(item))}", body)

    def _parent_id(self) -> str:
        if self._parent is None:
            self._parent = self._groups.parent_id()
        return self._parent


def _create_step(batch: Batch, change: Create) -> Step:
    name = change.wanted.name
    fields = {one: canonical(one, value) for one, value in change.wanted.fields.items() if one in _WRITTEN}
    payload: dict[str, Json] = {"name": name, "fields": cast(Json, fields)}
    return step_of(batch, change, CREATE, payload=payload, effects=Effects(fields={**fields, "name": name}))
