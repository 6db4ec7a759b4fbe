"""Where and when bodies meet: meeting rooms, calendars with their meetings, conferences of a planner."""

from collections.abc import Container, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from policies.document import Policy
from policies.keys import body_key, meeting_key, occurrence_key
from policies.membership import Belonging, Belongings
from policies.names import title
from policies.rooms import Groups, Room
from policies.templates import late_text, usual
from provisioner.calendars.schedules import ended_by, schedule_of
from provisioner.calendars.series import Occurrence, Series, occurrences
from provisioner.model.registry import Body, MeetingSeries, Registry
from provisioner.model.resources import EdgeRole, FieldName, Kind, LateText, Resource, ResourceId, Seats, Value
from provisioner.model.text import Text

_FAR: Final = timedelta(days=366)
"""So far ahead it is looked for to when a conference was moved."""


class Tied(NamedTuple):
    """Something that is ours, as it was made last."""

    name: str
    fields: Mapping[FieldName, Value]


@dataclass(frozen=True, slots=True)
class TiedMeetings:
    """What is ours of meetings, by key."""

    rooms: Mapping[str, str] = field(default_factory=dict)
    calendars: Mapping[str, str] = field(default_factory=dict)
    meetings: Mapping[str, Tied] = field(default_factory=dict)
    conferences: Mapping[str, Tied] = field(default_factory=dict)

    def keys_of(self, bodies: Set[str]) -> frozenset[str]:
        """Those of single meetings and series of these bodies."""
        everything = (*self.rooms, *self.meetings, *self.conferences) if bodies else ()
        return frozenset(key for key in everything if _body_of(key) in bodies)


