"""Where bodies discuss and write together: forum categories below common ones, wiki spaces with an index."""

from collections.abc import Container, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from policies.document import Policy
from policies.keys import ARCHIVE_KEY, INDEX_KEY, body_key, kind_key
from policies.links import links_of
from policies.meetings import Tied
from policies.membership import Belongings
from policies.names import title
from policies.rooms import Groups, Room, graded_seats, group_ids
from policies.spacesections import ForumPolicy, WikiPolicy
from policies.templates import first_topic, late_text, message, shortened, usual
from provisioner.model.registry import Body, BodyKind, Registry
from provisioner.model.resources import (
    EdgeRole,
    FieldName,
    Kind,
    LateText,
    Resource,
    ResourceId,
    Seats,
    Value,
    marker_of,
)
from provisioner.model.text import Text

LONGEST_DESCRIPTION: Final = 250
"""Characters below a category's name: what a list of categories has room for."""


@dataclass(frozen=True, slots=True)
class TiedSpaces:
    """What is ours in forums and wikis, by key."""

    categories: Mapping[str, Tied] = field(default_factory=dict)
    """With what was applied: of what is left alone it tells where it stands, and whether it is open."""
    spaces: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)

    def names(self) -> dict[Kind, Mapping[str, str]]:
        """What categories and spaces are called over there."""
        categories = {key: tied.name for key, tied in self.categories.items()}
        return {Kind.FORUM_CATEGORY: categories, Kind.WIKI_SPACE: self.spaces}


class _Own(NamedTuple):
    """What a body says itself."""

    wanted: bool
    name: str | None
    open: bool | None


@dataclass(frozen=True, slots=True)
class _Place:
    """A category or a space that a body is to have."""

    body: Body
    key: str
    archived: bool
    name: str
    named_by_hand: bool
    roles: Mapping[str, EdgeRole]
    """Group → what it may do."""
    open: bool

    def room(
        self,
        kind: Kind,
        code: str,
        fields: Mapping[FieldName, Value],
        late: Mapping[FieldName, LateText | None],
        needs: tuple[ResourceId, ...] = (),
    ) -> Room:
        """The resource with its edges. ``code``: the reason of one that is no archive."""
        identity = ResourceId(kind, self.key)
        reason = Text.of("policies.archived_body" if self.archived else code, body=self.body.name)
        edges, ended = graded_seats(identity, self.roles, archived=self.archived)
        texts = {name: text for name, text in late.items() if text is not None}
        resource = Resource(
            identity, self.name, {"open": self.open, **fields}, reason, needs + group_ids(self.roles), late=texts
        )
        return Room(resource, self.named_by_hand, edges, ended)


