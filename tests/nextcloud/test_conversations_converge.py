"""Whole runs against the emulator: observe, settle, plan, apply; struck by every misfortune at every write.

However a run ends, the next ones end in the right state: one room, one welcome, nobody who left.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.nextcloud.emulation.talk.state import MODERATOR, Room
from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.emulation import VirtualClock
from provisioner.emulation.faults import Faults
from provisioner.model.changes import Adopt, Create, Join, Verb
from provisioner.model.plan import NoticeKind
from provisioner.model.resources import Desired, Kind, marker_of
from provisioner.model.steps import Done, Step
from provisioner.state import Database
from tests.support.house import House, Killed
from tests.support.nextcloud import SERVICE, Bench
from tests.support.planning import room_id
from tests.support.wishes import Wish

KINDS = frozenset({Kind.ACCOUNT, Kind.GROUP, Kind.CONVERSATION})
OWN = SERVICE[0]
ROOM = room_id("iot")
START = Wish(folder=None)
MARK = marker_of(ROOM)
MAKING = r"/v4/room(\?|$)"


@pytest.fixture
def house(bench: Bench, cloud: NextcloudEmulator, tmp_path: Path) -> Iterator[House]:
    cloud.world.welcome_mails = False
    with Database.open(tmp_path / "readi.sqlite3") as database:
        yield House(bench, database, KINDS)


def rooms_of(cloud: NextcloudEmulator) -> list[Room]:
    """The rooms that are no sample of the server's own."""
    return [one for one in cloud.talk.rooms.values() if one.type in (2, 3) and not one.object_type]


def of_talk(cloud: NextcloudEmulator, *, writes: bool = True) -> int:
    """Requests about conversations, or the writes among them."""
    return sum("/apps/spreed/" in entry.path and (entry.write or not writes) for entry in cloud.log.requests)


def assert_right(cloud: NextcloudEmulator, house: House, wish: Wish = START) -> Room:
    (made,) = [one for one in rooms_of(cloud) if MARK in one.description]
    assert made.description == MARK  # its folder has no address
    assert made.name == wish.room
    assert made.comments == ["Willkommen!"]
    assert set(made.moderators) == {OWN, *wish.moderators}
    assert set(made.users) == {OWN, *wish.members}
    assert made.groups == ["g-body:iot"]
    assert made.type == 2
    assert house.run(wish.desired()) is None
    assert house.part.changes == ()
    assert not house.open_entries()
    return made


def test_a_first_sync_costs_three_writes_and_one_a_moderator(cloud: NextcloudEmulator, house: House) -> None:
    wish = replace(START, moderators=frozenset({"p1", "p2"}))
    (report,) = house.run_until_done(wish.desired())
    assert set(report.counts) == {"done"}
    assert of_talk(cloud) <= 3 + 2
    assert all(one.silent for one in rooms_of(cloud)[0].messages if not one.system)
    assert_right(cloud, house, wish)


def test_when_nothing_changed_the_list_and_one_request_a_room_are_all(cloud: NextcloudEmulator, house: House) -> None:
    house.run_until_done(START.desired())
    cloud.log.clear()
    assert house.run(START.desired()) is None
    assert of_talk(cloud, writes=False) == 2
    assert not cloud.log.writes


FAULTS: dict[str, Callable[[Faults, int], object]] = {
    "reset before": lambda faults, at: faults.reset_before(path="/spreed/", nth_write=at),
    "reset after": lambda faults, at: faults.reset_after(path="/spreed/", nth_write=at),
    "truncated": lambda faults, at: faults.truncate(path="/spreed/", nth_write=at),
    "login page": lambda faults, at: faults.login_page(path="/spreed/", nth_write=at),
    "lock": lambda faults, at: faults.mishap("database-lock-500", path="/spreed/", nth_write=at),
    "429": lambda faults, at: faults.status(429, path="/spreed/", nth_write=at),
    "502 after, for a while": lambda faults, at: faults.status(
        502, path="/spreed/", nth_write=at, when="after", times=6
    ),
}


