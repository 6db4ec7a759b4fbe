"""Recurrence rules (RFC 5545), of which only those are taken by which people meet and which every calendar understands.

A rule has no end of its own (`Series.until` is one) and gives at most one time a day: so a single meeting is known by
its day. What is allowed is little on purpose: the more a rule can say, the more calendars read it differently.

Days are tested one by one: a rule that gives none (the 30th of February) costs no more than any other, while dateutil
looks for its first one up to the year 9999.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Final

from provisioner.model.text import Text

MAX_INTERVAL: Final = 366
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_ORDER: Final = ("FREQ", "INTERVAL", "WKST", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS")
_LIMITS: Final = {"BYMONTH": 12, "BYMONTHDAY": 31, "BYSETPOS": 31}
_SHAPE: Final = re.compile(r"[A-Z]+=[A-Z0-9,+-]+(?:;[A-Z]+=[A-Z0-9,+-]+)*", re.ASCII)
_DAY: Final = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,3}", re.ASCII)
_MAX_LENGTH: Final = 300


def parts_of(rule: str) -> Mapping[str, str]:
    """What stands in a rule, by name."""
    return dict(part.partition("=")[::2] for part in rule.split(";"))


def rule_problem(rule: str) -> Text | None:
    """Why a rule is not taken; None for a good one."""
    if len(rule) > _MAX_LENGTH or not _SHAPE.fullmatch(rule):
        return Text.of("calendars.rule_shape")
    names = [part.partition("=")[0] for part in rule.split(";")]
    if len(set(names)) < len(names):
        return Text.of("calendars.rule_twice")
    if "COUNT" in names or "UNTIL" in names:
        return Text.of("calendars.rule_end")
    for name in names:
        if name not in _ORDER:
            return Text.of("calendars.rule_part", part=name)
    parts = parts_of(rule)
    if parts.get("FREQ") not in FREQUENCIES:
        return Text.of("calendars.rule_frequency")
    for name, value in parts.items():
        if not _is_value(name, value):
            return Text.of("calendars.rule_value", part=name, value=value)
    return _disagreement(parts)


def _is_value(name: str, value: str) -> bool:
    if name in ("FREQ", "WKST"):
        return value in (FREQUENCIES if name == "FREQ" else WEEKDAYS)
    if name == "INTERVAL":
        return value.isascii() and value.isdecimal() and 1 <= int(value) <= MAX_INTERVAL
    each = value.split(",")
    if name == "BYDAY":
        return all(map(_DAY.fullmatch, each))
    numbers = [int(one) for one in each if _NUMBER.fullmatch(one)]
    lowest = 1 if name == "BYMONTH" else -_LIMITS[name]
    return len(numbers) == len(each) and all(lowest <= one <= _LIMITS[name] and one for one in numbers)


def _disagreement(parts: Mapping[str, str]) -> Text | None:
    """Parts that say nothing together, or that calendars read in different ways."""
    frequency = parts["FREQ"]
    counted = any(not day.startswith(WEEKDAYS) for day in parts["BYDAY"].split(",")) if "BYDAY" in parts else False
    by_day = "BYDAY" in parts or "BYMONTHDAY" in parts
    if (
        (counted and frequency not in ("MONTHLY", "YEARLY"))
        or ("BYMONTHDAY" in parts and frequency == "WEEKLY")
        or ("BYSETPOS" in parts and (frequency != "MONTHLY" or not by_day))
        or (frequency == "YEARLY" and by_day and "BYMONTH" not in parts)
    ):
        return Text.of("calendars.rule_together", frequency=frequency)
    return None


def canonical_rule(rule: str, start: date) -> str:
    """A rule that `rule_problem` takes, in the one form in which all say it that mean the same days from ``start``."""
    parts = dict(parts_of(rule))
    interval = int(parts.pop("INTERVAL", "1"))
    if parts == {"FREQ": "DAILY"} and interval % 7 == 0:
        parts, interval = {"FREQ": "WEEKLY"}, interval // 7
    if interval > 1:
        parts["INTERVAL"] = str(interval)
    for name in ("BYMONTH", "BYMONTHDAY", "BYSETPOS"):
        if name in parts:
            parts[name] = ",".join(map(str, sorted({int(one) for one in parts[name].split(",")})))
    if "BYDAY" in parts:
        parts["BYDAY"] = ",".join(sorted({day.lstrip("+") for day in parts["BYDAY"].split(",")}, key=_rank))
    if parts["FREQ"] == "WEEKLY" and parts.get("BYDAY") == WEEKDAYS[start.weekday()]:
        del parts["BYDAY"]
    if (
        parts["FREQ"] == "MONTHLY"
        and parts.get("BYMONTHDAY") == str(start.day)
        and not {"BYDAY", "BYSETPOS"} & set(parts)
    ):
        del parts["BYMONTHDAY"]
    if not (interval > 1 and parts["FREQ"] == "WEEKLY" and "BYDAY" in parts) or parts.get("WKST") == "MO":
        parts.pop("WKST", None)
    return ";".join(f"{name}={parts[name]}" for name in _ORDER if name in parts)


def _rank(day: str) -> tuple[int, int]:
    return WEEKDAYS.index(day[-2:]), int(day[:-2] or 0)


def rule_days(rule: str, start: date, first: date, last: date) -> Iterator[date]:
    """The days from ``first`` to ``last`` on which a rule gives a meeting; ``start``: of the series."""
    is_one = rule_test(rule, start)
    return filter(is_one, map(date.fromordinal, range(max(first, start).toordinal(), last.toordinal() + 1)))


@lru_cache(10_000)
def rule_test(rule: str, start: date) -> Callable[[date], bool]:
    """Whether a rule gives a meeting on a day; asked of days from ``start`` on."""
    in_turn, fits = _in_turn(parts_of(rule), start), _fitting(parts_of(rule), start)
    return lambda day: in_turn(day) and fits(day)


def _in_turn(parts: Mapping[str, str], start: date) -> Callable[[date], bool]:
    """Whether the day, week, month or year of a day is one in which there are meetings."""
    week_begins = WEEKDAYS.index(parts.get("WKST", "MO"))
    count: Callable[[date], int] = {
        "DAILY": date.toordinal,
        "WEEKLY": lambda day: (day.toordinal() - 1 - week_begins) // 7,  # day 1 was a Monday
        "MONTHLY": lambda day: day.year * 12 + day.month,
        "YEARLY": lambda day: day.year,
    }[parts["FREQ"]]
    interval, begin = int(parts.get("INTERVAL", "1")), count(start)
    return lambda day: (count(day) - begin) % interval == 0


def _fitting(parts: Mapping[str, str], start: date) -> Callable[[date], bool]:
    """Whether a day is one of those of its week, month or year. What a rule does not say is as on its first day."""
    frequency, given = parts["FREQ"], "BYDAY" in parts or "BYMONTHDAY" in parts
    months = _numbers(parts, "BYMONTH") or (frozenset({start.month}) if frequency == "YEARLY" else None)
    numbers, weekdays = (
        _numbers(parts, "BYMONTHDAY"),
        frozenset(one.lstrip("+") for one in parts["BYDAY"].split(",")) if "BYDAY" in parts else None,
    )
    if not given and frequency == "WEEKLY":
        weekdays = frozenset({WEEKDAYS[start.weekday()]})
    if not given and frequency in ("MONTHLY", "YEARLY"):
        numbers = frozenset({start.day})

    def fits(day: date) -> bool:
        length = monthrange(day.year, day.month)[1]
        return (
            (months is None or day.month in months)
            and (numbers is None or day.day in numbers or day.day - length - 1 in numbers)
            and (weekdays is None or not weekdays.isdisjoint(_names(day, length)))
        )

    places = _numbers(parts, "BYSETPOS")
    if places is None:
        return fits

    @cache
    def chosen(year: int, month: int) -> frozenset[int]:
        in_month = (date(year, month, number) for number in range(1, monthrange(year, month)[1] + 1))
        all_days = [day.day for day in in_month if fits(day)]
        return frozenset(day for at, day in enumerate(all_days) if at + 1 in places or at - len(all_days) in places)

    return lambda day: day.day in chosen(day.year, day.month)


def _names(day: date, length: int) -> tuple[str, str, str]:
    """What a rule calls a day: "TU", "2TU" (the second of its month), "-3TU" (the last but two)."""
    name = WEEKDAYS[day.weekday()]
    return name, f"{(day.day - 1) // 7 + 1}{name}", f"-{(length - day.day) // 7 + 1}{name}"


def _numbers(parts: Mapping[str, str], name: str) -> frozenset[int] | None:
    return frozenset(map(int, parts[name].split(","))) if name in parts else None
