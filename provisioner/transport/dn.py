"""Distinguished names (RFC 4514): quoted when built, taken apart and made comparable when read.

ldap3 2.9.1's own `escape_rdn` is not used: it leaves NUL raw behind a backslash, doubles the escape of a value
that is one space, and raises IndexError for an empty one (observed).
"""

import unicodedata
from functools import lru_cache
from typing import Final

_SPECIAL: Final = frozenset('\\,+"<>;=#\x00')
_HEX: Final = frozenset("0123456789abcdefABCDEF")

Ava = tuple[str, str]
Rdn = tuple[Ava, ...]


def quote(value: str) -> str:
    """``value`` as it may stand behind ``uid=`` in a name, whatever it holds; specials as their hex pairs."""
    last = len(value) - 1
    return "".join(
        f"\\{ord(char):02x}" if char in _SPECIAL or (char == " " and position in (0, last)) else char
        for position, char in enumerate(value)
    )


def quote_filter(value: str) -> str:
    """``value`` as it may stand in a search filter (RFC 4515): every byte but ASCII letters and digits as hex."""
    plain = value.isascii() and value.isalnum()
    return value if plain else "".join(f"\\{byte:02x}" for byte in value.encode())


def parse(name: str) -> tuple[Rdn, ...]:
    """The parts of a name, leaf first: attribute types in lower case, values unquoted.

    Raises ValueError for what is no distinguished name.
    """
    if not name.strip():
        return ()
    rdns: list[Rdn] = []
    avas: list[Ava] = []
    position = 0
    while True:
        equals = name.find("=", position)
        kind = name[position:equals].strip().lower() if equals >= 0 else ""
        if not kind or not kind.replace("-", "").replace(".", "").isalnum():
            raise ValueError(f"no attribute type at {position} in a name")
        value, position = _value(name, equals + 1)
        avas.append((kind, value))
        if position == len(name) or name[position] in ",;":
            rdns.append(tuple(sorted(avas)))
            avas = []
        if position == len(name):
            return tuple(rdns)
        position += 1


@lru_cache(maxsize=65536)
def normal(name: str) -> str:
    """A form that is equal for two names exactly when a directory takes them for one.

    Case and repeated spaces do not count. What is no name at all comes back as it is: equal only to itself.
    """
    try:
        return ",".join("+".join(f"{kind}={quote(fold(value))}" for kind, value in rdn) for rdn in parse(name))
    except ValueError:
        return name


def parent(name: str) -> str:
    """The name without its first part, in normal form."""
    return normal(name)[len(_first(normal(name))) + 1 :]


def leaf(name: str) -> str:
    """The value of the first part, unquoted; of several values in it the first in the order of their types."""
    return parse(name)[0][0][1]


def fold(value: str) -> str:
    """A value as a caseIgnoreMatch compares it: composed, in lower case, spaces trimmed and joined.

    Observed on OpenLDAP 2.5: "ß" and "ss" stay two values, composed and decomposed umlauts are one.
    """
    return " ".join(part for part in unicodedata.normalize("NFKC", value).lower().split(" ") if part)


def _first(name: str) -> str:
    position = 0
    while position < len(name) and name[position] != ",":
        position += 2 if name[position] == "\\" else 1
    return name[:position]


def _value(name: str, start: int) -> tuple[str, int]:
    """The unquoted value from ``start`` on, and where it ends (a separator, or the end of the name)."""
    position = start
    while position < len(name) and name[position] == " ":
        position += 1
    quoted = position < len(name) and name[position] == '"'
    position += quoted
    value = bytearray()
    kept = 0  # up to here trailing spaces are part of the value
    while position < len(name):
        char = name[position]
        if char == "\\":
            pair = name[position + 1 : position + 3]
            if len(pair) == 2 and _HEX.issuperset(pair):
                value.append(int(pair, 16))
                position += 3
            elif pair:
                value += pair[0].encode()
                position += 2
            else:
                raise ValueError("a name ends in a backslash")
            kept = len(value)
        elif quoted and char == '"':
            kept, position, quoted = len(value), position + 1, False
            while position < len(name) and name[position] == " ":
                position += 1
            break
        elif not quoted and char in ",;+":
            break
        else:
            value += char.encode()
            kept = kept if char == " " and not quoted else len(value)
            position += 1
    if quoted or (position < len(name) and name[position] not in ",;+"):
        raise ValueError("an unfinished quotation in a name")
    return bytes(value[:kept]).decode(), position
