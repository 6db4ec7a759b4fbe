"""What an e-mail address alone tells about whose it is."""

import re
from dataclasses import dataclass
from typing import Final

from policies.names import transliterated

_ROLES: Final = frozenset(
    [
        *("admin", "administration", "administrator", "amt", "anfrage", "beratung", "bibliothek", "buergerbuero"),
        *("buergermeister", "buergerservice", "buero", "datenschutz", "digital", "digitalisierung", "edv", "empfang"),
        *("einkauf", "fachgruppe", "gemeinde", "gruppe", "helpdesk", "hostmaster", "hotline", "info", "infos", "it"),
        *("itk", "kanzlei", "kontakt", "contact", "leitung", "mail", "mailbox", "marketing", "newsletter", "noreply"),
        *("nobody", "oberbuergermeister", "office", "organisation", "orga", "personal", "personalamt", "plenum"),
        *("postmaster", "post", "poststelle", "presse", "projekt", "projektgruppe", "rathaus", "redaktion", "root"),
        *("rechnung", "rechnungen", "sekretariat", "sensorik", "service", "sitzungsdienst", "stab", "stabsstelle"),
        *("stadt", "stadtverwaltung", "stadtwerke", "support", "team", "technik", "test", "verwaltung", "vorzimmer"),
        *("webmaster", "werke", "zentrale", "abuse", "security", "liste", "verteiler"),
    ]
)
"""What stands before the @ of an address that several read, or whoever holds an office."""
_BEGINS: Final = re.compile(r"(?:pg|fg|projekt|projektgruppe|team|gruppe|no-?reply)[._-]|(?:ag|ak|amt|fb|abt)[_-]")


@dataclass(frozen=True, slots=True)
class GuessedName:
    """``is_sure``: first and last name stand there, apart from each other."""

    given_name: str
    family_name: str
    is_sure: bool


def is_role_address(email: str) -> bool:
    """Whether nobody in particular has it: info@, poststelle@, pg_sensorik@."""
    local = transliterated(email.partition("@")[0].partition("+")[0]).lower()
    words = [word for word in re.split(r"[._-]+", local) if word]
    return (
        _BEGINS.match(local) is not None
        or not words
        or all(word.rstrip("0123456789") in {"", *_ROLES} for word in words)
    )


def name_in(email: str) -> GuessedName:
    """ "anna-lena.von-berg@…" → Anna-Lena, Von-Berg; one word is a family name, an initial stays one."""
    local = email.partition("@")[0].partition("+")[0]
    words = [word for part in re.split(r"[._]+", local) if (word := part.strip("-0123456789"))]
    if not words:
        return GuessedName("", local, is_sure=False)
    given, family = words[:-1], words[-1]
    sure = len(given) == 1 and all(len(word) > 1 for word in words)
    return GuessedName(" ".join(map(_capital, given)), _capital(family), sure)


def _capital(word: str) -> str:
    """Each part of a double name with a capital letter; an initial with its point."""
    shown = "-".join(part[:1].upper() + part[1:] for part in word.split("-") if part)
    return f"{shown}." if len(shown) == 1 else shown
