"""Which station a device is, who is told of it, and whose alert is whose."""

from dataclasses import replace

import pytest

from provisioner.alerts.bridge_rules import GATEWAY_DOWN, SENDER_SILENT, UNMATCHED
from provisioner.model.alerts import Foreign, Threshold
from provisioner.model.sensors import DeviceName, ForeignAlert, Sensor
from tests.support.watching import ALB, SCHOOL, SILENT, START, WARNING, book, over, rule

EUI = "70b3d57ed0001234"


def sensor(identity: str, *devices: str, **more: object) -> Sensor:
    return replace(ALB, **{"id": identity, "devices": devices, **more})


def test_a_device_is_known_by_its_id_its_eui_or_application_and_id() -> None:
    known = book(sensors=[sensor("a", EUI), sensor("b", "app/pegel-2"), sensor("c", "pegel-3")])
    devices = [DeviceName("pegel-1", EUI, "app"), DeviceName("pegel-2", "", "app"), DeviceName("pegel-3", "00", "x")]
    assert [station.key for device in devices if (station := known.sensor("ttn", device))] == ["a", "b", "c"]
    assert known.sensor("ttn", DeviceName("pegel-2", "", "other")) is None


def test_an_exact_name_beats_a_pattern_and_a_longer_pattern_a_shorter() -> None:
    known = book(
        sensors=[sensor("all", "*"), sensor("rooms", "raum-*"), sensor("one", "raum-1"), sensor("x", "raum-?5")]
    )
    found = [known.sensor("ttn", DeviceName(name)) for name in ("raum-1", "raum-2", "raum-25", "other")]
    assert [station.sensor.id for station in found if station] == ["one", "rooms", "x", "all"]


def test_a_sensor_of_one_sender_is_no_sensor_of_another() -> None:
    known = book(
        sensors=[sensor("any", "pegel"), sensor("ttn", "pegel", sender="ttn"), sensor("tti", "p", sender="tti")]
    )
    found = [known.sensor(*asked) for asked in (("ttn", DeviceName("pegel")), ("tti", DeviceName("pegel")))]
    assert [station.key for station in found if station] == ["ttn", "any"]
    assert known.sensor("ttn", DeviceName("p")) is None


def test_signs_that_mean_something_to_computers_are_letters_in_patterns() -> None:
    known = book(sensors=[sensor("odd", "a[bc]+*")])
    assert known.sensor("ttn", DeviceName("a[bc]+1"))
    assert known.sensor("ttn", DeviceName("ab1")) is None


def test_the_devices_of_a_pattern_are_stations_of_their_own_and_known_by_their_keys() -> None:
    known = book(sensors=[SCHOOL, ALB, sensor("two", "x-1", "x-2")])
    station = known.sensor("ttn", DeviceName("raum-7", EUI, "app"))
    assert station is not None
    assert (station.key, station.name) == (f"schule/{EUI}", "Schule, raum-7")
    again = known.station(station.key, "raum-7")
    assert again == station
    assert [known.station(key) for key in ("schule", "alb/x", "nobody", "")] == [None] * 4
    assert [one.key for one in known.stations()] == ["alb"]
    second = known.sensor("ttn", DeviceName("x-2"))
    assert second is not None
    assert second.key == "two/x-2"


def test_however_many_devices_senders_name_few_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioner.alerts.book._REMEMBERED", 50)
    known = book(sensors=[ALB, SCHOOL])
    for number in range(1000):
        assert known.sensor("ttn", DeviceName(f"spam-{number}")) is None
    assert known._found == {}
    for number in range(1000):
        assert known.sensor("ttn", DeviceName(f"raum-{number}"))
        assert len(known._found) <= 50
    assert known.sensor("ttn", DeviceName("pegel-alb"))


def test_told_are_the_bodies_of_the_sensor_and_of_the_rule_that_are_there() -> None:
    flood = rule(over(1.0), tells=("bauhof", "pegel", "nobody"))
    known = book(flood, sensors=[ALB])
    assert known.bodies(flood, known.station("alb")) == ("pegel", "bauhof")
    assert known.bodies(flood, None) == ("bauhof", "pegel")


def test_a_rule_that_no_sensor_can_meet_is_told() -> None:
    silent = rule(SILENT, "silent")
    known = book(silent, rule(Threshold("air", ()), "air"), sensors=[ALB])
    assert [(each.code, each.arguments["rule"]) for each in known.problems] == [("alerts.rule_without_sensors", "air")]


def alert(name: str, sender: str = "prometheus", **labels: str) -> ForeignAlert:
    return ForeignAlert(sender, "f", name, True, START, START, labels=labels)


def test_of_the_rules_that_fit_a_foreign_alert_the_one_that_names_most_of_it_counts() -> None:
    known = book(
        rule(Foreign({"alertname": "Disk"}), "disk", tells=("rangers",)),
        rule(Foreign({"alertname": "Disk", "host": "db"}), "database", tells=("rangers",)),
    )
    found = [known.foreign(one) for one in (alert("Disk"), alert("Disk", host="db"), alert("Load"))]
    assert [one and one.id for one in found] == ["disk", "database", None]


def test_alerts_that_no_rule_names_go_to_who_looks_after_the_bridge() -> None:
    known = book(rule(Foreign({"alertname": "Disk"}), tells=("pegel",)), policy={"rangers_body": "rangers"})
    names = ("Disk", "Load", GATEWAY_DOWN, SENDER_SILENT)
    found = [one for name in names if (one := known.foreign(alert(name)))]
    assert [one.id for one in found] == ["rule", UNMATCHED, GATEWAY_DOWN, SENDER_SILENT]
    assert [known.bodies(one, None) for one in found] == [("pegel",), *[("rangers",)] * 3]
    assert all(one.name and one.meaning and one.advice for one in found[1:])
    assert found[1].test == Foreign({}, WARNING)


def test_a_body_that_is_not_there_looks_after_nothing() -> None:
    assert book(policy={"rangers_body": "ghosts"}).rules == {}
