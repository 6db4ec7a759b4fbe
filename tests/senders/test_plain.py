"""What anybody can send as JSON."""

from datetime import UTC, datetime, timedelta

import pytest

from provisioner.model.sensors import ForeignAlert, GatewayNews, Uplink
from tests.support.payloads import NOW, alerts, one_uplink, read


def test_a_measurement_needs_a_device_and_values() -> None:
    uplink = one_uplink("json", {"device": "Keller-1", "values": {"humidity": 71}})
    assert (uplink.device.key, uplink.values, uplink.at) == ("keller-1", {"humidity": 71.0}, NOW)


def test_it_can_say_more() -> None:
    message = {
        "device": "keller-1", "application": "Archiv", "eui": "A81758FFFE000001", "at": "2026-11-22T11:00:00+01:00",
        "counter": 9, "session": "s", "battery": 55, "gateways": ["g"], "values": {"humidity": {"left": 71}},
    }  # fmt: skip
    uplink = one_uplink("json", message)
    assert uplink.device.key == "a81758fffe000001"
    assert (uplink.device.application, uplink.session, uplink.counter) == ("archiv", "s", 9)
    assert uplink.at == datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    assert (uplink.battery, uplink.gateways, uplink.values) == (55.0, ("g",), {"humidity.left": 71.0})


def test_a_moment_can_be_seconds_since_1970() -> None:
    assert one_uplink("json", {"device": "a", "at": NOW.timestamp() - 60}).at == NOW - timedelta(minutes=1)


@pytest.mark.parametrize("at", [1e300, -1e300, -1, "", None])
def test_a_moment_that_is_none_does_no_harm(at: object) -> None:
    parsed = read("json", {"device": "a", "at": at})
    assert parsed.refused in (None, "moment", "too_old")


def test_without_a_counter_its_id_or_its_words_tell_it_again() -> None:
    def word(**more: object) -> str:
        uplink = one_uplink("json", {"device": "a", "values": {"x": 1}, **more})
        assert uplink.counter is None
        return uplink.session

    assert word(id="m1") == "m1"
    at = "2026-11-22T11:00:00Z"
    assert word(at=at) == word(at=at)
    assert word(at=at) != word(at="2026-11-22T11:00:01Z")


def test_the_same_value_without_a_moment_counts_each_time() -> None:
    message = {"device": "a", "values": {"x": 1}}
    first, second = (one_uplink("json", message, NOW + timedelta(seconds=s)).session for s in (0, 1))
    assert first != second


def test_an_alert_begins_and_ends() -> None:
    message = {
        "alert": "Tür offen", "id": "door-7", "summary": "Die Tür zum Archiv steht offen", "value": 3.5,
        "labels": {"room": "U12"}, "links": ["https://haus.example/u12", "http://nein.example"],
        "began": NOW.timestamp() - 60,
    }  # fmt: skip
    [alert] = alerts("json", message)
    assert (alert.name, alert.firing, alert.fingerprint, alert.value) == ("Tür offen", True, "door-7", "3.5")
    assert alert.labels == {"room": "U12", "alertname": "Tür offen"}
    assert alert.links == ("https://haus.example/u12",)
    assert alert.began == NOW - timedelta(minutes=1)
    [over] = alerts("json", {**message, "status": "resolved"})
    assert (over.firing, over.fingerprint, over.ended) == (False, "door-7", NOW)


def test_a_gateway_is_connected_or_not() -> None:
    assert read("json", {"gateway": "Dach", "online": False}).news == (GatewayNews("sender", "dach", False, NOW),)
    assert read("json", {"gateway": "Dach"}).refused == "nothing_named"


def test_several_can_come_at_once() -> None:
    parsed = read("json", [{"device": "a"}, {"alert": "b"}, {"gateway": "c", "online": True}])
    assert [type(one) for one in parsed.news] == [Uplink, ForeignAlert, GatewayNews]
    assert read("json", [{"device": "a"}] * 501).refused == "too_many"
    assert read("json", []).skipped


def test_one_that_is_wrong_refuses_all_so_that_the_sender_hears_of_it() -> None:
    assert read("json", [{"device": "a"}, {"devize": "b"}]).refused == "nothing_named"


def test_what_is_simulated_counts_in_test_mode_only() -> None:
    message = {"device": "a", "simulated": True}
    assert read("json", message).skipped
    assert one_uplink("json", message, test=True).simulated


@pytest.mark.parametrize("written", ["A84041FFFF1827C5", "A8-40-41-FF-FF-18-27-C5", "a8:40:41:ff:ff:18:27:c5"])
def test_an_eui_is_the_same_device_however_it_is_written_as_in_the_registry(written: str) -> None:
    for said in ({"device": written}, {"eui": written}):
        (uplink,) = read("json", {**said, "values": {}}).news
        assert isinstance(uplink, Uplink)
        assert uplink.device.key == "a84041ffff1827c5"
