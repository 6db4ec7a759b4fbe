"""Categories as a room of the connector: hidden until they are as they should be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

from connectors.kit.batch import Batch, located, text_of
from connectors.kit.rooms import Look, Room, Rosters, Staged, erased_already, held_against
from connectors.nodebb import categories
from connectors.nodebb import category_steps as steps
from connectors.nodebb.categories import KEY, Category, category_of, first_name, raw_of, split_topic
from connectors.nodebb.category_reading import Categories, Topic
from connectors.nodebb.client import Client, part
from connectors.nodebb.group_reading import Groups
from connectors.nodebb.privileges import CHIEFS, GIVEN, OUTSIDERS, READING, REGISTERED, Matrix, is_between, role_of
from connectors.nodebb.template import MAKING, MARK, Template
from provisioner.model.errors import OutcomeUnknown, Permanent
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
    Unreadable,
)
from provisioner.model.ports import Resolve
from provisioner.model.resources import EdgeRole, FieldName, Kind, ResourceId, Value, marker_of
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text
from provisioner.model.words import edge_word


@dataclass(frozen=True, slots=True)
class ReadCategory(Verified):
    """A fresh read, with what else was asked."""

    category: Category | None = None
    matrix: Matrix | None = None
    topic: Topic | None = None


class CategoryRoom(Room[Look]):
    """See `connectors.nodebb.category_steps` for the order of writes."""

    kind = Kind.FORUM_CATEGORY
    fields = categories.FIELDS
    operations = steps.OPERATIONS
    sharing = frozenset({steps.LET_IN, steps.SHOW})

    def __init__(self, client: Client, target: str, groups: Groups) -> None:
        self._client = client
        self._target = target
        self._groups = groups
        self._categories = Categories(client)
        self._template = Template(client, self._categories)
        self._keys: Mapping[tuple[Kind, str], str] = {}
        self._told: tuple[str, Matrix] | None = None
        """Who may do what in the category that was written last, as the server told then."""

    def knows_us_as(self, slug: str) -> None:
        """Our account's, which was read for something else."""
        self._categories.own_slug = slug

    def objection(self, name: str) -> Text | None:
        """Why none of this name is made."""
        return categories.objection(name)

    def canonical_name(self, name: str) -> str:
        """Names differ by case; without blanks around them."""
        return name.strip()

    def canonical(self, field: FieldName, value: Value) -> Value:
        """See `connectors.nodebb.categories`."""
        return categories.canonical(field, value)

    def address(self, remote_id: str, name: str) -> str | None:  # noqa: ARG002 - a port's signature
        """Lasts: the server leads on to the address with the present name."""
        return f"{self._client.settings.url}/category/{remote_id}"

    # --- reading -----------------------------------------------------------------------------------------------

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """One request for all, two for each that anybody asks about and whose turn it is, and few for all topics.

        One more for each of ours that is switched off or gone.
        """
        self._keys = look.interest.keys
        self._categories.forget_topics()
        listed, gap = self._listed(look)
        sought, narrow = look.sought(self.kind), look.interest.only is not None
        scope = Scope(self._target, self.kind, only=frozenset(one.id.key for one in sought) if narrow else None)
        completeness: Completeness = Complete(scope) if gap is None else Partial(scope, gap)
        objects: dict[str, Remote] = {}
        rosters: dict[tuple[Kind, str], Roster] = {}
        asked = [one for one in listed.values() if look.asks_for_members_of(one.remote({}), self.kind)]
        outdated = self._outdated(look) if asked else frozenset()
        for cid, category in listed.items():
            seat = (self.kind, cid)
            if category in asked and seat not in look.interest.skip:
                matrix = self._categories.matrix(cid)
                rosters[seat] = self._roster(cid, matrix, outdated)
                objects[cid] = category.remote(self._keys, matrix, self._topic_of(category))
            else:
                objects[cid] = category.remote(self._keys)
        return Observation(completeness, objects), rosters

    def _listed(self, look: Look) -> tuple[dict[str, Category], Text | None]:
        sought = look.sought(self.kind)
        if look.interest.only is not None and not sought:
            return {}, None
        tied = {cid for kind, cid in look.interest.bound if kind is self.kind}
        if look.interest.only is not None:
            tied = {one.remote_id for one in sought if one.remote_id is not None}
            if all(one.remote_id is not None for one in sought):
                found = (self._categories.read(cid) for cid in sorted(tied))
                return {one.cid: one for one in found if one is not None}, None
        listed = self._categories.all()
        self._template.seen({one.marker: one.cid for one in listed.categories.values()})
        shown = {cid: one for cid, one in listed.categories.items() if one.marker != MARK}
        for cid in sorted(tied - shown.keys()):  # switched off, or gone
            category = self._categories.read(cid)
            if category is not None:
                shown[cid] = category
        if look.interest.only is not None:
            names = {one.name for one in sought}
            markers = {marker_of(one.id) for one in sought}
            shown = {
                cid: one for cid, one in shown.items() if cid in tied or one.name in names or one.marker in markers
            }
        return shown, listed.gap

    def _outdated(self, look: Look) -> frozenset[str]:
        if not list(self._groups.known):
            self._groups.all()
        called = {remote_id: name for (kind, remote_id), name in look.interest.called.items() if kind is Kind.GROUP}
        return self._groups.outdated(called)

    def _topic_of(self, category: Category) -> str | Unknown | None:
        """Of one that is switched off nobody is told what we began there; one that was never finished has nothing."""
        key = self._keys.get((self.kind, category.cid))
        marker = category.marker if key is None else marker_of(ResourceId(self.kind, key))
        if category.disabled:
            return None if category.name == first_name(marker) else UNKNOWN
        topic = self._categories.first_topic(category.cid, marker) if marker else None
        return None if topic is None else topic.value

    def _roster(self, cid: str, matrix: Matrix, outdated: frozenset[str]) -> Roster:
        """Groups by their role. One that was renamed and is missing from what the server tells makes it Partial."""
        scope, ids = Scope(self._target, self.kind, cid), self._groups.by_name()
        members: dict[tuple[EdgeRole, Kind], set[str]] = {}
        for name, role in matrix.roles():
            if name in ids:
                members.setdefault((role, Kind.GROUP), set()).add(ids[name])
        completeness: Completeness = Complete(scope)
        if outdated:
            why = Text.of("nodebb.names_outdated", names=", ".join(sorted(outdated)))
            completeness = Partial(scope, why)
        return Roster(completeness, {seat: frozenset(those) for seat, those in members.items()})

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - names say nothing
        """By our mark or, of one that is not finished, by the name that is made of it; also what is switched off."""
        marker = marker_of(identity)
        listed = self._categories.all()
        found = [one.cid for one in listed.categories.values() if one.marker == marker]
        found = found or list(self._categories.called(first_name(marker)))
        if len(found) > 1:
            return Unreadable(Text.of("nodebb.marked_twice", name=marker))
        if not found:
            return Absent() if listed.gap is None else Unreadable(listed.gap)
        category = self._categories.read(found[0])
        return Absent() if category is None else Present(category.remote(self._keys))

    # --- writing -----------------------------------------------------------------------------------------------

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `connectors.nodebb.category_steps`."""
        return steps.Compiler(batch, MAKING if self._template.is_missing else 1).steps()

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The category, with what the step is about."""
        cid = located(step, resolve)
        category = self._categories.read(cid)
        if category is None:
            return Verified(None) if step.operation == steps.ERASE else held_against(step, None, Client.product)
        expects = step.expects or {}
        matrix = self._categories.matrix(cid) if step.expects_edge is not None or "open" in expects else None
        topic = self._categories.fresh_topic(cid, marker_of(step.id)) if step.operation == steps.TOPIC else None
        remote = category.remote(self._keys, matrix, None if topic is None else topic.value)
        if step.expects_edge is not None and matrix is not None:
            moved = self._moved(step, matrix, resolve)
            if moved is not None:
                return moved
        if step.operation == steps.OPEN and matrix is not None and not isinstance(matrix.open, bool):
            # Neither open nor closed, by whomever: what the step does brings it to either.
            remote = replace(remote, fields={**remote.fields, "open": expects.get("open")})
        held = held_against(step, remote, Client.product)
        return held if isinstance(held, Moved) else ReadCategory(remote, category, matrix, topic)

    def _moved(self, step: Step, matrix: Matrix, resolve: Resolve) -> Moved | None:
        edge = step.expects_edge
        if edge is None:
            return None
        group = self._groups.get(resolve(ResourceId(edge.seats.member, edge.member)))
        privileges = matrix.of(group.name)
        if not privileges:
            return Moved(Text.of("nodebb.edge_gone", name=step.name))
        role = role_of(privileges)
        if role is EdgeRole.OTHER and is_between(privileges, edge.seats.role, text_of(step, "role")):
            return None  # where an attempt of ours was cut short
        if role is not edge.seats.role:
            word = edge_word(role, Kind.FORUM_CATEGORY)
            return Moved(Text.of("nodebb.role_moved", name=group.name, category=step.name, role=word))
        return None

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write, or few that may be repeated; see `connectors.nodebb.category_steps`."""
        if step.operation == steps.CREATE:
            return self._create(step, resolve)
        cid = located(step, resolve)
        read = verified if isinstance(verified, ReadCategory) else ReadCategory(None)
        match step.operation:
            case steps.LET_IN | steps.GRADE:
                self._grade(cid, step, read.matrix, resolve)
            case steps.TAKE_OUT:
                group = self._groups.get(resolve(step.refers[0])).name
                self._take(cid, group, (read.matrix or self._categories.matrix(cid)).of(group))
            case steps.SHOW:
                self._show(cid, step, read.matrix, resolve)
            case steps.UPDATE:
                self._put(cid, self._body(step, resolve))
            case steps.OPEN:
                self._settle(cid, read.matrix or self._categories.matrix(cid), open_=step.payload.get("open") is True)
                if read.category is None or read.category.disabled:
                    self._put(cid, {"disabled": 0})
            case steps.TOPIC:
                self._write_topic(cid, step, read.topic)
            case steps.ERASE:
                if verified is not None and verified.remote is None:
                    return erased_already(step, Client.product)
                self._client.change("DELETE", f"/categories/{part(cid)}")
        return Done(cid)

    def forget(self) -> None:
        """The next step asks who may do what."""
        self._told = None

    def _create(self, step: Step, resolve: Resolve) -> Done:
        """Hidden, under a name that is made of our mark: its handle, too, stands in no group's or person's way."""
        parent = text_of(step, "parent")
        body: dict[str, object] = {"name": first_name(marker_of(step.id)), "disabled": 1}
        if parent:
            body["parentCid"] = int(resolve(ResourceId(self.kind, parent)))
        body["cloneFromCid"] = int(self._template.cid())
        made = category_of(self._client.make("/categories", body, step.name))
        if made is None:
            raise OutcomeUnknown(Text.of("kit.perhaps_created", name=step.name))
        return Done(made.cid)

    def _grade(self, cid: str, step: Step, seen: Matrix | None, resolve: Resolve) -> None:
        """Exactly what a role gives: first what it has too much is taken, what decides the role is given last."""
        role = EdgeRole(text_of(step, "role"))
        group = self._groups.get(resolve(step.refers[0])).name
        if group in (*OUTSIDERS, *CHIEFS):
            raise Permanent(Text.of("nodebb.group_reserved", name=group))
        now: frozenset[str] = frozenset()
        if step.payload.get("new") is not True:
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

    def _show(self, cid: str, step: Step, seen: Matrix | None, resolve: Resolve) -> None:
        """Last of all: by now only those whom it is for may read it."""
        told = self._told
        matrix = seen or (told[1] if told is not None and told[0] == cid else self._categories.matrix(cid))
        self._settle(cid, matrix, open_=step.payload.get("open") is True)
        self._put(cid, {**self._body(step, resolve), "disabled": 0})

    def _body(self, step: Step, resolve: Resolve) -> dict[str, object]:
        fields = cast(Mapping[str, Value], step.payload["fields"])
        body: dict[str, object] = {KEY: marker_of(step.id)}
        if "parent" in fields:
            parent = str(fields["parent"] or "")
            body["parentCid"] = int(resolve(ResourceId(self.kind, parent))) if parent else 0
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
