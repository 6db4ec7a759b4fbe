"""A body's meetings: what can be wrong with them though their shape is right, and the model's form of them."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from provisioner.calendars.rules import rule_problem
from provisioner.calendars.series import Series
from provisioner.model.registry import Meetings, MeetingSeries, MovedMeeting
from provisioner.model.text import Argument
from provisioner.registry.meetingdocuments import MeetingsDocument, SeriesDocument, rule_of

_CENTURY: Final = timedelta(days=36_525)
_IN_EVERY_MONTH: Final = 28


class Flaw(NamedTuple):
    """One mistake: where below the meetings, what, and whether they can't be used because of it."""

    path: tuple[str | int, ...]
    code: str
    arguments: Mapping[str, Argument]
    is_error: bool = True


def build_meetings(document: MeetingsDocument) -> Meetings:
    """The model's form: rhythms spelt out, exceptions in order."""
    return Meetings(document.times_a_year, tuple(_series(one, document.minutes) for one in document.series))


def _series(one: SeriesDocument, minutes: int) -> MeetingSeries:
    return MeetingSeries(
        id=one.id,
        first=one.first,
        minutes=one.minutes or minutes,
        title=one.title,
        rule=one.rule or (rule_of(one.every) if one.every else None),
        until=one.until,
        further=tuple(sorted(set(one.further))),
        cancelled=tuple(sorted(set(one.cancelled))),
        moved=tuple(MovedMeeting(day, to) for day, to in sorted(one.moved.items())),
        on_holidays=one.holidays == "keep",
    )


def flaws(document: MeetingsDocument) -> Iterator[Flaw]:
    """All that is wrong with them."""
    if not document.series and document.rule is None and document.times_a_year is None:
        yield Flaw((), "registry.no_meetings", {})
    if document.rule is not None and (why := rule_problem(document.rule)) is not None:
        yield Flaw(("rule",), "registry.bad_rule", {"why": why})
    seen: set[str] = set()
    for index, one in enumerate(document.series):
        path = ("series", index)
        if one.id in seen:
            yield Flaw((*path, "id"), "registry.series_twice", {"id": one.id})
        seen.add(one.id)
        for flaw in _of_rule(one) or _of_days(one, _schedule(one)):
            yield flaw._replace(path=(*path, *flaw.path))


def _schedule(one: SeriesDocument) -> Series:
    """Without exceptions. A zone makes no difference to days."""
    built = _series(one, 60)
    return Series(built.first, "UTC", 60, built.rule, built.until, built.further)


def _of_rule(one: SeriesDocument) -> list[Flaw]:
    """What is wrong with the rhythm; with such a one no day can be told."""
    found: list[Flaw] = []
    first = one.first.date()
    if one.rule is not None and one.every is not None:
        found.append(Flaw(("every",), "registry.two_rhythms", {}))
    rule = one.rule or (rule_of(one.every) if one.every else None)
    if rule is not None and (why := rule_problem(rule)) is not None:
        found.append(Flaw(("rule" if one.rule else "every",), "registry.bad_rule", {"why": why}))
    if one.until is not None and one.until < first:
        found.append(Flaw(("until",), "registry.backwards", {"since": first, "until": one.until}))
    elif one.until is not None and one.until > first + _CENTURY:
        found.append(Flaw(("until",), "registry.until_far", {"until": one.until}))
    return found


def _of_days(one: SeriesDocument, series: Series) -> Iterator[Flaw]:
    first = one.first.date()
    if series.rule is not None and not series.is_by_rule(first):
        yield Flaw(("first",), "registry.first_elsewhere", {"day": first})
    if series.rule is None and one.until is not None:
        yield Flaw(("until",), "registry.until_alone", {}, is_error=False)
    if one.every is not None and "month" in one.every and first.day > _IN_EVERY_MONTH:
        yield Flaw(("first",), "registry.day_not_in_every_month", {"number": str(first.day)}, is_error=False)
    for index, local in enumerate(one.further):
        if series.is_regular(local.date()):
            yield Flaw(("further", index), "registry.further_already", {"day": local.date()}, is_error=False)
    for index, day in enumerate(one.cancelled):
        if series.on(day) is None:
            yield Flaw(("cancelled", index), "registry.no_meeting_that_day", {"day": day}, is_error=False)
    for day, to in one.moved.items():
        if to == series.on(day):
            yield Flaw(("moved", str(day)), "registry.moved_nowhere", {"day": day}, is_error=False)
        elif to == series.on(to.date()) and to.date() not in {*one.cancelled, *one.moved}:
            yield Flaw(("moved", str(day)), "registry.moved_onto_another", {"to": to.date()}, is_error=False)
        if series.on(day) is None:
            yield Flaw(("moved", str(day)), "registry.no_meeting_that_day", {"day": day}, is_error=False)
        if day in one.cancelled:
            yield Flaw(("moved", str(day)), "registry.moved_and_cancelled", {"day": day})
