"""/metrics of the bridge: what comes, what goes on, what waits to be said. Names of senders, and of nothing else."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from provisioner.app.alerting.status import unsaid_for
from provisioner.app.site import Site
from provisioner.model.alerts import AlertSeverity
from provisioner.service.bridging import Bridge
from provisioner.state import AlertOutbox, Alerts, Gateways, SenderStates

_Values = Iterable[tuple[tuple[str, ...], float]]


class BridgeFacts(Collector):
    """Asked anew whenever somebody looks; of networks with a bridge."""

    def __init__(self, sites: Mapping[str, Site], bridge: Bridge) -> None:
        self._sites = {name: site for name, site in sites.items() if site.section.bridge is not None}
        self._bridge = bridge

    def describe(self) -> Iterable[Metric]:
        """Nothing ahead: registering must not read a database."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """One family after the other, each over all networks."""
        messages = CounterMetricFamily(
            "readi_bridge_messages", "What came, by what became of it.", labels=["network", "sender", "what"]
        )
        for network, site in self._sites.items():
            for sender, counts in SenderStates(site.database, network).counts().items():
                for what, (count, _) in counts.items():
                    messages.add_metric([network, sender, what], count)
        yield messages
        for name, told, labels, values in _FAMILIES:
            family = GaugeMetricFamily(f"readi_{name}", told, labels=["network", *labels])
            for network, site in self._sites.items():
                for label, value in values(site):
                    family.add_metric([network, *label], value)
            yield family
        yield from self._here()

    def _here(self) -> Iterator[Metric]:
        """What this very process knows."""
        leads = GaugeMetricFamily("readi_bridge_leader", "1: this instance leads the bridge.", labels=["network"])
        queue = GaugeMetricFamily("readi_bridge_queue", "Came, and is not committed yet.", labels=["network"])
        heard = GaugeMetricFamily(
            "readi_sender_listened_to", "1: its broker is listened to here.", labels=["network", "sender"]
        )
        for network, one in self._bridge.networks.items():
            leads.add_metric([network], float(one.leads()))
            status = one.status()
            queue.add_metric([network], status.waiting)
            for sender, line in status.lines.items():
                heard.add_metric([network, sender], float(line.listening_since is not None))
        yield from (leads, queue, heard)


def _alerts(site: Site) -> _Values:
    counts = Counter(row.severity for row in Alerts(site.database, site.network).going_on())
    return [((str(severity),), counts[severity]) for severity in AlertSeverity]


def _to_say(site: Site) -> _Values:
    yield (), sum(AlertOutbox(site.database, site.network).on_the_way().values())


def _oldest(site: Site) -> _Values:
    yield (), unsaid_for(site)


def _gateways(site: Site) -> _Values:
    yield (), sum(not one.online for one in Gateways(site.database, site.network).all())


_FAMILIES: Final[tuple[tuple[str, str, tuple[str, ...], Callable[[Site], _Values]], ...]] = (
    ("alerts_open", "Alerts that go on.", ("severity",), _alerts),
    ("sayings_waiting", "What is to be said of alerts and was not said yet.", (), _to_say),
    ("sayings_oldest_seconds", "How long the oldest of them waits whose time has come.", (), _oldest),
    ("gateways_down", "Gateways without a connection.", (), _gateways),
)
