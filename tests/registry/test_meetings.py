"""What people write about their meetings, what is wrong with it, and what comes of it."""

# ruff: noqa: DTZ001 - the registry's times are local

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from provisioner.model.registry import Meetings, MeetingSeries, MovedMeeting
from provisioner.registry.loading import load

Write = Callable[..., Path]


def body(meetings: str) -> str:
    return f"bodies:\n  - id: pg\n    name: PG\n    kind: project\n    meetings: {meetings}\n"


def series(fields: str) -> str:
    return body(f"{{series: [{{id: a, {fields}}}]}}")


def test_series_are_read_with_their_rhythm_spelt_out_and_their_exceptions_in_order(write: Write) -> None:
    text = """{minutes: 45, times_a_year: 6, series: [
      {id: jour-fixe, first: 2026-01-13T10:00, every: 14 days, until: 2027-12-31,
       cancelled: [2026-02-10, 2026-01-27], moved: {2026-02-24: 2026-02-25 09:30}, holidays: keep},
      {id: plenum, title: Großes Plenum, first: 2026-04-23T14:00, minutes: 180, further: [2026-11-12T14:00]},
      {id: treffen, first: 2026-01-14T13:30, rule: FREQ=MONTHLY;INTERVAL=2;BYDAY=2WE}]}"""
    loaded = load(write(more=body(text)))
    assert loaded.problems == ()
    assert loaded.registry.bodies["pg"].meetings == Meetings(
        6,
        (
            MeetingSeries(
                "jour-fixe",
                datetime(2026, 1, 13, 10),
                45,
                rule="FREQ=DAILY;INTERVAL=14",
                until=date(2027, 12, 31),
                cancelled=(date(2026, 1, 27), date(2026, 2, 10)),
                moved=(MovedMeeting(date(2026, 2, 24), datetime(2026, 2, 25, 9, 30)),),
                on_holidays=True,
            ),
            MeetingSeries(
                "plenum",
                datetime(2026, 4, 23, 14),
                180,
                "Großes Plenum",
                further=(datetime(2026, 11, 12, 14),),
            ),
            MeetingSeries("treffen", datetime(2026, 1, 14, 13, 30), 45, rule="FREQ=MONTHLY;INTERVAL=2;BYDAY=2WE"),
        ),
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (body("{minutes: 45}"), "no_meetings"),
        (body("{rule: FREQ=HOURLY}"), "bad_rule"),
        (body("{series: {}}"), "not_list"),
        (body("{series: [{id: a}]}"), "missing_field"),
        (series("first: 2026-01-13"), "bad_local_time"),
        (series("first: 2026-01-13T10:00:00"), "bad_local_time"),
        (series("first: 2026-01-13T10:00Z"), "bad_local_time"),
        (series("first: 2026-02-30T10:00"), "bad_local_time"),
        (series("first: 0001-01-01T10:00"), "bad_local_time"),
        (series("first: 2026-01-13T10:00, every: fortnight"), "bad_rhythm"),
        (series("first: 2026-01-13T10:00, every: 0 weeks"), "bad_rhythm"),
        (series("first: 2026-01-13T10:00, every: 999 weeks"), "bad_rule"),
        (series("first: 2026-01-13T10:00, every: week, rule: FREQ=WEEKLY"), "two_rhythms"),
        (series("first: 2026-01-13T10:00, rule: FREQ=WEEKLY;COUNT=3"), "bad_rule"),
        (series("first: 2026-01-13T10:00, rule: FREQ=MONTHLY;BYDAY=2WE"), "first_elsewhere"),
        (series("first: 2026-01-13T10:00, every: week, until: 2026-01-12"), "backwards"),
        (series("first: 2026-01-13T10:00, every: week, until: 9999-12-31"), "until_far"),
        (series("first: 2026-01-13T10:00, cancelled: [heute]"), "bad_day"),
        (series("first: 2026-01-13T10:00, moved: {heute: 2026-01-13T10:00}"), "bad_day"),
        (series("first: 2026-01-13T10:00, moved: {2026-01-13: 2026-01-14}"), "bad_local_time"),
        (series("first: 2026-01-13T10:00, holidays: perhaps"), "unknown_choice"),
        (
            series("first: 2026-01-13T10:00, cancelled: [2026-01-13], moved: {2026-01-13: 2026-01-14T10:00}"),
            "moved_and_cancelled",
        ),
        (
            body("{series: [{id: a, first: 2026-01-13T10:00}, {id: a, first: 2026-01-14T10:00}]}"),
            "series_twice",
        ),
    ],
)
def test_meetings_that_nobody_could_put_into_a_calendar_block_their_body(write: Write, text: str, code: str) -> None:
    loaded = load(write(more=text))
    (problem,) = loaded.errors
    assert problem.what.code == f"registry.{code}"
    assert problem.where.line == 5
    assert loaded.registry.blocked == {"pg"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ("until: 2026-12-31", "until_alone"),
        ("every: week, cancelled: [2026-01-21]", "no_meeting_that_day"),
        ("every: week, until: 2026-01-20, cancelled: [2026-01-27]", "no_meeting_that_day"),
        ("every: week, moved: {2026-01-21: 2026-01-22T10:00}", "no_meeting_that_day"),
        ("every: week, moved: {2026-01-20: 2026-01-20T10:00}", "moved_nowhere"),
        ("every: week, moved: {2026-01-20: 2026-01-27T10:00}", "moved_onto_another"),
        ("every: week, further: [2026-01-20T12:00]", "further_already"),
    ],
)
def test_an_exception_for_a_day_without_a_meeting_is_a_warning(write: Write, fields: str, code: str) -> None:
    loaded = load(write(more=series(f"first: 2026-01-13T10:00, {fields}")))
    (problem,) = loaded.problems
    assert not problem.is_error
    assert problem.what.code == f"registry.{code}"
    assert "pg" in loaded.registry.bodies


def test_a_day_that_not_every_month_has_is_a_warning(write: Write) -> None:
    loaded = load(write(more=series("first: 2026-01-31T10:00, every: 2 months")))
    assert [problem.what.code for problem in loaded.problems] == ["registry.day_not_in_every_month"]


def test_exceptions_of_further_meetings_are_no_mistakes(write: Write) -> None:
    loaded = load(write(more=series("first: 2026-01-13T10:00, further: [2026-03-03T10:00], cancelled: [2026-03-03]")))
    assert loaded.problems == ()
