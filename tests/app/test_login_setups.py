"""The three set-ups of docs/login.md, whole: first sync, logins, somebody leaves a group, somebody leaves for good."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from connectors.keycloak.emulation.claims import LoginRefused
from connectors.nextcloud.emulation.oidc.sign_in import SignedIn
from provisioner.state import Database
from tests.support.logins import GROUPS_FROM_LOGIN, SAFE, LoginSetup, login_setup
from tests.support.site import LONG_AGO, Installation

OpenSetup = Callable[[Path], AbstractContextManager[LoginSetup]]


def groups_from_the_login(folder: Path) -> AbstractContextManager[LoginSetup]:
    return login_setup(folder, **GROUPS_FROM_LOGIN)


def groups_from_us(folder: Path) -> AbstractContextManager[LoginSetup]:
    return login_setup(folder, **SAFE)


@pytest.fixture(params=[groups_from_the_login, groups_from_us])
def setup(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LoginSetup]:
    """After the first sync; nobody has logged in yet."""
    opened: OpenSetup = request.param
    with opened(tmp_path) as setup:
        written_by = "login" if opened is groups_from_the_login else "us"
        setup.wish.policy["groups"] = {"members_written_by": written_by}
        setup.apply()
        yield setup


@pytest.fixture
def from_login(tmp_path: Path) -> Iterator[LoginSetup]:
    with groups_from_the_login(tmp_path) as setup:
        setup.wish.policy["groups"] = {"members_written_by": "login"}
        setup.apply()
        yield setup


@pytest.fixture
def from_us(tmp_path: Path) -> Iterator[LoginSetup]:
    with groups_from_us(tmp_path) as setup:
        setup.apply()
        yield setup


def leave_sensorik(installation: Installation, given: str) -> None:
    """Somebody's membership ended on a written day, so that nobody has to approve it."""
    installation.wish.people[f"p-{given.lower()}"]["bodies"] = [{"id": "pg-sensorik", "until": LONG_AGO}]


def nothing_to_do(installation: Installation) -> bool:
    ran = installation.run("plan")
    assert ran.code == 0, ran.all
    return "Nothing to do" in ran.out


def test_everybody_comes_to_the_account_that_was_made_for_them_and_the_next_plan_is_empty(setup: LoginSetup) -> None:
    made = set(setup.cloud.users)
    assert nothing_to_do(setup)
    setup.everybody_signs_in()
    assert set(setup.cloud.users) == made
    assert {user.backend.name for name, user in setup.cloud.users.items() if "muster" in name} == {"user_oidc"}
    assert setup.members("PG_Sensorik") == {"anna.muster", "ben.muster"}
    assert setup.members("PG_LoRaWAN-Administratoren") == {"anna.muster"}
    assert nothing_to_do(setup)


def test_no_login_takes_anybody_out_of_a_group_that_is_not_ours(setup: LoginSetup) -> None:
    setup.cloud.join("anna.muster", "admin", "Chor", "Alte PG_Sensorik")
    setup.everybody_signs_in()
    assert {"admin", "Chor", "Alte PG_Sensorik"} <= set(setup.cloud.users["anna.muster"].groups)
    assert nothing_to_do(setup)


def test_an_account_of_the_same_address_is_neither_taken_over_nor_adopted(tmp_path: Path) -> None:
    with groups_from_us(tmp_path) as setup:
        setup.cloud.add_user("anni", "geheim", display_name="Anni", email="anna@bretten.example")
        ran = setup.run("apply", "--yes")
        assert "the login arrives under another name" in setup.run("plan").out
        assert "anna.muster" not in setup.cloud.users
        assert ran.code == 0
        assert setup.sign_in("Anna") == SignedIn(None, "unknown")  # rather nobody than a second one
        assert (setup.cloud.users["anni"].name, setup.cloud.users["anni"].backend.name) == ("Anni", "Database")


def test_with_groups_from_the_login_a_leaver_of_a_group_goes_at_the_next_login(from_login: LoginSetup) -> None:
    from_login.everybody_signs_in()
    leave_sensorik(from_login, "Ben")
    from_login.apply()
    group = from_login.keycloak.group("/re@di/PG_Sensorik")
    assert group.id not in from_login.keycloak.user("ben.muster").groups
    assert "ben.muster" in from_login.members("PG_Sensorik")  # until Ben comes again
    assert nothing_to_do(from_login)
    from_login.sign_in("Ben")
    assert from_login.members("PG_Sensorik") == {"anna.muster"}
    assert nothing_to_do(from_login)


