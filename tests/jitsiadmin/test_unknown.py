"""What may have been created and can't be looked up waits for a ranger, and is never made twice."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.jitsiadmin.emulator import MAIL_BREAKS, JitsiAdminEmulator
from provisioner.emulation import Response, VirtualClock
from provisioner.emulation.faults import Fault
from tests.jitsiadmin.story import FIRST, Planned

ROOM, LISTED = "/api/v1/room$", "/getRooms"


@pytest.fixture
def planned(tmp_path: Path) -> Iterator[Planned]:
    clock = VirtualClock()
    with JitsiAdminEmulator(clock=clock) as emulator:
        yield Planned(tmp_path, emulator, clock)


def posts(planned: Planned) -> int:
    """How often a conference was asked for."""
    return len(planned.emulator.log.matching("POST", ROOM))


def blind(planned: Planned) -> None:
    """From the moment of a creation on, nobody is told what is planned there."""
    planned.emulator.faults.login_page(path=LISTED, nth=2, times=None)


def test_an_answer_that_was_lost_after_the_write_is_found_among_what_is_planned_now(planned: Planned) -> None:
    planned.emulator.faults.reset_after(path=ROOM)
    planned.apply(code=2)  # the next run checks whether anything is lacking
    planned.settle()
    assert (posts(planned), planned.starts()) == (1, [f"{FIRST}T10:00"])
    assert planned.who() == ["anna", "ben", "cleo"]
    assert planned.open_entries() == 0


def test_a_mail_that_breaks_is_an_error_of_a_conference_that_exists(planned: Planned) -> None:
    planned.emulator.faults.mishap(MAIL_BREAKS, path=ROOM)
    planned.apply(code=2)
    planned.settle()
    assert (posts(planned), len(planned.world.rooms)) == (1, 1)


def test_with_two_that_could_be_it_none_is_taken_for_ours(planned: Planned) -> None:
    def twin(*_: object) -> None:
        with planned.emulator.lock:
            room = planned.world.rooms[0]
            planned.world.create(planned.organiser, room.server, room.start, room.duration, room.name)

    planned.emulator.faults.hook(after=twin, path=ROOM)
    planned.emulator.faults.reset_after(path=ROOM)
    planned.apply(code=1)
    assert (posts(planned), planned.open_entries()) == (1, 1)


@pytest.mark.parametrize("after", [True, False], ids=["after the write", "before it"])
def test_what_can_t_be_looked_up_waits_and_is_not_tried_again(planned: Planned, after: bool) -> None:
    blind(planned)
    cut = planned.emulator.faults.reset_after if after else planned.emulator.faults.reset_before
    cut(path=ROOM)
    planned.apply(code=1)
    planned.emulator.faults.clear()
    for _ in range(3):
        ran = planned.run("plan")
        assert "readi release body:pg-sensorik:meeting:jf:2026-01-13 --target planung" in ran.all
        planned.apply()
    assert (posts(planned), planned.open_entries()) == (1, 1)
    assert len(planned.world.rooms) == (1 if after else 0)
    assert len(planned.mails()) == (1 if after else 0)


def test_a_page_instead_of_an_answer_tells_nothing(planned: Planned) -> None:
    blind(planned)
    planned.emulator.faults.add(Fault(path=ROOM, answer=Response.html("<h1>Oops!</h1>"), when="after"))
    planned.apply(code=1)
    planned.apply()
    assert (posts(planned), planned.open_entries(), len(planned.world.rooms)) == (1, 1, 1)


def test_a_ranger_who_has_looked_lets_it_be_made_anew(planned: Planned) -> None:
    blind(planned)
    planned.emulator.faults.reset_before(path=ROOM)
    planned.apply(code=1)
    planned.emulator.faults.clear()
    told = planned.run("plan").all
    command = re.search(r"readi (release \S+ --target \S+)", told)
    assert command is not None, told
    ran = planned.run(*command.group(1).split())
    assert ran.code == 0, ran.all
    planned.settle()
    assert (planned.starts(), planned.open_entries()) == ([f"{FIRST}T10:00"], 0)
    assert planned.who() == ["anna", "ben", "cleo"]


def test_once_its_day_is_over_nobody_is_asked_any_more(planned: Planned) -> None:
    blind(planned)
    planned.emulator.faults.reset_after(path=ROOM)
    planned.apply(code=1)
    planned.emulator.faults.clear()
    planned.pass_days(9)
    assert "readi release" not in planned.run("plan").all


def test_an_invitation_whose_answer_was_lost_is_not_sent_twice(planned: Planned) -> None:
    planned.emulator.faults.reset_after(path="/api/v1/user$", nth=1)
    planned.apply(code=1)
    planned.apply()
    assert planned.who() == ["anna", "ben", "cleo"]
    assert planned.mails() == [("anna", "invited"), ("ben", "invited"), ("cleo", "invited")]


def test_a_move_whose_answer_was_lost_is_told_to_nobody_twice(planned: Planned) -> None:
    planned.settle()
    planned.mails()
    planned.series["moved"] = {FIRST: "2026-01-14T14:30"}
    planned.emulator.faults.reset_after(path=ROOM, method="PUT")
    planned.apply(code=1)
    planned.apply()
    assert planned.starts() == ["2026-01-14T14:30"]
    assert [about for _, about in planned.mails()] == ["changed"] * 3


def test_a_cancellation_whose_answer_was_lost_is_told_to_nobody_twice(planned: Planned) -> None:
    planned.settle()
    planned.mails()
    planned.series["cancelled"] = [FIRST]
    planned.emulator.faults.reset_after(path=r"/api/v1/room\?", method="DELETE")
    planned.apply(code=1)
    planned.apply()
    assert planned.rooms == []
    assert [about for _, about in planned.mails()] == ["called off"] * 3


def test_a_plan_with_more_mails_than_the_limit_is_refused_before_the_first_write(planned: Planned) -> None:
    planned.wish.policy["guards"] = {"mails": 2}
    ran = planned.run("apply", "--yes")
    assert ran.code == 3, ran.all
    assert "mails:planung:" in ran.all
    assert planned.emulator.log.writes == []
    planned.wish.policy["guards"] = {"mails": 3}
    planned.settle()
    assert len(planned.mails()) == 3


def test_a_refused_plan_is_carried_out_by_its_word(planned: Planned) -> None:
    planned.wish.policy["guards"] = {"mails": 2}
    word = re.search(r"mails:planung:\w+", planned.run("plan").all)
    assert word is not None
    ran = planned.run("apply", "--yes", "--allow", word.group())
    assert ran.code == 0, ran.all
    assert len(planned.mails()) == 3


@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5, 6, 7])
def test_a_read_that_is_not_understood_changes_nothing(planned: Planned, nth: int) -> None:
    planned.settle()
    planned.mails()
    planned.wish.people["p-ben"]["leaves"] = "2020-01-31"
    planned.series["minutes"] = 45
    planned.emulator.faults.login_page(nth=nth)
    planned.run("apply", "--yes")
    planned.emulator.faults.clear()
    planned.apply()
    assert (planned.who(), planned.rooms[0].duration) == (["anna", "cleo"], 45)
    mails = [mail for mail in planned.mails() if mail != ("ben", "changed")]  # who goes later hears of it first
    assert mails == [("anna", "changed"), ("ben", "called off"), ("cleo", "changed")]
