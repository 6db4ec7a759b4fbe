"""The policy file: a default for everything, and a clear word about what is wrong."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from policies.desire import desire
from policies.document import Policy
from policies.reference import keys, reference, starter
from policies.sections import UNLIMITED, quota_in_bytes
from provisioner.model.registry import BodyKind, Role
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.rules import GuardRules, Limit, OnDrift
from provisioner.registry import load
from provisioner.registry.files import read_document
from provisioner.texts import Catalogue

EXAMPLE = Path(__file__).parents[2] / "examples/redi"


def test_an_empty_file_is_a_whole_policy() -> None:
    assert Policy.model_validate({}) == Policy()
    assert Policy().guards.rules() == GuardRules()
    assert Policy().drift_rules() == dict.fromkeys(Kind, OnDrift.ASK)


def test_the_starter_is_the_default_with_every_key_in_it() -> None:
    written = yaml.safe_load(starter())
    assert Policy.model_validate(written) == Policy()
    assert written == Policy().model_dump(mode="json") | {"managed": None}


def test_the_starter_says_something_about_every_key() -> None:
    lines = starter().splitlines()
    explained = [line for line in lines if line.lstrip().startswith("#")]
    assert len(explained) >= sum(1 for key, *_ in keys(Policy, Policy()) if key.count(".") == 1)


@pytest.mark.parametrize(
    ("quota", "size"),
    [
        ("5 GB", 5 * 1024**3),
        ("1.5gb", 1024**3 * 3 // 2),
        ("500 MB", 500 * 1024**2),
        ("12 B", 12),
        (" 2 TB ", 2 * 1024**4),
        ("unlimited", UNLIMITED),
        ("default", None),
    ],
)
def test_a_quota_is_what_people_write(quota: str, size: int | None) -> None:
    assert quota_in_bytes(quota) == size


@pytest.mark.parametrize(
    "wrong",
    [
        {"acounts": {}},
        {"accounts": {"quota": "5"}},
        {"accounts": {"quota": "-5 GB"}},
        {"accounts": {"quota": "viel"}},
        {"accounts": {"quota_by_role": {"king": "1 GB"}}},
        {"accounts": {"quota_by_role": ["1 GB"]}},
        {"accounts": {"user_id": "shoe-size"}},
        {"accounts": {"user_id": "identity:"}},
        {"accounts": {"made_by": "magic"}},
        {"groups": {"organisation": "Org"}},
        {"groups": {"organisation": "{name}{name}"}},
        {"groups": {"organisation": "{name} {"}},
        {"groups": {"organisation": "{{name}}"}},
        {"groups": {"organisation": "{name!r}"}},
        {"groups": {"names": {"project": {"members": "{city}"}}}},
        {"groups": {"names": {"club": {"members": "{name}"}}}},
        {"groups": {"names": {"project": "PG_{name}"}}},
        {"groups": {"names": ["PG_{name}"]}},
        {"groups": {"names": {"project": {"guests": "Gäste"}}}},
        {"folders": {"names": {"project": ""}}},
        {"folders": {"names": {"project": "Projektgruppen"}}},
        {"folders": {"names": {"project": "{name}/{name}"}}},
        {"folders": {"names": {"project": "/{name}"}}},
        {"folders": {"names": {"project": "{name}/"}}},
        {"folders": {"names": {"project": "a//{name}"}}},
        {"folders": {"names": {"project": "../{name}"}}},
        {"folders": {"names": {"project": "a/./{name}"}}},
        {"folders": {"names": {"project": " /{name}"}}},
        {"folders": {"names": {"project": "PG: {name}"}}},
        {"folders": {"names": {"project": "{name}."}}},
        {"folders": {"names": {"project": "a\\{name}"}}},
        {"folders": {"names": {"club": "{name}"}}},
        {"folders": {"names": "{name}"}},
        {"folders": {"archived": "Archiv"}},
        {"folders": {"quota": "5"}},
        {"folders": {"quota": 5}},
        {"folders": {"quota": "default"}},
        {"folders": {"members": "owner"}},
        {"folders": {"members": None}},
        {"folders": {"guests": "member"}},
        {"folders": {"layout": "Protokolle"}},
        {"folders": {"layout": ["/Protokolle"]}},
        {"folders": {"layout": ["a/../b"]}},
        {"folders": {"layout": [""]}},
        {"folders": {"layout": ["wo?"]}},
        {"folders": {"note": "{nam}"}},
        {"folders": {"note": "x" * 10_001}},
        {"conversations": {"names": {"project": "PG"}}},
        {"conversations": {"description": "{sensor}"}},
        {"conversations": {"description": "{name!r}"}},
        {"conversations": {"description": "{name:>9}"}},
        {"conversations": {"description": "{}"}},
        {"conversations": {"description": "{name"}},
        {"conversations": {"description": "a }"}},
        {"conversations": {"description": "x\n readi:body:x"}},
        {"conversations": {"first_message": "{folder}"}},
        {"conversations": {"guests": "perhaps"}},
        {"forum": {"names": {"project": "PG"}}},
        {"forum": {"parents": {"project": ""}}},
        {"forum": {"parents": {"project": "x" * 51}}},
        {"forum": {"open": ["club"]}},
        {"forum": {"open": "project"}},
        {"wiki": {"open": 1}},
        {"forum": {"members": "sharer"}},
        {"forum": {"members": None}},
        {"forum": {"description": "{forum}"}},
        {"forum": {"first_topic": "nur eine Zeile"}},
        {"forum": {"first_topic": "Über {name}\nText"}},
        {"forum": {"first_topic": "Über {purpose}\n\nText"}},
        {"forum": {"first_topic": "\n\nText"}},
        {"wiki": {"index": ""}},
        {"wiki": {"first_page": "{moderators}"}},
        {"lifecycle": {"wait_days": -1}},
        {"on_drift": {"account": "shrug"}},
        {"on_drift": {"folder": "shrug"}},
        {"guards": {"suspensions": {"share": 0}}},
        {"guards": {"suspensions": {"share": 1.5}}},
        {"guards": {"suspensions": {"count": -1}}},
        {"guards": {"suspensions": 5}},
        {"guards": {"mails": -1}},
        {"guards": {"force": True}},
        {"guards": []},
        {"managed": "iot"},
    ],
    ids=str,
)
def test_what_is_wrong_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate(wrong)


def test_a_role_that_is_not_named_keeps_its_quota() -> None:
    policy = Policy.model_validate({"accounts": {"quota_by_role": {"student": "2 GB", "ranger": None}}})
    assert policy.accounts.quota_by_role == {
        Role.GUEST: "1 GB",
        Role.RANGER: None,
        Role.MODERATOR: "10 GB",
        Role.STUDENT: "2 GB",
    }


def test_a_kind_of_body_or_a_group_that_is_not_named_keeps_its_pattern() -> None:
    names = Policy.model_validate({"groups": {"names": {"project": {"members": "AG_{name}"}}}}).groups.names
    assert names[BodyKind.PROJECT].members == "AG_{name}"
    assert names[BodyKind.PROJECT].administrators == "PG_{name}-Administratoren"
    assert {kind: names[kind] for kind in BodyKind if kind is not BodyKind.PROJECT} == {
        kind: usual for kind, usual in Policy().groups.names.items() if kind is not BodyKind.PROJECT
    }


def test_a_kind_of_body_that_is_not_named_keeps_its_place_and_its_title() -> None:
    policy = Policy.model_validate(
        {"folders": {"names": {"project": "PG/{name}"}}, "conversations": {"names": {"plenum": None}}}
    )
    assert policy.folders.names == {**Policy().folders.names, BodyKind.PROJECT: "PG/{name}"}
    assert policy.conversations.names == {**Policy().conversations.names, BodyKind.PLENUM: None}


@pytest.mark.parametrize(
    ("section", "line", "code", "said"),
    [
        ("folders", 'names: {project: "/{name}"}', "bad_mount_point", {"value": "/{name}"}),
        ("folders", "quota: 5 Gigabyte", "bad_quota", {"value": "5 Gigabyte"}),
        ("folders", "layout: [Protokolle, a//b]", "bad_subfolder", {"value": "a//b"}),
        (
            "conversations",
            'description: "Sensor: {sensor}"',
            "bad_placeholder",
            {
                "placeholder": "{sensor}",
                "known": "{name}, {purpose}, {folder}, {conversation}, {mailing_list}, {meeting_room}, {forum}, {wiki}",
            },
        ),
        ("conversations", 'first_message: "{folder}"', "bad_placeholder", {"known": "{name}, {purpose}"}),
        ("conversations", 'first_message: "{name"', "bad_braces", {"field": "first_message"}),
        ("conversations", 'description: "readi:x"', "marker_in_text", {"field": "description"}),
        ("forum", 'first_topic: "Hier ist {name}"', "untitled_topic", {"field": "first_topic"}),
        ("wiki", "open: project", "bad_open", {"value": "project"}),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_is_possible(
    tmp_path: Path, section: str, line: str, code: str, said: dict[str, str]
) -> None:
    (tmp_path / "policy.yaml").write_text(f"{section}:\n  {line}\n")
    policy, (problem,) = read_document(tmp_path / "policy.yaml", Policy)
    assert policy is None
    assert problem.what.code == f"policies.{code}"
    assert problem.where.line == 2
    assert said.items() <= problem.what.arguments.items()
    for language in ("de", "en"):
        sentences = [Catalogue(language)(text) for text in (problem.what, problem.mend)]
        assert all("{known}" not in sentence and "{field}" not in sentence for sentence in sentences)


def test_of_a_limit_only_a_part_can_be_named() -> None:
    rules = Policy.model_validate({"guards": {"suspensions": {"count": 3}}}).guards.rules()
    assert rules.suspensions == Limit(3, GuardRules().suspensions.share, GuardRules().suspensions.floor)


def test_a_policy_can_not_be_changed_after_it_was_read() -> None:
    with pytest.raises(ValidationError):
        Policy().accounts.quota = "1 GB"


class TestReference:
    def test_every_key_stands_in_it_with_type_default_and_description(self) -> None:
        rows = {line.split("`")[1]: line for line in reference().splitlines()[2:]}
        assert list(rows) == [key for key, *_ in keys(Policy, Policy())]
        assert "| whole number | `50` |" in rows["guards.updates.floor"]
        assert "groups.names.members" in rows
        assert '| text | `"5 GB"` |' in rows["accounts.quota"]
        assert "| one of: ask, keep, revert |" in rows["on_drift.group"]
        assert "| list of text or null | `null` |" in rows["managed"]
        assert "| table by BodyKind of text or null |" in rows["folders.names"]
        assert "| one of: reader, writer, sharer, manager or null |" in rows["folders.guests"]
        assert "| table by Role of text or null |" in rows["accounts.quota_by_role"]

    def test_every_key_has_a_description(self) -> None:
        assert [key for key, info, _ in keys(Policy, Policy()) if not info.description] == []

    def test_every_row_has_four_cells(self) -> None:
        assert {line.replace("\\|", "").count("|") for line in reference().splitlines()} == {5}

    def test_sections_are_models(self) -> None:
        assert all(
            issubclass(type(value), BaseModel)
            for key, value in Policy()
            if key not in ("managed", "queued", "rotation")
        )


class TestExample:
    """The network in examples/redi, with the policy that lies beside its registry."""

    def test_its_policy_is_sound_and_gives_its_bodies_their_rooms(self) -> None:
        policy, problems = read_document(EXAMPLE / "policy.yaml", Policy)
        assert policy is not None
        assert problems == ()
        found = desire(load(EXAMPLE / "registry").registry, policy, date(2026, 11, 23))
        folders = {one.id.key: one.name for one in found.resources.values() if one.id.kind is Kind.TEAM_FOLDER}
        assert folders["body:pg-mobilitaet"] == "Projektgruppen/Digitale Mobilität"
        assert folders["body:fachgruppe"] == "re@di/Fachgruppe"
        assert folders["body:plenum"] == "re@di/Plenum"
        assert {"body:rangers", "body:jour-fixe", "body:pg-recht"}.isdisjoint(folders)
        guests = [len(people) for seats, people in found.edges.items() if seats.container.key.endswith(":guests")]
        assert guests == [3]
        sensors = found.resources[ResourceId(Kind.TEAM_FOLDER, "body:pg-sensorik")]
        assert sensors.fields["quota"] == 50 * 1024**3
        assert sensors.late["note"].written(lambda link: "https://cloud.example/call/x").count("\n\n") == 3
