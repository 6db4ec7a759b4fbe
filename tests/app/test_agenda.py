"""When bodies meet, as pages, letters and commands tell it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from policies.document import Policy
from provisioner.app.meetings.agenda import Date, agenda, date_at, next_date, upcoming
from provisioner.app.picture import Picture
from provisioner.model.registry import Body, BodyKind, Meetings, MeetingSeries, MovedMeeting, Registry

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)
local = datetime.fromisoformat
FORTNIGHTLY = MeetingSeries("jf", local("2026-01-13T10:00"), 90, "Jour fixe", "FREQ=WEEKLY;INTERVAL=2")


def meeting(*series: MeetingSeries, identity: str = "pg-s", archived_on: date | None = None) -> Body:
    return Body(identity, "Sensorik", BodyKind.PROJECT, meetings=Meetings(series=series), archived_on=archived_on)


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN)


def picture(*bodies: Body, **policy: object) -> Picture:
    registry = Registry("redi", "re@di", bodies={one.id: one for one in bodies})
    return Picture(registry, Policy.model_validate({"meetings": policy}), date(2026, 1, 5))


def shown(dates: list[Date]) -> list[str]:
    return [f"{one.starts:%Y-%m-%d %H:%M %z}" + (" off" if one.is_off else "") for one in dates]


def of(body: Body, first: datetime, last: datetime, **more: bool) -> list[str]:
    return shown(agenda(picture(body), (body,), first, last, **more))


def test_a_meeting_is_at_ten_in_winter_and_in_summer() -> None:
    assert of(meeting(FORTNIGHTLY), at(2026, 3, 20), at(2026, 4, 10)) == [
        "2026-03-24 10:00 +0100",
        "2026-04-07 10:00 +0200",
    ]
    assert of(meeting(FORTNIGHTLY), at(2026, 10, 15), at(2026, 11, 5)) == [
        "2026-10-20 10:00 +0200",
        "2026-11-03 10:00 +0100",
    ]


def test_what_is_called_off_is_told_apart_from_what_a_holiday_takes() -> None:
    series = MeetingSeries("w", local("2026-05-07T09:00"), rule="FREQ=WEEKLY", cancelled=(date(2026, 5, 21),))
    body = meeting(series)
    found = agenda(picture(body), (body,), at(2026, 5, 1), at(2026, 6, 5), also_off=True)
    assert [(one.starts.day, one.is_off, one.holiday) for one in found] == [
        (7, False, ""),
        (14, True, "Christi Himmelfahrt"),
        (21, True, ""),
        (28, False, ""),
        (4, True, "Fronleichnam"),
    ]
    assert len(of(body, at(2026, 5, 1), at(2026, 6, 5))) == 2


def test_where_no_state_is_named_no_holiday_counts() -> None:
    body = meeting(MeetingSeries("w", local("2026-05-07T09:00"), rule="FREQ=WEEKLY"))
    seen = picture(body, calendars={"holidays_of": None})
    assert len(agenda(seen, (body,), at(2026, 5, 1), at(2026, 6, 5))) == 5


def test_a_moved_meeting_stands_once_at_its_new_time_and_says_when_it_was_planned() -> None:
    moved = MovedMeeting(date(2026, 1, 27), local("2026-01-28T14:00"))
    body = meeting(MeetingSeries("jf", FORTNIGHTLY.first, rule=FORTNIGHTLY.rule, moved=(moved,)))
    found = agenda(picture(body), (body,), at(2026, 1, 20), at(2026, 2, 5), also_off=True)
    assert [(one.starts, one.planned) for one in found] == [(at(2026, 1, 28, 14), at(2026, 1, 27, 10))]


def test_dates_of_several_bodies_come_in_the_order_of_their_moments() -> None:
    one, other = meeting(FORTNIGHTLY), meeting(MeetingSeries("x", local("2026-01-13T09:00")), identity="pg-t")
    found = agenda(picture(one, other), (one, other), at(2026, 1, 13), at(2026, 1, 14))
    assert [(date.body.id, date.title) for date in found] == [("pg-t", "Sensorik"), ("pg-s", "Jour fixe")]


def test_what_goes_on_is_shown_until_it_ends() -> None:
    body = meeting(FORTNIGHTLY)
    seen = picture(body)
    for minute, first in ((29, 13), (31, 27)):
        now = at(2026, 1, 13, 11, minute)
        assert [date.starts.day for date in upcoming(seen, (body,), now, 60 * DAY, 1)] == [first]
    assert next_date(seen, body, at(2026, 1, 13, 10, 1)) == upcoming(seen, (body,), at(2026, 1, 14), 60 * DAY, 1)[0]


def test_a_body_meets_no_more_from_the_day_on_which_it_is_history() -> None:
    ends: Mapping[date, int] = {date(2026, 1, 13): 0, date(2026, 1, 14): 1, date(2026, 1, 28): 2}
    for day, count in ends.items():
        assert len(of(meeting(FORTNIGHTLY, archived_on=day), at(2026, 1, 1), at(2026, 12, 31))) == count
    moved = MovedMeeting(date(2026, 1, 27), local("2026-02-03T10:00"))
    away = MeetingSeries("jf", FORTNIGHTLY.first, rule=FORTNIGHTLY.rule, moved=(moved,))
    assert len(of(meeting(away, archived_on=date(2026, 2, 1)), at(2026, 1, 1), at(2026, 12, 31))) == 1


def test_a_body_without_dates_has_none() -> None:
    body = Body("pg-x", "X", BodyKind.PROJECT, meetings=Meetings(times_a_year=6))
    assert agenda(picture(body), (body,), at(2026, 1, 1), at(2027, 1, 1)) == []
    assert next_date(picture(body), body, at(2026, 1, 1)) is None


def test_one_meeting_is_known_by_the_moment_at_which_it_begins() -> None:
    body = meeting(FORTNIGHTLY)
    moment = at(2026, 1, 13, 10).astimezone(UTC)
    assert date_at(picture(body), body, "jf", moment) is not None
    assert date_at(picture(body), body, "other", moment) is None
    assert date_at(picture(body), body, "jf", moment + timedelta(minutes=1)) is None
