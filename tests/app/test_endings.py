"""Somebody's last day: said by whoever may, for whoever is theirs, taken back just so."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from provisioner.app.joining.endings import end_stay, resume_stay
from provisioner.app.joining.refusing import Forbidden, Refused
from tests.support.desk import FIRST_START, TODAY, Desk, desks, official, small_network

DAY = timedelta(days=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    wish = small_network()
    wish.add(official("Zora", "bretten"))
    wish.people["p-zora"]["affiliations"].append({"organisation": "rastatt"})
    (found,) = desks(tmp_path, wish)
    yield found
    found.site.close()


def end(desk: Desk, by: str, whom: str, days: int) -> bool:
    return end_stay(desk.site, desk.pictures, desk.viewer(by), f"p-{whom}", TODAY + days * DAY)


def test_an_administrator_ends_the_stay_of_their_own_people(desk: Desk) -> None:
    assert end(desk, "carla", "ben", 10)
    assert desk.picture.registry.people["p-ben"].period.until == TODAY + 10 * DAY
    assert desk.picture.active("p-ben"), "until then nothing changes"
    assert desk.errands() == ["p-ben"]
    assert desk.deeds() == [("p-carla", "ended", "person:p-ben")]
    assert not end(desk, "carla", "ben", 10)
    assert desk.errands() == ["p-ben"]
    assert end(desk, "carla", "ben", 20), "another day counts anew"


def test_nobody_ends_the_stay_of_others(desk: Desk) -> None:
    before = desk.written()
    for by, whom in [("doris", "ben"), ("konrad", "ben"), ("mona", "ben"), ("gerd", "ben"), ("carla", "zora")]:
        with pytest.raises(Forbidden):
            end(desk, by, whom, 10)
        with pytest.raises(Forbidden):
            resume_stay(desk.site, desk.pictures, desk.viewer(by), f"p-{whom}")
    assert desk.written() == before
    assert end(desk, "rita", "zora", 10)


def test_guests_are_the_rangers_business(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        end(desk, "carla", "gerd", 0)
    assert end(desk, FIRST_START, "gerd", 0)


def test_a_stay_that_ended_yesterday_logs_out_at_once(desk: Desk) -> None:
    now = desk.clock.now()
    word = desk.sessions.begin(now, timedelta(hours=1), "link", person="p-ben")
    assert end(desk, "carla", "ben", -1)
    assert desk.sessions.find(word, now) is None
    assert not desk.picture.active("p-ben")


def test_days_that_must_be_slips_are_refused(desk: Desk) -> None:
    for days in (-2, 4000):
        with pytest.raises(Refused) as caught:
            end(desk, "carla", "ben", days)
        assert caught.value.text.code == "app.last_day_out_of_range"


def test_nobody_ends_their_own_stay(desk: Desk) -> None:
    for name in ("carla", "rita"):
        with pytest.raises(Refused) as caught:
            end(desk, name, name, 0)
        assert caught.value.text.code == "app.own_stay"


def test_an_end_is_taken_back_also_after_the_day(desk: Desk) -> None:
    end(desk, "carla", "ben", -1)
    assert resume_stay(desk.site, desk.pictures, desk.viewer("carla"), "p-ben")
    assert desk.picture.active("p-ben")
    assert not resume_stay(desk.site, desk.pictures, desk.viewer("carla"), "p-ben")
    assert desk.errands() == ["p-ben", "p-ben"]


def test_an_earlier_day_in_the_files_stays(desk: Desk) -> None:
    desk.wish.people["p-ben"]["leaves"] = (TODAY + DAY).isoformat()
    desk.rewrite()
    end(desk, "carla", "ben", 30)
    assert desk.picture.registry.people["p-ben"].period.until == TODAY + DAY
