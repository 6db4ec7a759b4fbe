"""Whatever stands in a book, each sensor is watched by the rules that are about it and that it can meet."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.alerts import Applies, Expression, LowBattery, Rate, Rule, Silence, Threshold
from provisioner.model.sensors import Sensor
from tests.support.watching import FLOOD, RIVER, ROOM, WARNING, book, rule

MODELS = {"river": RIVER, "room": ROOM}
TESTS = st.sampled_from(
    [
        FLOOD,
        Threshold("co2", ()),
        Threshold("temperature", FLOOD.levels),
        Rate("level", timedelta(hours=1), WARNING, rises=1.0),
        Rate("co2", timedelta(hours=1), WARNING, rises=1.0),
        Silence(3, WARNING),
        LowBattery(20, 30, WARNING),
        Expression("temperature > 1 and battery < 3", None, WARNING),
        Expression("temperature > 1", "level < 1", WARNING),
    ]
)


def names(*words: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(words), max_size=2)


APPLIES = st.builds(
    Applies,
    models=names("river", "room"),
    sensors=names("s0", "s1"),
    organisations=names("ettlingen", "rastatt"),
    tags=names("a", "b"),
    senders=names("ttn", "tti"),
)
SENSORS = st.builds(
    Sensor,
    id=st.just(""),
    devices=st.just(()),
    organisation=st.sampled_from(["ettlingen", "rastatt"]),
    model=st.sampled_from(sorted(MODELS)),
    place=st.just("Alb"),
    sender=st.sampled_from([None, "ttn", "tti"]),
    mount_height=st.sampled_from([None, 3.0, 4.0]),
    interval=st.sampled_from([None, timedelta(minutes=5)]),
    tags=names("a", "b"),
)


def can_meet(rule: Rule, sensor: Sensor) -> bool:
    """Said as plainly as it can be."""
    measured = set(MODELS[sensor.model].quantities) - ({"level"} if sensor.mount_height is None else set())
    match rule.test:
        case Threshold(quantity=quantity, levels=levels):
            return quantity in measured and bool(levels)
        case Rate(quantity=quantity):
            return quantity in measured
        case Expression(clear_when=clear):
            return {"temperature", *(["level"] if clear else [])} <= measured
    return True


def is_about(applies: Applies, sensor: Sensor) -> bool:
    given = {
        "models": {sensor.model},
        "sensors": {sensor.id},
        "organisations": {sensor.organisation},
        "tags": sensor.tags,
        "senders": {sensor.sender},
    }
    return all(not getattr(applies, field) or getattr(applies, field) & has for field, has in given.items())


@settings(max_examples=150, deadline=None)
@given(
    tests=st.lists(st.tuples(TESTS, APPLIES | st.just(Applies())), max_size=8),
    drawn=st.lists(SENSORS, min_size=1, max_size=4),
)
def test_a_sensor_is_watched_by_the_rules_that_are_about_it_and_that_it_can_meet(
    tests: list[tuple[Threshold | Silence, Applies]], drawn: list[Sensor]
) -> None:
    rules = [rule(test, f"r{number}", applies=applies) for number, (test, applies) in enumerate(tests)]
    sensors = [replace(one, id=f"s{number}", devices=(f"d{number}",)) for number, one in enumerate(drawn)]
    known = book(*rules, sensors=sensors)
    used = set()
    for sensor in sensors:
        station = known.station(sensor.id)
        assert station is not None
        expected = [one for one in rules if is_about(one.applies, sensor) and can_meet(one, sensor)]
        assert list(station.rules) == expected
        assert list(station.checks) == [one.id for one in expected]
        assert [check.rule for check in station.checks.values()] == expected
        assert {check.rule.id for check in station.silences} | {name for name, _ in station.judged} == {*station.checks}
        interval = sensor.interval or MODELS[sensor.model].interval
        assert interval is not None
        assert {check.limit for check in station.silences} <= {3 * interval.total_seconds()}
        mounts = {reader.mount for reader in station.readers if reader.name == "level"}
        assert mounts <= {sensor.mount_height}
        used |= {*station.checks}
    assert {one.arguments["rule"] for one in known.problems} == {one.id for one in rules} - used
