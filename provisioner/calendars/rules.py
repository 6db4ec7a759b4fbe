"""Recurrence rules (RFC 5545), of which only those are taken by which people meet and which every calendar understands.

A rule has no end of its own (`Series.until` is one) and gives at most one time a day: so a single meeting is known by
its day. What is allowed is little on purpose: the more a rule can say, the more calendars read it differently.
"""

import re
from collections.abc import Mapping
from datetime import date
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
