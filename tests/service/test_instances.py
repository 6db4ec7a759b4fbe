"""Two instances on one real PostgreSQL: one leads, the other one shows pages and takes over."""

from itertools import pairwise

import pytest

from provisioner.state import Runs
from tests.support.postgres import shared
from tests.support.serving import Serving, drained, join, lives, made, opened, wait_until
from tests.support.site import Installation

JOINS = 12


@pytest.fixture
def doubled(served: Installation) -> Installation:
    """With its state on PostgreSQL."""
    served.state = shared().new_database()
    served.more_settings["ties_log"] = "ties.jsonl"
    served.write()
    return served


def leader_of(*services: Serving) -> Serving:
    wait_until(lambda: any(one.said("leading") for one in services), "somebody leads")
    [leader] = [one for one in services if one.said("leading")]
    return leader


def test_when_the_leader_is_killed_the_standby_leads_and_nothing_is_done_twice(doubled: Installation) -> None:
    with Serving(doubled, "first") as first, Serving(doubled, "second") as second, opened(doubled) as site:
        leader = leader_of(first, second)
        standby = second if leader is first else first
        wait_until(lambda: drained(site) and "anna.muster" in doubled.cloud.users)
        assert standby.get("/readyz").json()["role"] == "standby"
        assert leader.get("/readyz").json()["role"] == "leader"
        doubled.cloud.log.clear()
        for number in range(JOINS):
            join(site, f"Neu{number}", "pg-lora")
        wait_until(lambda: len(made(doubled.cloud.log)) >= 2)
        workers = leader.workers()
        leader.kill()
        standby.wait_for("leading")
        wait_until(lambda: drained(site) and not any(map(lives, workers)))
        assert made(doubled.cloud.log) == {f"neu{number}.neu": 1 for number in range(JOINS)}
        assert len(standby.said("leading")) == 1
        done = sorted(Runs(site.database).latest("redi", 100), key=lambda run: run.started)
        ends = [(run.ended, later.started) for run, later in pairwise(done)]
        assert all(ended is None or ended <= started for ended, started in ends), "never two runs at once"
        assert standby.get("/readyz").json()["role"] == "leader"
        assert standby.end() == 0


def test_a_leader_that_loses_the_database_leads_again_and_nothing_is_lost(doubled: Installation) -> None:
    with Serving(doubled) as service, opened(doubled) as site:
        wait_until(lambda: drained(site) and "anna.muster" in doubled.cloud.users)
        [worker] = service.workers()
        assert shared().end_connections(doubled.state) > 0
        site.database.engine.dispose()
        service.wait_for("lead lost")
        join(site, "Dora", "pg-lora")
        service.wait_for("leading", times=2)
        wait_until(lambda: drained(site) and "dora.neu" in doubled.cloud.users)
        assert not lives(worker)
        assert service.end() == 0
