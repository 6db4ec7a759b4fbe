"""Which alerts of others' engines count: those that a rule names, and of each sender no more than are looked at."""

from typing import Final

from provisioner.alerts.book import Book
from provisioner.alerts.foreign import key
from provisioner.alerts.sensing import decode
from provisioner.app.alerting.sorting import Sorted
from provisioner.model.alerts import Rule
from provisioner.model.sensors import ForeignAlert
from provisioner.state import SensorRow, SensorStates

MOST: Final = 1_000
"""Of one sender that are remembered. Where ever new ones come the ends of the oldest are forgotten first."""

Ruled = tuple[ForeignAlert, Rule]


class Foreigners:
    """Inside of a batch's transaction, before the states of sensors are held."""

    def __init__(self, states: SensorStates, book: Book) -> None:
        self._states, self._book = states, book

    def chosen(self, found: Sorted) -> list[Ruled]:
        """Those to be judged. What no rule names is shown like devices of which nobody knows. Raises `StateError`."""
        ruled: dict[str, list[Ruled]] = {}
        for alert in found.foreign:
            rule = self._book.foreign(alert)
            if rule is None:
                found.note_unknown(alert.sender, alert.name, alert.at, list(alert.labels))
            else:
                ruled.setdefault(alert.sender, []).append((alert, rule))
        return [one for sender, theirs in sorted(ruled.items()) for one in self._with_room(found, sender, theirs)]

    def _with_room(self, found: Sorted, sender: str, theirs: list[Ruled]) -> list[Ruled]:
        """Those that are known, and new ones as far as there is room; whoever names ever new ones fills no table."""
        known = {row.sensor: row for row in self._states.beginning(f"{sender}:")}
        new = dict.fromkeys(key(alert) for alert, _ in theirs if alert.firing and key(alert) not in known)
        beyond = len(known) + len(new) - MOST
        if beyond > 0:
            named = {key(alert) for alert, _ in theirs}
            over = [row for name, row in known.items() if name not in named and _is_over(row)]
            forgotten = sorted(over, key=lambda row: (row.heard is not None and row.heard.timestamp(), row.sensor))
            self._states.forget([row.sensor for row in forgotten[:beyond]])
            beyond -= min(beyond, len(forgotten))
        chosen = known.keys() | set(list(new)[: len(new) - max(beyond, 0)])
        crowd = sum(alert.firing and key(alert) not in chosen for alert, _ in theirs)
        found.refuse("crowd", {sender: crowd})
        return [one for one in theirs if key(one[0]) in chosen]


def _is_over(row: SensorRow) -> bool:
    return not row.about or not decode(row.about).watches
