"""Accounts: from changes to steps. Pure."""

from collections.abc import Sequence
from typing import Final, cast

from connectors.kit.batch import Batch
from connectors.kit.rooms import known
from connectors.nodebb.accounts import canonical
from provisioner.model.changes import Create, Erase, Leave, Resume, Suspend, Update, Write
from provisioner.model.resources import FieldName, Value
from provisioner.model.steps import Cost, Effects, Json, Step

CREATE: Final = "create-account"
UPDATE: Final = "update-account"
TIE: Final = "tie-account"
ERASE: Final = "erase-account"
WRITABLE: Final[frozenset[FieldName]] = frozenset({"display_name", "email", "enabled", "login_id"})


def create_step(batch: Batch, change: Create, writable: frozenset[FieldName], *, companion: bool) -> Step:
    """One POST; without the companion two look-ups before it, and one more POST by which the address counts."""
    wanted = change.wanted
    fields = {name: canonical(name, value) for name, value in wanted.fields.items() if name in writable}
    off = fields.get("enabled") is False
    cost = Cost(requests=1 + off) if companion else Cost(requests=4 + off, mails=1)
    return Step(
        target=change.target,
        operation=CREATE,
        id=change.id,
        name=wanted.name,
        changes=(batch.digest(change),),
        payload={"username": wanted.name, "fields": cast(Json, fields)},
        effects=Effects(fields={**fields, "name": wanted.name}),
        cost=cost,
    )


def change_step(
    batch: Batch,
    changes: Sequence[Update | Suspend | Resume],
    leaves: Sequence[Leave],
    writable: frozenset[FieldName],
    *,
    companion: bool,
) -> Step | None:
    """All that differs of one account; None: nothing of it can be written. Who is suspended leaves groups first."""
    after: dict[FieldName, Value] = {}
    before: dict[FieldName, Value] = {}
    touching: list[str] = []
    for change in changes:
        if isinstance(change, Update):
            fields = {name: canonical(name, value) for name, value in change.after.items() if name in writable}
            before |= known(change.before, writable)
        else:
            fields = {"enabled": isinstance(change, Resume)}
            before["enabled"] = not fields["enabled"]
        if fields:
            after |= fields
            touching.append(batch.digest(change))
    if not after:
        return None
    suspends = after.get("enabled") is False
    by_companion = companion and bool({"email", "login_id"} & after.keys() or suspends)
    own = ("display_name" in after) + ("enabled" in after and not (companion and suspends))
    return Step(
        target=changes[0].target,
        operation=UPDATE,
        id=changes[0].id,
        name=changes[0].name,
        changes=tuple(touching),
        remote_id=changes[0].remote_id,
        payload={"fields": cast(Json, after)},
        after=tuple(dict.fromkeys(leave.id for leave in leaves)) if suspends else (),
        effects=Effects(fields=after),
        expects={name: value for name, value in before.items() if companion or name == "enabled"},
        cost=Cost(requests=1 + by_companion + own, mails=1 if suspends and not companion else 0),
    )


def tie_step(batch: Batch, change: Write) -> Step:
    """The id by which somebody logs in, once it is known. The server refuses it where another account has it."""
    return Step(
        target=change.target,
        operation=TIE,
        id=change.id,
        name=change.name,
        changes=(batch.digest(change),),
        remote_id=batch.remote_id(change.id),
        payload={"login_id": change.written},
        effects=Effects(fields={"login_id": change.written}),
    )


def erase_step(batch: Batch, change: Erase) -> Step:
    """The account goes, posts stay. Whoever administers the forum is never erased."""
    return Step(
        target=change.target,
        operation=ERASE,
        id=change.id,
        name=change.name,
        changes=(batch.digest(change),),
        remote_id=change.remote_id,
        effects=Effects(fields={"name": change.name}, erased=True),
        expects={},
        cost=Cost(requests=2),
    )
