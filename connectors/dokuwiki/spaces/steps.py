"""From changes of spaces to steps, pure."""

from collections.abc import Iterator
from typing import Final

from connectors.dokuwiki.titled import creating_step, updating_steps
from connectors.dokuwiki.wikitext import canonical
from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged
from connectors.kit.steps import erasing_step, member_steps, writing_step
from provisioner.model.changes import Create, Erase, Join, Leave, Regrade, Update, Write
from provisioner.model.resources import Kind
from provisioner.model.steps import Cost

CREATE: Final = "create-space"
GRANT: Final = "let-group-in"
REGRADE: Final = "regrade-group"
REVOKE: Final = "shut-group-out"
OPEN: Final = "open-space"
RENAME: Final = "rename-space"
BEGIN: Final = "begin-space"
ERASE: Final = "erase-space"
OPERATIONS: Final = frozenset({CREATE, GRANT, REGRADE, REVOKE, OPEN, RENAME, BEGIN, ERASE})


def compiled(batch: Batch) -> Iterator[Staged]:
    """Closed spaces, then who comes in, then all else; the first page when all that it links to is there."""
    for change in batch.of(Kind.WIKI_SPACE):
        match change:
            case Create():
                yield Staged(Stage.PLACES, creating_step(batch, change, CREATE, Cost(requests=7)))
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
                updates = updating_steps(batch, change, RENAME, OPEN, Cost(requests=3))
                yield from (Staged(Stage.UPDATES, step) for step in updates)
            case Write(field="first_page"):
                step = writing_step(batch, change, BEGIN, canonical, expects={}, cost=Cost(requests=3))
                yield Staged(Stage.TEXTS, step)
            case Erase():
                yield Staged(Stage.ERASURES, erasing_step(batch, change, ERASE, cost=Cost(requests=10)))
