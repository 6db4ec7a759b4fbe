"""When jobs are due: pure, and right on the two days on which clocks are changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.model.errors import SettingsError
from provisioner.service.crontab import Crontab

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = (2026, 3, 29), (2026, 10, 25)


def fires(line: str, start: datetime, end: datetime) -> list[datetime]:
    found, cron = [], Crontab.parse(line)
    while (moment := cron.after(found[-1] if found else start, BERLIN)) is not None and moment < end:
        found.append(moment)
    return found


def over_three_days(line: str, day: tuple[int, int, int]) -> list[str]:
    """From midnight before the day of change to the midnight after the day that follows it."""
    middle = datetime(*day, tzinfo=BERLIN)
    start, end = middle - timedelta(days=1, minutes=1), middle + timedelta(days=2)
    return [one.astimezone(BERLIN).isoformat()[8:16] for one in fires(line, start.astimezone(UTC), end.astimezone(UTC))]


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
@pytest.mark.parametrize("line", ["7 5 * * *", "11 7 * * *", "23 4 * * *", "30 2 * * *", "0 2 * * *", "0 3 * * *"])
def test_a_daily_job_runs_once_on_each_day_of_a_change(line: str, day: tuple[int, int, int]) -> None:
    days = [moment[:2] for moment in over_three_days(line, day)]
    assert days == [f"{day[2] + step:02}" for step in (-1, 0, 1)]


def test_what_falls_into_the_hour_that_is_left_out_runs_right_after_it() -> None:
    assert over_three_days("30 2 * * *", SPRING) == ["28T02:30", "29T03:30", "30T02:30"]


def test_what_falls_into_the_hour_that_comes_twice_runs_the_first_time() -> None:
    found = fires("30 2 * * *", datetime(2026, 10, 25, tzinfo=BERLIN), datetime(2026, 10, 26, tzinfo=BERLIN))
    assert found == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_a_job_of_every_hour_runs_in_every_hour_that_passes(day: tuple[int, int, int]) -> None:
    start = datetime(*day, tzinfo=BERLIN).astimezone(UTC)
    found = fires("17 * * * *", start, start + timedelta(hours=30))
    assert [one - start for one in found] == [timedelta(hours=number, minutes=17) for number in range(30)]


def test_days_of_the_week_are_counted_from_sunday_as_cron_does() -> None:
    monday = datetime(2026, 1, 5, tzinfo=BERLIN)
    for line in ("0 9 * * 1", "0 9 * * mon", "0 9 5 1 *"):
        assert Crontab.parse(line).after(monday - timedelta(hours=3), BERLIN) == monday + timedelta(hours=9)
    for line in ("0 9 * * 0", "0 9 * * 7", "0 9 * * sun"):
        assert Crontab.parse(line).after(monday, BERLIN) == monday + timedelta(days=6, hours=9)


def test_a_day_of_the_month_or_of_the_week_suffices_where_both_are_named() -> None:
    start = datetime(2026, 1, 1, tzinfo=BERLIN)
    found = fires("0 9 15 * fri", start, start + timedelta(days=20))
    assert [one.day for one in found] == [2, 9, 15, 16]


def test_a_leap_day_is_found_years_ahead() -> None:
    found = Crontab.parse("0 0 29 2 *").after(datetime(2026, 1, 1, tzinfo=UTC), BERLIN)
    assert found == datetime(2028, 2, 29, tzinfo=BERLIN)


@pytest.mark.parametrize("line", ["61 * * * *", "* 24 * * *", "0 0 30 2 *", "0 0 0 * *", "5-1 * * * *", "*/0 * * * *"])
def test_a_time_that_never_comes_is_refused(line: str) -> None:
    with pytest.raises(SettingsError):
        Crontab.parse(line)


@given(st.integers(0, 6 * 366 * 24 * 60), st.sampled_from(["17 * * * *", "30 2 * * *"]))
def test_the_next_time_is_always_later_and_never_skips_one(minutes: int, line: str) -> None:
    now, cron = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes), Crontab.parse(line)
    following = cron.after(now, BERLIN)
    assert following is not None
    assert following > now
    between = now + (following - now) / 2
    assert cron.after(between, BERLIN) == following
