"""Last days and waits, held against the plainest way to reckon them: day by day."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from policies.membership import Standing, standing
from provisioner.lifecycle.days import ending_of, is_absent, wait_ends
from provisioner.model.registry import Affiliation, Guest, Organisation, OrganisationKind, Period, Person, Registry

DAY = timedelta(days=1)
BEGINS = date(2027, 3, 1)
GONE = (Standing.LEFT, Standing.GUEST_ENDED, Standing.ORGANISATION_LEFT)

days_around = st.integers(-60, 120).map(lambda number: BEGINS + number * DAY)
maybe = st.none() | days_around
absences = st.lists(st.builds(Period, maybe, maybe), max_size=5)


def day_by_day(begins: date, days: int, away: list[Period]) -> date | None:
    """The wait as a calendar on the wall would show it: cross off every day of presence; a year later give up."""
    today = begins
    while days:
        days -= not is_absent(today, away)
        today += DAY
        if today > begins + 400 * DAY:
            return None
    return today


@given(days=st.integers(0, 60), away=absences)
def test_the_wait_counts_every_day_of_presence_and_no_other(days: int, away: list[Period]) -> None:
    assert wait_ends(BEGINS, days, away) == day_by_day(BEGINS, days, away)


@given(days=st.integers(0, 60), away=absences, more=st.builds(Period, maybe, maybe))
def test_an_absence_more_never_ends_a_wait_sooner(days: int, away: list[Period], more: Period) -> None:
    before, after = wait_ends(BEGINS, days, away), wait_ends(BEGINS, days, [*away, more])
    assert after is None or (before is not None and before <= after)


def test_an_absence_before_counts_nothing_one_within_its_days_and_one_without_end_pauses_for_good() -> None:
    def ends(*away: Period) -> date | None:
        return wait_ends(BEGINS, 30, away)

    assert ends() == date(2027, 3, 31)
    assert ends(Period(date(2027, 1, 1), date(2027, 2, 28))) == date(2027, 3, 31)
    assert ends(Period(date(2027, 3, 10), date(2027, 3, 19))) == date(2027, 4, 10)
    assert ends(Period(date(2027, 2, 1), date(2027, 3, 10))) == date(2027, 4, 10)
    assert ends(Period(date(2027, 3, 10), date(2027, 3, 19)), Period(date(2027, 3, 15), date(2027, 3, 24))) == date(
        2027, 4, 15
    )
    assert ends(Period(date(2027, 3, 31), None)) == date(2027, 3, 31), "it was over the day before"
    assert ends(Period(date(2027, 3, 30), None)) is None
    assert ends(Period(None, date.max)) is None
    assert wait_ends(BEGINS, 0, [Period()]) == BEGINS
    assert wait_ends(BEGINS, 3_000_000, []) is None, "no calendar goes that far"


people = st.builds(
    lambda until, guest, stays: Person(
        "p-1", "Ada", "Muster", "ada@bretten.example", tuple(stays), period=Period(None, until), guest=guest
    ),
    maybe,
    st.none() | st.builds(Guest, st.just("p-2"), days_around),
    st.lists(
        st.builds(Affiliation, st.sampled_from(["a", "b"]), st.just(frozenset()), st.builds(Period, st.none(), maybe)),
        max_size=3,
    ),
)


@given(person=people, ends=st.tuples(maybe, maybe), today=days_around)
def test_whoever_has_a_last_day_behind_them_is_gone_for_the_same_reason_as_policy_says(
    person: Person, ends: tuple[date | None, date | None], today: date
) -> None:
    organisations = {
        identity: Organisation(identity, identity, OrganisationKind.CITY, period=Period(None, end))
        for identity, end in zip("ab", ends, strict=True)
    }
    registry = Registry("redi", "re@di", organisations=organisations, people={person.id: person})
    ending = ending_of(person, registry)
    now = standing(person, registry, today)
    assert (now in GONE) == (ending is not None and ending.day < today)


@given(person=people, end=maybe)
def test_the_day_after_the_last_one_policy_names_the_same_cause(person: Person, end: date | None) -> None:
    city = Organisation("a", "a", OrganisationKind.CITY, period=Period(None, end))
    registry = Registry("redi", "re@di", organisations={"a": city, "b": city}, people={person.id: person})
    ending = ending_of(person, registry)
    if ending is not None:
        assert standing(person, registry, ending.day) is Standing.ACTIVE
        assert standing(person, registry, ending.day + DAY) is ending.cause


def test_the_end_of_an_organisation_that_could_not_be_read_is_nobodys_end() -> None:
    stays = (Affiliation("gone", period=Period(None, None)),)
    person = Person("p-1", "Ada", "Muster", "ada@bretten.example", stays)
    assert ending_of(person, Registry("redi", "re@di", people={"p-1": person})) is None
