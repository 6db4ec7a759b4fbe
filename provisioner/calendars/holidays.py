"""Public holidays: days on which nobody meets unless a series says so."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Final

from holidays import country_holidays

_FIRST_YEAR: Final = 1991
"""The library knows none before."""
_LAST_YEAR: Final = 2100


def holidays_between(first: date, last: date, state: str = "BW") -> Mapping[date, str]:
    """The public holidays of a German state (two letters) on these days, both included, by their German names."""
    return {
        day: name
        for year in range(max(first.year, _FIRST_YEAR), min(last.year, _LAST_YEAR) + 1)
        for day, name in _of_year(year, state).items()
        if first <= day <= last
    }


@cache
def _of_year(year: int, state: str) -> Mapping[date, str]:
    return dict(sorted(country_holidays("DE", subdiv=state, years=year, language="de").items()))
