"""When meetings take place, and schedules as texts."""

# ruff: noqa: DTZ001 - schedules have local times

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.calendars.holidays import holidays_between
from provisioner.calendars.rules import canonical_rule, rule_days, rule_problem
from provisioner.calendars.schedules import ended_by, schedule_of
from provisioner.calendars.series import Series, occurrences
from provisioner.model.registry import MeetingSeries, MovedMeeting
from tests.support.schedules import ZONE, moments, rules, schedules

BERLIN = ZoneInfo(ZONE)
JOUR_FIXE = Series(datetime(2026, 1, 13, 10), ZONE, 60, "FREQ=WEEKLY;INTERVAL=2")


def local(series: Series, first: date, last: date) -> list[str]:
    """The beginnings on these days, as a clock on the wall shows them."""
    after = datetime(first.year, first.month, first.day, tzinfo=BERLIN)
    before = datetime(last.year, last.month, last.day, tzinfo=BERLIN) + timedelta(days=1)
    return [f"{one.starts:%d.%m. %H:%M}" for one in occurrences(series, after, before)]


def test_a_meeting_at_ten_is_at_ten_on_both_sides_of_both_clock_changes() -> None:
    assert local(JOUR_FIXE, date(2026, 3, 20), date(2026, 4, 10)) == ["24.03. 10:00", "07.04. 10:00"]
    assert local(JOUR_FIXE, date(2026, 10, 15), date(2026, 11, 5)) == ["20.10. 10:00", "03.11. 10:00"]
    winter, summer = (
        next(occurrences(JOUR_FIXE, datetime(2026, month, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)))
        for month in (3, 5)
    )
    assert (winter.starts.astimezone(UTC).hour, summer.starts.astimezone(UTC).hour) == (9, 8)


def test_times_that_a_clock_change_skips_or_doubles_are_those_of_the_standard() -> None:
    nightly = Series(datetime(2026, 3, 28, 2, 30), ZONE, 60, "FREQ=DAILY")
    skipped = next(occurrences(nightly, datetime(2026, 3, 29, tzinfo=BERLIN), datetime(2026, 3, 30, tzinfo=BERLIN)))
    assert skipped.starts.isoformat() == "2026-03-29T03:30:00+02:00"
    doubled = next(occurrences(nightly, datetime(2026, 10, 25, tzinfo=BERLIN), datetime(2026, 10, 26, tzinfo=BERLIN)))
    assert doubled.starts.isoformat() == "2026-10-25T02:30:00+02:00"
    assert doubled.ends.isoformat() == "2026-10-25T02:30:00+01:00"


def test_cancelled_moved_and_further_ones() -> None:
    series = Series(
        JOUR_FIXE.start,
        ZONE,
        60,
        JOUR_FIXE.rule,
        date(2026, 3, 10),
        further=(datetime(2026, 3, 12, 9), datetime(2026, 2, 24, 9)),
        cancelled=(date(2026, 1, 27), date(2026, 2, 3)),
        moved=((date(2026, 2, 10), datetime(2026, 2, 11, 14)), (date(2026, 2, 12), datetime(2026, 2, 13, 14))),
    )
    assert local(series, date(2026, 1, 1), date(2026, 12, 31)) == [
        *("13.01. 10:00", "11.02. 14:00", "24.02. 10:00", "10.03. 10:00", "12.03. 09:00")
    ]
    (moved,) = occurrences(series, datetime(2026, 2, 11, tzinfo=BERLIN), datetime(2026, 2, 12, tzinfo=BERLIN))
    assert moved.day == date(2026, 2, 10)
    assert moved.is_moved


def test_one_that_is_moved_from_far_away_into_what_is_asked_for_is_found() -> None:
    series = Series(JOUR_FIXE.start, ZONE, 60, JOUR_FIXE.rule, moved=((date(2026, 1, 27), datetime(2026, 9, 3, 8)),))
    assert local(series, date(2026, 9, 2), date(2026, 9, 4)) == ["03.09. 08:00"]


def test_what_is_called_off_takes_place_no_more() -> None:
    assert local(ended_by(JOUR_FIXE, date(2025, 12, 31)), date(2026, 1, 1), date(2026, 12, 31)) == []
    assert local(ended_by(JOUR_FIXE, date(2026, 1, 20)), date(2026, 1, 1), date(2026, 12, 31)) == ["13.01. 10:00"]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("every week", "rule_shape"),
        ("FREQ=WEEKLY;", "rule_shape"),
        ("FREQ=WEEKLY;FREQ=DAILY", "rule_twice"),
        ("FREQ=WEEKLY;COUNT=3", "rule_end"),
        ("FREQ=WEEKLY;UNTIL=20261231", "rule_end"),
        ("FREQ=DAILY;BYHOUR=9,10", "rule_part"),
        ("FREQ=SECONDLY", "rule_frequency"),
        ("INTERVAL=2", "rule_frequency"),
        ("FREQ=WEEKLY;INTERVAL=0", "rule_value"),
        ("FREQ=WEEKLY;INTERVAL=99999999999", "rule_value"),
        ("FREQ=MONTHLY;BYDAY=6MO", "rule_value"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "rule_value"),
        ("FREQ=YEARLY;BYMONTH=-1", "rule_value"),
        ("FREQ=WEEKLY;BYDAY=2MO", "rule_together"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "rule_together"),
        ("FREQ=YEARLY;BYDAY=2MO", "rule_together"),
        ("FREQ=MONTHLY;BYSETPOS=1", "rule_together"),
        ("FREQ=WEEKLY;BYDAY=" + "MO," * 200 + "TU", "rule_shape"),
    ],
)
def test_rules_that_calendars_read_differently_or_never_end_are_refused(rule: str, code: str) -> None:
    problem = rule_problem(rule)
    assert problem is not None
    assert problem.code == f"calendars.{code}"


