"""One forum as the core sees it: accounts, groups and categories."""

from collections.abc import Iterator
from dataclasses import replace

from connectors.discourse.accounts.room import AccountRoom
from connectors.discourse.categories.room import CategoryRoom
from connectors.discourse.client import PRODUCT, REQUESTS, Client
from connectors.discourse.doctor import examine
from connectors.discourse.groups.room import GroupRoom
from connectors.discourse.look import ForumLook
from connectors.discourse.settings import DiscourseSettings
from connectors.kit.connector import RoomConnector
from connectors.kit.rooms import Room
from provisioner.model.ports import Capabilities, Finding, Interest, Wiring
from provisioner.model.resources import Kind
from provisioner.model.text import Text


class DiscourseConnector(RoomConnector[ForumLook]):
    """A target that is a Discourse; see `provisioner.model.ports.Connector`.

    An unchanged network of P accounts, g groups of ours among G, and B categories of ours is read in 2 + ⌊P/100⌋ +
    ⌈G/36⌉ + g + 2B requests and one more for each twenty categories at the top; with ``Interest.skip`` a group costs
    none, and a category neither.
    """

    product = PRODUCT

    def __init__(self, target: str, settings: DiscourseSettings, wiring: Wiring) -> None:
        self._settings = settings
        self._wiring = wiring
        self._client = Client(settings, wiring)
        accounts, groups = AccountRoom(target, self._client), GroupRoom(target, self._client)
        categories = CategoryRoom(target, self._client, groups.groups)
        super().__init__(target, (accounts, groups, categories), self._client)

    def capabilities(self) -> Capabilities:
        """Accounts before the first login, and as many requests a minute as the forum takes."""
        return replace(
            super().capabilities(),
            before_login=self._settings.login_provider is not None,
            unique_emails=True,
            limits={REQUESTS: (self._settings.requests_per_minute, 60.0)},
        )

    def examine(self) -> Iterator[Finding]:
        """What doctor asks. Never writes, never raises `TargetError`."""
        return examine(self._settings, self._client, self._wiring)

    def begin(self, kinds: frozenset[Kind], interest: Interest) -> ForumLook:
        """One request: who we are, and whether we are an administrator. Raises `LoginRefused`."""
        who = self._client.who()
        return ForumLook(kinds, interest, own_account=who.id, is_admin=who.is_admin)

    def why_not(self, room: Room[ForumLook], look: ForumLook) -> Text | None:  # noqa: ARG002 - the same for all rooms
        """Whoever is no administrator is shown no accounts, and groups and categories in part."""
        return None if look.is_admin else Text.of("discourse.no_admin", user=self._settings.user)
