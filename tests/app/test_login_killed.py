"""Accounts for a login take several writes each; a run that is killed between them leaves nothing half done."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.killing import killed_while_applying
from tests.support.logins import SAFE, LoginSetup, login_setup
from tests.support.site import Snapshot, snapshot

WRITES = 16
"""Four groups, three accounts, five memberships, three languages and the epoch; counted by a test below."""


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[LoginSetup]:
    """Accounts and groups of the Nextcloud alone."""
    with login_setup(tmp_path, **SAFE) as setup:
        del setup.wish.targets["login"]
        setup.wish.targets["cloud"] |= {"team_folders": False, "conversations": False}
        yield setup


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """What stands there after a run without any trouble."""
    with login_setup(tmp_path_factory.mktemp("undisturbed"), **SAFE) as setup:
        del setup.wish.targets["login"]
        setup.wish.targets["cloud"] |= {"team_folders": False, "conversations": False}
        setup.apply()
        assert len(setup.cloud.log.writes) == WRITES
        return snapshot(setup.cloud)


@pytest.mark.parametrize(
    ("moment", "number"),
    [*(("after", number) for number in (4, 5, 7, 8, 12, 13, 15)), ("before", 5), ("before", 8), ("before", 13)],
)
def test_after_kill_9_the_next_apply_makes_up_for_what_is_missing(
    setup: LoginSetup, undisturbed: Snapshot, moment: str, number: int
) -> None:
    killed_while_applying(setup, number, moment)
    setup.apply()
    assert snapshot(setup.cloud) == undisturbed
    assert setup.open_entries() == 0
    assert setup.run("plan").code == 0
    assert {user.backend.name for user in setup.cloud.users.values() if "muster" in user.id} == {"user_oidc"}


def test_an_account_that_the_login_made_meanwhile_is_found_and_not_made_twice(setup: LoginSetup) -> None:
    setup.plan()
    setup.cloud.oidc.system["disable_account_creation"] = False
    claims = {"preferred_username": "anna.muster", "name": "Anna Muster", "email": "anna@bretten.example"}
    setup.cloud.sign_in(claims)
    said = setup.run("plan").out
    assert "= account anna.muster" in said
    assert setup.run("apply", "--yes").code in (0, 2)
    assert [name for name in setup.cloud.users if "anna" in name] == ["anna.muster"]
