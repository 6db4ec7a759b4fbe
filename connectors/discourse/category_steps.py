"""What changes of categories become: as few writes as there can be. Pure.

Rights are one map that a write replaces, so all that concerns one category is fused: it is made with everybody in it,
and later changed by one PUT. Only taking groups out is a write of its own, and comes late: what stands above another
category has to let in whoever that one lets in, so those above grow first and shrink last, also when they are open no
more (app/models/category.rb, permissions_compatibility_validator, read).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from connectors.discourse.client import REQUESTS
from connectors.discourse.first_topics import canonical as canonical_text
from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged, known
from provisioner.model.changes import Change, Create, Erase, Join, Leave, Regrade, Update, Write
from provisioner.model.resources import Edge, EdgeRole, FieldName, Kind, ResourceId, Seats, Value
from provisioner.model.steps import Cost, Effects, Json, Step

CREATE: Final = "create-category"
GRANT: Final = "change-category"
WITHDRAW: Final = "withdraw-groups"
WRITE: Final = "write-first-topic"
ERASE: Final = "erase-category"
WRITTEN: Final[frozenset[FieldName]] = frozenset({"name", "parent", "open"})
_COMMON: Final = "bodies:"
"""How keys of categories begin that others stand below."""


def canonical(field: FieldName, value: Value) -> Value:
    """The form in which the server gives a value back."""
    if field == "open":
        return value is True
    if isinstance(value, str):
        return canonical_text(value) if field == "first_topic" else value.strip()
    return value


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
                    effects = Effects(fields={"name": change.name.strip().lower()}, erased=True)
                    yield Staged(Stage.ERASURES, _step(batch, [change], ERASE, effects=effects, expects={}))
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
    name = wanted.name.strip()
    roles = {key: move.role for move in moves for key in move.members}
    return _step(
        batch,
        [change, *moves],
        CREATE,
        {"name": name, "fields": cast(Json, fields), "roles": cast(Json, dict(roles))},
        effects=Effects(fields={**fields, "name": name}, joins=_edges(change.id, roles)),
        refers=[*_groups(roles), *_parent(fields)],
        requests=1 + len(roles),
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
    roles = {key: move.role for move in moves for key in move.members}
    were = {key: move.before for move in moves if isinstance(move, Regrade) for key in move.members}
    changes = [*updates, *moves]
    identity = changes[0].id
    return _step(
        batch,
        changes,
        GRANT,
        {"fields": cast(Json, fields), "roles": cast(Json, dict(roles)), "were": cast(Json, dict(were))},
        effects=Effects(fields=fields, joins=_edges(identity, roles), leaves=_edges(identity, were)),
        refers=[*_groups(roles), *_parent(fields)],
        expects=before,
    )


def _withdraw_step(batch: Batch, leaves: Sequence[Leave], closing: Sequence[Change]) -> Step:
    were = {key: leave.role for leave in leaves for key in leave.members}
    fields: dict[FieldName, Value] = {"open": False} if closing else {}
    changes = [*closing, *leaves]
    return _step(
        batch,
        changes,
        WITHDRAW,
        {"were": cast(Json, dict(were)), "fields": cast(Json, dict(fields))},
        effects=Effects(fields=fields, leaves=_edges(changes[0].id, were)),
        refers=_groups(were),
        expects={"open": True} if closing else {},
    )


def _closes_above(change: Change) -> bool:
    """Whether what others stand below is no longer to be open. Strangers are put out of it at once, though."""
    is_common = change.id.key.startswith(_COMMON)
    return (
        is_common
        and isinstance(change, Update)
        and (change.before.get("open"), change.after.get("open"))
        == (
            True,
            False,
        )
    )


def _write_step(batch: Batch, change: Write) -> Step:
    before = change.before if isinstance(change.before, str) else None
    return _step(
        batch,
        [change],
        WRITE,
        {"before": before, "text": change.written},
        effects=Effects(fields={"first_topic": change.written}),
        expects={},
        requests=4,
    )


def _edges(category: ResourceId, roles: Mapping[str, EdgeRole]) -> tuple[Edge, ...]:
    return tuple(Edge(Seats(category, role, Kind.GROUP), key) for key, role in sorted(roles.items()))


def _groups(roles: Mapping[str, EdgeRole]) -> list[ResourceId]:
    return [ResourceId(Kind.GROUP, key) for key in sorted(roles)]


def _parent(fields: Mapping[FieldName, Value]) -> list[ResourceId]:
    """A parent of ours; somebody else's is told by its remote id ("#12")."""
    parent = fields.get("parent")
    is_ours = isinstance(parent, str) and parent and not parent.startswith("#")
    return [ResourceId(Kind.FORUM_CATEGORY, str(parent))] if is_ours else []


def _step(
    batch: Batch,
    changes: Sequence[Change],
    operation: str,
    payload: Mapping[str, Json] | None = None,
    *,
    effects: Effects,
    refers: Sequence[ResourceId] = (),
    expects: Mapping[FieldName, Value] | None = None,
    requests: int = 2,
) -> Step:
    first = changes[0]
    return Step(
        target=first.target,
        operation=operation,
        id=first.id,
        name=first.name,
        changes=tuple(batch.digest(change) for change in changes),
        remote_id=batch.remote_id(first.id),
        payload=payload or {},
        refers=tuple(refers),
        effects=effects,
        expects=expects,
        cost=Cost(requests, limited={REQUESTS: requests}),
    )
