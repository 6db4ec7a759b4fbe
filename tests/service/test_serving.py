"""`readi serve` from outside: it starts, leads, works, and ends."""

import pytest
import requests

from provisioner.app.picture import Pictures
from provisioner.service.bridge_serving import BridgeService
from provisioner.service.serve import Options, Service
from tests.support.serving import Serving, drained, join, lives, made, opened, wait_until
from tests.support.site import Installation


def test_the_first_start_synchronises_who_joins_is_brought_alone_and_sigterm_ends_it(served: Installation) -> None:
    with Serving(served) as service, opened(served) as site:
        wait_until(lambda: drained(site) and "anna.muster" in served.cloud.users)
        assert service.get("/healthz").status_code == 200
        served.cloud.log.clear()
        join(site, "Dora", "pg-lora")
        wait_until(lambda: drained(site))
        assert made(served.cloud.log) == {"dora.neu": 1}
        assert "PG_LoRaWAN" in served.cloud.users["dora.neu"].groups
        [worker] = service.workers()
        assert service.end() == 0
        assert not lives(worker)
        assert [line["event"] for line in service.log()][-1] == "ended"


@pytest.mark.parametrize(("in_service", "status"), [(True, 401), (False, 404)])
def test_the_service_runs_the_bridge_unless_the_settings_say_that_it_runs_alone(
    served: Installation, in_service: bool, status: int
) -> None:
    hook = {"webhook": {"secret": "invented-Secret-of-thirty-two-letters"}}
    served.more_network = {"bridge": {"senders": {"ttn": {"kind": "things-stack", **hook}}, "in_service": in_service}}
    served.write()
    service = Service(Options(served.settings))
    service.start()
    try:
        address = f"http://{service.address}/redi/senders/ttn"
        assert requests.post(address, data=b"{}", timeout=30).status_code == status
        assert bool(service.bridge.networks) is in_service
    finally:
        service.stop()


@pytest.mark.parametrize("made_of", [Service, BridgeService])
def test_whoever_still_reads_a_registry_is_waited_for_before_its_database_is_closed(
    served: Installation, monkeypatch: pytest.MonkeyPatch, made_of: type[Service | BridgeService]
) -> None:
    served.more_network = {"bridge": {"senders": {"plain": {"kind": "json"}}}}
    served.write()
    waited: list[bool] = []
    wait = Pictures.wait

    def waits(pictures: Pictures) -> None:
        waited.append(all("database" in site.__dict__ for site in service.sites.values()))
        wait(pictures)

    monkeypatch.setattr(Pictures, "wait", waits)
    service = made_of(Options(served.settings))
    service.start()
    service.stop()
    assert waited == [True]
