"""Hands a network's errands to its worker, and takes away what is done. Nothing that was put down is ever lost."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import timedelta
from typing import Final

from provisioner.app.site import Site
from provisioner.app.work.jobs import JobReport
from provisioner.app.work.progress import ProgressStore
from provisioner.model.errands import Errand
from provisioner.service.batching import MOST_TOGETHER, next_job, pause_after
from provisioner.service.worker import Worker, WorkerGone
from provisioner.state import Errands

_log = logging.getLogger(__name__)

POLL: Final = 1.0
"""Seconds after which it looks by itself: errands also come from commands and from other instances."""
LOCKED_PAUSE: Final = 2.0
"""Seconds, while somebody at a terminal writes to one of the servers."""
GivenUp = Callable[[Sequence[Errand]], None]
"""Told of errands that failed too often."""


class Dispatcher:
    """One network's; `turn` again and again is the life of a `provisioner.service.looping.Loop`."""

    def __init__(self, site: Site, worker: Worker, given_up: GivenUp) -> None:
        self._site, self._worker, self._given_up = site, worker, given_up
        self._errands = Errands(site.database, site.network)
        self._most = MOST_TOGETHER
        """Halved when nothing came of so many together, so that the one who spoils it is soon alone."""

    def turn(self) -> float:
        """Do one job, if one is due; how many seconds to wait before the next turn. Raises `StateError`."""
        if not self._worker.keep():
            return POLL
        due = self._errands.due(self._site.clock.now())
        batch = next_job(due, self._most)
        if not batch:
            return POLL
        try:
            report = self._worker.perform(batch)
        except WorkerGone as gone:
            return 0.0 if gone.stopped else self._crashed(batch)
        return self._settled(batch, report)

    def _settled(self, batch: Sequence[Errand], report: JobReport) -> float:
        if report.locked is not None:
            _log.info("server locked", extra={"network": self._site.network, "why": report.locked.code})
            return LOCKED_PAUSE
        if report.split and self._halve(batch):
            return 0.0
        again = {errand.id for errand in batch} if report.split else report.again
        if report.done:
            self._errands.done(report.done)
        self._put_off(errand for errand in batch if errand.id in again)
        if not again:
            self._most = min(self._most * 2, MOST_TOGETHER)
        undone = {errand.id for errand in batch} - report.done - again
        return POLL if undone else 0.0

    def _crashed(self, batch: Sequence[Errand]) -> float:
        """The worker is started anew. What of the batch made it end shows when it is tried in smaller parts."""
        ProgressStore(self._site).clear()
        if all(errand.only is not None for errand in batch):
            if not self._halve(batch):
                self._put_off(batch, crashed=True)
        else:
            self._put_off((errand for errand in batch if errand.only is None), crashed=True)
        return POLL

    def _halve(self, batch: Collection[Errand]) -> bool:
        ids = {errand.only for errand in batch}
        if len(ids) < 2:
            return False
        self._most = len(ids) // 2
        return True

    def _put_off(self, errands: Iterable[Errand], *, crashed: bool = False) -> None:
        """A process that ended for the first time may have been ended by anybody: that is tried again at once."""
        now, given_up = self._site.clock.now(), []
        for errand in errands:
            pause = timedelta(0) if crashed and not errand.tries else pause_after(errand.tries + 1)
            if pause is None:
                given_up.append(errand)
            else:
                self._errands.again([errand.id], now + pause)
        if given_up:
            about = {"network": self._site.network, "job": str(given_up[0].job), "count": len(given_up)}
            _log.error("errands given up", extra=about)
            self._given_up(given_up)
            self._errands.done([errand.id for errand in given_up])
