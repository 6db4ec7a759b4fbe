"""One DokuWiki as the core sees it: groups by name, spaces, and the page that leads to them."""

from collections.abc import Iterator

from connectors.dokuwiki.client import Client
from connectors.dokuwiki.doctor import examine
from connectors.dokuwiki.groups.room import GroupRoom
from connectors.dokuwiki.look import GroupNames, WikiLook
from connectors.dokuwiki.pages.room import PageRoom
from connectors.dokuwiki.settings import DokuwikiSettings
from connectors.dokuwiki.spaces.room import SpaceRoom
from connectors.kit.connector import RoomConnector
from provisioner.model.inventory import Epoch
from provisioner.model.ports import Finding, Interest, Wiring
from provisioner.model.resources import Kind


class DokuwikiConnector(RoomConnector[WikiLook]):
    """A target that is a DokuWiki; see `provisioner.model.ports.Connector`."""

    product = "DokuWiki"

    def __init__(self, target: str, settings: DokuwikiSettings, wiring: Wiring) -> None:
        self._settings, self._wiring = settings, wiring
        self._client = client = Client(settings, wiring)
        self._names = names = GroupNames()
        rooms = (GroupRoom(target, client, names), SpaceRoom(target, client, names), PageRoom(target, client, names))
        super().__init__(target, rooms, client)

    def begin(self, kinds: frozenset[Kind], interest: Interest) -> WikiLook:
        """All rights, which superusers alone may read, and our register: three requests, whatever is there."""
        self._names.learn(interest.called)
        rights, register = self._client.rights(), self._client.register()
        return WikiLook(kinds, interest, epoch=register.epoch, rights=rights, register=register)

    def leave_epoch(self, epoch: Epoch) -> None:
        """On the register's page."""
        self._client.note(self._client.register().at(epoch), self._client.rights())

    def examine(self) -> Iterator[Finding]:
        """What doctor asks. Never writes, never raises `TargetError`."""
        return examine(self._settings, self._client, self._wiring)
