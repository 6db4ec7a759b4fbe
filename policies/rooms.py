"""The team folder and the conversation of each body: where they are, who may do what there, what they say."""

from collections.abc import Container, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from policies.document import Policy
from policies.keys import administrators_key, body_key, guests_key
from policies.links import links_of
from policies.membership import Belongings
from policies.names import mount_point, title
from policies.sections import KEEP, quota_in_bytes
from policies.templates import description, late_text, message, usual
from provisioner.model.registry import Body, Registry
from provisioner.model.resources import EdgeRole, FieldName, Kind, LateText, Resource, ResourceId, Seats, Value
from provisioner.model.text import Text
from provisioner.registry.mountpoints import is_safe

Members = Mapping[Seats, frozenset[str]]
"""Keys of accounts by the seats of a group."""
_LADDER: Final = (EdgeRole.READER, EdgeRole.WRITER, EdgeRole.SHARER, EdgeRole.MANAGER)
_NOBODY: Final = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Room:
    """A folder or a conversation before it has its name."""

    resource: Resource
    """Its name is the wished one."""
    named_by_hand: bool
    """The wish is letter by letter what a body says."""
    edges: Mapping[Seats, frozenset[str]]
    ended: Mapping[Seats, frozenset[str]] = field(default_factory=dict)
    through_groups: frozenset[str] | None = None
    """Of a conversation: keys of the accounts that its groups bring along."""


class Rooms:
    """The rooms of all bodies that are managed and have a group.

    ``edges`` and ``ended``: of the groups; their sets are shared, never copied. An archived body keeps the rooms that
    it has (``tied``: keys of what we have, by kind) and gets no new ones. ``others``: what bodies have besides.
    """

    def __init__(
        self,
        registry: Registry,
        policy: Policy,
        belongings: Belongings,
        today: date,
        keys: Mapping[str, str],
        edges: Members,
        ended: Members,
        tied: Mapping[Kind, Mapping[str, str]],
        others: Set[ResourceId] = frozenset(),
    ) -> None:
        self._registry, self._policy, self._today = registry, policy, today
        self._of_bodies = belongings.of_bodies()
        self._keys, self._edges, self._ended, self._tied, self._others = keys, edges, ended, tied, others

    def all(self) -> Iterator[Room]:
        """Folders and conversations, body by body."""
        managed = None if self._policy.managed is None else frozenset(self._policy.managed)
        for body in self._registry.bodies.values():
            if managed is None or body.id in managed:
                yield from self._of(body)

    def _of(self, body: Body) -> Iterator[Room]:
        key, archived = body_key(body.id), body.is_archived(self._today)
        groups = Groups.of(body, self._edges)
        inside = groups.in_conversation(guests=self._policy.conversations.guests)
        keeps_folder = not archived or key in self._tied[Kind.TEAM_FOLDER]
        keeps_conversation = not archived or key in self._tied[Kind.CONVERSATION]
        mount = self._mount_point(body, archived=archived) if any(groups) and keeps_folder else ""
        name = self._title(body) if inside and keeps_conversation else ""
        folder, conversation = ResourceId(Kind.TEAM_FOLDER, key), ResourceId(Kind.CONVERSATION, key)
        links = links_of(key, self._others, archived=archived)
        links |= ({"folder": folder} if mount else {}) | ({"conversation": conversation} if name else {})
        case = _Case(body, archived, groups, inside, mount, links)
        if mount:
            yield self._folder(folder, case)
        if name:
            yield self._conversation(conversation, name, case)

    def _mount_point(self, body: Body, *, archived: bool) -> str:
        """Where its folder is to be; "" for no folder."""
        policy, own = self._policy.folders, body.overrides
        pattern = policy.names[body.kind]
        if not own.folder or (pattern is None and not own.folder_name):
            return ""
        if own.folder_name and not is_safe(own.folder_name):
            return ""  # the registry refuses it; whoever made this body did not ask the registry
        if archived and policy.archived is not None:
            name = own.folder_name.rpartition("/")[2] if own.folder_name else body.name
            return mount_point(policy.archived, name) or mount_point(policy.archived, body.id)
        if own.folder_name:
            return own.folder_name
        return "" if pattern is None else mount_point(pattern, body.name) or mount_point(pattern, body.id)

    def _title(self, body: Body) -> str:
        """What its conversation is to be called; "" for no conversation."""
        pattern, own = self._policy.conversations.names[body.kind], body.overrides
        if not own.conversation or (own.conversation_name is None and pattern is None):
            return ""
        return own.conversation_name or title(pattern or "{name}", body.name) or title(pattern or "{name}", body.id)

    def _folder(self, identity: ResourceId, case: "_Case") -> Room:
        policy, body, archived, groups = self._policy.folders, case.body, case.archived, case.groups
        own = body.overrides
        # Never switched off: rules inside a folder that keep people out would no longer hold.
        fields: dict[FieldName, Value] = {"advanced_permissions": True} if policy.advanced_permissions else {}
        quota = own.folder_quota or policy.quota
        if quota.strip() != KEEP:
            fields["quota"] = quota_in_bytes(quota)
        late: dict[FieldName, LateText] = {}
        if not archived:
            if policy.layout:
                fields["layout"] = "\n".join(policy.layout)
            note = late_text(self._template("note", policy.note), body, case.links)
            if note is not None:
                late["note"] = note
        roles = groups.graded(
            own.folder_members or policy.members,
            own.folder_moderators or policy.moderators,
            own.folder_guests or policy.guests,
            archived=archived,
        )
        edges, over = graded_seats(identity, roles, archived=archived)
        resource = Resource(
            identity, case.mount, fields, case.reason("policies.team_folder"), group_ids(roles), late=late
        )
        return Room(resource, bool(own.folder_name) and not archived, edges, over)

    def _conversation(self, identity: ResourceId, name: str, case: "_Case") -> Room:
        policy, body, archived = self._policy.conversations, case.body, case.archived
        fields: dict[FieldName, Value] = {
            "read_only": archived,
            "lobby": policy.lobby and not archived,
            "listed": policy.listed and not archived,
        }
        first = message(self._template("first_message", policy.first_message), body)
        if first and not archived:
            fields["first_message"] = first
        text = description(self._template("description", policy.description), body, case.links, identity, case.mount)
        edges, ended = self._seated(identity, case)
        through = [self._edges[_seats(key)] for key in case.inside]
        return Room(
            Resource(
                identity,
                name,
                fields,
                case.reason("policies.conversation"),
                group_ids(case.inside),
                late={"description": text},
            ),
            bool(body.overrides.conversation_name),
            edges,
            ended,
            through[0] if len(through) == 1 else frozenset[str]().union(*through),
        )

    def _template(self, text: str, own: str | None) -> str:
        return usual(text, self._registry.language) if own is None else own

    def _seated(self, identity: ResourceId, case: "_Case") -> tuple[Members, Members]:
        """Who is to be in a conversation, and whose time there is over. Nobody moderates an archive."""
        moderators = frozenset(map(self._keys.__getitem__, self._of_bodies[case.body.id].moderators))
        ended = self._ended.get(_seats(case.inside[0]), _NOBODY)
        moderating = Seats(identity, EdgeRole.MODERATOR)
        edges = {
            Seats(identity, EdgeRole.MEMBER, Kind.GROUP): frozenset(case.inside),
            Seats(identity): _NOBODY,
            moderating: _NOBODY if case.archived else moderators,
        }
        over = {Seats(identity): ended, moderating: ended | moderators if case.archived else ended}
        return edges, {seats: people for seats, people in over.items() if people}


