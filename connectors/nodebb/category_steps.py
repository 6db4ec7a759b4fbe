"""Categories: from changes to the fewest steps. Pure.

A new one is made hidden, as a copy of one that nobody may enter, then gets who reads and writes there, and only then
its name, and is shown: 2 requests and 3, 8 or 11 for each group.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged, known
from connectors.nodebb.categories import FIELDS, canonical, first_name
from connectors.nodebb.privileges import GIVEN, READING
from provisioner.model.changes import Change, Create, Erase, Join, Leave, Regrade, Update, Write
from provisioner.model.resources import Edge, EdgeRole, FieldName, Kind, ResourceId, Value, marker_of
from provisioner.model.steps import Cost, Effects, Json, Step

CREATE: Final = "create-category"
LET_IN: Final = "let-group-into-category"
GRADE: Final = "grade-group-in-category"
TAKE_OUT: Final = "take-category-from-group"
SHOW: Final = "show-category"
UPDATE: Final = "update-category"
OPEN: Final = "open-category"
TOPIC: Final = "write-first-topic"
ERASE: Final = "erase-category"
OPERATIONS: Final = frozenset({CREATE, LET_IN, GRADE, TAKE_OUT, SHOW, UPDATE, OPEN, TOPIC, ERASE})
WRITTEN: Final[frozenset[FieldName]] = frozenset({"name", "parent", "description"})
"""Fields that one PUT changes."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """Of one batch. ``before_first``: requests before the first new one, for what it is a copy of."""

    batch: Batch
    before_first: int

    def steps(self) -> Iterator[Staged]:
        """New ones first, each whole; what stands below another comes after it."""
        changes = list(self.batch.of(Kind.FORUM_CATEGORY))
        creations = [change for change in changes if isinstance(change, Create)]
        for number, change in enumerate(sorted(creations, key=self._depth)):
            more = self.before_first if number == 0 else 0
            yield from (Staged(Stage.PLACES, step) for step in self._creation(change, more))
        for each in changes:
            yield from self._of(each)

    def _of(self, change: Change) -> Iterator[Staged]:
        batch = self.batch
        match change:
            case Join() if change.id not in batch.created:
                yield from (Staged(Stage.PLACES, self._join(change, key)) for key in change.members)
            case Regrade():
                yield from (Staged(Stage.UPDATES, self._regrade(change, key)) for key in change.members)
            case Leave():
                yield from (Staged(Stage.LEAVES, self._leave(change, key)) for key in change.members)
            case Update():
                yield from (Staged(Stage.UPDATES, step) for step in self._update(change))
            case Write() if change.field == "first_topic":
                yield Staged(Stage.TEXTS, self._topic(change))
            case Erase():
                effects = Effects(fields={"name": change.name}, erased=True)
                yield Staged(Stage.ERASURES, self._step(change, ERASE, effects=effects, expects={}, requests=2))

    def _depth(self, change: Create) -> int:
        parent = change.wanted.fields.get("parent")
        return 1 if parent and ResourceId(Kind.FORUM_CATEGORY, str(parent)) in self.batch.created else 0

    # --- a new one ---------------------------------------------------------------------------------------------

    def _creation(self, change: Create, more: int) -> Iterator[Step]:
        wanted = change.wanted
        fields: dict[FieldName, Value] = {
            name: canonical(name, value) for name, value in wanted.fields.items() if name in FIELDS
        }
        parent = str(fields.get("parent") or "")
        above = self._category(parent)
        made: dict[FieldName, Value] = {"parent": parent}
        yield self._step(change, CREATE, {"parent": parent}, Effects(fields=made), refers=above, requests=1 + more)
        has_groups = False
        for join in self.batch.about(change.id):
            if isinstance(join, Join):
                has_groups = True
                yield from (self._join(join, key) for key in join.members)
        open_ = fields.get("open") is True
        written: dict[FieldName, Value] = {"name": wanted.name, "parent": parent}
        if "description" in fields:
            written["description"] = fields["description"]
        effects = Effects(fields={**written, "open": open_})
        requests = 1 + (0 if has_groups else 1) + (len(READING) if open_ else 0)
        payload: dict[str, Json] = {"fields": cast(Json, written), "open": open_}
        yield self._step(change, SHOW, payload, effects, refers=above, requests=requests)

    # --- who has it --------------------------------------------------------------------------------------------

    def _join(self, change: Join, member: str) -> Step:
        given = GIVEN[change.role]
        edge = Edge(change.seats, member)
        new = change.id in self.batch.created
        return self._step(
            change,
            LET_IN,
            {"role": str(change.role), "new": new},
            Effects(joins=(edge,)),
            refers=(ResourceId(change.member, member),),
            requests=len(given) + (0 if new else 1),
        )

    def _regrade(self, change: Regrade, member: str) -> Step:
        left, now = Edge(change.left, member), Edge(change.seats, member)
        moved = len(set(GIVEN[change.role]) ^ set(GIVEN.get(change.before, ())))
        return self._step(
            change,
            GRADE,
            {"role": str(change.role)},
            Effects(joins=(now,), leaves=(left,)),
            refers=(ResourceId(change.member, member),),
            expects_edge=left,
            requests=1 + moved,
        )

    def _leave(self, change: Leave, member: str) -> Step:
        left = Edge(change.seats, member)
        return self._step(
            change,
            TAKE_OUT,
            effects=Effects(leaves=(left,)),
            refers=(ResourceId(change.member, member),),
            expects_edge=left,
            requests=1 + len(GIVEN.get(change.role, GIVEN[EdgeRole.MANAGER])),
        )

    # --- what differs ------------------------------------------------------------------------------------------

    def _update(self, change: Update) -> Iterator[Step]:
        after = {name: canonical(name, value) for name, value in change.after.items() if name in FIELDS}
        plain = {name: value for name, value in after.items() if name in WRITTEN}
        if "open" in after and change.before.get("name") == first_name(marker_of(change.id)):
            yield self._finishing(change, plain, open_=after["open"] is True)
            return
        if plain:
            above = self._category(str(plain.get("parent") or ""))
            before = known({name: change.before[name] for name in plain if name in change.before}, WRITTEN)
            payload: dict[str, Json] = {"fields": cast(Json, plain)}
            yield self._step(change, UPDATE, payload, Effects(fields=plain), refers=above, expects=before, requests=2)
        if "open" in after:
            effects = Effects(fields={"open": after["open"]})
            before = known({"open": change.before.get("open")}, frozenset({"open"}))
            payload = {"open": after["open"] is True}
            yield self._step(change, OPEN, payload, effects, expects=before, requests=3 + len(READING))

    def _finishing(self, change: Update, plain: Mapping[FieldName, Value], *, open_: bool) -> Step:
        """Of one whose making was cut short: its name and its being shown are one write, as they would have been."""
        payload: dict[str, Json] = {"fields": cast(Json, dict(plain)), "open": open_}
        above = self._category(str(plain.get("parent") or ""))
        effects = Effects(fields={**plain, "open": open_})
        before = known(change.before, WRITTEN | {"open"})
        requests = 3 + (len(READING) if open_ else 0)
        return self._step(change, SHOW, payload, effects, refers=above, expects=before, requests=requests)

    def _topic(self, change: Write) -> Step:
        text = canonical("first_topic", change.written)
        new = change.id in self.batch.created or (change.remote_id is None and change.before is None)
        before = known({"first_topic": change.before}, frozenset({"first_topic"}))
        effects = Effects(fields={"first_topic": text})
        if new:
            payload: dict[str, Json] = {"text": text, "new": True}
            return self._step(change, TOPIC, payload, effects, requests=2, repeatable=False)
        return self._step(change, TOPIC, {"text": text, "new": False}, effects, expects=before, requests=5)

    def _category(self, key: str) -> tuple[ResourceId, ...]:
        return (ResourceId(Kind.FORUM_CATEGORY, key),) if key and not key.startswith("#") else ()

    def _step(
        self,
        change: Change,
        operation: str,
        payload: dict[str, Json] | None = None,
        effects: Effects | None = None,
        *,
        refers: tuple[ResourceId, ...] = (),
        expects: dict[FieldName, Value] | None = None,
        expects_edge: Edge | None = None,
        requests: int = 1,
        repeatable: bool = True,
    ) -> Step:
        return Step(
            target=change.target,
            operation=operation,
            id=change.id,
            name=change.name,
            changes=(self.batch.digest(change),),
            remote_id=self.batch.remote_id(change.id),
            payload=payload or {},
            refers=refers,
            effects=effects or Effects(),
            expects=expects,
            expects_edge=expects_edge,
            repeatable=repeatable,
            cost=Cost(requests=requests),
        )
