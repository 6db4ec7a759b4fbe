"""Writes of categories: private from the POST that makes them, changed over what was just read, never without rights.

An empty map of rights counts as none, and a new category without any is everybody's (categories_controller.rb, read):
so administrators, who may do everything anyway, stand in every map that would be empty, and in those of categories that
others stand below.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from connectors.discourse import names
from connectors.discourse.categories import steps
from connectors.discourse.categories.shape import ADMINS, AUTOMATIC, MANAGERS, MARK, Category, Right, Topic, objection
from connectors.discourse.categories.topics import to_topic
from connectors.discourse.client import PRODUCT, Client, identifier_of
from connectors.discourse.groups.reading import Groups
from connectors.kit.batch import text_of
from connectors.kit.client import segment
from connectors.kit.graded import parent_id
from connectors.kit.outcomes import creating, perhaps_created
from connectors.kit.rooms import erased_already
from connectors.kit.steps import fields_of
from provisioner.model.errors import NotAllowed, Permanent, Uncertain
from provisioner.model.ports import Resolve
from provisioner.model.resources import EdgeRole, Kind, ResourceId, marker_of
from provisioner.model.steps import Done, Step, Verified
from provisioner.model.text import Text

_COLOURS: Final = {"color": "0E76BD", "text_color": "FFFFFF"}
"""What a new one begins with."""


@dataclass(frozen=True, slots=True)
class ReadCategory(Verified):
    """A fresh read of a category, and of its topic where that is to be written."""

    category: Category | None = None
    topic: Topic | None = None


class Writer:
    """Writes to categories of one forum."""

    def __init__(self, client: Client, groups: Groups) -> None:
        self._client = client
        self._groups = groups

    def write(self, step: Step, identifier: str, seen: ReadCategory, resolve: Resolve) -> Done:
        """One write to a category that was ``seen`` a moment ago; of a topic its text and its title."""
        if step.operation == steps.ERASE:
            return self._erase(step, identifier, seen)
        if seen.category is None:
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        if step.operation == steps.WRITE:
            self._write_topic(step, seen.topic)
        else:
            self._put(step, seen.category, resolve)
        return Done(identifier, identifier)

    def create(self, step: Step, resolve: Resolve) -> Done:
        """With all rights, so that no stranger ever sees it."""
        name = text_of(step, "name")
        wrong = objection(name)
        if wrong is not None:
            raise Permanent(wrong)
        fields = fields_of(step)
        parent = parent_id(Kind.FORUM_CATEGORY, fields.get("parent"), resolve)
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
        fields = fields_of(step)
        kept = {key: category.entry.get(key) for key in ("color", "text_color", "email_in", "minimum_required_tags")}
        body: dict[str, object] = {"name": fields.get("name", category.name), **kept}
        if "parent" in fields:
            parent = parent_id(Kind.FORUM_CATEGORY, fields["parent"], resolve)
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

    def _write_topic(self, step: Step, topic: Topic | None) -> None:
        """In place, so that links to it stay; nothing is bumped, nobody told."""
        if topic is None:
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        wanted = to_topic(text_of(step, "text"))
        if wanted.title and wanted.title != topic.about.title:
            self._client.write("PUT", f"/t/-/{segment(topic.id, PRODUCT)}.json", {"title": wanted.title})
        body = {"post": {"raw": wanted.raw, "edit_reason": "re@di"}, "bypass_bump": True}
        self._client.write("PUT", f"/posts/{segment(topic.post, PRODUCT)}.json", body)

    def _erase(self, step: Step, identifier: str, seen: ReadCategory) -> Done:
        """Only while nobody wrote anything in it, and nothing stands below."""
        if seen.category is None:
            return erased_already(step, PRODUCT)
        try:
            self._client.write("DELETE", f"/categories/{segment(identifier, PRODUCT)}.json")
        except NotAllowed as error:
            raise Permanent(Text.of("discourse.category_in_use", name=step.name), error.detail) from error
        return Done(identifier, identifier)
