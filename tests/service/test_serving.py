"""`readi serve` from outside: it starts, leads, works, and ends."""

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
