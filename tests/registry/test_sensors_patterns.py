"""Patterns may overlap: the one that says more of the name counts, and where neither does people are told."""

from fnmatch import fnmatchcase
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.registry import patterns as patterns_room
from provisioner.registry.patterns import disputed, example_of_both, is_pattern, weight
from provisioner.texts import Catalogue
from tests.registry.alerting import SENSORS, loaded, told
from tests.registry.conftest import Write

FIRST, SECOND = "sensors.yaml:3:14", "sensors.yaml:11:14"
NAMES = [
    "".join(letters) for length in range(1, 7) for letters in product("ab/", repeat=length) if letters.count("/") <= 1
]
"""All short ones: a device's id or EUI has no slash, an application with its device has one."""
LETTERS = st.text("ab*?", min_size=1, max_size=3)
PATTERNS = st.one_of(LETTERS, st.builds("{}/{}".format, LETTERS, LETTERS)).filter(is_pattern)


def two(first: str, second: str, more: str = "", other: str = "") -> str:
    """Two entries in one file."""
    one = SENSORS.replace("A8-40-41-C4-D1-87-00-01", f"'{first}'")
    return (
        one + more + SENSORS[9:].replace("id: pegel", "id: b").replace("A8-40-41-C4-D1-87-00-01", f"'{second}'") + other
    )


@pytest.mark.parametrize(
    ("first", "second", "example"),
    [
        ("raum-1*", "raum-*1", "raum-1"),
        ("raum-1?", "raum-?1", "raum-11"),
        ("luft-*", "*-aula", "luft-aula"),
        ("redi/*", "*/aula", "redi/aula"),
        ("*keller*", "*rathau*", "kellerathau"),
    ],
)
def test_two_patterns_neither_of_which_counts_more_are_told_with_a_device_that_meets_both(
    write: Write, first: str, second: str, example: str
) -> None:
    found = loaded(write, sensors=two(first, second))
    assert told(found) == [("patterns_meet", SECOND)]
    assert not found.errors, "no alarm of either is lost: for what meets both the first counts"
    assert found.registry.sensors.keys() == {"pegel", "b"}
    for language, besides in (("de", "beim Sensor"), ("en", "at the sensor")):
        sentence = Catalogue(language)(found.problems[0].what)
        for part in (first, second, "pegel", FIRST, example, besides):
            assert part in sentence
        assert "*" in Catalogue(language)(found.problems[0].mend)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("raum-1*", "raum-2*"),  # nothing meets both
        ("*-aula", "*-saal"),
        ("luft/*", "saal/*"),
        ("raum-?a", "raum-?b"),
        ("redi/a*", "redi/b*"),
        ("pegel-*", "*-alb"),  # one is longer
        ("raum-?", "raum-*"),  # one says more
        ("raum-1*", "raum-??"),
    ],
)
def test_patterns_that_nothing_meets_or_of_which_one_counts_more_are_fine(
    write: Write, first: str, second: str
) -> None:
    assert loaded(write, sensors=two(first, second)).problems == ()


def test_senders_keep_patterns_apart_and_an_entry_does_not_dispute_with_itself(write: Write) -> None:
    apart = two("raum-1*", "raum-*1", "    sender: ttn\n", "    sender: stadt\n")
    assert loaded(write, sensors=apart).problems == ()
    assert loaded(write, sensors=two("raum-1*", "raum-*1", "    sender: ttn\n")).problems == ()
    together = two("raum-1*", "raum-*1", "    sender: ttn\n", "    sender: ttn\n")
    assert told(loaded(write, sensors=together)) == [("patterns_meet", "sensors.yaml:12:14")]
    assert loaded(write, sensors=SENSORS.replace("A8-40-41-C4-D1-87-00-01", "[raum-1*, raum-*1]")).problems == ()


@settings(max_examples=300, deadline=None)
@given(one=PATTERNS, other=PATTERNS)
def test_an_example_is_found_whenever_a_name_meets_both(one: str, other: str) -> None:
    example = example_of_both(one, other)
    both = [name for name in NAMES if fnmatchcase(name, one) and fnmatchcase(name, other)]
    if example is None:
        assert not both
    else:
        assert example == "" or (fnmatchcase(example, one) and fnmatchcase(example, other))
        assert example.count("/") <= 1
        assert all(len(example) <= len(name) for name in both)


@settings(max_examples=200, deadline=None)
@given(patterns=st.lists(st.tuples(PATTERNS, st.sampled_from("xyz")), max_size=10))
def test_looking_at_few_finds_what_looking_at_each_pair_does(patterns: list[tuple[str, str]]) -> None:
    expected = []
    for later, (pattern, holder) in enumerate(patterns):
        for earlier, (other, its_holder) in enumerate(patterns[:later]):
            alike = weight(other) == weight(pattern) and its_holder != holder
            if alike and (example := example_of_both(other, pattern)) is not None:
                expected.append((later, earlier, example))
                break
    assert sorted(disputed(patterns)) == expected


def test_hundreds_of_patterns_full_of_stars_do_not_hold_up_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(one: str, other: str) -> str | None:
        asked.append(len(one) * len(other))
        return None

    monkeypatch.setattr(patterns_room, "example_of_both", counted)
    many = [(f"{'*a' * 20}*{number:04d}*", str(number)) for number in range(1_000)]

    assert list(disputed([("b*", "one"), ("*c", "other"), *many])) == []
    assert 0 < sum(asked) <= patterns_room.MOST_STEPS
