"""Search filters as people write them (RFC 4515), checked letter by letter before any server sees them.

ldap3 2.9.1 takes ``(=x)`` and half escapes such as ``(cn=\\2)`` (observed), and slapd answers an attribute that it does
not know with nobody instead of an error.
"""

import re
from typing import Final

_ATTRIBUTE: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*")
_EXTENSION: Final = re.compile(r"(?::dn)?(?::(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+))?:=")
_VALUE: Final = re.compile(r"(?:[^()*\\\x00]|\\[0-9A-Fa-f]{2})*")
_PATTERN: Final = re.compile(r"(?:[^()\\\x00]|\\[0-9A-Fa-f]{2})*")
_DEEPEST: Final = 50


def check_filter(text: str) -> frozenset[str]:
    """The attributes that a filter asks for, in lower case. Raises ValueError with the place where it is none."""
    found: set[str] = set()
    end = _filter(text, 0, 0, found)
    if end != len(text):
        raise _wrong(end)
    return frozenset(found)


def _filter(text: str, start: int, depth: int, found: set[str]) -> int:
    """Read one filter; where it ends."""
    if text[start : start + 1] != "(" or depth > _DEEPEST:
        raise _wrong(start)
    position = start + 1
    kind = text[position : position + 1]
    if kind == "!":
        position = _filter(text, position + 1, depth + 1, found)
    elif kind in ("&", "|") and kind:
        position += 1
        while True:  # at least one: ldap3 knows no (&) of RFC 4526
            position = _filter(text, position, depth + 1, found)
            if text[position : position + 1] != "(":
                break
    else:
        position = _item(text, position, found)
    if text[position : position + 1] != ")":
        raise _wrong(position)
    return position + 1


def _item(text: str, start: int, found: set[str]) -> int:
    attribute = _ATTRIBUTE.match(text, start)
    if attribute is None:
        raise _wrong(start)
    found.add(attribute.group().lower())
    position = attribute.end()
    if text[position : position + 1] == "=":
        return _end(_PATTERN, text, position + 1)
    if text[position : position + 2] in ("~=", ">=", "<="):
        return _end(_VALUE, text, position + 2)
    extension = _EXTENSION.match(text, position)
    if extension is None:
        raise _wrong(position)
    return _end(_VALUE, text, extension.end())


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Where the value ends; an empty one is none: it would never fit."""
    found = pattern.match(text, start)
    if found is None or found.end() == start:
        raise _wrong(start)
    return found.end()


def _wrong(position: int) -> ValueError:
    return ValueError(f"not a search filter (RFC 4515): wrong at letter {position + 1}")
