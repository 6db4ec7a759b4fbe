"""One notice board as the core sees it: a room for its people, one for its boards."""

from collections.abc import Iterator
from dataclasses import replace

from connectors.kit.answers import text
from connectors.kit.connector import RoomConnector
from connectors.kit.doctor import as_stranger, examination, not_the_product
from connectors.kit.rooms import Look
from noticeboard.boards import BoardRoom
from noticeboard.client import API, PRODUCT, Client
from noticeboard.people import PeopleRoom
from noticeboard.settings import NoticeBoardSettings
from provisioner.model.ports import Capabilities, Finding, Interest, Severity, Wiring
from provisioner.model.resources import Kind
from provisioner.model.text import Text


class NoticeBoardConnector(RoomConnector[Look]):
    """A target that is a notice board."""

    product = PRODUCT

    def __init__(self, target: str, settings: NoticeBoardSettings, wiring: Wiring) -> None:
        self._settings = settings
        self._wiring = wiring
        self._client = Client(settings, wiring)
        rooms = (PeopleRoom(target, self._client), BoardRoom(target, self._client, settings.url))
        super().__init__(target, rooms, self._client)

    def capabilities(self) -> Capabilities:
        """No two people have the same address, which the board insists on; boards may have the same title."""
        return replace(super().capabilities(), unique_emails=True, alike=frozenset({Kind.GROUP}))

    def begin(self, kinds: frozenset[Kind], interest: Interest) -> Look:
        """Nothing needs to be known beforehand."""
        return Look(kinds, interest)

    def examine(self) -> Iterator[Finding]:
        """Whether it is a notice board, and whether our token is good for it."""
        return examination(self._settings, self._first_look, self._logged_in)

    def _first_look(self) -> Iterator[Finding]:
        answer = as_stranger(self._settings, self._wiring, f"{API}/about")
        about = answer.value if isinstance(answer.value, dict) else {}
        if about.get("product") != "notice board":
            yield not_the_product(self._settings, PRODUCT, answer.status)
            return
        version = Text.of("noticeboard.version", url=self._settings.url, version=text(about, "version"))
        yield Finding(Severity.OK, version)

    def _logged_in(self) -> Iterator[Finding]:
        people, boards = (len(self._client.pages(path).items) for path in ("/people", "/boards"))
        yield Finding(Severity.OK, Text.of("noticeboard.may_list", people=people, boards=boards))
