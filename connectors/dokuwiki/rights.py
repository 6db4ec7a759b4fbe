"""Who may do what in a DokuWiki: the lines of its access control list, and what they come to. Pure.

The rule (read in ``auth_aclcheck_cb``, observed on API 12 and 14): the lines of the page itself count first, then those
of its namespace, then of the one above, up to ``*``; the first place with any line for somebody decides, by the highest
of them. Nothing is inherited past that place, so ``@ALL 0`` in a namespace closes it whatever stands above. Groups are
compared without regard to case (with LDAP); "@ALL" is everybody, strangers too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from provisioner.model.resources import EdgeRole

ALL: Final = "@ALL"
NONE: Final = 0
READ: Final = 1
LEVELS: Final[Mapping[EdgeRole, int]] = {EdgeRole.READER: READ, EdgeRole.WRITER: 8, EdgeRole.MANAGER: 16}
"""Read; change, create and upload; delete uploads."""
_ROLES: Final = {level: role for role, level in LEVELS.items()}
VALID: Final = (NONE, READ, 2, 4, 8, 16)
"""All levels that the wiki knows. It takes others too, and never lets go of some (99, observed)."""


def folded(who: str) -> str:
    """A line's group or user, as DokuWiki compares it."""
    return who if who == ALL else who.lower()


def role_of(level: int) -> EdgeRole:
    """What a level is to us; `EdgeRole.OTHER` for what is none of ours (no access at all, too)."""
    return _ROLES.get(level, EdgeRole.OTHER)


def everything_in(namespace: str) -> str:
    """The scope of a namespace: all pages and files in it and below."""
    return f"{namespace}:*"


@dataclass(frozen=True, slots=True)
class Rights:
    """The whole list. By scope ("pg_x:*", "pg_x:start", "*") and group or user ("@PG_X", "@ALL", "anna") the level."""

    lines: Mapping[str, Mapping[str, int]]

    def of(self, scope: str) -> Mapping[str, int]:
        """The lines of exactly this scope."""
        return self.lines.get(scope, {})

    def inside(self, namespace: str) -> frozenset[str]:
        """The scopes in a namespace that have lines: it itself, pages, and what is below."""
        return frozenset(scope for scope in self.lines if scope.startswith(f"{namespace}:"))

    def spellings(self, scope: str, who: str) -> dict[str, int]:
        """The lines of a scope that count for this group or user, however they are written."""
        return {one: level for one, level in self.of(scope).items() if folded(one) == folded(who)}

    def level(self, scope: str, *whose: str) -> int:
        """What somebody may do who is all of these; "@ALL" is always among them."""
        asked = {folded(ALL), *(folded(one) for one in whose)}
        for place in _upwards(scope):
            found = [level for one, level in self.of(place).items() if folded(one) in asked]
            if found:
                return min(max(found), VALID[-1])
        return NONE


def _upwards(scope: str) -> Iterator[str]:
    """The scope itself, then the namespaces above it."""
    yield scope
    path = scope.removesuffix("*").rstrip(":")
    while ":" in path:
        path = path.rpartition(":")[0]
        yield f"{path}:*"
    if scope != "*":
        yield "*"
