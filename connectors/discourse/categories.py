"""Categories as a room: private from the POST that makes them, changed over what was just read, never without rights.

An empty map of rights counts as none, and a new category without any is everybody's (categories_controller.rb, read):
so administrators, who may do everything anyway, stand in every map that would be empty, and in those of categories that
others stand below.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from connectors.discourse import category_steps as steps
from connectors.discourse import names
from connectors.discourse.category_reading import (
    ADMINS,
    AUTOMATIC,
    MANAGERS,
    MARK,
    Categories,
    Category,
    Right,
    Topic,
    parent_of,
)
from connectors.discourse.client import PRODUCT, Client, identifier_of
from connectors.discourse.first_topics import from_topic, to_topic
from connectors.discourse.group_reading import Groups
from connectors.discourse.look import ForumLook
from connectors.kit.batch import Batch, located, text_of
from connectors.kit.client import Entry, segment, text
from connectors.kit.outcomes import creating, perhaps_created
from connectors.kit.rooms import Room, Rosters, Staged, held_against
from provisioner.model.errors import NotAllowed, Permanent, Uncertain
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
from provisioner.model.resources import EdgeRole, FieldName, Kind, Mode, ResourceId, Value, marker_of
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text

LONGEST: Final = 50
_COLOURS: Final = {"color": "0E76BD", "text_color": "FFFFFF"}
"""What a new one begins with."""


@dataclass(frozen=True, slots=True)
class _Read(Verified):
    """A fresh read of a category, and of its topic where that is to be written."""

    category: Category | None = None
    topic: Topic | None = None


class CategoryRoom(Room[ForumLook]):
    """Categories and the groups in them."""

    kind = Kind.FORUM_CATEGORY
    operations = frozenset({steps.CREATE, steps.GRANT, steps.WITHDRAW, steps.WRITE, steps.ERASE})
    fields: Mapping[FieldName, Mode] = {
        "name": Mode.MANAGED,
        "parent": Mode.MANAGED,
        "open": Mode.MANAGED,
        "first_topic": Mode.MANAGED,
    }

    def __init__(self, target: str, client: Client, groups: Groups) -> None:
        self._target = target
        self._client = client
        self._groups = groups
        self._categories = Categories(client, groups)

    def objection(self, name: str) -> Text | None:
        """One to fifty characters."""
        if 1 <= len(name.strip()) <= LONGEST:
            return None
        return Text.of("discourse.category_length", name=name, most=LONGEST)

    def canonical_name(self, name: str) -> str:
        """Below one parent names differ by more than their letters' size."""
        return name.strip().lower()

    def canonical(self, field: FieldName, value: Value) -> Value:
        """See `category_steps.canonical`."""
        return steps.canonical(field, value)

    def address(self, remote_id: str, name: str) -> str:  # noqa: ARG002 - it finds its way by the id
        """Leads on to the address with the name of the day."""
        return f"{self._client.settings.url}/c/{remote_id}"

    # --- reading -----------------------------------------------------------------------------------------------

    def observe(self, look: ForumLook) -> tuple[Observation, Rosters]:
        """All by name and parent; two requests for each that anybody asks about and whose turn it is."""
        if look.interest.only is not None:
            return self._observe_only(look)
        scope = Scope(self._target, self.kind)
        listed = self._categories.listed()
        completeness: Completeness = Complete(scope)
        if not listed and any(kind is self.kind for kind, _ in look.interest.bound):
            completeness = Partial(scope, Text.of("discourse.categories_emptied"))
        objects: dict[str, Remote] = {}
        rosters: dict[tuple[Kind, str], Roster] = {}
        for identifier, entry in listed.items():
            remote = self._listed(identifier, entry, look)
            if look.asks_for_members_of(remote, self.kind) and (self.kind, identifier) not in look.interest.skip:
                category = self._categories.found(identifier)
                if category is None:
                    completeness = Partial(scope, Text.of("kit.list_moved", count=1))
                    continue
                remote = self._remote(category, look)
                rosters[self.kind, identifier] = self._roster(category)
            objects[identifier] = remote
        for identifier in self._missing(look, listed):
            category = self._categories.found(identifier)
            if category is not None:
                objects[identifier] = self._remote(category, look)
                rosters[self.kind, identifier] = self._roster(category)
        return Observation(completeness, objects), rosters

    def _missing(self, look: ForumLook, listed: Mapping[str, Entry]) -> list[str]:
        """What is ours and in no list: read itself before anybody thinks it gone."""
        return sorted(one for kind, one in look.interest.bound if kind is self.kind and one not in listed)

    def _observe_only(self, look: ForumLook) -> tuple[Observation, Rosters]:
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
        only = frozenset(one.id.key for one in sought)
        return Observation(Complete(Scope(self._target, self.kind, only=only)), objects), rosters

    def _listed(self, identifier: str, entry: Entry, look: ForumLook) -> Remote:
        """What a list tells."""
        name = text(entry, "name")
        fields: dict[FieldName, Value | Unknown] = {
            "name": name,
            "parent": self._key_of(parent_of(entry), look),
            "open": UNKNOWN,
            "first_topic": UNKNOWN,
        }
        return Remote(identifier, name, fields, identifier)

    def _remote(self, category: Category, look: ForumLook) -> Remote:
        topic = None if category.topic is None else self._categories.about(category.topic)
        fields: dict[FieldName, Value | Unknown] = {
            "name": category.name,
            "parent": self._key_of(category.parent, look),
            "open": category.open,
            "first_topic": _text_of(topic),
        }
        return Remote(category.id, category.name, fields, category.id, marker=category.marker)

    def _key_of(self, parent: str | None, look: ForumLook) -> str:
        return "" if parent is None else look.interest.keys.get((self.kind, parent), f"#{parent}")

    def _roster(self, category: Category) -> Roster:
        members: dict[tuple[EdgeRole, Kind], set[str]] = {}
        for group, role in category.roles.items():
            members.setdefault((role, Kind.GROUP), set()).add(group)
        complete = Complete(Scope(self._target, self.kind, category.id))
        return Roster(complete, {sort: frozenset(groups) for sort, groups in members.items()})

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
        """See `category_steps`."""
        return steps.compiled(batch)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The category with its groups; what is to be written over, also its topic."""
        category = self._categories.found(located(step, resolve))
        if step.operation == steps.ERASE:
            return _Read(None if category is None else self._plain(category), category)
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
        return _Read(held.remote, category)

    def _plain(self, category: Category, step: Step | None = None, resolve: Resolve | None = None) -> Remote:
        """With the fields that steps expect; a parent under the key by which the step knows it."""
        expected = None if step is None else (step.expects or {}).get("parent")
        parent: Value = "" if category.parent is None else f"#{category.parent}"
        if isinstance(expected, str) and expected and resolve is not None:
            parent = expected if self._parent(expected, resolve) == category.parent else parent
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
        return _Read(self._plain(category), category, topic)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write; of a topic its text and its title."""
        if step.operation == steps.CREATE:
            return self._create(step, resolve)
        identifier = located(step, resolve)
        if not isinstance(verified, _Read):
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        if step.operation == steps.ERASE:
            return self._erase(step, identifier, verified)
        if verified.category is None:
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        if step.operation == steps.WRITE:
            self._write_topic(step, verified.topic)
        else:
            self._put(step, verified.category, resolve)
        return Done(identifier, identifier)

    def _create(self, step: Step, resolve: Resolve) -> Done:
        """With all rights, so that no stranger ever sees it."""
        name = text_of(step, "name")
        wrong = self.objection(name)
        if wrong is not None:
            raise Permanent(wrong)
        fields = cast(Mapping[FieldName, Value], step.payload["fields"])
        parent = self._parent(str(fields.get("parent") or ""), resolve)
        nothing = Category("", name, parent, {}, frozenset(), {}, None, {})
        category = nothing.granting(self._roles(step, resolve), fields.get("open") is True)
        body: dict[str, object] = {"name": name, **_COLOURS, **self._rights(step, category)}
        if parent is not None:
            body["parent_category_id"] = int(parent)
        value = creating(lambda: self._client.write("POST", "/categories.json", body), step.name).value
        entry = value.get("category") if isinstance(value, dict) else None
        made = identifier_of(entry) if isinstance(entry, dict) else ""
        if not made:
            raise perhaps_created(step.name, "no id")
        return Done(made, made)

    def _put(self, step: Step, category: Category, resolve: Resolve) -> None:
        """Over what was just read: what a PUT leaves out of these is wiped (categories_controller.rb, update)."""
        fields = cast(Mapping[FieldName, Value], step.payload.get("fields", {}))
        kept = {key: category.entry.get(key) for key in ("color", "text_color", "email_in", "minimum_required_tags")}
        body: dict[str, object] = {"name": fields.get("name", category.name), **kept}
        if "parent" in fields:
            parent = self._parent(str(fields["parent"] or ""), resolve)
            body["parent_category_id"] = None if parent is None else int(parent)
        roles: dict[str, EdgeRole | None] = dict(self._roles(step, resolve))
        if step.operation == steps.WITHDRAW:
            were = cast(Mapping[str, str], step.payload["were"])
            roles = {resolve(ResourceId(Kind.GROUP, key)): None for key in were}
        opened = fields.get("open")
        changed = category.granting(roles, opened if isinstance(opened, bool) else None)
        body |= self._rights(step, changed)
        self._client.write("PUT", f"/categories/{segment(category.id, PRODUCT)}.json", body)

    def _roles(self, step: Step, resolve: Resolve) -> dict[str, EdgeRole | None]:
        roles = cast(Mapping[str, str], step.payload.get("roles", {}))
        return {resolve(ResourceId(Kind.GROUP, key)): EdgeRole(role) for key, role in roles.items()}

    def _rights(self, step: Step, category: Category) -> dict[str, object]:
        """The whole map, by the names that groups have now; who moderates; our marks."""
        rights = dict(category.rights)
        if not rights or step.id.key.startswith("bodies:"):
            rights.setdefault(ADMINS, Right.FULL)
        named: dict[str, int] = {}
        for group, right in rights.items():
            name = AUTOMATIC.get(group) or self._groups.name_of(group)
            if name is None:
                raise Permanent(Text.of("discourse.group_gone", name=step.name))
            if names.AUTOMATIC.get(name.lower(), group) != group:
                raise Permanent(Text.of("discourse.group_reserved", name=name))
            named[name] = int(right)
        moderating = sorted(category.moderating & rights.keys(), key=int)
        return {
            "permissions": named,
            "moderating_group_ids": [int(group) for group in moderating],
            "custom_fields": {MARK: marker_of(step.id), MANAGERS: ",".join(moderating)},
        }

    def _parent(self, parent: str, resolve: Resolve) -> str | None:
        """Remote id of a parent: ours by its key, somebody else's as it was read."""
        if not parent:
            return None
        return parent[1:] if parent.startswith("#") else resolve(ResourceId(self.kind, parent))

    def _write_topic(self, step: Step, topic: Topic | None) -> None:
        """In place, so that links to it stay; nothing is bumped, nobody told."""
        if topic is None:
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        wanted = to_topic(text_of(step, "text"))
        if wanted.title and wanted.title != topic.about.title:
            self._client.write("PUT", f"/t/-/{segment(topic.id, PRODUCT)}.json", {"title": wanted.title})
        body = {"post": {"raw": wanted.raw, "edit_reason": "re@di"}, "bypass_bump": True}
        self._client.write("PUT", f"/posts/{segment(topic.post, PRODUCT)}.json", body)

    def _erase(self, step: Step, identifier: str, verified: _Read) -> Done:
        """Only while nobody wrote anything in it, and nothing stands below."""
        if verified.category is None:
            return Done(identifier, note=Text.of("kit.erased_already", name=step.name, product=PRODUCT))
        try:
            self._client.write("DELETE", f"/categories/{segment(identifier, PRODUCT)}.json")
        except NotAllowed as error:
            raise Permanent(Text.of("discourse.category_in_use", name=step.name), error.detail) from error
        return Done(identifier, identifier)


def _text_of(topic: Topic | None) -> str | None:
    """What somebody wrote there; None: nobody did yet."""
    return None if topic is None or topic.is_untouched else from_topic(topic.about)
