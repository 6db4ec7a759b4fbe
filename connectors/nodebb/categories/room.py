"""Categories as a room of the connector: what is there, who has it, and whether that is still as a plan saw it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from connectors.kit.batch import Batch, located, text_of
from connectors.kit.graded import roster_of_groups
from connectors.kit.rooms import Look, Room, Rosters, Staged, held_against
from connectors.nodebb.categories import shape, steps
from connectors.nodebb.categories.reading import Categories
from connectors.nodebb.categories.shape import Category, first_name
from connectors.nodebb.categories.template import MAKING, MARK, Template
from connectors.nodebb.categories.writing import ReadCategory, Writer
from connectors.nodebb.client import Client
from connectors.nodebb.groups.reading import Groups
from connectors.nodebb.privileges import Matrix, is_between, role_of
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


class CategoryRoom(Room[Look]):
    """See `connectors.nodebb.categories.steps` for the order of writes."""

    kind = Kind.FORUM_CATEGORY
    fields = shape.FIELDS
    operations = steps.OPERATIONS
    sharing = frozenset({steps.LET_IN, steps.SHOW})

    def __init__(self, client: Client, target: str, groups: Groups) -> None:
        self._client = client
        self._target = target
        self._groups = groups
        self._categories = Categories(client)
        self._template = Template(client, self._categories)
        self._keys: Mapping[tuple[Kind, str], str] = {}
        self._writer = Writer(client, groups, self._categories, self._template)

    def knows_us_as(self, slug: str) -> None:
        """Our account's, which was read for something else."""
        self._categories.own_slug = slug

    def objection(self, name: str) -> Text | None:
        """Why none of this name is made."""
        return shape.objection(name)

    def canonical_name(self, name: str) -> str:
        """Names differ by case; without blanks around them."""
        return name.strip()

    def canonical(self, field: FieldName, value: Value) -> Value:
        """See `shape.canonical`."""
        return shape.canonical(field, value)

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
        scope = look.scope(self._target, self.kind)
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
        tied = look.tied(self.kind)
        if look.interest.only is not None:
            tied = frozenset(one.remote_id for one in sought if one.remote_id is not None)
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
        completeness: Completeness = Complete(scope)
        if outdated:
            why = Text.of("nodebb.names_outdated", names=", ".join(sorted(outdated)))
            completeness = Partial(scope, why)
        return roster_of_groups(completeness, ((ids[name], role) for name, role in matrix.roles() if name in ids))

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
        """See `connectors.nodebb.categories.steps`."""
        return steps.Compiler(batch, MAKING if self._template.is_missing else 1).steps()

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The category, with what the step is about."""
        cid = located(step, resolve)
        category = self._categories.read(cid)
        if category is None:
            return ReadCategory(None) if step.operation == steps.ERASE else held_against(step, None, Client.product)
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
        after = "" if step.operation == steps.TAKE_OUT else text_of(step, "role")
        if role is EdgeRole.OTHER and is_between(privileges, edge.seats.role, after):
            return None  # where an attempt of ours was cut short
        if role is not edge.seats.role:
            word = edge_word(role, Kind.FORUM_CATEGORY)
            return Moved(Text.of("nodebb.role_moved", name=group.name, category=step.name, role=word))
        return None

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write, or few that may be repeated; see `connectors.nodebb.categories.steps`."""
        if step.operation == steps.CREATE:
            return self._writer.create(step, resolve)
        seen = verified if isinstance(verified, ReadCategory) else ReadCategory(None)
        return self._writer.write(step, located(step, resolve), seen, resolve)

    def forget(self) -> None:
        """The next step asks who may do what."""
        self._writer.forget()
