"""However many rules there are, each is about the sensors that it names, and of two for one thing the first counts."""

from datetime import time

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.alerts import Applies, Hours
from provisioner.model.sensors import Sensor
from provisioner.registry.applying import RulesOf, SensorsOf, numbers
from provisioner.registry.ruledocuments import RuleDocument
from provisioner.registry.rules import hours_of
from provisioner.registry.samerules import DifferentRules
from provisioner.registry.sources import Entry

WORDS = st.sampled_from(["a", "b", "c"])
NAMED = st.frozensets(WORDS, max_size=2)
RULES = st.builds(Applies, models=NAMED, sensors=NAMED, organisations=NAMED, tags=NAMED, senders=NAMED)


@st.composite
def sensors(draw: st.DrawFn) -> list[Sensor]:
    drawn = draw(st.lists(st.tuples(WORDS, WORDS, NAMED, st.none() | WORDS), max_size=8))
    return [
        Sensor("abcdefgh"[number], ("x",), organisation, model, "", sender=sender, tags=tags)
        for number, (organisation, model, tags, sender) in enumerate(drawn)
    ]


def is_about(rule: Applies, sensor: Sensor) -> bool:
    """The plain definition."""
    return (
        (not rule.models or sensor.model in rule.models)
        and (not rule.sensors or sensor.id in rule.sensors)
        and (not rule.organisations or sensor.organisation in rule.organisations)
        and (not rule.tags or not rule.tags.isdisjoint(sensor.tags))
        and (not rule.senders or sensor.sender in rule.senders)
    )


@settings(max_examples=200)
@given(rules=st.lists(RULES, max_size=8), sensors=sensors())
def test_a_rule_is_about_the_sensors_that_meet_all_of_its_conditions(
    rules: list[Applies], sensors: list[Sensor]
) -> None:
    sensors_of, rules_of = SensorsOf(sensors), RulesOf(rules)
    for rule in rules:
        about = [number for number, sensor in enumerate(sensors) if is_about(rule, sensor)]
        assert list(numbers(sensors_of.about(rule))) == about
    for sensor in sensors:
        about = [number for number, rule in enumerate(rules) if is_about(rule, sensor)]
        assert list(numbers(rules_of.about(sensor))) == about


LOW = {"severity": "info", "above": 1.0}
TESTS = st.sampled_from(
    [
        {"silence": {"intervals": 3.0}},
        {"silence": {"intervals": 4.0}},
        {"threshold": {"quantity": "level", "levels": [LOW]}},
        {"threshold": {"quantity": "level", "levels": [LOW, {"severity": "critical", "above": 2.0}]}},
        {"threshold": {"quantity": "level", "levels": [{"severity": "warning", "above": 2.0}]}},
        {"expression": {"when": "level > 1"}},
        {"expression": {"when": "(level  >  1)"}},
        {"foreign": {"labels": {"alertname": "Disk"}}},
    ]
)
HOURS = st.none() | st.fixed_dictionaries(
    {
        "days": st.sampled_from([["mo-su"], ["mo-fr"], ["sa-so"], ["so"]]),
        "begin": st.sampled_from(["00:00", "07:00", "22:00"]),
        "end": st.sampled_from(["00:00", "07:00", "16:00"]),
    }
)


def minutes(hours: Hours) -> set[tuple[int, int]]:
    """All of a week in which it holds, one by one."""
    found = set()
    for minute in range(24 * 60):
        clock = time(minute // 60, minute % 60)
        for day in hours.days:
            if hours.begin < hours.end:
                found |= {(day, minute)} if hours.begin <= clock < hours.end else set()
            elif clock >= hours.begin:
                found.add((day, minute))
            elif clock < hours.end:
                found.add(((day + 1) % 7, minute))
    return found


def limits(rule: RuleDocument) -> set[object]:
    if rule.threshold is not None:
        return {level.above for level in rule.threshold.levels}
    return {"expression" if rule.expression else rule.silence.intervals * 100 if rule.silence else "foreign"}


def is_same(one: RuleDocument, other: RuleDocument, common: int) -> bool:
    """The plain definition."""
    if limits(one).isdisjoint(limits(other)):
        return False
    if one.foreign is not None:
        mine, theirs = set(one.applies.senders), set(other.applies.senders)
        return not mine or not theirs or not mine.isdisjoint(theirs)
    first, second = (minutes(Hours() if rule.hours is None else hours_of(rule.hours)) for rule in (one, other))
    return bool(common) and not first.isdisjoint(second)


@settings(max_examples=60, deadline=None)
@given(
    drawn=st.lists(
        st.tuples(TESTS, HOURS, st.integers(0, 7), st.lists(st.sampled_from(["ttn", "tti"]), max_size=1)),
        min_size=2,
        max_size=6,
    )
)
def test_of_rules_for_one_thing_the_first_is_found(
    drawn: list[tuple[dict[str, object], dict[str, object] | None, int, list[str]]],
) -> None:
    different, kept = DifferentRules(), list[tuple[RuleDocument, int]]()
    for number, (test, hours, about, senders) in enumerate(drawn):
        fields = {"id": f"r{number}", "name": "R", "hours": hours, "applies": {"senders": senders}, **test}
        rule = RuleDocument.model_validate(fields)
        first = next((one for one, theirs in kept if is_same(one, rule, theirs & about)), None)
        found = different.add(Entry(rule, "rules.yaml"), about)
        assert (found and found.document) is first
        if first is None:
            kept.append((rule, about))
