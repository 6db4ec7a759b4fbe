"""A batch of messages, read and sorted by what has to be done with them. Nothing here asks the database."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from provisioner.alerts.book import Book, Station
from provisioner.app.alerting.words import word_of
from provisioner.model.sensors import BatteryNews, ForeignAlert, GatewayNews, News, Uplink
from provisioner.senders.parsing import parse
from provisioner.senders.receiving import Delivery
from provisioner.state import GatewayRow, UnknownDevice

_PATHS: Final = 60
"""So many names of fields are kept of an unknown device."""


@dataclass(slots=True)
class Sorted:
    """What a batch holds."""

    uplinks: list[tuple[Station, Uplink, int]] = field(default_factory=list)
    """With its word, by the time of the measurement."""
    batteries: list[tuple[Station, BatteryNews]] = field(default_factory=list)
    foreign: list[ForeignAlert] = field(default_factory=list)
    gateways: list[GatewayRow] = field(default_factory=list)
    unknown: dict[tuple[str, str], UnknownDevice] = field(default_factory=dict)
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (sender, what)."""

    def note_unknown(self, sender: str, device: str, at: datetime, paths: Sequence[str]) -> None:
        """Somebody of whom the registry knows nothing was heard."""
        self.counted[sender, "unknown"] += 1
        before = self.unknown.get((sender, device))
        count, first = (before.count + 1, before.first_heard) if before else (1, at)
        names = tuple(sorted(paths)[:_PATHS])
        self.unknown[sender, device] = UnknownDevice(sender, device, first, at, count, names)

    def refuse(self, why: str, counts: Mapping[str, int]) -> None:
        """By sender so many were refused: a key of `provisioner.senders.parsing.REFUSALS`."""
        for sender, count in counts.items():
            if count:
                self.counted[sender, f"refused:{why}"] += count

    def add(self, news: News, sender: str, received: datetime, book: Book) -> None:
        """Put it where it belongs."""
        if isinstance(news, Uplink):
            station = book.sensor(sender, news.device)
            if station is None:
                self.note_unknown(sender, news.device.key, received, list(news.values))
            else:
                self.uplinks.append((station, news, word_of(news)))
        elif isinstance(news, BatteryNews):
            station = book.sensor(sender, news.device)
            if station is None:
                self.note_unknown(sender, news.device.key, received, ["battery"])
            else:
                self.batteries.append((station, news))
        elif isinstance(news, GatewayNews):
            self.gateways.append(GatewayRow(sender, news.gateway, news.online, news.at))
        else:
            self.foreign.append(news)


def sort(deliveries: Sequence[Delivery], book: Book, *, test: bool) -> Sorted:
    """Read them. ``test``: what senders mark as simulated counts."""
    found = Sorted()
    for one in deliveries:
        sender = one.sender
        parsed = parse(one.kind, one.payload, one.received, sender, one.topic, one.event, one.filled, test)
        if parsed.refused is not None:
            found.counted[sender, f"refused:{parsed.refused}"] += 1
        elif parsed.skipped:
            found.counted[sender, "skipped"] += 1
        if parsed.dropped:
            found.counted[sender, "dropped"] += parsed.dropped
        for news in parsed.news:
            found.add(news, sender, one.received, book)
    # In the order in which it was measured; of one moment, in the order in which it came.
    found.uplinks.sort(key=lambda one: one[1].at)
    return found


def of_news(news: Sequence[News], book: Book) -> Sorted:
    """The same for what did not come as a message."""
    found = Sorted()
    for one in news:
        found.add(one, one.sender, one.at, book)
    found.uplinks.sort(key=lambda one: one[1].at)
    return found
