"""Names as NodeBB makes addresses of them: users, groups and categories share one namespace of these (observed).

The rule is that of ``public/src/modules/slugify.js``; JavaScript's ``\\w`` and ``\\d`` are ASCII alone.
"""

import re
import unicodedata
from typing import Final

_LATIN: Final = re.compile(r"[\w\s.,\-@]+", re.ASCII)
_NOT_LATIN: Final = re.compile(r"[^\w\s\-@.]", re.ASCII)
_DIGITS: Final = frozenset("0123456789")
_KEPT: Final = frozenset("-_@.")


def slug(name: str) -> str:
    """The slug of a name: in small letters, umlauts kept, else dashes; "" for a name that has none."""
    text = name.strip()
    if _LATIN.fullmatch(text):
        text = _NOT_LATIN.sub("-", text)
    else:
        text = "".join(letter if _is_kept(letter) else "-" for letter in text)
    text = re.sub(r"-+", "-", re.sub(r"\s+", "-", text.lower()))
    text = text.removesuffix("-").removeprefix("-")
    return "" if text in (".", "..") else text


def _is_kept(letter: str) -> bool:
    return letter in _KEPT or letter in _DIGITS or letter.isspace() or unicodedata.category(letter).startswith("L")
