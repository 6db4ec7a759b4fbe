"""How many are in rooms: the same whatever the order in which it was told; put down once it is over; then forgotten."""

from datetime import timedelta
from random import Random

from provisioner.model.gatherings import SILENT_SECONDS, Count, Told
from provisioner.state import Database, Gatherings
from tests.state.samples import NETWORK, NOW, later

KEY, OTHER = "body:pg-sensorik", "room:g1"
NOW_SECOND = int(NOW.timestamp())


def of(database: Database) -> Gatherings:
    return Gatherings(database, NETWORK)


def joined(after: int, inside: int) -> Count:
    return Count(Told.JOINED, NOW_SECOND + after, NOW_SECOND + after, inside)


def left(after: int, since: int, inside: int) -> Count:
    return Count(Told.LEFT, NOW_SECOND + after, NOW_SECOND + since, inside)


def created(after: int) -> Count:
    return Count(Told.CREATED, NOW_SECOND + after, NOW_SECOND + after)


def destroyed(after: int, since: int, came: int, most: int) -> Count:
    return Count(Told.DESTROYED, NOW_SECOND + after, NOW_SECOND + since, came, most)


def whole(database: Database) -> tuple[object, ...]:
    """All that anybody can ask."""
    gatherings, now = of(database), later(hours=1)
    return gatherings.inside(KEY, now), gatherings.running(now), gatherings.figures(later(days=-1), later(days=1))


MEETING = [created(0), joined(1, 1), joined(30, 2), joined(31, 3), left(600, 1, 2), left(900, 30, 1), joined(950, 2)]
"""Two are still there."""


def test_it_is_the_same_in_any_order_and_however_often(database: Database) -> None:
    chance, seen = Random(7), []
    for number in range(6):
        gatherings = Gatherings(database, f"{NETWORK}{number}")
        events = MEETING + chance.choices(MEETING, k=5)
        chance.shuffle(events)
        assert sum(gatherings.tell(KEY, 0, event) for event in events) == len(MEETING), "the others were repeated"
        seen.append((gatherings.inside(KEY, later(hours=1)), gatherings.running(later(hours=1))))
    assert seen == [(2, {KEY: 2})] * 6


def test_settling_before_between_and_after_changes_nothing(database: Database) -> None:
    events = [*MEETING, left(1000, 31, 1), left(1001, 950, 0), destroyed(1002, 0, 4, 3)]
    events += [created(20_000), joined(20_001, 1), joined(20_002, 2), destroyed(20_900, 20_000, 2, 2)]
    gatherings = of(database)
    for event in events:
        gatherings.tell(KEY, 0, event)
        gatherings.settle(NOW + timedelta(seconds=event.at - NOW_SECOND))
    assert gatherings.settle(later(days=1)) == 1, "the first was put down when the second was told of"
    figures = gatherings.figures(NOW, later(days=1))[KEY]
    assert (figures.meetings, figures.seconds, figures.most) == (2, 1902, 3)
    for event in events:
        gatherings.tell(KEY, 0, event)
    assert (gatherings.settle(later(days=2)), gatherings.running(later(days=2))) == (0, {})
    assert gatherings.figures(NOW, later(days=1))[KEY] == figures


def test_of_a_room_of_which_nothing_is_told_nothing_is_known_unless_the_server_tells_of_others(
    database: Database,
) -> None:
    gatherings = of(database)
    assert gatherings.inside(KEY, NOW) is None
    gatherings.tell(OTHER, 0, created(0))
    assert gatherings.inside(KEY, NOW) == 0
    assert gatherings.inside(KEY, later(days=13)) == 0
    assert gatherings.inside(KEY, later(days=15)) is None, "long silence may be a broken line"
    gatherings.settle(later(days=3))
    assert gatherings.inside(KEY, later(days=13)) == 0


def test_a_running_meeting_whose_end_was_never_told_is_over_after_hours(database: Database) -> None:
    gatherings = of(database)
    for event in MEETING:
        gatherings.tell(KEY, 0, event)
    silent = later(seconds=950 + SILENT_SECONDS)
    assert (gatherings.inside(KEY, silent), gatherings.settle(silent)) == (2, 0)
    over = silent + timedelta(seconds=1)
    assert (gatherings.inside(KEY, over), gatherings.settle(over)) == (0, 1)
    figures = gatherings.figures(NOW, later(days=1))[KEY]
    assert (figures.meetings, figures.seconds, figures.most) == (1, 950, 3)


def test_breakout_rooms_count_while_they_last_and_are_no_meetings_of_their_own(database: Database) -> None:
    gatherings = of(database)
    for event in (created(0), joined(1, 1), joined(1, 2), left(50, 1, 1), left(51, 1, 0)):
        gatherings.tell(KEY, 0, event)
    for part in (11, 12):
        for event in (created(50), joined(50, 1)):
            gatherings.tell(KEY, part, event)
    assert gatherings.running(later(minutes=2)) == {KEY: 2}
    for part in (11, 12):
        gatherings.tell(KEY, part, destroyed(90, 50, 1, 1))
    gatherings.tell(KEY, 0, destroyed(100, 0, 2, 2))
    assert gatherings.inside(KEY, later(minutes=2)) == 0
    assert gatherings.settle(later(hours=3)) == 1
    assert gatherings.figures(NOW, later(days=1))[KEY].meetings == 1


def test_a_long_meeting_with_much_coming_and_going_is_summed_up(database: Database) -> None:
    gatherings = of(database)
    gatherings.tell(KEY, 0, created(0))
    for number in range(300):
        gatherings.tell(KEY, 0, joined(2 * number + 1, 2 if number else 1))
        gatherings.tell(KEY, 0, left(2 * number + 2, 2 * number + 1, 1))
    before = whole(database)
    assert gatherings.settle(later(hours=4)) == 0
    assert whole(database) == before
    with database.reading() as connection:
        kept = connection.exec_driver_sql("SELECT count(*) FROM headcount").scalar()
    assert kept == 2, "what came of it, and the last word"
    gatherings.tell(KEY, 0, joined(15_000, 2))
    assert gatherings.inside(KEY, later(hours=5)) == 2
    assert gatherings.settle(later(days=1)) == 1
    figures = gatherings.figures(NOW, later(days=1))[KEY]
    assert (figures.seconds, figures.most) == (15_000, 2)


def test_what_is_asked_for_goes_by_its_end(database: Database) -> None:
    gatherings = of(database)
    for number in range(3):
        begin = number * 86_400
        gatherings.tell(KEY, 0, destroyed(begin + 3600, begin, 2 + number, 2 + number))
    assert gatherings.settle(later(days=9)) == 3
    assert gatherings.first() == later(hours=1)
    assert gatherings.figures(later(hours=1), later(days=1, hours=1))[KEY].most == 2
    assert gatherings.figures(later(hours=2), later(days=2, hours=2))[KEY].most == 4
    assert gatherings.figures(later(hours=2), later(hours=3)) == {}
    assert gatherings.forget(later(days=1, hours=1)) == 1
    assert gatherings.first() == later(days=1, hours=1)
