"""One NodeBB as the core sees it."""

from collections.abc import Iterator
from dataclasses import replace

from connectors.kit.connector import RoomConnector
from connectors.kit.rooms import Look
from connectors.nodebb.accounts.room import AccountRoom
from connectors.nodebb.categories.room import CategoryRoom
from connectors.nodebb.client import Client, number_of, text
from connectors.nodebb.doctor import examine
from connectors.nodebb.groups.reading import Groups
from connectors.nodebb.groups.room import GroupRoom
from connectors.nodebb.settings import NodeBBSettings
from provisioner.model.ports import Capabilities, Finding, Interest, Wiring
from provisioner.model.resources import Kind


class NodeBBConnector(RoomConnector[Look]):
    """A target that is a NodeBB; see `provisioner.model.ports.Connector`."""

    product = Client.product

    def __init__(self, target: str, settings: NodeBBSettings, wiring: Wiring) -> None:
        self._client = Client(settings, wiring)
        self._wiring = wiring
        groups = Groups(self._client)
        self._places = CategoryRoom(self._client, target, groups)
        rooms = (AccountRoom(self._client, target), GroupRoom(self._client, target, groups), self._places)
        super().__init__(target, rooms, self._client)

    def capabilities(self) -> Capabilities:
        """Accounts are there before their people first log in; no two have one address."""
        return replace(super().capabilities(), before_login=True, unique_emails=True)

    def examine(self) -> Iterator[Finding]:
        """What doctor asks. Never writes, never raises `TargetError`."""
        return examine(self._client, self._wiring)

    def begin(self, kinds: frozenset[Kind], interest: Interest) -> Look:
        """Who we are: one request, which alone refuses a wrong token (lists read as to a guest, observed)."""
        told = self._client.page("/self")
        own = number_of(told)
        if not own:
            raise self._client.garbled("/self")
        self._places.knows_us_as(text(told, "userslug"))
        return Look(kinds, interest, own_account=own)
