"""Servers that are down for a while, and a service that is killed: everything comes to its right end, nothing twice."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from provisioner.app.site import Site
from provisioner.model.messages import LetterState
from provisioner.state import Outbox
from tests.service.story import LivePlace, Place, Town, live_place, town
from tests.support.mailserver import Came
from tests.support.serving import Serving, drained, made, opened
from tests.support.site import body, person

DORA, MONA = "dora@bretten.example", "mona@bretten.example"
GREETING = "Willkommen, Dora Neu (Stadt Bretten)!"


def furnish(place: Place) -> None:
    place.wish.add(
        body("pg-lora", "LoRaWAN", lead="bretten", join="open"),
        body("ranger", "Ranger", kind="rangers", members=[{"roles": ["ranger"]}]),
        person("Rita", roles=["ranger"]),
        person("Mona", {"id": "pg-lora", "role": "moderator"}),
    )


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as found:
        furnish(found)
        yield found.open()


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LivePlace]:
    with live_place(tmp_path) as found:
        furnish(found)
        found.installation.write()
        yield found


def twice(mails: list[Came]) -> list[str]:
    """Message ids that came more than once."""
    return [word for word, count in Counter(str(one.message["Message-ID"]) for one in mails).items() if count > 1]


def test_a_mail_server_that_is_down_delays_letters_and_drops_none(calm: Town) -> None:
    dora = calm.newcomer("Dora", "Neu")
    calm.office.post.at_mail = ["421 not now"] * 50
    dora.send("/bodies/pg-lora/join")
    other = calm.browser()
    other.open("login")
    other.send("/login", address=MONA)
    for _ in range(4):
        calm.pass_time(minutes=10)
    assert calm.subjects(DORA) == ["Ihr Link zur Anmeldung bei redi"]
    assert calm.cloud_groups("dora.neu") >= {"PG_LoRaWAN"}
    assert GREETING in calm.said("PG LoRaWAN")
    calm.office.post.at_mail.clear()
    for _ in range(3):
        calm.pass_time(minutes=30)
    assert len(calm.mails(DORA, "Willkommen bei")) == 1
    assert len(calm.mails(MONA, "Ihr Link")) == 1
    assert twice(calm.office.came) == []


def test_who_joins_while_the_cloud_is_down_has_the_login_at_once_and_the_cloud_when_it_is_back(calm: Town) -> None:
    calm.cloud.faults.status(503, times=None)
    dora = calm.newcomer("Dora", "Neu")
    dora.send("/bodies/pg-lora/join")
    ben = calm.newcomer("Ben", "Frisch")
    ben.send("/bodies/pg-lora/join")
    calm.work()
    assert {"PG_LoRaWAN"} <= calm.login_groups("dora.neu") & calm.login_groups("ben.frisch")
    assert calm.on_list("pg-lorawan") >= {DORA, "ben@bretten.example"}
    calm.pass_time(minutes=20)
    dora.open("me")
    assert not calm.mails(DORA, "Willkommen bei")
    calm.cloud.faults.clear()
    for _ in range(3):
        calm.pass_time(minutes=40)
    assert made(calm.cloud.log)["dora.neu"] == made(calm.cloud.log)["ben.frisch"] == 1
    assert "PG_LoRaWAN" in calm.cloud_groups("dora.neu") & calm.cloud_groups("ben.frisch")
    assert len(calm.mails(DORA, "Willkommen bei")) == 1
    assert calm.said("PG LoRaWAN").count(GREETING) == 1
    told = [one for one in calm.said("Ranger") if "cloud macht" in one]
    assert len([one for one in told if "nicht mit" in one]) <= 1
    assert len(told) <= 2


def kill_before_the_account(place: LivePlace, service: Serving) -> None:
    """In the very moment in which it is about to be made."""
    place.cloud.faults.hook(before=lambda _: service.kill(), method="POST", path="/cloud/users")


def kill_after_the_account(place: LivePlace, service: Serving) -> None:
    """It was made, and nobody heard of it."""
    place.cloud.faults.hook(after=lambda *_: service.kill(), method="POST", path="/cloud/users")


def kill_after_joining_a_group(place: LivePlace, service: Serving) -> None:
    """At the login, with the other targets at work."""
    place.login.faults.hook(after=lambda *_: service.kill(), method="PUT", path="/groups/")


def kill_after_greeting(place: LivePlace, service: Serving) -> None:
    """The conversation knows who came, and the service does not know that it does."""
    place.cloud.faults.hook(after=lambda *_: service.kill(), method="POST", path="/chat/")


Kill = Callable[[LivePlace, Serving], object]
MOMENTS: dict[str, Kill] = {
    "Dora": kill_before_the_account,
    "Emil": kill_after_the_account,
    "Frida": kill_after_joining_a_group,
    "Gustav": kill_after_greeting,
}


def greeting_of(given: str) -> str:
    """What the body's conversation hears of somebody who joined."""
    return f"Willkommen, {given} Neu (Stadt Bretten)!"


