"""Categories: from changes to the fewest steps. Pure.

A new one is made hidden, as a copy of one that nobody may enter, then gets who reads and writes there, and only then
its name, and is shown: 2 requests and 3, 8 or 11 for each group.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from connectors.kit.batch import Batch
from connectors.kit.graded import parent_needed
from connectors.kit.rooms import Stage, Staged
from connectors.kit.steps import erasing_step, field_steps, member_steps, step_of, writing_step
from connectors.nodebb.categories.shape import FIELDS, canonical, canonical_topic, first_name
from connectors.nodebb.privileges import GIVEN, READING
from provisioner.model.changes import Change, Create, Erase, Join, Leave, Regrade, Update, Write
from provisioner.model.resources import EdgeRole, FieldName, Kind, ResourceId, Value, marker_of
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
                yield from (Staged(Stage.PLACES, step) for step in self._let_in(change))
            case Regrade():
                moved = set(GIVEN[change.role]) ^ set(GIVEN.get(change.before, ()))
                graded = member_steps(batch, change, GRADE, cost=Cost(requests=1 + len(moved)))
                yield from (Staged(Stage.UPDATES, step) for step in graded)
            case Leave():
                given = GIVEN.get(change.role, GIVEN[EdgeRole.MANAGER])
                taken = member_steps(batch, change, TAKE_OUT, cost=Cost(requests=1 + len(given)))
                yield from (Staged(Stage.LEAVES, step) for step in taken)
            case Update():
                yield from (Staged(Stage.UPDATES, step) for step in self._update(change))
            case Write(field="first_topic"):
                yield Staged(Stage.TEXTS, self._topic(change))
            case Erase():
                yield Staged(Stage.ERASURES, erasing_step(batch, change, ERASE))

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
        above = parent_needed(Kind.FORUM_CATEGORY, parent)
        made: dict[FieldName, Value] = {"name": first_name(marker_of(change.id)), "parent": parent}
        effects, cost = Effects(fields=made), Cost(requests=1 + more)
        yield step_of(
            self.batch, change, CREATE, payload={"fields": cast(Json, made)}, effects=effects, refers=above, cost=cost
        )
        has_groups = False
        for join in self.batch.about(change.id):
            if isinstance(join, Join):
                has_groups = True
                yield from self._let_in(join)
        open_ = fields.get("open") is True
        written: dict[FieldName, Value] = {"name": wanted.name, "parent": parent}
        if "description" in fields:
            written["description"] = fields["description"]
        effects = Effects(fields={**written, "open": open_})
        requests = 1 + (0 if has_groups else 1) + (len(READING) if open_ else 0)
        payload: dict[str, Json] = {"fields": cast(Json, {**written, "open": open_})}
        cost = Cost(requests=requests)
        yield step_of(self.batch, change, SHOW, payload=payload, effects=effects, refers=above, cost=cost)

    def _let_in(self, change: Join) -> Iterator[Step]:
        """Nobody has to be asked what a group may do in a new one: nothing."""
        requests = len(GIVEN[change.role]) + (0 if change.id in self.batch.created else 1)
        return member_steps(self.batch, change, LET_IN, cost=Cost(requests=requests))

    # --- what differs ------------------------------------------------------------------------------------------

    def _update(self, change: Update) -> Iterator[Step]:
        above = parent_needed(Kind.FORUM_CATEGORY, change.after.get("parent"))
        yield from field_steps(self.batch, change, UPDATE, WRITTEN, canonical, refers=above)
        yield from field_steps(self.batch, change, OPEN, {"open"}, canonical, cost=Cost(requests=3 + len(READING)))

    def _topic(self, change: Write) -> Step:
        """A new one is not looked for before: its answer lost, it is not begun again blindly."""
        is_new = change.id in self.batch.created or (change.remote_id is None and change.before is None)
        if is_new:
            few = Cost(requests=2)
            return writing_step(self.batch, change, TOPIC, canonical_topic, expects=None, repeatable=False, cost=few)
        return writing_step(self.batch, change, TOPIC, canonical_topic, cost=Cost(requests=5))
