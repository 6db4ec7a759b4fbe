"""What should exist in a target: resources, their fields and the edges between them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from provisioner.model.text import Text


class Kind(StrEnum):
    """The closed vocabulary of resource types. A connector declares which of them its product has."""

    ACCOUNT = "account"
    GROUP = "group"
    TEAM_FOLDER = "team-folder"
    CONVERSATION = "conversation"
    ROLE = "role"  # of a login: what its bearer may do, e.g. a realm role of Keycloak
    MAILING_LIST = "mailing-list"
    MEETING_ROOM = "meeting-room"  # where a body meets by video
    CALENDAR = "calendar"
    MEETING = "meeting"  # a series in a calendar, or a single date
    CONFERENCE = "conference"  # one meeting, planned in a product of its own
    FORUM_CATEGORY = "forum-category"  # of a body, or what the categories of a kind of bodies stand below
    WIKI_SPACE = "wiki-space"  # the pages of a body
    WIKI_PAGE = "wiki-page"  # one page whose whole text is ours


class EdgeRole(StrEnum):
    """What a member may do in a container. Which of them a kind of container knows is its product's business."""

    MEMBER = "member"  # is in it: a group's member, a conversation's participant
    MODERATOR = "moderator"  # leads it
    READER = "reader"  # sees what is in it
    WRITER = "writer"  # and changes, adds and deletes
    SHARER = "sharer"  # and shares it with others
    MANAGER = "manager"  # and decides who may do what in it
    OTHER = "other"  # observed only: a combination of rights that is none of ours


LADDER_OF_RIGHTS = (EdgeRole.OTHER, EdgeRole.READER, EdgeRole.WRITER, EdgeRole.SHARER, EdgeRole.MANAGER)
"""Roles of which a member has exactly one in a container, each with all that the one before may do.

`OTHER` stands lowest, so that leaving it counts as a raise only where somebody agreed to touch it at all.
"""


FieldName = Literal[
    "name",  # what people see over there: user id, group id, uid, cn, mount point, a conversation's title
    "display_name",
    "given_name",
    "family_name",
    "email",  # compared in lower case
    "quota",  # bytes; None: the target's default; -3: unlimited (Nextcloud's own number)
    "language",  # two letters
    "organisation",  # the name people read, not our id
    "description",
    "enabled",  # bool; only accounts
    "read_only",  # bool; nobody writes there any more
    "lobby",  # bool; a conversation that only moderators enter
    "listed",  # bool; people who are not in a conversation find it
    "advanced_permissions",  # bool; rights can differ inside a folder
    "layout",  # the first sub-folders, one path a line
    "first_message",  # what a new conversation begins with
    "note",  # the text that greets people in a folder
    "schedule",  # when a meeting takes place, in iCalendar's words (see `provisioner.calendars.series`)
    "location",  # where a meeting takes place: an address that people open
    "starts_at",  # of a conference: local time with its zone, e.g. "2026-01-13T10:00 Europe/Berlin"
    "minutes",  # int; how long it takes
    "organisers",  # of a conference: keys of the accounts of which one shall organise it, the first that can, by spaces
    "parent",  # of a forum category: the key of the category that it stands below
    "open",  # bool; everybody who logs in there reads it, and no stranger; observed of what these do: `PUBLIC`
    "first_topic",  # what stands first in a forum category: a line with its title, an empty one, its text
    "first_page",  # what the first page of a new wiki space begins with: its heading in the first line
    "text",  # of a page: all that stands on it, its heading in the first line; "- " begins an item of a list
    "login_id",  # of an account where people log in through another target: by which that one knows them
    "login_link",  # "<alias>:<id>": which account at a city's identity provider logs in as this one
    "required_actions",  # what somebody has to do at the first login, in Keycloak's words, by commas
]
"""The closed vocabulary of fields."""

PUBLIC: Final = "public"
"""What the field "open" is observed to be where people read who are not logged in: neither true nor false. Never a
wish."""

Value = str | int | bool | None


class ResourceId(NamedTuple):
    """A resource's id in the registry's words: what should exist, not how a target calls it.

    Keys are ``person:<id>``, ``body:<id>``, ``body:<id>:administrators``, ``organisation:<id>``, ``role:<role>``,
    ``body:<id>:meeting:<id>``, ``body:<id>:meeting:<id>:<day>``; of what all bodies share ``bodies:<kind of body>``,
    ``bodies:archive``, ``bodies:index``.
    """

    kind: Kind
    key: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.key}"

    @property
    def is_common(self) -> bool:
        """Whether several bodies share it (what their categories stand below): nobody is in it but by way of these."""
        return self.key.startswith("bodies:")


