"""From changes of spaces to steps, pure."""

from collections.abc import Iterator
from typing import Final

from connectors.dokuwiki.look import GroupNames
from connectors.dokuwiki.names import slug
from connectors.dokuwiki.rights import LEVELS
from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged, known
from provisioner.model.changes import Change, Create, Erase, Join, Leave, Regrade, Update
from provisioner.model.resources import Edge, FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Cost, Effects, Json, Step

CREATE: Final = "create-space"
GRANT: Final = "let-group-in"
REGRADE: Final = "regrade-group"
REVOKE: Final = "shut-group-out"
OPEN: Final = "open-space"
RENAME: Final = "rename-space"
BEGIN: Final = "begin-space"
ERASE: Final = "erase-space"
OPERATIONS: Final = frozenset({CREATE, GRANT, REGRADE, REVOKE, OPEN, RENAME, BEGIN, ERASE})
_HELD: Final[frozenset[FieldName]] = frozenset({"open"})


def compile_spaces(batch: Batch, names: GroupNames) -> Iterator[Staged]:
    """Raises `KeyError` for a group that nobody knows."""
    for change in batch.of(Kind.WIKI_SPACE):
        match change:
            case Create():
                yield Staged(Stage.PLACES, _creation(change, batch))
                if isinstance(text := change.wanted.fields.get("first_page"), str) and text:
                    yield Staged(Stage.PLACES, _beginning(change, change.wanted.name, text, batch))
            case Join():
                for key in change.members:
                    yield Staged(Stage.PLACES, _admission(change, key, batch, names))
            case Regrade():
                for key in change.members:
                    yield Staged(Stage.UPDATES, _regrade(change, key, batch, names))
            case Update():
                for step in _updates(change, batch):
                    yield Staged(Stage.UPDATES, step)
            case Leave():
                for key in change.members:
                    yield Staged(Stage.LEAVES, _departure(change, key, batch, names))
            case Erase():
                effects = Effects(fields={"name": change.name}, erased=True)
                payload: dict[str, Json] = {"key": change.id.key}
                yield Staged(
                    Stage.ERASURES, _step(change, ERASE, payload, effects, batch, expects={}, requests=_ERASING)
                )


_CREATING: Final = 6
"""Requests: what is there, the note, two lines."""
_ERASING: Final = 10
"""As many as there are pages and files; of a space with few."""


def _creation(change: Create, batch: Batch) -> Step:
    opened = change.wanted.fields.get("open") is True
    effects = Effects(fields={"name": change.wanted.name, "open": opened})
    payload: dict[str, Json] = {"slug": slug(change.wanted.name), "open": opened, "key": change.id.key}
    return _step(change, CREATE, payload, effects, batch, requests=_CREATING)


def _beginning(change: Change, name: str, text: str, batch: Batch) -> Step:
    effects = Effects(fields={"first_page": text})
    return _step(change, BEGIN, {"text": text}, effects, batch, expects={}, requests=3)


def _admission(change: Join, key: str, batch: Batch, names: GroupNames) -> Step:
    payload: dict[str, Json] = {"group": names.after(batch, key), "level": LEVELS[change.role]}
    effects = Effects(joins=(Edge(change.seats, key),))
    return _step(change, GRANT, payload, effects, batch, group=key)


def _regrade(change: Regrade, key: str, batch: Batch, names: GroupNames) -> Step:
    payload: dict[str, Json] = {"group": names.after(batch, key), "level": LEVELS[change.role]}
    left = Edge(change.left, key)
    effects = Effects(joins=(Edge(change.seats, key),), leaves=(left,))
    return _step(change, REGRADE, payload, effects, batch, group=key, leaving=left, requests=2)


def _departure(change: Leave, key: str, batch: Batch, names: GroupNames) -> Step:
    edge = Edge(change.seats, key)
    payload: dict[str, Json] = {"group": names.after(batch, key)}
    return _step(change, REVOKE, payload, Effects(leaves=(edge,)), batch, group=key, leaving=edge, requests=3)


def _updates(change: Update, batch: Batch) -> Iterator[Step]:
    after = change.after
    if isinstance(name := after.get("name"), str):
        yield _step(change, RENAME, {}, Effects(fields={"name": name}), batch, requests=0)
    if "open" in after:
        opened = after["open"] is True
        expects = known(change.before, _HELD)
        yield _step(
            change, OPEN, {"open": opened}, Effects(fields={"open": opened}), batch, expects=expects, requests=3
        )
    if isinstance(text := after.get("first_page"), str) and text:
        yield _beginning(change, change.name, text, batch)


def _step(
    change: Change,
    operation: str,
    payload: dict[str, Json],
    effects: Effects,
    batch: Batch,
    *,
    group: str | None = None,
    leaving: Edge | None = None,
    expects: dict[FieldName, Value] | None = None,
    requests: int = 1,
) -> Step:
    return Step(
        target=change.target,
        operation=operation,
        id=change.id,
        name=change.wanted.name if isinstance(change, Create) else change.name,
        changes=(batch.digest(change),),
        remote_id=batch.remote_id(change.id),
        payload=payload,
        refers=() if group is None else (ResourceId(Kind.GROUP, group),),
        effects=effects,
        expects=expects,
        expects_edge=leaving,
        cost=Cost(requests=requests),
    )
