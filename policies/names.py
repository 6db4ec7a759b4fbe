"""Names over there: made of what people are called, free of clashes, and settled the same way every time."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

from anyascii import anyascii

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS"})
LONGEST = 60
"""Characters; below Nextcloud's 64 so that a number still fits behind."""


def transliterated(text: str) -> str:
    """``text`` in ASCII: German letters the German way (ü → ue), all others as anyascii spells them."""
    if text.isascii():
        return text
    return anyascii(unicodedata.normalize("NFC", text).translate(_GERMAN))


def user_id_from_name(given: str, family: str) -> str:
    """ "Jörg-Uwe", "de la Cruz" → "joerg-uwe.delacruz". Empty when nothing speakable is left."""
    parts = (re.sub(r"[^a-z0-9-]", "", transliterated(part).lower()).strip("-") for part in (given, family))
    return ".".join(part for part in parts if part)[:LONGEST].strip(".-")


def group_id(pattern: str, name: str) -> str:
    """ "PG_{name}", "Digitale Mobilität" → "PG_Digitale-Mobilitaet". Empty when nothing speakable is left of ``name``.

    A long name is cut, not the pattern around it: else the two groups of one body could not be told apart.
    """
    plain = _plain(name)
    if not plain:
        return ""
    whole = _plain(pattern.format(name=plain))
    if len(whole) > LONGEST:
        room = max(1, len(plain) - (len(whole) - LONGEST))
        whole = _plain(pattern.format(name=plain[:room].rstrip("-.")))
    return whole[:LONGEST].strip("-.")


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", transliterated(text)).strip("-.")


def allot(
    wishes: Iterable[tuple[str, str]],
    assigned: Mapping[str, str],
    retired: Callable[[str], bool] = lambda name: False,
) -> dict[str, str]:
    """A name for every key: the one it already has, else its wish, else the wish with the first free number.

    ``wishes`` are (key, name); who comes first in the order of keys keeps the plain name. Names that differ only in
    case clash, since Nextcloud's do. A retired name is never given again.
    """
    names = {key: name for key, name in assigned.items() if name}
    taken = {name.casefold() for name in names.values()}
    reached: dict[str, int] = {}
    """Wish → the last number that was tried; so a thousand namesakes do not ask for a million names."""
    result: dict[str, str] = {}
    for key, wish in sorted(wishes):
        name = names.get(key)
        if name is None:
            name, number = wish, reached.get(wish.casefold(), 1)
            while name.casefold() in taken or retired(name):
                number += 1
                name = f"{wish}{number}"
            reached[wish.casefold()] = number
            taken.add(name.casefold())
        result[key] = name
    return result