class Mode(StrEnum):
    """What a connector can do with a field."""

    MANAGED = "managed"  # read, compared, written
    CREATE_ONLY = "create-only"  # written once; later differences are nobody's drift
    WRITE_ONLY = "write-only"  # can't be read back: written when the wish changed since the last apply
    ONCE = "once"  # written once in a step of its own, and made up for when that step never came to pass


class Seats(NamedTuple):
    """The edges of one sort in one container: its members of one kind, in one role."""

    container: ResourceId
    role: EdgeRole = EdgeRole.MEMBER
    member: Kind = Kind.ACCOUNT

    def __str__(self) -> str:
        return f"{self.container}/{self.role}/{self.member}"


BEGINNINGS: Final[Mapping[Kind, tuple[FieldName, ...]]] = {
    Kind.TEAM_FOLDER: ("layout",),
    Kind.CONVERSATION: ("first_message",),
    Kind.MAILING_LIST: ("language",),
    Kind.WIKI_SPACE: ("first_page",),
}
"""What an object begins with (see `Mode.ONCE`): one that has been ours before has begun, and gets none again."""


class Edge(NamedTuple):
    """One membership: ``member`` is the key of an account, or of a group in a folder or conversation."""

    seats: Seats
    member: str


@dataclass(frozen=True, slots=True)
class LateText:
    """A text with links to other resources; written once these exist, and again when a link changes.

    Each line is made of text and of resources whose addresses stand in their place. A line with an address that is
    not (yet) known is left out, and so is a blank one that then has nothing before it, or nothing behind it.
    """

    lines: tuple[tuple[str | ResourceId, ...], ...]

    def links(self) -> frozenset[ResourceId]:
        """The resources whose addresses it holds."""
        return frozenset(part for line in self.lines for part in line if isinstance(part, ResourceId))

    def written(self, address: Callable[[ResourceId], str | None]) -> str:
        """The text, with the addresses that are known."""
        found: list[str] = []
        for line in self.lines:
            parts = [address(part) if isinstance(part, ResourceId) else part for part in line]
            if None in parts:
                continue
            text = "".join(part for part in parts if part is not None)
            if text or (found and found[-1]):
                found.append(text)
        return "\n".join(found[:-1] if found and not found[-1] else found)


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing that should exist. ``fields`` without "name": that is ``name``."""

    id: ResourceId
    name: str
    fields: Mapping[FieldName, Value]
    reason: Text
    needs: tuple[ResourceId, ...] = ()
    created_by_us: bool = True
    """False when the login, not we, makes such objects (an account that appears at the first login)."""
    late: Mapping[FieldName, LateText] = field(default_factory=dict)
    """Texts with links, among them the line with the object's marker where the product has room for one."""

    @property
    def marker(self) -> str:
        """By which an object of ours is known again where its product has room for it (see `marker_of`)."""
        return marker_of(self.id)


def marker_of(identity: ResourceId) -> str:
    """``readi:<key>``: stands on a line of its own in a text of the object."""
    return f"readi:{identity.key}"


@dataclass(frozen=True, slots=True)
class Desired:
    """All that a network's registry and policy want. One for all targets; each takes the kinds it has.

    ``edges`` and ``ended`` hold the keys of members: who should be in a container, and whose membership ended by a
    written date (so that it may be taken away without asking).
    Keys are shared strings; a set of them costs what a set of integers costs.
    """

    resources: Mapping[ResourceId, Resource] = field(default_factory=dict)
    edges: Mapping[Seats, frozenset[str]] = field(default_factory=dict)
    ended: Mapping[Seats, frozenset[str]] = field(default_factory=dict)
    through_groups: Mapping[ResourceId, frozenset[str]] = field(default_factory=dict)
    """Container → keys of the accounts that a group in it brings along: they are never put in one by one, and who
    else is a plain member there was put in by somebody."""
    closed: frozenset[ResourceId] = frozenset()
    """Containers that shall have nobody any more (the moderators' groups of archived bodies)."""
    gone: frozenset[str] = frozenset()
    """Keys of accounts whose people left the network on a written date: ended everywhere."""
    complete: bool = True
    """False when the registry could not be read whole: then nothing may be taken away."""
    blocked: frozenset[str] = frozenset()
    """Keys of resources about which nothing is known for sure; they are left exactly as they are."""
    unmanaged: frozenset[str] = frozenset()
    """Keys of resources that policy leaves alone on purpose, whatever they were before."""
    login_writes: frozenset[ResourceId] = frozenset()
    """Containers whose edges the login writes, not we: they are read and never changed."""
