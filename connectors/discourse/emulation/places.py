"""Categories: app/controllers/categories_controller.rb, app/models/category.rb and category_list.rb."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from connectors.discourse.emulation.calls import Part, body_of, number_in, required
from connectors.discourse.emulation.refusing import no_access, not_found, unprocessable
from connectors.discourse.emulation.state import (
    AUTOMATIC,
    CREATE_POST,
    EVERYONE,
    FULL,
    READ_ONLY,
    Category,
    User,
)
from connectors.kit.emulation import Call, route
from provisioner.emulation import Response

_PREFIX: Final = "About the {} category"
_TEMPLATE: Final = (
    "(Replace this first paragraph with a brief description of your new category. This guidance will appear in the"
    " category selection area, so try to keep it below 200 characters.)\n\nUse the following paragraphs for a longer"
    " description, or to establish category guidelines or rules."
)
_LONGEST: Final = 50
_PAGE, _BELOW = 20, 5
"""Of a site that loads lazily: categories of a page, and of those below each."""
_COLOUR: Final = re.compile(r"[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?")


class Places(Part):
    """Categories, with who may do what in them."""

    @route("GET", "/categories.json")
    def index(self, call: Call) -> Response:
        """Those at the top, with those below when asked; neither rights nor custom fields.

        All on the first page, unless the site loads lazily: then twenty, followed by up to five below each.
        """
        asker = self.asker(call)
        self._demand_login(asker)
        parent, lazily = number_in(call, "parent_category_id") or None, self.world.site.lazy_load_categories
        page, found = max(number_in(call, "page", 1), 1), self._seen(parent, asker)
        if lazily:
            found = found[(page - 1) * _PAGE : page * _PAGE]
        elif page > 1:
            found = []
        listed = []
        for category in found:
            said = self._basic(category)
            below = self._seen(category.id, asker)
            said["subcategory_ids"] = [one.id for one in below]
            if call.query.get("include_subcategories") == "true" and not lazily:
                said["subcategory_list"] = [self._basic(one) for one in below]
            listed.append(said)
        if lazily and parent is None:
            some = [one for category in found for one in self._seen(category.id, asker)[:_BELOW]]
            listed += [{**self._basic(one), "subcategory_ids": []} for one in some]
        return Response.json({"category_list": {"can_create_category": asker is not None, "categories": listed}})

    @route("GET", r"/c/{id:\d+}/show.json")
    def show(self, call: Call) -> Response:
        asker = self.asker(call)
        self._demand_login(asker)
        category = self._category(call)
        if not self.world.may_see(asker, category):
            raise no_access()
        return Response.json({"category": self._whole(category, asker)})

    @route("POST", "/categories.json")
    def create(self, call: Call) -> Response:
        """Public, unless rights are given; an empty map of rights counts as none (``params.permit``)."""
        self.require_editor(call)
        given = body_of(call)
        required(given, "name")
        category = Category(0, "", "", color=str(given.get("color") or "0088CC"))
        rights = self._rights(given)
        self._check(category, given, rights)
        category.id = self.world.number("category")
        self.world.categories[category.id] = category
        self._save(category, given, rights)
        self.world.define(category, _PREFIX.format(category.name), _TEMPLATE)
        return Response.json({"category": self._whole(category, self.asker(call))})

    @route("PUT", r"/categories/{id:\d+}.json")
    def update(self, call: Call) -> Response:
        """What is not sent stays, but for the address by which mails come in and the number of tags: these go."""
        self.require_editor(call)
        category, given = self._category(call), body_of(call)
        rights, before = self._rights(given), category.name
        self._check(category, given, rights)
        self._save(category, given, rights)
        category.email_in = str(given["email_in"]).lower() if given.get("email_in") else None
        category.minimum_required_tags = int(given.get("minimum_required_tags") or 0)
        topic = self.world.topics.get(category.topic)
        if topic is not None and topic.title == _PREFIX.format(before):  # rename_category_definition
            topic.title = _PREFIX.format(category.name)
        return Response.json({"success": "OK", "category": self._whole(category, self.asker(call))})

    @route("DELETE", r"/categories/{id:\d+}.json")
    def destroy(self, call: Call) -> Response:
        """Only while nothing is in it but what it begins with (Guardian#can_delete?)."""
        self.require_editor(call)
        category = self._category(call)
        inside = [one for one in self.world.topics.values() if one.category == category.id]
        if any(self.world.children_of(category.id)) or any(one.id != category.topic for one in inside):
            raise no_access()
        del self.world.categories[category.id]
        self.world.topics.pop(category.topic, None)
        return Response.json({"success": "OK"})

    def _demand_login(self, asker: User | None) -> None:
        if self.world.site.login_required and asker is None:
            raise no_access("You need to be logged in to do that.")

    def _seen(self, parent: int | None, asker: User | None) -> list[Category]:
        return [one for one in self.world.children_of(parent) if self.world.may_see(asker, one)]

    def _category(self, call: Call) -> Category:
        found = self.world.categories.get(int(call.places["id"]))
        if found is None:
            raise not_found()
        return found

    def _rights(self, given: Mapping[str, Any]) -> dict[int, int] | None:
        """Group → what it may; None: nothing is said of it. An unknown group is an error (Group.lookup_group)."""
        said = given.get("permissions")
        if not isinstance(said, dict) or not said:
            return None
        rights: dict[int, int] = {}
        for name, right in said.items():
            number = AUTOMATIC.get(name)
            if number is None:
                found = next((one for one in self.world.groups.values() if self.world.name_of(one) == name), None)
                if found is None:
                    raise unprocessable("unknown group")
                number = found.id
            rights[number] = int(right)
        return rights

    def _check(self, category: Category, given: Mapping[str, Any], rights: dict[int, int] | None) -> None:
        """The validations of app/models/category.rb, in its order."""
        name = str(given.get("name") or category.name).strip()
        parent = self._parent(given, category)
        if name != category.name or parent != category.parent:
            if not 1 <= len(name) <= _LONGEST:
                raise unprocessable(f"Category Name is too long (maximum is {_LONGEST} characters)")
            for other in self.world.children_of(parent):
                if other is not category and other.name.lower() == name.lower():
                    raise unprocessable("Category Name has already been taken")
        if not _COLOUR.fullmatch(str(given.get("color") or category.color)):
            raise unprocessable("Color is invalid")
        self._check_depth(category, parent)
        resolved = None if rights is None else _resolved(rights)[1]
        if parent is not None and (resolved is not None or parent != category.parent):
            mine = resolved if resolved is not None else category.permissions
            self._check_fits(self.world.categories[parent].permissions, mine or {EVERYONE: FULL}, when_open=True)
        elif resolved:
            for child in self.world.children_of(category.id if category.id else -1):
                self._check_fits(resolved, child.permissions or {EVERYONE: FULL}, when_open=False)

    def _check_fits(self, above: dict[int, int], below: dict[int, int], *, when_open: bool) -> None:
        """Whoever is let into what stands below is let into what stands above; how far does not matter."""
        if (when_open and not above) or EVERYONE in above:
            return
        missing = [self.world.name_of(self.world.groups[one]) for one in below if one not in above]
        if missing:
            names = ", ".join(sorted(missing))
            raise unprocessable(
                f"Subcategory permissions cannot be less restrictive than the parent's. The following groups do not"
                f" have access to the parent category: {names}"
            )

    def _check_depth(self, category: Category, parent: int | None) -> None:
        if parent is None:
            return
        if parent not in self.world.categories:
            raise unprocessable("Parent category not found!")
        if parent == category.id:
            raise unprocessable("A subcategory's parent cannot be itself")
        height, above = 1, self.world.categories[parent]
        while above.parent is not None:
            height, above = height + 1, self.world.categories[above.parent]
        depth = 1 + any(self.world.children_of(category.id or -1))
        if height + depth > self.world.site.max_category_nesting:
            raise unprocessable("You can't nest a subcategory under another one")

    def _save(self, category: Category, given: Mapping[str, Any], rights: dict[int, int] | None) -> None:
        category.name = str(given.get("name") or category.name).strip()
        category.parent = self._parent(given, category)
        category.slug = str(given.get("slug") or category.slug) or _slug(category.name)
        for key in ("color", "text_color"):
            if given.get(key):
                setattr(category, key, str(given[key]))
        if rights is not None:
            category.read_restricted, category.permissions = _resolved(rights)
        if self.world.site.enable_category_group_moderation and isinstance(given.get("moderating_group_ids"), list):
            known = self.world.groups.keys()
            category.moderating = [int(one) for one in given["moderating_group_ids"] if int(one) in known]
        for key, value in (given.get("custom_fields") or {}).items():
            if value:
                category.custom_fields[key] = str(value)
            else:
                category.custom_fields.pop(key, None)

    @staticmethod
    def _parent(given: Mapping[str, Any], category: Category) -> int | None:
        if "parent_category_id" not in given:
            return category.parent
        said = given["parent_category_id"]
        return int(said) if said else None

    def _basic(self, category: Category) -> dict[str, object]:
        topic = self.world.topics.get(category.topic)
        said: dict[str, object] = {
            "id": category.id,
            "name": category.name,
            "color": category.color,
            "text_color": category.text_color,
            "slug": category.slug,
            "description": category.description,
            "topic_url": None if topic is None else f"/t/{_slug(topic.title)}/{topic.id}",
            "read_restricted": category.read_restricted,
        }
        return said if category.parent is None else said | {"parent_category_id": category.parent}

    def _whole(self, category: Category, asker: User | None) -> dict[str, object]:
        """CategorySerializer: who may edit it sees the rights; who moderates it is told while the site has that."""
        said = self._basic(category) | {
            "custom_fields": dict(category.custom_fields),
            "minimum_required_tags": category.minimum_required_tags,
        }
        if asker is None or not asker.admin:
            return said
        rights = category.permissions
        if not rights and not category.read_restricted:
            rights = {EVERYONE: FULL}
        told = [(one, self.world.name_of(self.world.groups[one]), right) for one, right in rights.items()]
        with_ids = self.world.site.tells_group_ids
        said["group_permissions"] = [
            {"permission_type": right, "group_name": name} | ({"group_id": one} if with_ids else {})
            for one, name, right in sorted(told, key=lambda each: each[1])
        ]
        said["email_in"] = category.email_in
        if self.world.site.enable_category_group_moderation:
            said["moderating_group_ids"] = list(category.moderating)
        return said


def _resolved(rights: dict[int, int]) -> tuple[bool, dict[int, int]]:
    """Category.resolve_permissions: everybody everything is no rights at all; everybody reads, so do strangers."""
    if rights.get(EVERYONE) == FULL:
        return False, {}
    if not set(rights.values()) <= {FULL, CREATE_POST, READ_ONLY}:
        raise unprocessable("invalid permission")
    return EVERYONE not in rights, dict(rights)


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
