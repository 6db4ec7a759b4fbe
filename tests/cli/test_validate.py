"""readi validate: how much was found, of sensors, too."""

import pytest

from tests.support.alert_house import BRIDGE, with_sensors
from tests.support.site import Installation, body, person


@pytest.fixture
def river(installation: Installation) -> Installation:
    """Sensors of two bodies."""
    installation.wish.cities["bruchsal"] = "Stadt Bruchsal"
    installation.wish.add(
        body("pg-sensorik", "Sensorik"), body("pg-akte", "E-Akte"), person("Ben", "pg-sensorik"), person("Ole")
    )
    with_sensors(installation.wish)
    return installation


def test_sensors_their_models_and_rules_are_counted_like_people_and_bodies(river: Installation) -> None:
    found = river.wish.more["sensors.yaml"]
    found["sensors"].append({**found["sensors"][0], "id": "raum", "devices": ["raum-*", "flur-??", "saal-1"]})
    *_, sensors, all_else = river.run("validate").out.splitlines()
    assert sensors == "3 sensors (3 devices, 2 patterns), 2 models, 2 rules"
    assert all_else.startswith("2 people, ")
    counted = {"sensor_models": 2, "sensors": 3, "devices": 3, "patterns": 2, "rules": 2}
    validated = river.run("validate", "--json").json
    assert {name: validated[name] for name in counted} == counted


def test_what_is_malformed_is_not_counted(river: Installation) -> None:
    river.wish.more["sensors.yaml"]["rules"][0]["severity"] = "dire"
    before = len(river.wish.more["sensors.yaml"]["rules"])
    assert river.run("validate", "--json").json["rules"] == before - 1


def test_sensors_are_not_spoken_of_where_there_are_none_and_no_bridge(small: Installation) -> None:
    assert "sensors" not in small.run("validate").out
    small.more_network = {"bridge": dict(BRIDGE)}
    assert "0 sensors (0 devices, 0 patterns), 0 models, 0 rules" in small.run("validate").out
