"""Who meets now, and what a year's meetings came to: bodies and numbers, never people."""

import re
from datetime import datetime, timedelta

import pytest

from provisioner.console.pages import Speech
from provisioner.model.gatherings import Count, Told
from provisioner.service.metrics import Metrics
from provisioner.state import Gatherings
from tests.support.console import COORDINATOR, MEMBER, RANGER, Browser, House

say = Speech("de").t
SECRET = "invented-Secret-of-thirty-two-letters"


@pytest.fixture
def ranger(house: House) -> Browser:
    house.more["redi"]["meetings"] = {"events": {"secret": SECRET}}
    return house.visitor(RANGER)


def gatherings(house: House) -> Gatherings:
    return Gatherings(house.networks["redi"].site.database, "redi")


def meet(house: House, key: str, begin: datetime, inside: int, hours: float | None = None) -> None:
    """So many came at once; after so many hours (None: not yet) the room was closed."""
    second = int(begin.timestamp())
    gatherings(house).tell(key, 0, Count(Told.JOINED, second, second, inside))
    gatherings(house).tell(key, 0, Count(Told.CREATED, second, second))
    if hours is not None:
        gatherings(house).tell(key, 0, Count(Told.DESTROYED, second + int(3600 * hours), second, inside, inside))


def test_the_overview_tells_who_meets_the_fullest_first(house: House, ranger: Browser) -> None:
    assert say("overview_meets_nobody") in ranger.get("overview").text
    now = house.networks["redi"].now()
    meet(house, "body:pg-akte", now, 3)
    meet(house, "body:pg-sensorik", now, 5)
    meet(house, "body:pg-sensorik:meeting:jf", now, 2)
    meet(house, "room:g1", now, 1)
    meet(house, "room:g2", now, 2, hours=0)
    page = ranger.get("overview").text
    shown = [
        say("overview_meets_body", body="Sensorik", count=7),
        say("overview_meets_body", body="E-Akte", count=3),
        say("overview_meets_guests", count=1),
    ]
    assert shown[0] == "Sensorik trifft sich gerade: 7 Personen."
    places = [page.index(sentence) for sentence in shown]
    assert places == sorted(places)
    assert 'href="/redi/figures"' in page
    site = house.networks["redi"].site
    told = Metrics({"redi": site}, lambda: True).rendered().decode()
    assert 'readi_meetings{network="redi"} 4.0' in told
    assert 'readi_people_in_meetings{network="redi"} 11.0' in told
    assert "sensorik" not in told


def test_where_no_server_tells_nothing_is_said_of_meetings(house: House) -> None:
    page = house.visitor(RANGER).get("overview").text
    assert say("overview_meets") not in page
    assert "figures" not in page.split("<main", 1)[1].replace('class="figures"', "")


def test_a_year_is_counted_by_body_in_the_networks_own_time(house: House, ranger: Browser) -> None:
    assert say("figures_none") in ranger.get("figures").text
    now = house.networks["redi"].now()
    new_year = datetime.fromisoformat(f"{now.year}-01-01T00:00:00+01:00")
    meet(house, "body:pg-akte", new_year - timedelta(hours=1), 9, hours=0.99)
    meet(house, "body:pg-akte", new_year - timedelta(minutes=20), 4, hours=0.5)
    for number in range(3):
        meet(house, "body:pg-sensorik", new_year + timedelta(hours=2 * number), 2 + number, hours=1.5)
    meet(house, "body:pg-weg", new_year + timedelta(hours=9), 2, hours=2)
    meet(house, "room:g1", new_year + timedelta(hours=9), 6, hours=1)
    assert gatherings(house).settle(now + timedelta(days=1)) == 7
    page = ranger.get("figures").text
    rows = [re.findall(r">([^<\n]+)</t[hd]>", row) for row in page.split("<tr>")[2:]]
    assert rows == [
        ["E-Akte", "1", "0,5", "4"],
        ["Sensorik", "3", "4,5", "4"],
        ["pg-weg", "1", "2", "2"],
        [say("figures_guest_rooms"), "1", "1", "6"],
        [say("figures_total"), "6", "8", "6"],
    ]
    before = ranger.get("figures", params={"year": now.year - 1}).text
    assert f'href="/redi/figures?year={now.year}"' in before
    assert ">9<" in before
    assert "Sensorik" not in before.split("<main", 1)[1]


@pytest.mark.parametrize("year", ["1999", "3000", "x", "-1", "99999999999999999999"])
def test_a_year_that_is_none_is_no_error_of_ours(ranger: Browser, year: str) -> None:
    assert ranger.get("figures", params={"year": year}).status_code == 422


def test_who_oversees_sees_it_and_nobody_else(house: House, ranger: Browser) -> None:
    assert ranger.get("figures", params={"year": 2000}).status_code == 200
    assert house.visitor(COORDINATOR).get("figures").status_code == 200
    assert house.visitor(MEMBER).get("figures").status_code == 404
