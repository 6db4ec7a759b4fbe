"""Accounts: from changes to steps, one write each, so that a step that was cut short was done or was not. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged, known
from connectors.nodebb.accounts import canonical
from provisioner.model.changes import Change, Create, Erase, Leave, Resume, Suspend, Update, Write
from provisioner.model.resources import FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Cost, Effects, Json, Step

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

Fields = dict[FieldName, Value]


@dataclass(frozen=True, slots=True)
class Compiler:
    """Of one batch. ``writable``: the fields of this target."""

    batch: Batch
    writable: frozenset[FieldName]
    companion: bool

    def steps(self) -> Iterator[Staged]:
        """New accounts, then what differs of those that exist; who is suspended leaves groups first."""
        for change in self.batch.of(Kind.ACCOUNT):
            match change:
                case Create():
                    yield from self._create(change)
                case Update():
                    yield from self._update(change, self._own(change.after), known(change.before, self.writable))
                case Suspend():
                    yield from self._update(change, {"enabled": False}, {"enabled": True})
                case Resume():
                    yield from self._update(change, {"enabled": True}, {"enabled": False})
                case Write() if change.field == "login_id" and self.companion and change.written:
                    yield Staged(Stage.LINKS, self._step(change, SETTLE, {"login_id": change.written}))
                case Erase():
                    effects = Effects(fields={"name": change.name}, erased=True)
                    yield Staged(Stage.ERASURES, self._step(change, ERASE, effects=effects, expects={}, requests=3))

    def _create(self, change: Create) -> Iterator[Staged]:
        """One POST; without the companion two look-ups before it, and one more POST by which the address counts."""
        wanted = change.wanted
        fields = self._own(wanted.fields)
        suspended = fields.pop("enabled", True) is False
        given: Fields = {} if suspended else {"enabled": True} if "enabled" in wanted.fields else {}
        effects = Effects(fields={**fields, **given, "name": wanted.name})
        cost = Cost(requests=1) if self.companion else Cost(requests=3, mails=1)
        payload: dict[str, Json] = {"username": wanted.name, "fields": cast(Json, fields)}
        step = self._step(change, CREATE, payload=payload, effects=effects, cost=cost)
        yield Staged(Stage.ACCOUNTS, step)
        if not self.companion and fields.get("email"):
            confirmed = self._step(change, CONFIRM, payload={"email": cast(Json, fields["email"])})
            yield Staged(Stage.ACCOUNTS, confirmed)
        if suspended:
            yield Staged(Stage.SWITCHES, self._step(change, SUSPEND, {"enabled": False}, cost=self._suspending()))

    def _update(
        self, change: Update | Suspend | Resume, after: Fields, before: Mapping[FieldName, Value]
    ) -> Iterator[Staged]:
        settled = {name: value for name, value in after.items() if name in SETTLED}
        for operation, fields in ((SETTLE, settled), (NAME, _only(after, "display_name"))):
            if fields:
                expects = {name: before[name] for name in fields if name in before and self._is_read(name)}
                yield Staged(Stage.UPDATES, self._step(change, operation, fields, expects=expects, requests=2))
        if "enabled" in after:
            on, expects = after["enabled"] is True, {name: before[name] for name in ("enabled",) if name in before}
            cost = Cost(requests=2) if on else Cost(requests=1) + self._suspending()
            leaves = () if on else self._leaves(change.id)
            step = self._step(
                change,
                RESUME if on else SUSPEND,
                {"enabled": on},
                expects=expects,
                after=leaves,
                cost=cost,
            )
            yield Staged(Stage.SWITCHES, step)

    def _suspending(self) -> Cost:
        """The server mails whoever it bans; our companion does not let it."""
        return Cost(requests=1, mails=0 if self.companion else 1)

    def _is_read(self, name: FieldName) -> bool:
        """Whether a fresh read tells it as it was compared."""
        return self.companion or name == "enabled"

    def _leaves(self, account: ResourceId) -> tuple[ResourceId, ...]:
        leaves = (leave.id for leave in self.batch.leaves_of(account) if isinstance(leave, Leave))
        return tuple(dict.fromkeys(leaves))

    def _own(self, fields: Mapping[FieldName, Value]) -> Fields:
        return {name: canonical(name, value) for name, value in fields.items() if name in self.writable}

    def _step(
        self,
        change: Change,
        operation: str,
        fields: Fields | None = None,
        *,
        payload: dict[str, Json] | None = None,
        effects: Effects | None = None,
        expects: Fields | None = None,
        after: Sequence[ResourceId] = (),
        requests: int = 1,
        cost: Cost | None = None,
    ) -> Step:
        wanted = change.wanted.name if isinstance(change, Create) else change.name
        return Step(
            target=change.target,
            operation=operation,
            id=change.id,
            name=wanted,
            changes=(self.batch.digest(change),),
            remote_id=self.batch.remote_id(change.id),
            payload={"fields": cast(Json, fields)} if payload is None else payload,
            after=tuple(after),
            effects=effects or Effects(fields=fields or {}),
            expects=expects,
            cost=cost or Cost(requests=requests),
        )


def _only(fields: Fields, name: FieldName) -> Fields:
    return {name: fields[name]} if name in fields else {}
