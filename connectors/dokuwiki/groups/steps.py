"""What changes of groups become: one step each. Pure."""

from collections.abc import Iterator
from typing import Final

from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged
from connectors.kit.steps import erasing_step, step_of
from provisioner.model.changes import Create, Erase, Update
from provisioner.model.resources import Kind
from provisioner.model.steps import Cost, Effects

CREATE: Final = "name-group"
RENAME: Final = "rename-group"
FORGET: Final = "forget-group"
OPERATIONS: Final = frozenset({CREATE, RENAME, FORGET})


def compiled(batch: Batch) -> Iterator[Staged]:
    """A creation asks nothing; renames come before anything else that names the group."""
    for change in batch.of(Kind.GROUP):
        match change:
            case Create():
                called = change.wanted.name
                effects = Effects(fields={"name": called})
                step = step_of(batch, change, CREATE, payload={"name": called}, effects=effects, cost=Cost())
                yield Staged(Stage.CONTAINERS, step)
            case Update() if isinstance(name := change.after.get("name"), str):
                effects, cost = Effects(fields={"name": name}), Cost(requests=5)
                step = step_of(batch, change, RENAME, payload={"name": name}, effects=effects, cost=cost)
                yield Staged(Stage.CONTAINERS, step)
            case Erase():
                payload = {"name": change.name}
                yield Staged(Stage.ERASURES, erasing_step(batch, change, FORGET, payload=payload))