class Groups(NamedTuple):
    """Keys of the groups that a body has."""

    members: str | None
    moderators: str | None
    guests: str | None

    @classmethod
    def of(cls, body: Body, edges: Container[Seats]) -> "Groups":
        """``edges``: the seats of all groups that there are."""
        keys = (body_key(body.id), administrators_key(body.id), guests_key(body.id))
        return cls(*(key if _seats(key) in edges else None for key in keys))

    def graded(self, members: str, moderators: str, guests: str | None, *, archived: bool) -> dict[str, EdgeRole]:
        """What each may do where everyone has one role; an archive is read. A group without a role is not in it."""
        wanted = zip(self, (members, moderators, guests), strict=True)
        return {key: EdgeRole.READER if archived else EdgeRole(role) for key, role in wanted if key and role}

    def in_conversation(self, *, guests: bool) -> tuple[str, ...]:
        """Those that take part. Who moderates is in the members' group anyway; the moderators' stands in for it."""
        return tuple(key for key in (self.members or self.moderators, self.guests if guests else None) if key)


@dataclass(frozen=True, slots=True)
class _Case:
    """One body, as its rooms see it."""

    body: Body
    archived: bool
    groups: Groups
    inside: tuple[str, ...]
    """Keys of the groups that take part in its conversation."""
    mount: str
    """Where its folder is; "" for none."""
    links: Mapping[str, ResourceId]
    """Placeholder → the room that it links to, of those that the body has."""

    def reason(self, code: str) -> Text:
        """Why there is this room."""
        return Text.of("policies.archived_body" if self.archived else code, body=self.body.name)


def graded_seats(identity: ResourceId, roles: Mapping[str, EdgeRole], *, archived: bool) -> tuple[Members, Members]:
    """Groups by their one role in a container, and what they could do there before it was archived.

    The day of the archive is a written date: what the groups could do besides reading ends by itself. Every role is
    spoken of, so that nobody keeps one that is not meant.
    """
    edges = {
        Seats(identity, role, Kind.GROUP): frozenset(key for key, has in roles.items() if has is role)
        for role in _LADDER
    }
    over = {Seats(identity, role, Kind.GROUP): frozenset(roles) for role in _LADDER[1:]} if archived else {}
    return edges, over


def _seats(key: str) -> Seats:
    return Seats(ResourceId(Kind.GROUP, key))


def group_ids(keys: Iterable[str]) -> tuple[ResourceId, ...]:
    return tuple(ResourceId(Kind.GROUP, key) for key in keys)
