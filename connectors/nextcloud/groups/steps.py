"""Groups: from changes to the fewest writes. Pure."""

from collections.abc import Iterator
from typing import Final

from connectors.kit.batch import Batch
from connectors.kit.steps import step_of
from connectors.nextcloud.groups.shape import FIELDS, canonical
from provisioner.model.changes import Create, Update
from provisioner.model.inventory import Unknown
from provisioner.model.steps import Cost, Effects, Json, Step

CREATE: Final = "create-group"
RENAME: Final = "rename-group"
ERASE: Final = "erase-group"


def create_step(batch: Batch, change: Create) -> Step:
    """One POST."""
    wanted = change.wanted
    fields = {name: canonical(name, value) for name, value in wanted.fields.items() if name in FIELDS}
    payload: dict[str, Json] = {"groupid": wanted.name}
    if fields.get("display_name"):
        payload["displayname"] = fields["display_name"]
    return step_of(batch, change, CREATE, payload=payload, effects=Effects(fields=fields))


def update_steps(batch: Batch, change: Update) -> Iterator[Step]:
    """One PUT when the display name differs; nothing else of a group can be written."""
    display_name = canonical("display_name", change.after.get("display_name"))
    if not display_name:
        return
    before = change.before.get("display_name")
    yield step_of(
        batch,
        change,
        RENAME,
        payload={"displayname": display_name},
        effects=Effects(fields={"display_name": display_name}),
        expects={} if before is None or isinstance(before, Unknown) else {"display_name": before},
        cost=Cost(requests=2),
    )