class Meetings:
    """The meetings of all bodies that are managed.

    ``keys``: person → account; ``groups``: what there is of groups. An archived body keeps what it has and gets nothing
    new; its meetings end with it. A series that is no longer in the registry ends on the day before, so that what was
    stays in calendars and what would be is no longer there: a calendar itself is never taken along.
    """

    def __init__(
        self,
        registry: Registry,
        policy: Policy,
        belongings: Belongings,
        today: date,
        keys: Mapping[str, str],
        groups: Container[Seats],
        tied: TiedMeetings,
    ) -> None:
        self._registry, self._policy, self._today = registry, policy, today
        self._of_bodies, self._keys, self._groups, self._tied = belongings.of_bodies(), keys, groups, tied
        managed = registry.bodies.keys() if policy.managed is None else frozenset(policy.managed)
        self._bodies = [body for body in registry.bodies.values() if body.id in managed]
        self._gone = _by_body(tied.meetings.keys())
        self._planned = _by_body(tied.conferences.keys())

    def rooms(self) -> Iterator[Resource]:
        """The meeting rooms. Their names are what people read: several may be called alike."""
        for body in self._bodies:
            pattern = self._policy.meetings.rooms.names[body.kind]
            if pattern is None:
                continue
            if (room := self._room(body_key(body.id), title(pattern, body.name) or body.id, body)) is not None:
                yield room
            for series in _series(body) if self._policy.meetings.rooms.per == "series" else ():
                name = title("{name}", series.title or "") or title(pattern, body.name) or body.id
                if (room := self._room(meeting_key(body.id, series.id), name, body)) is not None:
                    yield room

    def _room(self, key: str, name: str, body: Body) -> Resource | None:
        archived = body.is_archived(self._today)
        if archived and key not in self._tied.rooms:
            return None
        return Resource(ResourceId(Kind.MEETING_ROOM, key), name, {}, self._reason("policies.meeting_room", body))

    def calendars(self) -> Iterator[Room]:
        """The calendars of bodies that have dates, or had some."""
        for body in self._bodies:
            key, groups = body_key(body.id), self._readers(body)
            if not self._has_calendar(body) or not groups:
                continue
            identity = ResourceId(Kind.CALENDAR, key)
            reason = self._reason("policies.calendar", body)
            needs = tuple(ResourceId(Kind.GROUP, group) for group in groups)
            resource = Resource(identity, self._title(body), {}, reason, needs)
            yield Room(resource, False, {Seats(identity, EdgeRole.READER, Kind.GROUP): frozenset(groups)})

    def meetings(self, rooms: Container[ResourceId]) -> Iterator[Resource]:
        """The series in those calendars. ``rooms``: the meeting rooms that there are to be."""
        for body in self._bodies:
            if not self._has_calendar(body) or not self._readers(body):
                continue
            archived, known = body.is_archived(self._today), self._gone.get(body.id, frozenset())
            for series in _series(body):
                key = meeting_key(body.id, series.id)
                if archived and key not in known:
                    continue
                name = title("{name}", series.title or "") or self._title(body)
                fields: dict[FieldName, Value] = {"schedule": self._schedule(body, series).text()}
                yield self._meeting(key, name, fields, body, self._texts(body, key, rooms))
            for key in sorted(known - {meeting_key(body.id, series.id) for series in _series(body)}):
                if (ended := self._ended(self._tied.meetings[key])) is not None:
                    yield self._meeting(key, self._tied.meetings[key].name, {"schedule": ended}, body, {})

    def _meeting(
        self,
        key: str,
        name: str,
        fields: Mapping[FieldName, Value],
        body: Body,
        late: Mapping[FieldName, LateText],
    ) -> Resource:
        needs = (ResourceId(Kind.CALENDAR, body_key(body.id)),)
        reason = self._reason("policies.meeting", body)
        return Resource(ResourceId(Kind.MEETING, key), name, fields, reason, needs, late=late)

    def _texts(self, body: Body, key: str, rooms: Container[ResourceId]) -> dict[FieldName, LateText]:
        """Where it takes place, and what it is about."""
        wished = [ResourceId(Kind.MEETING_ROOM, one) for one in (key, body_key(body.id))]
        room = next((one for one in wished if one in rooms and not body.is_archived(self._today)), None)
        links = {"meeting_room": room} if room is not None else {}
        found: dict[FieldName, LateText] = {"location": LateText(((room,),) if room is not None else ())}
        found["description"] = late_text(usual("meeting", self._registry.language), body, links) or LateText(())
        return found

    def _schedule(self, body: Body, series: MeetingSeries) -> Series:
        state = self._policy.meetings.calendars.holidays_of
        found = schedule_of(series, self._registry.time_zone, self._today, state)
        return found if body.archived_on is None else ended_by(found, body.archived_on - timedelta(days=1))

    def _ended(self, tied: Tied) -> Value:
        """The schedule of one that nobody wrote down any more; None: nothing is known of it."""
        last = tied.fields.get("schedule")
        if not isinstance(last, str) or not self._registry.complete:
            return last
        return ended_by(Series.of_text(last), self._today - timedelta(days=1)).text()

    def conferences(self) -> Iterator[Room]:
        """The next meetings, as a planner keeps them, and those to come that are ours and take place no more."""
        ahead = self._policy.meetings.conferences.ahead_days
        begin = datetime.combine(self._today, time(), ZoneInfo(self._registry.time_zone))
        horizon = begin + timedelta(days=ahead + 1)
        for body in self._bodies if ahead else ():
            left = {key for key in self._planned.get(body.id, ()) if not self._is_over(key)}
            organisers = "" if body.is_archived(self._today) else self._organisers(body)
            for series in _series(body):
                for one in occurrences(self._schedule(body, series), begin, begin + _FAR if left else horizon):
                    key = occurrence_key(body.id, series.id, one.day)
                    if key in left or (organisers and one.starts < horizon):
                        left.discard(key)
                        yield self._conference(key, series.title or self._title(body), one, body, organisers)
            for key in sorted(left):
                yield self._seated(key, self._tied.conferences[key].name, {"starts_at": None}, body)

    def _organisers(self, body: Body) -> str:
        belonging = self._of_bodies[body.id]
        return " ".join(sorted(self._keys[person] for person in belonging.moderators - belonging.guests))

    def _conference(self, key: str, name: str, one: Occurrence, body: Body, organisers: str) -> Room:
        minutes = int((one.ends - one.starts).total_seconds()) // 60
        starts_at = f"{one.starts:%Y-%m-%dT%H:%M} {self._registry.time_zone}"
        fields: dict[FieldName, Value] = {"starts_at": starts_at, "minutes": minutes, "organisers": organisers}
        return self._seated(key, title("{name}", name) or body.id, fields, body)

    def _seated(self, key: str, name: str, fields: Mapping[FieldName, Value], body: Body) -> Room:
        identity = ResourceId(Kind.CONFERENCE, key)
        members, over = self._people(self._of_bodies[body.id])
        resource = Resource(identity, name, fields, self._reason("policies.conference", body))
        return Room(resource, False, {Seats(identity): members}, {Seats(identity): over} if over else {})

    def left_alone(self) -> frozenset[str]:
        """Keys of what is ours and nobody's business any more: conferences that were, rooms of series that ended."""
        planned = self._policy.meetings.conferences.ahead_days > 0
        over = {key for key in self._tied.conferences if not planned or self._is_over(key)}
        return frozenset(over | {key for key in self._tied.rooms if key != body_key(_body_of(key))})

    def _is_over(self, key: str) -> bool:
        """Whether a conference that is ours is done with: it was, or it was called off already."""
        moment = self._tied.conferences[key].fields.get("starts_at", key.rpartition(":")[2])
        return not isinstance(moment, str) or moment[:10] < self._today.isoformat()

    def _people(self, belonging: Belonging) -> tuple[frozenset[str], frozenset[str]]:
        keys = self._keys.__getitem__
        return frozenset(map(keys, belonging.members)), frozenset(map(keys, belonging.ended))

    def _has_calendar(self, body: Body) -> bool:
        policy = self._policy.meetings.calendars
        if not policy.enabled or policy.names[body.kind] is None:
            return False
        return body_key(body.id) in self._tied.calendars or (bool(_series(body)) and not body.is_archived(self._today))

    def _title(self, body: Body) -> str:
        pattern = self._policy.meetings.calendars.names[body.kind] or "{name}"
        return title(pattern, body.name) or title(pattern, body.id)

    def _readers(self, body: Body) -> tuple[str, ...]:
        """Keys of the groups that see its calendar. Who moderates is in the members' group, where there is one."""
        return Groups.of(body, self._groups).in_conversation(guests=self._policy.meetings.calendars.guests)

    def _reason(self, code: str, body: Body) -> Text:
        archived = body.is_archived(self._today)
        return Text.of("policies.archived_body" if archived else code, body=body.name)


def _series(body: Body) -> tuple[MeetingSeries, ...]:
    return body.meetings.series if body.meetings is not None else ()


def _body_of(key: str) -> str:
    return key.split(":")[1]


def _by_body(keys: Iterable[str]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for key in keys:
        found.setdefault(_body_of(key), set()).add(key)
    return {body: frozenset(mine) for body, mine in found.items()}
