"""readi alerts and readi sensors: what goes on, trying rules before they ring, taking on, muting."""

import json
from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from provisioner.app.alerting.books import Books
from provisioner.app.alerting.listening import Listening
from provisioner.app.alerting.ticking import Ticker
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.model.alerts import SayingKind
from provisioner.senders.emulation import KEY, ThingsStackEmulator
from provisioner.state import AlertOutbox, AlertSilences
from provisioner.state.alert_outbox import SaidState
from tests.support.alert_house import BRIDGE, FLOOD, GAUGE, Told, with_sensors
from tests.support.alerting import eui, uplink_bytes
from tests.support.site import Installation, body, person


@pytest.fixture
def river(installation: Installation) -> Installation:
    """Two sensors of two bodies."""
    installation.wish.cities["bruchsal"] = "Stadt Bruchsal"
    installation.wish.add(
        body("pg-sensorik", "Sensorik"), body("pg-akte", "E-Akte"), person("Ben", "pg-sensorik"), person("Ole")
    )
    installation.wish.policy = {}
    with_sensors(installation.wish)
    installation.more_network = {"bridge": dict(BRIDGE)}
    installation.write()
    return installation


@pytest.fixture
def site(river: Installation) -> Iterator[Site]:
    opened = Site.open(river.settings, clock=river.clock)
    yield opened
    opened.close()


@pytest.fixture
def senders(site: Site) -> Told:
    return Told(site, Pictures(site))


def test_what_goes_on_is_listed_and_told_by_the_exit_code(river: Installation, senders: Told) -> None:
    quiet = river.run("alerts")
    assert (quiet.code, quiet.out) == (0, "No alert is open at the moment.\n")
    senders.flood()
    ran = river.run("alerts")
    assert ran.code == 2
    for words in ("Critical: Hochwasser · Sensorik", "Alb, Brücke am Markt: 210.0"):
        assert words in ran.out
    [alert] = river.run("alerts", "--json").json["alerts"]
    assert (alert["rule"], alert["body"], alert["sensors"][0]["value"]) == (FLOOD, "pg-sensorik", 210.0)


def test_a_rule_is_tried_on_stored_messages_and_nobody_is_told(river: Installation, site: Site) -> None:
    begin = site.clock.now() - timedelta(hours=3)
    levels = [100, 210, 220, 150]
    payloads = [
        uplink_bytes(eui(GAUGE), number, 500 - level, begin + timedelta(minutes=15 * number))
        for number, level in enumerate(levels, 1)
    ]
    stored = river.folder / "uplinks.ndjson"
    lines = [payloads[0], b"no message", *(json.dumps({"result": json.loads(one)}).encode() for one in payloads[1:])]
    stored.write_bytes(b"\n".join(lines))
    ran = river.run("alerts", "test", FLOOD, "--from", stored)
    assert ran.code == 0
    assert "begins: Alb, Brücke am Markt" in ran.out
    assert "ends: Alb, Brücke am Markt" in ran.out
    assert "→ Sensorik" in ran.out
    assert "4 messages read" in ran.out
    assert AlertOutbox(site.database, "redi").on_the_way() == {}


def test_a_rule_is_tried_on_what_a_storage_holds_of_the_last_hours(river: Installation, site: Site) -> None:
    with ThingsStackEmulator(clock=river.clock) as stack:
        storage = {"url": stack.url, "application": "messnetz", "key": KEY}
        river.more_network = {"bridge": {"senders": {"ttn": {"kind": "things-stack", "storage": storage}}}}
        river.write()
        gauge = stack.device("pegel-1", eui(GAUGE))
        for hours, level in ((9, 250), (8, 90), (3, 100), (2, 210), (1, 150)):
            stack.send_at(site.clock.now() - timedelta(hours=hours), gauge, {"distance": 500 - level}, heard=False)
        ran = river.run("alerts", "test", FLOOD, "--sender", "ttn", "--last", "6 h")
        assert ran.code == 0, ran.all
        assert "3 messages read" in ran.out
        turns = [line.split("  ")[1] for line in ran.out.splitlines() if line.endswith("s: Alb, Brücke am Markt")]
        assert turns == ["begins: Alb, Brücke am Markt", "ends: Alb, Brücke am Markt"]
        assert "5 messages read" in river.run("alerts", "test", FLOOD, "--sender", "ttn").out


