"""Who may see and do what, as a table for people: asked of `may` itself, so that it can't say otherwise. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from provisioner.lifecycle.rights import Right, Viewer, may
from provisioner.model.registry import Body, BodyKind, JoinMode, Role


class Reach(StrEnum):
    """How far a right goes."""

    ALL = "all"  # everywhere in the network
    OWN = "own"  # where it is about oneself, one's own body or organisation
    NONE = "none"


_OWN, _OTHER = "own", "other"


def _body(identity: str) -> Body:
    return Body(identity, identity, BodyKind.PROJECT, lead=identity, join=JoinMode.OPEN)


_MEMBER: Final = Viewer(_OWN, _OWN, member_of=frozenset({_OWN}))
_VIEWERS: Final[Mapping[Role, Viewer]] = {
    Role.RANGER: replace(_MEMBER, ranger=True),
    Role.COORDINATOR: replace(_MEMBER, coordinator=True),
    Role.CITY_ADMINISTRATOR: replace(_MEMBER, administers=frozenset({_OWN})),
    Role.MODERATOR: replace(_MEMBER, moderates=frozenset({_OWN})),
    Role.MEMBER: _MEMBER,
    Role.GUEST: replace(_MEMBER, guest=True),
}
ROLES: Final = tuple(_VIEWERS)
"""The columns: each a member of one body, with this one office besides."""


@dataclass(frozen=True, slots=True)
class Row:
    """One right, and how far it goes for each of `ROLES`."""

    right: Right
    reaches: tuple[Reach, ...]


def rights_table() -> tuple[Row, ...]:
    """Every right there is."""
    return tuple(Row(right, tuple(_reach(viewer, right) for viewer in _VIEWERS.values())) for right in Right)


def _reach(viewer: Viewer, right: Right) -> Reach:
    def reaches(where: str) -> bool:
        return may(viewer, right, body=_body(where), organisations=frozenset({where}), person=where)

    if reaches(_OTHER):
        return Reach.ALL
    return Reach.OWN if reaches(_OWN) or may(viewer, right) else Reach.NONE
