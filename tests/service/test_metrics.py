"""Numbers about everything that matters and about nobody; health that tells the process from what it stands on."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from provisioner.app.planning import make_plan
from provisioner.app.site import Site
from provisioner.app.work.last_plan import keep_plan
from provisioner.app.work.progress import JobResult, ProgressStore
from provisioner.model.enrolments import EnrolledPerson
from provisioner.model.errands import Job
from provisioner.model.messages import Channel, Letter, LetterKind
from provisioner.model.text import Text
from provisioner.service import health
from provisioner.service.metrics import Metrics, router
from provisioner.service.observing import NO_ROUTE, OTHER, Observed
from provisioner.state import Audit, EnrolmentStore, Errands, Outbox, Requests
from tests.support.site import Installation


@pytest.fixture
def site(small: Installation) -> Iterator[Site]:
    small.write()
    opened = Site.open(small.settings, clock=small.clock)
    yield opened
    opened.close()


@pytest.fixture
def metrics(site: Site) -> Metrics:
    return Metrics({"redi": site}, lambda: True)


@pytest.fixture
def client(metrics: Metrics, site: Site) -> TestClient:
    """An application with pages that hold ids, watched."""
    app = FastAPI(openapi_url=None)

    @app.get("/{network}/people/{person}")
    def page(network: str, person: str) -> str:
        if person == "p-broken":
            raise ValueError(person)
        return person

    app.include_router(router(metrics))
    app.include_router(health.router([site], lambda: True, lambda: False))
    return TestClient(Observed(app, metrics), raise_server_exceptions=False)


def samples(metrics: Metrics) -> dict[str, float]:
    """By name and labels, without what counts times."""
    return {
        "/".join((sample.name.removeprefix("readi_"), *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.rendered().decode())
        for sample in family.samples
        if "seconds_" not in sample.name
    }


def test_what_waits_and_happened_is_counted_for_each_network(site: Site, metrics: Metrics) -> None:
    assert samples(metrics)["errands_waiting/redi"] == 0
    now, database = site.clock.now(), site.database
    Errands(database, "redi").add(Job.SYNC, "test", "p-1", now)
    Requests(database, "redi").ask("p-ben", "pg-lora", "bitte", now)
    Outbox(database, "redi", now).post(Letter(LetterKind.WELCOME, Channel.MAIL, "person:p-ben"))
    for age in (0, 23, 25):
        Audit(database, "redi").note(now - timedelta(hours=age), "p-ben", "joined", "body:pg-lora")
    Errands(database, "other").add(Job.SYNC, "test", "p-1", now)
    found = samples(metrics)
    assert found["errands_waiting/redi"] == 1
    assert found["requests_waiting/redi"] == 1
    assert (found["letters/redi/waiting"], found["letters/redi/sent"]) == (1, 0)
    assert found["joins_last_day/redi"] == 2
    assert found["leader"] == 1


def test_the_last_good_sync_stays_known_when_later_ones_fail(site: Site, metrics: Metrics) -> None:
    assert "sync_age_seconds/redi" not in samples(metrics), "never yet"
    ended = site.clock.now()
    store = ProgressStore(site)
    store.keep(JobResult(Job.SYNC, "schedule", "done", ended, ended))
    site.clock.sleep(3600)
    failed = {"cloud": Text.of("app.bad_policy")}
    store.keep(JobResult(Job.SYNC, "schedule", "partly", site.clock.now(), site.clock.now(), troubles=failed))
    found = samples(metrics)
    assert found["sync_last_success_timestamp_seconds/redi"] == ended.timestamp()
    assert found["sync_age_seconds/redi"] == 3600
    assert found["target_reachable/redi/cloud"] == 0


def test_changes_are_counted_by_target_after_a_look(small: Installation, site: Site, metrics: Metrics) -> None:
    with site.targets() as targets:
        keep_plan(site, make_plan(site, targets).plan, lambda text: text.code)
    assert samples(metrics)["changes_waiting/redi/cloud"] > 5
    assert samples(metrics)["drift/redi/cloud"] == 0


def test_requests_are_measured_by_template_and_never_by_what_was_asked(client: TestClient) -> None:
    for path in ("/redi/people/p-marker?q=marker", "/redi/people/p-broken", "/marker/x/y/z"):
        client.get(path)
    client.request("MARKER", "/redi/people/p-1")
    said = client.get("/metrics").text
    counted = re.findall(r'request_seconds_count\{method="(\w+)",route="([^"]+)",status="(\d+)"\}', said)
    assert set(counted) == {
        ("GET", "/{network}/people/{person}", "200"),
        ("GET", "/{network}/people/{person}", "500"),
        ("GET", NO_ROUTE, "404"),
        (OTHER, "/{network}/people/{person}", "405"),
    }
    assert "marker" not in said.casefold()


def test_no_number_is_about_somebody(site: Site, client: TestClient) -> None:
    newcomer = EnrolledPerson("p-marker", "Marita", "Marker", "marker@bretten.example", "bretten", date(2026, 1, 1))
    EnrolmentStore(site.database, "redi").enrol(newcomer)
    now = site.clock.now()
    Errands(site.database, "redi").add(Job.SYNC, "enrolment", "p-marker", now, only="p-marker")
    Outbox(site.database, "redi", now).post(Letter(LetterKind.LOGIN_LINK, Channel.MAIL, "address:marker@x.example"))
    answer = client.get("/metrics")
    assert answer.headers["cache-control"] == "no-store"
    assert "marker" not in answer.text.casefold()
    assert len(answer.headers["x-request-id"]) == 16


def test_healthz_only_says_that_the_process_lives_readyz_what_it_stands_on(client: TestClient, site: Site) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"database": True, "registry": True, "role": "standby"})


def test_without_database_or_pictures_it_is_alive_and_not_ready(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = [False]
    app = FastAPI(openapi_url=None)
    app.include_router(health.router([site], lambda: loaded[0], lambda: True))
    client = TestClient(app)
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["registry"], ready.json()["role"]) == (503, False, "leader")
    loaded[0] = True
    assert client.get("/readyz").status_code == 200
    with site.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE meta RENAME TO elsewhere")
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["database"]) == (503, False)
    assert client.get("/healthz").status_code == 200
