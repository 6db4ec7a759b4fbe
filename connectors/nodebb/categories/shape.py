"""Categories: what they look like over there, and the forms in which names and texts come back. Pure.

Our mark is a field that the server does not know and keeps all the same, though not when a category is made. So a new
one begins under a name that is made of the mark and tells nobody anything: cut short anywhere, it is found again.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.kit.graded import parent_key
from connectors.kit.mentions import mentioning, unmentioned
from connectors.nodebb.client import Entry, number_of, text
from connectors.nodebb.privileges import Matrix
from provisioner.model.inventory import UNKNOWN, Remote, Unknown
from provisioner.model.resources import FieldName, Kind, Mode, Value
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {
    "name": Mode.MANAGED,
    "parent": Mode.MANAGED,
    "open": Mode.MANAGED,
    "description": Mode.MANAGED,
    "first_topic": Mode.MANAGED,
}
KEY: Final = "readiKey"
MARKED: Final = "readi:"
LONGEST_TITLE: Final = 255
"""Characters of a topic's title."""
_HIDDEN: Final = re.compile(r"^\[//\]: # \((readi:[^\s()]+)\)$")
"""How our mark stands in a text: as a link's definition, of which Markdown shows nothing (observed)."""


@dataclass(frozen=True, slots=True)
class Category:
    """One category as the server tells it."""

    cid: str
    name: str
    parent: str
    """"0" for none."""
    description: str
    disabled: bool
    marker: str

    def remote(
        self,
        keys: Mapping[tuple[Kind, str], str],
        matrix: Matrix | None = None,
        topic: str | Unknown | None = UNKNOWN,
    ) -> Remote:
        """As the core sees it. ``keys``: the registry's of what is tied; None for the matrix: it was not read."""
        fields: dict[FieldName, Value | Unknown] = {
            "name": self.name,
            "parent": parent_key(Kind.FORUM_CATEGORY, None if self.parent == "0" else self.parent, keys),
            "description": canonical("description", self.description),
            "open": UNKNOWN if matrix is None else None if self.disabled else matrix.open,
            "first_topic": topic,
        }
        return Remote(self.cid, self.name, fields, marker=self.marker)


@dataclass(frozen=True, slots=True)
class Topic:
    """One that we began."""

    tid: str
    pid: str
    title: str
    pinned: bool
    content: str

    @property
    def value(self) -> str | None:
        """Its title and text, as they were meant; None: it does not stand first, since it is not pinned."""
        return f"{self.title}\n\n{self.content}" if self.pinned else None


def category_of(item: Entry) -> Category | None:
    """One category of a list or an answer; None where it does not tell what is compared."""
    cid, name = number_of(item, "cid"), text(item, "name")
    parent, disabled = item.get("parentCid"), item.get("disabled")
    if not cid or not name or disabled not in (0, 1):
        return None
    if parent not in (0, "0", None) and not number_of(item, "parentCid"):
        return None
    above = number_of(item, "parentCid") or "0"
    return Category(cid, name, above, text(item, "description"), bool(disabled), text(item, KEY))


def first_name(marker: str) -> str:
    """What a category with this mark is called until it is finished."""
    return f"readi-{hashlib.sha256(marker.encode()).hexdigest()[:24]}"


def objection(name: str) -> Text | None:
    """Why we make no category of this name; the server takes any."""
    if not name.strip() or not name.isprintable():
        return Text.of("nodebb.name_empty", name=name)
    return None


def canonical(field: FieldName, value: Value) -> Value:
    """The form in which a value comes back."""
    if field == "first_topic" and isinstance(value, str):
        return canonical_topic(value)
    if field == "description":
        return value.strip() or None if isinstance(value, str) else value
    if field == "open":
        return value is True
    return value.strip() if isinstance(value, str) else value


def canonical_topic(value: str) -> str | None:
    """A first topic as it comes back; None: it has nothing but a title."""
    title, content = split_topic(value)
    return f"{title}\n\n{content_of(raw_of(content))}" if content else None


def split_topic(value: str) -> tuple[str, str]:
    """The title in the first line, and the text below it."""
    title, _, content = value.strip().partition("\n")
    return " ".join(title.split())[:LONGEST_TITLE].rstrip(), content.strip()


def raw_of(content: str) -> str:
    """A text as it is sent: our mark hidden, and nobody called by name."""
    lines = (f"[//]: # ({line})" if line.startswith(MARKED) else line for line in content.split("\n"))
    return unmentioned("\n".join(lines))


def content_of(raw: str) -> str:
    """What was meant by a text that was sent so."""
    lines = (
        match.group(1) if (match := _HIDDEN.match(line)) else line for line in raw.replace("\r\n", "\n").split("\n")
    )
    return mentioning("\n".join(lines)).strip()
