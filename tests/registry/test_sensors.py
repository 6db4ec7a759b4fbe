"""What people write about sensors and rules, and what comes of it."""

from datetime import time, timedelta

from provisioner.model.alerts import (
    AlertSeverity,
    Applies,
    Escalation,
    Expression,
    Foreign,
    Hours,
    Level,
    LowBattery,
    Rate,
    Silence,
    Threshold,
)
from provisioner.model.sensors import Battery, Quantity
from tests.registry.alerting import RULES, SENSORS, loaded
from tests.registry.conftest import Write

WARNING, CRITICAL = AlertSeverity.WARNING, AlertSeverity.CRITICAL


def rule(write: Write, fields: str) -> object:
    found = loaded(write, rules=f"{RULES}  - id: x\n    name: X\n    {fields}\n")
    assert found.problems == ()
    return found.registry.rules["x"].test


def test_a_model_says_what_its_messages_hold(write: Write) -> None:
    found = loaded(write)
    assert found.problems == ()
    model = found.registry.sensor_models["ldds75"]
    assert model.interval == timedelta(minutes=20)
    assert model.quantities == {
        "level": Quantity("level", ("Distance",), unit="cm", factor=0.1, from_mount=True),
        "temperature": Quantity("temperature", ("temp", "temperature"), unit="°C"),
    }
    assert model.battery == Battery(("Bat",), 2.5, 3.6)
    assert str(model.origin) == "models.yaml:2:5"


def test_a_device_is_the_same_however_its_eui_is_written(write: Write) -> None:
    for written in ("a84041c4d1870001", "A84041C4D1870001", "a8:40:41:c4:d1:87:00:01", '"A8-40-41-C4-D1-87-00-01"'):
        found = loaded(write, sensors=SENSORS.replace("A8-40-41-C4-D1-87-00-01", written))
        assert found.registry.sensors["pegel"].devices == ("a84041c4d1870001",)


def test_a_sensor_says_where_it_is_and_who_is_told(write: Write) -> None:
    more = "    sender: ttn\n    interval: 10 min\n    map: https://karte.example/a?b=c#d\n    dashboard: https://d.example\n"
    sensor = loaded(write, sensors=SENSORS + more).registry.sensors["pegel"]
    assert (sensor.place, sensor.organisation, sensor.tells) == ("Alb, Brücke", "bretten", ("pg-sensorik",))
    assert (sensor.mount_height, sensor.interval, sensor.sender) == (320.0, timedelta(minutes=10), "ttn")
    assert (sensor.map_link, sensor.dashboard_link) == ("https://karte.example/a?b=c#d", "https://d.example")
    assert sensor.tags == {"pegel"}


def test_levels_stand_from_the_least_severe_to_the_worst_however_they_are_written(write: Write) -> None:
    levels = "[{severity: critical, below: -5.5}, {severity: info, below: 3, clear: 4}]"
    assert rule(write, f"threshold: {{quantity: temperature, lasting: 1 h 30 min, levels: {levels}}}") == Threshold(
        "temperature",
        (Level(AlertSeverity.INFO, below=3.0, clear=4.0), Level(CRITICAL, below=-5.5)),
        timedelta(minutes=90),
    )


def test_each_test_of_a_rule_is_read(write: Write) -> None:
    assert rule(write, "rate: {quantity: level, within: 1 h, rises: 40, clear: 15, severity: critical}") == Rate(
        "level", timedelta(hours=1), CRITICAL, rises=40.0, clear=15.0
    )
    assert rule(write, "silence: {intervals: 5, severity: critical}") == Silence(5.0, CRITICAL)
    assert rule(write, "silence: {intervals: 1.5}") == Silence(1.5, WARNING)
    assert rule(write, "battery: {}") == LowBattery(20.0, 30.0, AlertSeverity.INFO)
    assert rule(write, "battery: {below: 95, severity: warning}") == LowBattery(95.0, 100.0, WARNING)
    assert rule(write, "expression: {when: level > 100 and battery < 20, lasting: 5 min}") == Expression(
        "level > 100 and battery < 20", None, WARNING, timedelta(minutes=5)
    )
    assert rule(write, "foreign: {labels: {alertname: DiskFull}}\n    tells: pg-sensorik") == Foreign(
        {"alertname": "DiskFull"}
    )
    for said, unheard in (("2 d", timedelta(days=2)), ("never", timedelta())):
        text = f"foreign: {{labels: {{alertname: DiskFull}}, unheard: {said}}}\n    tells: pg-sensorik"
        assert rule(write, text) == Foreign({"alertname": "DiskFull"}, unheard=unheard)


def test_a_rule_says_whom_when_and_what_to_do(write: Write) -> None:
    text = f"""{RULES}  - id: x
    name: X
    applies: {{models: ldds75, sensors: [pegel], organisations: bretten, tags: [pegel, fluss]}}
    battery: {{}}
    tells: [pg-sensorik, pg-sensorik]
    meaning: |
      Erste Zeile.
      Zweite Zeile.
    advice: Hingehen.
    hours: {{days: [sa-mo, mi], begin: "22:00", end: 6:30}}
    repeat: 2 Stunden
    escalations: [{{after: 2 h, people: [p-anna]}}, {{after: 30 min, bodies: pg-sensorik}}]
    picture: false
"""
    found = loaded(write, rules=text)
    assert found.problems == ()
    rule = found.registry.rules["x"]
    assert rule.applies == Applies(
        frozenset({"ldds75"}), frozenset({"pegel"}), frozenset({"bretten"}), frozenset({"pegel", "fluss"})
    )
    assert rule.hours == Hours(frozenset({5, 6, 0, 2}), time(22), time(6, 30))
    assert (rule.meaning, rule.advice) == ("Erste Zeile.\nZweite Zeile.", "Hingehen.")
    assert (rule.repeat, rule.picture, rule.tells) == (timedelta(hours=2), False, ("pg-sensorik",))
    assert rule.escalations == (
        Escalation(timedelta(minutes=30), bodies=("pg-sensorik",)),
        Escalation(timedelta(hours=2), people=("p-anna",)),
    )
