"""Categories as a room: what is there, who is in it, and whether that is still as a plan saw it."""

from collections.abc import Iterator, Mapping
from typing import cast

from connectors.discourse.categories import shape, steps
from connectors.discourse.categories.reading import Categories
from connectors.discourse.categories.shape import Category, parent_of
from connectors.discourse.categories.topics import from_topic, to_topic
from connectors.discourse.categories.writing import ReadCategory, Writer
from connectors.discourse.client import PRODUCT, Client
from connectors.discourse.groups.reading import Groups
from connectors.discourse.look import ForumLook
from connectors.kit.batch import Batch, located, text_of
from connectors.kit.client import Entry, text
from connectors.kit.graded import parent_id, parent_key, roster_of_groups
from connectors.kit.rooms import Room, Rosters, Staged, fresh, held_against
from provisioner.model.inventory import (
    UNKNOWN,
    Absent,
    Complete,
    Completeness,
    Observation,
    Partial,
    Present,
    Reading,
    Remote,
    Roster,
    Scope,
    Unknown,
)
from provisioner.model.ports import Resolve
from provisioner.model.resources import FieldName, Kind, ResourceId, Value, marker_of
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text


class CategoryRoom(Room[ForumLook]):
    """Categories and the groups in them."""

    kind = Kind.FORUM_CATEGORY
    operations = steps.OPERATIONS
    fields = shape.FIELDS

    def __init__(self, target: str, client: Client, groups: Groups) -> None:
        self._target = target
        self._client = client
        self._categories = Categories(client, groups)
        self._writer = Writer(client, groups)

    def objection(self, name: str) -> Text | None:
        """One to fifty characters."""
        return shape.objection(name)

    def canonical_name(self, name: str) -> str:
        """Below one parent names differ by more than their letters' size."""
        return name.strip().lower()

    def canonical(self, field: FieldName, value: Value) -> Value:
        """See `shape.canonical`."""
        return shape.canonical(field, value)

    def address(self, remote_id: str, name: str) -> str:  # noqa: ARG002 - it finds its way by the id
        """Leads on to the address with the name of the day."""
        return f"{self._client.settings.url}/c/{remote_id}"

    # --- reading -----------------------------------------------------------------------------------------------

    def observe(self, look: ForumLook) -> tuple[Observation, Rosters]:
        """All by name and parent; two requests for each that anybody asks about and whose turn it is."""
        if look.interest.only is not None:
            return self._observe_few(look)
        scope, listed = look.scope(self._target, self.kind), self._categories.listed()
        completeness: Completeness = Complete(scope)
        if not listed and look.tied(self.kind):
            completeness = Partial(scope, Text.of("discourse.categories_emptied"))
        objects: dict[str, Remote] = {}
        rosters: dict[tuple[Kind, str], Roster] = {}
        for identifier, entry in listed.items():
            remote = self._listed(identifier, entry, look)
            if look.has_turn(remote, self.kind):
                category = self._categories.found(identifier)
                if category is None:
                    completeness = Partial(scope, Text.of("kit.list_moved", count=1))
                    continue
                remote = self._remote(category, look)
                rosters[self.kind, identifier] = self._roster(category)
            objects[identifier] = remote
        for identifier in sorted(look.tied(self.kind) - listed.keys()):  # read itself before anybody thinks it gone
            category = self._categories.found(identifier)
            if category is not None:
                objects[identifier] = self._remote(category, look)
                rosters[self.kind, identifier] = self._roster(category)
        return Observation(completeness, objects), rosters

    def _observe_few(self, look: ForumLook) -> tuple[Observation, Rosters]:
        """Two requests each that is tied; one list where one is sought by its name."""
        sought, objects, rosters = look.sought(self.kind), dict[str, Remote](), dict[tuple[Kind, str], Roster]()
        listed: dict[str, Entry] | None = None
        for one in sought:
            ids = [one.remote_id] if one.remote_id is not None else []
            if one.remote_id is None and one.name:
                listed = self._categories.listed() if listed is None else listed
                name = self.canonical_name(one.name)
                ids = [each for each, entry in listed.items() if self.canonical_name(text(entry, "name")) == name]
            for identifier in ids:
                category = self._categories.found(identifier)
                if category is not None:
                    objects[identifier] = self._remote(category, look)
                    rosters[self.kind, identifier] = self._roster(category)
        return Observation(Complete(look.scope(self._target, self.kind)), objects), rosters

    def _listed(self, identifier: str, entry: Entry, look: ForumLook) -> Remote:
        """What a list tells."""
        name, parent = text(entry, "name"), parent_key(self.kind, parent_of(entry), look.interest.keys)
        fields: dict[FieldName, Value | Unknown] = {
            "name": name,
            "parent": parent,
            "open": UNKNOWN,
            "first_topic": UNKNOWN,
        }
        return Remote(identifier, name, fields, identifier)

    def _remote(self, category: Category, look: ForumLook) -> Remote:
        topic = None if category.topic is None else self._categories.about(category.topic)
        fields: dict[FieldName, Value | Unknown] = {
            "name": category.name,
            "parent": parent_key(self.kind, category.parent, look.interest.keys),
            "open": category.open,
            "first_topic": None if topic is None else topic.text,
        }
        return Remote(category.id, category.name, fields, category.id, marker=category.marker)

    def _roster(self, category: Category) -> Roster:
        return roster_of_groups(Complete(Scope(self._target, self.kind, category.id)), category.roles.items())

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """By its mark, among those of its name: two of one name may stand below different parents."""
        for identifier, entry in self._categories.listed().items():
            if self.canonical_name(text(entry, "name")) != self.canonical_name(name):
                continue
            category = self._categories.found(identifier)
            if category is not None and category.marker == marker_of(identity):
                fields: dict[FieldName, Value | Unknown] = {"name": category.name}
                return Present(Remote(identifier, category.name, fields, identifier, marker=category.marker))
        return Absent()

    # --- writing -----------------------------------------------------------------------------------------------

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `connectors.discourse.categories.steps`."""
        return steps.compiled(batch)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The category with its groups; what is to be written over, also its topic."""
        category = self._categories.found(located(step, resolve))
        if step.operation == steps.ERASE:
            return ReadCategory(None if category is None else self._plain(category), category)
        if category is None:
            return held_against(step, None, PRODUCT)
        if step.operation == steps.WRITE:
            return self._verify_topic(step, category)
        held = held_against(step, self._plain(category, step, resolve), PRODUCT)
        if isinstance(held, Moved):
            return held
        roles, wanted = category.roles, cast(Mapping[str, str], step.payload.get("roles", {}))
        for key, were in cast(Mapping[str, str], step.payload.get("were", {})).items():
            role = roles.get(resolve(ResourceId(Kind.GROUP, key)))
            if role not in (were, wanted.get(key)):
                return Moved(Text.of("discourse.right_moved", name=step.name))
        return ReadCategory(held.remote, category)

    def _plain(self, category: Category, step: Step | None = None, resolve: Resolve | None = None) -> Remote:
        """With the fields that steps expect; a parent under the key by which the step knows it."""
        expected = None if step is None else (step.expects or {}).get("parent")
        parent: Value = parent_key(self.kind, category.parent, {})
        if expected and resolve is not None and parent_id(self.kind, expected, resolve) == category.parent:
            parent = expected
        fields: dict[FieldName, Value | Unknown] = {"name": category.name, "parent": parent, "open": category.open}
        return Remote(category.id, category.name, fields, category.id, marker=category.marker)

    def _verify_topic(self, step: Step, category: Category) -> Verified | Moved:
        topic = None if category.topic is None else self._categories.about(category.topic)
        if topic is None:
            return Moved(Text.of("discourse.no_topic", name=step.name))
        if not topic.is_untouched:
            # Title and text are two writes: after a lost answer one may be done and the other not.
            before, wished = to_topic(text_of(step, "before")), to_topic(text_of(step, "text"))
            seen = to_topic(from_topic(topic.about))
            if seen.title not in (before.title, wished.title) or seen.raw not in (before.raw, wished.raw):
                return Moved(Text.of("discourse.topic_moved", name=step.name))
        return ReadCategory(self._plain(category), category, topic)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write; of a topic its text and its title."""
        if step.operation == steps.CREATE:
            return self._writer.create(step, resolve)
        return self._writer.write(step, located(step, resolve), fresh(step, verified, ReadCategory), resolve)
