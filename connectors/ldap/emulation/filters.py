"""Search filters (RFC 4511, 4.5.1.7) with their three answers: true, false, undefined (None)."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from connectors.ldap.emulation.schema import AttributeType, Problem, attribute_type
from connectors.ldap.emulation.wire import Condition

Values = Callable[[AttributeType], Sequence[bytes]]
"""The values of an attribute of the entry in question, as far as whoever asks may see them."""

_ORDERED: Final = frozenset({"entryUUID", "createTimestamp", "modifyTimestamp", "entryCSN"})


def matches(condition: Condition, values: Values) -> bool | None:
    """Whether an entry fits. Undefined counts as no fit, also behind a NOT: `(!(foo=bar))` finds nothing."""
    kind, part = condition
    if kind == "and":
        return _all(matches(each, values) for each in part)
    if kind == "or":
        return _not(_all(_not(matches(each, values)) for each in part))
    if kind == "not":
        return _not(matches(part[0], values))
    if kind in ("extensible", "unknown"):
        return None  # no rule of an extensible match is known here
    try:
        attribute = attribute_type(part if kind == "present" else part[0])
    except Problem:
        return None
    there = values(attribute)
    if kind == "present":
        return bool(there)
    keys = [attribute.key(value) for value in there]
    if kind == "substrings":
        pieces = [(where, str(attribute.key(piece))) for where, piece in part[1]]
        return any(_fits(str(key), pieces) for key in keys)
    wanted = attribute.key(part[1])
    if kind in ("greater", "less"):
        if attribute.name not in _ORDERED:
            return None  # names and words have no ordering rule
        return any(str(key) >= str(wanted) if kind == "greater" else str(key) <= str(wanted) for key in keys)
    return wanted in keys


def _fits(text: str, pieces: Iterable[tuple[str, str]]) -> bool:
    start = 0
    for where, piece in pieces:
        if where == "initial":
            if not text.startswith(piece):
                return False
            start = len(piece)
        elif where == "final":
            return len(text) - len(piece) >= start and text.endswith(piece)
        else:
            found = text.find(piece, start)
            if found < 0:
                return False
            start = found + len(piece)
    return True


def _all(answers: Iterable[bool | None]) -> bool | None:
    collected = list(answers)
    if False in collected:
        return False
    return None if None in collected else True


def _not(answer: bool | None) -> bool | None:
    return None if answer is None else not answer
