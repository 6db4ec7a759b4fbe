"""Alerts and sensors on pages: what a ranger reads at night, who has it, what is muted, and who learns nothing."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from provisioner.alerts.alerting import decode_alert
from provisioner.app.alerting.status import BridgeStatus, Line, keep_status
from provisioner.model.text import Text
from provisioner.state import AlertOutbox, Alerts, Audit
from tests.support.alert_house import GAUGE, SENDER, Told, told, with_alerts
from tests.support.alerting import eui, uplink_bytes
from tests.support.console import MEMBER, MODERATOR_AKTE, MODERATOR_SENSORIK, RANGER, Browser, House

FLOOD_NAME = "Hochwasser"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(tmp_path)
    with_alerts(found)
    yield found
    found.close()


@pytest.fixture
def senders(house: House) -> Told:
    return told(house)


def text_of(page: str) -> str:
    """What people read of it."""
    return re.sub(r"[ \n]+", " ", unescape(re.sub(r"<[^>]+>", "", page.partition("<main")[2])))


def page(visitor: Browser, *parts: str | int) -> str:
    answer = visitor.get(*parts)
    assert answer.status_code == 200, parts
    return text_of(answer.text)


def test_an_alert_says_where_what_it_means_and_what_to_do(house: House, senders: Told) -> None:
    assert "Im Moment ist kein Alarm offen" in page(house.visitor(RANGER), "alerts")
    senders.flood()
    seen = page(house.visitor(RANGER), "alerts")
    for words in ("1 Alarm ist offen", "Kritisch", FLOOD_NAME, "Alb, Brücke am Markt", "210,0\N{NO-BREAK SPACE}cm"):
        assert words in seen
    assert "Der Uferweg wird in etwa einer Stunde überflutet." in seen
    assert "Uferweg sperren" in seen
    assert 'href="https://karte.example/alb"' in house.visitor(RANGER).get("alerts").text
    english = house.visitor(RANGER)
    english.client.cookies.set(house.networks["redi"].cookie("language"), "en", domain="redi.example", path="/redi")
    assert "210.0\N{NO-BREAK SPACE}cm" in page(english, "alerts")


def test_whoever_takes_it_on_has_it_until_a_full_hour_and_can_give_it_back(house: House, senders: Told) -> None:
    senders.flood()
    ben, mona = house.visitor(MEMBER), house.visitor(MODERATOR_SENSORIK)
    assert ben.post("alerts", 1, "take").headers["location"] == "/redi/alerts"
    assert "Sie kümmern sich bis" in page(ben, "alerts")
    assert "Ben Muster kümmert sich bis" in page(mona, "alerts")
    [row] = Alerts(house.networks["redi"].site.database, "redi").going_on()
    taken = decode_alert(row.about).taken
    assert taken is not None
    assert (taken.by, taken.until % 3600) == (MEMBER, 0), "nothing tells at which moment somebody reacted"
    assert Audit(house.networks["redi"].site.database, "redi").latest() == []
    ben.post("alerts", 1, "back")
    assert "Sie kümmern sich" not in page(ben, "alerts")
    kinds = [str(one.kind) for one in AlertOutbox(house.networks["redi"].site.database, "redi").of_alert(1)]
    assert kinds == ["first", "taken", "given_back"]


def test_a_member_gives_back_only_what_they_have_a_moderator_what_anybody_has(house: House, senders: Told) -> None:
    senders.flood()
    ben, mona = house.visitor(MEMBER), house.visitor(MODERATOR_SENSORIK)
    mona.post("alerts", 1, "take")
    refused = ben.post("alerts", 1, "back")
    assert (refused.status_code, "jemand anderes" in refused.text) == (422, True)
    ben.post("alerts", 1, "take")
    assert mona.post("alerts", 1, "back").status_code == 303


def test_what_is_over_can_not_be_taken_on_and_stands_in_the_history(house: House, senders: Told) -> None:
    senders.flood()
    house.clock.sleep(3600)
    senders.calm()
    rita = house.visitor(RANGER)
    assert "Im Moment ist kein Alarm offen" in page(rita, "alerts")
    assert rita.post("alerts", 1, "take").status_code == 422
    assert FLOOD_NAME in page(rita, "alerts", "history")
    seen = page(rita, "alerts", 1)
    assert "vorbei" in seen
    assert "schlimmster Wert" in seen


def test_muting_keeps_the_alert_and_says_nothing_and_ends_when_it_is_told_to(house: House, senders: Told) -> None:
    mona = house.visitor(MODERATOR_SENSORIK)
    form = {"scope": "body:pg-sensorik", "hours": "2", "reason": "Wartung"}
    assert mona.post("alerts", "silences", form=form).status_code == 303
    senders.flood()
    seen = page(mona, "alerts")
    assert "Alles für: Sensorik" in seen
    assert "Wartung" in seen
    assert "wird dazu nichts gesagt" in seen
    assert AlertOutbox(house.networks["redi"].site.database, "redi").of_alert(1) == []
    assert mona.post("alerts", "silences", 1, "end").status_code == 303
    assert "Nichts ist stumm geschaltet" in page(mona, "alerts")


@pytest.mark.parametrize(
    "scope",
    ["all", "rule:feucht", "sensor:vitrine", "organisation:bretten", "body:pg-akte", "body:pg-akte/rule:feucht"],
)
def test_moderators_mute_nothing_that_others_are_told(house: House, scope: str) -> None:
    mona, rita = house.visitor(MODERATOR_SENSORIK), house.visitor(RANGER)
    assert mona.post("alerts", "silences", form={"scope": scope, "hours": "2"}).status_code == 404
    assert rita.post("alerts", "silences", form={"scope": scope, "hours": "2"}).status_code == 303


@pytest.mark.parametrize("scope", ["rule:hochwasser", "sensor:pegel-alb", "body:pg-sensorik/rule:hochwasser"])
def test_moderators_mute_what_their_bodies_alone_are_told(house: House, scope: str) -> None:
    mona = house.visitor(MODERATOR_SENSORIK)
    assert mona.post("alerts", "silences", form={"scope": scope, "hours": "2"}).status_code == 303


@pytest.mark.parametrize("scope", ["", "x", "rule:nowhere", "sensor:nowhere", "body:", "body:pg-sensorik/rule:", ":"])
def test_what_is_not_there_is_not_muted(house: House, scope: str) -> None:
    answer = house.visitor(RANGER).post("alerts", "silences", form={"scope": scope or "-", "hours": "2"})
    assert answer.status_code == 422


def test_sensors_show_their_last_value_battery_and_whether_they_are_overdue(house: House, senders: Told) -> None:
    rita = house.visitor(RANGER)
    assert page(rita, "sensors").count("noch nie") >= 2
    senders.flood()
    seen = page(rita, "sensors")
    assert "210,0\N{NO-BREAK SPACE}cm" in seen
    assert "Stadt Bretten" in seen
    with_battery = json.loads(uplink_bytes(eui(GAUGE), 9, 290, house.clock.now() + timedelta(microseconds=1)))
    with_battery["uplink_message"]["last_battery_percentage"] = {"value": 41.6}
    assert "%" not in seen
    senders.take(json.dumps(with_battery).encode(), "things-stack", SENDER)
    assert "42\N{NO-BREAK SPACE}%" in page(rita, "sensors")
    house.clock.sleep(timedelta(hours=2).total_seconds())
    assert "Alb" in text_of(rita.client.get("/redi/sensors?show=late").text)
    assert "Archiv" not in text_of(rita.client.get("/redi/sensors?show=late").text)
    assert "Alb" not in text_of(rita.client.get("/redi/sensors?q=vitrine").text)


def test_people_of_another_body_see_neither_sensor_nor_alert(house: House, senders: Told) -> None:
    senders.flood()
    moritz = house.visitor(MODERATOR_AKTE)
    for place in (("alerts",), ("sensors",), ("alerts", "history")):
        assert FLOOD_NAME not in page(moritz, *place)
        assert "Alb" not in page(moritz, *place)


def test_a_device_that_nobody_entered_is_shown_with_the_lines_to_enter_it(house: House, senders: Told) -> None:
    wild = uplink_bytes("70b3d57ed00000ff", 1, 42, house.clock.now())
    senders.take(wild, "things-stack", SENDER)
    rita = house.visitor(RANGER)
    seen = rita.get("senders").text
    assert "devices: &#34;70b3d57ed00000ff&#34;" in seen
    assert "# distance, temperature" in seen
    assert "42" not in text_of(seen), "no value of it is kept"


def test_rangers_are_told_when_no_bridge_runs_and_what_is_wrong_with_a_sender(house: House, senders: Told) -> None:
    rita, site = house.visitor(RANGER), house.networks["redi"].site
    assert "Die Brücke läuft nicht" in page(rita, "senders")
    trouble = Text.of("senders.mqtt_credentials", host="broker.example", port=8883)
    keep_status(site, BridgeStatus(house.clock.now(), {SENDER: Line(None, trouble)}))
    seen = page(rita, "senders")
    assert "Die Brücke läuft nicht" not in seen
    assert "broker.example" in seen
    assert "Der Bot hört niemanden" not in seen
    unread = Text.of("alerting.no_bot_secret", field="networks.redi.bridge.bot")
    keep_status(site, BridgeStatus(house.clock.now(), bot=unread))
    assert "Der Bot hört niemanden" in page(rita, "senders")
    house.clock.sleep(600)
    assert "Die Brücke läuft nicht" in page(rita, "senders")
    assert "Der Bot hört niemanden" not in page(rita, "senders")


def test_rangers_see_what_waits_to_be_said_what_was_lost_and_what_came_twice(house: House, senders: Told) -> None:
    rita, site = house.visitor(RANGER), house.networks["redi"].site
    assert "nichts wartet" in page(rita, "senders")
    clock = house.clock
    for counter in (1, 2, 2, 7):
        clock.sleep(60)
        senders.take(uplink_bytes(eui(GAUGE), counter, 290, clock.now()), "things-stack", SENDER)
    senders.take(b"{", "things-stack", SENDER)
    seen = page(rita, "senders")
    assert "Verloren, nicht nachzuholen 4" in seen
    assert "Doppelt gekommen 1" in seen
    assert "Sensorik 1" in seen
    outbox = AlertOutbox(site.database, "redi")
    [waiting] = outbox.take([], clock.now())
    outbox.refused([waiting.id], "messages.no_conversation", clock.now())
    assert "Nicht angekommen" in page(rita, "senders")


def test_the_overview_tells_rangers_of_open_alerts_and_nobody_else(house: House, senders: Told) -> None:
    senders.flood()
    assert "Alarm ist offen" in page(house.visitor(RANGER), "overview")
    assert "Alarm" not in page(house.visitor("p-konrad"), "overview")


def test_without_a_bridge_there_are_no_such_pages_and_no_entries_for_them(tmp_path: Path) -> None:
    bare = House(tmp_path)
    rita = bare.visitor(RANGER)
    for place in (("alerts",), ("alerts", "history"), ("alerts", 1), ("sensors",), ("senders",)):
        assert rita.get(*place).status_code == 404
    assert "Sensoren" not in page(rita, "overview")
    bare.close()
