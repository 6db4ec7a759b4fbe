import pytest

from tests.support.change import Known, Undisturbed, another, install
from tests.support.identity_change import Known as IdentityKnown
from tests.support.identity_change import Undisturbed as IdentityUndisturbed
from tests.support.identity_change import first_sync, without_trouble
from tests.support.rooms import furnish
from tests.support.site import LONG_AGO, Installation, held, new_cloud, snapshot


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """Everybody was there, and Emil has left again: two runs."""
    folder = tmp_path_factory.mktemp("known")
    with new_cloud() as cloud:
        installation = install(folder, cloud)
        installation.apply()
        installation.wish.people["p-emil"]["leaves"] = LONG_AGO
        installation.apply()
        return folder, held(cloud)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, known: Known) -> Undisturbed:
    """The very change that tests disturb, without any trouble."""
    with another(tmp_path_factory.mktemp("undisturbed"), known) as installation:
        installation.apply()
        assert installation.run("plan").code == 0
        return Undisturbed(snapshot(installation.cloud), installation.writes())


@pytest.fixture(scope="session")
def identity_known(tmp_path_factory: pytest.TempPathFactory) -> IdentityKnown:
    """A login and mailing lists after their first sync."""
    return first_sync(tmp_path_factory.mktemp("identity-known"))


@pytest.fixture(scope="session")
def identity_undisturbed(
    tmp_path_factory: pytest.TempPathFactory, identity_known: IdentityKnown
) -> IdentityUndisturbed:
    """The change that tests of them disturb, without any trouble."""
    return without_trouble(tmp_path_factory.mktemp("identity-undisturbed"), identity_known)


@pytest.fixture
def furnished(installation: Installation) -> Installation:
    """Two project groups with folders, conversations, moderators, members and a guest: synchronised."""
    furnish(installation)
    installation.apply()
    return installation
