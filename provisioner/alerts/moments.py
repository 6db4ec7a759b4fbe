"""Moments as seconds since 1970. The database keeps microseconds: the same moment can differ by a fraction of one."""

from datetime import UTC, datetime
from typing import Final

_SLACK: Final = 0.001
"""Seconds. Without it something could be due at a moment that is not yet reached, for ever."""


def reached(now: float, then: float) -> bool:
    """Whether it is time."""
    return now >= then - _SLACK


def aware(moment: float) -> datetime:
    """In UTC."""
    return datetime.fromtimestamp(moment, UTC)
