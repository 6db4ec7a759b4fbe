"""Whatever happens in a room, told in any order, repeatedly, or in part: the numbers that follow from it."""

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from provisioner.app.meetings.events import read_event
from provisioner.model.gatherings import SILENT_SECONDS, Count, Gathering, Told, gatherings_of, shortened
from provisioner.service.meeting_calls import EVENTS
from tests.support.event_sync import Room

BEGIN = 1_767_600_000
NOW = BEGIN + 4_000


def counts_of(told: Iterable[tuple[str, dict[str, Any]]]) -> list[Count]:
    return [read_event(EVENTS[path], json.dumps(event).encode()).count for path, event in told]


def gatherings(counts: Iterable[Count], now: int = NOW) -> list[Gathering]:
    return [gathering for gathering, _ in gatherings_of(counts, now, {})]


@st.composite
def histories(draw: st.DrawFn, least: int = 1) -> tuple[Room, list[Gathering]]:
    """A room over an hour, and what really happened. ``least``: seconds between two things."""
    room, now, really = Room("re-x"), BEGIN, []
    pauses = st.integers(least, 60)
    for _ in range(draw(st.integers(1, 3))):
        now += draw(pauses) + 1
        room.create(now)
        begun, inside, known, most, came, last = now, list[str](), 0, 0, 0, now
        for coming in draw(st.lists(st.booleans(), max_size=12)):
            if not coming and not inside:
                continue
            now += draw(pauses)
            last = now
            if coming:
                inside.append(f"c{known}")
                known, came = known + 1, came + 1
                room.join(inside[-1], now)
            else:
                room.leave(inside.pop(draw(st.integers(0, len(inside) - 1))), now)
            most = max(most, len(inside))
        really.append(Gathering(begun, last, len(inside), most, came))
        now += draw(pauses)
        room.destroy(now)
        really[-1] = Gathering(begun, now, 0, most, came, now)
    if draw(st.booleans()):  # the last one still goes on
        room.told.pop()
        really[-1] = Gathering(begun, last, len(inside), most, came)
    return room, really


@given(histories(), st.data())
def test_in_any_order_and_however_often_the_numbers_are_those_that_happened(
    history: tuple[Room, list[Gathering]], data: st.DataObject
) -> None:
    room, really = history
    assert gatherings(counts_of(room.told)) == really
    repeated = room.told + data.draw(st.lists(st.sampled_from(room.told)))
    assert gatherings(set(counts_of(data.draw(st.permutations(repeated))))) == really


@given(histories(least=0), st.data())
def test_what_happens_within_a_second_has_one_outcome_too(
    history: tuple[Room, list[Gathering]], data: st.DataObject
) -> None:
    counts = list(set(counts_of(history[0].told)))
    assert gatherings(data.draw(st.permutations(counts))) == gatherings(counts)


@given(histories(), st.data())
def test_what_never_came_makes_nobody_of_thin_air(history: tuple[Room, list[Gathering]], data: st.DataObject) -> None:
    room, really = history
    counts = counts_of(room.told)
    some = data.draw(st.lists(st.sampled_from(counts), unique=True))
    found = gatherings(some)
    assert sum(one.came for one in found) <= sum(one.came for one in really)
    assert max((one.most for one in found), default=0) <= max(one.most for one in really)
    assert all(one.ended is not None for one in found[:-1]), "a room is there once"
    assert gatherings(data.draw(st.permutations(some))) == found


@given(histories(), st.integers(BEGIN, NOW))
def test_summing_up_what_is_old_changes_no_number(history: tuple[Room, list[Gathering]], before: int) -> None:
    counts = counts_of(history[0].told)
    gathering, told = gatherings_of(counts, NOW, {})[-1]
    if gathering.ended is None:
        base, gone = shortened(gathering, told, before)
        kept = [*(count for count in told if count not in gone), base]
        [short] = gatherings(kept)
        assert (short.created, short.now, short.most, short.came) == (
            gathering.created,
            gathering.now,
            gathering.most,
            gathering.came,
        )


def test_a_gathering_whose_end_nobody_heard_ends_after_hours() -> None:
    room = Room("re-x").create(BEGIN).join("a", BEGIN + 1).join("b", BEGIN + 2)
    [running] = gatherings(counts_of(room.told), BEGIN + SILENT_SECONDS)
    assert (running.now, running.ended) == (2, None)
    [over] = gatherings(counts_of(room.told), BEGIN + SILENT_SECONDS + 3)
    assert (over.now, over.most, over.came, over.ended) == (0, 2, 2, BEGIN + 2)


def test_a_room_that_is_opened_again_ended_before() -> None:
    room = Room("re-x").create(BEGIN).join("a", BEGIN + 1).create(BEGIN + 600).join("b", BEGIN + 601)
    first, second = gatherings(counts_of(room.told), BEGIN + 700)
    assert (first.ended, first.now) == (BEGIN + 1, 0)
    assert (second.ended, second.now) == (None, 1)


def test_who_comes_after_the_end_opened_it_again_though_nobody_said_so() -> None:
    counts = [
        Count(Told.DESTROYED, BEGIN + 100, BEGIN, 3, 2),
        Count(Told.JOINED, BEGIN + 200, BEGIN + 200, 1),
        Count(Told.JOINED, BEGIN + 210, BEGIN + 210, 2),
    ]
    first, second = gatherings(counts, BEGIN + 300)
    assert (first.came, first.most, first.ended) == (3, 2, BEGIN + 100)
    assert (second.created, second.now, second.came) == (BEGIN + 200, 2, 2)


def test_what_is_told_of_a_gathering_that_is_put_down_comes_too_late() -> None:
    counts = [Count(Told.LEFT, BEGIN + 90, BEGIN + 50, 0), Count(Told.CREATED, BEGIN, BEGIN)]
    assert gatherings_of(counts, NOW, {BEGIN: BEGIN + 100}) == []