def killed_while_somebody_comes(live: LivePlace, service: Serving, site: Site, given: str, kill: Kill) -> None:
    """Afterwards it runs again and they are greeted: a hook of the next one can't meet a letter of this one."""
    browser = live.come(f"{given.lower()}@bretten.example")
    kill(live, service)
    with suppress(requests.ConnectionError):
        browser.send("/register", given_name=given, family_name="Neu", press=[("agreed", "yes")])
        browser.send("/bodies/pg-lora/join")
    live.until(lambda: service.process.poll() is not None, "it is killed")
    live.cloud.faults.clear()
    live.login.faults.clear()
    led = len(service.said("leading"))
    service.start()
    service.wait_for("leading", times=led + 1)
    browser.open("join")
    if any(one.action.endswith("/pg-lora/join") for one in browser.read().forms):
        browser.send("/bodies/pg-lora/join")
    live.until(lambda: drained(site) and greeting_of(given) in live.said("PG LoRaWAN"), f"{given} is greeted")


def test_whenever_the_service_is_killed_newcomers_end_with_everything_once(live: LivePlace) -> None:
    with live.serving() as service, opened(live.installation) as site:
        live.until(lambda: "mona.muster" in live.cloud.users and drained(site), "the first sync")
        for given, kill in MOMENTS.items():
            killed_while_somebody_comes(live, service, site, given, kill)
        for given in MOMENTS:
            account, address = f"{given.lower()}.neu", f"{given.lower()}@bretten.example"
            live.mail(address, "Willkommen bei")
            assert live.cloud_groups(account) == {"PG_LoRaWAN"}
            assert "PG_LoRaWAN" in live.login_groups(account)
            assert len(live.mails(address, "Willkommen bei")) == 1
            assert live.said("PG LoRaWAN").count(greeting_of(given)) == 1
        everybody = [f"{given.lower()}.neu" for given in MOMENTS] + ["mona.muster", "rita.muster"]
        assert made(live.cloud.log) == dict.fromkeys(everybody, 1)
        assert live.on_list("pg-lorawan") == {MONA, *(f"{one.lower()}@bretten.example" for one in MOMENTS)}
        assert live.installation.open_entries() == 0
        assert service.end() == 0


def test_a_mail_in_whose_middle_the_service_is_killed_is_not_sent_twice_and_a_ranger_is_told(live: LivePlace) -> None:
    with live.serving() as service, opened(live.installation) as site:
        live.until(lambda: "mona.muster" in live.cloud.users and drained(site), "the first sync")
        live.office.post.when_kept = service.kill
        dora = live.browser()
        dora.open("login")
        dora.send("/login", address=DORA)
        live.until(lambda: service.process.poll() is not None, "it is killed")
        live.office.post.when_kept = lambda: None
        service.start()
        live.until(lambda: any("ungewiss" in one for one in live.said("Ranger")), "rangers are told")
        assert len(live.mails(DORA)) == 1
        [uncertain] = Outbox(site.database, "redi", site.clock.now()).find(LetterState.UNKNOWN)
        assert uncertain.letter.to == f"address:{DORA}"
