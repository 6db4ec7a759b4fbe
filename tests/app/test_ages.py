"""Database and target tell each other how far they are: who knows less writes nothing, where no file could tell."""

import shutil
from pathlib import Path

import pytest

from tests.support.site import SERVICE, Installation, new_cloud, person, snapshot


@pytest.fixture
def small(small: Installation) -> Installation:
    """Without a file of ties: it would be asked first."""
    small.more_settings["ties_log"] = None
    return small


def note(installation: Installation) -> str:
    """Where the run's epoch stands over there: in the profile of our own account."""
    return installation.cloud.users[SERVICE[0]].profile.get("role", "")


def copy_of(installation: Installation) -> Path:
    copy = installation.folder / "old.db"
    assert installation.run("state", "backup", copy).code == 0
    return copy


def put_back(installation: Installation, copy: Path | None) -> None:
    for path in (installation.folder / "state").glob("readi.db*"):
        path.unlink()
    if copy is not None:
        shutil.copy(copy, installation.database)


def notices(installation: Installation) -> list[tuple[str, str]]:
    plan = installation.plan()["targets"][0]
    return [(notice["kind"], notice["why"]["code"]) for notice in plan["notices"]]


def assert_refused(installation: Installation, saying: str) -> None:
    before = snapshot(installation.cloud)
    installation.cloud.log.clear()
    path = installation.folder / "plan.json"
    installation.run("plan", "--out", path)
    for command in (["apply", "--yes"], ["apply", path]):
        ran = installation.run(*command, "--json")
        assert (ran.code, ran.json["run"]) == (1, None)
        assert saying in ran.json["errors"]["cloud"]["code"]
    said = installation.run("apply", "--yes").out
    assert "readi state recover" in said
    assert "Nothing to do" not in said
    assert installation.writes() == []
    assert snapshot(installation.cloud) == before


def test_every_run_that_ties_something_leaves_how_far_it_came(small: Installation) -> None:
    assert note(small) == ""
    small.apply()
    first = note(small)
    small.apply()
    assert note(small) == first != "", "nothing was tied, so nothing was left"
    small.wish.add(person("Dora", "pg-lora"))
    small.apply()
    assert note(small) != first
    assert notices(small) == []


def test_an_old_copy_of_the_database_writes_nothing_to_a_target_that_is_further(small: Installation) -> None:
    small.apply()
    copy = copy_of(small)
    small.wish.add(person("Dora", "pg-lora"))
    small.apply()
    put_back(small, copy)
    small.wish.people["p-anna"]["email"] = "anna.neu@bretten.example"
    assert notices(small)[0] == ("age", "app.database_behind")
    assert_refused(small, "database_behind")


def test_another_database_writes_nothing_to_a_target_that_is_not_its_own(small: Installation) -> None:
    small.apply()
    put_back(small, None)
    assert ("age", "app.another_database") in notices(small)
    assert_refused(small, "another_database")


def test_a_target_that_is_ahead_stops_no_other_one(small: Installation) -> None:
    small.apply()
    put_back(small, None)
    with new_cloud(small.clock) as fresh:
        small.wish.targets["zwei"] = small.target(url=fresh.url)
        ran = small.run("apply", "--yes", "--json")
        assert (ran.code, set(ran.json["errors"]), ran.json["outcome"]) == (1, {"cloud"}, "done")
        assert "anna.muster" in fresh.users


def test_a_target_restored_from_a_backup_is_said_and_brought_in_line_again(small: Installation) -> None:
    small.apply()
    old = note(small)
    small.wish.add(person("Dora", "pg-lora"))
    small.apply()
    newer = note(small)
    with small.cloud.lock:
        small.cloud.users[SERVICE[0]].profile["role"] = old
        small.cloud.users["anna.muster"].email = "anna.frueher@bretten.example"
    assert notices(small) == [("age", "app.target_restored")]
    small.wish.add(person("Emil", "pg-lora"))
    ran = small.run("apply", "--yes", "--json")
    assert (ran.code, ran.json["waiting"], ran.json["errors"]) == (2, 1, {})
    assert note(small) not in (old, newer)
    assert notices(small) == []
