"""What is understood of user_oidc's settings, and of the file that tells them."""

import json
from pathlib import Path

import pytest

from connectors.nextcloud.accounts.oidc.providers import Provider, Told, compiled, is_anchored, providers_of, read_told
from provisioner.model.errors import SettingsError


def provider(**settings: object) -> Provider:
    return Provider(1, "keycloak", settings)


@pytest.mark.parametrize(
    ("whitelist", "anchored"),
    [
        ("^PG_", True),
        ("/^PG_/", True),
        ("/^PG_/i", True),
        ("^PG_|^KM_", True),
        ("^(PG|KM)_", True),
        ("(^PG_|^KM_)", True),
        ("PG_", False),
        ("^PG_|KM_", False),
        ("/PG_/", False),
        (".*", False),
        ("(^PG_|KM_)", False),
        ("(?:^PG_|KM_)", False),
        (r"^PG\(|KM_", False),
        ("^PG[(]|KM_", False),
        ("(^a|^b)c|^d", True),
    ],
)
def test_a_whitelist_is_anchored_in_all_its_alternatives_or_not_at_all(whitelist: str, anchored: bool) -> None:
    assert is_anchored(whitelist) is anchored


@pytest.mark.parametrize(
    ("settings", "group", "touched"),
    [
        ({}, "PG_A", False),
        ({"groupProvisioning": True}, "admin", True),
        ({"groupProvisioning": True, "groupWhitelistRegex": "^PG_"}, "PG_A", True),
        ({"groupProvisioning": True, "groupWhitelistRegex": "^PG_"}, "X_PG_A", False),
        ({"groupProvisioning": True, "groupWhitelistRegex": "PG_"}, "X_PG_A", True),
        ({"groupProvisioning": True, "groupWhitelistRegex": "/^pg_/i"}, "PG_A", True),
        ({"groupProvisioning": True, "groupWhitelistRegex": "(?<"}, "PG_A", None),
    ],
)
def test_a_login_touches_the_groups_that_its_settings_say(
    settings: dict[str, object], group: str, touched: bool | None
) -> None:
    assert provider(**settings).touches(group) is touched


def test_what_is_not_set_has_the_defaults_of_the_app() -> None:
    nothing_set = provider()
    assert nothing_set.hashes_ids
    assert not nothing_set.writes_groups
    assert not nothing_set.keeps_names
    assert provider(uniqueUid=False).keeps_names
    assert not provider(uniqueUid=False, providerBasedId=True).keeps_names
    assert Told().system_says("soft_auto_provision", True)


@pytest.mark.parametrize("word", [False, "false", 0, "0", ""])
def test_config_php_has_many_ways_to_say_no(word: object) -> None:
    assert not Told(system={"soft_auto_provision": word}).system_says("soft_auto_provision", True)


def test_the_file_holds_what_two_commands_print_one_after_the_other(tmp_path: Path) -> None:
    file = tmp_path / "user_oidc.json"
    one = {"id": 1, "identifier": "keycloak", "settings": {"uniqueUid": False}}
    file.write_text(f"{json.dumps(one, indent=2)}\n{json.dumps({'auto_provision': True})}\n", encoding="utf-8")
    told = read_told(file)
    found = told.provider(1)
    assert found is not None
    assert not found.hashes_ids
    assert told.system == {"auto_provision": True}
    file.write_text(json.dumps(one), encoding="utf-8")
    assert read_told(file).system == {}  # nothing is set there, so nothing is printed


@pytest.mark.parametrize("content", ["[1]", "no JSON", '"text"', '{"id": 1', "7"])
def test_a_file_with_anything_else_is_refused_by_its_name(tmp_path: Path, content: str) -> None:
    file = tmp_path / "user_oidc.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"user_oidc\.json"):
        read_told(file)


def test_a_file_that_is_missing_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.json"):
        read_told(tmp_path / "gone.json")


@pytest.mark.parametrize("data", [None, "x", [1], [{"identifier": "a"}], {"id": True}, {"id": "1"}])
def test_what_does_not_look_like_providers_is_none(data: object) -> None:
    assert providers_of(data) is None


def test_a_pattern_beyond_us_is_not_guessed() -> None:
    assert compiled("(?<") is None
