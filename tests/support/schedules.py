"""Schedules as people might write them, and odder ones, for tests with hypothesis."""

from datetime import date, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

from provisioner.calendars.rules import WEEKDAYS, rule_problem
from provisioner.calendars.series import Series

ZONE: Final = "Europe/Berlin"
FIRST: Final = date(2026, 1, 1)

days = st.dates(FIRST, date(2028, 12, 31))
times = st.builds(datetime, st.just(2026), st.just(1), st.just(1), st.integers(0, 23), st.sampled_from((0, 15, 30)))
moments = st.builds(lambda day, time: datetime.combine(day, time.time()), days, times)
_counted = st.builds(
    lambda place, day: f"{place}{day}", st.sampled_from(("1", "2", "3", "4", "-1")), st.sampled_from(WEEKDAYS)
)


def _listed(values: st.SearchStrategy[object], most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=most, unique=True).map(lambda found: ",".join(map(str, found)))


def _rule(frequency: str, **parts: str | None) -> str:
    return ";".join([f"FREQ={frequency}", *(f"{name}={value}" for name, value in parts.items() if value is not None)])


_interval = st.none() | st.integers(1, 30).map(str)
rules = st.one_of(
    st.builds(_rule, st.just("DAILY"), INTERVAL=_interval),
    st.builds(_rule, st.just("DAILY"), BYDAY=_listed(st.sampled_from(WEEKDAYS)), BYMONTH=st.none() | st.just("3,10")),
    st.builds(
        _rule,
        st.just("WEEKLY"),
        INTERVAL=_interval,
        BYDAY=st.none() | _listed(st.sampled_from(WEEKDAYS)),
        WKST=st.none() | st.sampled_from(WEEKDAYS),
    ),
    st.builds(_rule, st.just("MONTHLY"), INTERVAL=_interval, BYDAY=st.none() | _listed(_counted, 2)),
    st.builds(_rule, st.just("MONTHLY"), BYMONTHDAY=_listed(st.integers(-31, 31).filter(bool))),
    st.builds(
        _rule,
        st.just("MONTHLY"),
        BYDAY=_listed(st.sampled_from(WEEKDAYS), 5),
        BYSETPOS=st.sampled_from(("1", "-1", "2,-2")),
    ),
    st.builds(_rule, st.just("YEARLY"), INTERVAL=st.none() | st.just("2"), BYMONTH=st.none() | st.just("3,11")),
    st.builds(_rule, st.just("YEARLY"), BYMONTH=st.just("3,6,10"), BYDAY=_listed(_counted, 2)),
).filter(lambda rule: rule_problem(rule) is None)


@st.composite
def schedules(draw: st.DrawFn, *, by_rule: bool = False) -> Series:
    """Any schedule; exceptions mostly on days that there are. ``by_rule``: the first one is a day of the rule."""
    start = draw(moments.filter(lambda moment: moment.year == FIRST.year))
    rule = draw(st.none() | rules)
    bare = Series(start, ZONE, draw(st.sampled_from((30, 60, 90, 1440))), rule)
    if by_rule and rule is not None:
        found = [day for day, _ in sorted(_from(bare).items()) if bare.is_by_rule(day)]
        bare = (
            Series(datetime.combine(found[0], start.time()), ZONE, bare.minutes, rule)
            if found
            else Series(start, ZONE, 60)
        )
    until = draw(st.none() | st.dates(bare.start.date(), date(2029, 12, 31)))
    further = tuple(draw(st.lists(moments, max_size=3)))
    whole = Series(bare.start, ZONE, bare.minutes, bare.rule, until, further)
    known = sorted(_from(whole))
    any_day = st.sampled_from(known) | days
    moved = draw(st.dictionaries(any_day, moments, max_size=3))
    return Series(
        whole.start,
        ZONE,
        whole.minutes,
        whole.rule,
        until,
        further,
        tuple(draw(st.lists(any_day, max_size=4))),
        tuple(moved.items()),
    )


def _from(series: Series) -> dict[date, datetime]:
    return dict(series.planned(FIRST, FIRST + timedelta(days=1100)))
