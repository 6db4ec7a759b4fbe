"""What changes of accounts become: a POST each, with a look before and after it; else a read and a write. Pure."""

from collections.abc import Iterator
from typing import Final, cast

from connectors.discourse.accounts.shape import canonical, fields
from connectors.discourse.client import cost
from connectors.discourse.names import forum_name
from connectors.discourse.settings import DiscourseSettings
from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged
from connectors.kit.steps import changing_step, erasing_step, field_steps, step_of
from provisioner.model.changes import Create, Erase, Resume, Suspend, Update
from provisioner.model.resources import FieldName, Kind
from provisioner.model.steps import Effects, Json, Step

CREATE: Final = "create-account"
UPDATE: Final = "update-account"
SUSPEND: Final = "suspend-account"
RESUME: Final = "resume-account"
ERASE: Final = "anonymise-account"
OPERATIONS: Final = frozenset({CREATE, UPDATE, SUSPEND, RESUME, ERASE})
_WRITTEN: Final[frozenset[FieldName]] = frozenset({"display_name"})


def compiled(batch: Batch, settings: DiscourseSettings) -> Iterator[Staged]:
    """One step a change. Who is suspended leaves groups first, whether that works or not."""
    for change in batch.of(Kind.ACCOUNT):
        match change:
            case Create():
                yield Staged(Stage.ACCOUNTS, _create_step(batch, change, settings))
            case Update():
                for step in field_steps(batch, change, UPDATE, _WRITTEN, canonical, cost=cost(2)):
                    yield Staged(Stage.UPDATES, step)
            case Suspend():
                yield Staged(Stage.SWITCHES, changing_step(batch, change, SUSPEND, cost=cost(2)))
            case Resume():
                yield Staged(Stage.SWITCHES, changing_step(batch, change, RESUME, cost=cost(2)))
            case Erase():
                yield Staged(Stage.ERASURES, erasing_step(batch, change, ERASE, cost=cost(2)))


def _create_step(batch: Batch, change: Create, settings: DiscourseSettings) -> Step:
    wanted, name = change.wanted, forum_name(change.wanted.name, settings.longest_name)
    known = fields(settings.login_provider)
    given = {field: canonical(field, value) for field, value in wanted.fields.items() if field in known}
    return step_of(
        batch,
        change,
        CREATE,
        name=name,
        payload={"username": name, "fields": cast(Json, given)},
        effects=Effects(fields={**given, "name": name}),
        cost=cost(3, 1 if settings.welcomes else 0),
    )
