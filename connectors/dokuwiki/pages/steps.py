"""What changes of pages become: rights first; the text when all that it links to exists. Pure."""

from collections.abc import Iterator
from typing import Final

from connectors.dokuwiki.names import slug
from connectors.dokuwiki.wikitext import canonical
from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged
from connectors.kit.steps import erasing_step, field_steps, step_of, writing_step
from provisioner.model.changes import Create, Erase, Update, Write
from provisioner.model.resources import Kind
from provisioner.model.steps import Cost, Effects

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
                opened = change.wanted.fields.get("open") is True
                step = step_of(
                    batch,
                    change,
                    CREATE,
                    payload={"slug": slug(change.wanted.name), "fields": {"open": opened}},
                    effects=Effects(fields={"name": change.wanted.name, "open": opened}),
                    cost=Cost(requests=4),
                )
                yield Staged(Stage.PLACES, step)
            case Update():
                if "name" in change.after:
                    effects = Effects(fields={"name": change.after["name"]})
                    yield Staged(Stage.UPDATES, step_of(batch, change, RENAME, effects=effects, cost=Cost()))
                for step in field_steps(batch, change, OPEN, {"open"}, cost=Cost(requests=5)):
                    yield Staged(Stage.UPDATES, step)
            case Write(field="text"):
                step = writing_step(batch, change, WRITE, canonical, cost=Cost(requests=5))
                yield Staged(Stage.TEXTS, step)
            case Erase():
                yield Staged(Stage.ERASURES, erasing_step(batch, change, ERASE, cost=Cost(requests=7)))