CREATING, GREETING, PROMOTING = 1, 2, 3
STRIKES = [
    *((fault, GREETING) for fault in FAULTS),
    *((fault, CREATING) for fault in ("reset before", "reset after", "lock", "502 after, for a while")),
    *((fault, PROMOTING) for fault in ("reset after", "lock")),
]


@pytest.mark.parametrize(("fault", "at"), STRIKES)
def test_whatever_strikes_a_write_there_is_one_room_and_one_welcome(
    cloud: NextcloudEmulator, house: House, fault: str, at: int
) -> None:
    FAULTS[fault](cloud.faults, at)
    house.run_until_done(START.desired())
    assert_right(cloud, house)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", [CREATING, GREETING, PROMOTING])
def test_whenever_the_process_is_killed_there_is_one_room_and_one_welcome(
    cloud: NextcloudEmulator, house: House, monkeypatch: pytest.MonkeyPatch, at: int, when: str
) -> None:
    perform, seen = house.bench.connector.perform, [0]

    def killed(step: Step, *more: object) -> Done:
        seen[0] += "conversation" in step.operation
        if seen[0] == at and when == "before":
            raise Killed
        done = perform(step, *more)  # type: ignore[arg-type]
        if seen[0] == at:
            raise Killed
        return done

    monkeypatch.setattr(house.bench.connector, "perform", killed)
    with pytest.raises(Killed):
        house.run(START.desired())
    monkeypatch.undo()
    house.run_until_done(START.desired())
    assert_right(cloud, house)


def test_a_room_of_somebody_elses_with_that_name_is_not_taken_for_the_one_that_may_have_been_made(
    cloud: NextcloudEmulator, house: House
) -> None:
    def meanwhile(request: object) -> None:
        cloud.talk.add_people(cloud.talk.add_room(str(START.room), "admin"), [OWN])

    cloud.faults.hook(before=meanwhile, path=MAKING, nth_write=1)
    cloud.faults.reset_before(path=MAKING, nth_write=1)
    house.run(START.desired())
    (theirs,) = rooms_of(cloud)
    house.run(START.desired())
    assert (theirs.users, theirs.groups, theirs.comments) == (["admin", OWN], [], [])
    assert theirs.description == ""


