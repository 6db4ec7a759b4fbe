"""For each unsafe setting of a login: what doctor says of it, and that a login then does exactly that."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.nextcloud.accounts.oidc.providers import HASHED
from connectors.nextcloud.emulation.oidc.sign_in import Claims, SignedIn
from connectors.nextcloud.emulator import APPS, NextcloudEmulator
from connectors.nextcloud.settings import AdministratorSettings, NextcloudSettings, UserOidcSettings
from provisioner.emulation import VirtualClock
from provisioner.model.ports import Severity
from tests.support.logins import GROUPS_FROM_LOGIN, SAFE
from tests.support.nextcloud import SERVICE, Bench

ANNA = {"preferred_username": "anna", "sub": "0b1c", "name": "Anna Amsel", "email": "anna@a.example"}
IN_SENSORIK = {**ANNA, "groups": ["PG_Sensorik"]}

Effect = Callable[[NextcloudEmulator], bool]


@dataclass(frozen=True)
class Unsafe:
    """One setting that differs from the safe ones, what doctor finds, and what then happens at a login."""

    finding: str
    effect: Effect
    settings: dict[str, str | bool] = field(default_factory=dict)
    system: dict[str, bool] = field(default_factory=dict)


def sign_in(cloud: NextcloudEmulator, claims: Claims = IN_SENSORIK) -> SignedIn:
    return cloud.sign_in(claims)


def groups_of(cloud: NextcloudEmulator, name: str = "anna") -> set[str]:
    return set(cloud.users[name].groups)


def has_a_second_account(cloud: NextcloudEmulator) -> bool:
    came_as = sign_in(cloud).user_id
    return came_as not in (None, "anna") and "anna" in cloud.users


def comes_to_a_hashed_account(cloud: NextcloudEmulator) -> bool:
    came_as = sign_in(cloud, {**IN_SENSORIK, "preferred_username": "neu"}).user_id or ""
    return HASHED.fullmatch(came_as) is not None


def comes_to_a_prefixed_account(cloud: NextcloudEmulator) -> bool:
    return sign_in(cloud, {**IN_SENSORIK, "preferred_username": "neu"}).user_id == "keycloak-neu"


def loses_the_group_admin(cloud: NextcloudEmulator) -> bool:
    cloud.join("anna", "admin", "Chor")
    sign_in(cloud)
    return groups_of(cloud) == {"PG_Sensorik"}


def loses_a_group_that_only_looks_alike(cloud: NextcloudEmulator) -> bool:
    cloud.join("anna", "Alte PG_Sensorik")
    sign_in(cloud)
    return "Alte PG_Sensorik" not in groups_of(cloud)


def is_never_taken_out(cloud: NextcloudEmulator) -> bool:
    """What the login put somebody into is never left, although the token names it no more."""
    came_as = sign_in(cloud, {**IN_SENSORIK, "preferred_username": "neu"}).user_id or ""
    before = groups_of(cloud, came_as)
    sign_in(cloud, {**ANNA, "preferred_username": "neu"})
    return bool(before) and groups_of(cloud, came_as) == before


def loses_groups_by_a_request(cloud: NextcloudEmulator) -> bool:
    sign_in(cloud)
    inside = groups_of(cloud)
    cloud.bearer_request(ANNA)
    return inside == {"PG_Sensorik"} and groups_of(cloud) == set()


def a_successor_of_the_address_gets_it(cloud: NextcloudEmulator) -> bool:
    sign_in(cloud)
    return cloud.sign_in({**ANNA, "preferred_username": "andrea", "sub": "ffff"}).user_id == "anna@a.example"


def the_administrator_is_taken_over(cloud: NextcloudEmulator) -> bool:
    came_as = sign_in(cloud, {**ANNA, "preferred_username": "ADMIN"})
    admin = cloud.users["admin"]
    return (came_as.user_id, admin.name, admin.email) == ("admin", "Anna Amsel", "anna@a.example")


def a_stranger_gets_in(cloud: NextcloudEmulator) -> bool:
    return sign_in(cloud, {**ANNA, "preferred_username": "fremd"}).user_id == "fremd"


def who_is_in_no_group_stays_out(cloud: NextcloudEmulator) -> bool:
    return sign_in(cloud, ANNA) == SignedIn(None, "restricted")


def nothing_is_written(cloud: NextcloudEmulator) -> bool:
    came_as = sign_in(cloud, {**IN_SENSORIK, "name": "Anders"})
    return came_as.user_id == "anna" and cloud.users["anna"].name == "Anna" and groups_of(cloud) == set()


OPEN = {"disable_account_creation": False}
"""Else nobody gets in, which harms nobody."""

TABLE = {
    "unique-uid": Unsafe("hashes", comes_to_a_hashed_account, {"uniqueUid": True}, OPEN),
    "hashed groups": Unsafe("never_removes", is_never_taken_out, {"uniqueUid": True}, OPEN),
    "provider-based-id": Unsafe("prefixes", comes_to_a_prefixed_account, {"providerBasedId": True}, OPEN),
    "by sub": Unsafe("other_claim", has_a_second_account, {"mappingUid": "sub"}, OPEN),
    "by nothing": Unsafe("other_claim", has_a_second_account, {"mappingUid": ""}, OPEN),
    "by address": Unsafe("by_address", a_successor_of_the_address_gets_it, {"mappingUid": "email"}, OPEN),
    "no whitelist": Unsafe("strips_all", loses_the_group_admin, {"groupWhitelistRegex": ""}),
    "unanchored": Unsafe("unanchored", loses_a_group_that_only_looks_alike, {"groupWhitelistRegex": "PG_"}),
    "anchored, and empty": Unsafe("unanchored", loses_the_group_admin, {"groupWhitelistRegex": "^(PG_)?"}),
    "half anchored": Unsafe("unanchored", loses_a_group_that_only_looks_alike, {"groupWhitelistRegex": "/^KM_|PG_/"}),
    "bearer": Unsafe("bearer", loses_groups_by_a_request, {"checkBearer": True, "bearerProvisioning": True}),
    "restricted": Unsafe("restricts", who_is_in_no_group_stays_out, {"restrictLoginToGroups": True}),
    "soft": Unsafe("takes_over", the_administrator_is_taken_over, system={"soft_auto_provision": True}),
    "open": Unsafe("lets_anybody_in", a_stranger_gets_in, system=OPEN),
    "no provisioning": Unsafe("no_provisioning", nothing_is_written, system={"auto_provision": False}),
}


@pytest.fixture
def cloud(clock: VirtualClock) -> Iterator[NextcloudEmulator]:
    with NextcloudEmulator(service=SERVICE, clock=clock, apps=(*APPS, "user_oidc")) as emulator:
        emulator.oidc.configure(**GROUPS_FROM_LOGIN)
        emulator.oidc.system |= {"soft_auto_provision": False, "disable_account_creation": True}
        emulator.oidc.account(1, "anna").name = "Anna"
        yield emulator


def findings(cloud: NextcloudEmulator, folder: Path) -> dict[str, Severity]:
    """By what they say of the login; what config.php holds comes from a file."""
    file = folder / "user_oidc.json"
    file.write_text(json.dumps(cloud.oidc.system), encoding="utf-8")
    administrator = AdministratorSettings(user="admin", password=SecretStr(cloud.app_password("admin")))
    login = UserOidcSettings(provider_id=1, administrator=administrator, settings_file=file)
    bench = Bench(NextcloudSettings(url=cloud.url, user=SERVICE[0], password=SecretStr(SERVICE[1]), user_oidc=login))
    found = {finding.what.code: finding.severity for finding in bench.connector.examine()}
    bench.close()
    return {code.removeprefix("nextcloud.oidc_"): how for code, how in found.items() if "oidc_" in code}


@pytest.mark.parametrize("name", TABLE)
def test_doctor_says_beforehand_what_a_login_does(cloud: NextcloudEmulator, tmp_path: Path, name: str) -> None:
    unsafe = TABLE[name]
    assert unsafe.finding not in findings(cloud, tmp_path)
    cloud.oidc.configure(**unsafe.settings)
    cloud.oidc.system |= unsafe.system
    if unsafe.settings.get("uniqueUid") or unsafe.finding in ("other_claim", "by_address"):
        cloud.oidc.system["disable_account_creation"] = False
    said = findings(cloud, tmp_path)
    assert unsafe.finding in said
    assert unsafe.effect(cloud)


def test_safe_settings_are_called_safe_and_do_no_harm(cloud: NextcloudEmulator, tmp_path: Path) -> None:
    assert findings(cloud, tmp_path) == {"safe": Severity.OK}
    cloud.join("anna", "admin", "Chor", "Alte PG_Sensorik", "PG_Alt")
    before = set(cloud.users)
    assert sign_in(cloud).user_id == "anna"
    assert groups_of(cloud) == {"admin", "Chor", "Alte PG_Sensorik", "PG_Sensorik"}
    assert set(cloud.users) == before


def test_the_other_safe_settings_too(cloud: NextcloudEmulator, tmp_path: Path) -> None:
    cloud.oidc.configure(**SAFE, groupProvisioning=False, groupWhitelistRegex="")
    assert findings(cloud, tmp_path) == {"safe": Severity.OK}
    cloud.join("anna", "PG_Alt")
    assert sign_in(cloud).user_id == "anna"
    assert groups_of(cloud) == {"PG_Alt"}
