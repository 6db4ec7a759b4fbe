"""Two instances share what a broker has, on one PostgreSQL: each message comes to one of them, and none is lost."""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.app.alerting.judging import Taken
from provisioner.senders.receiving import Delivery
from provisioner.service.bridge_serving import BridgeService
from provisioner.service.serve import Options
from provisioner.state import Alerts, SenderStates, Uplinks
from tests.service.bridges import settings
from tests.support.alert_rooms import with_alerts
from tests.support.alerting import eui, uplink_bytes
from tests.support.mosquitto import Mosquitto
from tests.support.mqtt import publish
from tests.support.postgres import shared
from tests.support.rooms import room_of
from tests.support.serving import wait_until
from tests.support.site import Installation

Takes = Callable[[Sequence[Delivery]], Taken]
TOPIC, ROUNDS = "shared", 30
GAUGES = (1, 2, 3, 11)


def instance(installation: Installation, broker: Mosquitto, name: str) -> BridgeService:
    """On a machine of its own: its settings differ by the name under which the broker knows it."""
    installation.more_network = settings(broker, TOPIC, shared="readi", client_id=name)
    installation.write()
    path = installation.settings.with_name(f"{name}.yaml")
    path.touch(mode=0o600)
    path.write_bytes(installation.settings.read_bytes())
    return BridgeService(Options(path, clock=installation.clock), "127.0.0.1:0")


def listens(service: BridgeService) -> bool:
    line = service.bridge.networks["redi"].status().lines.get("ttn")
    return line is not None and line.listening_since is not None


def stop(services: Mapping[str, BridgeService]) -> None:
    for one in services.values():
        one.stop()


def test_what_a_broker_has_is_shared_counts_once_and_goes_on_when_one_instance_ends(
    tmp_path: Path, cloud: NextcloudEmulator, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation = Installation(tmp_path, cloud)
    with_alerts(installation)
    installation.state = shared().new_database()
    installation.more_settings["ties_log"] = "ties.jsonl"
    installation.apply()
    came: Counter[str] = Counter()
    services: dict[str, BridgeService] = {}
    with ExitStack() as stack:
        stack.callback(stop, services)
        services |= {name: instance(installation, broker, name) for name in ("first", "second")}
        for name, service in services.items():
            intake = service.bridge.networks["redi"].intake
            take = intake.take

            def counted(deliveries: Sequence[Delivery], name: str = name, take: Takes = take) -> Taken:
                came[name] += len(deliveries)
                return take(deliveries)

            monkeypatch.setattr(intake, "take", counted)
            service.start()
        wait_until(lambda: all(map(listens, services.values())), "both listen")
        wait_until(lambda: any(one.bridge.leads() for one in services.values()), "one leads")
        site = next(iter(services.values())).sites["redi"]
        numbers = itertools.count(1)
        for _ in range(ROUNDS):
            installation.clock.sleep(1)
            number, now = next(numbers), installation.clock.now()
            payloads = [uplink_bytes(eui(gauge), number, 290 if gauge == 1 else 400, now) for gauge in GAUGES]
            publish(broker, *(one.decode() for one in payloads), topic=TOPIC)
        uplinks = Uplinks(site.database, "redi")
        wait_until(lambda: uplinks.count() == ROUNDS * len(GAUGES), "all are kept")
        assert sum(came.values()) == ROUNDS * len(GAUGES)
        assert all(came[name] > ROUNDS for name in services), came
        assert "twice" not in SenderStates(site.database, "redi").counts()["ttn"]
        assert [row.rule for row in Alerts(site.database, "redi").going_on()] == ["hochwasser"]
        wait_until(lambda: len(said(installation)) == 1, "it is said")
        [leader] = [name for name, one in services.items() if one.bridge.leads()]
        services.pop(leader).stop()
        [rest] = services.values()
        wait_until(rest.bridge.leads, "the other one leads")
        for _ in range(2):  # the broker goes on to share: one of them waits for whoever is away
            installation.clock.sleep(1)
            calm = uplink_bytes(eui(1), next(numbers), 400, installation.clock.now())
            publish(broker, calm.decode(), topic=TOPIC)
        wait_until(lambda: len(said(installation)) == 2, "the end is said by it")
        services[leader] = instance(installation, broker, leader)
        services[leader].start()
        kept = Uplinks(rest.sites["redi"].database, "redi")
        wait_until(lambda: kept.count() == ROUNDS * len(GAUGES) + 2, "what waited for it comes, too")
        assert len(said(installation)) == 2


def said(installation: Installation) -> list[str]:
    room = room_of(installation, "Sensorik")
    return [one.text for one in room.messages if "Hochwasser" in one.text and not one.system]
