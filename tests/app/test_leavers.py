"""Down the ladder day by day, as a ranger sees it: who goes, what comes next, and who takes over."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.site import Installation, person

DAY = 86_400.0


def rungs(installation: Installation) -> dict[str, str]:
    found = installation.run("leavers", "--json").json["people"]
    return {leaver["person"]: leaver["rung"] for leaver in found}


def leaver(installation: Installation) -> dict[str, Any]:
    (found,) = installation.run("leavers", "--json").json["people"]
    return dict(found)


def day(installation: Installation, days: int = 0) -> str:
    """A day from the virtual today on, as YAML takes it."""
    return (installation.clock.now() + timedelta(days=days)).date().isoformat()


@pytest.fixture
def ben_leaves(small: Installation) -> Installation:
    """Everybody is there, and today is Ben's last day."""
    small.apply()
    small.wish.people["p-ben"]["leaves"] = day(small)
    return small


def test_from_the_last_day_to_the_last_rung(ben_leaves: Installation) -> None:
    small = ben_leaves
    assert leaver(small)["rung"] == "leaving"
    assert leaver(small)["next_on"] == day(small, 1)
    small.apply()
    assert small.cloud.users["ben.muster"].enabled
    small.clock.sleep(DAY)
    assert (leaver(small)["rung"], leaver(small)["command"]) == ("left", "readi apply")
    small.apply()
    assert not small.cloud.users["ben.muster"].enabled
    small.cloud.log.clear()
    waiting = leaver(small)
    assert (waiting["rung"], waiting["since"], waiting["next_on"]) == ("waiting", day(small), day(small, 30))
    small.clock.sleep(29 * DAY)
    assert leaver(small)["rung"] == "waiting"
    assert small.run("leavers").code == 0
    small.clock.sleep(DAY)
    ran = small.run("leavers")
    assert (ran.code, "→ readi person handed-over p-ben" in ran.out) == (2, True)
    assert "Ben Muster (p-ben)" in ran.out
    assert small.cloud.log.requests == [], "no server is asked"
    told = small.run("person", "handed-over", "p-ben")
    assert (told.code, "occ files:transfer-ownership ben.muster" in told.out) == (2, True)
    assert leaver(small)["rung"] == "hand-over", "only told how"
    noted = small.run("person", "handed-over", "p-ben", "--to", "p-anna")
    assert (noted.code, "occ files:transfer-ownership ben.muster anna.muster" in noted.out) == (0, True)
    assert "noted before" in small.run("person", "handed-over", "p-ben", "--to", "p-anna").out
    assert (leaver(small)["rung"], leaver(small)["command"]) == ("erasable", "readi person erase p-ben")
    small.cloud.log.clear()
    assert "0 have files to hand over and 1 may be erased" in small.apply().out
    assert small.writes() == [], "no apply goes further"


def test_an_absence_pauses_the_wait_even_when_it_is_written_later(ben_leaves: Installation) -> None:
    small = ben_leaves
    small.clock.sleep(DAY)
    small.apply()
    begun = day(small)
    small.wish.people["p-ben"]["absences"] = [{"since": begun, "until": day(small, 9)}]
    assert leaver(small)["next_on"] == day(small, 40)
    small.wish.people["p-ben"]["absences"] = [{"since": begun}]
    small.clock.sleep(100 * DAY)
    paused = leaver(small)
    assert (paused["rung"], paused["next_on"]) == ("waiting", None)
    assert "paused" in str(paused["waits_for"]["text"]) or "an absence" in str(paused["waits_for"]["text"])


def test_who_comes_back_has_never_left_and_waits_anew_another_time(ben_leaves: Installation) -> None:
    small = ben_leaves
    small.clock.sleep(DAY)
    small.apply()
    small.clock.sleep(20 * DAY)
    assert small.run("person", "handed-over", "p-ben", "--nothing").code == 0
    del small.wish.people["p-ben"]["leaves"]
    small.apply()
    assert small.cloud.users["ben.muster"].enabled
    assert rungs(small) == {}
    small.wish.people["p-ben"]["leaves"] = day(small)
    small.clock.sleep(5 * DAY)
    small.apply()
    small.clock.sleep(30 * DAY)
    assert leaver(small)["rung"] == "hand-over", "what was noted the last time is forgotten"


def test_a_city_that_leaves_takes_its_people_along_and_its_bodies_need_successors(small: Installation) -> None:
    small.wish.bodies["pg-sensorik"]["lead"] = "bretten"
    small.apply()
    small.write()
    assert small.run("org", "leave", "bretten", "--on", day(small, 3), write=False).code == 0
    found = small.run("leavers", "--json", write=False).json
    assert {each["rung"] for each in found["people"]} == {"leaving"}
    assert {each["cause"] for each in found["people"]} == {"organisation-left"}
    assert [(each["body"], each["office"], each["vacant_on"]) for each in found["vacancies"]] == [
        ("pg-lora", "moderation", day(small, 4)),
        ("pg-sensorik", "lead", day(small, 4)),
    ]
    ran = small.run("leavers", write=False)
    assert (ran.code, "→ readi body lead pg-sensorik ID" in ran.out) == (2, True)


def test_a_successor_is_named_by_the_very_command_that_is_shown(small: Installation) -> None:
    small.wish.people["p-anna"]["leaves"] = day(small, 3)
    small.apply()
    assert "readi body moderator pg-lora ID" in small.run("leavers").out
    assert small.run("body", "moderator", "pg-lora", "p-cleo", write=False).code == 0
    assert small.run("leavers", "--json", write=False).json["vacancies"] == []


def test_who_vanished_from_the_registry_waits_from_the_approved_suspension_on(small: Installation) -> None:
    small.apply()
    del small.wish.people["p-ben"]
    assert small.run("apply", "--yes").code == 2
    assert (leaver(small)["rung"], leaver(small)["command"]) == ("left", "readi plans list")
    plan = small.folder / "plan.json"
    small.run("plan", "--out", plan)
    assert small.run("apply", plan).code == 0
    assert (leaver(small)["rung"], leaver(small)["name"]) == ("waiting", "Ben Muster")


def test_a_slip_is_said_in_words_and_notes_nothing(ben_leaves: Installation) -> None:
    ben_leaves.wish.add(person("Gone", leaves=day(ben_leaves, -10)))
    for words, said in (
        (["p-nobody"], "There is no person"),
        (["p-bne"], "p-ben"),
        (["p-anna"], "is active"),
        (["p-ben", "--to", "p-ben"], "to themselves"),
        (["p-ben", "--to", "p-cloe"], "p-cleo"),
        (["p-ben", "--to", "p-gone"], "is not active"),
    ):
        ran = ben_leaves.run("person", "handed-over", *words)
        assert (ran.code, said in ran.err) == (1, True), ran.all
    both = ben_leaves.run("person", "handed-over", "p-ben", "--to", "p-anna", "--nothing")
    assert both.code == 64
    assert "noted before" not in ben_leaves.run("person", "handed-over", "p-ben", "--to", "p-anna").out
