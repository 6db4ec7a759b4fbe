"""Who is told what because of a date: once, in time, later where a day was missed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from provisioner.app.letters.reminding import remind
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.app.work.tidying import tidy
from provisioner.emulation import VirtualClock
from provisioner.model.messages import Letter, LetterKind, LetterState
from provisioner.state import Departures, Outbox
from tests.support.site import Installation, body, new_cloud, person

DAY = 86_400.0


class Reminders:
    """An installation, and what its people were told since somebody looked last."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        installation.wish.policy = {
            **{section: {"names": {"project": None}} for section in ("folders", "conversations")},
            "mails": {"weekly": False},
            "confirmations": {"months": None},
        }
        installation.write()
        self.site = Site.open(installation.settings, clock=installation.clock)
        self._seen = 0

    def day(self, days: int = 0) -> str:
        return (self.site.clock.now() + timedelta(days=days)).date().isoformat()

    def told(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(kind, to whom, about what) of what is posted by one run now."""
        self.installation.write()
        remind(self.site, Pictures(self.site).now())
        return [(str(one.kind), one.to.removeprefix("person:"), dict(one.about)) for one in self._new()]

    def _new(self) -> list[Letter]:
        posted = Outbox(self.site.database, "redi", self.site.clock.now()).find(*LetterState, limit=1_000)
        new = [one for one in reversed(posted) if one.id > self._seen]
        self._seen = max([self._seen, *(one.id for one in new)])
        return [one.letter for one in new]

    def after(self, days: float) -> list[tuple[str, str, dict[str, Any]]]:
        self.site.clock.sleep(days * DAY)
        return self.told()


@pytest.fixture
def small_with_ranger(small: Installation) -> Installation:
    small.wish.add(person("Rita", roles=["ranger"]))
    return small


@pytest.fixture
def reminders(small_with_ranger: Installation) -> Iterator[Reminders]:
    made = Reminders(small_with_ranger)
    yield made
    made.site.close()


def test_whoever_leaves_is_told_two_weeks_and_one_day_before_and_never_twice(reminders: Reminders) -> None:
    last = reminders.day(16)
    reminders.installation.wish.people["p-ben"]["leaves"] = last
    assert reminders.told() == []
    assert reminders.after(1) == []
    assert reminders.after(1) == [("leaving", "p-ben", {"stage": "soon", "last_day": last})]
    assert [reminders.told(), *(reminders.after(1) for _ in range(12))] == [[]] * 13
    assert reminders.after(1) == [("leaving", "p-ben", {"stage": "tomorrow", "last_day": last})]
    assert [reminders.told(), reminders.after(1), reminders.after(1)] == [[], [], []]


def test_a_day_that_was_missed_is_made_up_for_and_what_no_longer_matters_is_left_out(reminders: Reminders) -> None:
    reminders.installation.wish.people["p-ben"]["leaves"] = reminders.day(16)
    reminders.installation.wish.people["p-cleo"]["leaves"] = reminders.day(8)
    found = reminders.after(8)
    assert [(kind, who, about["stage"]) for kind, who, about in found] == [
        ("leaving", "p-cleo", "tomorrow"),
        ("leaving", "p-ben", "soon"),
    ]


def test_another_last_day_is_told_anew(reminders: Reminders) -> None:
    ben = reminders.installation.wish.people["p-ben"]
    ben["leaves"] = reminders.day(10)
    assert len(reminders.told()) == 1
    ben["leaves"] = reminders.day(12)
    assert [about["last_day"] for _, _, about in reminders.told()] == [reminders.day(12)]
    del ben["leaves"]
    assert reminders.after(12) == []


def test_after_suspension_the_dates_are_told_and_once_more_before_erasing_becomes_possible(
    reminders: Reminders,
) -> None:
    installation = reminders.installation
    installation.apply()
    last = reminders.day()
    installation.wish.people["p-ben"]["leaves"] = last
    assert [about["stage"] for _, _, about in reminders.told()] == ["tomorrow"]
    reminders.site.clock.sleep(DAY)
    assert reminders.told() == [], "not suspended yet"
    installation.apply()
    erasable = reminders.day(30)
    about = {"stage": "ended", "last_day": last, "erasable_on": erasable}
    assert reminders.told() == [("leaving", "p-ben", about)]
    assert [told for _ in range(22) for told in reminders.after(1)] == []
    assert reminders.after(1) == [("leaving", "p-ben", {**about, "stage": "erasing"})]
    later = [told for _ in range(10) for told in reminders.after(1)]
    assert later == [("hand_over", "p-rita", {"count": 1, "new": 1})]


def test_an_absence_puts_off_what_is_told_as_it_puts_off_the_ladder(reminders: Reminders) -> None:
    installation = reminders.installation
    installation.apply()
    ben = installation.wish.people["p-ben"]
    ben["leaves"] = reminders.day()
    ben["absences"] = [{"since": reminders.day(11), "until": reminders.day(20)}]
    reminders.site.clock.sleep(DAY)
    installation.apply()
    (ended,) = reminders.told()
    assert ended[2]["erasable_on"] == reminders.day(40)
    assert reminders.after(29) == []
    assert [about["stage"] for _, _, about in reminders.after(4)] == ["erasing"]


def test_rangers_hear_once_of_each_whose_files_wait_in_one_letter_however_many(reminders: Reminders) -> None:
    installation = reminders.installation
    installation.apply()
    for who in ("p-ben", "p-cleo"):
        installation.wish.people[who]["leaves"] = reminders.day()
    reminders.site.clock.sleep(DAY)
    installation.apply()
    reminders.told()
    assert reminders.after(30) == [("hand_over", "p-rita", {"count": 2, "new": 2})]
    assert [told for _ in range(40) for told in reminders.after(1)] == []
    tidy(reminders.site, Pictures(reminders.site).now())
    assert reminders.after(80) == [], "also when the letter itself is forgotten"


def test_a_sponsor_is_told_and_where_there_is_none_any_more_the_citys_administrators(reminders: Reminders) -> None:
    wish = reminders.installation.wish
    until = reminders.day(14)
    guest = person("Gil", guest={"sponsor": "p-ben", "until": until})
    del guest["organisation"]
    wish.add(guest, person("Adam", roles=["city-administrator"]))
    told = reminders.told()
    assert ("guest_ends", "p-ben", {"guest": "p-gil", "until": until}) in told
    assert ("leaving", "p-gil", {"stage": "soon", "last_day": until}) in told
    wish.people["p-ben"]["leaves"] = reminders.day(-1)
    assert ("guest_ends", "p-adam", {"guest": "p-gil", "until": until}) in reminders.told()
    assert reminders.told() == []


def test_a_successor_is_asked_for_ahead_and_once_more_when_nobody_was_found(reminders: Reminders) -> None:
    wish = reminders.installation.wish
    wish.bodies["pg-lora"]["lead"] = "bretten"
    wish.people["p-anna"]["leaves"] = reminders.day(40)
    assert reminders.after(10) == []
    about = {"body": "pg-lora", "office": "moderation", "vacant_on": reminders.day(31)}
    assert reminders.after(1) == [("successor", "p-rita", about)], "no administrator: the rangers"
    assert reminders.told() == []
    wish.people["p-anna"]["leaves"] = reminders.day(-1)
    (again,) = (told for told in reminders.after(1) if told[0] == "successor")
    assert again[1] == "p-rita"
    wish.people["p-cleo"]["bodies"] = [{"id": "pg-lora", "role": "moderator"}]
    assert [told for told in reminders.after(1) if told[0] == "successor"] == []


def test_the_week_is_summed_up_once_in_numbers_alone(reminders: Reminders) -> None:
    installation = reminders.installation
    installation.wish.policy["mails"] = {"weekly": True}
    installation.wish.people["p-ben"] |= {"joined": reminders.day(-3)}
    installation.wish.people["p-cleo"] |= {"leaves": reminders.day(-1)}
    found = [told for told in reminders.told() if told[0] == "weekly"]
    ((_, ranger, about),) = found
    assert (ranger, about["since"], about["until"]) == ("p-rita", reminders.day(-7), reminders.day(-1))
    assert (about["came"], about["left"], about["vacancies"], about["requests"]) == (1, 1, 0, 0)
    words = {name: value for name, value in about.items() if name not in ("since", "until")}
    assert all(isinstance(value, int) for value in words.values())
    assert [told for _ in range(6) for told in reminders.after(1) if told[0] == "weekly"] == []
    assert len([told for told in reminders.after(3) if told[0] == "weekly"]) == 1, "nobody looked on Monday"


@pytest.mark.parametrize(
    "start", [datetime(2026, 3, 27, 22, 30, tzinfo=UTC), datetime(2026, 10, 23, 22, 30, tzinfo=UTC)]
)
def test_when_the_clocks_change_nothing_is_told_twice_or_lost(start: datetime, tmp_path: Path) -> None:
    clock = VirtualClock(start)
    with new_cloud(clock) as cloud:
        installation = Installation(tmp_path, cloud)
        installation.wish.add(body("pg-sensorik", "Sensorik"), person("Ben", "pg-sensorik"))
        made = Reminders(installation)
        last = (start + timedelta(hours=2, days=2)).date().isoformat()
        installation.wish.people["p-ben"]["leaves"] = last
        told = [one for _ in range(120) for one in made.after(1 / 24)]
        made.site.close()
    assert [about["stage"] for _, _, about in told] == ["soon", "tomorrow"]


def test_a_clock_that_ran_ahead_and_back_tells_nothing_twice(reminders: Reminders) -> None:
    reminders.installation.wish.people["p-ben"]["leaves"] = reminders.day(20)
    now = reminders.site.clock
    assert len(reminders.after(7)) == 1
    reminders.site.clock = VirtualClock(now.now() - timedelta(days=3))
    assert reminders.told() == []
    assert [about["stage"] for _, _, about in reminders.after(15)] == ["tomorrow"]


def test_of_whom_nothing_is_known_for_sure_nothing_is_said(reminders: Reminders) -> None:
    installation = reminders.installation
    installation.apply()
    del installation.wish.people["p-ben"]
    installation.run("apply", "--yes")
    assert reminders.told() == []
    departures = Departures(reminders.site.database).of("redi")
    assert "p-ben" not in departures or reminders.after(29) == []


def test_letters_hold_ids_and_numbers_but_no_names_or_addresses(reminders: Reminders) -> None:
    wish = reminders.installation.wish
    wish.policy["mails"] = {"weekly": True}
    for one in ("p-anna", "p-ben", "p-cleo"):
        wish.people[one]["leaves"] = reminders.day(1)
    told = reminders.told()
    assert {kind for kind, _, _ in told} >= {LetterKind.LEAVING, LetterKind.SUCCESSOR, LetterKind.WEEKLY}
    for marker in ("Anna", "Ben", "Cleo", "Muster", "@"):
        assert marker not in str(told)