def test_of_a_chirpstacks_stored_events_batteries_count_and_what_is_no_message_of_a_sensor_does_not(
    river: Installation, site: Site
) -> None:
    river.wish.more["sensors.yaml"]["rules"] += [
        {"id": "leer", "name": "Batterie schwach", "battery": {"below": 20}},
        {"id": "stumm", "name": "Sensor stumm", "silence": {"intervals": 3}},
    ]
    river.more_network = {"bridge": {"senders": {"chirp": {"kind": "chirpstack"}}}}
    river.write()
    begin = site.clock.now() - timedelta(hours=3)
    fields = [
        {"object": {"distance": 400}, "fCnt": 1},
        {"margin": 9, "batteryLevel": 12.4},
        {"devAddr": "00189440"},  # it joins again
        {"object": {"distance": 400}, "fCnt": 2},
    ]
    events = [
        {"deviceInfo": {"devEui": eui(GAUGE)}, "time": (begin + timedelta(minutes=20 * number)).isoformat(), **one}
        for number, one in enumerate(fields)
    ]
    stored = river.folder / "events.ndjson"
    stored.write_text("\n".join(map(json.dumps, events)))
    ran = river.run("alerts", "test", "leer", "--from", stored)
    assert "attery 12% (limit 20%)" in ran.out
    assert "3 messages read" in ran.out
    ran = river.run("alerts", "test", "stumm", "--from", stored)
    assert ("begins" in ran.out, "ends" in ran.out) == (True, True), "a join is no message of a sensor"


def test_a_rule_that_is_not_there_a_file_that_is_not_and_no_source_are_said(river: Installation) -> None:
    assert "no rule" in river.run("alerts", "test", "hochwaser", "--from", "x").err
    assert "can't be read" in river.run("alerts", "test", FLOOD, "--from", river.folder / "missing").err
    assert river.run("alerts", "test", FLOOD).code == 64
    assert "no storage" in river.run("alerts", "test", FLOOD, "--sender", "ttn").err


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (b"", "is empty"),
        (b"<html>502 Bad Gateway</html>\n", "not JSON"),
        (b'{"error": "no rights", "code": 7}\n', "One message a line"),
    ],
)
def test_a_file_in_which_nothing_was_measured_is_an_error_and_not_a_rule_that_keeps_silent(
    river: Installation, written: bytes, words: str
) -> None:
    stored = river.folder / "uplinks.ndjson"
    stored.write_bytes(written)
    ran = river.run("alerts", "test", FLOOD, "--from", stored)
    assert ran.code == 1
    assert words in " ".join(ran.err.split())


def test_messages_of_devices_that_the_rule_does_not_mean_are_told_and_so_is_a_sender_that_there_is_not(
    river: Installation, site: Site
) -> None:
    stored = river.folder / "uplinks.ndjson"
    stored.write_bytes(uplink_bytes(eui(99), 1, 100, site.clock.now()) + b"\nno message\n")
    ran = river.run("alerts", "test", FLOOD, "--from", stored)
    assert ran.code == 0
    assert "None of them is of a sensor" in ran.err
    assert "1 more message could not be read" in ran.err
    assert "no sender" in river.run("alerts", "test", FLOOD, "--from", stored, "--sender", "tnt").err


def test_a_test_message_that_will_reach_no_conversation_yet_says_so(river: Installation) -> None:
    told = " ".join(river.run("alerts", "fire", FLOOD).err.split())
    assert "The bridge is not running" in told
    assert '"Sensorik" has no conversation' in told


def test_silences_are_listed_with_the_number_by_which_they_end_and_a_word_that_is_nearly_one_is_understood(
    river: Installation,
) -> None:
    river.run("alerts", "silence", "all", "2 h", "--reason", "Umzug")
    ran = river.run("alerts")
    assert ran.code == 0
    for words in ("everything (all)", "Number 1", "Umzug"):
        assert words in ran.out
    for written, meant in (
        ("pegel-alb", "sensor:pegel-alb"),
        ("sensor:pegel-ald", "sensor:pegel-alb"),
        ("alles", "all"),
    ):
        assert f'"{meant}"?' in " ".join(river.run("alerts", "silence", written, "2 h").err.split())


def test_a_test_message_goes_to_whom_the_rule_tells_or_to_whom_one_names(river: Installation, site: Site) -> None:
    assert "Sensorik" in river.run("alerts", "fire", FLOOD).out
    river.run("alerts", "fire", FLOOD, "--body", "pg-akte")
    assert river.run("alerts", "fire", FLOOD, "--body", "pg-nowhere").code == 1
    waiting = AlertOutbox(site.database, "redi").latest(SaidState.WAITING)
    assert [(one.kind, one.body, one.alert) for one in reversed(waiting)] == [
        (SayingKind.TEST, "pg-sensorik", None),
        (SayingKind.TEST, "pg-akte", None),
    ]


def test_somebody_who_is_told_takes_it_on_and_nobody_else(river: Installation, senders: Told) -> None:
    senders.flood()
    assert "Taken on until" in river.run("alerts", "take", 1, "--by", "p-ben").out
    assert "taken on until" in river.run("alerts").out
    assert river.run("alerts", "take", 1, "--by", "p-ole").code == 1
    assert river.run("alerts", "take", 1, "--by", "p-nobody").code == 1
    assert river.run("alerts", "take", 9, "--by", "p-ben").code == 1
    assert "Given back" in river.run("alerts", "take", 1, "--by", "p-ben", "--back").out


