"""From changes of spaces to steps, pure."""

from collections.abc import Iterator
from typing import Final

from connectors.dokuwiki.names import slug
from connectors.dokuwiki.wikitext import canonical
from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged, known
from connectors.kit.steps import erasing_step, member_steps, step_of
from provisioner.model.changes import Create, Erase, Join, Leave, Regrade, Update, Write
from provisioner.model.resources import FieldName, Kind
from provisioner.model.steps import Cost, Effects, Step

CREATE: Final = "create-space"
GRANT: Final = "let-group-in"
REGRADE: Final = "regrade-group"
REVOKE: Final = "shut-group-out"
OPEN: Final = "open-space"
RENAME: Final = "rename-space"
BEGIN: Final = "begin-space"
ERASE: Final = "erase-space"
OPERATIONS: Final = frozenset({CREATE, GRANT, REGRADE, REVOKE, OPEN, RENAME, BEGIN, ERASE})

_OPEN: Final[frozenset[FieldName]] = frozenset({"open"})


def compile_spaces(batch: Batch) -> Iterator[Staged]:
    """Closed spaces, then who comes in, then all else; the first page when all that it links to is there."""
    for change in batch.of(Kind.WIKI_SPACE):
        match change:
            case Create():
                opened = change.wanted.fields.get("open") is True
                step = step_of(
                    batch,
                    change,
                    CREATE,
                    payload={"slug": slug(change.wanted.name), "open": opened, "key": change.id.key},
                    effects=Effects(fields={"name": change.wanted.name, "open": opened}),
                    cost=Cost(requests=7),
                )
                yield Staged(Stage.PLACES, step)
            case Join():
                yield from (Staged(Stage.PLACES, step) for step in member_steps(batch, change, GRANT))
            case Regrade():
                cost = Cost(requests=2)
                steps = member_steps(batch, change, REGRADE, cost=cost)
                yield from (Staged(Stage.UPDATES, step) for step in steps)
            case Leave():
                cost = Cost(requests=3)
                yield from (Staged(Stage.LEAVES, step) for step in member_steps(batch, change, REVOKE, cost=cost))
            case Update():
                yield from _updates(change, batch)
            case Write(field="first_page"):
                yield Staged(Stage.TEXTS, _beginning(change, batch))
            case Erase():
                yield Staged(Stage.ERASURES, erasing_step(batch, change, ERASE, cost=Cost(requests=10)))


def _updates(change: Update, batch: Batch) -> Iterator[Staged]:
    """The title is ours to remember: addresses and pages stay."""
    if "name" in change.after:
        effects = Effects(fields={"name": change.after["name"]})
        yield Staged(Stage.UPDATES, step_of(batch, change, RENAME, effects=effects, cost=Cost()))
    if "open" in change.after:
        opened = change.after["open"] is True
        step = step_of(
            batch,
            change,
            OPEN,
            payload={"open": opened},
            effects=Effects(fields={"open": opened}),
            expects=known(change.before, _OPEN),
            cost=Cost(requests=3),
        )
        yield Staged(Stage.UPDATES, step)


def _beginning(change: Write, batch: Batch) -> Step:
    text = canonical(change.written)
    return step_of(
        batch,
        change,
        BEGIN,
        payload={"text": text},
        effects=Effects(fields={"first_page": text}),
        expects={},
        cost=Cost(requests=3),
    )
