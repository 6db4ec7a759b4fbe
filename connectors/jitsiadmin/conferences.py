"""Conferences in Jitsi-Admin's words: names, times, and from changes to the fewest writes. Pure.

Every write here is a mail, or many: somebody who is put in or taken out gets one, and so does everybody in it when it
is changed or called off (read in Service/api/RoomService.php). So no step is done twice unless somebody looked.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from connectors.jitsiadmin.client import Conference
from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged
from provisioner.model.changes import Create, Erase, Join, Leave, Update
from provisioner.model.inventory import UNKNOWN, Unknown
from provisioner.model.resources import Edge, FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Cost, Effects, Step
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {
    "name": Mode.MANAGED,
    "starts_at": Mode.MANAGED,
    "minutes": Mode.MANAGED,
    "organisers": Mode.CREATE_ONLY,
}
"""``starts_at`` None: it is called off. There is no way to give a conference another organiser."""

CREATE: Final = "create-conference"
CHANGE: Final = "change-conference"
CALL_OFF: Final = "call-off-conference"
ADD: Final = "invite"
REMOVE: Final = "uninvite"
ERASE: Final = "forget-conference"
OPERATIONS: Final = frozenset({CREATE, CHANGE, CALL_OFF, ADD, REMOVE, ERASE})

LONGEST_NAME: Final = 200
_TOLD: Final = re.compile(r"(\d{4}-\d\d-\d\d)(.*)(\d\d:\d\d):\d\d", re.DOTALL)
"""Their format ``Y-m-dTH:i:s``: PHP takes the T for the zone's short name."""
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def objection(name: str) -> Text | None:
    """Why no conference can be called so."""
    if not name.strip() or len(name) > LONGEST_NAME or _UNPRINTABLE.search(name):
        return Text.of("jitsiadmin.name_unusable", limit=LONGEST_NAME)
    return None


def moment_of(starts_at: str) -> datetime:
    """From "2026-01-13T10:00 Europe/Berlin" to an aware datetime. Raises `ValueError`."""
    local, _, zone = starts_at.partition(" ")
    moment = datetime.fromisoformat(local)
    try:
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(zone))
    except (KeyError, OSError) as error:  # no such zone
        raise ValueError(zone) from error


def shown(moment: datetime, zone: ZoneInfo) -> str:
    """An aware datetime as the field has it, in a server's zone."""
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M} {zone.key}"


def canonical(field: FieldName, value: Value, zone: ZoneInfo) -> Value:
    """The start in the server's own zone; what is no start stays as it is, and is refused when it is written."""
    if field != "starts_at" or not isinstance(value, str):
        return value
    try:
        return shown(moment_of(value), zone)
    except ValueError:
        return value


def start_of(found: Conference, zone: ZoneInfo) -> datetime | None:
    """When it begins; None when the server keeps its times in another zone than we were told, or says no time."""
    told = _TOLD.fullmatch(found.start)
    if told is None:
        return None
    try:
        moment = datetime.fromisoformat(f"{told[1]}T{told[3]}").replace(tzinfo=zone)
    except ValueError:
        return None
    return moment if told[2] == moment.tzname() else None


def fields_of(found: Conference, zone: ZoneInfo) -> dict[FieldName, Value | Unknown]:
    """What can be said of one that takes place."""
    start = start_of(found, zone)
    return {
        "starts_at": UNKNOWN if start is None else shown(start, zone),
        "minutes": UNKNOWN if found.minutes is None else found.minutes,
    }


def compile_conferences(batch: Batch, seen: Mapping[str, int]) -> Iterator[Staged]:
    """New ones, then who is taken out, then what changes for those who stay, then who is put in.

    ``seen``: how many were in a conference at the last look, by its id.
    """
    yield from (Staged(Stage.PLACES, step) for step in _planned(batch, seen))
    for change in batch.of(Kind.CONFERENCE):
        if isinstance(change, Erase):
            cost = Cost(requests=2, mails=seen.get(change.remote_id, 0))
            yield Staged(Stage.ERASURES, _ending(change, ERASE, {}, cost, (batch.digest(change),)))


