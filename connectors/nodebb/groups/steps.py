"""What changes of groups become: one POST a group, one write an edge; a rename costs two more. Pure."""

from collections.abc import Iterator
from typing import Final

from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged
from connectors.kit.steps import erasing_step, field_steps, member_steps, step_of
from provisioner.model.changes import Create, Erase, Join, Leave, Update
from provisioner.model.resources import Kind
from provisioner.model.steps import Cost, Effects

CREATE: Final = "create-group"
RENAME: Final = "rename-group"
REMIND: Final = "remind-of-groups"
JOIN: Final = "join-group"
LEAVE: Final = "leave-group"
ERASE: Final = "erase-group"
OPERATIONS: Final = frozenset({CREATE, RENAME, REMIND, JOIN, LEAVE, ERASE})


def compiled(batch: Batch) -> Iterator[Staged]:
    """The steps. After a rename the server is made to look anew what groups are called."""
    for change in batch.of(Kind.GROUP):
        match change:
            case Create():
                name = change.wanted.name
                step = step_of(batch, change, CREATE, payload={"name": name}, effects=Effects(fields={"name": name}))
                yield Staged(Stage.CONTAINERS, step)
            case Update() if "name" in change.after:
                yield from (Staged(Stage.UPDATES, one) for one in field_steps(batch, change, RENAME, {"name"}))
                yield Staged(Stage.UPDATES, step_of(batch, change, REMIND, cost=Cost(requests=2)))
            case Join():
                yield from (Staged(Stage.JOINS, one) for one in member_steps(batch, change, JOIN))
            case Leave():
                leaves = member_steps(batch, change, LEAVE, cost=Cost(requests=3))
                yield from (Staged(Stage.LEAVES, one) for one in leaves)
            case Erase():
                yield Staged(Stage.ERASURES, erasing_step(batch, change, ERASE))
