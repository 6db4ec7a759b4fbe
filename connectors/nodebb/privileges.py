"""What groups may do in a category: NodeBB's privileges, and the roles that we make of them. Pure.

A moderator needs the privileges to edit and delete, too (read in NodeBB's source: each is asked for beside "moderate").
What may be had beside a role: finer rights that people give by hand stay as they are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from connectors.nodebb.client import Entry, text
from provisioner.model.resources import PUBLIC, EdgeRole, Value

READING: Final = ("find", "read", "topics:read")
WRITING: Final = ("topics:create", "topics:reply", "posts:edit", "posts:delete", "posts:upvote")
MODERATING: Final = ("topics:delete", "posts:view_deleted", "moderate")
"""What decides a role comes last in it, so that a gift cut short is not taken for the whole."""

GIVEN: Final[Mapping[EdgeRole, tuple[str, ...]]] = {
    EdgeRole.READER: READING,
    EdgeRole.WRITER: (*READING, *WRITING),
    EdgeRole.MANAGER: (*READING, *WRITING, *MODERATING),
}
_BESIDE: Final[Mapping[EdgeRole, frozenset[str]]] = {
    EdgeRole.READER: frozenset({"posts:history"}),
    EdgeRole.WRITER: frozenset(
        {"posts:history", "posts:downvote", "topics:tag", "topics:delete", "topics:crosspost", "topics:schedule"}
    ),
    EdgeRole.MANAGER: frozenset(
        {"posts:history", "posts:downvote", "topics:tag", "topics:crosspost", "topics:schedule", "purge"}
    ),
}

REGISTERED: Final = "registered-users"
STRANGERS: Final = ("guests", "spiders", "fediverse")
"""Who is not logged in: people, search engines, other servers."""
OUTSIDERS: Final = (REGISTERED, *STRANGERS, "verified-users", "unverified-users", "banned-users")
"""Groups in which people are without anybody's doing."""
CHIEFS: Final = ("administrators", "Global Moderators")
"""Groups that come into every category; whoever is in them is the forum's own business."""
NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Matrix:
    """Who may do what in one category: privileges, without "groups:", by the name of a group that has any."""

    groups: Mapping[str, frozenset[str]]

    def of(self, group: str) -> frozenset[str]:
        """Those of one group."""
        return self.groups.get(group, NOBODY)

    @property
    def open(self) -> Value:
        """Whether all who log in read it, and nobody else from outside; `PUBLIC`: strangers may do something there.

        None: it is neither open nor closed.
        """
        if any(self.of(group) for group in STRANGERS):
            return PUBLIC
        others = any(self.of(group) for group in OUTSIDERS if group not in (REGISTERED, *STRANGERS))
        everybody = self.of(REGISTERED)
        if others or everybody not in (NOBODY, frozenset(READING)):
            return None
        return bool(everybody)

    def roles(self) -> Iterator[tuple[str, EdgeRole]]:
        """Groups that people made, by name, each with its role."""
        for group, privileges in self.groups.items():
            if group not in OUTSIDERS and group not in CHIEFS and privileges:
                yield group, role_of(privileges)


def role_of(privileges: frozenset[str]) -> EdgeRole:
    """The role that somebody with these privileges has, `OTHER` for none of ours."""
    for role in (EdgeRole.MANAGER, EdgeRole.WRITER, EdgeRole.READER):
        given = GIVEN[role]
        if privileges.issuperset(given) and privileges - set(given) <= _BESIDE[role]:
            return role
    return EdgeRole.OTHER


def is_between(privileges: frozenset[str], before: EdgeRole, after: str) -> bool:
    """Whether this is something on the way from one role to another; ``after`` "": to none."""
    goal = GIVEN[EdgeRole(after)] if after else ()
    return privileges <= {*GIVEN.get(before, ()), *_BESIDE.get(before, ()), *goal}


def matrix_of(response: Entry) -> Matrix | None:
    """From what the server tells of a category's privileges; None where that has another shape."""
    listed = response.get("groups")
    if not isinstance(listed, list):
        return None
    found: dict[str, frozenset[str]] = {}
    for one in listed:
        name, privileges = (text(one, "name"), one.get("privileges")) if isinstance(one, dict) else ("", None)
        if not name or not isinstance(privileges, dict):
            return None
        found[name] = frozenset(key.removeprefix("groups:") for key, given in privileges.items() if given is True)
    # These stand in every answer of a server that lets us see them (observed).
    return Matrix(found) if REGISTERED in found and "guests" in found else None
