"""Rung by rung: nobody is passed over, nobody falls, and who comes back has left nothing but what was erased."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from provisioner.lifecycle.ladder import Holdings, Leaver, Rung, ladder
from provisioner.model.registry import Affiliation, Organisation, OrganisationKind, Period, Person, Registry

DAY = timedelta(days=1)
LAST = date(2027, 3, 1)
SUSPENDED = LAST + DAY
ADA = Person("p-ada", "Ada", "Muster", "ada@bretten.example", period=Period(None, LAST))
THERE = Holdings("ada.muster", suspended=True, files=True)


@dataclass
class Noted:
    suspended_on: date | None = SUSPENDED
    handed_on: date | None = None


def stands(
    today: date,
    person: Person = ADA,
    held: Holdings | None = THERE,
    noted: Noted | None = None,
    wait_days: int = 30,
    registry: Registry | None = None,
) -> Leaver | None:
    """Where Ada stands."""
    registry = registry or Registry("redi", "re@di", people={person.id: person})
    holdings = {} if held is None else {ADA.id: held}
    departures = {} if noted is None else {ADA.id: noted}
    return next(ladder(registry, today, wait_days, holdings, departures), None)


def rung(*arguments: object, **more: object) -> Rung | None:
    found = stands(*arguments, **more)  # type: ignore[arg-type] # handed on as they are
    return None if found is None else found.rung


def test_one_after_another_with_the_day_of_the_next() -> None:
    active = replace(ADA, period=Period())
    assert stands(LAST, active) is None
    leaving = stands(LAST, held=replace(THERE, suspended=False))
    assert leaving is not None
    assert (leaving.rung, leaving.since, leaving.next_on) == (Rung.LEAVING, None, SUSPENDED)
    assert rung(SUSPENDED, held=replace(THERE, suspended=False)) is Rung.LEFT
    waiting = stands(SUSPENDED + 29 * DAY, noted=Noted())
    assert waiting is not None
    assert (waiting.rung, waiting.since, waiting.next_on) == (Rung.WAITING, SUSPENDED, SUSPENDED + 30 * DAY)
    files = stands(SUSPENDED + 30 * DAY, noted=Noted())
    assert files is not None
    assert (files.rung, files.since, files.next_on) == (Rung.HAND_OVER, SUSPENDED + 30 * DAY, None)
    handed = Noted(handed_on=SUSPENDED + 40 * DAY)
    erasable = stands(SUSPENDED + 50 * DAY, noted=handed)
    assert erasable is not None
    assert (erasable.rung, erasable.since) == (Rung.ERASABLE, SUSPENDED + 40 * DAY)
    assert rung(SUSPENDED + 50 * DAY, held=None) is Rung.ERASED


def test_files_handed_over_ahead_of_time_shorten_no_wait() -> None:
    early = Noted(handed_on=LAST - 5 * DAY)
    assert rung(SUSPENDED + 29 * DAY, noted=early) is Rung.WAITING
    assert rung(SUSPENDED + 30 * DAY, noted=early) is Rung.ERASABLE


def test_an_account_that_can_own_no_files_needs_no_hand_over() -> None:
    assert rung(SUSPENDED + 30 * DAY, held=replace(THERE, files=False), noted=Noted()) is Rung.ERASABLE


def test_a_suspension_that_nobody_wrote_down_counts_from_today() -> None:
    late = LAST + 300 * DAY
    found = stands(late)
    assert found is not None
    assert (found.rung, found.next_on) == (Rung.WAITING, late + 30 * DAY)


def test_a_suspension_of_an_earlier_leaving_does_not_count_for_this_one() -> None:
    found = stands(SUSPENDED, noted=Noted(suspended_on=LAST - 200 * DAY))
    assert found is not None
    assert found.next_on == SUSPENDED + 30 * DAY


def test_an_absence_pauses_the_wait_and_says_so() -> None:
    away = replace(ADA, absences=(Period(SUSPENDED, SUSPENDED + 9 * DAY),))
    found = stands(SUSPENDED, away, noted=Noted())
    assert found is not None
    assert (found.next_on, found.waits_for.code) == (SUSPENDED + 40 * DAY, "lifecycle.wait_paused_until")
    for since in (None, LAST, SUSPENDED + 3 * DAY):
        without_end = replace(ADA, absences=(Period(since, None),))
        paused = stands(SUSPENDED + 4 * DAY, without_end, noted=Noted())
        assert paused is not None
        assert (paused.rung, paused.next_on, paused.waits_for.code) == (Rung.WAITING, None, "lifecycle.wait_paused")


def test_without_a_wait_the_files_come_next_at_once() -> None:
    assert rung(SUSPENDED, noted=Noted(), wait_days=0) is Rung.HAND_OVER


def test_who_comes_back_stands_beside_the_ladder_wherever_they_were() -> None:
    back = replace(ADA, period=Period())
    for noted in (None, Noted(), Noted(handed_on=SUSPENDED)):
        for held in (None, THERE, replace(THERE, suspended=False)):
            assert stands(SUSPENDED + 100 * DAY, back, held, noted) is None


def test_an_organisation_that_leaves_takes_its_people_down_with_it() -> None:
    city = Organisation("bretten", "Stadt Bretten", OrganisationKind.CITY, period=Period(None, LAST))
    person = replace(ADA, period=Period(), affiliations=(Affiliation("bretten"),))
    registry = Registry("redi", "re@di", organisations={"bretten": city}, people={ADA.id: person})
    assert rung(LAST, person, registry=registry) is Rung.LEAVING
    assert rung(SUSPENDED, person, replace(THERE, suspended=False), registry=registry) is Rung.LEFT
    elsewhere = replace(person, affiliations=(Affiliation("bretten"), Affiliation("other")))
    other = replace(city, id="other", period=Period())
    both = replace(registry, organisations={"bretten": city, "other": other}, people={ADA.id: elsewhere})
    assert stands(SUSPENDED, registry=both) is None


def test_who_vanished_from_the_registry_goes_down_it_too_unless_the_registry_was_not_read_whole() -> None:
    nobody = Registry("redi", "re@di")
    found = stands(SUSPENDED, held=replace(THERE, suspended=False), registry=nobody)
    assert found is not None
    assert (found.rung, found.name, found.waits_for.code) == (
        Rung.LEFT,
        "ada.muster",
        "lifecycle.suspension_to_approve",
    )
    assert rung(SUSPENDED + 30 * DAY, noted=Noted(), registry=nobody) is Rung.HAND_OVER
    assert stands(SUSPENDED, registry=replace(nobody, complete=False)) is None
    assert stands(SUSPENDED, registry=replace(nobody, blocked=frozenset({ADA.id}))) is None


ORDER = list(Rung)
offsets = st.integers(-10, 90)


@given(
    wait_days=st.integers(0, 40),
    away=st.lists(st.tuples(offsets, offsets).map(lambda pair: Period(LAST + pair[0] * DAY, LAST + pair[1] * DAY))),
    handed=st.none() | offsets.map(lambda number: LAST + number * DAY),
)
def test_day_by_day_nobody_climbs_by_themselves_and_every_announced_day_is_kept(
    wait_days: int, away: list[Period], handed: date | None
) -> None:
    person = replace(ADA, absences=tuple(away))
    seen: list[Leaver] = []
    for number in range(-5, 150):
        today = LAST + number * DAY
        suspended = today > LAST
        noted = Noted(SUSPENDED if suspended else None, handed if handed is not None and handed <= today else None)
        found = stands(today, person, replace(THERE, suspended=suspended), noted, wait_days)
        assert found is not None
        assert found.next_on is None or found.next_on > today
        assert found.since is None or found.since <= today
        seen.append(found)
    for number, (before, after) in enumerate(pairwise(seen)):
        assert ORDER.index(before.rung) <= ORDER.index(after.rung)
        if before.next_on is not None:
            tomorrow = LAST + (number - 5 + 1) * DAY
            assert (after.rung is not before.rung) == (tomorrow == before.next_on)


GONE = replace(ADA, period=Period(), affiliations=(Affiliation("bretten", gone=True),), gone_from="bretten-ad")


def test_whom_a_source_no_longer_has_goes_down_the_ladder_without_a_last_day() -> None:
    here = replace(THERE, suspended=False)
    found = stands(LAST, GONE, held=here)
    assert found is not None
    assert (found.rung, found.ending, found.waits_for.code) == (Rung.LEFT, None, "lifecycle.source_lost")
    assert rung(SUSPENDED + 29 * DAY, GONE, noted=Noted()) is Rung.WAITING
    assert rung(SUSPENDED + 30 * DAY, GONE, noted=Noted()) is Rung.HAND_OVER
    assert stands(LAST, GONE, held=None) is None, "who never had an account is no leaver"
    book = Registry("redi", "re@di", people={GONE.id: GONE}, complete=False)
    assert stands(LAST, GONE, held=here, registry=book) is None


def test_a_last_day_still_to_come_does_not_pause_the_wait_of_whom_a_source_no_longer_has() -> None:
    later = replace(GONE, period=Period(None, LAST + 90 * DAY))
    found = stands(SUSPENDED + 10 * DAY, later, noted=Noted())
    assert found is not None
    assert (found.rung, found.ending) == (Rung.WAITING, None)
