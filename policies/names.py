"""Names over there: made of what people are called, free of clashes, and settled the same way every time."""

import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Mapping

from anyascii import anyascii

from provisioner.registry.mountpoints import UNSYNCABLE

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS"})
LONGEST = 60
"""Characters; below Nextcloud's 64 so that a number still fits behind."""
_LONGEST_FOLDER = 240
"""Bytes of one folder's name; below the 255 of most file systems so that a number still fits behind."""
_LONGEST_TITLE = 245
"""Characters; below Talk's 255 so that a number still fits behind."""


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


def mount_point(pattern: str, name: str) -> str:
    """ "Projektgruppen/{name}", "E-Akte: Wie?" → "Projektgruppen/E-Akte - Wie". "" when nothing is left of ``name``.

    The name stays as readable as it is; only what a path or a laptop's file system can't hold is put otherwise.
    """
    plain = re.sub(r"\.{2,}", "…", _in_one_line(name).replace('"', "'"))
    plain = re.sub(rf"(?:/|{UNSYNCABLE.pattern})+", "/", plain).strip("/ .…")
    plain = re.sub(r"\s*(?:/\s*)+", lambda found: "-" if found[0] == "/" else " - ", plain)
    around = next(part for part in pattern.split("/") if "{name}" in part).replace("{name}", "")
    room = max(1, _LONGEST_FOLDER - len(around.encode()))
    plain = plain.encode()[:room].decode(errors="ignore").rstrip(" .")
    return pattern.replace("{name}", plain) if plain else ""


def title(pattern: str, name: str) -> str:
    """What a conversation is called: the pattern filled, in one line. "" when nothing is left of ``name``."""
    room = max(1, _LONGEST_TITLE - len(pattern.replace("{name}", "")))
    plain = _in_one_line(name)[:room].rstrip()
    return pattern.replace("{name}", plain)[:_LONGEST_TITLE].strip() if plain else ""


def list_name(pattern: str, name: str) -> str:
    """ "pg-{name}", "Digitale Mobilität" → "pg-digitale-mobilitaet". "" when nothing speakable is left of ``name``."""
    plain = re.sub(r"[^a-z0-9]+", "-", transliterated(name).lower()).strip("-")
    room = max(1, LONGEST - len(pattern.replace("{name}", "")))
    return pattern.replace("{name}", plain[:room].strip("-")) if plain else ""


def _in_one_line(name: str) -> str:
    """With composed letters, single spaces, and nothing that can't be seen."""
    spaced = " ".join(unicodedata.normalize("NFC", name).split())
    return spaced if spaced.isprintable() else "".join(filter(str.isprintable, spaced)).strip()


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


def allot_following(
    wishes: Mapping[str, str],
    assigned: Mapping[str, str],
    fixed: Container[str] = (),
    retired: Callable[[str], bool] = lambda name: False,
) -> dict[str, str]:
    """Like `allot`, for names that follow what a thing is called: only the number that tells namesakes apart stays.

    What is called otherwise now gives up its name, at once for others: over there the two may have to wait for each
    other for one run. The keys in ``fixed`` come first and give up a number as soon as their very name is free.
    """
    result: dict[str, str] = {}
    taken = {name.casefold() for key, name in assigned.items() if name and key not in wishes}
    order = sorted(wishes, key=lambda key: (key not in fixed, key))
    for key in order:
        name = assigned.get(key, "")
        kept = name == wishes[key] or (key not in fixed and is_numbered(name, wishes[key]))
        if kept and name.casefold() not in taken:
            result[key] = name
            taken.add(name.casefold())
    reached: dict[str, int] = {}
    for key in order:
        if key in result:
            continue
        wish = wishes[key]
        name, number = wish, reached.get(wish.casefold(), 1)
        while name.casefold() in taken or retired(name):
            number += 1
            name = f"{wish} ({number})"
        reached[wish.casefold()] = number
        taken.add(name.casefold())
        result[key] = name
    return result


def is_numbered(name: str, wish: str) -> bool:
    """Whether ``name`` is ``wish`` with a number behind it, as `allot_following` tells namesakes apart."""
    return name.startswith(wish) and re.fullmatch(r" \([0-9]+\)", name[len(wish) :]) is not None
