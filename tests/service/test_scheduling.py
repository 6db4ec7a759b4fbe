"""The schedule puts errands down: none twice, none left out, whatever restarts and clocks do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from provisioner.app.service_settings import ScheduleSettings
from provisioner.model.errands import Job
from provisioner.service.scheduling import Schedule, Ticking, crontabs
from provisioner.state import Database, Errands
from provisioner.transport.clock import SystemClock
from tests.support.serving import wait_until

BERLIN = ZoneInfo("Europe/Berlin")
USUAL = crontabs(ScheduleSettings())


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "readi.db") as opened:
        yield opened


class Settable(SystemClock):
    """A clock that somebody sets, forward and back."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 5, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Settable:
    return Settable()


def schedule(database: Database, clock: Settable) -> Schedule:
    """As after a restart: nothing is remembered but what the database has."""
    return Schedule(database, "redi", clock, USUAL, lambda: BERLIN)


def at(clock: Settable, *local: int) -> None:
    """In Berlin."""
    clock.at = datetime(*local, tzinfo=BERLIN).astimezone(UTC)  # type: ignore[misc,arg-type]


def put_down(database: Database) -> list[Job]:
    """What was since the last time."""
    errands = Errands(database, "redi")
    found = [one.job for one in errands.all()]
    errands.done([one.id for one in errands.all()])
    return found


def test_a_network_that_was_never_served_is_synchronised_at_once(database: Database, clock: Settable) -> None:
    schedule(database, clock).check()
    assert put_down(database) == [Job.SYNC]


def test_a_restart_repeats_nothing(database: Database, clock: Settable) -> None:
    schedule(database, clock).check()
    put_down(database)
    for _ in range(3):
        schedule(database, clock).check()
    assert put_down(database) == []


def test_what_came_due_while_nobody_led_is_put_down_once(database: Database, clock: Settable) -> None:
    at(clock, 2026, 6, 1, 12)
    schedule(database, clock).check()
    put_down(database)
    at(clock, 2026, 6, 4, 12)
    for _ in range(2):
        schedule(database, clock).check()
    assert put_down(database) == [Job.SYNC, Job.SOURCES, Job.REMIND, Job.TIDY]


def test_what_still_waits_is_not_put_down_again(database: Database, clock: Settable) -> None:
    at(clock, 2026, 6, 1, 12)
    for hour in range(12, 20):
        at(clock, 2026, 6, 1, hour, 20)
        schedule(database, clock).check()
    assert put_down(database) == [Job.SYNC]


@pytest.mark.parametrize("day", [(2026, 3, 29), (2026, 10, 25)])
def test_a_day_with_a_change_of_clocks_has_each_daily_job_once(
    database: Database, clock: Settable, day: tuple[int, int, int]
) -> None:
    at(clock, *day, 0, 0)
    schedule(database, clock).check()
    put_down(database)
    end = datetime(*day, 23, 59, tzinfo=BERLIN)
    jobs: list[Job] = []
    while clock.now() < end:
        clock.at += timedelta(minutes=5)
        schedule(database, clock).check()
        jobs += put_down(database)
    assert [jobs.count(job) for job in (Job.SOURCES, Job.REMIND, Job.TIDY)] == [1, 1, 1]
    assert jobs.count(Job.SYNC) == (23 if day[1] == 3 else 25)


def test_a_clock_that_is_put_back_repeats_nothing(database: Database, clock: Settable) -> None:
    at(clock, 2026, 6, 1, 5, 0)
    schedule(database, clock).check()
    put_down(database)
    at(clock, 2026, 6, 1, 5, 8)
    schedule(database, clock).check()
    assert put_down(database) == [Job.SOURCES]
    at(clock, 2026, 6, 1, 5, 6)
    schedule(database, clock).check()
    at(clock, 2026, 6, 1, 5, 9)
    schedule(database, clock).check()
    assert put_down(database) == []


def test_a_clock_that_was_years_ahead_is_not_waited_for(database: Database, clock: Settable) -> None:
    at(clock, 2031, 6, 1, 12)
    schedule(database, clock).check()
    put_down(database)
    at(clock, 2026, 6, 1, 12)
    schedule(database, clock).check()
    at(clock, 2026, 6, 2, 12)
    schedule(database, clock).check()
    assert put_down(database) == [Job.SYNC, Job.SOURCES, Job.REMIND, Job.TIDY]


def test_a_job_that_is_switched_off_never_comes(database: Database, clock: Settable) -> None:
    jobs = crontabs(ScheduleSettings(sync=None, tidy=None))
    off = Schedule(database, "redi", clock, jobs, lambda: BERLIN)
    off.check()
    clock.at += timedelta(days=3)
    off.check()
    assert put_down(database) == [Job.SOURCES, Job.REMIND]


def test_the_scheduler_asks_when_the_time_has_come_also_of_a_clock_that_was_set(database: Database) -> None:
    """On the day that has an hour twice: at 02:30 in summer time, and not once more an hour later."""
    before = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    with time_machine.travel(before, tick=False) as traveller:
        jobs = crontabs(ScheduleSettings(sync=None, sources="30 2 * * *", remind=None, tidy=None))
        made = Schedule(database, "redi", SystemClock(), jobs, lambda: BERLIN)
        made.check()
        ticking = Ticking({"redi": made}, {"redi": jobs})
        ticking.start()
        try:
            for minutes, expected in ((29, []), (30, [Job.SOURCES]), (89, []), (90, []), (24 * 60 + 89, [])):
                traveller.move_to(before + timedelta(minutes=minutes))
                ticking.wake()
                if expected:
                    wait_until(lambda: Errands(database, "redi").count() > 0, "the errand")
                assert put_down(database) == expected
            traveller.move_to(before + timedelta(minutes=24 * 60 + 90))
            ticking.wake()
            wait_until(lambda: Errands(database, "redi").count() > 0, "the errand of the next day")
        finally:
            ticking.stop()
