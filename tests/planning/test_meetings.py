"""The life of calendars, their meetings, rooms and conferences: nothing is deleted, and nothing appears twice."""

# ruff: noqa: DTZ001 - schedules have local times

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from provisioner.calendars.series import Series
from provisioner.model.changes import ChangeClass, Create, Leave
from provisioner.model.plan import NoticeKind
from provisioner.model.registry import Body, Meetings, MeetingSeries, Membership, MovedMeeting, Role
from provisioner.model.resources import EdgeRole, Kind, Mode, ResourceId
from tests.support.planning import (
    TODAY,
    TOMORROW,
    World,
    account_id,
    body,
    capabilities,
    noticed,
    person,
    policy,
    registry,
    told,
)

FIRST = datetime(2027, 3, 2, 10)  # a Tuesday, the day after TODAY
JOUR_FIXE = MeetingSeries("jour-fixe", FIRST, 60, "Jour fixe", "FREQ=WEEKLY;INTERVAL=2")
SINGLE = MeetingSeries("auftakt", datetime(2027, 3, 10, 9))
CALENDAR, ROOM = ResourceId(Kind.CALENDAR, "body:iot"), ResourceId(Kind.MEETING_ROOM, "body:iot")
MEETING = ResourceId(Kind.MEETING, "body:iot:meeting:jour-fixe")
AUFTAKT = ResourceId(Kind.MEETING, "body:iot:meeting:auftakt")
NOTHING: list[str] = []
HEAD = person("p1", "Erika Muster", memberships=(Membership("iot", Role.MODERATOR),))
OTTO = person("p2", "Otto Beispiel", "iot")


def iot(*series: MeetingSeries, **more: Any) -> Body:
    return body("iot", "Sensorik", meetings=Meetings(series=series), **more)


def world_of(*bodies: Body, **sections: Any) -> World:
    able = capabilities(rooms=True)
    fields = {
        Kind.MEETING_ROOM: {"name": Mode.MANAGED},
        Kind.CALENDAR: {"name": Mode.MANAGED},
        Kind.MEETING: dict.fromkeys(("name", "schedule", "location", "description"), Mode.MANAGED),
        Kind.CONFERENCE: dict.fromkeys(("name", "starts_at", "minutes"), Mode.MANAGED)
        | {"organisers": Mode.CREATE_ONLY},
    }
    alike = frozenset({Kind.MEETING_ROOM, Kind.MEETING, Kind.CONFERENCE})
    able = replace(able, fields={**able.fields, **fields}, alike=alike)  # type: ignore[arg-type]
    return World(registry(HEAD, OTTO, *bodies), policy(**sections), capabilities=able)


@pytest.fixture
def world() -> World:
    made = world_of(iot(JOUR_FIXE, SINGLE))
    made.apply()
    assert (told(made.plan()), noticed(made.plan()), made.drift()) == (NOTHING, [], [])
    return made


def schedule(world: World, meeting: ResourceId = MEETING) -> Series:
    return Series.of_text(str(world.remote(meeting).fields["schedule"]))


def test_a_body_with_dates_gets_room_calendar_and_meetings_at_once() -> None:
    world = world_of(iot(JOUR_FIXE, SINGLE))
    made = [change.id for change in world.plan().changes if isinstance(change, Create)]
    assert made[-4:] == [ROOM, CALENDAR, AUFTAKT, MEETING]
    world.apply()
    assert world.remote(CALENDAR).name == "PG Sensorik"
    assert (world.remote(MEETING).name, world.remote(AUFTAKT).name) == ("Jour fixe", "PG Sensorik")
    assert schedule(world).rule == "FREQ=WEEKLY;INTERVAL=2"
    assert len(world.server.folders[world.remote_id(CALENDAR)]) == 1


def test_a_body_without_dates_gets_no_calendar_and_a_room_all_the_same() -> None:
    world = world_of(iot())
    world.apply()
    assert not world.server.objects[Kind.CALENDAR]
    assert world.remote(ROOM).name == "PG Sensorik"


def test_two_bodies_may_have_a_jour_fixe_each_and_the_same_name() -> None:
    other = body("second", "Sensorik", meetings=Meetings(series=(JOUR_FIXE,)))
    world = world_of(iot(JOUR_FIXE), other)
    world.apply()
    assert (told(world.plan()), noticed(world.plan())) == (NOTHING, [])
    assert [one.name for one in world.server.objects[Kind.MEETING].values()] == ["Jour fixe", "Jour fixe"]
    world.put(iot(replace(JOUR_FIXE, title="Sprechstunde")))
    world.apply()
    world.put(iot(JOUR_FIXE))
    assert told(world.apply()) == ["update meeting/body:iot:meeting:jour-fixe: name=Jour fixe"]


