"""readi alerts test says where an expression had nothing to go by."""

from datetime import timedelta

from provisioner.app.site import Site
from tests.support.alert_house import BRIDGE, GAUGE, with_sensors
from tests.support.alerting import eui, uplink_bytes
from tests.support.site import Installation, body


def test_an_expression_that_lacks_a_value_is_said_to_stay_as_it_was(installation: Installation) -> None:
    installation.wish.cities["bruchsal"] = "Stadt Bruchsal"
    installation.wish.add(body("pg-sensorik", "Sensorik"), body("pg-akte", "E-Akte"))
    with_sensors(installation.wish)
    expression = {"when": "level > 100 and battery < 20"}
    installation.wish.more["sensors.yaml"]["rules"].append({"id": "beides", "name": "Beides", "expression": expression})
    installation.more_network = {"bridge": dict(BRIDGE)}
    installation.write()
    site = Site.open(installation.settings, clock=installation.clock)
    begin = site.clock.now() - timedelta(hours=3)
    site.close()
    stored = installation.folder / "uplinks.ndjson"
    lines = [uplink_bytes(eui(GAUGE), 1, 300, begin), uplink_bytes(eui(GAUGE), 2, 280, begin + timedelta(minutes=15))]
    stored.write_bytes(b"\n".join(lines))
    ran = installation.run("alerts", "test", "beides", "--from", stored)
    assert ran.code == 0
    assert "stays as it was: Alb, Brücke am Markt. Too old or never told: battery" in ran.out
    assert "2 messages read; 1 line about them" in ran.out
