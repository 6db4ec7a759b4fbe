"""What is kept of sensors and alerts, and for how long: as the policy says. The leader's alone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from provisioner.alerts.alerting import decode_alert, encode_alert
from provisioner.app.alerting.books import HasBook
from provisioner.model.ports import Clock
from provisioner.model.text import Text
from provisioner.state import (
    AlertOutbox,
    Alerts,
    AlertSilences,
    Database,
    SenderStates,
    UnknownDevices,
    Uplinks,
    Within,
)

_TOO_LATE: Final = Text.of("alerting.too_late")
EVERY: Final = 3600.0
"""Seconds."""
UNKNOWN_DAYS: Final = 30
"""Days after which a device is not shown any more that nobody entered and that was not heard."""


class Pruning:
    """Of one network. ``senders``: those that the settings name."""

    def __init__(
        self, database: Database, network: str, books: HasBook, clock: Clock, senders: Collection[str] = ()
    ) -> None:
        self._database, self._network, self._books, self._clock = database, network, books, clock
        self._senders = frozenset(senders)

    def turn(self) -> float:
        """Forget what is old enough; seconds until it is time again. Raises `SettingsError`, `StateError`."""
        policy, now = self._books.now().policy, self._clock.now()
        uplinks, after = Uplinks(self._database, self._network), ""
        while True:
            _, going_on = uplinks.forget(now - timedelta(days=policy.uplink_days), after)
            if going_on is None:
                break
            after = going_on
        over, named = now - timedelta(days=policy.alert_days), now - timedelta(days=policy.names_days)
        with self._database.writing() as connection:
            within = Within(connection)
            alerts = Alerts(within, self._network)
            alerts.alone()
            alerts.forget(over)
            forget_takers(alerts, named)
            outbox = AlertOutbox(within, self._network)
            outbox.give_up(named, _TOO_LATE.code, now)
            outbox.strip(named)
            outbox.forget(named)
            silences = AlertSilences(within, self._network)
            silences.forget(over)
            silences.forget_names(named)
            UnknownDevices(within, self._network).forget(now - timedelta(days=UNKNOWN_DAYS))
            states = SenderStates(within, self._network)
            for sender in states.names() - self._senders:
                states.forget(sender)
        return EVERY


def forget_takers(alerts: Alerts, before: datetime, person: str | None = None) -> int:
    """Who had an alert until before then (or: whatever this person has or had) is not known any more; how many.

    In the transaction in which it is called nobody else may change alerts: `Alerts.alone`.
    """
    count = 0
    for row in alerts.holding('"taken":["'):
        state = decode_alert(row.about)
        taken = state.taken
        if taken is None or not taken.by:
            continue
        if taken.by == person if person is not None else taken.until < before.timestamp():
            taken.by = ""
            alerts.rewrite(row.id, encode_alert(state))
            count += 1
    return count
