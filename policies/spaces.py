"""Where bodies discuss and write together: forum categories below common ones, wiki spaces with an index."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from policies.document import Policy
from policies.keys import ARCHIVE_KEY, INDEX_KEY, body_key, kind_key
from policies.meetings import Tied
from policies.names import title
from policies.rooms import Groups, Room, graded_seats, group_ids
from policies.spacesections import is_open
from policies.templates import message, shortened
from provisioner.model.registry import Body, BodyKind, Registry
from provisioner.model.resources import EdgeRole, FieldName, Kind, LateText, Resource, ResourceId, Seats, Value
from provisioner.model.text import Text

LONGEST_DESCRIPTION: Final = 250
"""Characters below a category's name: what a list of categories shows."""


@dataclass(frozen=True, slots=True)
class TiedSpaces:
    """What is ours in forums and wikis, by key."""

    categories: Mapping[str, Tied] = field(default_factory=dict)
    """With what was applied: of what is left alone it tells where it stands, and whether it is open."""
    spaces: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)

    def names(self) -> dict[Kind, Mapping[str, str]]:
        """What each is called over there."""
        categories = {key: tied.name for key, tied in self.categories.items()}
        return {Kind.FORUM_CATEGORY: categories, Kind.WIKI_SPACE: self.spaces, Kind.WIKI_PAGE: self.pages}


@dataclass(frozen=True, slots=True)
class _Place:
    """A category or a space that a body is to have."""

    body: Body
    archived: bool
    name: str
    named_by_hand: bool
    roles: Mapping[str, EdgeRole]
    """Group → what it may do."""
    open: bool

    def reason(self, code: str) -> Text:
        return Text.of("policies.archived_body" if self.archived else code, body=self.body.name)


