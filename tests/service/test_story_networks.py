"""Two networks in one installation, on one Nextcloud and one mail server: nothing of one is seen in the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.service.story import Town, town
from tests.service.surfing import Browser
from tests.support.desk import official
from tests.support.site import Wish, body, person

MARKS = ("Nordlicht", "Norbert", "pg-nordlicht", "norbert", "nord")
"""What only the other network knows."""


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Town]:
    """redi, and nord: each with rangers who have a conversation. Begins on a Monday; open."""
    with town(tmp_path) as found:
        found.wish.add(
            body("pg-sensorik", "Sensorik", lead="bretten", join="open"),
            body("ranger", "Ranger", kind="rangers", members=[{"roles": ["ranger"]}]),
            person("Rita", roles=["ranger"]),
        )
        nord = found.installation.networks["nord"] = Wish("nord", cities={"kiel": "Stadt Kiel"})
        nord.targets["cloud"] = found.installation.target()
        nord.add(
            body("pg-nordlicht", "Nordlicht", lead="kiel", join="approval"),
            body("wacht", "Wacht", kind="rangers", members=[{"roles": ["ranger"]}]),
            official("Norbert", "kiel", roles=["ranger"], bodies=[{"id": "pg-nordlicht", "role": "moderator"}]),
        )
        yield found.open()


def pages(browser: Browser) -> Iterator[str]:
    """Every page that somebody reaches by links, as often as there are new ones."""
    seen, left = {"me"}, ["me"]
    base = f"/{browser.network}/"
    while left:
        yield browser.open(left.pop())
        found = {one.partition("#")[0] for one in browser.links() if one.startswith(base)}
        new = {one for one in found - seen if "/static/" not in one}
        seen |= new
        left += sorted(new)


def test_whatever_happens_in_one_network_is_nowhere_in_the_other(both: Town) -> None:
    norbert = both.come("norbert@kiel.example", network="nord")
    nele = both.come("nele@kiel.example", network="nord")
    nele.send("/register", given_name="Nele", family_name="Nordlicht", press=[("agreed", "yes")])
    nele.open("bodies/pg-nordlicht/ask")
    nele.send("/ask", word="Nordlicht!")
    both.work()
    norbert.open("requests")
    assert "Nele Nordlicht" in norbert.text
    both.cloud.users["norbert.muster"].name = "Norbert der Große"
    both.pass_time(days=1)
    assert both.said("Wacht")
    rita = both.come("rita@bretten.example")
    shown = list(pages(rita))
    assert len(shown) > 15
    assert [mark for mark in MARKS for one in shown if mark in one.replace(both.cloud.url, "")] == []
    said = [*both.said("Ranger"), *(one.text for one in both.mails("rita@bretten.example"))]
    assert [mark for mark in MARKS for one in said if mark in one] == []
    kiel = [one for one in both.office.came if "kiel.example" in one.recipients[0]]
    assert kiel
    assert not [one for one in kiel if "Rita" in one.text or "/redi/" in one.text]


def test_a_session_a_link_and_an_address_of_one_network_open_nothing_in_the_other(both: Town) -> None:
    norbert = both.come("norbert@kiel.example", network="nord")
    cookie = norbert.session.cookies["readi-nord"]
    thief = both.browser()
    thief.session.cookies.set("readi-redi", cookie, domain="127.0.0.1", path="/redi")
    thief.session.cookies.set("readi-nord", cookie, domain="127.0.0.1", path="/")
    thief.open("overview")
    assert thief.path == "/login"
    link = both.link_for("norbert@kiel.example", both.browser("nord"))
    thief.open(link.replace("/nord/", "/redi/"), status=410)
    stranger = both.browser()
    stranger.open("login")
    stranger.send("/login", address="norbert@kiel.example")
    both.work()
    assert len(both.mails("norbert@kiel.example", "Ihr Link")) == 2
    for path in ("bodies/pg-nordlicht", "people/p-norbert", "bodies/wacht"):
        both.come("rita@bretten.example").open(path, status=404)


def test_measurements_name_networks_but_nobody_and_nothing_in_them(both: Town) -> None:
    both.pass_time(days=1)
    text = requests.get(f"{both.origin}/metrics", timeout=30).text
    assert 'network="nord"' in text
    assert not [mark for mark in ("Norbert", "p-norbert", "Nordlicht", "p-rita", "pg-sensorik") if mark in text]
