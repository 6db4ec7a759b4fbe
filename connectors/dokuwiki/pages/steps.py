"""What changes of pages become: rights first; the text when all that it links to exists. Pure."""

from collections.abc import Iterator
from typing import Final

from connectors.dokuwiki.titled import creating_step, updating_steps
from connectors.dokuwiki.wikitext import canonical
from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged
from connectors.kit.steps import erasing_step, writing_step
from provisioner.model.changes import Create, Erase, Update, Write
from provisioner.model.resources import Kind
from provisioner.model.steps import Cost

CREATE: Final = "create-page"
WRITE: Final = "write-page"
OPEN: Final = "open-page"
RENAME: Final = "rename-page"
ERASE: Final = "erase-page"
OPERATIONS: Final = frozenset({CREATE, WRITE, OPEN, RENAME, ERASE})


def compiled(batch: Batch) -> Iterator[Staged]:
    """The steps. The title stands in the text; the address stays."""
    for change in batch.of(Kind.WIKI_PAGE):
        match change:
            case Create():
                yield Staged(Stage.PLACES, creating_step(batch, change, CREATE, Cost(requests=4)))
            case Update():
                updates = updating_steps(batch, change, RENAME, OPEN, Cost(requests=5))
                yield from (Staged(Stage.UPDATES, step) for step in updates)
            case Write(field="text"):
                step = writing_step(batch, change, WRITE, canonical, cost=Cost(requests=5))
                yield Staged(Stage.TEXTS, step)
            case Erase():
                yield Staged(Stage.ERASURES, erasing_step(batch, change, ERASE, cost=Cost(requests=7)))
