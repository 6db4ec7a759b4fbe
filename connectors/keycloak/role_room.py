"""Realm roles as a room of the connector: what people may do in the systems behind the login. Never deleted."""

from collections.abc import Iterator
from typing import Final

from connectors.keycloak.attributes import MARK, marker_in
from connectors.keycloak.client import Client, segment
from connectors.keycloak.group_reading import members_of
from connectors.keycloak.listing import Item, identifier_of, whole_list
from connectors.keycloak.memberships import (
    LEAVES,
    TAKE_ROLE,
    Edges,
    Reader,
    join_steps,
    leave_steps,
    leaver_of,
    roster_of,
    rosters_about,
)
from connectors.keycloak.room import Look
from connectors.keycloak.user_reading import Users
from connectors.kit.batch import Batch, located
from connectors.kit.outcomes import perhaps_created
from connectors.kit.paging import Listing
from connectors.kit.rooms import Room, Rosters, Stage, Staged
from connectors.kit.steps import step_of
from provisioner.model.changes import Create
from provisioner.model.errors import NotAllowed, Permanent, Uncertain
from provisioner.model.inventory import (
    NOBODY,
    Absent,
    Complete,
    Observation,
    Present,
    Reading,
    Remote,
    Roster,
    Scope,
    Unreadable,
)
from provisioner.model.ports import Resolve
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, marker_of
from provisioner.model.steps import Cost, Done, Effects, Moved, Step, Verified
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {"name": Mode.CREATE_ONLY}
CREATE: Final = "create-role"
JOIN: Final = "give-role"
LEAVE: Final = TAKE_ROLE
LONGEST: Final = 255

_BUILT_IN: Final = frozenset({"admin", "create-realm", "offline_access", "uma_authorization"})
_POWERS: Final = ("manage-", "view-", "query-", "realm-admin", "impersonation", "create-client", "default-roles-")
"""How rights of administration and the bundle of roles that everybody has begin."""


def objection(name: str) -> Text | None:
    """Why nobody gets a role of this name from us: it is the server's own, or sounds like power over the realm."""
    folded = name.strip().lower()
    if folded in _BUILT_IN or folded.startswith(_POWERS):
        return Text.of("keycloak.role_reserved", name=name)
    if not name or name != name.strip() or not name.isprintable() or name in (".", ".."):
        return Text.of("keycloak.role_name_unprintable", name=name)
    if len(name) > LONGEST:
        return Text.of("keycloak.name_too_long", name=name, most=LONGEST)
    return None


def remote_of(item: Item) -> Remote | None:
    """One realm role as the planner knows it; None where it does not tell id and name.

    A composite role is only shown. It may hold the right to administer the realm, today or tomorrow, and with
    manage-users alone such a role can be given to anybody (observed): we give none.
    """
    identifier, name = identifier_of(item), item.get("name")
    if not identifier or not isinstance(name, str) or not name:
        return None
    ours = item.get("composite") is False and objection(name) is None
    return Remote(
        remote_id=identifier,
        name=name,
        fields={"name": name},
        fingerprint=identifier,
        writable=None if ours else frozenset(),
        marker=marker_in(item),
    )