def test_a_moved_meeting_changes_the_one_event_in_place(world: World) -> None:
    before = world.remote_id(MEETING)
    moved = replace(JOUR_FIXE, moved=(MovedMeeting(FIRST.date(), FIRST + timedelta(days=1)),))
    world.put(iot(moved, SINGLE))
    (line,) = told(world.apply())
    assert line.startswith("update meeting/body:iot:meeting:jour-fixe: schedule=")
    assert world.remote_id(MEETING) == before
    assert len(world.server.objects[Kind.MEETING]) == 2


def test_a_series_that_is_written_down_no_more_ends_and_stays_so(world: World) -> None:
    world.put(iot(SINGLE))
    assert [change.change_class for change in world.plan().changes] == [ChangeClass.AUTO]
    world.apply()
    assert schedule(world).called_off, "none took place yet"
    for _ in range(3):
        world.today += timedelta(days=40)
        assert (told(world.plan()), noticed(world.plan()), world.drift()) == (NOTHING, [], [])


def test_what_took_place_stays_in_the_calendar_when_its_series_ends(world: World) -> None:
    world.today = TODAY + timedelta(days=30)
    world.put(iot(SINGLE))
    world.apply()
    assert not schedule(world).called_off
    assert schedule(world).until == TODAY + timedelta(days=29)
    world.today += timedelta(days=1)
    assert told(world.plan()) == NOTHING
    assert not schedule(world, AUFTAKT).called_off


def test_a_single_date_that_was_is_left_as_it_was_when_somebody_tidies_up(world: World) -> None:
    world.today = TODAY + timedelta(days=30)
    world.put(iot(JOUR_FIXE))
    assert (told(world.plan()), noticed(world.plan())) == (NOTHING, [])


def test_a_series_that_comes_back_is_the_same_event_again(world: World) -> None:
    world.put(iot(SINGLE))
    world.apply()
    world.put(iot(JOUR_FIXE, SINGLE))
    world.apply()
    assert not schedule(world).called_off
    assert len(world.server.objects[Kind.MEETING]) == 2


def test_a_calendar_without_any_series_is_never_taken_along(world: World) -> None:
    world.put(body("iot", "Sensorik"))
    world.apply()
    assert {schedule(world).called_off, schedule(world, AUFTAKT).called_off} == {True}
    assert world.remote(CALENDAR)
    assert (told(world.plan()), noticed(world.plan(), NoticeKind.ORPHAN)) == (NOTHING, [])


def test_nothing_ends_while_the_registry_could_not_be_read_whole(world: World) -> None:
    world.put(iot(SINGLE))
    world.registry = replace(world.registry, complete=False)
    assert told(world.plan()) == NOTHING


def test_a_malformed_body_keeps_its_meetings_as_they_are(world: World) -> None:
    world.drop("iot")
    world.registry = replace(world.registry, blocked=frozenset({"iot"}))
    assert [line for line in told(world.plan()) if "meeting" in line or "calendar" in line] == NOTHING
    assert (MEETING.key, "planning.malformed") in noticed(world.plan())


def test_a_body_that_vanished_keeps_its_calendar_and_meetings_until_somebody_decides(world: World) -> None:
    world.drop("iot")
    kinds = {Kind.CALENDAR, Kind.MEETING, Kind.MEETING_ROOM}
    changes = [change for change in world.plan().changes if change.id.kind in kinds]
    assert all(isinstance(change, Leave) and change.change_class is ChangeClass.QUEUED for change in changes)
    assert {MEETING.key, CALENDAR.key} <= {key for key, _ in noticed(world.plan(), NoticeKind.ORPHAN)}


def test_an_archived_body_keeps_room_and_calendar_and_meets_no_more(world: World) -> None:
    world.put(iot(JOUR_FIXE, SINGLE, archived_on=TODAY + timedelta(days=12)))
    world.apply()
    assert schedule(world).until == TODAY + timedelta(days=11)
    world.today += timedelta(days=20)
    changes = [line for line in told(world.apply()) if "meeting" in line or "calendar" in line]
    assert changes == NOTHING
    assert world.remote(CALENDAR)
    assert world.remote(ROOM)
    readers = world.server.folders[world.remote_id(CALENDAR)]
    assert len(readers) == 1, "who was in it still reads"


def test_an_archived_body_gets_nothing_new() -> None:
    world = world_of(iot(JOUR_FIXE, archived_on=TODAY))
    world.apply()
    assert not any(world.server.objects[kind] for kind in (Kind.CALENDAR, Kind.MEETING, Kind.MEETING_ROOM))


