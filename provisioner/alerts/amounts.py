"""Numbers, moments and durations as people of a language write them."""

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from babel.units import format_unit

from provisioner.model.sensors import Quantity
from provisioner.texts import Language

_NARROW = "\u00a0"
"""Between a number and its unit: no line ends there."""
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,20})?")
_STEPS = (("duration-day", 86400), ("duration-hour", 3600), ("duration-minute", 60))


def amount(value: float, quantity: Quantity | None, language: Language) -> str:
    """ "1,25 m", "1.250 ppm"; "12 %" in German is "12%" in English."""
    decimals = min(max(quantity.decimals, 0), 6) if quantity else 1
    shown = number(value, decimals, language)
    unit = quantity.unit if quantity else ""
    return percent(shown, language) if unit == "%" else f"{shown}{_NARROW}{unit}" if unit else shown


def percent(shown: str, language: Language) -> str:
    """A number of percents."""
    return f"{shown}{_NARROW}%" if language == "de" else f"{shown}%"


def number(value: float, decimals: int, language: Language) -> str:
    """With so many digits behind the comma, always; a half is rounded away from zero, as people do."""
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0  # no "-0"
    return format_decimal(rounded, f"#,##0.{'0' * decimals}" if decimals else "#,##0", locale=language)


def told(words: str, language: Language) -> str:
    """What somebody else wrote: as it is, but for a number by itself, which is written as its readers do."""
    return format_decimal(Decimal(words), "#,##0.######", locale=language) if _NUMBER.fullmatch(words) else words


def duration(seconds: float, language: Language) -> str:
    """In its two largest units: "5 Stunden 20 Minuten". Below a minute it is said to be one."""
    left = max(60, round(seconds / 60) * 60) if seconds < 86400 else round(seconds / 3600) * 3600
    parts = []
    for unit, size in _STEPS:
        count, left = divmod(left, size)
        if count:
            parts.append(format_unit(count, unit, locale=language))
    return " ".join(parts[:2])


def clock(moment: float, zone: ZoneInfo, language: Language) -> str:
    """ "03:12"."""
    local = datetime.fromtimestamp(moment, zone)
    return format_time(local, "HH:mm", locale=language)


def day(moment: float, zone: ZoneInfo, language: Language) -> str:
    """ "21. November"."""
    local = datetime.fromtimestamp(moment, zone)
    return format_date(local, "d. MMMM" if language == "de" else "d MMMM", locale=language)


def is_same_day(one: float, other: float, zone: ZoneInfo) -> bool:
    return datetime.fromtimestamp(one, zone).date() == datetime.fromtimestamp(other, zone).date()
