"""One Mailman as the core sees it: its users, and the lists of one mail domain."""

from collections.abc import Iterator
from dataclasses import replace

from connectors.kit.connector import RoomConnector
from connectors.kit.rooms import Look, Room
from connectors.mailman.account_reading import AccountReader
from connectors.mailman.account_room import AccountRoom
from connectors.mailman.bounces import ailing_addresses
from connectors.mailman.client import PRODUCT, Client
from connectors.mailman.doctor import examine
from connectors.mailman.list_reading import ListReader
from connectors.mailman.list_room import ListRoom
from connectors.mailman.settings import MailmanSettings
from provisioner.model.offers import AilingAddress
from provisioner.model.ports import Capabilities, Finding, Interest, Wiring
from provisioner.model.resources import Kind
from provisioner.model.text import Text


class MailmanConnector(RoomConnector[Look]):
    """A target that is a Mailman. It has no place for an epoch that is ours alone and that nobody sees."""

    product = PRODUCT

    def __init__(self, target: str, settings: MailmanSettings, wiring: Wiring) -> None:
        self._settings = settings
        self._wiring = wiring
        self._client = Client(settings, wiring)
        self._lists = ListReader(self._client, target)
        self._has_domain = False
        people = AccountReader(self._client, target)
        rooms = (AccountRoom(self._client, people), ListRoom(self._client, self._lists, people))
        super().__init__(target, rooms, self._client)

    def capabilities(self) -> Capabilities:
        """Users without names of their own, and lists."""
        return replace(super().capabilities(), only_members=True, unique_emails=True)

    def examine(self) -> Iterator[Finding]:
        """What doctor asks. Never writes, never raises `TargetError`, sends the password to no stranger."""
        return examine(self._settings, self._client, self._wiring)

    def ailing_addresses(self) -> Iterator[AilingAddress]:
        """Whoever gets no mail of our lists any more, because too much of it came back. Raises `TargetError`."""
        return ailing_addresses(self._client)

    def begin(self, kinds: frozenset[Kind], interest: Interest) -> Look:
        """One request for the domain."""
        self._has_domain = self._lists.has_domain()
        return Look(kinds, interest)

    def why_not(self, room: Room[Look], look: Look) -> Text | None:  # noqa: ARG002 - all rooms alike
        """Without the domain nothing is known of anything."""
        return None if self._has_domain else Text.of("mailman.domain_missing", domain=self._settings.domain)
