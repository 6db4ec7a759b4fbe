"""What the benches of alerts measure with does what they say of it. No time is judged here."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from provisioner.model.sensors import Uplink
from provisioner.senders.parsing import parse
from scripts.benches.alert_payloads import CALM, DEVICES_A_CITY, FLOOD, MOUNT, TOPIC, device_id, topic, uplink
from scripts.benches.alert_stream import Sent, Storage, Way, nth, way_of
from scripts.benches.children import Helper
from tests.support.mosquitto import Mosquitto
from tests.support.serving import wait_until

NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
DEVICES = 50


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


def read(payload: bytes) -> Uplink:
    [news] = parse("things-stack", payload, NOW, "ttn", topic(1)).news
    assert isinstance(news, Uplink)
    return news


def kept(path: Path) -> list[tuple[str, bytes]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT topic, payload FROM uplink ORDER BY id").fetchall()


def test_an_uplink_of_the_benches_is_one_of_the_things_stack_and_as_long_as_real_ones() -> None:
    payload = uplink(123, 7, NOW.timestamp() - 5, FLOOD)
    news = read(payload)
    assert 1_200 < len(payload) < 1_600
    assert (news.device.device, news.counter, news.at) == (device_id(123), 7, NOW - timedelta(seconds=5))
    assert device_id(123) == "pegel-001-23"
    assert isinstance(news.values["distance"], float)
    assert MOUNT - news.values["distance"] > MOUNT - CALM


def test_the_bare_receiver_keeps_every_uplink_that_was_published(broker: Mosquitto, tmp_path: Path) -> None:
    path = tmp_path / "floor.sqlite3"
    with (
        Helper("alert_floor_child", broker.port, f"floor/{TOPIC % '+'}", path) as floor,
        Helper("alert_load_child", broker.port, DEVICES, "floor/") as load,
    ):
        assert floor.line() == "ready"
        assert load.ask({"burst": 1_000})["published"] == 1_000
        assert load.ask({"burst": 500})["published"] == 1_500
        moments = load.ask({"of": [3, 1], "distance": FLOOD, "rate": 1_000.0})["moments"]
        wait_until(lambda: len(kept(path)) == 1_502)
    assert moments == sorted(moments)
    assert len(moments) == 2
    rows = kept(path)
    assert len(rows) == 1_502
    assert [name for name, _ in rows[-2:]] == [f"floor/{topic(number)}" for number in (3, 1)]
    counted = {(json.loads(payload)["end_device_ids"]["device_id"], read(payload).counter) for _, payload in rows}
    assert len(counted) == 1_502


def test_the_storage_of_a_million_tells_the_uplinks_of_the_time_that_it_is_asked_for() -> None:
    with Helper("alert_storage_child", 5_000, DEVICES, 3_600) as held:
        url = held.line()
        every = requests.get(url, timeout=60).text.splitlines()
        half = requests.get(url, {"after": (datetime.now(UTC) - timedelta(minutes=30)).isoformat()}, timeout=60)
        some = requests.get(url, {"limit": "10"}, timeout=60).text.splitlines()
    assert len(every) == 5_000
    assert some == every[:10]
    assert half.text.splitlines() == every[-len(half.text.splitlines()) :]
    assert 2_400 < len(half.text.splitlines()) <= 2_500
    moments = [json.loads(line)["result"]["uplink_message"]["received_at"] for line in every]
    assert moments == sorted(moments)


def test_a_city_in_the_storage_is_flooded_for_a_while_and_another_still_is() -> None:
    devices = 10 * DEVICES_A_CITY
    with Helper("alert_storage_child", 4 * devices, devices, 3_600) as held:
        lines = requests.get(held.line(), timeout=60).text.splitlines()

    def levels(device: int) -> list[bool]:
        payloads = [json.dumps(json.loads(line)["result"]).encode() for line in lines[device::devices]]
        return [float(read(payload).values["distance"]) < CALM - 100 for payload in payloads]

    assert levels(0) == [False, False, False, False]
    assert levels(3 * DEVICES_A_CITY) == [False, False, True, False]
    assert levels(7 * DEVICES_A_CITY) == [False, False, True, True]


def of_stream(count: int) -> list[Sent]:
    return [nth(number, NOW.timestamp() + number / 20) for number in range(count)]


def test_the_stream_holds_turns_of_every_way() -> None:
    sent = of_stream(1_200)
    for way in Way:
        flooded = [float(read(one.payload).values["distance"]) for one in sent if way_of(one.device) is way]
        assert min(flooded) < FLOOD + 10 < CALM <= max(flooded)


def test_the_small_storage_tells_what_was_put_into_it_so_far() -> None:
    sent = of_stream(20)
    with Storage() as storage:
        storage.keep(sent[:15])
        asked = {"after": NOW.isoformat(), "before": (NOW + timedelta(seconds=0.5)).isoformat()}
        first = requests.get(storage.url, asked, timeout=60).text.splitlines()
        storage.keep(sent[15:])
        every = requests.get(storage.url, timeout=60).text.splitlines()
    assert [json.loads(line)["result"] for line in first] == [json.loads(one.payload) for one in sent[:10]]
    assert len(every) == 20
