"""The whole way: a body's dates in the registry become conferences, and change as they do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.jitsiadmin.emulator import JitsiAdminEmulator
from provisioner.emulation import VirtualClock
from tests.jitsiadmin.story import FIRST, SECOND, Planned
from tests.support.jitsiadmin import traffic
from tests.support.site import LONG_AGO, person

EVERYBODY = ["anna", "ben", "cleo"]


@pytest.fixture
def planned(tmp_path: Path) -> Iterator[Planned]:
    clock = VirtualClock()
    with JitsiAdminEmulator(clock=clock) as emulator:
        yield Planned(tmp_path, emulator, clock)


def test_the_next_meeting_becomes_a_conference_with_everybody(planned: Planned) -> None:
    part = planned.plan()
    assert part["cost"]["mails"] == 3
    planned.settle()
    assert planned.starts() == [f"{FIRST}T10:00"]
    (room,) = planned.rooms
    assert (room.name, room.duration, room.moderator) == ("Jour fixe", 90, planned.organiser)
    assert planned.who() == EVERYBODY
    assert planned.mails() == [(one, "invited") for one in EVERYBODY]


def test_off_by_default_nothing_is_planned(planned: Planned) -> None:
    planned.wish.policy = {}
    planned.settle()
    assert planned.rooms == []
    assert traffic(planned.emulator) == (0, 0)


def test_an_unchanged_network_costs_one_request_a_conference_and_no_mail(planned: Planned) -> None:
    planned.wish.policy["meetings"]["conferences"]["ahead_days"] = 28
    planned.settle()
    assert planned.starts() == [f"{FIRST}T10:00", f"{SECOND}T10:00"]
    planned.mails()
    planned.emulator.log.clear()
    assert planned.run("plan").code == 0
    assert traffic(planned.emulator) == (2, 0)
    planned.apply()
    assert planned.mails() == []


def test_a_moved_meeting_is_the_same_conference_at_another_time(planned: Planned) -> None:
    planned.settle()
    (before,) = planned.rooms
    planned.mails()
    planned.series["moved"] = {FIRST: "2026-01-14T14:30"}
    assert planned.plan()["cost"]["mails"] == 3
    planned.settle()
    (after,) = planned.rooms
    assert after.uid_real == before.uid_real
    assert planned.starts() == ["2026-01-14T14:30"]
    assert planned.mails() == [(one, "changed") for one in EVERYBODY]
    assert len(planned.world.rooms) == 1


def test_a_longer_meeting_and_another_title_are_one_mail_to_each(planned: Planned) -> None:
    planned.settle()
    planned.mails()
    planned.series |= {"minutes": 120, "title": "Jour fixe Sensorik"}
    planned.settle()
    (room,) = planned.rooms
    assert (room.name, room.duration) == ("Jour fixe Sensorik", 120)
    assert planned.mails() == [(one, "changed") for one in EVERYBODY]


def test_a_meeting_that_does_not_take_place_is_called_off_once(planned: Planned) -> None:
    planned.settle()
    planned.mails()
    planned.series["cancelled"] = [FIRST]
    assert planned.plan()["cost"]["mails"] == 3
    planned.settle()
    assert planned.rooms == []
    assert planned.mails() == [(one, "called off") for one in EVERYBODY]
    planned.settle()
    assert planned.mails() == []


def test_a_meeting_that_takes_place_after_all_is_planned_anew(planned: Planned) -> None:
    planned.settle()
    planned.series["cancelled"] = [FIRST]
    planned.settle()
    del planned.series["cancelled"]
    planned.mails()
    planned.settle()
    assert planned.starts() == [f"{FIRST}T10:00"]
    assert planned.mails() == [(one, "invited") for one in EVERYBODY]


def test_a_series_that_is_written_down_no_more_is_called_off(planned: Planned) -> None:
    planned.settle()
    planned.wish.bodies["pg-sensorik"]["meetings"] = {"series": [{**planned.series, "id": "neu"}]}
    planned.mails()
    planned.settle()
    assert planned.starts() == [f"{FIRST}T10:00"]
    assert len(planned.world.rooms) == 2
    assert {about for _, about in planned.mails()} == {"called off", "invited"}


def test_what_has_taken_place_is_left_alone_and_asked_for_no_more(planned: Planned) -> None:
    planned.settle()
    planned.mails()
    planned.pass_days(8)  # it is the day, in the morning
    planned.clock.advance(3 * 3600)
    planned.series["minutes"] = 30
    planned.wish.people["p-ben"]["leaves"] = LONG_AGO
    planned.apply()
    assert planned.rooms[0].duration == 90
    assert planned.who() == EVERYBODY
    planned.pass_days(20)
    planned.apply()
    planned.emulator.log.clear()
    planned.apply()
    uid = planned.rooms[0].uid_real
    assert [entry for entry in planned.emulator.log if str(uid) in entry.path] == []
    assert planned.rooms[0].duration == 90
    assert not [mail for mail in planned.mails() if mail[1] != "invited"]


def test_who_joins_is_invited_and_who_leaves_is_taken_out(planned: Planned) -> None:
    planned.settle()
    planned.mails()
    planned.wish.add(person("Dora", "pg-sensorik"))
    planned.wish.people["p-ben"]["leaves"] = LONG_AGO
    planned.settle()
    assert planned.who() == ["anna", "cleo", "dora"]
    assert planned.mails() == [("ben", "called off"), ("dora", "invited")]


def test_one_person_alone_is_put_into_what_is_to_come(planned: Planned) -> None:
    planned.settle()
    planned.mails()
    planned.wish.add(person("Dora", "pg-sensorik"), person("Emil", "pg-sensorik"))
    ran = planned.run("apply", "--yes", "--only", "p-dora")
    assert ran.code == 0, ran.all
    assert planned.who() == ["anna", "ben", "cleo", "dora"]
    assert planned.mails() == [("dora", "invited")]


def test_who_was_invited_by_hand_stays(planned: Planned) -> None:
    planned.settle()
    with planned.emulator.lock:
        planned.world.add(planned.rooms[0], "gast@post.example")
    planned.wish.people["p-ben"]["leaves"] = LONG_AGO
    planned.settle()
    assert planned.who() == ["anna", "cleo", "gast"]


def test_a_new_address_takes_the_place_of_the_old_one(planned: Planned) -> None:
    planned.settle()
    planned.mails()
    planned.wish.people["p-ben"]["email"] = "ben.berg@bretten.example"
    assert planned.plan()["cost"]["mails"] == 2
    planned.settle()
    assert planned.who() == ["anna", "ben.berg", "cleo"]
    assert planned.mails() == [("ben", "called off"), ("ben.berg", "invited")]


def test_without_a_moderator_who_is_linked_nothing_is_made_and_it_says_so(planned: Planned) -> None:
    planned.emulator.server.users.clear()
    ran = planned.apply(code=1)
    assert "linked to the server" in ran.all
    assert planned.world.rooms == []
    assert [user.email for user in planned.world.users] == ["anna@bretten.example"], "and nobody got an account"
    planned.emulator.server.users.append(planned.organiser)
    planned.settle()
    assert planned.who() == EVERYBODY


def test_a_moderator_who_only_sees_the_server_is_not_enough(planned: Planned) -> None:
    planned.emulator.server.users.clear()
    planned.emulator.server.domains.add("bretten.example")
    planned.apply(code=1)
    assert planned.world.rooms == []


def test_what_was_called_off_over_there_stays_so(planned: Planned) -> None:
    planned.settle()
    planned.mails()
    with planned.emulator.lock:
        planned.world.call_off(planned.rooms[0])
        planned.world.mails.clear()
    ran = planned.run("plan")
    assert "called off or deleted there" in ran.out
    planned.apply()
    assert len(planned.world.rooms) == 1
    assert planned.mails() == []


def test_what_was_moved_over_there_waits_for_a_ranger(planned: Planned) -> None:
    planned.settle()
    with planned.emulator.lock:
        planned.rooms[0].start = planned.rooms[0].start.replace(hour=15)
    planned.mails()
    part = planned.plan()
    assert [(one["verb"], one["change_class"]) for one in part["changes"]] == [("update", "queued")]
    planned.apply(code=2)
    assert planned.starts() == [f"{FIRST}T15:00"]
    assert planned.mails() == []


def test_nothing_is_written_by_a_plan(planned: Planned) -> None:
    planned.plan()
    assert traffic(planned.emulator)[1] == 0