class Spaces:
    """The categories and spaces of all bodies that are managed and have a group to read them.

    ``groups``: the seats of all groups. An archived body keeps what it has and gets nothing new. A common category is
    read by all groups of the bodies below it, and by everybody where one below is open: with less a forum refuses what
    stands below (Discourse, as its source says), and more is not meant.
    """

    def __init__(
        self,
        registry: Registry,
        policy: Policy,
        belongings: Belongings,
        today: date,
        groups: Set[Seats],
        tied: TiedSpaces,
    ) -> None:
        self._registry, self._policy, self._today, self._groups, self._tied = registry, policy, today, groups, tied
        self._of_bodies = belongings.of_bodies()
        forum, wiki = policy.forum, policy.wiki
        self._categories: list[_Place] = []
        self._spaces: list[_Place] = []
        managed = registry.bodies.keys() if policy.managed is None else frozenset(policy.managed)
        for body in registry.bodies.values():
            if body.id not in managed:
                continue
            own = body.overrides
            in_forum = _Own(own.forum, own.forum_name, own.forum_open)
            in_wiki = _Own(own.wiki, own.wiki_name, own.wiki_open)
            self._categories += self._places(body, forum, in_forum, tied.categories.keys())
            self._spaces += self._places(body, wiki, in_wiki, tied.spaces.keys())

    def _places(
        self, body: Body, policy: ForumPolicy | WikiPolicy, own: _Own, tied: Container[str]
    ) -> Iterator[_Place]:
        """The one that the body is to have, or none."""
        key, archived, pattern = body_key(body.id), body.is_archived(self._today), policy.names[body.kind]
        if not own.wanted or (pattern is None and own.name is None) or (archived and key not in tied):
            return
        name = own.name or title(pattern or "{name}", body.name) or title(pattern or "{name}", body.id)
        groups = Groups.of(body, self._groups)
        roles = groups.graded(policy.members, policy.moderators, policy.guests, archived=archived)
        if roles:
            by_hand = own.name is not None
            is_open = body.kind in policy.open if own.open is None else own.open
            yield _Place(body, key, archived, name, by_hand, roles, is_open)

    def ids(self) -> frozenset[ResourceId]:
        """The categories and spaces of bodies: what other rooms can link to."""
        found = [ResourceId(Kind.FORUM_CATEGORY, place.key) for place in self._categories]
        return frozenset(found + [ResourceId(Kind.WIKI_SPACE, place.key) for place in self._spaces])

    def all(self, rooms: Set[ResourceId]) -> Iterator[Room]:
        """Common categories, those of the bodies, and spaces. ``rooms``: what else there is to be, to link to."""
        places = rooms | self.ids()
        yield from self._parents()
        for place in self._categories:
            yield self._category(place, places)
        for place in self._spaces:
            links = links_of(place.key, places, archived=place.archived)
            page = None if place.archived else late_text(self._template("first_page"), place.body, links)
            yield place.room(Kind.WIKI_SPACE, "policies.wiki_space", {}, {"first_page": page})

    def _category(self, place: _Place, places: Set[ResourceId]) -> Room:
        parent, body = self._parent_of(place), place.body
        fields: dict[FieldName, Value] = {"parent": parent}
        if self._policy.forum.description:
            text = " ".join(message(self._policy.forum.description, body).split())
            fields["description"] = shortened(text, LONGEST_DESCRIPTION)
        template = self._template("first_topic")
        if template and place.archived:
            template = usual("archived_topic", self._registry.language)
        identity, links = (
            ResourceId(Kind.FORUM_CATEGORY, place.key),
            links_of(place.key, places, archived=place.archived),
        )
        topic = first_topic(template, body, self._moderators_of(place), links, identity)
        needs = (ResourceId(Kind.FORUM_CATEGORY, parent),) if parent else ()
        return place.room(Kind.FORUM_CATEGORY, "policies.forum_category", fields, {"first_topic": topic}, needs)

    def _template(self, text: str) -> str:
        own = self._policy.forum.first_topic if text == "first_topic" else self._policy.wiki.first_page
        return usual(text, self._registry.language) if own is None else own

    def _moderators_of(self, place: _Place) -> str:
        """Their names, in the order of a list of people. Nobody moderates an archive."""
        if place.archived:
            return ""
        people = [self._registry.people[person] for person in self._of_bodies[place.body.id].moderators]
        people.sort(key=lambda person: (person.family_name, person.given_name, person.id))
        return ", ".join(person.display_name for person in people)

    def _parent_of(self, place: _Place) -> str:
        """The key of the category below which a body's stands; "" for none."""
        if place.archived and self._policy.forum.archived is not None:
            return ARCHIVE_KEY
        return "" if self._policy.forum.parents[place.body.kind] is None else kind_key(place.body.kind)

    def _parents(self) -> Iterator[Room]:
        """Those below which something stands or is left alone, and those that are ours."""
        titles = {kind_key(kind): self._policy.forum.parents[kind] for kind in BodyKind}
        titles[ARCHIVE_KEY] = self._policy.forum.archived
        below: dict[str, list[_Place]] = {}
        for place in self._categories:
            below.setdefault(self._parent_of(place), []).append(place)
        left_alone = self._left_alone()
        archived = frozenset(group for place in self._categories if place.archived for group in place.roles)
        for key, name in titles.items():
            places = below.get(key, [])
            if name is None or not (places or key in left_alone or key in self._tied.categories):
                continue
            identity = ResourceId(Kind.FORUM_CATEGORY, key)
            readers = {group: EdgeRole.READER for place in places for group in place.roles}
            edges, _ = graded_seats(identity, readers, archived=False)
            # Whoever moved to the archive did so on a written date.
            ended = {Seats(identity, EdgeRole.READER, Kind.GROUP): gone} if (gone := archived - readers.keys()) else {}
            is_open = any(place.open for place in places) or left_alone.get(key, False)
            fields: dict[FieldName, Value] = {"parent": "", "open": is_open}
            yield Room(Resource(identity, name, fields, Text.of("policies.common_category")), True, edges, ended)

    def _left_alone(self) -> dict[str, bool]:
        """Common category → whether something open stands below it, of what is ours and stays as it is."""
        found: dict[str, bool] = {}
        wanted = {place.key for place in self._categories}
        for key, tied in self._tied.categories.items():
            parent = tied.fields.get("parent")
            if key not in wanted and isinstance(parent, str):
                found[parent] = found.get(parent, False) or tied.fields.get("open") is True
        return found

    def index(self, resources: Mapping[ResourceId, Resource]) -> Iterator[Resource]:
        """The page that leads to all spaces, while there are any; one that is ours stays when there are none.

        ``resources``: the spaces under the names that they got. What is ours and left alone stands on it, too.
        """
        name, language = self._policy.wiki.index, self._registry.language
        if name is None or not (self._spaces or INDEX_KEY in self._tied.pages):
            return
        archived = {place.key for place in self._spaces if place.archived}
        called = dict(self._tied.spaces)
        called |= {place.key: resources[ResourceId(Kind.WIKI_SPACE, place.key)].name for place in self._spaces}
        entries = sorted(called.items(), key=lambda entry: (entry[1].casefold(), entry[0]))
        lines: list[tuple[str | ResourceId, ...]] = [(name,), ("",), (usual("index", language),), ("",)]
        lines += [_entry(key, title) for key, title in entries if key not in archived]
        if archived:
            lines += [("",), (usual("index_archived", language),), ("",)]
            lines += [_entry(key, title) for key, title in entries if key in archived]
        identity = ResourceId(Kind.WIKI_PAGE, INDEX_KEY)
        text = LateText((*lines, ("",), (marker_of(identity),)))
        yield Resource(identity, name, {"open": True}, Text.of("policies.wiki_index"), late={"text": text})


def _entry(key: str, name: str) -> tuple[str | ResourceId, ...]:
    return f"- {name}: ", ResourceId(Kind.WIKI_SPACE, key)
