"""From a measurement to what people read, over hours: nights, further people, mails, and pictures that are counted."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from provisioner.app.alerting.listening import Listening
from provisioner.app.alerting.ticking import Ticker
from provisioner.app.letters.delivering import Postman
from provisioner.app.service_settings import MailSettings
from provisioner.model.alerts import SayingKind
from tests.support.alert_rooms import FLOOD, REGISTRY, SENSORIK, Rooms, another, rooms_of
from tests.support.change import Known
from tests.support.mailserver import PostOffice
from tests.support.rooms import room_of

Wished = Callable[[dict[str, Any], dict[str, Any]], Rooms]


@pytest.fixture
def wished(alerts_known: Known, tmp_path: Path) -> Iterator[Wished]:
    """Rooms with another rule and another policy."""
    with another(tmp_path, alerts_known) as installation:
        opened: list[Any] = []

        def make(rule: dict[str, Any], policy: dict[str, Any]) -> Rooms:
            registry = deepcopy(REGISTRY)
            registry["rules"][0].update(rule)
            installation.wish.more["sensors.yaml"] = registry
            installation.wish.policy = {"alerts": policy}
            installation.write()
            opened.append(rooms_of(installation))
            made: Rooms = opened[-1].__enter__()
            return made

        yield make
        for one in opened:
            one.__exit__(None, None, None)


def pass_time(rooms: Rooms, hours: float, step: float = 300) -> None:
    """Hours in which the clock is looked at, and what is due is said."""
    ticker = Ticker(rooms.site.database, "redi", rooms.books, rooms.site.clock, Listening({}, rooms.site.clock.now()))
    for _ in range(round(hours * 3600 / step)):
        rooms.wait(step)
        ticker.turn()
        rooms.poster.turn()


WARNING = {"threshold": {"quantity": "level", "levels": [{"severity": "warning", "above": 200, "clear": 180}]}}
NIGHT = {"quiet": {"begin": "08:00", "end": "14:00", "up_to": "warning"}}
"""The emulator's day begins at nine."""


def test_at_night_a_warning_waits_for_the_morning_and_what_is_over_by_then_is_one_word(wished: Wished) -> None:
    rooms = wished(WARNING, NIGHT)
    rooms.level(1, 230)
    rooms.level(11, 230)
    pass_time(rooms, 2)
    assert (rooms.said(), rooms.said("LoRaWAN")) == ([], [])
    rooms.level(11, 100)
    pass_time(rooms, 2)
    assert (rooms.said(), rooms.said("LoRaWAN")) == ([], [])
    pass_time(rooms, 1.5)
    [still] = rooms.said()
    [over] = rooms.said("LoRaWAN")
    assert ("Hochwasser" in still, "Brücke 1" in still) == (True, True)
    assert over != still
    assert "Brücke 11" in over


def test_at_night_what_is_critical_is_said_at_once(wished: Wished) -> None:
    rooms = wished({}, NIGHT)
    rooms.level(1, 230)
    rooms.poster.turn()
    assert len(rooms.said()) == 1


def test_without_an_answer_it_goes_to_further_bodies_and_by_mail_to_people_who_hear_of_the_end(wished: Wished) -> None:
    steps = [{"after": "20 min", "bodies": "pg-lora"}, {"after": "40 min", "people": "p-rita"}]
    rooms = wished({"escalations": steps}, {"quiet": {"up_to": None}, "repeat": {"critical": None}})
    rooms.level(1, 230)
    rooms.poster.turn()
    pass_time(rooms, 0.25)
    assert (rooms.said("LoRaWAN"), rooms.mails()) == ([], [])
    pass_time(rooms, 0.25)
    [further] = rooms.said("LoRaWAN")
    assert "noch kümmert sich niemand" in further
    pass_time(rooms, 0.25)
    rooms.level(1, 100)
    rooms.poster.turn()
    assert "Dauer: 45 Minuten" in rooms.said("LoRaWAN")[-1]
    assert rooms.mails() == [("person:p-rita", "named")] * 2
    with PostOffice() as office:
        rooms.site.settings.service.mail = MailSettings.model_validate(office.settings())
        Postman(rooms.site, rooms.pictures).deliver()
    assert [one.recipients for one in office.came] == [["rita@bretten.example"]] * 2
    assert "Der Uferweg wird überflutet." in office.came[0].text


def test_whoever_took_it_on_is_waited_for_and_nobody_else_is_told(wished: Wished) -> None:
    steps = [{"after": "20 min", "bodies": "pg-lora", "people": "p-rita"}]
    rooms = wished({"escalations": steps}, {"quiet": {"up_to": None}})
    rooms.level(1, 230)
    rooms.poster.turn()
    assert rooms.command(rooms.account("p-anna"), "@bot übernehme")
    pass_time(rooms, 2)
    assert (rooms.said("LoRaWAN"), rooms.mails()) == ([], [])


def test_of_more_pictures_than_the_server_takes_twenty_are_shown_and_every_word_is_said(wished: Wished) -> None:
    rooms = wished({}, {"quiet": {"up_to": None}})
    for level in (90, 110, 150):
        rooms.level(1, level)
        rooms.wait(900)
    rooms.level(1, 190)  # nothing of it is told: only a chart can be drawn
    about = {"severity": "critical", "rule": FLOOD, "count": 1}
    members = [{"about": {}, "sensor": "pegel-1", "quantity": "level"}]
    for _ in range(25):
        rooms.outbox.add(
            None, SayingKind.TEST, SENSORIK, {**about, "members": members}, rooms.site.clock.now(), picture=True
        )
    rooms.poster.turn()
    assert len(rooms.said()) == 25 + len(pictures(rooms))
    assert len(pictures(rooms)) == 20
    words = [one.id for one in rooms.messages() if one.picture is None]
    assert len(words) == 25
    assert max(words) < min(pictures(rooms)), "all words stand there before the first picture"
    refused = [entry for entry in rooms.installation.cloud.log.writes if entry.status == 429]
    assert refused == [], "the limit is known, and not run into"


def pictures(rooms: Rooms) -> list[int]:
    """Numbers of their messages."""
    return [one.id for one in room_of(rooms.installation, "Sensorik").messages if one.picture is not None]
