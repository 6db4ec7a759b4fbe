"""Team folders: from changes to the fewest writes. Pure.

A new folder with two groups: made, quota, advanced permissions, our working group, then each group with its rights
(two writes, one where it gets all of them), one more for a group that manages. Sub-folders come once, by WebDAV.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged
from connectors.kit.steps import step_of
from connectors.nextcloud.folders import shape
from connectors.nextcloud.folders.shape import ALL_RIGHTS, RIGHTS
from provisioner.model.changes import Change, Create, Erase, Join, Leave, Regrade, Update, Write
from provisioner.model.inventory import UNKNOWN, Unknown
from provisioner.model.resources import Edge, EdgeRole, FieldName, Kind, ResourceId, Seats, Value
from provisioner.model.steps import Cost, Effects, Json, Step

CREATE: Final = "create-folder"
RENAME: Final = "rename-folder"
QUOTA: Final = "set-folder-quota"
PERMISSIONS: Final = "switch-folder-permissions"
OPEN: Final = "open-folder-to-us"
LET_IN: Final = "let-group-into-folder"
GRADE: Final = "set-folder-rights"
MANAGE: Final = "switch-folder-manager"
TAKE_OUT: Final = "take-folder-from-group"
LAYOUT: Final = "lay-out-folder"
NOTE: Final = "write-folder-note"
ERASE: Final = "erase-folder"

_OF_FIELD: Final[dict[FieldName, str]] = {"name": RENAME, "quota": QUOTA, "advanced_permissions": PERMISSIONS}


@dataclass(frozen=True, slots=True)
class Manner:
    """What compiling has to know of the settings."""

    has_working_group: bool


class Compiler:
    """The steps of one batch about team folders."""

    def __init__(self, batch: Batch, manner: Manner) -> None:
        self._batch = batch
        self._manner = manner

    def steps(self) -> Iterator[Staged]:
        """Folders before who is let in, and fields before who manages: that needs the advanced permissions."""
        for change in sorted(self._batch.of(Kind.TEAM_FOLDER), key=lambda one: not isinstance(one, Create | Update)):
            yield from self._of(change)

    def _of(self, change: Change) -> Iterator[Staged]:
        if isinstance(change, Create):
            yield from self._create(change)
        elif isinstance(change, Update):
            yield from self._update(change)
        elif isinstance(change, Join):
            for group in change.members:
                yield from self._join(change, group)
        elif isinstance(change, Regrade):
            for group in change.members:
                yield from (Staged(Stage.UPDATES, step) for step in self._grade(change, change.before, group))
        elif isinstance(change, Leave):
            for group in change.members:
                yield from (Staged(Stage.LEAVES, step) for step in self._leave(change, group))
        elif isinstance(change, Write) and change.field == "note":
            yield Staged(Stage.TEXTS, self._note(change))
        elif isinstance(change, Erase):
            yield Staged(Stage.ERASURES, self._erase(change))

    # --- the folder itself -------------------------------------------------------------------------------------

    def _create(self, change: Create) -> Iterator[Staged]:
        wanted = {name: shape.canonical(name, value) for name, value in change.wanted.fields.items()}
        name = shape.canonical_name(change.wanted.name)
        made: dict[FieldName, Value] = {"name": name}
        if wanted.get("advanced_permissions") is False:  # as every new folder is
            made["advanced_permissions"] = False
        yield Staged(
            Stage.PLACES,
            step_of(
                self._batch,
                change,
                CREATE,
                name=name,
                payload={"mountpoint": name},
                effects=Effects(fields=made),
            ),
        )
        if self._manner.has_working_group:
            yield Staged(Stage.PLACES, self._step(change, OPEN, cost=Cost(requests=2)))
        if "quota" in wanted:
            yield Staged(Stage.PLACES, self._set(change, "quota", wanted["quota"]))
        if wanted.get("advanced_permissions") is True:
            yield Staged(Stage.PLACES, self._set(change, "advanced_permissions", True))
        yield from self._layout(change, wanted.get("layout"))

    def _update(self, change: Update) -> Iterator[Staged]:
        for name in _OF_FIELD:
            if name not in change.after:
                continue
            before = change.before.get(name, UNKNOWN)
            expects: dict[FieldName, Value] = {} if isinstance(before, Unknown) else {name: before}
            value = shape.canonical(name, change.after[name])
            # Switching them off forgets who managed them (observed), so whoever shall manage no more comes first.
            stage = Stage.LEAVES if name == "advanced_permissions" and not value else Stage.UPDATES
            yield Staged(stage, self._set(change, name, value, expects))
        yield from self._layout(change, change.after.get("layout"))

    def _set(
        self, change: Change, name: FieldName, value: Value, expects: dict[FieldName, Value] | None = None
    ) -> Step:
        return self._step(
            change,
            _OF_FIELD[name],
            payload={"value": value},
            effects=Effects(fields={name: value}),
            expects=expects,
            cost=Cost(requests=1 if expects is None else 2),
        )

    def _layout(self, change: Change, layout: Value) -> Iterator[Staged]:
        if not isinstance(layout, str) or not self._manner.has_working_group:
            return
        effects = Effects(fields={"layout": layout})
        made = len(levels(layout))
        step = self._step(change, LAYOUT, {"layout": layout}, effects, expects={}, cost=Cost(requests=3 + made))
        yield Staged(Stage.UPDATES, step)

    def _note(self, change: Write) -> Step:
        before = change.before if isinstance(change.before, str) else None
        effects = Effects(fields={"note": change.written})
        payload: dict[str, Json] = {"before": before, "text": change.written}
        return self._step(change, NOTE, payload, effects, expects={}, cost=Cost(requests=4 if before is None else 5))

    def _erase(self, change: Erase) -> Step:
        name = shape.canonical_name(change.name)
        effects = Effects(fields={"name": name}, erased=True)
        return self._step(change, ERASE, effects=effects, expects={"name": name}, cost=Cost(requests=2))

    # --- who has it --------------------------------------------------------------------------------------------

    def _join(self, change: Join, member: str) -> Iterator[Staged]:
        """Let a group in with its rights; whether it may manage is a step of its own."""
        role = EdgeRole.SHARER if change.role is EdgeRole.MANAGER else change.role
        joined = Edge(Seats(change.id, role, change.member), member)
        bits = RIGHTS[role]
        step = self._step(
            change,
            LET_IN,
            payload={"group": member, "bits": bits},
            effects=Effects(joins=(joined,)),
            refers=(ResourceId(change.member, member),),
            cost=Cost(requests=2 if bits == ALL_RIGHTS else 3),
        )
        yield Staged(Stage.PLACES, step)
        if change.role is not role:
            yield from (Staged(Stage.UPDATES, step) for step in self._grade(change, role, member))

    def _grade(self, change: Join | Regrade, before: EdgeRole, member: str) -> Sequence[Step]:
        """From one role to another, one write a step: who manages has all rights first, and loses managing first."""
        here, found = before, []
        if here is EdgeRole.MANAGER:
            found.append(self._move(change, MANAGE, member, here, EdgeRole.SHARER, {"manages": False}))
            here = EdgeRole.SHARER
        goal = EdgeRole.SHARER if change.role is EdgeRole.MANAGER else change.role
        if here is not goal:
            found.append(self._move(change, GRADE, member, here, goal, {"bits": RIGHTS[goal]}))
        if change.role is EdgeRole.MANAGER:
            found.append(self._move(change, MANAGE, member, goal, EdgeRole.MANAGER, {"manages": True}))
        return found

    def _move(
        self,
        change: Join | Leave | Regrade,
        operation: str,
        member: str,
        before: EdgeRole,
        role: EdgeRole,
        what: dict[str, Json],
    ) -> Step:
        left = Edge(Seats(change.id, before, change.member), member)
        now = Edge(Seats(change.id, role, change.member), member)
        return self._step(
            change,
            operation,
            payload={"group": member, **what},
            effects=Effects(joins=(now,), leaves=(left,)),
            refers=(ResourceId(change.member, member),),
            expects_edge=left,
            cost=Cost(requests=2),
        )

    def _leave(self, change: Leave, member: str) -> Iterator[Step]:
        """Who manages stops that first: the server would remember it for when the group comes back."""
        role = change.role
        if role is EdgeRole.MANAGER:
            role = EdgeRole.SHARER
            yield self._move(change, MANAGE, member, change.role, role, {"manages": False})
        left = Edge(Seats(change.id, role, change.member), member)
        yield self._step(
            change,
            TAKE_OUT,
            payload={"group": member},
            effects=Effects(leaves=(left,)),
            refers=(ResourceId(change.member, member),),
            expects_edge=left,
            cost=Cost(requests=2),
        )

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
        cost: Cost | None = None,
    ) -> Step:
        return step_of(
            self._batch,
            change,
            operation,
            name=change.name,
            payload=payload or {},
            refers=refers,
            effects=effects or Effects(),
            expects=expects,
            expects_edge=expects_edge,
            cost=cost or Cost(requests=1),
        )


def levels(layout: str) -> list[tuple[str, ...]]:
    """Every folder of a layout, each before those in it."""
    return list(dict.fromkeys(path[:depth] for path in shape.layout_paths(layout) for depth in range(1, len(path) + 1)))
