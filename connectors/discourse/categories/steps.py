"""What changes of categories become: as few writes as there can be. Pure.

Rights are one map that a write replaces, so all that concerns one category is fused: it is made with everybody in it,
and later changed by one PUT. Only taking groups out is a write of its own, and comes late: what stands above another
category has to let in whoever that one lets in, so those above grow first and shrink last, also when they are open no
more (app/models/category.rb, permissions_compatibility_validator, read).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from connectors.discourse.categories.shape import canonical
from connectors.discourse.client import cost
from connectors.kit.batch import Batch
from connectors.kit.graded import parent_needed
from connectors.kit.rooms import Stage, Staged, known
from connectors.kit.steps import erasing_step, step_of
from provisioner.model.changes import Change, Create, Erase, Join, Leave, Regrade, Update, Write
from provisioner.model.resources import Edge, EdgeRole, FieldName, Kind, ResourceId, Seats, Value
from provisioner.model.steps import Effects, Json, Step

CREATE: Final = "create-category"
GRANT: Final = "change-category"
WITHDRAW: Final = "withdraw-groups"
WRITE: Final = "write-first-topic"
ERASE: Final = "erase-category"
OPERATIONS: Final = frozenset({CREATE, GRANT, WITHDRAW, WRITE, ERASE})
WRITTEN: Final[frozenset[FieldName]] = frozenset({"name", "parent", "open"})
_COMMON: Final = "bodies:"
"""How keys of categories begin that others stand below."""


def compiled(batch: Batch) -> Iterator[Staged]:
    """The steps; of categories that others may stand below, those that let in come first, those that put out last."""
    touched = dict.fromkeys(change.id for change in batch.of(Kind.FORUM_CATEGORY))
    commons = [identity for identity in touched if identity.key.startswith(_COMMON)]
    bodies = [identity for identity in touched if not identity.key.startswith(_COMMON)]
    for identity in (*commons, *bodies):
        yield from _letting_in(batch, identity)
    for identity in (*bodies, *commons):
        for change in batch.about(identity):
            match change:
                case Write(field="first_topic"):
                    yield Staged(Stage.TEXTS, _write_step(batch, change))
                case Erase():
                    yield Staged(Stage.ERASURES, erasing_step(batch, change, ERASE, cost=cost(2)))
        closing = [change for change in batch.about(identity) if _closes_above(change)]
        leaves = [change for change in batch.about(identity) if isinstance(change, Leave)]
        if leaves or closing:
            yield Staged(Stage.LEAVES, _withdraw_step(batch, leaves, closing))


def _letting_in(batch: Batch, identity: ResourceId) -> Iterator[Staged]:
    about = batch.about(identity)
    creates = [change for change in about if isinstance(change, Create)]
    updates = [change for change in about if isinstance(change, Update)]
    moves = [change for change in about if isinstance(change, Join | Regrade)]
    if creates:
        yield Staged(Stage.PLACES, _create_step(batch, creates[0], moves))
    elif updates or moves:
        step = _grant_step(batch, updates, moves)
        if step is not None:
            yield Staged(Stage.PLACES, step)


def _create_step(batch: Batch, change: Create, moves: Sequence[Join | Regrade]) -> Step:
    """One POST, with all rights: it is nobody else's from the moment that it exists."""
    wanted = change.wanted
    fields = {name: canonical(name, value) for name, value in wanted.fields.items() if name in WRITTEN}
    name, roles = wanted.name.strip(), _roles(moves)
    return step_of(
        batch,
        change,
        CREATE,
        changes=batch.digests([change, *moves]),
        payload={"name": name, "fields": cast(Json, fields), "roles": cast(Json, dict(roles))},
        effects=Effects(fields={**fields, "name": name}, joins=_edges(change.id, roles)),
        refers=_referred(roles, fields),
        cost=cost(1 + len(roles)),
    )


def _grant_step(batch: Batch, updates: Sequence[Update], moves: Sequence[Join | Regrade]) -> Step | None:
    """One PUT over a category as just read."""
    fields: dict[FieldName, Value] = {}
    before: dict[FieldName, Value] = {}
    for update in updates:
        at_once = WRITTEN - {"open"} if _closes_above(update) else WRITTEN
        fields |= {name: canonical(name, value) for name, value in update.after.items() if name in at_once}
        before |= known(update.before, at_once)
    if not fields and not moves:
        return None
    roles = _roles(moves)
    were = {key: move.before for move in moves if isinstance(move, Regrade) for key in move.members}
    changes = [*updates, *moves]
    first = changes[0]
    return step_of(
        batch,
        first,
        GRANT,
        changes=batch.digests(changes),
        payload={"fields": cast(Json, fields), "roles": cast(Json, dict(roles)), "were": cast(Json, dict(were))},
        effects=Effects(fields=fields, joins=_edges(first.id, roles), leaves=_edges(first.id, were)),
        refers=_referred(roles, fields),
        expects=before,
        cost=cost(2),
    )


def _withdraw_step(batch: Batch, leaves: Sequence[Leave], closing: Sequence[Change]) -> Step:
    were = _roles(leaves)
    fields: dict[FieldName, Value] = {"open": False} if closing else {}
    changes = [*closing, *leaves]
    first = changes[0]
    return step_of(
        batch,
        first,
        WITHDRAW,
        changes=batch.digests(changes),
        payload={"were": cast(Json, dict(were)), "fields": cast(Json, dict(fields))},
        effects=Effects(fields=fields, leaves=_edges(first.id, were)),
        refers=_referred(were, {}),
        expects={"open": True} if closing else {},
        cost=cost(2),
    )


def _closes_above(change: Change) -> bool:
    """Whether what others stand below is no longer to be open. Strangers are put out of it at once, though."""
    if not isinstance(change, Update) or not change.id.key.startswith(_COMMON):
        return False
    return change.before.get("open") is True and change.after.get("open") is False


def _write_step(batch: Batch, change: Write) -> Step:
    """Held against what stands there by the writer, since it may be half written."""
    before = change.before if isinstance(change.before, str) else None
    payload: dict[str, Json] = {"before": before, "text": change.written}
    effects = Effects(fields={"first_topic": change.written})
    return step_of(batch, change, WRITE, payload=payload, effects=effects, expects={}, cost=cost(4))


def _roles(moves: Sequence[Join | Regrade | Leave]) -> dict[str, EdgeRole]:
    return {key: move.role for move in moves for key in move.members}


def _edges(category: ResourceId, roles: Mapping[str, EdgeRole]) -> tuple[Edge, ...]:
    return tuple(Edge(Seats(category, role, Kind.GROUP), key) for key, role in sorted(roles.items()))


def _referred(roles: Mapping[str, EdgeRole], fields: Mapping[FieldName, Value]) -> tuple[ResourceId, ...]:
    """The groups, and what it stands below."""
    above = parent_needed(Kind.FORUM_CATEGORY, fields.get("parent"))
    return (*(ResourceId(Kind.GROUP, key) for key in sorted(roles)), *above)
