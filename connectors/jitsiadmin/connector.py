"""One Jitsi-Admin as the core sees it: conferences on one Jitsi server, and the addresses of who is in them."""

from collections.abc import Iterator
from dataclasses import replace

from connectors.jitsiadmin.client import PRODUCT, Client
from connectors.jitsiadmin.doctor import examine
from connectors.jitsiadmin.people import People, left_behind
from connectors.jitsiadmin.rooms import ConferenceRoom, PeopleRoom
from connectors.jitsiadmin.settings import JitsiAdminSettings
from connectors.kit.connector import RoomConnector
from connectors.kit.rooms import Look
from provisioner.model.ports import Capabilities, Finding, Interest, Wiring
from provisioner.model.resources import Kind


class JitsiAdminConnector(RoomConnector[Look]):
    """A target that is a Jitsi-Admin. It has no place for an epoch that is ours alone and that nobody sees."""

    product = PRODUCT

    def __init__(self, target: str, settings: JitsiAdminSettings, wiring: Wiring) -> None:
        self._settings = settings
        self._wiring = wiring
        self._client = Client(settings, wiring)
        self._people = People(target)
        conferences = ConferenceRoom(self._client, target, wiring.clock, self._people)
        people = PeopleRoom(self._people, conferences.reader, conferences.writer)
        super().__init__(target, (people, conferences), self._client)

    def capabilities(self) -> Capabilities:
        """Addresses, and conferences, all of a series under one name."""
        return replace(
            super().capabilities(),
            alike=frozenset({Kind.CONFERENCE}),
            only_members=True,
            unique_emails=True,
            left_behind=left_behind,
        )

    def examine(self) -> Iterator[Finding]:
        """What doctor asks. Never writes, never raises `TargetError`, sends the key to no stranger."""
        return examine(self._settings, self._client, self._wiring)

    def begin(self, kinds: frozenset[Kind], interest: Interest) -> Look:
        """Whose address is whose, which the interest tells: no request."""
        self._people.observe(interest)
        return Look(kinds, interest)
