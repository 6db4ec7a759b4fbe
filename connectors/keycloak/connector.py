"""One Keycloak realm as the core sees it: a room a kind, and this that shows the way to them."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from connectors.batch import Batch
from connectors.keycloak.attributes import epoch_in
from connectors.keycloak.client import Client
from connectors.keycloak.doctor import examine
from connectors.keycloak.group_reading import Groups
from connectors.keycloak.group_room import GroupRoom
from connectors.keycloak.role_room import RoleRoom
from connectors.keycloak.room import Look, Room, Rosters, Stage
from connectors.keycloak.settings import KeycloakSettings
from connectors.keycloak.user_room import UserRoom
from provisioner.model.changes import Change
from provisioner.model.errors import LoginRefused, Permanent, TargetError, Uncertain
from provisioner.model.inventory import Epoch, Inventory, Observation, Partial, Reading, Roster, Scope
from provisioner.model.ports import EVERYTHING, Capabilities, Finding, Interest, Resolve, Wiring
from provisioner.model.resources import FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text


class KeycloakConnector:
    """A target that is a realm of Keycloak; see `provisioner.model.ports.Connector`."""

    def __init__(self, target: str, settings: KeycloakSettings, wiring: Wiring) -> None:
        self._target = target
        self._wiring = wiring
        self._client = Client(settings, wiring.gate, wiring.clock)
        self._groups = Groups(self._client)
        users = UserRoom(self._client, target, self._groups)
        self._group_room = GroupRoom(self._client, target, self._groups, users.reader)
        rooms: tuple[Room, ...] = (users, self._group_room, RoleRoom(self._client, target, users.reader))
        self._rooms: Mapping[Kind, Room] = {room.kind: room for room in rooms}
        self._performing = {operation: room for room in rooms for operation in room.operations}
        self._verified: Step | None = None
        """For which something was read that was not performed since."""

    def capabilities(self) -> Capabilities:
        """What a realm can hold, kind by kind. People log in with these accounts."""
        return Capabilities(
            fields={kind: room.fields for kind, room in self._rooms.items()},
            canonical_name=lambda kind, name: self._rooms[kind].canonical_name(name) if kind in self._rooms else name,
            objection=lambda kind, name: self._rooms[kind].objection(name) if kind in self._rooms else None,
            canonical=self._canonical,
            address=lambda kind, remote_id, name: remote_id if kind is Kind.ACCOUNT else None,  # the claim "sub"
            first_login=self._first_login,
            holds_login=True,
            unique_emails=True,  # also where the realm allows duplicates: a successor shares no address with an account
        )

    def _first_login(self, account: str, at_home: bool) -> Text:
        """By the organisation's own account, or by setting a password.

        The page for that opens without a login when the realm allows it (observed on Keycloak 26.4, 400 otherwise).
        """
        realm = self._client.settings.realm_url
        if at_home:
            return Text.of("keycloak.first_login_at_home", url=f"{realm}/account")
        page = f"{realm}/login-actions/reset-credentials?client_id=account"
        return Text.of("keycloak.first_login", url=page, user=account)

    def examine(self) -> Iterator[Finding]:
        """What doctor asks. Never writes, never raises `TargetError`."""
        return examine(self._client, self._wiring)

    def observe(self, kinds: Collection[Kind], interest: Interest = EVERYTHING) -> Inventory:
        """All of these kinds.

        Without ``only``: a token, the parent group, max(1, ⌈P / page size⌉) for accounts, as much for groups and for
        members of each container that anybody asks about, one or more for roles where any is asked for; the user
        profile where the accounts don't tell what of it we need, and their number where a directory brings some.
        Raises `LoginRefused`, or whatever kept even the first request from being answered; later failures make what
        they hit Partial.
        """
        bearer = self._client.who()
        look = Look(frozenset(kinds), interest, bearer, None)
        try:
            look.parent = self._groups.parent()
        except LoginRefused:
            raise
        except TargetError as error:
            look.why_no_parent = error.text
        observations: dict[Kind, Observation] = {}
        rosters: dict[tuple[Kind, str], Roster] = {}
        for kind, room in self._rooms.items():
            if kind in kinds:
                observations[kind], seen = self._look_into(room, look)
                rosters |= seen
        epoch = None if look.parent is None else epoch_in(look.parent)
        return Inventory(self._target, observations, rosters, bearer.subject or None, epoch)

    def compile(self, changes: Sequence[Change], resolve: Resolve) -> Sequence[Step]:
        """The fewest writes, in the order of `connectors.keycloak.room.Stage`. Pure."""
        batch = Batch(changes, resolve)
        staged = [(number, one) for number, room in enumerate(self._rooms.values()) for one in room.compile(batch)]
        # What is erased goes in reverse: groups before the accounts in them.
        staged.sort(key=lambda one: (one[1].stage, -one[0] if one[1].stage is Stage.ERASURES else one[0]))
        return [one.step for _, one in staged]

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """Read the step's object afresh, typed, and hold it against what the plan saw. Raises `TargetError`."""
        room = self._room_of(step)
        if self._verified is not None:  # whoever asks twice before a write wants to know anew
            self._forget()
        self._verified = step
        return room.verify(step, resolve)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """Do it. Raises `OutcomeUnknown` when the write may have happened, else the fitting `TargetError`."""
        room = self._room_of(step)
        if verified is None and (step.expects is not None or step.expects_edge is not None):
            raise Uncertain(Text.of("keycloak.not_verified", name=step.name))
        if step.expects_edge is None:
            self._forget(but=room)
        try:
            done = room.perform(step, verified, resolve)
        except BaseException:
            self._forget()
            raise
        self._verified = None
        return done

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """Does it exist, by its marker or exactly this name? Raises `TargetError` when that can't be known."""
        return self._rooms[identity.kind].look_up(identity, name)

    def leave_epoch(self, epoch: Epoch) -> None:
        """In an attribute of the parent group."""
        self._group_room.leave_epoch(epoch)

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._client.close()

    def _look_into(self, room: Room, look: Look) -> tuple[Observation, Rosters]:
        """What a room sees; whatever keeps it from seeing is its own trouble, unless nobody is let in any more."""
        try:
            return room.observe(look)
        except LoginRefused:
            raise
        except TargetError as error:
            return Observation(Partial(Scope(self._target, room.kind), error.text)), {}

    def _room_of(self, step: Step) -> Room:
        room = self._performing.get(step.operation)
        if room is None:
            raise Permanent(Text.of("keycloak.unknown_operation", operation=step.operation))
        return room

    def _forget(self, but: Room | None = None) -> None:
        for room in self._rooms.values():
            if room is not but:
                room.forget()

    def _canonical(self, kind: Kind, field: FieldName, value: Value) -> Value:
        return self._rooms[kind].canonical(field, value) if kind in self._rooms else value
