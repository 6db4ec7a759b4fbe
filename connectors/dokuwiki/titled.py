"""Steps of what has an address that is made of its title once: spaces and pages. Pure."""

from collections.abc import Iterator

from connectors.dokuwiki.names import slug
from connectors.kit.batch import Batch
from connectors.kit.steps import field_steps, step_of
from provisioner.model.changes import Create, Update
from provisioner.model.steps import Cost, Effects, Json, Step


def creating_step(batch: Batch, change: Create, operation: str, cost: Cost) -> Step:
    """Made closed to strangers, or open to whoever logs in."""
    opened = change.wanted.fields.get("open") is True
    payload: dict[str, Json] = {"slug": slug(change.wanted.name), "fields": {"open": opened}}
    effects = Effects(fields={"name": change.wanted.name, "open": opened})
    return step_of(batch, change, operation, payload=payload, effects=effects, cost=cost)


def updating_steps(batch: Batch, change: Update, rename: str, open_: str, cost: Cost) -> Iterator[Step]:
    """The title is ours to remember: addresses and pages stay, and nothing is asked. ``cost``: of opening it."""
    yield from field_steps(batch, change, rename, {"name"}, expects=None, cost=Cost())
    yield from field_steps(batch, change, open_, {"open"}, cost=cost)
