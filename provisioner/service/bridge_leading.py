"""What only the leader of a network's bridge does: clock, gaps, gateways, speaking, mails, tidying, a sign of life."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from provisioner.app.alerting.asking import gaps_stay
from provisioner.app.alerting.books import Books
from provisioner.app.alerting.catching_up import CatchingUp
from provisioner.app.alerting.committing import Committer
from provisioner.app.alerting.filling import Filling
from provisioner.app.alerting.heartbeat import Heartbeat
from provisioner.app.alerting.intake import Intake
from provisioner.app.alerting.listening import Listening
from provisioner.app.alerting.posting import Poster
from provisioner.app.alerting.pruning import Pruning
from provisioner.app.alerting.status import EVERY, BridgeStatus, keep_status, unsaid_for
from provisioner.app.alerting.ticking import Ticker
from provisioner.app.alerting.unread import ReadSender
from provisioner.app.bridge_settings import BridgeSettings
from provisioner.app.letters.delivering import OF_BRIDGES, Postman
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.service.looping import Loop
from provisioner.state import Waking

_log = logging.getLogger(__name__)

_LOOK: Final = 0.5
"""Seconds between two looks whether a sender is heard."""
_STILL: Final = 60.0
"""Seconds without a turn of the clock after which something is wrong."""
_UNSAID: Final = 600.0
"""Seconds that something may wait to be said, whose time has come, until something is wrong."""


@dataclass(frozen=True, slots=True)
class Common:
    """What a network's bridge has, whoever leads."""

    site: Site
    pictures: Pictures
    settings: BridgeSettings
    senders: Mapping[str, ReadSender]
    books: Books
    intake: Intake
    committer: Committer
    catching_up: CatchingUp
    status: Callable[[], BridgeStatus]


class BridgeLeader:
    """Made anew each time an instance comes to lead. Raises `SettingsError`, `StateError` on being made."""

    def __init__(self, common: Common) -> None:
        site, books = common.site, common.books
        senders = {name: one.settings for name, one in common.senders.items()}
        deaf = [name for name, one in common.senders.items() if one.is_deaf]
        database, network, clock = site.database, site.network, site.clock
        self._common = common
        self._poster = Poster(site, common.pictures, books)
        listening = Listening(senders, clock.now(), self._heard_since, deaf)
        self._ticker = Ticker(database, network, books, clock, listening, self._poster.wake)
        self._filling = Filling(
            database, network, senders, common.committer.deliver, common.intake.tell, listening, clock
        )
        pruning = Pruning(database, network, books, clock, senders)
        self._ticked = clock.monotonic()
        self._noted: BridgeStatus | None = None
        turns: dict[str, Callable[[], float]] = {
            "clock": self._tick,
            "gaps": self._filling.turn,
            "mails": Postman(site, common.pictures, kinds=OF_BRIDGES).turn,
            "answers": common.catching_up.turn,
            "tidying": pruning.turn,
            "status": self._note,
        }
        if common.settings.heartbeat is not None:
            turns["heartbeat"] = Heartbeat(site, common.settings.heartbeat, self._is_well).turn
        self._loops = [Loop(f"bridge {network} {what}", turn) for what, turn in turns.items()]
        self._waking = Waking.of(database, network, self._poster.wake)
        if self._waking is not None:
            self._loops.append(Loop(f"bridge {network} waking", self._waking.turn, at_last=self._waking.close))

    def start(self) -> None:
        """Begin."""
        self._poster.start()
        for loop in self._loops:
            loop.start()

    def tell_to_stop(self) -> None:
        """Wait for nothing yet."""
        self._filling.stop()
        for loop in self._loops:
            loop.stop()
        if self._waking is not None:
            self._waking.stop()

    def stop(self) -> None:
        """Nothing of it is left when this returns."""
        self.tell_to_stop()
        for loop in self._loops:
            loop.join()
        self._filling.close()
        self._poster.stop()

    def wake(self) -> None:
        """There may be something to say."""
        self._poster.wake()

    def _heard_since(self, sender: str) -> datetime | None:
        line = self._common.status().lines.get(sender)
        return None if line is None else line.listening_since

    def _tick(self) -> float:
        wait = self._ticker.turn()
        self._ticked = self._common.site.clock.monotonic()
        return wait

    def _note(self) -> float:
        """Put down how it is when that changed, and now and then that it is still so."""
        status, noted = self._common.status(), self._noted
        if noted is None or status.lines != noted.lines or (status.at - noted.at).total_seconds() >= EVERY:
            for sender, line in status.lines.items():
                before = None if noted is None else noted.lines.get(sender)
                if line.listening_since is not None and (before is None or before.listening_since is None):
                    _log.info("listening to sender", extra={"network": self._common.site.network, "sender": sender})
            keep_status(self._common.site, status)
            self._noted = status
        return _LOOK

    def _is_well(self) -> bool:
        """Whether all is heard that is to be heard, kept and said, gaps are filled, and the clock goes.

        Raises `StateError`.
        """
        site = self._common.site
        if site.clock.monotonic() - self._ticked >= _STILL or self._common.status().troubles():
            return False
        return unsaid_for(site) < _UNSAID and not gaps_stay(site)
