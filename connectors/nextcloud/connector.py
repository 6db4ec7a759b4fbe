"""One Nextcloud as the core sees it: a room a kind, and this that shows the way to them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from connectors.nextcloud.accounts.oidc.doctor import learn
from connectors.nextcloud.accounts.room import AccountRoom
from connectors.nextcloud.accounts.shape import hand_over
from connectors.nextcloud.accounts.steps import EDIT_BUCKET, PUT_BUCKET
from connectors.nextcloud.calendars.events import MeetingsRoom
from connectors.nextcloud.calendars.room import CalendarRoom
from connectors.nextcloud.client import Client
from connectors.nextcloud.compiling import compile_steps
from connectors.nextcloud.conversations.room import ConversationRoom
from connectors.nextcloud.conversations.speaking import Speaker
from connectors.nextcloud.doctor import examine
from connectors.nextcloud.folders.room import FolderRoom
from connectors.nextcloud.groups.room import GroupRoom
from connectors.nextcloud.room import Look, Room, Rosters
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.changes import Change
from provisioner.model.errors import LoginRefused, Permanent, TargetError, Uncertain
from provisioner.model.inventory import Epoch, Inventory, Observation, Partial, Reading, Roster, Scope
from provisioner.model.ports import EVERYTHING, Capabilities, Finding, Interest, LoginGroups, Resolve, Wiring
from provisioner.model.resources import FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text


class NextcloudConnector:
    """A target that is a Nextcloud; see `provisioner.model.ports.Connector`."""

    def __init__(self, target: str, settings: NextcloudSettings, wiring: Wiring) -> None:
        self._target = target
        self._settings = settings
        self._wiring = wiring
        self._client = Client(settings, wiring.gate, wiring.clock)
        self._administrator = Client(settings.of_administrator(), wiring.gate, wiring.clock)
        """Acts in the calls of user_oidc alone."""
        self._accounts = accounts = AccountRoom(self._client, target, settings, wiring.ledger, self._administrator)
        self._own = accounts.reader.own
        rooms: list[Room] = [
            accounts,
            GroupRoom(self._client, target, settings.page_size, accounts.reader, wiring.clock),
        ]
        if settings.team_folders:
            rooms.append(FolderRoom(self._client, target, settings, wiring.clock, self._own))
        if settings.conversations:
            rooms.append(ConversationRoom(self._client, target, settings.url, wiring.clock))
        self._calendars: CalendarRoom | None = None
        if settings.calendars:
            self._calendars = CalendarRoom(self._client, target, settings, wiring.ledger, self._own)
            rooms.append(self._calendars)
            rooms.append(MeetingsRoom(target, settings, wiring.clock, self._calendars))
        self._speaker = Speaker(self._client, wiring.ledger)
        self._rooms: Mapping[Kind, Room] = {room.kind: room for room in rooms}
        self._is_verified = False
        """Something was read for a step that was not performed since."""
        self._performing = {operation: room for room in rooms for operation in room.operations}

    def capabilities(self) -> Capabilities:
        """What this Nextcloud can hold, kind by kind."""
        return Capabilities(
            fields={kind: room.fields for kind, room in self._rooms.items()},
            canonical_name=self._canonical_name,
            objection=self._objection,
            canonical=self._canonical,
            address=self._address,
            hand_over=hand_over,
            first_login=None if self._settings.user_oidc is not None else self._first_login,
            named_by_login=self._settings.user_oidc is not None,
            alike=frozenset({Kind.CALENDAR, Kind.MEETING}),
            limits={
                **dict.fromkeys(
                    (EDIT_BUCKET, PUT_BUCKET),
                    (self._settings.edit_limit, self._settings.edit_window),
                ),
                **({} if self._calendars is None else self._calendars.limits()),
            },
        )

    def examine(self) -> Iterator[Finding]:
        """What doctor asks. Never writes, never raises `TargetError`, sends the password to no stranger."""
        return examine(self._settings, self._client, self._wiring, self._accounts.oidc)

    def login_groups(self) -> LoginGroups | None:
        """What a login through user_oidc does to groups here. One request; what keeps it from telling, doctor says."""
        settings, oidc = self._settings.user_oidc, self._accounts.oidc
        if settings is None or oidc is None:
            return None
        told, _ = learn(settings, oidc)
        provider = told.provider(settings.provider_id)
        if provider is None:
            return None
        writes = told.system_says("auto_provision", True)
        return LoginGroups(provider.identifier, provider.touches if writes else lambda _: False)

    def observe(self, kinds: Collection[Kind], interest: Interest = EVERYTHING) -> Inventory:
        """All of these kinds; groups' members only together with the accounts, which tell them.

        ⌈P / page size⌉ + ⌈G / page size⌉ + 6 requests, one for all calendars, one for each of these that changed, and
        what folders and conversations cost. Raises
        `LoginRefused`, or whatever kept even the first request from being answered; later failures make what they hit
        Partial.
        """
        self._client.learn_version()
        look = Look(frozenset(kinds), interest, self._own())
        observations: dict[Kind, Observation] = {}
        rosters: dict[tuple[Kind, str], Roster] = {}
        for kind, room in self._rooms.items():
            if kind in kinds:
                observations[kind], seen = self._look_into(room, look)
                rosters |= seen
        own = look.own
        return Inventory(self._target, observations, rosters, own.id, own.epoch, look.revisions, look.inside)

    def compile(self, changes: Sequence[Change], resolve: Resolve) -> Sequence[Step]:
        """The fewest writes, in the order of `connectors.nextcloud.room.Stage`. Pure."""
        return compile_steps(changes, resolve, self._rooms.values())

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """Read the step's object afresh, typed, and hold it against what the plan saw. Raises `TargetError`."""
        room = self._room_of(step)
        # Whoever asks twice before a write wants to know anew.
        self._forget(None if self._is_verified else step)
        self._is_verified = True
        return room.verify(step, resolve)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """Do it. Raises `OutcomeUnknown` when the write may have happened, else the fitting `TargetError`."""
        room = self._room_of(step)
        if verified is None and (step.expects is not None or step.expects_edge is not None):
            raise Uncertain(Text.of("nextcloud.not_verified", name=step.name))
        self._forget(step)
        try:
            done = room.perform(step, verified, resolve)
        except BaseException:
            self._forget()
            raise
        self._is_verified = False
        return done

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """Does it exist, by its marker or exactly this name? Raises `TargetError` when that can't be known."""
        return self._rooms[identity.kind].look_up(identity, name)

    def leave_epoch(self, epoch: Epoch) -> None:
        """In our own account's profile, field "role". Raises `Permanent` when somebody else wrote there."""
        self._accounts.leave_epoch(epoch)

    def say(self, conversation: str, text: str, reference: str, since: datetime, *, silent: bool = False) -> bool:
        """Say it in a conversation, at most once; see `provisioner.model.ports.Speaks`."""
        return self._speaker.say(conversation, text, reference, since, silent=silent)

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._client.close()
        self._administrator.close()

    def _look_into(self, room: Room, look: Look) -> tuple[Observation, Rosters]:
        """What a room sees; whatever keeps it from seeing is its own trouble, unless nobody is let in any more."""
        why = None
        if room.app is not None and not self._client.has_app(room.app):
            why = Text.of("nextcloud.app_missing", app=room.app)
        else:
            try:
                return room.observe(look)
            except LoginRefused:
                raise
            except TargetError as error:
                why = error.text
        return Observation(Partial(Scope(self._target, room.kind), why)), {}

    def _room_of(self, step: Step) -> Room:
        room = self._performing.get(step.operation)
        if room is None:
            raise Permanent(Text.of("nextcloud.unknown_operation", operation=step.operation))
        return room

    def _forget(self, step: Step | None = None) -> None:
        """Let go of what was read for earlier steps; ``step`` may still use what its own room holds."""
        for room in self._rooms.values():
            if step is None or step.operation not in room.sharing:
                room.forget()

    def _first_login(self, account: str, at_home: bool) -> Text:  # noqa: ARG002 - a port's signature
        """By a new password. The server has no page of its own for that: its login page leads to it (read, 34)."""
        return Text.of("nextcloud.first_login", url=f"{self._settings.url}/index.php/login", user=account)

    def _objection(self, kind: Kind, name: str) -> Text | None:
        return self._rooms[kind].objection(name) if kind in self._rooms else None

    def _canonical_name(self, kind: Kind, name: str) -> str:
        return self._rooms[kind].canonical_name(name) if kind in self._rooms else name

    def _canonical(self, kind: Kind, field: FieldName, value: Value) -> Value:
        return self._rooms[kind].canonical(field, value) if kind in self._rooms else value

    def _address(self, kind: Kind, remote_id: str, name: str) -> str | None:
        return self._rooms[kind].address(remote_id, name) if kind in self._rooms else None