def test_with_groups_from_us_a_leaver_of_a_group_goes_at_once(from_us: LoginSetup) -> None:
    from_us.everybody_signs_in()
    leave_sensorik(from_us, "Ben")
    from_us.apply()
    assert from_us.members("PG_Sensorik") == {"anna.muster"}
    from_us.sign_in("Ben")
    assert from_us.members("PG_Sensorik") == {"anna.muster"}
    assert nothing_to_do(from_us)


def test_whoever_left_the_network_gets_in_nowhere_any_more(setup: LoginSetup) -> None:
    setup.everybody_signs_in()
    still_valid = setup.claims("Ben")
    setup.wish.people["p-ben"]["leaves"] = LONG_AGO
    setup.apply()
    with pytest.raises(LoginRefused):
        setup.claims("Ben")
    assert setup.cloud.sign_in(still_valid) == SignedIn(None, "disabled")
    setup.sign_in("Anna")
    assert not setup.cloud.users["ben.muster"].enabled
    assert nothing_to_do(setup)


def test_a_new_name_arrives_from_us_and_from_the_login_alike(setup: LoginSetup) -> None:
    setup.everybody_signs_in()
    setup.wish.people["p-anna"] |= {"family_name": "Star", "email": "anna.star@bretten.example"}
    setup.apply()
    user = setup.cloud.users["anna.muster"]
    assert (user.name, user.email) == ("Anna Star", "anna.star@bretten.example")
    assert setup.sign_in("Anna") == SignedIn("anna.muster")
    assert (user.name, user.email) == ("Anna Star", "anna.star@bretten.example")
    assert nothing_to_do(setup)


def test_somebody_who_was_not_yet_synchronised_gets_no_account_by_a_login(setup: LoginSetup) -> None:
    setup.keycloak.add_user("dora", email="dora@bretten.example", first_name="Dora", last_name="Muster")
    assert setup.cloud.sign_in(setup.keycloak.login("dora")) == SignedIn(None, "unknown")
    assert "dora" not in setup.cloud.users


def test_doctor_finds_nothing_wrong_with_either_set_up(setup: LoginSetup) -> None:
    told = setup.folder / "user_oidc.json"
    system = '{"soft_auto_provision": false, "disable_account_creation": true}'
    told.write_text(system, encoding="utf-8")
    setup.wish.targets["cloud"]["user_oidc"]["settings_file"] = "user_oidc.json"
    findings = setup.run("doctor", "--json", "--target", "cloud").json["targets"][0]["findings"]
    assert [one["what"] for one in findings if one["severity"] in ("warning", "error")] == []


def test_two_writers_of_a_group_are_refused_by_doctor_and_so_is_none(setup: LoginSetup) -> None:
    policy = setup.wish.policy["groups"]
    by_login = policy["members_written_by"] == "login"
    policy["members_written_by"] = "us" if by_login else "login"
    said = setup.run("doctor", "--target", "cloud")
    assert ("Two write the same groups" if by_login else "Nobody writes these groups") in said.out
    assert said.code == 1


def test_somebody_whom_the_login_calls_otherwise_than_nextcloud_is_found(from_us: LoginSetup) -> None:
    with Database.open(from_us.database) as database, database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE binding SET name = 'ben' WHERE target = 'login' AND name = 'ben.muster'")
    said = from_us.run("doctor", "--target", "cloud").out
    assert "ben.muster (ben)" in said
    assert "a second account" in said


def test_local_accounts_need_no_keycloak_and_no_login_changes_them(small: Installation) -> None:
    small.apply()
    assert {user.backend.name for user in small.cloud.users.values()} == {"Database"}
    assert nothing_to_do(small)
    leave_sensorik(small, "Ben")
    small.apply()
    assert set(small.cloud.groups["PG_Sensorik"].members) == {"anna.muster"}
    small.wish.people["p-ben"]["leaves"] = LONG_AGO
    small.apply()
    assert not small.cloud.users["ben.muster"].enabled
    assert nothing_to_do(small)


def test_groups_left_to_a_login_that_is_not_set_up_are_found(small: Installation) -> None:
    assert "the settings name none for this target" not in small.run("doctor").out
    small.wish.policy["groups"] = {"members_written_by": "login"}
    assert "the settings name none for this target" in small.run("doctor").out
