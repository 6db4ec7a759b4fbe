"""A body by one form, lists that are confirmed, people who are struck."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.emulation.clock import EPOCH
from tests.service.story import Town, links_of, town
from tests.service.surfing import Browser
from tests.support.desk import official
from tests.support.site import body, person

WORKING = "werden gerade eingerichtet"
MARCH_30 = EPOCH.replace(month=3, day=30)


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Town]:
    """Two bodies that are two days away from being asked for their lists; open."""
    with town(tmp_path, MARCH_30) as found:
        found.wish.cities["rastatt"] = "Stadt Rastatt"
        found.wish.add(
            body("pg-lora", "LoRaWAN", lead="rastatt", join="open"),
            body("pg-sensorik", "Sensorik", lead="bretten", join="approval"),
            official("Konrad", "rastatt", "coordinator"),
            official("Carla", "bretten", "city-administrator"),
            person("Mona", {"id": "pg-sensorik", "role": "moderator"}),
            person("Ben", "pg-sensorik", "pg-lora"),
            person("Anna", "pg-sensorik"),
        )
        yield found.open()


def made_by_form(browser: Browser, **typed: str) -> str:
    """The id of a new body; the browser shows how it comes into being."""
    browser.open("bodies/new")
    browser.send("/bodies/new", purpose="Pegel, Keller, Sirenen.", press=[("join", "open")], **typed)
    assert browser.path.endswith("/progress")
    return browser.path.split("/")[2]


def test_a_coordinator_makes_a_group_whose_rooms_are_there_when_the_page_says_so(quiet: Town) -> None:
    konrad = quiet.come("konrad@rastatt.example")
    made = made_by_form(konrad, name="Starkregen", lead="rastatt", moderators="mona@bretten.example")
    assert not [one for one in quiet.cloud.world.talk.rooms.values() if one.name == "PG Starkregen"]
    assert WORKING in konrad.text
    quiet.work()
    konrad.open(f"bodies/{made}/progress")
    rooms = konrad.links(quiet.cloud.url)
    assert len(rooms) == 2
    assert all(map(quiet.is_there, rooms))
    assert WORKING not in konrad.text
    assert "PG_Starkregen-Administratoren" in quiet.cloud_groups("mona.muster")
    assert "PG_Starkregen" in quiet.login_groups("mona.muster")
    assert quiet.on_list("pg-starkregen") == {"mona@bretten.example"}
    ben = quiet.come("ben@bretten.example")
    ben.open("join")
    assert "Pegel, Keller, Sirenen." in ben.text
    ben.send(f"/bodies/{made}/join")
    quiet.work()
    assert "PG_Starkregen" in quiet.cloud_groups("ben.muster")
    mona = quiet.come("mona@bretten.example")
    mona.open("me")
    assert "Starkregen" in mona.text


def test_a_city_makes_groups_for_itself_and_for_no_other(quiet: Town) -> None:
    carla = quiet.come("carla@bretten.example")
    carla.open("bodies/new")
    carla.send("/bodies/new", status=422, name="Fremdes", lead="rastatt", moderators="", press=[("join", "open")])
    made = made_by_form(carla, name="Eigenes", lead="bretten", moderators="carla@bretten.example")
    quiet.work()
    carla.open(f"bodies/{made}/progress")
    assert len(carla.links(quiet.cloud.url)) == 2


def test_who_is_struck_from_a_list_leaves_that_body_and_nothing_else_and_is_told(quiet: Town) -> None:
    quiet.pass_time(days=2)
    asked = quiet.mail("mona@bretten.example", "Stimmt die Liste von Sensorik noch?")
    assert "3 Personen" in asked
    mona = quiet.browser()
    mona.open(links_of(asked)[0])
    mona = quiet.come("mona@bretten.example", mona)
    assert "Ben Muster" in mona.text
    mona.send("/confirm", press=[("struck", "p-ben")])
    quiet.work()
    assert "PG_Sensorik" not in quiet.cloud_groups("ben.muster") | quiet.login_groups("ben.muster")
    assert "PG_LoRaWAN" in quiet.cloud_groups("ben.muster") & quiet.login_groups("ben.muster")
    assert quiet.cloud.users["ben.muster"].enabled
    assert quiet.on_list("pg-sensorik") == {"mona@bretten.example", "anna@bretten.example"}
    assert quiet.subjects("ben@bretten.example") == ["Sie sind nicht mehr bei Sensorik"]
    quiet.pass_time(days=20)
    assert not quiet.mails("mona@bretten.example", "Erinnerung: Stimmt die Liste von Sensorik")
    assert "PG_Sensorik" not in quiet.cloud_groups("ben.muster")


def test_silence_about_a_list_reminds_goes_to_the_lead_and_removes_nobody(quiet: Town) -> None:
    everybody = quiet.on_list("pg-sensorik")
    for days in (2, 14, 14, 60):
        quiet.pass_time(days=days)
    about = [one for one in quiet.subjects("mona@bretten.example") if "Sensorik" in one]
    assert about == ["Stimmt die Liste von Sensorik noch?", "Erinnerung: Stimmt die Liste von Sensorik noch?"]
    assert quiet.subjects("carla@bretten.example") == ["Bitte um Mithilfe: Liste von Sensorik"]
    assert quiet.on_list("pg-sensorik") == everybody
    assert "PG_Sensorik" in quiet.cloud_groups("ben.muster")
    carla = quiet.come("carla@bretten.example")
    carla.open(links_of(quiet.mail("carla@bretten.example", "Bitte um Mithilfe"))[0])
    carla.send("/confirm")
    assert "Sensorik" in carla.text
    assert quiet.on_list("pg-sensorik") == everybody
