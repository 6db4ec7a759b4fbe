"""The protocol: Mailman's REST API 3.1, what each answer means, and lists of things in pages.

Bodies are JSON. Errors are ``{"title", "description"}``; a 404 without a description is said of paths that Mailman does
not know, and also of everything below a list or domain that is gone: it means nothing by itself (observed on 3.3.8).
"""

from collections.abc import Mapping
from typing import Final

from connectors.kit import answers
from connectors.kit.answers import Entry, Params, text
from connectors.kit.client import JsonClient
from connectors.kit.login import basic
from connectors.kit.paging import Listing, Page, numbered
from connectors.mailman.settings import MailmanSettings
from provisioner.model.errors import Garbled
from provisioner.transport.answer import Answer

PRODUCT: Final = "Mailman"
API: Final = "/3.1"


def segment(identifier: str) -> str:
    """An id or address as one segment of a path. Raises `Permanent` for what a path can't hold.

    Mailman takes addresses with a slash, and then finds them no more (observed on 3.3.8): its paths are decoded once
    and split afterwards.
    """
    return answers.segment(identifier, PRODUCT, forbidden="/", safe="@")


class Client(JsonClient[MailmanSettings]):
    """Reads and writes of one Mailman, judged."""

    product = PRODUCT
    api = API

    def login(self) -> Mapping[str, str]:
        """The one user of the REST address."""
        return basic(self.settings.user, self.settings.secret())

    def words(self, answer: Answer) -> str | None:
        """See `words_of`."""
        return words_of(answer)

    def succeeded(self, answer: Answer, method: str) -> bool:  # noqa: ARG002 - all methods alike
        """What was made is told by its address alone; what was deleted by nothing."""
        if answer.status == 204 or (answer.status == 201 and "location" in answer.headers):
            return True
        return answer.status < 300 and isinstance(answer.value, dict)

    def pages(self, path: str, key: str, more: Params | None = None) -> Listing:
        """All entries, told apart by ``key``, in pages: max(1, ⌈n / page size⌉) requests.

        Past the end there is no word of entries, and count without page is an error 500 (observed). Every page tells
        how many there are in all.
        """
        size = self.settings.page_size

        def ask(number: int) -> Page:
            answer = self.entry(path, {**(more or {}), "count": size, "page": number})
            total, entries = answer.get("total_size"), answer.get("entries", [])
            if not isinstance(total, int) or not isinstance(entries, list):
                raise self.garbled(path)
            if not all(isinstance(entry, dict) for entry in entries):
                raise self.garbled(path)
            return Page(entries, total)

        return numbered(ask, lambda entry: text(entry, key))

    def whole(self, path: str, key: str, more: Params | None = None) -> tuple[Entry, ...]:
        """The same; raises `Garbled` where somebody came or went meanwhile."""
        listing = self.pages(path, key, more)
        if listing.gap is not None:
            raise Garbled(listing.gap)
        return listing.entries


def words_of(answer: Answer) -> str | None:
    """The description in Mailman's own refusal, "" where it gives none; None: these are not its words."""
    value = answer.value
    if not isinstance(value, dict) or not isinstance(title := value.get("title"), str):
        return None
    if not title.startswith(str(answer.status)):
        return None
    description = value.get("description", "")
    return description if isinstance(description, str) else None


def user_of(entry: Entry) -> str:
    """The id of the user that an address or membership is linked to; "" for nobody."""
    return text(entry, "user").rstrip("/").rpartition("/")[2]
