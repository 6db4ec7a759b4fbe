"""A realm that has grown becomes a registry: who administers is known there, and nobody loses a group or a role."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.keycloak.emulator import KeycloakEmulator
from provisioner.emulation import VirtualClock
from provisioner.registry.loading import load
from tests.app.test_importing_cockpit_plan import ROOMLESS, inhabit
from tests.support.site import Installation, new_cloud

ROLES = {"ranger": "readi-ranger", "city-administrator": "stadt-admin", "moderator": "moderation"}


@pytest.fixture
def realm(tmp_path: Path, clock: VirtualClock) -> Iterator[tuple[Installation, KeycloakEmulator]]:
    """Settings with a grown realm and a Nextcloud, and an empty folder for the registry."""
    with new_cloud(clock) as cloud, KeycloakEmulator(clock=clock) as keycloak:
        inhabit(keycloak, cloud)
        installation = Installation(tmp_path, cloud)
        installation.wish.policy = {"accounts": {"quota": "keep"}, **ROOMLESS}
        credentials = {**keycloak.credentials, **keycloak.settings}
        installation.wish.targets["login"] = {"connector": "keycloak", "url": keycloak.url, **credentials}
        start_afresh(installation)
        yield installation, keycloak


def start_afresh(installation: Installation) -> None:
    """Settings and policy as wished for, without any registry."""
    installation.write()
    for path in registry_of(installation).rglob("*.yaml"):
        path.unlink()


def registry_of(installation: Installation) -> Path:
    return installation.folder / "redi" / "registry"


def take(installation: Installation) -> dict[str, Any]:
    ran = installation.run("import", "keycloak", "--json", write=False)
    assert ran.code == 0, ran.all
    assert load(registry_of(installation)).problems == ()
    report: dict[str, Any] = ran.json
    return report


def people(installation: Installation) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in (registry_of(installation) / "people").glob("*.yaml"):
        document = yaml.safe_load(path.read_text("utf-8")) or {}
        found |= {entry["user_id"]: entry for entry in document.get("people", ())}
    return found


def changes(installation: Installation, target: str) -> Counter[tuple[str, str]]:
    ran = installation.run("plan", "--json", "--target", target, write=False)
    assert ran.code in (0, 2), ran.all
    return Counter((one["verb"], one["kind"]) for one in ran.json["targets"][0]["changes"])


def test_groups_and_their_administrators_become_bodies_with_moderators(
    realm: tuple[Installation, KeycloakEmulator],
) -> None:
    installation, keycloak = realm
    report = take(installation)
    assert (report["people"], report["bodies"], report["memberships"]) == (60, 12, 150)
    assert report["moderators"] == 5
    assert people(installation)["u0000"] | {"id": ""} == {
        "id": "",
        "given_name": "Anna",
        "family_name": "Muster",
        "email": "anna.muster@baden-baden.example",
        "organisation": "baden-baden",
        "user_id": "u0000",
        "bodies": [{"id": "pg-sensorik", "role": "moderator"}],
    }
    assert [one for one in keycloak.log.writes if "/admin/" in one.path] == []


def test_the_first_plan_adopts_in_the_login_and_behind_it_and_does_nothing_else(
    realm: tuple[Installation, KeycloakEmulator],
) -> None:
    installation, _ = realm
    report = take(installation)
    assert (report["first_plan"]["accounts"], report["first_plan"]["groups"]) == (60, 24)
    assert (report["first_plan"]["others"], report["first_plan"]["unclear"]) == ([], [])
    for target in ("login", "cloud"):
        assert changes(installation, target) == {("adopt", "account"): 60, ("adopt", "group"): 24}
    assert installation.run("adopt", "--all", "--yes", write=False).code == 0
    assert installation.run("plan", write=False).code == 0


def test_roles_that_policy_names_are_kept_and_others_are_told(realm: tuple[Installation, KeycloakEmulator]) -> None:
    installation, keycloak = realm
    installation.wish.policy["login"] = {"roles": ROLES}
    start_afresh(installation)
    made = {name: keycloak.realm.add_role(name) for name in (*ROLES.values(), "nachtwache", "niemand")}
    for user, role in (("u0000", "readi-ranger"), ("ben.muster", "stadt-admin"), ("ben.muster", "nachtwache")):
        found = keycloak.realm.by_username(user)
        assert found is not None
        found.roles.add(made[role].id)
    moderator = keycloak.realm.by_username("u0000")
    assert moderator is not None
    moderator.roles.add(made["moderation"].id)
    report = take(installation)
    assert people(installation)["u0000"]["roles"] == ["ranger"]
    assert people(installation)["ben.muster"]["roles"] == ["city-administrator"]
    left_out = {one["name"]: one["why"]["code"] for one in report["left_out"] if one["kind"] == "role"}
    assert left_out == {"nachtwache": "app.import_role"}
    assert report["first_plan"]["roles"] == 3
    found_changes = changes(installation, "login")
    assert found_changes[("adopt", "role")] == 3
    assert not {verb for verb, _ in found_changes} & {"leave", "create", "suspend"}


def test_who_can_not_stand_in_a_registry_is_left_out_and_named(realm: tuple[Installation, KeycloakEmulator]) -> None:
    installation, keycloak = realm
    add = keycloak.realm.add_user
    add("kiosk", enabled=True, first_name="Kiosk", last_name="Rathaus")
    add("fort", enabled=False, email="fort@bretten.example")
    add("paula", enabled=True, email="paula@gmx.de", first_name="Paula", last_name="Privat")
    add("ümläut", enabled=True, email="uml@bretten.example", last_name="Umlaut")
    add("nur.adresse", enabled=True, email="nur.adresse@bretten.example")
    outside = keycloak.realm.add_group("Ganz oben")
    add("gast", enabled=True, email="g.ast@bretten.example", last_name="Gast", groups={outside.id})
    keycloak.realm.add_group("Unterunter", next(g.id for g in keycloak.realm.children(keycloak.parent.id)))
    report = take(installation)
    left_out = {one["name"]: one["why"]["code"] for one in report["left_out"]}
    assert left_out == {
        "kiosk": "app.import_no_email",
        "fort": "app.import_disabled",
        "paula": "app.import_private_address",
        "ümläut": "app.import_unfit",
    }
    assert people(installation)["nur.adresse"]["family_name"] == "nur.adresse"
    bodies = (registry_of(installation) / "bodies.yaml").read_text("utf-8")
    assert "Ganz oben" not in bodies
    assert "Unterunter" not in bodies


def test_without_its_parent_group_nothing_is_written(realm: tuple[Installation, KeycloakEmulator]) -> None:
    installation, keycloak = realm
    keycloak.realm.groups[keycloak.parent.id].name = "umbenannt"
    ran = installation.run("import", "keycloak", write=False)
    assert ran.code == 1
    assert not list(registry_of(installation).rglob("*.yaml"))
