"""No measured value may say where a person is."""

import pytest

from provisioner.model.whereabouts import tells_where
from tests.support.payloads import one_uplink, tts

PLACES = [
    "lat", "Latitude", "LON", "lng", "long", "longitude", "altitude", "geohash", "gps", "gps_fix", "gpsLat",
    "GPS.Speed", "position", "location", "Location.accuracy", "coordinates", "wifi", "wifi_scan", "WiFi_aps",
    "wifiAps", "ble", "bleTags", "BLE", "mac", "macAddress", "bssid", "ssid", "beacons", "iBeacon", "access_points",
    "accessPoints", "lat1", "geo"
]  # fmt: skip
MEASURES = [
    "level", "latency", "plate", "temperature", "co2", "humidity", "battery", "flow_long_term", "relation",
    "dislocated", "air.temperature", "machine", "emac2", "blend", "slope", "long_press", "template", "alarm",
    "local_minimum", "opposition"
]  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_what_tells_a_place_is_left_out_wherever_it_stands(name: str) -> None:
    assert tells_where(name)
    branch = tts({"level": 1, name: {"x": 1, "y": [2]}, "a": {"b": [{name: 5}]}, f"{name}.x": 3})
    assert one_uplink("things-stack", branch).values == {"level": 1.0}


@pytest.mark.parametrize("name", MEASURES)
def test_what_measures_something_stays(name: str) -> None:
    assert not tells_where(name)
    assert one_uplink("things-stack", tts({name: 5})).values == {name: 5.0}


def test_a_places_values_are_not_counted_as_faults_of_the_decoder() -> None:
    message = tts({"location": {"latitude": 49.0, "longitude": 8.4}}, normalized_payload=[{"position": {"x": 1}}])
    assert one_uplink("things-stack", message).values == {}
