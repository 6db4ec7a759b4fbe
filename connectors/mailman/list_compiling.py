"""From changes of lists to the fewest writes, pure.

A new list is one POST, which takes no more than its address, and one PATCH for all the rest. Everybody who is put on it
is one POST; all who are taken off go in one request.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged
from connectors.kit.steps import erasing_step, member_steps, step_of
from connectors.mailman.lists import FIELDS, ROLES, canonical
from provisioner.model.changes import Change, Create, Erase, Join, Leave, Update, Write
from provisioner.model.inventory import Unknown
from provisioner.model.resources import Edge, EdgeRole, FieldName, Kind, Mode, Value
from provisioner.model.steps import Cost, Effects, Json, Step

CREATE: Final = "create-list"
SET: Final = "set-list"
SUBSCRIBE: Final = "subscribe"
UNSUBSCRIBE: Final = "unsubscribe"
ERASE: Final = "erase-list"
OPERATIONS: Final = frozenset({CREATE, SET, SUBSCRIBE, UNSUBSCRIBE, ERASE})


def compile_lists(batch: Batch, told: Mapping[str, int]) -> Iterator[Staged]:
    """``told``: how many owners of a list get a mail whenever somebody is put on it."""
    for change in batch.of(Kind.MAILING_LIST):
        match change:
            case Create():
                yield from (Staged(Stage.PLACES, step) for step in _creating(batch, change))
            case Join():
                seated = _subscribing(batch, change, told)
                yield from (Staged(Stage.PLACES, step) for step in seated)
            case Update():
                yield Staged(Stage.UPDATES, _setting(batch, change, change.after, change.before, change.remote_id))
            case Write():
                remote_id = batch.remote_id(change.id) if change.remote_id is None else change.remote_id
                after, before = {change.field: change.written}, {change.field: change.before}
                yield Staged(Stage.UPDATES, _setting(batch, change, after, before, remote_id))
            case Leave():
                yield Staged(Stage.LEAVES, _leaving(batch, change))
            case Erase():
                yield Staged(Stage.ERASURES, erasing_step(batch, change, ERASE))


def _creating(batch: Batch, change: Create) -> Iterator[Step]:
    name = change.wanted.name.lower()
    effects = Effects(fields={"name": name})
    yield step_of(batch, change, CREATE, name=name, payload={"name": name}, effects=effects, cost=Cost(requests=3))
    yield _setting(batch, change, change.wanted.fields, {}, None)


def _setting(
    batch: Batch,
    change: Change,
    after: Mapping[FieldName, Value],
    before: Mapping[FieldName, Value | Unknown],
    remote_id: str | None,
) -> Step:
    """One PATCH of all fields. With the language comes what a list begins with: once, however often it takes."""
    fields: dict[FieldName, Value] = {
        name: canonical(name, value) for name, value in after.items() if name in FIELDS and name != "name"
    }
    begins = remote_id is None or "language" in fields
    payload: dict[str, Json] = {"begins": begins, "fields": {str(name): value for name, value in fields.items()}}
    expects: dict[FieldName, Value] = {
        name: value
        for name, value in before.items()
        if name in fields and FIELDS[name] is Mode.MANAGED and value is not None and not isinstance(value, Unknown)
    }
    return step_of(
        batch,
        change,
        SET,
        name=change.name,
        remote_id=remote_id,
        payload=payload,
        effects=Effects(fields=fields),
        expects=expects if remote_id is not None else None,
        cost=Cost(requests=3 if remote_id is not None else 1),
    )


def _subscribing(batch: Batch, change: Join, told: Mapping[str, int]) -> Iterator[Step]:
    """One POST a person. Nobody is welcomed; owners who want to hear of changes can't be kept from it."""
    mails = told.get(batch.remote_id(change.id) or "", 0) if change.role is EdgeRole.MEMBER else 0
    for step in member_steps(batch, change, SUBSCRIBE, repeatable=mails == 0, cost=Cost(requests=1, mails=mails)):
        yield replace(step, payload={**step.payload, "role": ROLES[change.role]})


def _leaving(batch: Batch, change: Leave) -> Step:
    """One request for all subscribers; one each for owners, since there it would take the subscribers (observed).

    Nobody is named in ``refers``: what is wrong with one account must not keep the others where they should not be.
    """
    owners = change.role is EdgeRole.MODERATOR
    return step_of(
        batch,
        change,
        UNSUBSCRIBE,
        payload={"members": list(change.members), "role": ROLES[change.role]},
        effects=Effects(leaves=tuple(Edge(change.seats, key) for key in change.members)),
        expects={},
        cost=Cost(requests=2 + (len(change.members) if owners else 1)),
    )
