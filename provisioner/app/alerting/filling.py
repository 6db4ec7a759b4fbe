"""Filling gaps from senders' storages, and asking for gateways. The leader's alone.

A storage is looked at when we begin to listen (at start, after each reconnect) and now and then, each time a while
further back than the last look reached. How far that is moves on only when all before it is committed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from provisioner.app.alerting.asking import Asked, noted
from provisioner.app.alerting.listening import Listening
from provisioner.model.errors import TargetError
from provisioner.model.ports import Clock
from provisioner.model.sensors import GatewayNews, News
from provisioner.model.text import Text
from provisioner.senders.gateways import GatewayWatch
from provisioner.senders.receiving import Delivery
from provisioner.senders.settings import GatewaySettings, SenderSettings, StorageSettings, ThingsStackSettings
from provisioner.senders.storage import Storage
from provisioner.state import Database, SenderStates

_log = logging.getLogger(__name__)
_KIND: Final = "things-stack"
"""The only one that has a storage."""

SPAN: Final = timedelta(hours=1)
"""So much of a storage is read at least until it is noted how far it got."""
_SEAM: Final = timedelta(seconds=1)
"""So far one part reaches into the one before: whose the very edge is, nobody says."""
_SPANS: Final = 50
"""In no more than so many parts."""
AGAIN_AFTER: Final = timedelta(minutes=1)
"""A storage that could not be read is tried again."""
PATIENCE: Final = timedelta(minutes=15)
"""So long silence waits for a storage that cannot be read; then it is told without what lies there."""
_LONGEST: Final = 2.0
"""Seconds until it is looked whether somebody was reconnected."""
_KEPT_MOMENT: Final = 0.2
"""Seconds after which a stop is noticed while others commit."""


class HasStorage(Protocol):
    """What `Storage` offers."""

    def fill(self, after: datetime, before: datetime) -> Iterator[list[bytes]]: ...

    def close(self) -> None: ...


class WatchesGateways(Protocol):
    """What `GatewayWatch` offers."""

    def look(self) -> Sequence[GatewayNews]: ...

    def close(self) -> None: ...


OpensStorage = Callable[[StorageSettings, Clock], HasStorage]
OpensWatch = Callable[[str, GatewaySettings, Clock], WatchesGateways]


class Filling:
    """Of one network. ``deliver``: the committer's; ``tell``: the intake's."""

    def __init__(
        self,
        database: Database,
        network: str,
        senders: Mapping[str, SenderSettings],
        deliver: Callable[[Delivery], None],
        tell: Callable[[Sequence[News]], object],
        listening: Listening,
        clock: Clock,
        *,
        open_storage: OpensStorage = Storage,
        open_watch: OpensWatch = GatewayWatch,
    ) -> None:
        """``senders``: their settings, with their files read."""
        self.database, self.network, self.clock = database, network, clock
        self.deliver, self.tell, self.listening = deliver, tell, listening
        self.stopping = threading.Event()
        self._storages = [
            _OneStorage(self, name, one.storage, open_storage(one.storage, clock))
            for name, one in sorted(senders.items())
            if isinstance(one, ThingsStackSettings) and one.storage is not None
        ]
        self._watches = [
            _OneWatch(self, name, one.gateways, open_watch(name, one.gateways, clock))
            for name, one in sorted(senders.items())
            if isinstance(one, ThingsStackSettings) and one.gateways is not None
        ]

    def turn(self) -> float:
        """Do what is due; seconds until there may be more. Raises `SettingsError`, `StateError`."""
        for watch in self._watches:
            watch.turn()
        for storage in self._storages:
            storage.turn()
        return _LONGEST

    def stop(self) -> None:
        """End soon, in the middle of a storage if need be; the next one goes on there."""
        self.stopping.set()

    def close(self) -> None:
        """Close the connections."""
        for watch in self._watches:
            watch.close()
        for storage in self._storages:
            storage.close()

    def reached(self, sender: str, cursor: datetime) -> None:
        """Put down how far its storage was read."""
        states = SenderStates(self.database, self.network)
        states.put(sender, {**states.get(sender), "cursor": cursor.isoformat()})

    def asked(self, sender: str, what: Asked, why: Text | None) -> None:
        """Put down that it was, or why it can't be."""
        states = SenderStates(self.database, self.network)
        before = states.get(sender)
        after = noted(what, why, before, self.clock.now())
        if after != before:
            states.put(sender, after)


