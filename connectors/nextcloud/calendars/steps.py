"""From changes of calendars and meetings to the fewest writes, pure.

A new calendar: one request, one that lets its groups in, and one a series. Whatever differs in an event is one PUT.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged
from connectors.kit.steps import step_of
from connectors.nextcloud.calendars.dav import MOST_SHARED
from connectors.nextcloud.calendars.shape import MEETING_FIELDS, canonical
from provisioner.model.changes import Create, Erase, Join, Leave, Update, Write
from provisioner.model.inventory import Unknown
from provisioner.model.resources import Edge, FieldName, Kind, ResourceId, Value, marker_of
from provisioner.model.steps import Cost, Effects, Json, Step

CREATE: Final = "create-calendar"
RENAME: Final = "rename-calendar"
SHARE: Final = "share-calendar"
UNSHARE: Final = "unshare-calendar"
ERASE: Final = "erase-calendar"
CALENDAR_OPERATIONS: Final = frozenset({CREATE, RENAME, SHARE, UNSHARE, ERASE})

ADD: Final = "add-meeting"
CHANGE: Final = "change-meeting"
STRIKE: Final = "erase-meeting"
MEETING_OPERATIONS: Final = frozenset({ADD, CHANGE, STRIKE})

CREATE_BUCKET: Final = "nextcloud.calendar-creations"
SHARE_BUCKET: Final = "nextcloud.calendar-shares"


def compile_calendars(batch: Batch) -> Iterator[Staged]:
    """The steps of all changes of calendars."""
    for change in batch.of(Kind.CALENDAR):
        if isinstance(change, Create):
            yield Staged(Stage.PLACES, _creating(change, batch))
    for change in batch.of(Kind.CALENDAR):
        if isinstance(change, Join):
            for step in _sharing(change, batch):
                yield Staged(Stage.PLACES, step)
        elif isinstance(change, Leave):
            for step in _unsharing(change, batch):
                yield Staged(Stage.LEAVES, step)
        elif isinstance(change, Update):
            yield Staged(Stage.UPDATES, _renaming(change, batch))
        elif isinstance(change, Erase):
            yield Staged(Stage.ERASURES, _erasing(change, batch, ERASE))


def compile_meetings(batch: Batch) -> Iterator[Staged]:
    """The steps of all changes of meetings; several texts of one meeting are one write."""
    writes: dict[ResourceId, list[Write]] = {}
    for change in batch.of(Kind.MEETING):
        if isinstance(change, Create):
            yield Staged(Stage.PLACES, _adding(change, batch))
        elif isinstance(change, Update):
            yield Staged(Stage.UPDATES, _changing([change], dict(change.before), dict(change.after), batch))
        elif isinstance(change, Erase):
            yield Staged(Stage.ERASURES, _erasing(change, batch, STRIKE))
        elif isinstance(change, Write):
            writes.setdefault(change.id, []).append(change)
    for about in writes.values():
        before = {one.field: one.before for one in about}
        yield Staged(Stage.TEXTS, _changing(about, before, {one.field: one.written for one in about}, batch))


def _creating(change: Create, batch: Batch) -> Step:
    return step_of(
        batch,
        change,
        CREATE,
        payload={"name": change.wanted.name},
        effects=Effects(fields={"name": change.wanted.name}),
        repeatable=False,
        cost=Cost(requests=1, limited={CREATE_BUCKET: 1}),
    )


def _sharing(change: Join, batch: Batch) -> Iterator[Step]:
    for start in range(0, len(change.members), MOST_SHARED):
        members = change.members[start : start + MOST_SHARED]
        yield step_of(
            batch,
            change,
            SHARE,
            refers=tuple(ResourceId(change.member, key) for key in members),
            effects=Effects(joins=tuple(Edge(change.seats, key) for key in members)),
            cost=Cost(requests=1, limited={SHARE_BUCKET: 1}),
        )


def _unsharing(change: Leave, batch: Batch) -> Iterator[Step]:
    for key in change.members:
        edge = Edge(change.seats, key)
        yield step_of(
            batch,
            change,
            UNSHARE,
            refers=(ResourceId(change.member, key),),
            effects=Effects(leaves=(edge,)),
            expects_edge=edge,
            cost=Cost(requests=2, limited={SHARE_BUCKET: 1}),
        )


def _renaming(change: Update, batch: Batch) -> Step:
    return step_of(
        batch,
        change,
        RENAME,
        payload={"name": change.after["name"]},
        effects=Effects(fields={"name": change.after["name"]}),
        expects=_known(change.before),
        cost=Cost(requests=2),
    )


def _adding(change: Create, batch: Batch) -> Step:
    """With all that is known of it. What links to something that does not exist yet follows later."""
    wanted = change.wanted
    calendar = next(need for need in wanted.needs if need.kind is Kind.CALENDAR)
    fields = _canonical({"name": wanted.name, **wanted.fields})
    return step_of(
        batch,
        change,
        ADD,
        payload=_payload(fields),
        refers=(calendar,),
        effects=Effects(fields=fields),
        repeatable=False,
    )


def _changing(
    changes: Sequence[Update | Write],
    before: Mapping[FieldName, Value | Unknown],
    after: Mapping[FieldName, Value],
    batch: Batch,
) -> Step:
    first = changes[0]
    made = first.remote_id is None  # in this very run: what it holds was written a moment ago
    fields = _canonical(after)
    return Step(
        target=first.target,
        operation=CHANGE,
        id=first.id,
        name=first.name,
        changes=tuple(dict.fromkeys(batch.digest(change) for change in changes)),
        remote_id=batch.remote_id(first.id),
        payload=_payload(fields),
        effects=Effects(fields=fields),
        expects={} if made else _known(before),
        cost=Cost(requests=2),
    )


def _erasing(change: Erase, batch: Batch, operation: str) -> Step:
    return step_of(
        batch,
        change,
        operation,
        effects=Effects(fields={"name": marker_of(change.id)}, erased=True),
        expects={},
        cost=Cost(requests=2),
    )


def _canonical(fields: Mapping[FieldName, Value]) -> dict[FieldName, Value]:
    return {name: canonical(name, value) for name, value in fields.items() if name in MEETING_FIELDS}


def _payload(fields: Mapping[FieldName, Value]) -> dict[str, Json]:
    return {str(name): value for name, value in fields.items()}


def _known(before: Mapping[FieldName, Value | Unknown]) -> dict[FieldName, Value]:
    return {name: value for name, value in before.items() if not isinstance(value, Unknown)}
