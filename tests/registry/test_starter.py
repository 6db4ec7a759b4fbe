"""``readi init`` and the example network: what people see first has no mistake in it."""

import json
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.reference import starter
from provisioner.model.alerts import Expression, Foreign, LowBattery, Rate, Silence, Threshold
from provisioner.model.registry import Role
from provisioner.registry import load
from provisioner.registry.documents import FileDocument
from provisioner.registry.parsing import Mapping, Sequence
from provisioner.registry.reading import read_file
from provisioner.registry.schema import SCHEMA_FILE, schema, schema_text
from provisioner.registry.starting import NotEmpty, init

EXAMPLE = Path(__file__).parents[2] / "examples/redi/registry"


def test_the_starter_loads_without_a_word(tmp_path: Path) -> None:
    written = init(tmp_path / "new", starter())
    assert all(path.is_file() for path in written)
    loaded = load(tmp_path / "new/registry")
    assert loaded.problems == ()
    assert loaded.registry.complete
    assert len(loaded.registry.people) == 2


def test_the_starters_settings_name_files_that_are_there(tmp_path: Path) -> None:
    init(tmp_path, starter())
    settings = yaml.safe_load((tmp_path / "settings.yaml").read_text())
    (network,) = settings["networks"].values()
    assert (tmp_path / network["registry"]).is_dir()
    assert (tmp_path / network["policy"]).read_text() == starter(), "every key, with its default and a comment"
    assert (tmp_path / settings["state"]).parent.is_dir()
    assert (tmp_path / network["targets"]["cloud"]["password_file"]).parent.is_dir()


def test_the_starter_keeps_people_secrets_and_state_out_of_git(tmp_path: Path) -> None:
    init(tmp_path, starter())
    (tmp_path / "secrets/cloud.password").write_text("x")
    (tmp_path / "state/readi.db").write_text("x")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    said = subprocess.run(["git", "add", "-An"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert "organisations.yaml" in said
    assert not [word for word in ("people", "secrets", "state/") if word in said]
    for private in ("secrets", "state", "registry/people"):
        assert stat.S_IMODE((tmp_path / private).stat().st_mode) == 0o700


@pytest.mark.parametrize("there", ["note.txt", ".git", "registry"])
def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path, there: str) -> None:
    (tmp_path / there).mkdir()
    with pytest.raises(NotEmpty):
        init(tmp_path, starter())
    assert [path.name for path in tmp_path.iterdir()] == [there]


def test_every_file_of_starter_and_example_names_the_schema_that_lies_there(tmp_path: Path) -> None:
    init(tmp_path, starter())
    for registry in (tmp_path / "registry", EXAMPLE):
        for file in registry.rglob("*.yaml"):
            first = file.read_text().partition("\n")[0]
            assert first.startswith("# yaml-language-server: $schema=")
            assert (file.parent / first.partition("=")[2]).resolve() == registry / SCHEMA_FILE


def test_the_schema_beside_the_example_is_current() -> None:
    assert (EXAMPLE / SCHEMA_FILE).read_text() == schema_text()


def test_the_schema_is_the_same_every_time_and_describes_every_field() -> None:
    assert schema_text() == schema_text()
    for name, shape in schema()["$defs"].items():
        for field, described in shape.get("properties", {}).items():
            assert described.get("description"), f"{name}.{field} has no description"


def test_the_example_has_only_what_the_schema_knows() -> None:
    shapes = schema()
    for file in EXAMPLE.rglob("*.yaml"):
        content = read_file(file, file.name).root
        FileDocument.model_validate(content)
        check(content, shapes, shapes)


KINDS = {
    Mapping: {"object"},
    Sequence: {"array"},
    str: {"string"},
    int: {"integer", "number"},
    float: {"number"},
    bool: {"boolean"},
}


def check(value: Any, shape: dict[str, Any], root: dict[str, Any]) -> None:
    """As much of JSON Schema as tells whether editors would underline something."""
    shape = {**shape, **root["$defs"][shape["$ref"].rpartition("/")[2]]} if "$ref" in shape else shape
    if "anyOf" in shape:
        choices = [resolved(one, root) for one in shape["anyOf"]]
        (shape,) = [one for one in choices if one.get("type") in KINDS[type(value)]]
    if "type" in shape:
        assert shape["type"] in KINDS[type(value)]
    if isinstance(value, dict) and "propertyNames" in shape:
        inners = shape.get("patternProperties") or {"": shape["additionalProperties"]}
        for key, inner in value.items():
            check(inner, next(one for pattern, one in inners.items() if re.search(pattern, key)), root)
    elif isinstance(value, dict):
        assert set(value) <= set(shape["properties"])
        assert set(shape.get("required", ())) <= set(value)
        assert shape["additionalProperties"] is False
        for key, inner in value.items():
            check(inner, shape["properties"][key], root)
    elif isinstance(value, list):
        for inner in value:
            check(inner, shape["items"], root)
    elif "enum" in shape:
        assert value in shape["enum"]
    elif "pattern" in shape:
        assert re.search(shape["pattern"], str(value))


def resolved(shape: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = root["$defs"][shape["$ref"].rpartition("/")[2]] if "$ref" in shape else shape
    return found


def test_the_schema_is_plain_json() -> None:
    assert json.loads(schema_text()) == schema()


def test_the_example_network_is_whole_and_has_one_of_everything() -> None:
    loaded = load(EXAMPLE)
    assert loaded.problems == ()
    registry = loaded.registry
    people = registry.people.values()
    assert 60 <= len(people) <= 80
    assert (len(registry.sensor_models), len(registry.sensors), len(registry.rules)) == (3, 4, 9)
    tests = {type(rule.test) for rule in registry.rules.values()}
    assert tests == {Threshold, Rate, Silence, LowBattery, Expression, Foreign}
    kinds = [str(body.kind) for body in registry.bodies.values()]
    assert {"plenum", "steering", "project", "circle", "rangers"} == set(kinds)
    assert kinds.count("project") >= 10
    assert sum(one.kind == "city" and one.period.until is None for one in registry.organisations.values()) == 9
    assert sum(Role.RANGER in person.roles for person in people) >= 5
    assert any(person.guest for person in people)
    assert any(person.absences for person in people)
    assert any(person.period.until and person.period.until.year == 2027 for person in people)
    assert any(person.identities for person in people)
    assert any(len(person.affiliations) > 1 for person in people)
    assert all(person.email.endswith(".example") for person in people)
