"""/metrics: how the service is doing, in numbers. No names, no ids of people, no paths that anybody asked for."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from provisioner.app.site import Site
from provisioner.model.messages import LetterState
from provisioner.state import Errands, Outbox, Requests, SavedPlans

_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0, 2.5, 5.0, 10.0)
"""Seconds; 0.3 and 0.4 are what pages promise."""


class Metrics:
    """The numbers of one process. ``leads``: whether this instance does the work."""

    def __init__(self, sites: Mapping[str, Site], leads: Callable[[], bool]) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Facts(sites, leads))
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


class _Facts(Collector):
    """Asked anew whenever somebody looks."""

    def __init__(self, sites: Mapping[str, Site], leads: Callable[[], bool]) -> None:
        self._sites, self._leads = sites, leads

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        leader = GaugeMetricFamily("readi_leader", "1: this instance does the work.")
        leader.add_metric([], float(self._leads()))
        yield leader
        errands = GaugeMetricFamily("readi_errands_waiting", "What is to be done yet.", labels=["network"])
        plans = GaugeMetricFamily("readi_plans_waiting", "Saved plans that nobody decided on.", labels=["network"])
        requests = GaugeMetricFamily(
            "readi_requests_waiting", "Requests to join that nobody decided on.", labels=["network"]
        )
        letters = GaugeMetricFamily("readi_letters", "Letters kept, by state.", labels=["network", "state"])
        for network, site in self._sites.items():
            errands.add_metric([network], Errands(site.database, network).count())
            plans.add_metric([network], len(SavedPlans(site.database).waiting(network)))
            requests.add_metric([network], len(Requests(site.database, network).waiting()))
            counts = Outbox(site.database, network, site.clock.now()).counts()
            for state in LetterState:
                letters.add_metric([network, str(state)], counts.get(state, 0))
        yield from (errands, plans, requests, letters)


def router(metrics: Metrics) -> APIRouter:
    """GET /metrics."""
    made = APIRouter()

    @made.get("/metrics", include_in_schema=False)
    def show() -> Response:
        return Response(metrics.rendered(), media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})

    return made
