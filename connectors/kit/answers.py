"""What came back from a server, in the words of all products; and ids as parts of its addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import quote

from provisioner.model.errors import Permanent
from provisioner.model.text import Text
from provisioner.transport.answer import NOT_JSON

Entry = Mapping[str, object]
"""One JSON object."""
Params = Mapping[str, str | int]
"""What stands behind the question mark of an address."""


class Refusal(Permanent):
    """The product said no in its own words. ``status`` is the HTTP one, ``words`` the product's ("": it gave none)."""

    def __init__(self, text: Text, status: int, words: str, detail: str = "") -> None:
        super().__init__(text, detail or f"HTTP {status} {words}".strip())
        self.status = status
        self.words = words


class Means(Enum):
    """What an answer that is no success means whatever its body says."""

    NO_LOGIN = auto()  # `LoginRefused`: nothing more is sent
    NOT_ALLOWED = auto()
    TOO_OFTEN = auto()  # `RateLimited`: nothing was done, later it may be
    LATER = auto()  # `Transient`, also of writes: nothing was done, by all that is known of the product
    BROKEN = auto()  # `Transient` of a read; a write may have happened: `OutcomeUnknown`
    ELSEWHERE = auto()  # a redirect, which is not followed


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to a write that was done."""

    status: int
    value: object = NOT_JSON
    """The JSON body; `NOT_JSON` where there is none."""
    made: str = ""
    """The id of what was made; "" where none was told."""


def segment(identifier: str, product: str, *, forbidden: str = "", safe: str = "") -> str:
    """An id as one segment of a path.

    Raises `Permanent` for "", "." and "..", which a path can't hold, and for what has ``forbidden`` letters, e.g. "/"
    where the product splits paths after it decoded them. ``safe`` letters are not quoted.
    """
    if identifier in ("", ".", "..") or any(letter in forbidden for letter in identifier):
        raise Permanent(Text.of("kit.unusable_id", id=identifier, product=product))
    return quote(identifier, safe=safe)


def text(entry: Entry, key: str) -> str:
    """A text of an entry; "" where there is none."""
    value = entry.get(key)
    return value if isinstance(value, str) else ""
