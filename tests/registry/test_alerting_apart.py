"""Sensors and rules are no part of any plan: whatever is wrong with them, accounts and rooms go on, and back."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.registry import editing, load
from provisioner.registry.editfiles import Files
from tests.registry.alerting import MODELS, RULES, SENSORS, folder, loaded, told
from tests.registry.conftest import BODIES, NETWORK, ORGANISATIONS, PEOPLE, Write

SLIPS = {
    "a bracket": RULES.replace("{tags: pegel}", "{tags: [pegel}"),
    "an indentation": RULES.replace("    name: Hochwasser", "   name: Hochwasser"),
    "a line at the margin": RULES.replace("    silence:", "silence:"),
    "a tab": RULES.replace("    name: Hochwasser", "\tname: Hochwasser"),
    "a conflict": RULES.replace("    name: Hochwasser\n", "<<<<<<< HEAD\n    name: Hochwasser\n=======\n"),
    "the section's name": RULES.replace("rules:", "rule:"),
    "the section twice": RULES + RULES,
    "no list": "rules: hochwasser\n",
    "no id": RULES.replace("id: hochwasser", "nr: 1"),
    "two ids": RULES.replace("  - id: hochwasser", "  - id: hochwasser\n    id: x"),
}


def test_no_digest_and_no_plan_knows_of_them(write: Write) -> None:
    without = load(write())
    assert loaded(write).digest == without.digest
    blocked = loaded(write, sensors=SENSORS.replace("place:", "plce:"), rules=RULES.replace("150", "zu viel"))
    assert len(blocked.errors) == 3
    assert blocked.digest == without.digest
    assert (blocked.registry.blocked, blocked.registry.complete) == (frozenset(), True)


@pytest.mark.parametrize("slip", SLIPS)
def test_a_file_of_rules_that_cannot_be_read_stops_nothing_else(write: Write, slip: str) -> None:
    found = loaded(write, rules=SLIPS[slip])
    assert found.errors
    assert found.digest == load(write(models=None, sensors=None, rules=None)).digest
    assert found.registry.complete
    assert not found.registry.alerting_complete, "an open alert is not over because its rule can't be read"
    assert found.registry.sensors.keys() == {"pegel"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("with people", f"{PEOPLE}{SLIPS['a bracket']}"),
        ("with a section nobody knows", f"{SLIPS['a bracket']}peeople:\n  - x\n"),
        ("cut off", RULES[: RULES.index("critical")]),
    ],
)
def test_a_broken_file_that_may_hold_people_is_taken_for_one(write: Write, name: str, text: str) -> None:
    found = loaded(write, rules=text)
    assert not found.registry.complete, name
    assert not found.registry.alerting_complete


def test_what_a_rule_names_in_a_file_that_cannot_be_read_is_no_mistake_of_the_rule(write: Write) -> None:
    rules = RULES.replace("    name: Hochwasser\n", "    name: Hochwasser\n    tells: plenum\n")
    found = load(write(models=MODELS, sensors=SENSORS, rules=rules, more="bodies:\n  - {id: plenum, name: [\n"))
    assert [one[0] for one in told(found)] == ["syntax_other"]
    assert found.registry.rules["hochwasser"].tells == ("plenum",)


def test_a_malformed_body_silences_no_sensor(write: Write) -> None:
    found = load(write(models=MODELS, sensors=SENSORS, rules=RULES, bodies=BODIES.replace("kind: project", "kind: pg")))
    assert [one[0] for one in told(found)] == ["unknown_choice"]
    assert found.registry.blocked == {"pg-sensorik"}
    assert found.registry.sensors["pegel"].tells == ("pg-sensorik",)
    assert found.registry.alerting_blocked == frozenset()


def test_a_rule_goes_on_for_the_sensors_that_are_well_formed(write: Write) -> None:
    sensors = SENSORS + "  - {id: zweiter, devices: b, organisation: bretten, model: ldds75}\n"
    rules = RULES.replace("{tags: pegel}", "{sensors: [pegel, zweiter]}")
    found = loaded(write, sensors=sensors, rules=rules)
    assert [one[0] for one in told(found)] == ["missing_field"]
    assert "hochwasser" in found.registry.rules
    assert found.registry.alerting_blocked == {"sensors/zweiter"}


@pytest.mark.parametrize(
    "rules", [RULES, RULES.replace("150", "zu viel"), RULES + RULES[7:]], ids=["", "wrong", "twice"]
)
def test_editing_people_and_bodies_leaves_sensors_and_rules_as_they_are(write: Write, rules: str) -> None:
    alerting = MODELS + SENSORS + rules + "# Ende\n"
    where = write(bodies=BODIES + alerting)
    editing.create_body(Files(where), body_id="pg-neu", name="Neu")
    editing.rename_body(Files(where), "pg-sensorik", "Sensorik und IoT")
    text = (where / "bodies.yaml").read_text()
    assert text.endswith(alerting)
    assert "name: Sensorik und IoT" in text
    assert load(where).registry.bodies.keys() == {"pg-neu", "pg-sensorik"}


WHOLE = (MODELS + SENSORS + RULES).encode()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """The small file of sensors and rules with some pieces put in or taken out."""
    data = WHOLE
    pieces = [
        b"\n",
        b" ",
        b"\t",
        b":",
        b"- ",
        b"{",
        b"}",
        b"[",
        b"'",
        b'"',
        b"#",
        b"\xff",
        b"id: x",
        b".inf",
        b"*",
        b"1e9",
    ]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        data = data[:start] + draw(st.sampled_from(pieces)) + data[end:]
    return data


@settings(deadline=None, max_examples=150)
@given(data=damaged())
def test_whatever_stands_there_people_are_whole_and_every_rule_is_accounted_for(data: bytes) -> None:
    with TemporaryDirectory() as name:
        path = Path(name)
        (path / "all.yaml").write_text(NETWORK + ORGANISATIONS + BODIES + PEOPLE)
        (path / "alarm.yaml").write_bytes(data)
        found = load(path)
    registry = found.registry
    assert (registry.people.keys(), registry.bodies.keys()) == ({"p-anna"}, {"pg-sensorik"})
    for kind, names in (("rules", ("hochwasser", "schweigt")), ("sensors", ("pegel",))):
        for one in names:
            there = one in getattr(registry, kind) or f"{kind}/{one}" in registry.alerting_blocked
            written = f"id: {one}\n".encode() in data and b"#" not in data
            assert there or not registry.alerting_complete or not written, f"{one} is silently gone"


def test_the_folder_is_read_the_same_in_every_order(write: Write) -> None:
    together = write(models=None, sensors=None, rules=None, a=RULES + SENSORS, z=MODELS)
    first = load(together).registry
    apart = load(folder(write)).registry
    assert (first.sensors.keys(), first.rules.keys()) == (apart.sensors.keys(), apart.rules.keys())
