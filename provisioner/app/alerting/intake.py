"""What senders tell, taken in: known again, kept, judged, and what is to be said of it, all in one transaction.

Only when it is committed the senders are told so. A message that cannot be worked with stands in nobody's way: a batch
that fails is halved until it stands alone, and then it is counted and done with.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Sequence
from typing import Final

from provisioner.alerts.book import Book
from provisioner.app.alerting.books import HasBook, RecentBooks
from provisioner.app.alerting.judging import Judging, Taken
from provisioner.app.alerting.sorting import Sorted, of_news, sort
from provisioner.model.errors import ReadiError, StateError
from provisioner.model.ports import Clock
from provisioner.model.sensors import News
from provisioner.senders.receiving import Delivery
from provisioner.state import Database, SenderStates

_log = logging.getLogger(__name__)

MOST: Final = 500
"""Messages in one transaction."""


class NotTaken(Exception):
    """The database cannot keep it at this moment: ``rest`` was not taken, nor settled, and may be offered again."""

    def __init__(self, rest: Sequence[Delivery], why: ReadiError) -> None:
        super().__init__(why.text.code)
        self.rest = tuple(rest)
        self.why = why


class Intake:
    """The intake of one network. Safe for several threads; several instances may each have one."""

    def __init__(
        self,
        database: Database,
        network: str,
        books: HasBook,
        clock: Clock,
        *,
        test: bool = False,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        """``test``: what senders mark as simulated counts. ``told``: called after a commit with something to say."""
        self._database, self._network, self._clock = database, network, clock
        self._books = RecentBooks(books, clock)
        self._test, self._told = test, told

    def take(self, deliveries: Sequence[Delivery]) -> Taken:
        """Take them, `MOST` at a time, and settle each that is committed (or done with). Raises `NotTaken`."""
        taken = Taken()
        waiting = [list(deliveries[start : start + MOST]) for start in range(0, len(deliveries), MOST)][::-1]
        while waiting:
            part = waiting.pop()
            try:
                taken += self._commit(part)
            except Exception as fault:
                if isinstance(fault, ReadiError) and not _is_about_a_message(fault):
                    raise NotTaken([*part, *(one for later in waiting[::-1] for one in later)], fault) from fault
                if len(part) > 1:
                    half = len(part) // 2
                    waiting += [part[half:], part[:half]]
                    continue
                try:
                    taken += self._give_up(part[0], fault)
                except StateError as error:
                    raise NotTaken([*part, *(one for later in waiting[::-1] for one in later)], error) from error
            for delivery in part:
                delivery.settle(True)
        return taken

    def tell(self, news: Sequence[News]) -> Taken:
        """Take in what did not come as a message: gateways that were asked for, senders that cannot be heard.

        Raises `SettingsError`, `StateError`.
        """
        book = self._books.now()
        return self._judge(of_news(news, book), book)

    def refused(self, sender: str, why: str) -> None:
        """A message was not even read: a key of `provisioner.senders.parsing.REFUSALS`. Raises `StateError`."""
        SenderStates(self._database, self._network).count({(sender, f"refused:{why}"): 1}, self._clock.now())

    def _give_up(self, delivery: Delivery, fault: Exception) -> Taken:
        """Alone it fails, too. Nothing of what it holds gets into the log."""
        SenderStates(self._database, self._network).count({(delivery.sender, "poison"): 1}, self._clock.now())
        what = {"network": self._network, "sender": delivery.sender, "fault": type(fault).__name__}
        _log.error("message that cannot be worked with", extra={**what, "where": _where(fault)})
        return Taken(poison=1)

    def _commit(self, deliveries: Sequence[Delivery]) -> Taken:
        book = self._books.now()
        return self._judge(sort(deliveries, book, test=self._test), book)

    def _judge(self, found: Sorted, book: Book) -> Taken:
        with self._database.writing() as connection:
            taken = Judging(connection, self._network, book, self._clock.now()).take(found)
        if taken.sayings:
            self._told()
        return taken


def _is_about_a_message(error: ReadiError) -> bool:
    """Whether the database refused what it was given; everything else is its own trouble, and passes."""
    return isinstance(error, StateError) and error.text.code == "state.failed"


def _where(fault: BaseException) -> str:
    """The innermost line of ours: what an exception says can quote what came."""
    frames = traceback.extract_tb(fault.__traceback__)
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
