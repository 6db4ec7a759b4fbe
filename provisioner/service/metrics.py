"""/metrics: how the service is doing, in numbers. No names, no ids of people, no paths that anybody asked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from provisioner.app.pages.overview import DRIFTED
from provisioner.app.pages.plan_pages import last_kept
from provisioner.app.site import Site
from provisioner.app.work.progress import ProgressStore
from provisioner.model.errands import Job
from provisioner.model.messages import LetterState
from provisioner.service.bridge_metrics import BridgeFacts
from provisioner.service.bridging import Bridge
from provisioner.state import Audit, Errands, Gatherings, Outbox, Requests, SavedPlans

_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0, 2.5, 5.0, 10.0)
"""Seconds; 0.3 and 0.4 are what pages promise."""
_A_DAY: Final = timedelta(days=1)
_JOINS: Final = ("joined", "approved")
"""Acts by which somebody gets a place in a body."""


class Metrics:
    """The numbers of one process. ``leads``: whether this instance does the work."""

    def __init__(self, sites: Mapping[str, Site], leads: Callable[[], bool], bridge: Bridge | None = None) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Facts(sites, leads))
        if bridge is not None:
            self.registry.register(BridgeFacts(sites, bridge))
        self._durations = Histogram(
            "readi_http_request_seconds",
            "Time from a request to the end of its answer.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer. ``route``: the template, never what was asked for."""
        self._durations.labels(method, route, str(status)).observe(seconds)

    def rendered(self) -> bytes:
        """The text format of Prometheus. Raises `StateError`."""
        return generate_latest(self.registry)


_Values = Iterable[tuple[tuple[str, ...], float]]


class _Facts(Collector):
    """Asked anew whenever somebody looks; no target is."""

    def __init__(self, sites: Mapping[str, Site], leads: Callable[[], bool]) -> None:
        self._sites, self._leads = sites, leads

    def describe(self) -> Iterable[Metric]:
        """Nothing ahead: registering must not read a database."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """One family after the other, each over all networks."""
        leader = GaugeMetricFamily("readi_leader", "1: this instance does the work; 0: it stands by.")
        leader.add_metric([], float(self._leads()))
        yield leader
        for name, told, labels, values in _FAMILIES:
            family = GaugeMetricFamily(f"readi_{name}", told, labels=["network", *labels])
            for network, site in self._sites.items():
                for label, value in values(site):
                    family.add_metric([network, *label], value)
            yield family


def _last_success(site: Site) -> _Values:
    if (at := ProgressStore(site).went_well(Job.SYNC)) is not None:
        yield (), at.timestamp()


def _age(site: Site) -> _Values:
    for label, at in _last_success(site):
        yield label, max(site.clock.now().timestamp() - at, 0.0)


def _errands(site: Site) -> _Values:
    yield (), Errands(site.database, site.network).count()


def _plans(site: Site) -> _Values:
    yield (), len(SavedPlans(site.database).heads(site.network))


def _requests(site: Site) -> _Values:
    yield (), len(Requests(site.database, site.network).waiting())


def _letters(site: Site) -> _Values:
    counts = Outbox(site.database, site.network, site.clock.now()).counts()
    return [((str(state),), counts.get(state, 0)) for state in LetterState]


def _joins(site: Site) -> _Values:
    now = site.clock.now()
    deeds = Audit(site.database, site.network).counts(now - _A_DAY, now + _A_DAY)
    yield (), sum(deeds.get(action, 0) for action in _JOINS)


def _changes(site: Site) -> _Values:
    kept = last_kept(site)
    return [] if kept is None else [((one.target,), len(one.changes)) for one in kept.plan.targets]


def _drift(site: Site) -> _Values:
    kept = last_kept(site)
    for one in () if kept is None else kept.plan.targets:
        yield (one.target,), sum(change.reason.code in DRIFTED for change in one.changes)


def _reachable(site: Site) -> Iterator[tuple[tuple[str, ...], float]]:
    """As the last look or sync of everything found it, whichever was later."""
    jobs = ProgressStore(site).last()
    looks = [jobs[job] for job in (Job.SYNC, Job.PLAN) if job in jobs]
    if looks:
        troubles = max(looks, key=lambda look: look.ended).troubles
        yield from (((target,), float(target not in troubles)) for target in site.section.targets)


def _meetings(site: Site) -> _Values:
    yield (), len(Gatherings(site.database, site.network).running(site.clock.now()))


def _in_meetings(site: Site) -> _Values:
    yield (), sum(Gatherings(site.database, site.network).running(site.clock.now()).values())


_FAMILIES: Final[tuple[tuple[str, str, tuple[str, ...], Callable[[Site], _Values]], ...]] = (
    ("sync_last_success_timestamp_seconds", "When a sync of everything last ended well.", (), _last_success),
    ("sync_age_seconds", "How long ago that was.", (), _age),
    ("errands_waiting", "What is asked for and not done yet.", (), _errands),
    ("changes_waiting", "Changes that the last look left, up to 2,000 a target.", ("target",), _changes),
    ("drift", "Those among them that take back what somebody changed over there.", ("target",), _drift),
    ("target_reachable", "1: the last look could read it wholly.", ("target",), _reachable),
    ("plans_waiting", "Saved plans that nobody decided on.", (), _plans),
    ("requests_waiting", "Requests to join that nobody decided on.", (), _requests),
    ("letters", "Letters that are kept, by state.", ("state",), _letters),
    ("meetings", "Meeting rooms with somebody in them, as far as the meeting server tells.", (), _meetings),
    ("people_in_meetings", "How many are in them.", (), _in_meetings),
    ("joins_last_day", "Places that people took in bodies within a day.", (), _joins),
)


def router(metrics: Metrics) -> APIRouter:
    """GET /metrics."""
    made = APIRouter()

    @made.get("/metrics", include_in_schema=False)
    def show() -> Response:
        return Response(metrics.rendered(), media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})

    return made
