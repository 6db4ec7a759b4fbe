"""Lists are confirmed twice a year: asked, reminded, passed on, answered; and nobody is removed by silence."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from provisioner.app.joining.bodymaking import archive_body, make_body
from provisioner.app.joining.confirming import ARCHIVED, confirm, due_confirmations, remind_requests
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.model.enrolments import Confirmation
from provisioner.model.messages import Letter
from provisioner.model.registry import Role
from provisioner.state import Confirmations
from tests.support.desk import FIRST_START, Desk, desks, moderating, small_network
from tests.support.site import LONG_AGO


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (found,) = desks(tmp_path, small_network())
    yield found
    found.site.close()


def on(desk: Desk, month: int, day: int, year: int = 2026) -> list[tuple[str, str]]:
    """Who is told what by a look on that day, and that a second look tells nobody anything."""
    desk.clock.moment = datetime(year, month, day, 6, tzinfo=UTC)
    desk.letters()
    look(desk)
    told = desk.told()
    look(desk)
    assert desk.told() == []
    return sorted(told)


def look(desk: Desk) -> int:
    return due_confirmations(desk.site, desk.picture, desk.clock.now())


def lists(desk: Desk, body: str) -> list[Confirmation]:
    return Confirmations(desk.site.database, "redi").of_body(body)


def test_on_the_first_day_of_its_months_all_moderators_are_asked(desk: Desk) -> None:
    assert on(desk, 3, 31) == []
    assert on(desk, 4, 1) == [("confirm", "mona"), ("confirm", "moritz")]
    assert on(desk, 4, 2) == []
    assert [one.due.isoformat() for one in lists(desk, "pg-sensorik")] == ["2026-04-01"]


def test_a_letter_says_which_list(desk: Desk) -> None:
    on(desk, 3, 31)
    desk.clock.moment = datetime(2026, 4, 1, 6, tzinfo=UTC)
    look(desk)
    letters: dict[str, Letter] = {one.to: one for one in desk.letters()}
    assert letters["person:p-mona"].about == {"body": "pg-sensorik", "due": "2026-04-01"}


def test_a_first_day_that_was_missed_is_made_up_for_once(desk: Desk) -> None:
    assert on(desk, 4, 20) == [("confirm", "mona"), ("confirm", "moritz")]
    assert on(desk, 4, 21) == []


def test_half_a_year_later_nobody_is_asked_for_a_day_long_past(desk: Desk) -> None:
    assert on(desk, 9, 1) == []
    assert on(desk, 10, 1) == [("confirm", "mona"), ("confirm", "moritz")]


def test_silence_reminds_then_asks_the_lead_and_removes_nobody(desk: Desk) -> None:
    on(desk, 4, 1)
    before = desk.members("pg-sensorik")
    assert on(desk, 4, 14) == []
    assert on(desk, 4, 15) == [("confirm_reminder", "mona"), ("confirm_reminder", "moritz")]
    assert on(desk, 4, 28) == []
    assert on(desk, 4, 29) == [("confirm_escalated", "carla"), ("confirm_escalated", "doris")]
    assert on(desk, 9, 30) == []
    assert desk.members("pg-sensorik") == before
    assert on(desk, 10, 1) == [("confirm", "mona"), ("confirm", "moritz")]


def test_who_confirmed_is_asked_again_at_the_next_date_only(desk: Desk) -> None:
    on(desk, 4, 1)
    assert confirm(desk.site, desk.pictures, desk.viewer("mona"), "pg-sensorik") == 0
    assert on(desk, 4, 15) == [("confirm_reminder", "moritz")]
    assert on(desk, 4, 29) == [("confirm_escalated", "doris")]
    assert on(desk, 10, 1) == [("confirm", "mona"), ("confirm", "moritz")]
    newest, oldest = lists(desk, "pg-sensorik")
    assert (oldest.done_by, oldest.struck, newest.done_at) == ("p-mona", 0, None)


def test_exactly_those_named_leave_exactly_that_body(desk: Desk) -> None:
    desk.places.join(desk.viewer("ben"), "pg-lora")
    on(desk, 4, 1)
    assert confirm(desk.site, desk.pictures, desk.viewer("mona"), "pg-sensorik", ["p-ben"]) == 1
    assert desk.told() == [("struck", "ben")]
    assert desk.members("pg-sensorik") == {"mona", "gerd"}
    assert "pg-lora" in desk.belongs("ben")
    assert lists(desk, "pg-sensorik")[0].struck == 1
    assert confirm(desk.site, desk.pictures, desk.viewer("mona"), "pg-sensorik", ["p-ben"]) == 0, "a second click"
    assert [deed[1] for deed in desk.deeds()] == ["joined", "struck", "confirmed"]


def test_people_who_are_not_on_the_list_are_not_touched(desk: Desk) -> None:
    assert confirm(desk.site, desk.pictures, desk.viewer("mona"), "pg-sensorik", ["p-ole", "p-nobody"]) == 0
    assert desk.belongs("ole") == {"pg-alle": "member"}


@pytest.mark.parametrize("name", ["ben", "moritz", "doris", "konrad", "gerd"])
def test_nobody_else_confirms(desk: Desk, name: str) -> None:
    before = desk.written()
    with pytest.raises(Forbidden):
        confirm(desk.site, desk.pictures, desk.viewer(name), "pg-sensorik", ["p-mona"])
    assert desk.written() == before


def test_if_one_of_those_named_can_not_be_struck_nobody_is(desk: Desk) -> None:
    desk.places.appoint(desk.viewer("rita"), "pg-alle", "p-mona", Role.MODERATOR)
    before = desk.written()
    with pytest.raises(Refused):
        confirm(desk.site, desk.pictures, desk.viewer("carla"), "pg-alle", ["p-mona", "p-ole"])
    assert desk.written() == before


def test_the_last_moderators_do_not_strike_themselves_together(desk: Desk) -> None:
    desk.places.appoint(desk.viewer("mona"), "pg-sensorik", "p-ben", Role.MODERATOR)
    with pytest.raises(Refused):
        confirm(desk.site, desk.pictures, desk.viewer("mona"), "pg-sensorik", ["p-ben", "p-mona"])
    assert confirm(desk.site, desk.pictures, desk.viewer("mona"), "pg-sensorik", ["p-mona"]) == 1


def test_whoever_moderates_by_then_is_reminded_and_without_anybody_the_lead_is_asked(desk: Desk) -> None:
    on(desk, 4, 1)
    desk.places.appoint(desk.viewer("mona"), "pg-sensorik", "p-ben", Role.MODERATOR)
    desk.places.leave(desk.viewer("mona"), "pg-sensorik")
    desk.wish.people["p-moritz"]["leaves"] = LONG_AGO
    desk.rewrite()
    assert on(desk, 4, 2) == [("confirm_escalated", "doris")]
    assert on(desk, 4, 15) == [("confirm_reminder", "ben")]


def test_a_body_without_a_lead_is_the_rangers_business(desk: Desk) -> None:
    del desk.wish.bodies["pg-sensorik"]["lead"]
    desk.rewrite()
    on(desk, 4, 1)
    on(desk, 4, 15)
    assert on(desk, 4, 29) == [("confirm_escalated", "doris"), ("confirm_escalated", "rita")]


def test_a_body_archived_meanwhile_is_done_with(desk: Desk) -> None:
    on(desk, 4, 1)
    desk.wish.bodies["pg-sensorik"]["archived"] = "2026-04-10"
    desk.rewrite()
    assert on(desk, 4, 15) == [("confirm_reminder", "moritz")]
    assert lists(desk, "pg-sensorik")[0].done_by == ARCHIVED


def test_a_body_made_after_the_date_is_asked_at_the_next(desk: Desk) -> None:
    on(desk, 4, 1)
    rita = desk.viewer("rita")
    made = make_body(desk.site, desk.pictures, rita, name="Neu", lead="bretten", moderators=["p-ole"])
    assert on(desk, 4, 2) == []
    assert ("confirm", "ole") in on(desk, 10, 1)
    archive_body(desk.site, desk.pictures, desk.viewer("rita"), made)
    assert ("confirm_reminder", "ole") not in on(desk, 10, 15)


def test_other_months_ask_nobody_twice_in_one_go(desk: Desk) -> None:
    on(desk, 4, 20)
    confirm(desk.site, desk.pictures, desk.viewer("moritz"), "pg-lora")
    desk.wish.policy = {"confirmations": {"months": [5, 11]}}
    desk.rewrite()
    assert on(desk, 5, 1) == [("confirm", "moritz")], "the other one is being asked"
    desk.wish.policy = {"confirmations": {"months": [4, 10]}}
    desk.rewrite()
    assert on(desk, 5, 2) == [], "April was before"


def test_nobody_is_asked_where_policy_says_never(desk: Desk) -> None:
    on(desk, 4, 1)
    desk.wish.policy = {"confirmations": {"months": None}}
    desk.rewrite()
    assert on(desk, 4, 15) == []
    assert on(desk, 10, 1) == []


def test_a_clock_that_was_years_ahead_does_not_silence_the_years_between(desk: Desk) -> None:
    assert on(desk, 4, 1, year=2031) != []
    assert on(desk, 4, 1) == [("confirm", "mona"), ("confirm", "moritz")]
    assert on(desk, 4, 15) == []
    assert on(desk, 10, 1) != []


def test_a_clock_that_jumps_back_some_days_asks_nobody_twice(desk: Desk) -> None:
    on(desk, 4, 1)
    on(desk, 4, 15)
    assert on(desk, 4, 13) == []
    assert on(desk, 4, 16) == []


def test_guests_who_moderate_are_not_asked(desk: Desk) -> None:
    desk.wish.people["p-gerd"]["bodies"] = [moderating("pg-kreis")]
    desk.rewrite()
    assert ("confirm", "gerd") not in on(desk, 4, 1)


def reminders(desk: Desk, day: int) -> list[tuple[str, str]]:
    desk.clock.moment = datetime(2026, 3, day, 6, tzinfo=UTC)
    desk.letters()
    remind_requests(desk.site, desk.picture, desk.clock.now())
    told = desk.told()
    assert remind_requests(desk.site, desk.picture, desk.clock.now()) == 0
    return sorted(told)


def test_who_decides_is_reminded_of_a_request_after_three_days_and_with_the_lead_after_seven(desk: Desk) -> None:
    desk.clock.moment = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    desk.places.ask(desk.viewer("ole"), "pg-sensorik", "")
    assert reminders(desk, 3) == []
    assert reminders(desk, 4) == [("request_reminder", "mona")]
    assert reminders(desk, 7) == []
    assert reminders(desk, 8) == [("request_reminder", "carla"), ("request_reminder", "mona")]
    assert reminders(desk, 20) == []


def test_reminders_that_were_missed_are_sent_as_one(desk: Desk) -> None:
    desk.clock.moment = datetime(2026, 3, 1, 6, tzinfo=UTC)
    desk.places.ask(desk.viewer("ole"), "pg-sensorik", "")
    assert reminders(desk, 12) == [("request_reminder", "carla"), ("request_reminder", "mona")]
    assert reminders(desk, 13) == []


def test_of_what_is_decided_or_too_late_nobody_is_reminded(desk: Desk) -> None:
    desk.clock.moment = datetime(2026, 3, 1, 6, tzinfo=UTC)
    first = desk.places.ask(desk.viewer("ole"), "pg-sensorik", "")
    desk.places.ask(desk.viewer("konrad"), "pg-sensorik", "")
    desk.places.decide(desk.viewer(FIRST_START), first, approve=False)
    desk.wish.people["p-konrad"]["leaves"] = LONG_AGO
    desk.rewrite()
    assert reminders(desk, 10) == []