def _planned(batch: Batch, seen: Mapping[str, int]) -> Iterator[Step]:
    ours = list(batch.of(Kind.CONFERENCE))
    for change in ours:
        if isinstance(change, Create) and change.wanted.fields.get("starts_at") is not None:
            yield _creating(change, batch)
    leaving: dict[ResourceId, int] = {}
    for change in ours:
        if isinstance(change, Leave):
            leaving[change.id] = leaving.get(change.id, 0) + len(change.members)
            for key in change.members:
                yield _moving(change, key, change.remote_id, batch)
    for identity in dict.fromkeys(change.id for change in ours if isinstance(change, Update)):
        updates = [change for change in batch.about(identity) if isinstance(change, Update)]
        mails = max(seen.get(updates[0].remote_id, 0) - leaving.get(identity, 0), 0)
        yield _changing(updates, mails, batch)
    never = {
        change.id for change in ours if isinstance(change, Create) and change.wanted.fields.get("starts_at") is None
    }
    for change in ours:
        if isinstance(change, Join) and change.id not in never:
            for key in change.members:
                yield _moving(change, key, batch.remote_id(change.id), batch)


def organisers(wanted: Mapping[FieldName, Value]) -> list[str]:
    """Keys of those who may organise it, in their order."""
    return str(wanted.get("organisers") or "").split()


def _creating(change: Create, batch: Batch) -> Step:
    """Whoever organises it is in it, and gets a mail: counted where they are put in like everybody else."""
    fields = change.wanted.fields
    may = organisers(fields)
    joins = [one for one in batch.about(change.id) if isinstance(one, Join)]
    counted = {key for join in joins for key in join.members} & set(may)
    return Step(
        target=change.target,
        operation=CREATE,
        id=change.id,
        name=change.wanted.name,
        changes=(batch.digest(change),),
        payload={"starts_at": fields["starts_at"], "minutes": fields.get("minutes"), "organisers": list(may)},
        after=tuple(ResourceId(Kind.ACCOUNT, key) for key in may),
        effects=Effects(fields={name: value for name, value in fields.items() if name in FIELDS}),
        repeatable=False,
        cost=Cost(requests=3 + len(may), mails=0 if counted else 1),
    )


def _changing(updates: Sequence[Update], mails: int, batch: Batch) -> Step:
    """All that changes about one conference at once: each PUT is a mail to everybody in it."""
    after: dict[FieldName, Value] = {}
    expects: dict[FieldName, Value] = {}
    for update in updates:
        for name, value in update.after.items():
            if FIELDS.get(name) is Mode.MANAGED:
                after[name] = value
                before = update.before.get(name)
                if not isinstance(before, Unknown):
                    expects[name] = before
    digests, cost = tuple(map(batch.digest, updates)), Cost(requests=2, mails=mails)
    if "starts_at" in after and after["starts_at"] is None:
        return _ending(updates[0], CALL_OFF, expects, cost, digests)
    return Step(
        target=updates[0].target,
        operation=CHANGE,
        id=updates[0].id,
        name=updates[0].name,
        changes=digests,
        remote_id=updates[0].remote_id,
        payload={str(name): value for name, value in after.items()},
        effects=Effects(fields=after),
        expects=expects,
        repeatable=False,
        cost=cost,
    )


def _ending(
    change: Update | Erase, operation: str, expects: Mapping[FieldName, Value], cost: Cost, digests: tuple[str, ...]
) -> Step:
    """What is never used again is its id: a conference of this name may well be planned anew."""
    return Step(
        target=change.target,
        operation=operation,
        id=change.id,
        name=change.name,
        changes=digests,
        remote_id=change.remote_id,
        effects=Effects(fields={"name": change.remote_id}, erased=True),
        expects=expects,
        repeatable=False,
        cost=cost,
    )


def _moving(change: Join | Leave, key: str, remote_id: str | None, batch: Batch) -> Step:
    """One person in or out, and one mail to them."""
    edge = Edge(change.seats, key)
    comes = isinstance(change, Join)
    return Step(
        target=change.target,
        operation=ADD if comes else REMOVE,
        id=change.id,
        name=change.name,
        changes=(batch.digest(change),),
        remote_id=remote_id,
        payload={"member": key},
        refers=(ResourceId(Kind.ACCOUNT, key),) if comes else (),
        effects=Effects(joins=(edge,)) if comes else Effects(leaves=(edge,)),
        expects_edge=None if comes else edge,
        repeatable=False,
        cost=Cost(requests=2, mails=1),
    )