class _OneStorage:
    """One sender's."""

    def __init__(self, filling: Filling, sender: str, settings: StorageSettings, storage: HasStorage) -> None:
        self._filling, self._sender = filling, sender
        self._settings, self._storage = settings, storage
        self._next: datetime | None = None
        self._of: datetime | None = None
        """The time of listening of which the gap before it was looked at, or given up, last."""
        self._trying_since: datetime | None = None

    def close(self) -> None:
        self._storage.close()

    def turn(self) -> None:
        """Look, if it is time to or somebody was reconnected."""
        filling = self._filling
        if filling.stopping.is_set():
            return
        now, since = filling.clock.now(), filling.listening.since(self._sender)
        is_new = since is not None and since != self._of
        if not is_new and self._next is not None and now < self._next:
            return
        if is_new and self._trying_since is not None and self._next is not None and now < self._next:
            return  # it was tried a moment ago
        try:
            if not self._fill(now):
                return
        except TargetError as error:
            filling.asked(self._sender, Asked.STORAGE, error.text)
            _log.warning("storage not read", extra={"sender": self._sender, "why": error.text.code})
            self._trying_since = self._trying_since or now
            self._next = now + AGAIN_AFTER
            if now - self._trying_since >= PATIENCE:
                self._is_filled(since)
            return
        filling.asked(self._sender, Asked.STORAGE, None)
        self._trying_since = None
        self._next = now + timedelta(minutes=self._settings.every_minutes)
        self._is_filled(since)

    def _is_filled(self, since: datetime | None) -> None:
        self._of = since
        self._filling.listening.filled(self._sender, since)

    def _fill(self, now: datetime) -> bool:
        """Read on from where it got to. False: it was told to stop, or what it read could not be kept."""
        filling = self._filling
        cursor = SenderStates(filling.database, filling.network).get(self._sender).get("cursor")
        oldest = now - timedelta(hours=self._settings.hours)
        after = oldest
        if isinstance(cursor, str):
            after = max(oldest, datetime.fromisoformat(cursor) - timedelta(minutes=self._settings.overlap_minutes))
        span, seam = max(SPAN, (now - after) / _SPANS), timedelta()
        while after < now:
            until = min(after + span, now)
            waiting = _Waiting()
            for page in self._storage.fill(after - seam, until):
                for payload in page:
                    delivery = Delivery(
                        self._sender, _KIND, payload, "", filling.clock.now(), waiting.one(), filled=True
                    )
                    filling.deliver(delivery)
                if filling.stopping.is_set():
                    return False
            if not waiting.are_kept(filling.stopping):
                return False
            filling.reached(self._sender, until)
            after, seam = until, _SEAM
        return True


class _OneWatch:
    """One sender's gateways."""

    def __init__(self, filling: Filling, sender: str, settings: GatewaySettings, watch: WatchesGateways) -> None:
        self._filling, self._sender, self._settings, self._watch = filling, sender, settings, watch
        self._next: datetime | None = None

    def close(self) -> None:
        self._watch.close()

    def turn(self) -> None:
        """Ask, if it is time to. What answers in any other way than it should concludes nothing."""
        filling, now = self._filling, self._filling.clock.now()
        if self._next is not None and now < self._next:
            return
        self._next = now + timedelta(minutes=self._settings.every_minutes)
        try:
            news = self._watch.look()
        except TargetError as error:
            filling.asked(self._sender, Asked.GATEWAYS, error.text)
            _log.warning("gateways not asked", extra={"sender": self._sender, "why": error.text.code})
            return
        filling.tell(news)
        filling.asked(self._sender, Asked.GATEWAYS, None)


class _Waiting:
    """For some deliveries to be settled."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open = 0
        self._failed = False

    def one(self) -> Callable[[bool], None]:
        """What settles one more."""
        with self._changed:
            self._open += 1
        return self._settle

    def _settle(self, kept: bool) -> None:
        with self._changed:
            self._open -= 1
            self._failed = self._failed or not kept
            if not self._open:
                self._changed.notify_all()

    def are_kept(self, stopping: threading.Event) -> bool:
        """Wait for all of them. False: one was not kept, or it is to stop."""
        with self._changed:
            while self._open and not self._failed and not stopping.is_set():
                self._changed.wait(_KEPT_MOMENT)
            return not self._open and not self._failed