def test_a_calendar_that_somebody_deleted_is_lost_and_never_silently_made_again(world: World) -> None:
    for meeting in (MEETING, AUFTAKT):
        world.server.remove(Kind.MEETING, world.remote_id(meeting))
    world.server.remove(Kind.CALENDAR, world.remote_id(CALENDAR))
    assert told(world.plan()) == NOTHING
    assert {key for key, _ in noticed(world.plan(), NoticeKind.LOST)} == {CALENDAR.key, MEETING.key, AUFTAKT.key}
    world.put(iot(JOUR_FIXE, SINGLE, replace(SINGLE, id="neu")))
    assert told(world.plan()) == NOTHING, "without its calendar there is no place for it"


def test_what_somebody_changed_over_there_waits_for_a_ranger(world: World) -> None:
    other = Series(FIRST + timedelta(hours=1), "Europe/Berlin", 60, JOUR_FIXE.rule).text()
    world.server.edit(Kind.MEETING, world.remote_id(MEETING), schedule=other)
    assert [change.change_class for change in world.plan().changes] == [ChangeClass.QUEUED]


def test_rooms_for_single_series_are_left_alone_when_the_series_ends() -> None:
    world = world_of(iot(JOUR_FIXE, SINGLE), meetings={"rooms": {"per": "series"}})
    world.apply()
    own = ResourceId(Kind.MEETING_ROOM, MEETING.key)
    assert world.remote(own).name == "Jour fixe"
    world.put(iot(SINGLE))
    world.apply()
    assert (told(world.plan()), noticed(world.plan(), NoticeKind.ORPHAN)) == (NOTHING, [])
    assert world.remote(own)


THREE_WEEKS = {"conferences": {"ahead_days": 21}}


class TestConferences:
    THEN_DAY = FIRST.date() + timedelta(days=14)
    NEXT = ResourceId(Kind.CONFERENCE, "body:iot:meeting:jour-fixe:2027-03-02")
    THEN = ResourceId(Kind.CONFERENCE, "body:iot:meeting:jour-fixe:2027-03-16")

    @pytest.fixture
    def world(self) -> World:
        made = world_of(iot(JOUR_FIXE), meetings=THREE_WEEKS)
        made.apply()
        assert (told(made.plan()), noticed(made.plan())) == (NOTHING, [])
        return made

    def test_there_are_none_unless_policy_wants_them(self) -> None:
        world = world_of(iot(JOUR_FIXE))
        world.apply()
        assert not world.server.objects[Kind.CONFERENCE]

    def test_those_of_the_next_days_are_there_with_all_members(self, world: World) -> None:
        assert len(world.server.objects[Kind.CONFERENCE]) == 2
        assert world.remote(self.NEXT).fields["starts_at"] == "2027-03-02T10:00 Europe/Berlin"
        assert world.remote(self.NEXT).fields["organisers"] == "person:p1"
        seated = world.server.lists[world.remote_id(self.NEXT)][EdgeRole.MEMBER]
        assert seated == {world.remote_id(account_id("p1")), world.remote_id(account_id("p2"))}

    def test_those_that_were_are_left_alone_and_the_next_one_comes(self, world: World) -> None:
        world.today = TODAY + timedelta(days=14)
        part = world.apply()
        assert [change.id.key[-10:] for change in part.changes if isinstance(change, Create)] == ["2027-03-30"]
        assert noticed(part) == []
        assert len(world.server.objects[Kind.CONFERENCE]) == 3

    def test_a_cancelled_one_is_called_off_once_and_asks_nobody_out(self, world: World) -> None:
        world.put(iot(replace(JOUR_FIXE, cancelled=(self.THEN_DAY,))))
        of_conferences = [line for line in told(world.apply()) if str(Kind.CONFERENCE) in line]
        assert of_conferences == [f"update {self.THEN}: starts_at=None"]
        assert (told(world.plan()), noticed(world.plan())) == (NOTHING, [])

    def test_a_moved_one_is_the_same_conference_at_another_time(self, world: World) -> None:
        far = FIRST + timedelta(days=60)
        world.put(iot(replace(JOUR_FIXE, moved=(MovedMeeting(self.THEN_DAY, far),))))
        world.apply()
        assert world.remote(self.THEN).fields["starts_at"] == f"{far:%Y-%m-%dT%H:%M} Europe/Berlin"
        assert len(world.server.objects[Kind.CONFERENCE]) == 2

    def test_those_further_ahead_than_policy_looks_now_are_kept(self, world: World) -> None:
        world.policy = policy(meetings={"conferences": {"ahead_days": 2}})
        assert told(world.plan()) == NOTHING

    def test_switched_off_again_nobody_is_asked_out_of_anything(self, world: World) -> None:
        world.policy = policy()
        assert (told(world.plan()), noticed(world.plan())) == (NOTHING, [])

    def test_without_anybody_who_moderates_there_is_nobody_to_invite(self) -> None:
        world = world_of(iot(JOUR_FIXE), meetings=THREE_WEEKS)
        world.drop("p1")
        world.today = TOMORROW
        world.apply()
        assert not world.server.objects[Kind.CONFERENCE]
