"""Lua's patterns, as far as a token may hold one for a room: without captures. Pure, and never slow.

``context.room.regex`` makes the server take a token's room for such a pattern (observed with domain verification).
"""

import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

_CLASSES: Final = {
    "a": string.ascii_letters,
    "d": string.digits,
    "l": string.ascii_lowercase,
    "p": string.punctuation,
    "s": string.whitespace,
    "u": string.ascii_uppercase,
    "w": string.ascii_letters + string.digits,
    "x": string.hexdigits,
}
_LONGEST: Final = 32
_LONGEST_TEXT: Final = 128
"""Characters."""
_UNTOLD: Final = "()"
"""Captures, and what begins "%b", "%f" and "%1": a room is never told by them."""


@dataclass(frozen=True, slots=True)
class _Item:
    """One character of the text, and how often."""

    letters: frozenset[str] | None
    """None: any."""
    without: bool
    many: str
    """"" for once, or one of * + - ?"""

    def takes(self, one: str) -> bool:
        return self.letters is None or (one in self.letters) is not self.without


def found_by(pattern: str, text: str) -> str | None:
    """What ``string.match(text, pattern)`` gives, from the text's beginning on.

    None for nothing, for what begins later, and for patterns that are not understood here or longer than `_LONGEST`.
    """
    to_end = pattern.endswith("$") and not pattern.endswith("%$")
    if len(pattern) > _LONGEST or len(text) > _LONGEST_TEXT:
        return None
    try:
        items = tuple(_items(pattern.removeprefix("^")[: -1 if to_end else None]))
    except (ValueError, IndexError):
        return None
    end = _end(items, text, to_end=to_end)
    return None if end is None else text[:end]


def _end(items: tuple[_Item, ...], text: str, *, to_end: bool) -> int | None:
    """Where a match ends. Each pair of places is looked at once, whatever the pattern."""
    reached: dict[tuple[int, int], int | None] = {}

    def look(item: int, place: int) -> int | None:
        if (item, place) not in reached:
            reached[item, place] = _look(item, place)
        return reached[item, place]

    def _look(item: int, place: int) -> int | None:
        if item == len(items):
            return place if place == len(text) or not to_end else None
        one = items[item]
        for stop in _stops(one, text, place):
            end = look(item + 1, stop)
            if end is not None:
                return end
        return None

    return look(0, 0)


def _stops(item: _Item, text: str, place: int) -> Iterator[int]:
    """The places after this item, in the order in which Lua tries them."""
    furthest = place
    most = 1 if item.many in ("", "?") else len(text)
    while furthest < len(text) and furthest - place < most and item.takes(text[furthest]):
        furthest += 1
    least = place + (0 if item.many in ("*", "-", "?") else 1)
    places = range(least, furthest + 1)
    yield from places if item.many == "-" else reversed(places)


@cache
def _class(letter: str) -> tuple[frozenset[str], bool]:
    """Of "%a" the letters, and whether all others are meant ("%A")."""
    if letter.lower() in _CLASSES and letter.isalpha():
        return frozenset(_CLASSES[letter.lower()]), letter.isupper()
    if letter.isalnum():
        raise ValueError(letter)
    return frozenset(letter), False


def _items(pattern: str) -> Iterator[_Item]:
    place = 0
    while place < len(pattern):
        one = pattern[place]
        letters: frozenset[str] | None
        if one in _UNTOLD:
            raise ValueError(one)
        if one == "[":
            letters, without, place = _set(pattern, place + 1)
        elif one == "%":
            letters, without = _class(pattern[place + 1])
            place += 2
        else:
            letters, without = (None, False) if one == "." else (frozenset(one), False)
            place += 1
        many = pattern[place] if place < len(pattern) and pattern[place] in "*+-?" else ""
        place += len(many)
        yield _Item(letters, without, many)


def _set(pattern: str, place: int) -> tuple[frozenset[str], bool, int]:
    """What stands between brackets, from the place after the first."""
    without = pattern[place] == "^"
    place += without
    found: set[str] = set()
    first = True
    while first or pattern[place] != "]":
        first = False
        one = pattern[place]
        if one == "%":
            letters, others = _class(pattern[place + 1])
            if others:
                raise ValueError(pattern)
            found |= letters
            place += 2
        elif pattern[place + 1] == "-" and pattern[place + 2] != "]":
            found |= {chr(code) for code in range(ord(one), min(ord(pattern[place + 2]), 0x24F) + 1)}
            place += 3
        else:
            found.add(one)
            place += 1
    return frozenset(found), without, place + 1
