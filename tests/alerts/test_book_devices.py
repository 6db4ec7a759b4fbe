"""A device is looked up among thousands of patterns, with the same answer as looking at each of them gives."""

from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.alerts import devices
from provisioner.model.origin import Origin
from provisioner.model.sensors import DeviceName, Sensor
from provisioner.registry.patterns import is_pattern, weight
from tests.support.watching import SCHOOL, book

LETTERS = st.text("ab*?", min_size=1, max_size=3)
DEVICES = st.one_of(LETTERS, st.builds("{}/{}".format, LETTERS, LETTERS))
PARTS = st.text("ab", min_size=1, max_size=3)
NAMES = st.builds(DeviceName, device=PARTS, eui=st.just("") | PARTS, application=st.just("") | PARTS)
SENDERS = st.sampled_from([None, "ttn", "tti"])


def sensor(identity: str, *names: str, sender: str | None = None, line: int = 1) -> Sensor:
    return replace(SCHOOL, id=identity, devices=names, sender=sender, origin=Origin("sensors.yaml", line, 1))


def entry_of(sensors: list[Sensor], sender: str, device: DeviceName) -> str | None:
    """As it is promised, looking at each name of each."""
    names = [f"{device.application}/{device.device}", device.eui, device.device]
    found = []
    for one in sensors:
        for name in one.devices if one.sender in (None, sender) else ():
            for number, called in enumerate(names):
                own = one.sender is None
                assert one.origin is not None
                if not is_pattern(name) and name == called:
                    found.append(((0, number, own), one.id))
                elif is_pattern(name) and called and fnmatchcase(called, name):
                    weights = tuple(-each for each in weight(name))
                    found.append(((1, own, *weights, number, one.origin.line), one.id))
    return min(found, default=(None, None))[1]


@settings(max_examples=200, deadline=None)
@given(
    drawn=st.lists(st.tuples(st.lists(DEVICES, min_size=1, max_size=3), SENDERS), max_size=8),
    lines=st.permutations(range(8)),
    asked=NAMES,
)
def test_the_entry_that_counts_most_is_found(
    drawn: list[tuple[list[str], str | None]], lines: list[int], asked: DeviceName
) -> None:
    exact = {name for names, _ in drawn for name in names if not is_pattern(name)}
    named = [name for names, _ in drawn for name in set(names) if name in exact]
    if len(named) != len(exact):
        return  # two entries for one device are a mistake of its own
    sensors = [sensor(f"s{n}", *names, sender=sender, line=lines[n]) for n, (names, sender) in enumerate(drawn)]
    found = book(sensors=sensors).sensor("ttn", asked)
    assert (found and found.sensor.id) == entry_of(sensors, "ttn", asked)


def test_of_two_patterns_that_count_the_same_the_first_in_the_files_counts() -> None:
    for first, second in ((1, 2), (2, 1)):
        known = book(sensors=[sensor("a", "raum-1*", line=first), sensor("b", "raum-*1", line=second)])
        found = [known.sensor("ttn", DeviceName(name)) for name in ("raum-11", "raum-12", "raum-21")]
        assert [one and one.sensor.id for one in found] == ["a" if first < second else "b", "a", "b"]


def test_one_device_in_thousands_of_patterns_is_held_against_few(monkeypatch: pytest.MonkeyPatch) -> None:
    patterns = [f"pegel-{number:04d}-*" for number in range(2000)] + [f"*-{number:04d}" for number in range(2000)]
    patterns += [f"raum-{number:04d}-?x*" for number in range(2000)]
    known = book(sensors=[sensor(f"s{number}", name) for number, name in enumerate(patterns)])
    looked, before = [], devices._Pattern.is_met_by

    def is_met_by(pattern: devices._Pattern, name: str) -> bool:
        looked.append(name)
        return before(pattern, name)

    monkeypatch.setattr(devices._Pattern, "is_met_by", is_met_by)
    for name, entry in (("pegel-0007-1", "s7"), ("x-0008", "s2008"), ("raum-0009-1x", "s4009"), ("spam", None)):
        found = known.sensor("ttn", DeviceName(name, "0011223344556677", "app"))
        assert (found and found.sensor.id) == entry
    assert len(looked) <= 6