class RoleRoom(Room[Look]):
    """Realm roles. Reading them takes the right view-realm, making one manage-realm, giving one manage-users."""

    kind = Kind.ROLE
    fields = FIELDS
    operations = frozenset({CREATE, JOIN, LEAVE})
    sharing = operations | LEAVES

    def __init__(self, client: Client, target: str, users: Users) -> None:
        self._client = client
        self._target = target
        self._users = users
        self._items: dict[str, Item] = {}
        """By id, as last read in this run."""
        self._edges = Edges(Reader(self.kind, self._members, users.roles_of))

    def objection(self, name: str) -> Text | None:
        """Why nobody gets a role of this name from us."""
        return objection(name)

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """All realm roles, and who has those that anybody asks about. Nothing is read where nobody asks for any."""
        interest = look.interest
        scope = Scope(self._target, self.kind)
        if interest.only is not None:
            return self._observe_only(look)
        asked = {kind for kind, _ in interest.bound | interest.names}
        if asked and self.kind not in asked and not interest.everybody:
            return Observation(Complete(Scope(self._target, self.kind, only=NOBODY))), {}  # nobody was looked for
        listed = whole_list(self._client, "/roles", {"briefRepresentation": "false"})
        self._items |= listed.items
        found = [remote for item in listed.items.values() if (remote := remote_of(item)) is not None]
        objects = {remote.remote_id: remote for remote in found}
        rosters = {
            (self.kind, remote.remote_id): self._roster(remote)
            for remote in found
            if look.asks_for_members_of(remote, self.kind)
        }
        return Observation(listed.completeness(scope), objects), rosters

    def _observe_only(self, look: Look) -> tuple[Observation, Rosters]:
        sought, people = look.sought(self.kind), look.sought(Kind.ACCOUNT)
        bound = frozenset(remote_id for kind, remote_id in look.interest.bound if kind is self.kind)
        rosters: dict[tuple[Kind, str], Roster] = {}
        if people and bound:
            ids = [one.remote_id for one in people if one.remote_id is not None]
            told = {account: frozenset(self._users.roles_of(account) or ()) & bound for account in ids}
            keys = frozenset(one.id.key for one in people)
            rosters |= rosters_about(self._target, self.kind, bound, told, keys)
        objects: dict[str, Remote] = {}
        for one in sought:
            item = self._named(one.name) if one.remote_id is None else self._read(one.remote_id)
            remote = None if item is None else remote_of(item)
            if remote is not None and remote.remote_id not in objects:
                objects[remote.remote_id] = remote
                rosters[self.kind, remote.remote_id] = self._roster(remote)
        only = frozenset(one.id.key for one in sought)
        return Observation(Complete(Scope(self._target, self.kind, only=only)), objects), rosters

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """A role is made once; giving and taking it are one request each."""
        for change in batch.of(self.kind):
            if isinstance(change, Create):
                effects = Effects(fields={"name": change.wanted.name})
                step = step_of(batch, change, CREATE, effects=effects, cost=Cost(requests=2))
                yield Staged(Stage.CONTAINERS, step)
        for step in join_steps(batch, self.kind, JOIN):
            yield Staged(Stage.JOINS, step)
        for step in leave_steps(batch, self.kind, LEAVE):
            yield Staged(Stage.LEAVES, step)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """Whether the account still has the role."""
        return self._edges.verify(step, resolve)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write."""
        if step.operation == CREATE:
            return self._create(step)
        if step.operation == JOIN:
            account, role = located(step, resolve), resolve(step.refers[0])
            self._map("POST", account, self._harmless(role))
            return Done(account, account)
        if verified is None:
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        account, role = leaver_of(step, resolve), located(step, resolve)
        self._map("DELETE", account, self._known(role))
        self._edges.took_out(step, account)
        return Done(role, role)

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """By exactly this name; what has it carries our mark, or is not ours."""
        item = self._named(name)
        remote = None if item is None else remote_of(item)
        if remote is None:
            return Absent()
        if remote.marker != marker_of(identity):
            return Unreadable(Text.of("keycloak.not_ours", name=name))
        return Present(remote)

    def forget(self) -> None:
        """Drop what was read for a step."""
        self._edges.forget()

    def _create(self, step: Step) -> Done:
        """POST, and a read: the answer names the role, not its id. Without the right to make roles people have to."""
        body = {"name": step.name, "attributes": {MARK: [marker_of(step.id)]}}
        try:
            self._client.create("/roles", body, step.name)
        except NotAllowed as error:
            # Our other rights are as they were: only this is refused, and the rest goes on.
            raise Permanent(Text.of("keycloak.role_not_ours_to_make", name=step.name), error.detail) from error
        item = self._named(step.name)
        if item is None:
            raise perhaps_created(step.name, "not listed")
        identifier = identifier_of(item)
        return Done(identifier, identifier)

    def _map(self, method: str, account: str, role: Item) -> None:
        """Give or take. The server wants id and name, and both have to be right (observed)."""
        body = [{"id": identifier_of(role), "name": role.get("name")}]
        self._client.write(method, f"/users/{segment(account)}/role-mappings/realm", body)

    def _harmless(self, identifier: str) -> Item:
        """The role, if it is still one that we give. Raises `Permanent`."""
        item = self._known(identifier)
        remote = remote_of(item)
        if remote is None or remote.writable is not None:
            raise Permanent(Text.of("keycloak.role_powerful", name=str(item.get("name") or identifier)))
        return item

    def _known(self, identifier: str) -> Item:
        item = self._items.get(identifier) or self._read(identifier)
        if item is None:
            raise Permanent(Text.of("keycloak.gone", name=identifier))
        return item

    def _read(self, identifier: str) -> Item | None:
        item = self._client.find(f"/roles-by-id/{segment(identifier)}")
        if item is not None and item.get("clientRole") is not False:
            return None
        if item is not None:
            self._items[identifier] = item
        return item

    def _named(self, name: str) -> Item | None:
        item = self._client.find(f"/roles/{segment(name)}") if objection(name) is None else None
        if item is not None and item.get("name") != name:
            raise self._client.garbled("/roles/{name}")
        if item is not None:
            self._items[identifier_of(item)] = item
        return item

    def _members(self, identifier: str) -> Listing | None:
        item = self._items.get(identifier) or self._read(identifier)
        name = None if item is None else item.get("name")
        if not isinstance(name, str):
            return None
        return members_of(self._client, f"/roles/{segment(name)}/users")

    def _roster(self, remote: Remote) -> Roster:
        return roster_of(self._target, self.kind, remote.remote_id, self._members(remote.remote_id))
