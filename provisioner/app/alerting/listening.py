"""Who is listened to, and since when: without it nobody can tell a sensor that is silent from one that is not heard."""

import threading
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from provisioner.alerts.sensing import Circumstances
from provisioner.senders.settings import SenderSettings, ThingsStackSettings
from provisioner.state import GatewayRow


class Listening:
    """The senders of one network, as one instance hears them. Safe for many threads."""

    def __init__(
        self,
        senders: Mapping[str, SenderSettings],
        since: datetime,
        heard_since: Callable[[str], datetime | None] = lambda sender: None,
        left_out: Collection[str] = (),
    ) -> None:
        """``since``: from then on senders may call. ``heard_since``: of one with a broker, without a break.

        ``left_out``: those of whose settings so much could not be read that they are not heard.
        """
        self._since, self._heard_since = since, heard_since
        self._brokers = frozenset(left_out) | {
            name for name, one in senders.items() if getattr(one, "mqtt", None) is not None
        }
        self._senders = frozenset(senders)
        self._storages = frozenset(
            name for name, one in senders.items() if isinstance(one, ThingsStackSettings) and one.storage is not None
        )
        self._filled: dict[str, datetime] = {}
        """Of which time of listening the gap before it is filled, or will not be."""
        self._gaps = 0
        self._lock = threading.Lock()

    def since(self, sender: str) -> datetime | None:
        """Since when it is listened to without a break; None: it is not."""
        if sender not in self._senders:
            return None
        return self._heard_since(sender) if sender in self._brokers else self._since

    @property
    def brokers(self) -> frozenset[str]:
        """Senders that we have to reach ourselves, or can't hear for another reason of ours."""
        return self._brokers

    def fills(self, sender: str) -> bool:
        """Whether a gap before this time of listening is still to be filled."""
        since = self.since(sender)
        with self._lock:
            return sender in self._storages and since is not None and self._filled.get(sender) != since

    def filled(self, sender: str, since: datetime | None) -> None:
        """What the storage has of before ``since`` is in, or nobody will get it."""
        with self._lock:
            if since is not None and self._filled.get(sender) != since:
                self._filled[sender] = since
                self._gaps += 1

    def gaps(self) -> int:
        """How many gaps were filled so far, or given up."""
        with self._lock:
            return self._gaps

    def snapshot(self) -> Mapping[str, bool]:
        """By sender whether a gap is being filled."""
        return {sender: self.fills(sender) for sender in sorted(self._senders)}

    def circumstances(self, sender: str | None, gateways: tuple[GatewayRow, ...]) -> Circumstances:
        """What is true of a sensor of this sender; None: it may be anybody's. ``gateways``: as they are known."""
        asked = self._senders if sender is None else {sender}
        times = [self.since(one) for one in asked]
        heard = [time for time in times if time is not None]
        since = max(heard) if heard and len(heard) == len(times) else None
        up = {one.gateway: one.since for one in gateways if one.online}
        down = frozenset(one.gateway for one in gateways if not one.online and one.gateway not in up)
        return Circumstances(since, any(self.fills(one) for one in asked), down, up)
