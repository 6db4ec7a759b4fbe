import pytest

from tests.support.change import Known, Undisturbed, another, install
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


@pytest.fixture
def furnished(installation: Installation) -> Installation:
    """Two project groups with folders, conversations, moderators, members and a guest: synchronised."""
    furnish(installation)
    installation.apply()
    return installation
