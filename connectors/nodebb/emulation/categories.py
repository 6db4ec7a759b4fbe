"""Categories over HTTP, with who may do what in each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from connectors.kit.emulation import Call, Refused, route
from connectors.nodebb.emulation.calls import Part, body_of, done, number, switch, text, uid_of
from connectors.nodebb.emulation.refusing import Plain, no_privileges
from connectors.nodebb.emulation.things import ADMINISTRATORS, EPHEMERAL, PRIVILEGES, SYSTEM, Category, Group
from connectors.nodebb.slugs import slug
from provisioner.emulation import Response

_CATEGORY: Final = "/api/v3/categories/{cid}"
_PRIVILEGE: Final = _CATEGORY + "/privileges/{privilege}"
_KEYS: Final = frozenset([*PRIVILEGES, *(f"groups:{name}" for name in PRIVILEGES)])
WORLD: Final[dict[str, Any]] = {
    "cid": -1, "name": "[[category:uncategorized]]", "description": "", "icon": "fa-globe", "slug": "../world",
    "parentCid": 0, "disabled": 0, "handle": "world", "link": "", "class": "",
}  # fmt: skip
"""What no category is and all lists begin with."""
_SAID: Final = ("description", "icon", "bgColor", "color", "link", "class")
_CLONED: Final = (
    "description", "icon", "bgColor", "color", "link", "numRecentReplies", "class", "image", "imageClass",
    "minTags", "maxTags",
)  # fmt: skip
_IN_ADMIN_LIST: Final = (
    "cid", "name", "icon", "parentCid", "disabled", "link", "order", "color", "bgColor", "imageClass",
    "subCategoriesPerPage", "description",
)  # fmt: skip


class Categories(Part):
    """Everything below /categories."""

    @route("GET", "/api/v3/categories")
    def listed(self, call: Call) -> Response:
        """All that one may find, unpaged, but for disabled ones, whoever asks."""
        shown = [one for one in self._sorted() if self.world.may("find", uid_of(call), one.cid)]
        return done({"categories": [WORLD, *(self.shown(one) for one in shown)]})

    @route("GET", _CATEGORY)
    def read(self, call: Call) -> Response:
        """Disabled ones too. What is not there, or not for whoever asks: 200 and nothing."""
        category = self.category(call)
        if category is None or not self._may_read(uid_of(call), category):
            return done()
        return done(self.shown(category))

    @route("GET", _CATEGORY + "/children")
    def children(self, call: Call) -> Response:
        category = self.category(call)
        if category is None:
            raise Refused(404, "Category does not exist")
        if not self.world.may("read", uid_of(call), category.cid):
            raise no_privileges()
        below = [one for one in self.world.children(category.cid) if self.world.may("find", uid_of(call), one.cid)]
        return done({"categories": [self.shown(one) for one in below]})

    @route("GET", "/api/category/{cid}")
    @route("GET", "/api/category/{cid}/{slug}")
    def page(self, call: Call) -> Response:
        """What people see of it: its topics."""
        category = self.category(call)
        if category is None or category.disabled:
            raise Plain(call.request)
        if not self._may_read(uid_of(call), category):
            raise Refused(403 if uid_of(call) else 401)
        own = [one for one in self.world.topics.values() if one.cid == category.cid]
        told = [{"tid": one.tid, "title": one.title, "uid": one.uid} for one in own]
        return Response.json({**self.shown(category), "topics": told})

    @route("POST", "/api/v3/categories")
    def add(self, call: Call) -> Response:
        """Public at once unless disabled; with a parent that need not exist, under a name that others may have."""
        self.logged_in(call)
        self.required(call, "name")
        self.administrates(call, "admin:categories")
        body = body_of(call)
        category = self.world.add_category(
            text(body, "name"),
            parent=_whole(body.get("parentCid")),
            disabled=bool(body.get("disabled")),
            order=_whole(body.get("order")),
        )
        category.fields |= {name: text(body, name) for name in _SAID if body.get(name)}
        source = _whole(body.get("cloneFromCid"))
        if source:
            self._clone(self._source(source), category, with_parent=not category.parent)
        return done(self.shown(category))

    @route("PUT", _CATEGORY)
    def change(self, call: Call) -> Response:
        """Fields that nobody knows are kept, too. What is not there: 200 and nothing."""
        self.logged_in(call)
        self.administrates(call, "admin:categories")
        category = self.category(call)
        if category is None:
            return done()
        body = dict(body_of(call))
        if "parentCid" in body:
            self._move(category, _whole(body.pop("parentCid")))
        handle = body.pop("handle", category.fields["handle"])
        if handle != category.fields["handle"] and self.world.is_taken(handle):
            raise Refused(400, "Category handle is already taken, please choose another.")
        if "name" in body:
            category.fields["slug"] = f"{category.cid}/{slug(text(body, 'name'))}"
        if "disabled" in body:
            body["disabled"] = 1 if switch(body["disabled"]) else 0
        # The store keeps texts: a number comes back as one, unless it is of those that are read as numbers.
        kept = {name: value if name in category.fields else str(value) for name, value in body.items()}
        category.fields |= {**kept, "handle": handle}
        return done(self.shown(category))

    @route("DELETE", _CATEGORY)
    def remove(self, call: Call) -> Response:
        """With all topics; categories below it come to the top. What is not there: 200 all the same."""
        self.logged_in(call)
        self.administrates(call, "admin:categories")
        category = self.category(call)
        if category is not None:
            for child in list(self.world.children(category.cid)):
                child.fields["parentCid"] = 0
            for tid in [topic.tid for topic in self.world.topics.values() if topic.cid == category.cid]:
                del self.world.topics[tid]
            del self.world.categories[category.cid]
            self.world.forget_names()
        return done()

    # --- who may what ------------------------------------------------------------------------------------------

    @route("GET", _CATEGORY + "/privileges")
    def privileges(self, call: Call) -> Response:
        self.logged_in(call)
        self.administrates(call, "admin:privileges")
        if call.places["cid"] == "0":
            rights = sorted({one for many in self.world.rights.values() for one in many})
            told = [
                {"uid": uid, "privileges": {one: one in has for one in rights}}
                for uid, has in self.world.rights.items()
            ]
            return done({"users": told, "groups": []})
        return done(self._matrix(self.category(call)))

    @route("PUT", _PRIVILEGE)
    def give(self, call: Call) -> Response:
        """A privilege or category that is unknown is passed over without a word; a group or user is not."""
        self.logged_in(call)
        self.required(call, "member")
        return self._set(call, str(body_of(call)["member"]), given=True)

    @route("DELETE", _PRIVILEGE)
    @route("DELETE", _PRIVILEGE + "/{member}")
    def take(self, call: Call) -> Response:
        return self._set(call, call.places.get("member") or text(body_of(call), "member"), given=False)

    @route("PUT", _CATEGORY + "/moderator/{uid}")
    @route("DELETE", _CATEGORY + "/moderator/{uid}")
    def moderator(self, call: Call) -> Response:
        """All privileges of a user at once."""
        self.administrates(call, "admin:admins-mods")
        category, uid = self.category(call), call.places["uid"]
        if category is None:
            raise Refused(404, "Category does not exist")
        for privilege in PRIVILEGES:
            if call.request.method == "PUT":
                self.world.give(category, privilege, uid)
            else:
                self.world.rescind(category, privilege, uid)
        return done(self._matrix(category))

    def _set(self, call: Call, member: str, *, given: bool) -> Response:
        self.logged_in(call)
        self.administrates(call, "admin:privileges")
        is_user = member.isascii() and member.isdigit() and int(member) in self.world.users
        if not (is_user or member in self.world.groups or member in EPHEMERAL):
            raise Refused(400, "[[error:no-user-or-group]]")
        category, privilege = self.category(call), call.places["privilege"]
        if category is None:
            category = self.world.phantoms.setdefault(number(call, "cid"), Category(0, {}, {}))
        if privilege in _KEYS:
            (self.world.give if given else self.world.rescind)(category, privilege, member)
        return done(self._matrix(category))

    def _matrix(self, category: Category | None) -> dict[str, Any]:
        """Groups that have something, as far as it remembers their names; the system's own are always there."""
        given = {} if category is None else category.privileges
        having = {name for members in given.values() for name in members}
        names = [name for name in SYSTEM if name != ADMINISTRATORS]
        remembered = [group.name for group in self.world.listed_groups() if not group.system]
        names += [*EPHEMERAL, *(name for name in remembered if name in having)]
        told = []
        for name in names:
            group = self.world.groups.get(name, Group(name, 0, system=True))
            privileges = {f"groups:{one}": name in given.get(f"groups:{one}", {}) for one in PRIVILEGES}
            one = {"name": name, "privileges": privileges, "isPrivate": group.private, "isSystem": group.system}
            told.append(one)
        keys = {"users": list(PRIVILEGES), "groups": [f"groups:{one}" for one in PRIVILEGES]}
        return {"groups": told, "users": self._users(given), "keys": keys}

    def _users(self, given: dict[str, dict[str, None]]) -> list[dict[str, Any]]:
        uids = {uid for name in PRIVILEGES for uid in given.get(name, {})}
        return [
            {"uid": int(uid), "privileges": {name: uid in given.get(name, {}) for name in PRIVILEGES}}
            for uid in sorted(uids)
        ]

    # --- lists of administrators -------------------------------------------------------------------------------

    @route("GET", "/api/admin/manage/categories")
    def tree(self, call: Call) -> Response:
        """All, disabled ones too, page by page of the upper ones; of those below only the first of each."""
        self.page_of(call, "admin:categories")
        root, page, size = (
            int(call.query.get("cid", "0")),
            int(call.query.get("page", "1")),
            self.world.categories_per_page,
        )
        below = list(self.world.children(root))
        count = max(1, -(-len(below) // size))
        start = (min(max(1, page), count) - 1) * size
        shown = [self._branch(one) for one in below[start : start + size]]
        if root and root in self.world.categories:
            shown = [{**self._row(self.world.categories[root]), "children": shown}]
        told = {"categoriesTree": shown, "categoriesPerPage": size}
        return Response.json({**told, "pagination": {"currentPage": page, "pageCount": count}})

    def _branch(self, category: Category) -> dict[str, Any]:
        most, below = int(category.fields["subCategoriesPerPage"]), list(self.world.children(category.cid))
        children = [self._branch(one) for one in below[:most]]
        more = {"hasMoreSubCategories": len(below) > most, "subCategoriesLeft": max(0, len(below) - most)}
        return {**self._row(category), "children": children, **more}

    def _row(self, category: Category) -> dict[str, Any]:
        told = {name: category.fields.get(name) for name in _IN_ADMIN_LIST}
        return {**told, "icon": category.fields["icon"] or "hidden"}

    # --- the rest ----------------------------------------------------------------------------------------------

    def shown(self, category: Category) -> dict[str, Any]:
        told = {**category.fields, "descriptionParsed": category.fields["description"]}
        topics = sum(topic.cid == category.cid for topic in self.world.topics.values())
        return {**told, "icon": category.fields["icon"] or "hidden", "topic_count": topics, "totalTopicCount": topics}

    def _sorted(self) -> Iterable[Category]:
        return sorted(self.world.categories.values(), key=lambda one: (int(one.fields["order"]), one.cid))

    def _may_read(self, uid: int, category: Category) -> bool:
        return self.world.is_admin(uid) or self.world.allowed("read", uid, category)

    def _source(self, cid: int) -> Category:
        if cid not in self.world.categories:
            raise Refused(400, "Invalid Category ID")  # and the new one stays: public, unless disabled
        return self.world.categories[cid]

    def _clone(self, source: Category, category: Category, *, with_parent: bool) -> None:
        for name in _CLONED:
            if name in source.fields:
                category.fields[name] = source.fields[name]
        if with_parent:
            category.fields["parentCid"] = source.parent
        category.privileges = {name: dict(members) for name, members in source.privileges.items() if members}

    def _move(self, category: Category, parent: int) -> None:
        if parent == category.cid:
            raise Refused(400, "Can't set self as parent category")
        above: int | None = parent
        while above in self.world.categories:
            above = self.world.categories[above].parent
            if above == category.cid:
                raise Refused(400, "Can't set child as parent category")
        category.fields["parentCid"] = parent


def _whole(value: Any) -> int:
    """An id as bodies have it, as a number or a text; 0 for none."""
    return int(value) if str(value).lstrip("-").isdigit() else 0
