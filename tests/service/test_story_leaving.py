"""Stays that end: said by a city, announced, done by itself on the day after; guests; absences."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.story import Town, town
from tests.support.desk import official
from tests.support.site import body, person

BEN = "ben@bretten.example"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Town]:
    """Begins on Monday, 5 January 2026; open."""
    with town(tmp_path) as found:
        found.wish.cities["rastatt"] = "Stadt Rastatt"
        found.wish.add(
            body("pg-sensorik", "Sensorik", lead="bretten"),
            body("ranger", "Ranger", kind="rangers", members=[{"roles": ["ranger"]}]),
            person("Rita", roles=["ranger"]),
            official("Carla", "bretten", "city-administrator"),
            person("Mona", {"id": "pg-sensorik", "role": "moderator"}),
            person("Ben", "pg-sensorik"),
            official("Ole", "rastatt", bodies=["pg-sensorik"]),
            {
                "id": "p-gerd",
                "given_name": "Gerd",
                "family_name": "Gast",
                "email": "gerd@anderswo.example",
                "guest": {"sponsor": "p-mona", "until": "2026-01-25"},
                "bodies": [{"id": "pg-sensorik", "role": "guest"}],
            },
        )
        yield found.open()


def works(office: Town, account: str) -> bool:
    """Whether somebody gets in, wherever they have an account; the targets have to agree."""
    realm = list(office.login.realm.users.values())
    [at_login] = [user.enabled for user in realm if user.username == account]
    assert office.cloud.users[account].enabled is at_login
    return at_login


def test_a_city_ends_a_stay_and_access_ends_by_itself_on_the_day_after(office: Town) -> None:
    carla = office.come("carla@bretten.example")
    carla.open("people/p-ole", status=404)
    carla.open("people/p-ben")
    carla.send("/people/p-ben/end", last_day="2026-01-30")
    office.pass_time(days=12)
    assert office.subjects(BEN) == ["Ihr Zugang zu redi endet am 30. Januar 2026"]
    office.pass_time(days=12)
    assert office.subjects(BEN)[1:] == ["Morgen endet Ihr Zugang zu redi"]
    ben = office.come(BEN)
    ben.open("me")
    office.pass_time(days=1)
    assert works(office, "ben.muster")
    office.pass_time(days=1)
    assert not works(office, "ben.muster")
    assert BEN not in office.on_list("pg-sensorik")
    assert office.subjects(BEN)[-1] == "Ihr Zugang zu redi ist beendet"
    ben.open("me")
    assert ben.path == "/login"
    assert not [one for one in office.said("Ranger") if "Ben" in one or "p-ben" in one]
    assert works(office, "ole.muster")


def test_an_end_that_was_a_mistake_is_taken_back_before_and_after_it(office: Town) -> None:
    carla = office.come("carla@bretten.example")
    carla.open("people/p-ben")
    carla.send("/people/p-ben/end", last_day="2026-01-05")
    office.pass_time(days=1)
    assert not works(office, "ben.muster")
    carla = office.come("carla@bretten.example")
    carla.open("people/p-ben")
    carla.send("/people/p-ben/resume")
    office.work()
    assert works(office, "ben.muster")
    assert BEN in office.on_list("pg-sensorik")
    assert "PG_Sensorik" in office.cloud_groups("ben.muster") & office.login_groups("ben.muster")
    office.come(BEN).open("me")


def test_a_guest_ends_by_date_and_the_sponsor_is_told_before(office: Town) -> None:
    office.pass_time(days=10)
    assert "Der Gastzugang von Gerd Gast endet am 25. Januar 2026" in office.subjects("mona@bretten.example")
    assert works(office, "gerd.gast")
    office.pass_time(days=11)
    assert not works(office, "gerd.gast")


def test_an_absence_takes_nothing_away(office: Town) -> None:
    office.wish.people["p-ben"]["absences"] = [{"since": "2026-01-10", "until": "2026-06-30"}]
    office.installation.write()
    office.pass_time(days=7)
    assert works(office, "ben.muster")
    assert BEN in office.on_list("pg-sensorik")
    assert office.subjects(BEN) == []


def test_an_absence_stops_the_days_until_an_account_may_be_erased(office: Town) -> None:
    office.wish.people["p-ben"] |= {
        "leaves": "2026-01-08",
        "absences": [{"since": "2026-01-12", "until": "2026-03-31"}],
    }
    office.installation.write()
    office.pass_time(days=5)
    office.pass_time(days=60)
    assert not works(office, "ben.muster")
    rita = office.come("rita@bretten.example")
    rita.open("leavers")
    assert "Ben Muster" in rita.text
    assert not office.mails("rita@bretten.example", "Dateien warten")
    office.pass_time(days=50)
    assert office.mails("rita@bretten.example", "Dateien warten")
