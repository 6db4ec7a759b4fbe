"""The team folder and the conversation of each body: where they are, who may do what there, what they say."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from policies.document import Policy
from policies.keys import administrators_key, body_key, guests_key
from policies.membership import Belonging, Belongings
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
    it has (``tied``: keys of what we have, by kind) and gets no new ones.
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
    ) -> None:
        self._registry, self._policy, self._today = registry, policy, today
        self._of_bodies = belongings.of_bodies()
        self._keys, self._edges, self._ended, self._tied = keys, edges, ended, tied

    def all(self) -> Iterator[Room]:
        """Folders and conversations, body by body."""
        managed = None if self._policy.managed is None else frozenset(self._policy.managed)
        for body in self._registry.bodies.values():
            if managed is None or body.id in managed:
                yield from self._of(body)

    def _of(self, body: Body) -> Iterator[Room]:
        keys = (body_key(body.id), administrators_key(body.id), guests_key(body.id))
        groups = _Groups(*(key if _seats(key) in self._edges else None for key in keys))
        folder, conversation = ResourceId(Kind.TEAM_FOLDER, keys[0]), ResourceId(Kind.CONVERSATION, keys[0])
        mount = self._mount_point(body, folder) if any(groups) else ""
        inside = groups.in_conversation(guests=self._policy.conversations.guests)
        name = self._title(body, conversation) if inside else ""
        links = ({"folder": folder} if mount else {}) | ({"conversation": conversation} if name else {})
        if mount:
            yield self._folder(body, folder, mount, groups, links)
        if name:
            yield self._conversation(body, conversation, name, inside, links)

    def _is_missing(self, body: Body, identity: ResourceId) -> bool:
        """An archived body that never had this room: it gets none any more."""
        return body.is_archived(self._today) and identity.key not in self._tied[identity.kind]

    def _mount_point(self, body: Body, identity: ResourceId) -> str:
        """Where its folder is to be; "" for no folder."""
        policy, own = self._policy.folders, body.overrides
        pattern = policy.names[body.kind]
        if not own.folder or (pattern is None and not own.folder_name) or self._is_missing(body, identity):
            return ""
        if own.folder_name and not is_safe(own.folder_name):
            return ""  # the registry refuses it; whoever made this body did not ask the registry
        if body.is_archived(self._today) and policy.archived is not None:
            name = own.folder_name.rpartition("/")[2] if own.folder_name else body.name
            return mount_point(policy.archived, name) or mount_point(policy.archived, body.id)
        if own.folder_name:
            return own.folder_name
        return mount_point(pattern or "{name}", body.name) or mount_point(pattern or "{name}", body.id)

    def _title(self, body: Body, identity: ResourceId) -> str:
        """What its conversation is to be called; "" for no conversation."""
        pattern, own = self._policy.conversations.names[body.kind], body.overrides
        if not own.conversation or self._is_missing(body, identity):
            return ""
        if own.conversation_name:
            return own.conversation_name
        return "" if pattern is None else title(pattern, body.name) or title(pattern, body.id)

    def _folder(
        self, body: Body, identity: ResourceId, mount: str, groups: "_Groups", links: Mapping[str, ResourceId]
    ) -> Room:
        policy, archived = self._policy.folders, body.is_archived(self._today)
        fields: dict[FieldName, Value] = {"advanced_permissions": policy.advanced_permissions}
        quota = body.overrides.folder_quota or policy.quota
        if quota.strip() != KEEP:
            fields["quota"] = quota_in_bytes(quota)
        late: dict[FieldName, LateText] = {}
        if not archived:
            if policy.layout:
                fields["layout"] = "\n".join(policy.layout)
            template = usual("note", self._registry.language) if policy.note is None else policy.note
            note = late_text(template, body, links)
            if note is not None:
                late["note"] = note
        wanted = (
            (groups.members, policy.members),
            (groups.moderators, policy.moderators),
            (groups.guests, policy.guests),
        )
        roles = {key: EdgeRole.READER if archived else EdgeRole(role) for key, role in wanted if key and role}
        edges = {
            Seats(identity, role, Kind.GROUP): frozenset(key for key, has in roles.items() if has is role)
            for role in _LADDER
        }
        reason = Text.of("policies.archived_body" if archived else "policies.team_folder", body=body.name)
        resource = Resource(identity, mount, fields, reason, _ids(roles), late=late)
        return Room(resource, bool(body.overrides.folder_name) and not archived, edges)

    def _conversation(
        self, body: Body, identity: ResourceId, name: str, inside: tuple[str, ...], links: Mapping[str, ResourceId]
    ) -> Room:
        policy, archived, language = self._policy.conversations, body.is_archived(self._today), self._registry.language
        fields: dict[FieldName, Value] = {
            "read_only": archived,
            "lobby": policy.lobby and not archived,
            "listed": policy.listed and not archived,
        }
        template = usual("first_message", language) if policy.first_message is None else policy.first_message
        first = message(template, body)
        if first and not archived:
            fields["first_message"] = first
        template = usual("description", language) if policy.description is None else policy.description
        late: dict[FieldName, LateText] = {"description": description(template, body, links, identity)}
        edges, ended = self._seated(identity, self._of_bodies[body.id], inside, archived=archived)
        reason = Text.of("policies.archived_body" if archived else "policies.conversation", body=body.name)
        resource = Resource(identity, name, fields, reason, _ids(inside), late=late)
        through = [self._edges[_seats(key)] for key in inside]
        whole = through[0] if len(through) == 1 else frozenset[str]().union(*through)
        return Room(resource, bool(body.overrides.conversation_name), edges, ended, whole)

    def _seated(
        self, identity: ResourceId, belonging: Belonging, inside: tuple[str, ...], *, archived: bool
    ) -> tuple[dict[Seats, frozenset[str]], dict[Seats, frozenset[str]]]:
        """Who is to be in a conversation, and whose time there is over. Nobody moderates an archive."""
        moderators = frozenset(map(self._keys.__getitem__, belonging.moderators))
        ended = self._ended.get(_seats(inside[0]), _NOBODY)
        moderating = Seats(identity, EdgeRole.MODERATOR)
        edges = {
            Seats(identity, EdgeRole.MEMBER, Kind.GROUP): frozenset(inside),
            Seats(identity): _NOBODY,
            moderating: _NOBODY if archived else moderators,
        }
        over = {Seats(identity): ended, moderating: ended | moderators if archived else ended}
        return edges, {seats: people for seats, people in over.items() if people}


class _Groups(NamedTuple):
    """Keys of the groups that a body has."""

    members: str | None
    moderators: str | None
    guests: str | None

    def in_conversation(self, *, guests: bool) -> tuple[str, ...]:
        """Those that take part. Who moderates is in the members' group anyway; the moderators' stands in for it."""
        return tuple(key for key in (self.members or self.moderators, self.guests if guests else None) if key)


def _seats(key: str) -> Seats:
    return Seats(ResourceId(Kind.GROUP, key))


def _ids(keys: Iterable[str]) -> tuple[ResourceId, ...]:
    return tuple(ResourceId(Kind.GROUP, key) for key in keys)
