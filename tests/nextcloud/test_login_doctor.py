"""What doctor says where it can't see the login's settings, and of what earlier logins left behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.nextcloud.emulator import APPS, NextcloudEmulator
from connectors.nextcloud.settings import AdministratorSettings, NextcloudSettings, UserOidcSettings
from provisioner.emulation import VirtualClock
from provisioner.model.ports import Finding
from tests.support.logins import SAFE
from tests.support.nextcloud import SERVICE, Bench


@pytest.fixture
def cloud(clock: VirtualClock) -> Iterator[NextcloudEmulator]:
    with NextcloudEmulator(service=SERVICE, clock=clock, apps=(*APPS, "user_oidc")) as emulator:
        emulator.oidc.configure(**SAFE)
        yield emulator


def examined(cloud: NextcloudEmulator, login: UserOidcSettings | None) -> dict[str, Finding]:
    """The findings about logins, by their code without its room."""
    bench = Bench(NextcloudSettings(url=cloud.url, user=SERVICE[0], password=SecretStr(SERVICE[1]), user_oidc=login))
    found = {finding.what.code: finding for finding in bench.connector.examine()}
    bench.close()
    return {code.removeprefix("nextcloud."): finding for code, finding in found.items()}


def administered(cloud: NextcloudEmulator, password: str = "", **more: object) -> UserOidcSettings:
    secret = SecretStr(password or cloud.app_password("admin"))
    administrator = AdministratorSettings(user="admin", password=secret)
    return UserOidcSettings.model_validate({"provider_id": 1, "administrator": administrator} | more)


def test_who_is_no_administrator_is_told_whose_right_is_missing(cloud: NextcloudEmulator) -> None:
    found = examined(cloud, UserOidcSettings(provider_id=1))
    assert found["oidc_not_administrator"].severity == "error"
    assert "oidc_safe" not in found


def test_an_administrator_with_a_wrong_password_is_named(cloud: NextcloudEmulator) -> None:
    found = examined(cloud, administered(cloud, "falsch"))
    assert found["login_refused"].what.arguments["user"] == "admin"
    assert "may_list" in found, "our own account works"


def test_a_server_that_can_not_tell_is_judged_by_the_file(cloud: NextcloudEmulator, tmp_path: Path) -> None:
    cloud.disable_app("user_oidc")
    file = tmp_path / "user_oidc.json"
    file.write_text('{"id": 1, "identifier": "keycloak", "settings": {"uniqueUid": true}}', encoding="utf-8")
    found = examined(cloud, administered(cloud, settings_file=file))
    assert found["oidc_not_told"].severity == "warning"
    assert found["oidc_hashes"].severity == "error"


def test_a_broken_file_is_said_and_the_server_asked_all_the_same(cloud: NextcloudEmulator, tmp_path: Path) -> None:
    file = tmp_path / "user_oidc.json"
    file.write_text("no JSON", encoding="utf-8")
    cloud.oidc.configure(mappingUid="email")
    found = examined(cloud, administered(cloud, settings_file=file))
    assert {"oidc_file", "oidc_by_address"} <= found.keys()


def test_a_provider_that_is_not_there_is_said_with_those_that_are(cloud: NextcloudEmulator) -> None:
    finding = examined(cloud, administered(cloud, provider_id=7))["oidc_no_provider"]
    assert finding.severity == "error"
    assert finding.mend is not None
    assert finding.mend.arguments["known"] == "1 (keycloak)"


@pytest.mark.parametrize("told", [True, False])
def test_what_earlier_logins_left_behind_is_found_whatever_the_settings_are_now(
    cloud: NextcloudEmulator, told: bool
) -> None:
    cloud.add_user("anna", "geheim", display_name="Anna", email="anna@a.example")
    cloud.oidc.configure(uniqueUid=True, groupProvisioning=True)
    cloud.sign_in({"preferred_username": "anna2", "email": "anna@a.example", "groups": ["PG_Sensorik"]})
    cloud.oidc.configure(**SAFE, groupProvisioning=False)
    found = examined(cloud, administered(cloud) if told else None)
    assert found["oidc_hashed_accounts"].what.arguments["count"] == 1
    assert found["oidc_hashed_groups"].what.arguments["count"] == 1
    assert "anna (Database)" in str(found["oidc_same_address"].what.arguments["accounts"])


def test_without_the_setting_a_server_without_such_accounts_is_not_asked(cloud: NextcloudEmulator) -> None:
    assert not [code for code in examined(cloud, None) if code.startswith("oidc_")]
    assert not [entry for entry in cloud.log.requests if "user_oidc" in entry.path]
