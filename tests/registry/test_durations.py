"""Durations as people write them."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.registry.durations import LONGEST, duration, written


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90 s", 90),
        ("10 min", 600),
        ("10min", 600),
        ("10 Min.", 600),
        ("30m", 1800),
        ("2h", 7200),
        ("1,5 h", 5400),
        ("1.5 Std", 5400),
        ("1 h 30 min", 5400),
        ("2 Stunden", 7200),
        ("1 Tag", 86_400),
        ("3 d", 259_200),
        ("1 Woche", 604_800),
    ],
)
def test_a_duration_is_what_people_write(text: str, seconds: int) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", [" ", "10", "h", "0 s", "-5 min", "10 lightyears", "1 h bald", "367 d", "9" * 99])
def test_nothing_else_is_one(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        duration(text)


@given(st.integers(1, int(LONGEST.total_seconds())))
def test_what_is_written_is_read_as_the_same(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert duration(written(length)) == length


@given(st.text(max_size=80))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    try:
        assert timedelta(0) < duration(text) <= LONGEST
    except ValueError:
        return
