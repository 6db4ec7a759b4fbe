"""Meetings, each a series in a calendar, as a room of the connector; see `connectors.kit.rooms`.

An unchanged calendar costs no request: its revision, which the list of calendars tells, is the one that the core
remembers (`Interest.known`). A changed one costs one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectors.kit.batch import Batch, located
from connectors.kit.rooms import Room, Rosters, Staged, erased_already, held_against
from connectors.nextcloud.calendars import shape, steps
from connectors.nextcloud.calendars.dav import CalDav
from connectors.nextcloud.calendars.room import CalendarRoom
from connectors.nextcloud.calendars.shape import Event
from connectors.nextcloud.client import PRODUCT
from connectors.nextcloud.look import NextcloudLook
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.calendars.ics import event
from provisioner.calendars.series import Series
from provisioner.model.errors import LoginRefused, Permanent, TargetError, Transient, Uncertain
from provisioner.model.inventory import (
    Absent,
    Complete,
    Completeness,
    Observation,
    Partial,
    Present,
    Reading,
    Remote,
    Scope,
    Unreadable,
)
from provisioner.model.ports import Clock, Resolve
from provisioner.model.resources import FieldName, Kind, ResourceId, Value, marker_of
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text


@dataclass(frozen=True, slots=True)
class _Fresh(Verified):
    """A fresh read of the event."""

    event: Event


class MeetingsRoom(Room[NextcloudLook]):
    """The events with our mark in our calendars. What somebody else put beside them is not looked at."""

    kind = Kind.MEETING
    fields = shape.MEETING_FIELDS
    operations = steps.MEETING_OPERATIONS

    def __init__(self, target: str, settings: NextcloudSettings, clock: Clock, calendar_room: CalendarRoom) -> None:
        self._target = target
        self._host = urlsplit(settings.url).hostname or "localhost"
        self._clock = clock
        self._calendars = calendar_room

    def objection(self, name: str) -> Text | None:
        """Why we write no event of this name."""
        return shape.objection_to_meeting(name)

    def canonical_name(self, name: str) -> str:
        """Without what no event can hold; several may have the same."""
        return shape.plain(name)

    def canonical(self, field: FieldName, value: Value) -> Value:
        """Texts without control characters."""
        return shape.canonical(field, value)

    def observe(self, look: NextcloudLook) -> tuple[Observation, Rosters]:
        """One request a calendar that changed since it was read last, and none for the others."""
        narrow, sought = look.interest.only is not None, look.sought(self.kind)
        scope = Scope(self._target, self.kind, only=frozenset(one.id.key for one in sought) if narrow else None)
        if narrow and not sought:
            return Observation(Complete(scope)), {}
        if look.calendars is None:
            return Observation(Partial(scope, Text.of("nextcloud.calendars_unknown"))), {}
        tied, marks = {one.remote_id or "" for one in sought}, {marker_of(one.id) for one in sought}
        wanted = {shape.place_of(one)[0] for one in tied} | {mark.partition(":meeting:")[0] for mark in marks}
        dav = self._calendars.dav
        completeness: Completeness = Complete(scope)
        objects: dict[str, Remote] = {}
        for calendar, revision in look.calendars.items():
            if narrow and not {calendar, shape.marker_of_calendar(calendar)} & wanted:
                continue
            try:
                inside = self._inside(dav, calendar, revision, look)
            except LoginRefused:
                raise
            except TargetError as error:
                completeness = Partial(scope, error.text)
                continue
            objects |= {
                one.remote_id: one for one in inside if not narrow or one.remote_id in tied or one.marker in marks
            }
        return Observation(completeness, objects), {}

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `connectors.nextcloud.calendars.steps`."""
        return steps.compile_meetings(batch)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The event; what is written next is written only over this one."""
        calendar, address = shape.place_of(located(step, resolve))
        found = self._calendars.dav.event(calendar, address)
        if found is None:
            return Verified(None) if step.operation == steps.STRIKE else held_against(step, None, PRODUCT)
        verdict = held_against(step, found.remote(), PRODUCT)
        return verdict if isinstance(verdict, Moved) else _Fresh(found.remote(), found)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write."""
        if step.operation == steps.ADD:
            return self._add(step, resolve)
        remote_id = located(step, resolve)
        if step.operation == steps.STRIKE and verified is not None and verified.remote is None:
            return erased_already(step, PRODUCT)
        if not isinstance(verified, _Fresh):
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        match step.operation:
            case steps.CHANGE:
                done = self._calendars.dav.replace(verified.event, self._changed(step, verified.event))
            case steps.STRIKE:
                done = self._calendars.dav.delete(verified.event, step.name)
            case _:
                raise Permanent(Text.of("kit.unknown_operation", operation=step.operation))
        if not done:  # somebody was faster: nothing was written, and the next try reads it again
            raise Transient(Text.of("nextcloud.meeting_moved", name=step.name), "HTTP 412")
        return Done(remote_id)

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """By the mark alone, in every calendar that may be the body's. Raises `TargetError`."""
        dav, address = self._calendars.dav, shape.event_address(identity)
        body = marker_of(identity).partition(":meeting:")[0]
        places = [one for one in dav.all() if shape.marker_of_calendar(one) == body]
        read = (dav.event(calendar, address) for calendar in places)
        found = [one.remote() for one in read if one is not None]
        if len(found) > 1:
            return Unreadable(Text.of("nextcloud.meeting_twice", name=name, count=len(found)))
        return Present(found[0]) if found else Absent()

    def _inside(self, dav: CalDav, calendar: str, revision: str, look: NextcloudLook) -> tuple[Remote, ...]:
        known = look.interest.known.get((Kind.CALENDAR, calendar))
        if known is not None and known.revision == revision:
            inside = known.objects
        else:
            found = (one.remote() for one in dav.events(calendar))
            inside = tuple(sorted((one for one in found if one.marker), key=lambda one: one.remote_id))
        look.revisions[Kind.CALENDAR, calendar] = revision
        look.inside[Kind.CALENDAR, calendar] = inside
        return inside

    def _add(self, step: Step, resolve: Resolve) -> Done:
        calendar, address = resolve(step.refers[0]), shape.event_address(step.id)
        self._refuse(str(step.payload.get("name", "")))
        content = event(
            shape.new_uid(step.id, self._host),
            self._series(step),
            summary=_text(step, "name", ""),
            description=_text(step, "description", ""),
            location=_text(step, "location", ""),
            stamp=self._clock.now(),
        )
        if not self._calendars.dav.add(calendar, address, content, step.name):
            raise Permanent(Text.of("nextcloud.meeting_taken", name=step.name))
        return Done(shape.remote_id_of(calendar, address))

    def _changed(self, step: Step, old: Event) -> bytes:
        """The event anew: what the step does not speak of stays, and calendars learn that this one is newer."""
        read = old.read
        if read is None or (read.series is None and "schedule" not in step.payload):
            raise Permanent(Text.of("nextcloud.meeting_unreadable", name=step.name))
        summary = _text(step, "name", read.summary)
        self._refuse(summary)
        series = read.series if read.series is not None and "schedule" not in step.payload else self._series(step)
        return event(
            read.uid,
            series,
            summary=summary,
            description=_text(step, "description", read.description),
            location=_text(step, "location", read.location),
            sequence=read.sequence + 1,
            stamp=self._clock.now(),
        )

    def _series(self, step: Step) -> Series:
        try:
            return Series.of_text(_text(step, "schedule", ""))
        except (ValueError, KeyError) as error:
            raise Permanent(Text.of("nextcloud.meeting_without_date", name=step.name)) from error

    def _refuse(self, name: str) -> None:
        why = self.objection(name)
        if why is not None:
            raise Permanent(why)


def _text(step: Step, field: str, otherwise: str) -> str:
    value = step.payload.get(field, otherwise)
    return value if isinstance(value, str) else ""
