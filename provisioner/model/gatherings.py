"""People in meeting rooms, in numbers: what a meeting server tells while they come and go, and what follows from it.

The server tells each thing in a request of its own, retries, and waits for none: they come in any order, twice, or not
at all. So nothing is added up as it comes: whatever was told is put side by side, and the gatherings follow from the
whole of it. The same things told in another order, or more than once, give the same gatherings.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SILENT_SECONDS: Final = 12 * 3600
"""After so long without a word a gathering is over: that it ended was told, and nobody heard."""


class Told(StrEnum):
    """What the meeting server tells of."""

    CREATED = "created"  # the room was opened
    JOINED = "joined"
    LEFT = "left"
    DESTROYED = "destroyed"  # the room was closed


_STAYS: Final = frozenset({Told.JOINED, Told.LEFT})


@dataclass(frozen=True, slots=True)
class Count:
    """One thing that was told of one room. Times are seconds since 1970, by the meeting server's clock."""

    told: Told
    at: int
    """When it happened."""
    since: int
    """Since when there was this room; of people who come and go: since when this one was inside."""
    inside: int = 0
    """How many there were after it; of a room that was opened or closed: how many had come until then."""
    most: int = 0
    """Of a room that was opened or closed: how many were inside together until then."""


@dataclass(frozen=True, slots=True)
class Gathering:
    """From the opening of a room to its end."""

    created: int
    told: int
    """When the last thing happened of which something is known."""
    now: int
    """How many are inside; 0 once it has ended."""
    most: int
    came: int
    """How often somebody came in: whoever comes back counts again."""
    ended: int | None = None


def gatherings_of(counts: Iterable[Count], now: int, over: Mapping[int, int]) -> list[tuple[Gathering, list[Count]]]:
    """The gatherings of one room, the earliest first, each with what was told of it.

    ``over``: those that are put down already, as beginning → end; what is told of them now comes too late, and is in
    none of the results.
    """
    counts = list(counts)
    rooms = [count for count in counts if count.told in (Told.CREATED, Told.DESTROYED)]
    starts = sorted({*over, *(count.since for count in rooms)})
    ends = dict(over)
    for count in rooms:
        if count.told is Told.DESTROYED:
            ends[count.since] = max(count.at, ends.get(count.since, 0))
    parts: dict[tuple[int, bool], list[Count]] = defaultdict(list)
    for count in counts:
        before = bisect_right(starts, count.since) - 1
        # Somebody who came after a room's end, or before any beginning: it was opened again, and nobody heard.
        unheard = before < 0 or count.since > ends.get(starts[before], count.since)
        parts[before, unheard].append(count)
    found = [(part, told) for part, told in sorted(parts.items()) if part[1] or starts[part[0]] not in over]
    made: list[tuple[Gathering, list[Count]]] = []
    for place, ((before, unheard), told) in enumerate(found):
        created = min(count.since for count in told) if unheard else starts[before]
        ended = None if unheard else ends.get(starts[before])
        is_last = place == len(found) - 1 and before == len(starts) - 1
        made.append((_one(created, ended, told, now, is_last), told))
    return made


def shortened(gathering: Gathering, told: Iterable[Count], before: int) -> tuple[Count, list[Count]]:
    """What to keep of a running gathering in place of what was told of it ``before``, and what that replaces."""
    told = list(told)
    latest = max((count for count in told if count.told in _STAYS), key=_order, default=None)
    gone = [count for count in told if count.at < before and count != latest]
    came = max((count.inside for count in gone if count.told is Told.CREATED), default=0)
    came += sum(count.told is Told.JOINED for count in gone)
    most = max((_peak(count) for count in gone), default=0)
    return Count(Told.CREATED, gathering.created, gathering.created, came, most), gone


def _one(created: int, ended: int | None, told: list[Count], now: int, is_last: bool) -> Gathering:
    last = max(count.at for count in told)
    if ended is None and (not is_last or now - last > SILENT_SECONDS):
        ended = last
    closed = [count for count in told if count.told is Told.DESTROYED]
    stays = [count for count in told if count.told in _STAYS]
    came = sum(count.told is Told.JOINED for count in told)
    came += max((count.inside for count in told if count.told is Told.CREATED), default=0)
    inside = max(stays, key=_order).inside if stays and ended is None else 0
    most = max(map(_peak, told))
    return Gathering(created, last, inside, most, max((count.inside for count in closed), default=came), ended)


def _peak(count: Count) -> int:
    """How many were certainly inside together."""
    if count.told in _STAYS:
        return count.inside + (count.told is Told.LEFT)
    return count.most


def _order(count: Count) -> tuple[int, bool, int]:
    """Of what happened in the same second, with more people later when they come, with fewer when they leave.

    Somebody who leaves and somebody who comes within one second can't be told apart from a reload: then, who came
    counts.
    """
    joined = count.told is Told.JOINED
    return count.at, joined, count.inside if joined else -count.inside
