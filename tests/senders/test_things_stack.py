"""What The Things Stack says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisioner.model.sensors import DeviceName
from tests.support.payloads import NOW, one_uplink, payload, read, tts

THEN = datetime(2020, 2, 12, 16, 0, tzinfo=UTC)


def test_the_documented_uplink_is_read_whole() -> None:
    uplink = one_uplink("things-stack", payload("ttn_v3_up_docs.json"), THEN)
    assert uplink.device == DeviceName("dev1", "0004a30b001c0530", "app1")
    assert uplink.device.key == "0004a30b001c0530"
    assert (uplink.session, uplink.counter) == ("AXA50tHUGUucuzS/bCGMNw==", 1)
    assert uplink.values == {"temperature": 1.0, "luminosity": 0.64}
    assert uplink.gateways == ("gtw1",)
    assert uplink.at == datetime(2020, 2, 12, 15, 15, 45, 789585, tzinfo=UTC)
    assert uplink.received == THEN
    assert (uplink.battery, uplink.simulated, uplink.filled) == (None, False, False)


def test_lines_of_the_storage_hold_the_same_shape() -> None:
    lines = payload("ttn_v3_storage_response.ndjson").splitlines()
    messages = [line.removeprefix(b'{"result":').removesuffix(b"}") for line in lines]
    uplinks = [one_uplink("things-stack", one, datetime(2020, 8, 25, tzinfo=UTC), filled=True) for one in messages]
    assert [(one.counter, one.filled) for one in uplinks] == [(43, True), (44, True)]


def test_a_join_tells_nothing() -> None:
    parsed = read("things-stack", payload("ttn_v3_join_docs.json"))
    assert (parsed.news, parsed.skipped, parsed.refused) == ((), True, None)


def test_a_missing_counter_is_0() -> None:
    message = tts({"level": 1})
    del message["uplink_message"]["f_cnt"]
    assert one_uplink("things-stack", message).counter == 0


def test_an_uplink_of_zeros_alone_is_an_uplink() -> None:
    message: dict[str, Any] = {"end_device_ids": {"device_id": "dev1"}, "uplink_message": {}}
    uplink = one_uplink("things-stack", message)
    assert (uplink.device.key, uplink.counter, uplink.session, dict(uplink.values)) == ("dev1", 0, "", {})
    assert uplink.at == NOW


def test_normalized_values_stand_apart_from_the_decoders_own() -> None:
    message = tts({"air": {"temperature": 68}}, normalized_payload=[{"air": {"temperature": 20.0}}])
    values = one_uplink("things-stack", message).values
    assert values == {"air.temperature": 68.0, "normalized.air.temperature": 20.0}


def test_of_several_normalized_samples_the_newest_counts() -> None:
    samples = [
        {"time": "2026-11-22T11:40:00Z", "air": {"temperature": 18.0}, "battery": 3.6},
        {"time": "2026-11-22T11:50:00Z", "air": {"temperature": 19.0}},
    ]
    values = one_uplink("things-stack", tts(normalized_payload=samples)).values
    assert values == {"normalized.air.temperature": 19.0, "normalized.battery": 3.6}


@pytest.mark.parametrize(
    ("told", "percent"),
    [({"value": 92.5, "f_cnt": 3}, 92.5), ({"value": 0}, 0.0), ({"f_cnt": 3}, None), ({"value": 255}, None)],
)
def test_the_battery_is_what_the_device_told_last(told: object, percent: float | None) -> None:
    assert one_uplink("things-stack", tts(last_battery_percentage=told)).battery == percent


def test_a_simulated_uplink_counts_in_test_mode_only() -> None:
    message = {**tts({"level": 1}), "simulated": True}
    assert read("things-stack", message).skipped
    assert one_uplink("things-stack", message, test=True).simulated


def test_simulated_uplinks_without_a_session_are_told_apart_by_their_moment() -> None:
    first, second = ({**tts(received_at=f"2026-11-22T11:00:0{second}Z"), "simulated": True} for second in (1, 2))
    for message in (first, second):
        del message["uplink_message"]["session_key_id"]
    uplinks = [one_uplink("things-stack", one, test=True) for one in (first, second, first)]
    assert [one.counter for one in uplinks] == [None] * 3
    assert uplinks[0].session == uplinks[2].session != uplinks[1].session


def test_the_same_gateway_counts_once() -> None:
    receptions = [{"gateway_ids": {"gateway_id": one}} for one in ("a", "b", "a")] + [{}]
    assert one_uplink("things-stack", tts(rx_metadata=receptions)).gateways == ("a", "b")


def test_a_moment_of_the_future_is_now() -> None:
    assert one_uplink("things-stack", tts(received_at="2026-11-22T13:00:00Z")).at == NOW


def test_a_gateways_clock_counts_for_nothing() -> None:
    receptions = [{"gateway_ids": {"gateway_id": "a"}, "time": "1980-01-06T00:00:00Z"}]
    assert one_uplink("things-stack", tts(rx_metadata=receptions)).at == NOW - timedelta(seconds=59.876544)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("1970-01-01T00:00:00Z", "too_old"),
        ("0001-01-01T00:00:00+10:00", "moment"),
        ("2026-11-22T11:00:00", "moment"),  # of which zone?
        ("yesterday", "moment"),
        ("2026-13-40T99:00:00Z", "moment"),
        ("9999-12-31T23:59:59-23:00", "moment"),
    ],
)
def test_a_moment_that_is_none_is_refused(at: str, code: str) -> None:
    assert read("things-stack", tts(received_at=at)).refused == code


def test_what_is_filled_has_to_say_when_it_was() -> None:
    message: dict[str, Any] = {"end_device_ids": {"device_id": "dev1"}, "uplink_message": {}}
    assert read("things-stack", message, filled=True).refused == "moment"