def test_a_silence_is_made_and_ended(river: Installation, site: Site, senders: Told) -> None:
    ran = river.run("alerts", "silence", f"rule:{FLOOD}", "2 h", "--reason", "Wartung")
    assert "Muted until" in ran.out
    [silence] = AlertSilences(site.database, "redi").active(site.clock.now())
    assert (silence.scope, silence.until - silence.since, silence.reason) == (
        f"rule:{FLOOD}",
        timedelta(hours=2),
        "Wartung",
    )
    senders.flood()
    assert AlertOutbox(site.database, "redi").on_the_way() == {}
    assert river.run("alerts", "unsilence", silence.id).code == 0
    assert AlertSilences(site.database, "redi").active(site.clock.now()) == ()


def test_a_window_for_maintenance_begins_when_it_is_planned_and_what_goes_on_behind_it_is_said(
    river: Installation, site: Site, senders: Told
) -> None:
    clock, outbox = site.clock, AlertOutbox(site.database, "redi")
    begin = (clock.now() + timedelta(hours=2)).astimezone(ZoneInfo("Europe/Berlin"))
    ran = river.run("alerts", "silence", "sensor:pegel-alb", "3 h", "--begin", f"{begin:%Y-%m-%d %H:%M}")
    assert "Muted from" in ran.out
    pictures = Pictures(site)
    ticker = Ticker(site.database, "redi", Books(pictures), clock, Listening({}, clock.now()))
    senders.flood()
    assert outbox.on_the_way() == {"pg-sensorik": 1}, "it does not hold yet"
    senders.calm()
    assert outbox.on_the_way() == {"pg-sensorik": 2}
    clock.sleep(2 * 3600)
    ticker.turn()
    senders.flood()
    ticker.turn()
    assert outbox.on_the_way() == {"pg-sensorik": 2}, "it is worked there"
    clock.sleep(3 * 3600)
    ticker.turn()
    assert outbox.on_the_way() == {"pg-sensorik": 3}
    ran = river.run("alerts", "silence", "all", "3 h", "--begin", f"{begin:%Y-%m-%d %H:%M}")
    assert (ran.code, "past" in ran.err) == (1, True)


@pytest.mark.parametrize(
    ("scope", "lasts", "code"), [("rule:nowhere", "2 h", 1), ("all", "bald", 64), ("all", "90 d", 1), ("x", "2 h", 1)]
)
def test_what_can_not_be_muted_is_said(river: Installation, site: Site, scope: str, lasts: str, code: int) -> None:
    assert river.run("alerts", "silence", scope, lasts).code == code
    assert AlertSilences(site.database, "redi").to_come(site.clock.now()) == ()


@pytest.mark.parametrize(
    ("begin", "word"),
    [
        ("2026-03-29 02:30", "03:30"),
        ("9999-12-31 23:59", "366 days ahead"),
        ("0001-01-01 00:00", "no date and time"),
        ("morgen", "2026-12-01 08:00"),
    ],
)
def test_a_begin_that_no_clock_shows_or_that_is_far_away_is_refused(
    river: Installation, site: Site, begin: str, word: str
) -> None:
    ran = river.run("alerts", "silence", "all", "2 h", "--begin", begin)
    assert (ran.code, word in " ".join(ran.err.split())) == (1, True), ran.all
    assert AlertSilences(site.database, "redi").to_come(site.clock.now()) == ()


def test_sensors_are_listed_with_values_and_who_nobody_entered_as_yaml(
    river: Installation, site: Site, senders: Told
) -> None:
    senders.flood()
    senders.take(uplink_bytes(eui(99), 1, 1, site.clock.now()), "things-stack", "ttn")
    ran = river.run("sensors")
    assert "Alb, Brücke am Markt" in ran.out
    assert "Wasserstand 210.0" in ran.out
    assert "never heard" in ran.out
    assert "1 device sends" in ran.out
    entry = river.run("sensors", "--unknown").out
    assert f'devices: "{eui(99)}"' in entry
    assert entry.count("sensors:") == 1
    report = river.run("sensors", "--json").json
    assert {one["sensor"] for one in report["sensors"]} == {"pegel-alb", "vitrine"}
    assert report["unknown"][0]["fields"] == ["distance", "temperature"]


def test_a_bridge_without_a_bridge_is_refused(installation: Installation) -> None:
    installation.wish.policy = {}
    ran = installation.run("bridge", "--listen", "127.0.0.1:0")
    assert ran.code == 1
    assert "nothing to receive" in ran.err
