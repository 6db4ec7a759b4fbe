"""Patterns of devices: which of two counts more, and whether a device can meet both.

``*`` stands for any letters and ``?`` for one. A name that is held against them is a device's id, its EUI, or
``application/device``: it has one slash at most.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

_ANY: Final = "*?"
_LAST: Final = chr(0x10FFFF)
"""Sorted behind every letter."""
_SOME: Final = "1"
"""The letter of an example where any would do."""
MOST_STEPS: Final = 1_000_000
"""About a second: the registry is read again and again, and many patterns full of ``*`` must not hold that up."""


def is_pattern(device: str) -> bool:
    """Whether it stands for many."""
    return "*" in device or "?" in device


def weight(pattern: str) -> tuple[int, int, int]:
    """What has more of it counts more: letters in all; those that stand for themselves; those that stand for one."""
    stars, questions = pattern.count("*"), pattern.count("?")
    return len(pattern), len(pattern) - stars - questions, questions


def ends(pattern: str) -> tuple[str, str]:
    """What stands before its first ``*`` or ``?``, and what behind its last one: all that it matches has both."""
    places = [place for place, letter in enumerate(pattern) if letter in _ANY]
    return pattern[: places[0]], pattern[places[-1] + 1 :]


def example_of_both(one: str, other: str) -> str | None:
    """The shortest name that meets both patterns; None: there is none."""
    free_one, free_other = "/" not in one, "/" not in other
    # By places in the other: what meets the rest of both from there on. From behind, as what follows has to be known.
    behind: list[str | None] = []
    for place in range(len(one), -1, -1):
        letter = one[place : place + 1]
        here: list[str | None] = [None] * (len(other) + 1)
        for its_place in range(len(other), -1, -1):
            its_letter = other[its_place : its_place + 1]
            if not letter and not its_letter:
                here[its_place] = ""
                continue
            found = []
            if letter == "*":  # it stands for nothing more; so for the other
                found.append(behind[its_place])
            if its_letter == "*":
                found.append(here[its_place + 1])
            both = _both(letter, its_letter, free_one, free_other)
            if both:
                rows = here if letter == "*" else behind
                rest = rows[its_place if its_letter == "*" else its_place + 1]
                found.append(None if rest is None else both + rest)
            here[its_place] = min((each for each in found if each is not None), key=len, default=None)
        behind = here
    return behind[0]


def _both(letter: str, its_letter: str, free_one: bool, free_other: bool) -> str:
    """One letter of a name that meets both; "": there is none, or it is of no use. ``free``: may stand for a slash."""
    if not letter or not its_letter or letter == its_letter == "*":
        return ""
    if letter in _ANY and its_letter in _ANY:
        return _SOME
    if letter in _ANY:
        return its_letter if its_letter != "/" or free_one else ""
    if its_letter in _ANY:
        return letter if letter != "/" or free_other else ""
    return letter if letter == its_letter else ""


class _Kin:
    """Texts of which one may begin with another."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._order = sorted(range(len(texts)), key=texts.__getitem__)
        self._sorted = [texts[number] for number in self._order]
        self._equal: dict[str, range] = {}
        for place, text in enumerate(self._sorted):
            self._equal[text] = range(self._equal[text].start if text in self._equal else place, place + 1)

    def runs_of(self, text: str) -> list[range]:
        """Where those stand that begin with it, or with which it begins."""
        shorter = (self._equal.get(text[:length]) for length in range(len(text)))
        longer = range(bisect_left(self._sorted, text), bisect_left(self._sorted, text + _LAST))
        return [longer, *(run for run in shorter if run is not None)]

    def numbers_in(self, runs: Iterable[range]) -> list[int]:
        """As the texts were numbered."""
        return sorted(number for run in runs for number in self._order[run.start : run.stop])


def disputed(patterns: Sequence[tuple[str, str]]) -> Iterator[tuple[int, int, str]]:
    """By their numbers, pairs of the same weight both of which a device can meet, with a name that does.

    For each pattern it is the first one before it, if there is any. ``patterns``: each with its holder; what one holder
    has is not disputed. Only those are held against each other that begin alike, or end alike: thousands are quick.
    Where patterns are long and hundreds fit neither, it ends after `MOST_STEPS` with what was found until then.
    """
    allowance = _Allowance(MOST_STEPS)
    alike: dict[tuple[int, int, int], list[int]] = {}
    for number, (pattern, _) in enumerate(patterns):
        alike.setdefault(weight(pattern), []).append(number)
    for group in alike.values():
        for later, earlier, example in _disputed([patterns[number] for number in group], allowance):
            yield group[later], group[earlier], example


class _Allowance:
    """Steps that may still be taken."""

    def __init__(self, steps: int) -> None:
        self._steps = steps

    def take(self, steps: int) -> bool:
        """Whether they may be."""
        self._steps -= steps
        return self._steps >= 0


def _disputed(patterns: Sequence[tuple[str, str]], allowance: _Allowance) -> Iterator[tuple[int, int, str]]:
    """Of one weight."""
    both_ends = [ends(pattern) for pattern, _ in patterns]
    heads, tails = _Kin([head for head, _ in both_ends]), _Kin([tail[::-1] for _, tail in both_ends])
    for number, (pattern, holder) in enumerate(patterns):
        head, tail = both_ends[number]
        near: Iterable[int] = range(number)
        count = number
        for kin, end in ((heads, head), (tails, tail[::-1])):
            runs = kin.runs_of(end)
            if sum(map(len, runs)) < count:
                near, count = kin.numbers_in(runs), sum(map(len, runs))
        for other in near:
            if other >= number:
                break
            other_head, other_tail = both_ends[other]
            if patterns[other][1] == holder or not _agree(head, other_head) or not _agree(tail[::-1], other_tail[::-1]):
                continue
            if not allowance.take(len(patterns[other][0]) * len(pattern)):
                return
            example = example_of_both(patterns[other][0], pattern)
            if example is not None:
                yield number, other, example
                break


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
