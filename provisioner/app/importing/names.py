"""What people are called, and what things are called that are made of addresses and names."""

import re
from typing import Final

from policies.names import transliterated
from provisioner.registry.fresh import visible

_PARTICLES: Final = frozenset(
    [
        "von",
        "van",
        "vom",
        "zu",
        "zum",
        "zur",
        "de",
        "del",
        "della",
        "den",
        "der",
        "des",
        "di",
        "du",
        "da",
        "dos",
        "la",
        "le",
        "ten",
        "ter",
        "el",
        "al",
        "ibn",
        "bin",
        "af",
        "av",
    ]
)
"""Small words that belong to the family name behind them."""
_LONGEST_ID: Final = 56
"""Below the registry's 64, so that a prefix and a number still fit."""

FREE_MAIL: Final = frozenset(
    [
        "1und1.de",
        "aol.com",
        "aol.de",
        "arcor.de",
        "email.de",
        "freenet.de",
        "gmail.com",
        "gmx.at",
        "gmx.ch",
        "gmx.com",
        "gmx.de",
        "gmx.info",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "hotmail.de",
        "icloud.com",
        "kabelmail.de",
        "live.com",
        "live.de",
        "mac.com",
        "mail.de",
        "mailbox.org",
        "me.com",
        "msn.com",
        "online.de",
        "outlook.com",
        "outlook.de",
        "posteo.de",
        "posteo.net",
        "proton.me",
        "protonmail.com",
        "t-online.de",
        "tuta.io",
        "tutanota.com",
        "tutanota.de",
        "unitybox.de",
        "vodafone.de",
        "web.de",
        "yahoo.com",
        "yahoo.de",
        "ymail.com",
    ]
)
"""Domains at which private people have their addresses: no organisation is made of them."""


def split_name(shown: str) -> tuple[str, str]:
    """ "Anna von Berg" → ("Anna", "von Berg"), "Müller, Erika" → ("Erika", "Müller"); one word is a family name.

    What stands behind the name, as in "Erika Muster (Bauamt)" or "Erika Muster, Bauamt", stays with the family name,
    so that both parts together are what was shown.
    """
    name, rest = _cut(shown, "(")
    before, behind = _cut(name, ",")
    if behind and _is_family_name(before.split()) and behind.strip(" ,"):
        return _with_particles(behind.strip(" ,").split(), before, rest)
    words = before.split()
    first = _begin_of_family_name(words)
    return " ".join(words[:first]), _joined(" ".join(words[first:]) + behind, rest)


def _cut(text: str, mark: str) -> tuple[str, str]:
    """(before ``mark``, ``mark`` and what follows); all of it before when it begins with the mark."""
    place = text.find(mark)
    return (text, "") if place <= 0 else (text[:place].rstrip(), text[place:])


def _with_particles(given: list[str], family: str, rest: str) -> tuple[str, str]:
    """ "Berg, Anna von" is Anna von Berg."""
    end = len(given)
    while end > 1 and given[end - 1].lower() in _PARTICLES:
        end -= 1
    return " ".join(given[:end]), _joined(" ".join([*given[end:], family]), rest)


def _joined(name: str, rest: str) -> str:
    return f"{name} {rest}".strip()


def _is_family_name(words: list[str]) -> bool:
    """One word, or particles and one word: what stands before the comma of "von Berg, Anna"."""
    return bool(words) and _begin_of_family_name(words) == 0


def _begin_of_family_name(words: list[str]) -> int:
    begin = max(len(words) - 1, 0)
    while begin > 0 and words[begin - 1].lower() in _PARTICLES:
        begin -= 1
    return begin


def slug(text: str) -> str:
    """Small letters, digits and hyphens of ``text``: "Bühl" → "buehl". May be empty."""
    return re.sub(r"[^a-z0-9]+", "-", transliterated(text).lower()).strip("-")[:_LONGEST_ID].strip("-")


def domain_labels(domain: str) -> list[str]:
    """The parts of a domain as people write them: "xn--bhl-hoa.example" → ["bühl", "example"]."""
    labels = []
    for label in domain.split("."):
        try:
            labels.append(label.encode().decode("idna") if label.startswith("xn--") else label)
        except UnicodeError:
            labels.append(label)  # nothing that the standard knows: its plain letters will do for an id
    return labels


def name_of_domain(domain: str) -> str:
    """ "bad-muster.example" → "Bad-Muster": a proposal where nobody said how the organisation is called."""
    words = re.split(r"([-_ .]+)", " ".join(domain_labels(domain)[:-1]))
    return visible("".join(word[:1].upper() + word[1:] for word in words)) or domain
