"""A bench for calendars and the meetings in them, and the words for their changes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from connectors.nextcloud.calendars.dav import CalDav
from connectors.nextcloud.calendars.room import CalendarRoom
from connectors.nextcloud.calendars.shape import Event, place_of
from provisioner.calendars.series import Series
from provisioner.model.bindings import Binding, Ties
from provisioner.model.changes import Create, Join, Leave, Update, Write
from provisioner.model.inventory import Complete, Inventory, Level, Remote, Scope
from provisioner.model.ports import EVERYTHING, Interest, Known
from provisioner.model.resources import EdgeRole, FieldName, Kind, LateText, Resource, ResourceId, Seats, Value
from tests.support.nextcloud import TARGET, WHY, Bench

CALENDARS: Final = (Kind.CALENDAR, Kind.MEETING)
BERLIN: Final = "Europe/Berlin"
JOUR_FIXE: Final = Series(
    datetime(2026, 1, 13, 10, 0),  # noqa: DTZ001 - local
    BERLIN,
    90,
    "FREQ=WEEKLY;INTERVAL=2",
    date(2026, 12, 31),
    cancelled=(date(2026, 4, 7),),
    moved=((date(2026, 6, 2), datetime(2026, 6, 3, 14, 0)),),  # noqa: DTZ001
)


def calendar(body: str) -> ResourceId:
    return ResourceId(Kind.CALENDAR, f"body:{body}")


def meeting(body: str, series: str) -> ResourceId:
    return ResourceId(Kind.MEETING, f"body:{body}:meeting:{series}")


def create_calendar(body: str, name: str) -> Create:
    wanted = Resource(calendar(body), name, {}, WHY)
    keys = Complete(Scope(TARGET, Kind.CALENDAR), Level.KEYS)
    return Create(target=TARGET, id=wanted.id, name=name, reason=WHY, wanted=wanted, keys=keys)


def add_meeting(body: str, series: str, name: str = "Jour fixe", schedule: Series = JOUR_FIXE, **more: str) -> Create:
    fields: dict[FieldName, Value] = {"schedule": schedule.text(), **more}  # type: ignore[dict-item]
    wanted = Resource(meeting(body, series), name, fields, WHY, needs=(calendar(body),))
    keys = Complete(Scope(TARGET, Kind.MEETING), Level.KEYS)
    return Create(target=TARGET, id=wanted.id, name=name, reason=WHY, wanted=wanted, keys=keys)


def let_read(body: str, *groups: str) -> Join:
    members = tuple(sorted(f"body:{one}" for one in groups))
    name = f"Kalender {body}"
    return Join(
        target=TARGET,
        id=calendar(body),
        name=name,
        reason=WHY,
        members=members,
        role=EdgeRole.READER,
        member=Kind.GROUP,
    )


def shut_out(body: str, remote_id: str, *groups: str) -> Leave:
    return Leave(
        target=TARGET,
        id=calendar(body),
        name=body,
        reason=WHY,
        members=tuple(sorted(f"body:{one}" for one in groups)),
        role=EdgeRole.READER,
        member=Kind.GROUP,
        remote_id=remote_id,
        edges=Complete(Scope(TARGET, Kind.CALENDAR, remote_id), Level.FIELDS),
        source_complete=True,
    )


def describe(identity: ResourceId, before: Remote, field: FieldName, text: str) -> Write:
    return Write(
        target=TARGET,
        id=identity,
        name=before.name,
        reason=WHY,
        field=field,
        text=LateText(((text,),)),
        before=before.fields[field],
        written=text,
        remote_id=before.remote_id,
    )


def alter(identity: ResourceId, before: Remote, **after: Value) -> Update:
    return Update(
        target=TARGET,
        id=identity,
        name=before.name,
        reason=WHY,
        remote_id=before.remote_id,
        before={name: before.fields[name] for name in after},  # type: ignore[index,misc]
        after=after,  # type: ignore[arg-type]
    )


class CalendarBench(Bench):
    """A bench that looks into calendars."""

    @property
    def dav(self) -> CalDav:
        room = self.connector.rooms[Kind.CALENDAR]
        assert isinstance(room, CalendarRoom)
        return room.dav

    def look(self, interest: Interest = EVERYTHING) -> Inventory:
        return self.observe(CALENDARS, interest)

    def seen(self, identity: ResourceId) -> Remote:
        return self.look().of(identity.kind).objects[self.ids[identity]]

    def readers(self, body: str) -> frozenset[str]:
        roster = self.look().rosters[Kind.CALENDAR, self.ids[calendar(body)]]
        return roster.of(EdgeRole.READER, Kind.GROUP)

    def event(self, identity: ResourceId) -> Event:
        found = self.dav.event(*place_of(self.ids[identity]))
        assert found is not None
        return found


def remembering(inventory: Inventory) -> Interest:
    """What the next look is told of this one."""
    known = {where: Known(revision, inventory.inside[where]) for where, revision in inventory.revisions.items()}
    return replace(EVERYTHING, known=known)


def ties(bench: Bench, applied: dict[ResourceId, dict[FieldName, Value]], edges: Sequence[Seats] = ()) -> Ties:
    """As the database keeps them."""
    bindings = {one: Binding(one, bench.ids[one], str(held["name"]), "", held) for one, held in applied.items()}
    return Ties(bindings, dict.fromkeys(edges, frozenset()))
