"""What was kept long enough goes, what waits stays, and another network's is nobody's business."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from policies.document import Policy
from provisioner.app.site import Site
from provisioner.app.work.tidying import tidy
from provisioner.model.enrolments import RequestState
from provisioner.model.gatherings import Count, Told
from provisioner.model.messages import Channel, Letter, LetterKind, LetterState
from provisioner.state import (
    Attempts,
    Audit,
    Confirmations,
    Gatherings,
    Links,
    Outbox,
    Outcome,
    PlanState,
    Purpose,
    Requests,
    Reservations,
    Runs,
    SavedPlans,
    Sessions,
)
from tests.support.site import Installation

DAYS = {"history_days": 100, "audit_days": 50, "letters_days": 40, "gatherings_days": 60}
EVERYTHING = {
    *("runs", "plans", "audit", "requests", "confirmations", "letters", "links", "sessions", "attempts"),
    *("gatherings", "reservations"),
}


@pytest.fixture
def site(installation: Installation) -> Iterator[Site]:
    installation.write()
    opened = Site.open(installation.settings, clock=installation.clock)
    yield opened
    opened.close()


def fill(site: Site, network: str) -> None:
    """One of everything that is over, one of everything that waits."""
    database, now = site.database, site.clock.now()
    hour = timedelta(hours=1)
    runs = Runs(database)
    runs.finish(runs.begin(network, "p-1", "apply", "d", now), Outcome.DONE, {}, now)
    for digest in ("a", "b"):
        SavedPlans(database).save(network, digest + network, {}, now)
    SavedPlans(database).decide(network, "a" + network, PlanState.APPLIED, "p-1", now)
    Audit(database, network).note(now, "p-1", "joined", "body:pg-1")
    requests = Requests(database, network)
    decided = requests.ask("p-1", "pg-1", "bitte", now)
    assert decided is not None
    requests.decide(decided, RequestState.DECLINED, "p-2", "nein", now)
    requests.ask("p-1", "pg-2", "bitte", now)
    confirmations = Confirmations(database, network)
    for body in ("pg-1", "pg-2"):
        confirmations.ask(body, date(2026, 1, 1), now)
    confirmations.finish("pg-1", "p-1", 0, now)
    outbox = Outbox(database, network, now)
    for state in (outbox.sent, lambda id_: outbox.unknown(id_, "x"), None):
        outbox.post(Letter(LetterKind.WELCOME, Channel.MAIL, "person:p-1"))
        if state is not None and (taken := outbox.take()) is not None:
            state(taken.id)
    Links(database, network).make(Purpose.LOGIN, "a@stadt.example", now, hour)
    Sessions(database, network).begin(now, hour, "link", person="p-1")
    Attempts(database, network).count_one("login", "1.2.3.4", now, 5, hour)
    second = int(now.timestamp())
    for told, more in ((Told.CREATED, ()), (Told.DESTROYED, (2, 2))):
        Gatherings(database, network).tell("body:pg-1", 0, Count(told, second, second, *more))
    Reservations(database, network).open("body:pg-1", "re-1", now, now + hour)


def test_each_thing_goes_when_its_own_time_is_over(site: Site) -> None:
    policy = Policy.model_validate({"retention": DAYS})
    fill(site, "redi")
    went: dict[str, int] = {}
    for day in range(120):
        for what in tidy(site, policy).forgotten:
            went[what] = day
        site.clock.sleep(86_400.0)
    assert went == {
        "sessions": 1,
        "links": 2,
        "attempts": 8,
        "reservations": 2,
        "letters": 41,
        "audit": 51,
        "requests": 51,
        "confirmations": 51,
        "gatherings": 61,
        "runs": 101,
        "plans": 101,
    }
    assert went.keys() == EVERYTHING


def test_what_waits_for_somebody_stays_however_old_and_so_does_what_is_anothers(site: Site) -> None:
    fill(site, "redi")
    fill(site, "other")
    site.clock.sleep(5_000 * 86_400.0)
    assert tidy(site, Policy()).forgotten.keys() == EVERYTHING
    assert tidy(site, Policy()).forgotten == {}
    database, now = site.database, site.clock.now()
    assert len(SavedPlans(database).waiting("redi")) == 1
    assert [one.body for one in Requests(database, "redi").waiting()] == ["pg-2"]
    assert [one.body for one in Confirmations(database, "redi").all()] == ["pg-2"]
    assert Outbox(database, "redi", now).counts() == {LetterState.UNKNOWN: 1, LetterState.WAITING: 1}
    assert sum(Outbox(database, "other", now).counts().values()) == 3
    assert len(Audit(database, "other").latest()) == 1
