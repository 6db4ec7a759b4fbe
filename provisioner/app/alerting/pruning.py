"""What is kept of sensors and alerts, and for how long: as the policy says. The leader's alone."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from provisioner.alerts.alerting import decode_alert, encode_alert
from provisioner.app.alerting.books import HasBook
from provisioner.app.alerting.mouths import Mouth
from provisioner.model.errors import ReadiError
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

_log = logging.getLogger(__name__)

_TOO_LATE: Final = Text.of("alerting.too_late")
EVERY: Final = 3600.0
"""Seconds."""
UNKNOWN_DAYS: Final = 30
"""Days after which a device is not shown any more that nobody entered and that was not heard."""


FIRST_LOOK: Final = 600.0
"""Seconds after a start: until then alerts alone have a say."""
DAILY: Final = 86_400.0
GOING_ON: Final = 900.0
"""Seconds until old pictures are looked at again, where some were left."""
MOST_PICTURES: Final = 50
"""That are taken away at once on one target: for some seconds no new ones are shown."""


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


class OldPictures:
    """Those that were shown in conversations lie in the files of our account, and count for its quota."""

    def __init__(self, network: str, clock: Clock, targets: Collection[str]) -> None:
        self._network, self._clock = network, clock
        self._looks = dict.fromkeys(targets, clock.monotonic() + FIRST_LOOK)
        """When each target is looked at next."""

    def turn(self, mouth: Mouth, days: int) -> float:
        """Take away what was shown so many days ago; seconds until it is time again."""
        before = self._clock.now() - timedelta(days=days)
        for target, due in self._looks.items():
            if due <= self._clock.monotonic():
                pause = DAILY if self._tidied(mouth, target, before) else GOING_ON
                self._looks[target] = self._clock.monotonic() + pause
        return max(0.0, min(self._looks.values(), default=DAILY) - self._clock.monotonic())

    def _tidied(self, mouth: Mouth, target: str, before: datetime) -> bool:
        """Whether nothing old is left there."""
        try:
            return mouth.forget_pictures(target, pictures_of(self._network), before, MOST_PICTURES) == 0
        except ReadiError as error:
            what = {"network": self._network, "target": target, "why": error.text.code}
            _log.warning("old pictures not taken away", extra=what)
            return False


def pictures_of(network: str) -> str:
    """What the names of a network's pictures begin with: an account may show those of several."""
    return f"alarm {network} "


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
