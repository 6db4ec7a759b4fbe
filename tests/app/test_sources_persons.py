"""What is kept of people in sources is theirs to see, and goes when they are erased."""

import sqlite3

import pytest

from provisioner.registry.merging import person_id_of
from tests.support.site import Installation
from tests.support.sources import Handmade, somebody, use

AD, DAY = "bretten-ad", 86_400.0


@pytest.fixture
def directory(small: Installation) -> Handmade:
    """Ben is linked; Marta Marker comes from the directory alone."""
    small.wish.policy = {section: {"names": {"project": None}} for section in ("folders", "conversations")}
    made = Handmade()
    made.put(somebody("k-ben", "Ben Muster", email="ben@bretten.example"), somebody("k-marta", "Marta Marker"))
    made.put(*(somebody(f"k{number}", f"Karla K{number:02}") for number in range(8)))
    small.source_types = dict(made.types)
    small.wish.people["p-ben"]["identities"] = [{"source": AD, "key": "k-ben"}]
    use(small.wish, AD, brings="everybody")
    small.apply()
    return made


def mirrored(installation: Installation) -> str:
    with sqlite3.connect(installation.database) as database:
        shown = str(database.execute("SELECT * FROM mirrored").fetchall())
    database.close()
    return shown


def test_a_person_is_shown_what_sources_say_of_them_and_of_nobody_else(
    small: Installation, directory: Handmade
) -> None:
    for identity, key, mail in (
        ("p-ben", "k-ben", "ben@bretten.example"),
        (person_id_of(AD, "k-marta"), "k-marta", "marta.marker@bretten.example"),
    ):
        ran = small.run("person", "show", identity, "--json")
        [found] = ran.json["kept"]["sources"]
        assert (found["source"], found["key"], found["fields"]["email"]) == (AD, key, mail)
        assert "Karla" not in ran.out


def test_who_vanished_goes_down_the_ladder_and_is_dropped_when_erased(small: Installation, directory: Handmade) -> None:
    marta = person_id_of(AD, "k-marta")
    del directory.people["k-marta"]
    assert small.run("apply", "--yes").code == 2
    [plan] = small.run("plans", "list", "--json").json["waiting"]
    assert small.run("plans", "approve", plan["digest"]).code == 0
    small.clock.sleep(31 * DAY)
    assert small.run("person", "handed-over", marta, "--nothing").code == 0
    assert "Marker" in mirrored(small)
    ran = small.run("person", "erase", marta, "--confirm", "Marta Marker")
    assert (ran.code, "is still in" in ran.out) == (0, False), ran.all
    assert "marta.marker" not in small.cloud.users
    assert "Marker" not in mirrored(small)
    assert b"Marker" not in small.database.read_bytes()
    assert small.run("plan").code == 0
    assert small.run("person", "show", marta, "--json").json["kept"].get("sources") is None


def test_who_is_still_in_the_source_comes_back_with_it_and_that_is_said(
    small: Installation, directory: Handmade
) -> None:
    small.wish.people["p-ben"]["leaves"] = small.clock.now().date().isoformat()
    small.wish.sources[AD]["authoritative"] = ["email"]
    small.clock.sleep(2 * DAY)
    small.run("apply", "--yes")
    small.clock.sleep(31 * DAY)
    assert small.run("person", "handed-over", "p-ben", "--nothing").code == 0
    assert f"is still in: {AD}" in small.run("person", "erase", "p-ben").out
    ran = small.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert (ran.code, f"is still in: {AD}" in ran.out) == (0, True), ran.all
    assert "k-ben" not in mirrored(small)
    small.run("sources", "read", "--whole")
    assert "k-ben" in mirrored(small)


def test_people_of_sources_stand_in_the_mirror_alone_until_they_get_accounts(small: Installation) -> None:
    made = Handmade()
    made.put(somebody("k-marta", "Marta Marker"))
    small.source_types = dict(made.types)
    use(small.wish, AD)
    small.run("sources", "read")
    small.apply()
    with sqlite3.connect(small.database) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        holding = {name for name in names if "Marker" in str(database.execute(f"SELECT * FROM {name}").fetchall())}
    database.close()
    assert holding == {"mirrored"}