def test_a_rule_that_gives_no_day_at_all_costs_no_more_than_another() -> None:
    never = Series(datetime(2026, 1, 1, 10), ZONE, 60, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")
    assert local(never, date(2026, 1, 1), date(2999, 1, 1)) == ["01.01. 10:00"]
    daily = Series(datetime(2026, 1, 1, 10), ZONE, 60, "FREQ=DAILY")
    assert len(local(daily, date(2026, 1, 1), date(2999, 1, 1))) == 36_526


@settings(deadline=None)
@given(rules, moments)
def test_rules_give_the_days_that_dateutil_gives(rule: str, start: datetime) -> None:
    last = start.date() + timedelta(days=800)
    wanted = rrulestr(f"{rule};UNTIL={last:%Y%m%d}T235959", dtstart=start)
    assert list(rule_days(rule, start.date(), start.date(), last)) == [moment.date() for moment in wanted]


@settings(deadline=None)
@given(rules, moments)
def test_a_rule_in_its_one_form_gives_the_same_days(rule: str, start: datetime) -> None:
    last = start.date() + timedelta(days=800)
    plain = canonical_rule(rule, start)
    assert rule_problem(plain) is None
    assert canonical_rule(plain, start) == plain
    assert [*rule_days(plain, start, start, last)] == [*rule_days(rule, start, start, last)]


@settings(deadline=None)
@given(schedules())
def test_a_text_says_the_same_meetings_and_is_the_same_for_the_same(series: Series) -> None:
    read = Series.of_text(series.text())
    assert read == series.canonical()
    assert read.text() == series.text()
    span = datetime(2025, 12, 1, tzinfo=UTC), datetime(2030, 6, 1, tzinfo=UTC)
    said = [(one.starts, one.ends) for one in occurrences(read, *span)]
    assert said == [(one.starts, one.ends) for one in occurrences(series, *span) if not read.called_off]


@settings(deadline=None)
@given(schedules(), st.integers(0, 900), st.integers(0, 60))
def test_a_part_of_the_time_holds_what_the_whole_holds_there(series: Series, begin: int, length: int) -> None:
    start, end = datetime(2025, 12, 1, tzinfo=UTC), datetime(2029, 6, 1, tzinfo=UTC)
    after = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=begin)
    before = after + timedelta(days=length)
    whole = [one for one in occurrences(series, start, end) if after <= one.starts < before]
    assert [*occurrences(series, after, before)] == whole


def test_schedules_that_differ_only_in_how_they_are_written_have_one_text() -> None:
    start = JOUR_FIXE.start
    written = [
        Series(start, ZONE, 60, rule, cancelled=cancelled)
        for rule in ("FREQ=WEEKLY;INTERVAL=2", "FREQ=DAILY;INTERVAL=14", "INTERVAL=2;FREQ=WEEKLY;BYDAY=TU;WKST=MO")
        for cancelled in ((date(2026, 1, 27),), (date(2026, 1, 28), date(2026, 1, 27)))
    ]
    assert {one.text() for one in written} == {
        "DTSTART;TZID=Europe/Berlin:20260113T100000\n"
        "DURATION:PT60M\n"
        "RRULE:FREQ=WEEKLY;INTERVAL=2\n"
        "EXDATE;TZID=Europe/Berlin:20260127T100000"
    }


def test_holidays_are_those_of_the_state() -> None:
    year = date(2026, 1, 1), date(2026, 12, 31)
    assert "Fronleichnam" in holidays_between(*year).values()
    assert "Fronleichnam" not in holidays_between(*year, state="BE").values()
    assert date(2026, 1, 6) in holidays_between(date(2026, 1, 6), date(2026, 1, 6))


def test_a_rhythm_leaves_out_holidays_but_nothing_that_is_written_with_its_date() -> None:
    thursdays = MeetingSeries("x", datetime(2026, 5, 7, 9), rule="FREQ=WEEKLY", until=date(2026, 6, 11))
    today = date(2026, 1, 1)

    def meets(series: MeetingSeries, state: str | None = "BW") -> list[str]:
        return [day[:6] for day in local(schedule_of(series, ZONE, today, state), date(2026, 1, 1), date(2026, 12, 31))]

    assert meets(thursdays) == ["07.05.", "21.05.", "28.05.", "11.06."]
    assert meets(thursdays, None) == ["07.05.", "14.05.", "21.05.", "28.05.", "04.06.", "11.06."]
    moved = MeetingSeries(
        "x",
        thursdays.first,
        rule="FREQ=WEEKLY",
        until=thursdays.until,
        moved=(MovedMeeting(date(2026, 5, 14), datetime(2026, 5, 13, 9)),),
    )
    assert meets(moved) == ["07.05.", "13.05.", "21.05.", "28.05.", "11.06."]
    assert meets(MeetingSeries("x", datetime(2026, 6, 4, 9))) == ["04.06."]
    kept = MeetingSeries("x", thursdays.first, rule="FREQ=WEEKLY", until=thursdays.until, on_holidays=True)
    assert meets(kept) == meets(thursdays, None)


def test_a_schedule_changes_with_the_year_and_not_with_the_day() -> None:
    weekly = MeetingSeries("x", datetime(2026, 5, 7, 9), rule="FREQ=WEEKLY")
    texts = {schedule_of(weekly, ZONE, date(2026, month, 3), "BW").text() for month in range(1, 13)}
    assert len(texts) == 1
    assert schedule_of(weekly, ZONE, date(2027, 1, 1), "BW").text() not in texts
