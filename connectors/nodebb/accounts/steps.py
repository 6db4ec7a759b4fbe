"""Accounts: from changes to steps, one write each, so that a step that was cut short was done or was not. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged
from connectors.kit.steps import Parts, after_of, erasing_step, field_steps, merged_step, step_of
from connectors.nodebb.accounts.shape import canonical
from provisioner.model.changes import Create, Erase, Resume, Suspend, Update, Write
from provisioner.model.resources import FieldName, Kind
from provisioner.model.steps import Cost, Effects, Json

CREATE: Final = "create-account"
CONFIRM: Final = "confirm-address"
SETTLE: Final = "settle-account"
NAME: Final = "name-account"
SUSPEND: Final = "suspend-account"
RESUME: Final = "resume-account"
ERASE: Final = "erase-account"
OPERATIONS: Final = frozenset({CREATE, CONFIRM, SETTLE, NAME, SUSPEND, RESUME, ERASE})
SETTLED: Final[frozenset[FieldName]] = frozenset({"email", "login_id"})
"""Fields that our companion plugin alone can write, in one request."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """Of one batch. ``writable``: the fields of this target."""

    batch: Batch
    writable: frozenset[FieldName]
    companion: bool

    def steps(self) -> Iterator[Staged]:
        """New accounts, then what differs of those that exist; who is suspended leaves groups first."""
        batch = self.batch
        for change in batch.of(Kind.ACCOUNT):
            match change:
                case Create():
                    yield from self._create(change)
                case Update():
                    yield from self._update(change)
                    yield from self._switch(change)
                case Suspend() | Resume():
                    yield from self._switch(change)
                case Write(field="login_id") if self.companion and change.written:
                    payload: dict[str, Json] = {"fields": {"login_id": change.written}}
                    effects = Effects(fields={"login_id": change.written})
                    step = step_of(batch, change, SETTLE, payload=payload, effects=effects)
                    yield Staged(Stage.LINKS, step)
                case Erase():
                    yield Staged(Stage.ERASURES, erasing_step(batch, change, ERASE, cost=Cost(requests=3)))

    def _create(self, change: Create) -> Iterator[Staged]:
        """One POST; without the companion two look-ups before it, and one more POST by which the address counts."""
        batch, wanted = self.batch, change.wanted
        fields = {name: canonical(name, value) for name, value in wanted.fields.items() if name in self.writable}
        suspended = fields.pop("enabled", True) is False
        made = dict(fields) if suspended or "enabled" not in wanted.fields else {**fields, "enabled": True}
        step = step_of(
            batch,
            change,
            CREATE,
            payload={"username": wanted.name, "fields": cast(Json, fields)},
            effects=Effects(fields={**made, "name": wanted.name}),
            cost=Cost(requests=1) if self.companion else Cost(requests=3, mails=1),
        )
        yield Staged(Stage.ACCOUNTS, step)
        email = fields.get("email")
        if not self.companion and email:
            yield Staged(Stage.ACCOUNTS, step_of(batch, change, CONFIRM, payload={"email": email}))
        if suspended:
            effects, cost = Effects(fields={"enabled": False}), self._suspending()
            yield Staged(Stage.SWITCHES, step_of(batch, change, SUSPEND, effects=effects, cost=cost))

    def _update(self, change: Update) -> Iterator[Staged]:
        """Held against what was seen where a fresh read tells it as it was compared."""
        expected: Parts = {} if self.companion else {"expects": {}}
        for operation, names in ((SETTLE, SETTLED), (NAME, {"display_name"})):
            steps = field_steps(self.batch, change, operation, self.writable & names, canonical, **expected)
            yield from (Staged(Stage.UPDATES, step) for step in steps)

    def _switch(self, change: Update | Suspend | Resume) -> Iterator[Staged]:
        on = after_of(change).get("enabled") is not False
        cost = Cost(requests=1) + (Cost(requests=1) if on else self._suspending())
        steps = merged_step(self.batch, [change], RESUME if on else SUSPEND, {"enabled"}, canonical, cost=cost)
        yield from (Staged(Stage.SWITCHES, step) for step in steps)

    def _suspending(self) -> Cost:
        """The server mails whoever it bans; our companion does not let it."""
        return Cost(requests=1, mails=0 if self.companion else 1)
