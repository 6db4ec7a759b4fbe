"""What ChirpStack says."""

from datetime import UTC, datetime

import pytest

from provisioner.model.sensors import BatteryNews, DeviceName, GatewayNews
from provisioner.senders.chirpstack import event_of
from tests.support.payloads import NOW, one_uplink, payload, read

THEN = datetime(2022, 7, 18, 12, 0, tzinfo=UTC)
APPLICATION = "17c82e96-be03-4f38-aef3-f83d48582d97"
DEVICE = DeviceName("0101010101010101", "0101010101010101", APPLICATION)
TOPIC = f"application/{APPLICATION}/device/0101010101010101/event/up"


@pytest.mark.parametrize("where", [{"event": "up"}, {"topic": TOPIC}, {"topic": f"site/{TOPIC}"}])
def test_the_documented_uplink_is_read_by_http_and_by_mqtt(where: dict[str, str]) -> None:
    uplink = one_uplink("chirpstack", payload("chirpstack_up.json"), THEN, **where)
    assert uplink.device == DEVICE
    assert (uplink.session, uplink.counter) == ("00189440", 0)
    assert uplink.gateways == ("0016c001f153a14c",)
    assert uplink.at == datetime(2022, 7, 18, 9, 34, 15, 775023, tzinfo=UTC)


def test_the_codecs_object_gives_the_values() -> None:
    message = {"deviceInfo": {"devEui": "0101010101010101"}, "fCnt": 5, "object": {"co2": 812, "air": {"rh": 40.5}}}
    uplink = one_uplink("chirpstack", message, event="up")
    assert (uplink.values, uplink.counter, uplink.at) == ({"co2": 812.0, "air.rh": 40.5}, 5, NOW)


def test_a_status_tells_the_battery() -> None:
    [news] = read("chirpstack", payload("chirpstack_status.json"), THEN, event="status").news
    assert news == BatteryNews("sender", DEVICE, datetime(2022, 7, 18, 9, 35, 6, 927172, tzinfo=UTC), 88.3)


@pytest.mark.parametrize("power", [{}, {"externalPowerSource": True}, {"batteryLevelUnavailable": True}])
def test_a_status_without_a_battery_tells_nothing(power: dict[str, bool]) -> None:
    message = {"deviceInfo": {"devEui": "0101010101010101"}, "margin": 10, **power}
    assert read("chirpstack", message, event="status").skipped


@pytest.mark.parametrize("event", ["join", "location", "log"])
def test_other_events_tell_nothing(event: str) -> None:
    assert read("chirpstack", payload(f"chirpstack_{event}.json"), event=event).skipped


def test_without_an_event_nothing_is_told() -> None:
    assert read("chirpstack", payload("chirpstack_up.json")).skipped


@pytest.mark.parametrize(
    ("event", "told"), [("up", "up"), ("status", "status"), ("join", ""), ("location", ""), ("log", "")]
)
def test_of_what_was_stored_without_its_topic_the_fields_tell_which_event_it_is(event: str, told: str) -> None:
    assert event_of(payload(f"chirpstack_{event}.json")) == told


@pytest.mark.parametrize("said", [b"", b"<html>", b"[]", b"7", b'{"error": "no rights"}', b"[" * 100_000])
def test_what_is_no_event_is_refused_as_an_uplink(said: bytes) -> None:
    assert read("chirpstack", said, event=event_of(said)).refused in ("not_json", "shape")


CONNECTION = "eu868/gateway/0016c001f153a14c/state/conn"


@pytest.mark.parametrize(
    ("said", "online"),
    [
        (b'{"gatewayId":"0016c001f153a14c","state":"ONLINE"}', True),
        (b'{"gatewayId":"0016c001f153a14c","state":"OFFLINE"}', False),
        (b'{"gatewayId":"0016c001f153a14c"}', False),
        (b"\x10\x01\x1a\x100016c001f153a14c", True),
        (b"\x0a\x08\x00\x16\xc0\x01\xf1\x53\xa1\x4c\x10\x01", True),
        (b"\x1a\x100016c001f153a14c", False),
    ],
)
def test_a_gateways_connection_is_read_as_json_and_as_protobuf(said: bytes, online: bool) -> None:
    parsed = read("chirpstack", said, topic=CONNECTION)
    assert parsed.news == (GatewayNews("sender", "0016c001f153a14c", online, NOW),)


def test_a_retained_state_that_was_taken_back_says_nothing() -> None:
    assert read("chirpstack", b"", topic=CONNECTION).skipped


@pytest.mark.parametrize("said", [b"\x10", b"\x1a\x7fshort", b"\xff\xff\xff", b"[]", b"{", b"ONLINE"])
def test_what_is_neither_says_nothing_of_a_gateway(said: bytes) -> None:
    parsed = read("chirpstack", said, topic=CONNECTION)
    assert parsed.news == ()
    assert parsed.refused in ("shape", "not_json")


def test_an_event_without_a_device_is_refused() -> None:
    assert read("chirpstack", {"fCnt": 5}, event="up").refused == "shape"
    assert read("chirpstack", {"deviceInfo": {}}, event="up").refused == "device"
