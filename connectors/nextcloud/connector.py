"""One Nextcloud as the core sees it: a room a kind."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from connectors.kit.connector import RoomConnector
from connectors.kit.rooms import Room
from connectors.nextcloud.accounts.oidc.doctor import learn
from connectors.nextcloud.accounts.room import AccountRoom
from connectors.nextcloud.accounts.shape import hand_over
from connectors.nextcloud.accounts.steps import EDIT_BUCKET, PUT_BUCKET
from connectors.nextcloud.calendars.events import MeetingsRoom
from connectors.nextcloud.calendars.room import CalendarRoom
from connectors.nextcloud.client import PRODUCT, Client
from connectors.nextcloud.conversations.bots import Bots
from connectors.nextcloud.conversations.room import ConversationRoom
from connectors.nextcloud.conversations.shape import APP as TALK
from connectors.nextcloud.conversations.showing import Shower
from connectors.nextcloud.conversations.speaking import Speaker
from connectors.nextcloud.conversations.talking import Talker
from connectors.nextcloud.doctor import examine
from connectors.nextcloud.folders.room import FolderRoom
from connectors.nextcloud.folders.shape import APP as TEAM_FOLDERS
from connectors.nextcloud.groups.room import GroupRoom
from connectors.nextcloud.look import NextcloudLook
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.inventory import Epoch
from provisioner.model.offers import LoginGroups, Message
from provisioner.model.ports import Capabilities, Finding, Interest, Wiring
from provisioner.model.resources import Kind
from provisioner.model.text import Text

_APPS: Final[Mapping[Kind, str]] = {Kind.TEAM_FOLDER: TEAM_FOLDERS, Kind.CONVERSATION: TALK}
"""The app that a kind needs, as the server's capabilities call it. All else can't be switched off (observed)."""


class NextcloudConnector(RoomConnector[NextcloudLook]):
    """A target that is a Nextcloud.

    An observation of all costs ⌈P / page size⌉ + ⌈G / page size⌉ + 6 requests, one for all calendars, one for each of
    these that changed, and what folders and conversations cost. Groups' members are told only together with the
    accounts, which tell them.
    """

    product = PRODUCT

    def __init__(self, target: str, settings: NextcloudSettings, wiring: Wiring) -> None:
        self._settings = settings
        self._wiring = wiring
        self._client = client = Client(settings, wiring.gate, wiring.clock)
        administrator = Client(settings.of_administrator(), wiring.gate, wiring.clock)  # for calls of user_oidc alone
        self._accounts = accounts = AccountRoom(client, target, settings, wiring.ledger, administrator)
        self._own = own = accounts.reader.own
        rooms: list[Room[NextcloudLook]] = [
            accounts,
            GroupRoom(client, target, settings.page_size, accounts.reader, wiring.clock),
        ]
        if settings.team_folders:
            rooms.append(FolderRoom(client, target, settings, wiring.clock, own))
        if settings.conversations:
            rooms.append(ConversationRoom(client, target, settings.url, wiring.clock))
        self._limits = dict.fromkeys((EDIT_BUCKET, PUT_BUCKET), (settings.edit_limit, settings.edit_window))
        if settings.calendars:
            calendars = CalendarRoom(client, target, settings, wiring.ledger, own)
            rooms += [calendars, MeetingsRoom(target, settings, wiring.clock, calendars)]
            self._limits |= calendars.limits()
        self._talker = talker = Talker(client)
        self._shower = Shower(client, settings, wiring.ledger, wiring.clock)
        self._bots = Bots(client)
        self._speaker = Speaker(client, wiring.ledger, talker)
        super().__init__(target, rooms, client, administrator)

    def capabilities(self) -> Capabilities:
        """What this Nextcloud can hold, kind by kind."""
        return replace(
            super().capabilities(),
            hand_over=hand_over,
            first_login=None if self._settings.user_oidc is not None else self._first_login,
            named_by_login=self._settings.user_oidc is not None,
            alike=frozenset({Kind.CALENDAR, Kind.MEETING}),
            limits=self._limits,
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

    def begin(self, kinds: frozenset[Kind], interest: Interest) -> NextcloudLook:
        """Which version it is, with which apps, and who we are: two requests."""
        self._client.learn_version()
        own = self._own()
        return NextcloudLook(kinds=kinds, interest=interest, own_account=own.id, epoch=own.epoch, own=own)

    def why_not(self, room: Room[NextcloudLook], look: NextcloudLook) -> Text | None:  # noqa: ARG002 - the kit's
        """The app that it needs may be missing here."""
        app = _APPS.get(room.kind)
        return None if app is None or self._client.has_app(app) else Text.of("nextcloud.app_missing", app=app)

    def leave_epoch(self, epoch: Epoch) -> None:
        """In our own account's profile, field "role". Raises `Permanent` when somebody else wrote there."""
        self._accounts.leave_epoch(epoch)

    def say(self, conversation: str, text: str, reference: str, since: datetime, *, silent: bool = False) -> bool:
        """Say it in a conversation, at most once; see `provisioner.model.offers.Speaks`."""
        return self._speaker.say(conversation, text, reference, since, silent=silent)

    def post(self, conversation: str, message: Message) -> int:
        """Say it in a conversation; see `provisioner.model.offers.Talks`, as the methods that follow."""
        return self._talker.post(conversation, message)

    def rewrite(self, conversation: str, message: int, text: str) -> None:
        """Put other words in a message of ours."""
        self._talker.rewrite(conversation, message, text)

    def show(self, conversation: str, picture: bytes, name: str, reference: str, caption: str, reply_to: int) -> int:
        """Share a picture in a conversation, as an answer."""
        return self._shower.show(conversation, picture, name, reference, caption, reply_to)

    def forget_pictures(self, begins: str, before: datetime, most: int) -> int:
        """Take away old pictures."""
        return self._shower.forget(begins, before, most)

    def reactions(self, conversation: str, message: int) -> Sequence[tuple[str, str]]:
        """(emoji, account) of everybody who reacted to a message."""
        return self._talker.reactions(conversation, message)

    def said_since(self, conversation: str, message: int) -> Sequence[tuple[int, str, str, int | None]]:
        """What people said after a message."""
        return self._talker.said_since(conversation, message)

    def hears(self, conversation: str, bot: str) -> bool | None:
        """Whether a bot is enabled in a conversation."""
        return self._bots.hears(conversation, bot)

    def listen(self, conversation: str, bot: str) -> bool:
        """Enable an installed bot in a conversation."""
        return self._bots.listen(conversation, bot)

    def _first_login(self, account: str, at_home: bool) -> Text:  # noqa: ARG002 - a port's signature
        """By a new password. The server has no page of its own for that: its login page leads to it (read, 34)."""
        return Text.of("nextcloud.first_login", url=f"{self._settings.url}/index.php/login", user=account)
