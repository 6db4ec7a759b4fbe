"""Sixty people in twelve groups come from the earlier tool: the first plan adopts them where they are, and no more."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.keycloak.emulator import KeycloakEmulator
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.support.cockpit import TOPICS, network, people
from tests.support.site import Installation, new_cloud

KINDS = ("plenum", "steering", "project", "circle", "rangers")
ROOMLESS: dict[str, Any] = {s: {"names": dict.fromkeys(KINDS)} for s in ("folders", "conversations")}


def groups_of(place: int) -> list[str]:
    """As `network` deals them out."""
    return [f"PG_{TOPICS[(place + 3 * step) % len(TOPICS)]}" for step in range(1 + place % 4)]


def user_name(place: int, email: str) -> str:
    """Every third has an id that says nothing."""
    return f"u{place:04}" if place % 3 == 0 else email.partition("@")[0]


def inhabit(keycloak: KeycloakEmulator, cloud: NextcloudEmulator) -> None:
    """Both servers hold what the cockpit says, and who administers, which it does not say."""
    crowd = people(60)
    with cloud.lock:
        for name in (f"PG_{topic}" for topic in TOPICS):
            for one in (name, f"{name}-Administratoren"):
                keycloak.realm.add_group(one, keycloak.parent.id)
                cloud.accounts.groups[one] = type(cloud.accounts.add_group("x"))(one, one)
                cloud.accounts.remove_group("x")
        for place, email in enumerate(crowd):
            given, family = (part.title() for part in email.partition("@")[0].split("."))
            inside = groups_of(place)
            if place % 12 == 0:
                inside += [f"{name}-Administratoren" for name in inside]
            user = keycloak.realm.add_user(
                user_name(place, email), email=email, first_name=given, last_name=family, enabled=True
            )
            for name in inside:
                group = keycloak.realm.named(keycloak.parent.id, name)
                assert group is not None
                user.groups.add(group.id)
            cloud.accounts.add_user(user.username, display_name=f"{given} {family}", email=email, language="de")
            for name in inside:
                cloud.accounts.join(user.username, name)


@pytest.fixture
def moved(tmp_path: Path, clock: VirtualClock) -> Iterator[tuple[Installation, KeycloakEmulator]]:
    """Settings with both targets, and an empty folder for the registry."""
    with new_cloud(clock) as cloud, KeycloakEmulator(clock=clock) as keycloak:
        inhabit(keycloak, cloud)
        installation = Installation(tmp_path, cloud)
        installation.wish.policy = {"accounts": {"quota": "keep"}, **ROOMLESS}
        credentials = {**keycloak.credentials, **keycloak.settings}
        installation.wish.targets["login"] = {"connector": "keycloak", "url": keycloak.url, **credentials}
        installation.write()
        for path in (tmp_path / "redi" / "registry").rglob("*.yaml"):
            path.unlink()
        yield installation, keycloak


def test_sixty_people_and_twelve_groups_are_adopted_and_then_nothing_is_left_to_do(
    moved: tuple[Installation, KeycloakEmulator], tmp_path: Path
) -> None:
    installation, keycloak = moved
    taken = installation.run("import", "cockpit", network(tmp_path / "database.sqlite"), "--json", write=False)
    assert taken.code == 0, taken.all
    assert (taken.json["people"], taken.json["bodies"], taken.json["left_out"]) == (60, 12, [])
    planned = installation.run("plan", "--json", write=False)
    assert planned.code == 2, planned.all
    for target in planned.json["targets"]:
        found = Counter((change["verb"], change["kind"]) for change in target["changes"])
        assert found == {("adopt", "account"): 60, ("adopt", "group"): 12}, target["target"]
    adopted = installation.run("adopt", "--all", "--yes", write=False)
    assert adopted.code == 0, adopted.all
    assert installation.cloud.log.writes == []
    assert [one for one in keycloak.log.writes if "/admin/" in one.path] == []
    again = installation.run("plan", "--json", write=False)
    assert (again.code, [target["changes"] for target in again.json["targets"]]) == (0, [[], []])
