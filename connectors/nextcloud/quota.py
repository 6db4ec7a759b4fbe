"""How Nextcloud stores a quota: as the words people read, rounded, not as the number that it was given.

Observed on Nextcloud 34: written 1500000000, read back 1503238554 ("1.4 GB"); 5368709120000 → 5387606976102.
So a wish is compared in the form in which it would come back, or it would be "changed" again in every run.
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

UNLIMITED: Final = -3
"""Nextcloud's own number for "none"."""

MOST: Final = 1 << 62
"""Bytes. What is more is no quota: a database's integers end here."""

_UNITS: Final = ("B", "KB", "MB", "GB", "TB", "PB")
_FORM: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgtp]?b?)\s*", re.IGNORECASE)


def bytes_of(text: str) -> int | None:
    """Bytes of "5 GB", "1.5gb", "1073741824"; `UNLIMITED` of "none"; None where it is no quota. Binary units."""
    if text.strip().lower() == "none":
        return UNLIMITED
    found = _FORM.fullmatch(text)
    if found is None or len(found.group(1)) > 24:
        return None
    unit = found.group(2).upper()
    power = _UNITS.index(unit if unit.endswith("B") else f"{unit}B") if unit else 0
    size = Decimal(found.group(1)) * 1024**power
    return int(size.quantize(Decimal(1), ROUND_HALF_UP)) if size <= MOST else None


def stored(size: int) -> int:
    """The bytes that the server gives back after ``size`` bytes were written."""
    if size < 0:
        return UNLIMITED
    shown = words(size)
    back = bytes_of(shown)
    return size if back is None else back


def words(size: int) -> str:
    """What the server keeps of ``size`` bytes: whole KB, above that one decimal (its `Util::humanFileSize`)."""
    if size < 1024:
        return f"{size} B"
    amount = _rounded(Decimal(size) / 1024, 0)
    for unit in _UNITS[1:-1]:
        if amount < 1024:
            return f"{amount} {unit}"
        amount = _rounded(amount / 1024, 1)
    return f"{amount} {_UNITS[-1]}"


def _rounded(amount: Decimal, places: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def written(value: int | None) -> str:
    """A quota as it is sent: bytes in digits, "none" or "default". (An integer instead of a string is refused.)"""
    if value is None:
        return "default"
    return "none" if value < 0 else str(value)
