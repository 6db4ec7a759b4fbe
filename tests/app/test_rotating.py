"""When meeting rooms get other names: after somebody lost access, and never while people sit together in one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.meetings import rotating
from provisioner.app.meetings.doors import Doors
from provisioner.app.meetings.rotating import (
    ARRIVING,
    QUIET,
    Rotated,
    note_access,
    rotate_body,
    rotate_due,
    waits_until,
)
from provisioner.model.errands import Job
from provisioner.model.gatherings import Count, Told
from provisioner.model.registry import Role
from provisioner.model.resources import Kind, ResourceId
from provisioner.state import (
    Audit,
    Bindings,
    Epochs,
    Errands,
    Gatherings,
    LockTaken,
    RoomAccess,
    RoomAccesses,
    RoomNames,
    Standing,
)
from tests.support.desk import Desk, desks
from tests.support.doors import TARGET, NotedDoor, doors_of, meeting_network, tie_room

ROOM = "re-" + "a" * 32
KEY = "body:pg-sensorik"
LATEST = timedelta(hours=24)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (found,) = desks(tmp_path, meeting_network())
    tie_room(found, "pg-sensorik", ROOM)
    note_access(found.site, found.picture)
    yield found
    found.site.close()


@pytest.fixture
def doors(desk: Desk) -> Doors:
    return doors_of(desk, NotedDoor())


def name_of(desk: Desk) -> str:
    found = RoomNames(desk.site.database, desk.site.network).of(KEY, [TARGET])
    assert found is not None
    return found.name


def access(desk: Desk) -> RoomAccess:
    return RoomAccesses(desk.site.database, desk.site.network).all()[KEY]


def told(desk: Desk, what: Told, inside: int) -> None:
    """By the meeting server, at this moment."""
    second = int(desk.clock.now().timestamp())
    Gatherings(desk.site.database, desk.site.network).tell(KEY, 0, Count(what, second, second, inside))


def rotate(desk: Desk) -> list[Rotated]:
    note_access(desk.site, desk.picture)
    return rotate_due(desk.site, desk.picture)


def planned(desk: Desk) -> list[datetime]:
    """When rooms are looked at."""
    errands = Errands(desk.site.database, desk.site.network).all()
    return [one.not_before or one.created for one in errands if one.job is Job.ROOMS]


def leave(desk: Desk) -> None:
    desk.places.leave(desk.viewer("ben"), "pg-sensorik")


def test_a_room_keeps_its_name_while_nobody_loses_access(desk: Desk) -> None:
    desk.places.appoint(desk.viewer("mona"), "pg-sensorik", "p-ole", Role.MEMBER)
    assert rotate(desk) == []
    assert name_of(desk) == ROOM
    assert planned(desk) == []


def test_a_room_gets_another_name_when_somebody_left_and_is_due_once(desk: Desk) -> None:
    leave(desk)
    note_access(desk.site, desk.picture)
    assert access(desk).due_why == "access"
    assert planned(desk) == [desk.clock.now()]
    note_access(desk.site, desk.picture)
    assert len(planned(desk)) == 1
    (done,) = rotate_due(desk.site, desk.picture)
    assert done.waits_until is None
    assert name_of(desk) != ROOM
    assert len(name_of(desk)) == len(ROOM)
    assert name_of(desk).startswith("re-")
    assert rotate(desk) == [], "once"
    (deed,) = (one for one in Audit(desk.site.database, desk.site.network).latest() if one.action == "renamed_room")
    assert (deed.actor, deed.subject, deed.about) == ("service", KEY, {"why": "access"})


def test_who_moderates_no_longer_counts_as_somebody_who_lost_access(desk: Desk) -> None:
    desk.places.appoint(desk.viewer("rita"), "pg-sensorik", "p-ole", Role.MODERATOR)
    assert rotate(desk) == []
    desk.places.appoint(desk.viewer("rita"), "pg-sensorik", "p-ole", Role.MEMBER)
    rotate(desk)
    assert name_of(desk) != ROOM


def test_the_link_is_the_same_and_opens_the_room_under_its_other_name(desk: Desk, doors: Doors) -> None:
    doors.enter(desk.viewer("mona"), "pg-sensorik")
    leave(desk)
    desk.clock.sleep(3600 * 5)
    rotate(desk)
    url = doors.enter(desk.viewer("mona"), "pg-sensorik").url.get_secret_value()
    assert name_of(desk) in url
    assert ROOM not in url
    assert doors.room_named(ROOM) is None
    assert doors.room_named(name_of(desk).upper()) == KEY


def test_a_room_is_never_renamed_while_people_sit_together_in_it(desk: Desk) -> None:
    told(desk, Told.JOINED, 2)
    leave(desk)
    for hours in (0, 1, 9, 1, 9, 9, 9):
        desk.clock.sleep(hours * 3600)
        told(desk, Told.JOINED, 2)
        (waiting,) = rotate(desk)
        assert waiting.inside == 2
        assert waiting.waits_until is not None
        assert name_of(desk) == ROOM
    desk.clock.sleep(60)
    told(desk, Told.LEFT, 0)
    rotate(desk)
    assert name_of(desk) != ROOM


def test_a_room_keeps_its_name_while_somebody_may_be_on_the_way(desk: Desk, doors: Doors) -> None:
    told(desk, Told.JOINED, 1)
    desk.clock.sleep(60)
    told(desk, Told.LEFT, 0)
    doors.enter(desk.viewer("mona"), "pg-sensorik")
    leave(desk)
    (waiting,) = rotate(desk)
    assert waiting.waits_until == desk.clock.now() + ARRIVING
    assert name_of(desk) == ROOM
    desk.clock.sleep(ARRIVING.total_seconds())
    rotate(desk)
    assert name_of(desk) != ROOM


def test_a_forgotten_window_keeps_the_name_no_longer_than_policy_says(desk: Desk) -> None:
    leave(desk)
    for hour in range(24):
        told(desk, Told.JOINED, 1)
        rotate(desk)
        assert name_of(desk) == ROOM, hour
        desk.clock.sleep(3600)
    rotate(desk)
    assert name_of(desk) != ROOM


def test_where_nothing_is_told_a_quiet_room_counts_as_empty(desk: Desk, doors: Doors) -> None:
    doors.enter(desk.viewer("mona"), "pg-sensorik")
    leave(desk)
    desk.clock.sleep(QUIET.total_seconds() - 1)
    (waiting,) = rotate(desk)
    assert waiting.inside is None
    assert name_of(desk) == ROOM
    desk.clock.sleep(1)
    rotate(desk)
    assert name_of(desk) != ROOM


NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("inside", "passed", "due", "expected"),
    [
        (0, None, 0, None),
        (0, 2, 0, NOW + timedelta(minutes=1)),
        (0, 3, 0, None),
        (0, -9_000, 0, None),  # noted by a clock that was ahead by days
        (2, None, 10_000, NOW + timedelta(minutes=5)),
        (1, None, 0, NOW + timedelta(minutes=5)),
        (1, None, 24 * 60 - 1, NOW + timedelta(minutes=1)),
        (1, None, 24 * 60, None),
        (None, None, 0, None),
        (None, 60, 0, NOW + timedelta(hours=3)),
        (None, 60, 23 * 60, NOW + timedelta(hours=1)),
        (None, 60, 24 * 60, None),
        (None, 1, 24 * 60, NOW + timedelta(minutes=2)),
    ],
)
def test_how_long_a_room_that_is_due_keeps_its_name(
    inside: int | None, passed: int | None, due: int, expected: datetime | None
) -> None:
    """``passed``, ``due``: so many minutes ago somebody was let in, and it was made due."""
    let_in = None if passed is None else NOW - timedelta(minutes=passed)
    room = RoomAccess(KEY, NOW, frozenset(), let_in, NOW - timedelta(minutes=due), "access")
    assert waits_until(room, inside, NOW, LATEST) == expected


@given(
    inside=st.integers(2, 500),
    passed=st.none() | st.integers(-10_000, 10_000),
    due=st.integers(-10_000, 100_000),
    hours=st.integers(0, 720),
)
def test_no_clock_and_no_policy_renames_a_room_under_people_who_sit_together(
    inside: int, passed: int | None, due: int, hours: int
) -> None:
    let_in = None if passed is None else NOW - timedelta(minutes=passed)
    room = RoomAccess(KEY, NOW, frozenset(), let_in, NOW - timedelta(minutes=due), "access")
    again = waits_until(room, inside, NOW, timedelta(hours=hours))
    assert again is not None
    assert NOW < again <= NOW + timedelta(minutes=6)


def test_whoever_is_let_in_at_that_very_moment_keeps_the_room_from_being_renamed(
    desk: Desk, doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(desk)
    note_access(desk.site, desk.picture)
    mona, locked = desk.viewer("mona"), rotating.lock_servers

    def just_then(*given: Any) -> Any:
        """Between the look at the room and its new name."""
        url = doors.enter(mona, "pg-sensorik").url.get_secret_value()
        assert ROOM in url
        return locked(*given)

    monkeypatch.setattr(rotating, "lock_servers", just_then)
    (waiting,) = rotate_due(desk.site, desk.picture)
    assert waiting.waits_until is not None
    assert name_of(desk) == ROOM


def test_who_is_let_in_right_after_it_was_renamed_gets_the_other_name(
    desk: Desk, doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(desk)
    note_access(desk.site, desk.picture)
    mona, passed = desk.viewer("mona"), RoomAccesses.passed

    def just_then(store: RoomAccesses, key: str, at: datetime) -> None:
        """Between the look at the name and the note that somebody is let in."""
        rotate_due(desk.site, desk.picture)
        passed(store, key, at)

    monkeypatch.setattr(RoomAccesses, "passed", just_then)
    url = doors.enter(mona, "pg-sensorik").url.get_secret_value()
    assert ROOM not in url
    assert name_of(desk) in url


def test_a_name_that_is_as_old_as_policy_allows_is_given_up(desk: Desk) -> None:
    desk.clock.sleep(timedelta(days=180).total_seconds() - 1)
    assert rotate(desk) == []
    desk.clock.sleep(1)
    (done,) = rotate(desk)
    assert done.waits_until is None
    assert access(desk).named_at == desk.clock.now()


def test_an_archived_bodys_room_is_renamed_and_nobody_learns_the_name(desk: Desk, doors: Doors) -> None:
    ben = desk.viewer("ben")
    desk.wish.bodies["pg-sensorik"]["archived"] = "2026-01-01"
    desk.rewrite()
    rotate(desk)
    assert name_of(desk) != ROOM
    assert access(desk).audience == frozenset()
    with pytest.raises(Refused):
        doors.enter(ben, "pg-sensorik")


def test_a_ranger_renames_an_empty_room_at_once_and_a_full_one_when_it_is_empty(desk: Desk) -> None:
    (done,) = rotate_body(desk.site, desk.picture, "pg-sensorik", "p-rita")
    assert done.waits_until is None
    first = name_of(desk)
    assert first != ROOM
    told(desk, Told.JOINED, 7)
    (waiting,) = rotate_body(desk.site, desk.picture, "pg-sensorik", "p-rita")
    assert waiting.inside == 7
    assert (name_of(desk), access(desk).due_why) == (first, "command")
    desk.clock.sleep(60)
    told(desk, Told.LEFT, 0)
    rotate(desk)
    assert name_of(desk) != first
    assert rotate_body(desk.site, desk.picture, "pg-lora", "p-rita") == []


def test_one_look_is_planned_however_many_rooms_wait(desk: Desk, doors: Doors) -> None:
    tie_room(desk, "pg-lora", "re-" + "b" * 32)
    tie_room(desk, "pg-alle", "re-" + "c" * 32)
    note_access(desk.site, desk.picture)
    for name, body in (("mona", "pg-sensorik"), ("moritz", "pg-lora"), ("ole", "pg-alle")):
        doors.enter(desk.viewer(name), body)
    for body in ("pg-sensorik", "pg-lora", "pg-alle"):
        assert RoomAccesses(desk.site.database, desk.site.network).make_due(f"body:{body}", desk.clock.now(), "age")
    assert len(rotate_due(desk.site, desk.picture)) == 3
    assert rotate_due(desk.site, desk.picture)
    assert len(planned(desk)) == 1


def test_a_room_that_is_untied_is_forgotten(desk: Desk) -> None:
    leave(desk)
    note_access(desk.site, desk.picture)
    Bindings(desk.site.database).release(desk.site.network, TARGET, ResourceId(Kind.MEETING_ROOM, KEY))
    assert rotate_due(desk.site, desk.picture) == []
    assert RoomAccesses(desk.site.database, desk.site.network).all() == {}


def test_nothing_is_renamed_while_somebody_else_writes_to_the_server(desk: Desk) -> None:
    leave(desk)
    note_access(desk.site, desk.picture)
    with desk.site.database.lock("jitsi:meet.example", desk.clock.now()), pytest.raises(LockTaken):
        rotate_due(desk.site, desk.picture)
    assert name_of(desk) == ROOM
    rotate_due(desk.site, desk.picture)
    assert name_of(desk) != ROOM


def test_the_other_name_is_in_the_file_of_ties_and_costs_no_epoch(desk: Desk) -> None:
    desk.site.ties_log.keep()
    before = Epochs(desk.site.database).head()
    leave(desk)
    rotate(desk)
    assert Epochs(desk.site.database).head() == before
    assert desk.site.ties_log.standing() is Standing.EQUAL
    path = desk.site.ties_log.path
    assert path is not None
    assert name_of(desk) in path.read_text()


def test_who_could_enter_can_not_be_read_from_what_is_kept(desk: Desk) -> None:
    kept = access(desk).audience
    assert len(kept) == 4, "three people, one of whom moderates"
    assert not any(name in one for one in kept for name in ("ben", "mona", "gerd"))
    tie_room(desk, "pg-alle", "re-" + "c" * 32)
    note_access(desk.site, desk.picture)
    other = RoomAccesses(desk.site.database, desk.site.network).all()["body:pg-alle"].audience
    assert not kept & other, "the same people look otherwise in another room"


def test_whoever_was_put_out_finds_no_way_back_by_the_old_name(desk: Desk, doors: Doors) -> None:
    ben = desk.viewer("ben")
    doors.enter(ben, "pg-sensorik")
    leave(desk)
    desk.clock.sleep(5 * 3600)
    rotate(desk)
    assert doors.room_named(ROOM) is None
    with pytest.raises(Forbidden):
        doors.enter(ben, "pg-sensorik")


def test_who_may_enter_is_forgotten_with_the_room_and_with_the_last_meeting_server(desk: Desk) -> None:
    tie_room(desk, "pg-lora", "re-" + "b" * 32)
    note_access(desk.site, desk.picture)
    accesses = RoomAccesses(desk.site.database, desk.site.network)
    Bindings(desk.site.database).release("redi", TARGET, ResourceId(Kind.MEETING_ROOM, "body:pg-lora"))
    note_access(desk.site, desk.picture)
    assert accesses.all().keys() == {KEY}
    note_access(desk.site, desk.picture, [])
    assert accesses.all() == {}


def test_of_whoever_left_no_hash_is_left_either(desk: Desk) -> None:
    before = access(desk).audience
    desk.places.leave(desk.viewer("ben"), "pg-sensorik")
    note_access(desk.site, desk.picture)
    assert len(before - access(desk).audience) == 1
