"""Writes of categories: hidden until they are as they should be. See `connectors.nodebb.categories.steps`."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.kit.batch import text_of
from connectors.kit.graded import parent_id
from connectors.kit.rooms import erased_already
from connectors.kit.steps import fields_of, member_of
from connectors.nodebb.categories import steps
from connectors.nodebb.categories.reading import Categories
from connectors.nodebb.categories.shape import KEY, Category, Topic, category_of, first_name, raw_of, split_topic
from connectors.nodebb.categories.template import Template
from connectors.nodebb.client import Client, part
from connectors.nodebb.groups.reading import Groups
from connectors.nodebb.privileges import CHIEFS, GIVEN, OUTSIDERS, READING, REGISTERED, Matrix, role_of
from provisioner.model.errors import OutcomeUnknown, Permanent
from provisioner.model.ports import Resolve
from provisioner.model.resources import EdgeRole, Kind, marker_of
from provisioner.model.steps import Done, Step, Verified
from provisioner.model.text import Text


@dataclass(frozen=True, slots=True)
class ReadCategory(Verified):
    """A fresh read, with what else was asked."""

    category: Category | None = None
    matrix: Matrix | None = None
    topic: Topic | None = None


class Writer:
    """Writes to categories of one forum."""

    def __init__(self, client: Client, groups: Groups, categories: Categories, template: Template) -> None:
        self._client = client
        self._groups = groups
        self._categories = categories
        self._template = template
        self._told: tuple[str, Matrix] | None = None
        """Who may do what in the category that was written last, as the server told then."""

    def write(self, step: Step, cid: str, seen: ReadCategory, resolve: Resolve) -> Done:
        """One write, or few that may be repeated, to a category of which that was ``seen`` a moment ago."""
        match step.operation:
            case steps.LET_IN | steps.GRADE:
                self._grade(cid, step, seen.matrix, resolve)
            case steps.TAKE_OUT:
                group = self._groups.get(member_of(step, resolve)).name
                self._take(cid, group, (seen.matrix or self._categories.matrix(cid)).of(group))
            case steps.SHOW:
                self._show(cid, step, resolve)
            case steps.UPDATE:
                self._put(cid, self._body(step, resolve))
            case steps.OPEN:
                self._settle(
                    cid, seen.matrix or self._categories.matrix(cid), open_=fields_of(step).get("open") is True
                )
                if seen.category is None or seen.category.disabled:
                    self._put(cid, {"disabled": 0})
            case steps.TOPIC:
                self._write_topic(cid, step, seen.topic)
            case steps.ERASE:
                if seen.category is None:
                    return erased_already(step, Client.product)
                self._client.change("DELETE", f"/categories/{part(cid)}")
        return Done(cid)

    def forget(self) -> None:
        """The next step asks who may do what."""
        self._told = None

    def create(self, step: Step, resolve: Resolve) -> Done:
        """Hidden, under a name that is made of our mark: its handle, too, stands in no group's or person's way."""
        parent = parent_id(Kind.FORUM_CATEGORY, fields_of(step)["parent"], resolve)
        body: dict[str, object] = {"name": first_name(marker_of(step.id)), "disabled": 1}
        if parent is not None:
            body["parentCid"] = int(parent)
        body["cloneFromCid"] = int(self._template.cid())
        made = category_of(self._client.make("/categories", body, step.name))
        if made is None:
            raise OutcomeUnknown(Text.of("kit.perhaps_created", name=step.name))
        return Done(made.cid)

    def _grade(self, cid: str, step: Step, seen: Matrix | None, resolve: Resolve) -> None:
        """Exactly what a role gives: first what it has too much is taken, what decides the role is given last."""
        role = EdgeRole(text_of(step, "role"))
        group = self._groups.get(member_of(step, resolve)).name
        if group in (*OUTSIDERS, *CHIEFS):
            raise Permanent(Text.of("nodebb.group_reserved", name=group))
        now: frozenset[str] = frozenset()
        if step.remote_id is not None:  # else it is new
            now = (seen or self._categories.matrix(cid)).of(group)
        wanted = GIVEN[role]
        if role_of(now) is role:
            return
        self._take(cid, group, now - set(wanted))
        for privilege in wanted:
            if privilege not in now:
                self._give(cid, group, privilege)

    def _give(self, cid: str, group: str, privilege: str) -> None:
        path = f"/categories/{part(cid)}/privileges/groups:{privilege}"
        self._told = cid, self._categories.told(self._client.change("PUT", path, {"member": group}))

    def _take(self, cid: str, group: str, privileges: frozenset[str]) -> None:
        for privilege in sorted(privileges):
            path = f"/categories/{part(cid)}/privileges/groups:{privilege}/{part(group)}"
            self._told = cid, self._categories.told(self._client.change("DELETE", path))

    def _settle(self, cid: str, matrix: Matrix, *, open_: bool) -> None:
        """Keep everybody out who is not meant, then let in who is."""
        wanted = frozenset(READING) if open_ else frozenset()
        for group in OUTSIDERS:
            self._take(cid, group, matrix.of(group) - (wanted if group == REGISTERED else frozenset()))
        for privilege in READING if open_ else ():
            if privilege not in matrix.of(REGISTERED):
                self._give(cid, REGISTERED, privilege)

    def _show(self, cid: str, step: Step, resolve: Resolve) -> None:
        """Last of all: by now only those whom it is for may read it."""
        told = self._told
        matrix = told[1] if told is not None and told[0] == cid else self._categories.matrix(cid)
        self._settle(cid, matrix, open_=fields_of(step).get("open") is True)
        self._put(cid, {**self._body(step, resolve), "disabled": 0})

    def _body(self, step: Step, resolve: Resolve) -> dict[str, object]:
        fields = fields_of(step)
        body: dict[str, object] = {KEY: marker_of(step.id)}
        if "parent" in fields:
            body["parentCid"] = int(parent_id(Kind.FORUM_CATEGORY, fields["parent"], resolve) or 0)
        body |= {name: fields[name] or "" for name in ("name", "description") if name in fields}
        return body

    def _put(self, cid: str, body: Mapping[str, object]) -> None:
        """What is not there is answered with 200 and nothing (observed)."""
        if category_of(self._client.change("PUT", f"/categories/{part(cid)}", body)) is None:
            raise Permanent(Text.of("nodebb.category_gone", cid=cid))

    def _write_topic(self, cid: str, step: Step, topic: Topic | None) -> None:
        """Edited in place; a new one is pinned."""
        title, content = split_topic(text_of(step, "text"))
        if topic is not None:
            self._client.change("PUT", f"/posts/{part(topic.pid)}", {"title": title, "content": raw_of(content)})
            tid, pinned = topic.tid, topic.pinned
        else:
            body = {"cid": int(cid), "title": title, "content": raw_of(content)}
            made = self._client.make("/topics", body, step.name)
            tid, pinned = str(made.get("tid")), False
        if not pinned:
            self._client.change("PUT", f"/topics/{part(tid)}/pin")
        self._categories.forget_topics()
