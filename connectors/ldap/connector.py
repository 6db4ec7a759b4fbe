"""One directory as the core sees it: people and groups, each a branch of its own."""

from collections.abc import Iterator

from connectors.kit.connector import RoomConnector
from connectors.ldap import doctor
from connectors.ldap.client import Client
from connectors.ldap.groups import GroupRoom
from connectors.ldap.people import PeopleRoom
from connectors.ldap.room import PRODUCT, Look
from connectors.ldap.settings import LdapSettings
from provisioner.model.ports import Finding, Interest, Wiring
from provisioner.model.resources import Kind
from provisioner.transport.dn import normal


class LdapConnector(RoomConnector[Look]):
    """People and groups in one directory. Logs in at the first request.

    It leaves no epoch: an account that writes only people and groups has no entry of its own to write to.
    """

    product = PRODUCT

    def __init__(self, target: str, settings: LdapSettings, wiring: Wiring) -> None:
        self._client = Client(settings, wiring)
        self._people = PeopleRoom(self._client, target)
        super().__init__(target, (self._people, GroupRoom(self._client, target)), self._client.directory)

    def examine(self) -> Iterator[Finding]:
        """What doctor asks."""
        return doctor.examine(self._client)

    def begin(self, kinds: frozenset[Kind], interest: Interest) -> Look:
        """All people, also where only groups are asked for. Every look is a wide one: few pages hold a whole branch."""
        people, own = self._people.everybody(), normal(self._client.settings.user)
        mine = next((remote for remote, name in self._client.known(people.objects) if normal(name) == own), None)
        return Look(kinds, interest, own_account=mine, people=people)
