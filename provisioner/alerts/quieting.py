"""Silences and maintenance windows: for which sensors of an alert is nothing said, and until when?"""

from collections.abc import Callable, Iterable
from datetime import datetime

from provisioner.alerts.book import Book
from provisioner.model.alerts import Quiet

Quieted = Callable[[str], datetime | None]
"""By a sensor's key: until when nothing is said of it; None: it is."""


def nothing_quieted(sensor: str) -> datetime | None:
    """No silence holds."""
    return None


def quieted(quiets: Iterable[Quiet], book: Book, rule: str, body: str, now: datetime) -> Quieted:
    """Which sensors of an alert are quiet now. A silence that has not begun or is over quiets nothing."""
    holding = [quiet for quiet in quiets if quiet.since <= now < quiet.until]
    if not holding:
        return nothing_quieted
    scopes = ("all", f"rule:{rule}", f"body:{body}", f"body:{body}/rule:{rule}")
    whole = [quiet.until for quiet in holding if quiet.scope in scopes]
    sensors = {quiet.scope: quiet.until for quiet in sorted(holding, key=lambda quiet: quiet.until)}

    def until(sensor: str) -> datetime | None:
        station = book.station(sensor)
        ends = [*whole, sensors.get(f"sensor:{sensor}")]
        if station is not None:
            ends += [sensors.get(f"sensor:{station.sensor.id}"), sensors.get(f"organisation:{station.organisation}")]
        return max((end for end in ends if end is not None), default=None)

    return until
