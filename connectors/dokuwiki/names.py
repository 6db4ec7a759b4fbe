"""What DokuWiki makes of a title: the name of a page or namespace. Pure."""

import re
import unicodedata
from typing import Final

from anyascii import anyascii

LONGEST: Final = 60
"""Characters. A page is a file, and a file's name has 255 bytes."""

_LETTERS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ð": "dh", "µ": "u", "ẞ": "ss"})
_OTHERS: Final = re.compile(r"[^a-z0-9._-]+")


def slug(title: str) -> str:
    """The name in letters that DokuWiki leaves as they are, whatever its ``deaccent`` says; "" for none.

    For European letters it is what DokuWiki's own cleanID makes of the title with ``deaccent`` 1, its default, and
    ``sepchar`` "_" (tests compare it with the real one): "PG Größe & Co" → "pg_groesse_co". Colons, which would begin
    another namespace, become "_". Idempotent.
    """
    text = unicodedata.normalize("NFC", title).lower().translate(_LETTERS)
    text = "".join("_" if not one.isascii() and unicodedata.category(one)[0] in "PSZ" else one for one in text)
    text = _OTHERS.sub("_", anyascii(text).lower())
    return re.sub(r"_+", "_", text).strip("._-")[:LONGEST].strip("._-")


def numbered(name: str, number: int) -> str:
    """The same name for another object: "pg_x_2"."""
    return name if number < 2 else f"{name}_{number}"