class Spaces:
    """The categories and spaces of all bodies that are managed and have a group to read them.

    ``groups``: the seats of all groups. An archived body keeps what it has and gets nothing new. What stands below a
    common category is read there by all groups of the bodies below it, and by everybody where one below is open: a
    forum refuses less (observed on Discourse), and more is not meant.
    """

    def __init__(self, registry: Registry, policy: Policy, today: date, groups: Set[Seats], tied: TiedSpaces) -> None:
        self._policy, self._today, self._groups, self._tied = policy, today, groups, tied
        managed = registry.bodies.keys() if policy.managed is None else frozenset(policy.managed)
        bodies = [body for body in registry.bodies.values() if body.id in managed]
        self._categories = {place.body.id: place for body in bodies if (place := self._category_of(body)) is not None}
        self._spaces = {place.body.id: place for body in bodies if (place := self._space_of(body)) is not None}

    def places(self) -> frozenset[ResourceId]:
        """The categories and spaces of bodies."""
        found = [ResourceId(Kind.FORUM_CATEGORY, body_key(body)) for body in self._categories]
        return frozenset(found + [ResourceId(Kind.WIKI_SPACE, body_key(body)) for body in self._spaces])

    def all(self) -> Iterator[Room]:
        """Common categories first, then those of the bodies; then spaces, and the page that leads to them."""
        yield from self._parents()
        for place in self._categories.values():
            yield self._category(place)
        for place in self._spaces.values():
            yield self._space(place)
        yield from self._index()

    def _category_of(self, body: Body) -> _Place | None:
        policy, own = self._policy.forum, body.overrides
        archived = body.is_archived(self._today)
        if not own.forum or (archived and body_key(body.id) not in self._tied.categories):
            return None
        name = _named(policy.names[body.kind], own.forum_name, body)
        roles = Groups.of(body, self._groups).graded(
            policy.members, policy.moderators, policy.guests, archived=archived
        )
        is_open_ = is_open(policy.open, body.kind, own.forum_open)
        return _Place(body, archived, name, own.forum_name is not None, roles, is_open_) if name and roles else None

    def _space_of(self, body: Body) -> _Place | None:
        policy, own = self._policy.wiki, body.overrides
        archived = body.is_archived(self._today)
        if not own.wiki or (archived and body_key(body.id) not in self._tied.spaces):
            return None
        name = _named(policy.names[body.kind], own.wiki_name, body)
        roles = Groups.of(body, self._groups).graded(
            policy.members, policy.moderators, policy.guests, archived=archived
        )
        is_open_ = is_open(policy.open, body.kind, own.wiki_open)
        return _Place(body, archived, name, own.wiki_name is not None, roles, is_open_) if name and roles else None

    def _parent_of(self, place: _Place) -> str:
        """The key of the category below which a body's stands; "" for none."""
        if place.archived and self._policy.forum.archived is not None:
            return ARCHIVE_KEY
        return kind_key(place.body.kind) if self._policy.forum.parents[place.body.kind] is not None else ""

    def _parents(self) -> Iterator[Room]:
        titles = {kind_key(kind): self._policy.forum.parents[kind] for kind in BodyKind}
        titles[ARCHIVE_KEY] = self._policy.forum.archived
        below: dict[str, list[_Place]] = {key: [] for key in titles}
        for place in self._categories.values():
            below.setdefault(self._parent_of(place), []).append(place)
        left_alone = self._left_alone()
        gone = frozenset(key for place in self._categories.values() if place.archived for key in place.roles)
        for key, name in titles.items():
            identity, places = ResourceId(Kind.FORUM_CATEGORY, key), below[key]
            if name is None or not (places or key in left_alone or key in self._tied.categories):
                continue
            opened = any(place.open for place in places) or left_alone.get(key, False)
            readers = {group: EdgeRole.READER for place in places for group in place.roles}
            edges, ended = graded_seats(identity, readers, archived=False)
            if gone - readers.keys():  # they left for the archive on a written date
                ended = {Seats(identity, EdgeRole.READER, Kind.GROUP): gone - readers.keys()}
            fields: dict[FieldName, Value] = {"parent": "", "open": opened}
            yield Room(Resource(identity, name, fields, Text.of("policies.common_category")), True, edges, ended)

    def _left_alone(self) -> dict[str, bool]:
        """Common category → whether something open stands below it, of what is ours and is left as it is."""
        found: dict[str, bool] = {}
        wanted = {body_key(body) for body in self._categories}
        for key, tied in self._tied.categories.items():
            parent = tied.fields.get("parent")
            if key not in wanted and isinstance(parent, str):
                found[parent] = found.get(parent, False) or tied.fields.get("open") is True
        return found

    def _category(self, place: _Place) -> Room:
        identity, parent = ResourceId(Kind.FORUM_CATEGORY, body_key(place.body.id)), self._parent_of(place)
        fields: dict[FieldName, Value] = {"parent": parent, "open": place.open}
        text = " ".join(message(self._policy.forum.description, place.body).split())
        if text:
            fields["description"] = shortened(text, LONGEST_DESCRIPTION)
        needs = ((ResourceId(Kind.FORUM_CATEGORY, parent),) if parent else ()) + group_ids(place.roles)
        edges, ended = graded_seats(identity, place.roles, archived=place.archived)
        resource = Resource(identity, place.name, fields, place.reason("policies.forum_category"), needs)
        return Room(resource, place.named_by_hand, edges, ended)

    def _space(self, place: _Place) -> Room:
        identity = ResourceId(Kind.WIKI_SPACE, body_key(place.body.id))
        fields: dict[FieldName, Value] = {"open": place.open}
        edges, ended = graded_seats(identity, place.roles, archived=place.archived)
        reason = place.reason("policies.wiki_space")
        return Room(
            Resource(identity, place.name, fields, reason, group_ids(place.roles)), place.named_by_hand, edges, ended
        )

    def _index(self) -> Iterator[Room]:
        """The page that leads to all spaces, while there are any; one that is ours says so when there are none."""
        name = self._policy.wiki.index
        if name is None or not (self._spaces or INDEX_KEY in self._tied.pages):
            return
        lines: list[tuple[str | ResourceId, ...]] = [(f"# {name}",), ("",)]
        for place in sorted(self._spaces.values(), key=lambda place: (place.name.casefold(), place.body.id)):
            lines.append((f"- {place.name}: ", ResourceId(Kind.WIKI_SPACE, body_key(place.body.id))))
        identity = ResourceId(Kind.WIKI_PAGE, INDEX_KEY)
        late: dict[FieldName, LateText] = {"text": LateText((*lines, ("",), (f"readi:{INDEX_KEY}",)))}
        yield Room(Resource(identity, name, {"open": True}, Text.of("policies.wiki_index"), late=late), True, {})


def _named(pattern: str | None, own: str | None, body: Body) -> str:
    """What a body's place is to be called; "" for none."""
    if own is not None:
        return own
    return "" if pattern is None else title(pattern, body.name) or title(pattern, body.id)