def test_nor_after_the_process_was_killed(
    cloud: NextcloudEmulator, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    perform = house.bench.connector.perform

    def killed(step: Step, *more: object) -> Done:
        if step.operation == "create-conversation":
            raise Killed
        return perform(step, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(house.bench.connector, "perform", killed)
    with pytest.raises(Killed):
        house.run(START.desired())
    monkeypatch.undo()
    theirs = cloud.add_room(str(START.room), "admin", users=[OWN])
    house.run(START.desired())
    assert not house.open_entries()
    assert (theirs.users, theirs.groups, theirs.comments) == (["admin", OWN], [], [])


def test_a_moderator_who_leaves_the_body_is_out_of_the_chat_at_once(cloud: NextcloudEmulator, house: House) -> None:
    house.run_until_done(START.desired())
    left = replace(START, members=frozenset({"p2"}), moderators=frozenset({"p2"}), ended=frozenset({"p1"}))
    house.run_until_done(left.desired())
    assert_right(cloud, house, left)


def test_a_member_who_leaves_the_body_goes_with_the_group(cloud: NextcloudEmulator, house: House) -> None:
    house.run_until_done(START.desired())
    cloud.log.clear()
    left = replace(START, members=frozenset({"p1"}), ended=frozenset({"p2"}))
    house.run_until_done(left.desired())
    assert of_talk(cloud) == 0
    assert_right(cloud, house, left)


def test_what_a_deleted_group_left_in_the_room_is_shown(cloud: NextcloudEmulator, house: House) -> None:
    house.run_until_done(START.desired())
    cloud.remove_group("g-body:iot")
    house.run(START.desired())
    told = {notice.kind for notice in house.part.notices}
    assert NoticeKind.LOST in told
    left = replace(START, members=frozenset({"p1"}), ended=frozenset({"p2"}))
    house.run_until_done(left.desired())
    (made,) = rooms_of(cloud)
    assert set(made.users) == {OWN, "p1"}


def test_an_adopted_room_keeps_its_people_and_is_not_greeted(cloud: NextcloudEmulator, house: House) -> None:
    cloud.add_user("eva")
    grown = cloud.add_room(str(START.room), "eva", users=[OWN])
    house.run(START.desired())
    rooms = [change for change in house.part.changes if change.id == ROOM and isinstance(change, Adopt | Create)]
    assert [change.verb for change in rooms] == [Verb.ADOPT]
    ours = grown.find("users", OWN)
    assert ours is not None
    ours.type = MODERATOR
    house.run(START.desired(), approve=True)
    house.run_until_done(START.desired())
    assert rooms_of(cloud) == [grown]
    assert "eva" in grown.users
    assert grown.comments == []
    assert grown.groups == ["g-body:iot"]
    assert "p1" in grown.moderators
    assert grown.description == MARK


@pytest.mark.parametrize(("fault", "lasting"), [("lock", True), ("500", True), ("429", False)])
def test_one_room_that_fails_is_that_rooms_trouble_and_not_the_runs(
    cloud: NextcloudEmulator, house: House, fault: str, lasting: bool
) -> None:
    names = ("Erste", "Zweite", "Dritte")
    ids = [room_id(name.lower()) for name in names]

    def wish(suffix: str) -> Desired:
        wanted = START.desired()
        rooms = {
            one: replace(wanted.resources[ROOM], id=one, name=name + suffix, late={})
            for one, name in zip(ids, names, strict=True)
        }
        return replace(wanted, resources={**wanted.resources, **rooms})

    house.run_until_done(wish(""))
    made = {one.name: one for one in rooms_of(cloud)}
    aim = {"path": f"/v4/room/{made['Zweite'].token}", "writes": True, "times": None if lasting else 3}
    if fault == "lock":
        cloud.faults.mishap("database-lock-500", **aim)
    else:
        cloud.faults.status(int(fault), **aim)
    report = house.run(wish(" neu"))
    assert report is not None
    assert report.counts == ({"done": 2, "failed": 1} if lasting else {"done": 3})
    renamed = {one.name for one in rooms_of(cloud)} - {"PG Sensorik"}
    assert renamed == {"Erste neu", "Zweite" if lasting else "Zweite neu", "Dritte neu"}


def test_rooms_are_never_joined_by_those_who_come_through_a_group(cloud: NextcloudEmulator, house: House) -> None:
    house.run_until_done(START.desired())
    joins = [change for change in house.part.changes if isinstance(change, Join)]
    assert joins == []
    assert not [entry for entry in cloud.log.writes if entry.path.endswith("/participants")]


def test_a_second_database_that_knows_nothing_adopts_by_the_mark(
    cloud: NextcloudEmulator,
    house: House,
    settings: NextcloudSettings,
    clock: VirtualClock,
    tmp_path: Path,
) -> None:
    house.run_until_done(START.desired())
    (made,) = rooms_of(cloud)
    made.name = "Von Hand umbenannt"
    bench = Bench(settings, clock)
    with Database.open(tmp_path / "second.sqlite3") as database:
        second = House(bench, database, KINDS)
        second.run(START.desired())
        adopted = {change.id: change for change in second.part.changes if isinstance(change, Adopt)}
        assert adopted[ROOM].remote.remote_id == made.token
        second.run(START.desired(), approve=True)
    bench.close()
    assert rooms_of(cloud) == [made]
    assert made.comments == ["Willkommen!"]
