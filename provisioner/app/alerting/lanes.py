"""Which conversation's turn it is: one message at a time in each, none that waits for another one, and not too many.

A lane is a body's conversation. In memory alone: who takes over begins anew, and what waits stands in the database.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from policies.alertsections import StormPolicy

FIRST_REST: Final = timedelta(seconds=2)
LONGEST_REST: Final = timedelta(minutes=10)
LONGEST_WAIT: Final = timedelta(hours=1)
"""What rests for longer was put off by a clock that was ahead."""
GATHERING: Final = timedelta(seconds=3)
"""So long more is waited for before what is too much is said in one message: a storm comes within seconds."""
PATIENCE: Final = 2.0
"""Seconds for an answer; a lane whose server takes longer is slow."""


class Brake(StrEnum):
    """What may be said in a conversation now."""

    FREE = "free"
    GATHER = "gather"  # all that waits, in one message
    WAIT = "wait"


@dataclass
class _Lane:
    """One conversation."""

    busy: bool = False
    slow: bool = False
    failures: int = 0
    rests_until: datetime | None = None
    """After failures."""
    braked_until: datetime | None = None
    said: deque[datetime] = field(default_factory=deque)
    """When something was said that counts for the brake, as long as it counts."""
    gathered_at: datetime | None = None
    """When more than it takes was said in one message last, while the storm goes on."""
    gathers_at: datetime | None = None
    """Until then is waited for more that is to be gathered."""


class Lanes:
    """All lanes of one network. Not safe for threads: one bookkeeper asks and tells."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}

    def closed(self, now: datetime) -> frozenset[str]:
        """Bodies whose turn it is not: something is being said there, or it rests since that failed."""
        return frozenset(body for body, lane in self._lanes.items() if lane.busy or _is_ahead(lane.rests_until, now))

    def braked(self, now: datetime) -> frozenset[str]:
        """Bodies that were told so much that more of it is gathered first."""
        return frozenset(body for body, lane in self._lanes.items() if _is_ahead(lane.braked_until, now))

    def take(self, body: str) -> None:
        """Something is being said there from now on."""
        self._of(body).busy = True

    def answered(self, body: str, *, after: float) -> None:
        """So many seconds it took there, whatever came of it."""
        self._of(body).slow = after >= PATIENCE

    def is_slow(self, body: str) -> bool:
        """Whether its server let us wait last time."""
        return self._of(body).slow

    def went(self, body: str, now: datetime, *, count: int = 1, counts: bool = True) -> None:
        """A message arrived there, which told of ``count`` sayings. ``counts``: it counts for the brake."""
        lane = self._of(body)
        lane.busy, lane.failures, lane.rests_until = False, 0, None
        if counts:
            lane.said.append(now)
            was_in_storm = lane.gathered_at is not None
            is_braked = was_in_storm or lane.gathers_at is not None
            lane.gathered_at = now if is_braked and (count > 1 or not was_in_storm) else None
            lane.gathers_at = None

    def passed(self, body: str) -> None:
        """What was to be said there is not said at all: the next one's turn."""
        self._of(body).busy = False

    def failed(self, body: str, now: datetime, retry_after: float | None = None) -> datetime:
        """It did not arrive; until when nothing is tried there, twice as long each time. ``retry_after``: seconds."""
        lane = self._of(body)
        wait: timedelta = min(FIRST_REST * int(2 ** min(lane.failures, 20)), LONGEST_REST)
        if retry_after is not None:
            wait = max(wait, min(timedelta(seconds=retry_after), LONGEST_REST))
        lane.busy, lane.failures, lane.rests_until = False, lane.failures + 1, now + wait
        return now + wait

    def brake(self, body: str, now: datetime, storm: StormPolicy) -> Brake:
        """What may be said there now; where it has to wait, the lane is braked until then.

        Within the seconds of a storm a conversation gets as many messages as the policy says, and the last of them
        gathers the rest. As long as there is more to say then, one follows in as many seconds, which gathers again.
        """
        lane, window = self._of(body), timedelta(seconds=storm.seconds)
        lane.braked_until = None
        while lane.said and not now - window < lane.said[0] <= now:
            lane.said.popleft()
        if lane.gathered_at is not None and not now - 2 * window < lane.gathered_at <= now:
            lane.gathered_at = None  # it is over
        if lane.gathered_at is not None:
            return self._gather(lane, lane.gathered_at + window, now)
        if len(lane.said) < max(1, storm.messages - 1):
            lane.gathers_at = None
            return Brake.FREE
        if lane.gathers_at is None or lane.gathers_at > now + max(GATHERING, window):
            full = len(lane.said) >= storm.messages
            lane.gathers_at = lane.said[-storm.messages] + window if full else now + GATHERING
        return self._gather(lane, lane.gathers_at, now)

    def next_turn(self, now: datetime) -> datetime | None:
        """When the next lane stops resting, or is not braked any more; None: there is none."""
        coming = (
            moment for one in self._lanes.values() if not one.busy for moment in (one.rests_until, one.braked_until)
        )
        return min((moment for moment in coming if moment is not None and moment > now), default=None)

    def _gather(self, lane: _Lane, at: datetime, now: datetime) -> Brake:
        if now >= at:
            return Brake.GATHER
        lane.braked_until = at
        return Brake.WAIT

    def _of(self, body: str) -> _Lane:
        return self._lanes.setdefault(body, _Lane())


def _is_ahead(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now < moment <= now + LONGEST_WAIT
