"""Processes of the service that really end, at any moment: what was accepted is done in the end, once."""

import os
import signal

from provisioner.state import Database, Errands, Outcome, Run, Runs
from tests.support.serving import Serving, drained, join, lives, made, opened, wait_until
from tests.support.site import Installation

MANY = 200
FIRST_SYNC = {"anna.muster": 1, "ben.muster": 1}


def runs(served: Installation) -> list[Run]:
    with Database.open(served.database) as database:
        return Runs(database).latest("redi", 100)


def test_two_hundred_joins_survive_sigkill_in_their_middle(served: Installation) -> None:
    with Serving(served) as service, opened(served) as site:
        wait_until(lambda: drained(site) and "anna.muster" in served.cloud.users)
        served.cloud.log.clear()
        ids = [join(site, f"Neu{number}", "pg-lora") for number in range(MANY)]
        wait_until(lambda: len(made(served.cloud.log)) >= MANY // 4)
        [worker] = service.workers()
        service.kill()
        wait_until(lambda: not lives(worker), "the worker ends with its parent")
        assert len(made(served.cloud.log)) < MANY, "it was killed too late to show anything"
        service.start()
        wait_until(lambda: drained(site))
        accounts = made(served.cloud.log)
        assert accounts == dict.fromkeys((f"neu{number}.neu" for number in range(len(ids))), 1)
        groups = [served.cloud.users[account].groups for account in accounts]
        assert all("PG_LoRaWAN" in one for one in groups)
        assert served.open_entries() == 0
        [worker] = service.workers()
        service.kill()
        wait_until(lambda: not lives(worker), "the worker ends with its parent, also when it has nothing to do")
    assert served.run("apply", "--yes", write=False).code == 0, "and leaves nothing locked"


def test_sigterm_in_the_middle_of_a_first_sync_ends_it_after_the_step_in_hand(served: Installation) -> None:
    service = Serving(served)
    served.cloud.faults.hook(before=lambda _: service.process.send_signal(signal.SIGTERM), nth_write=3)
    with service:
        assert service.process.wait(60) == 0, service.log_file.read_text()
        assert not any(map(lives, service.workers()))
        [run] = runs(served)
        assert run.outcome is Outcome.INTERRUPTED
        assert served.open_entries() == 0
    with opened(served) as site:
        assert [errand.tries for errand in Errands(site.database, "redi").all()] == [0]
    assert served.run("apply", "--yes", write=False).code == 0
    assert made(served.cloud.log) == FIRST_SYNC


def test_a_worker_that_is_killed_is_started_again_and_finishes(served: Installation) -> None:
    with Serving(served) as service:
        served.cloud.faults.hook(before=lambda _: os.kill(service.workers()[0], signal.SIGKILL), nth_write=5)
        with opened(served) as site:
            wait_until(lambda: drained(site) and "ben.muster" in served.cloud.users)
        assert len(service.said("worker started")) == 2
        assert made(served.cloud.log) == FIRST_SYNC
        assert served.open_entries() == 0
        assert service.end() == 0
