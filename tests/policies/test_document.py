"""The policy file: a default for everything, and a clear word about what is wrong."""

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from policies.document import Policy
from policies.reference import keys, reference, starter
from policies.sections import UNLIMITED, quota_in_bytes
from provisioner.model.registry import BodyKind, Role
from provisioner.model.resources import Kind
from provisioner.model.rules import GuardRules, Limit, OnDrift


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
        {"on_drift": {"account": "shrug"}},
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
        assert "| table by Role of text or null |" in rows["accounts.quota_by_role"]

    def test_every_key_has_a_description(self) -> None:
        assert [key for key, info, _ in keys(Policy, Policy()) if not info.description] == []

    def test_every_row_has_four_cells(self) -> None:
        assert {line.replace("\\|", "").count("|") for line in reference().splitlines()} == {5}

    def test_sections_are_models(self) -> None:
        assert all(issubclass(type(value), BaseModel) for key, value in Policy() if key not in ("managed", "queued"))
