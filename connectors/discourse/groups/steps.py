"""What changes of groups become: a POST or PUT a group; a PUT for up to a thousand who come, a DELETE for all who go.

Pure.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final, cast

from connectors.discourse.client import cost
from connectors.discourse.groups.reading import MOST_MEMBERS
from connectors.discourse.groups.shape import FIELDS, canonical
from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged
from connectors.kit.steps import erasing_step, field_steps, step_of
from provisioner.model.changes import Create, Erase, Join, Leave, Update
from provisioner.model.resources import Edge, FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Effects, Json, Step

CREATE: Final = "create-group"
UPDATE: Final = "update-group"
JOIN: Final = "join-group"
LEAVE: Final = "leave-group"
ERASE: Final = "erase-group"
OPERATIONS: Final = frozenset({CREATE, UPDATE, JOIN, LEAVE, ERASE})


def compiled(batch: Batch, longest: int) -> Iterator[Staged]:
    """``longest``: characters of a name. Groups are renamed before categories, which know them by their names."""
    in_form = partial(canonical, longest=longest)
    for change in batch.of(Kind.GROUP):
        match change:
            case Create():
                yield Staged(Stage.CONTAINERS, _create_step(batch, change, longest))
            case Update():
                for step in field_steps(batch, change, UPDATE, FIELDS, in_form, cost=cost(2)):
                    yield Staged(Stage.CONTAINERS, step)
            case Join():
                yield from (Staged(Stage.JOINS, step) for step in _join_steps(batch, change))
            case Leave():
                yield Staged(Stage.LEAVES, _leave_step(batch, change))
            case Erase():
                yield Staged(Stage.ERASURES, erasing_step(batch, change, ERASE, cost=cost(2)))


def _create_step(batch: Batch, change: Create, longest: int) -> Step:
    wanted, name = change.wanted, canonical("name", change.wanted.name, longest)
    shown = canonical("display_name", wanted.fields.get("display_name") or wanted.name, longest)
    fields: dict[FieldName, Value] = {"display_name": shown} if "display_name" in wanted.fields else {}
    payload: dict[str, Json] = {"name": name, "full_name": shown}
    return step_of(
        batch, change, CREATE, payload=payload, effects=Effects(fields={**fields, "name": name}), cost=cost(1)
    )


def _join_steps(batch: Batch, change: Join) -> Iterator[Step]:
    """Who exists already has to; who is made in this run comes along if that works."""
    for first in range(0, len(change.members), MOST_MEMBERS):
        members = change.members[first : first + MOST_MEMBERS]
        accounts = [ResourceId(Kind.ACCOUNT, key) for key in members]
        yield step_of(
            batch,
            change,
            JOIN,
            payload={"members": cast(Json, list(members))},
            effects=Effects(joins=tuple(Edge(change.seats, key) for key in members)),
            refers=tuple(one for one in accounts if one not in batch.created),
            after=tuple(one for one in accounts if one in batch.created),
            cost=cost(1),
        )


def _leave_step(batch: Batch, change: Leave) -> Step:
    return step_of(
        batch,
        change,
        LEAVE,
        payload={"members": cast(Json, list(change.members))},
        effects=Effects(leaves=tuple(Edge(change.seats, key) for key in change.members)),
        refers=tuple(ResourceId(Kind.ACCOUNT, key) for key in change.members),
        expects={},
        cost=cost(2),
    )
