"""The protocol: JSON below /api, refusals as ``{"message": …}``, lists in pages that tell how many there are in all."""

from typing import Final

from connectors.kit.answers import text
from connectors.kit.client import JsonClient
from connectors.kit.paging import Listing, Page, numbered
from noticeboard.settings import NoticeBoardSettings
from provisioner.model.errors import Garbled
from provisioner.transport.answer import Answer

PRODUCT: Final = "Notice board"
API: Final = "/api"


class Client(JsonClient[NoticeBoardSettings]):
    """Reads and writes of one notice board, judged."""

    product = PRODUCT
    api = API

    def words(self, answer: Answer) -> str | None:
        """The message of a refusal; an address that the board does not know has none."""
        return text(answer.value, "message") or None if isinstance(answer.value, dict) else None

    def pages(self, path: str, **narrowed: str) -> Listing:
        """All entries, or with a name those of that name. A list that moves meanwhile is read again, once."""

        def ask(number: int) -> Page:
            answer = self.entry(path, {**narrowed, "page": number})
            total, entries = answer.get("total"), answer.get("entries")
            if not isinstance(total, int) or not isinstance(entries, list):
                raise self.garbled(path)
            return Page(entries, total)

        return numbered(ask, lambda entry: text(entry, "id"), readings=2)

    def named(self, path: str, name: str) -> Listing:
        """Those of exactly this name. Raises `Garbled` where the list moves."""
        listing = self.pages(path, name=name)
        if listing.gap is not None:
            raise Garbled(listing.gap)
        return listing
