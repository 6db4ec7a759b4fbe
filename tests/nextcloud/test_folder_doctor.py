import pytest
from pydantic import SecretStr

from connectors.nextcloud.emulator import PROVISIONERS, NextcloudEmulator
from connectors.nextcloud.folders.doctor import examine_folders
from connectors.nextcloud.settings import NextcloudSettings
from tests.support.nextcloud import SERVICE, Bench


def codes(cloud: NextcloudEmulator, working_group: str | None = PROVISIONERS) -> list[tuple[str, str, str | None]]:
    """Severity, what and mend of each finding."""
    settings = NextcloudSettings(
        url=cloud.url, user=SERVICE[0], password=SecretStr(SERVICE[1]), working_group=working_group
    )
    bench = Bench(settings)
    try:
        found = list(examine_folders(settings, bench.connector._client, bench.connector._own()))
    finally:
        bench.close()
    assert cloud.log.writes == []
    return [
        (
            str(one.severity),
            one.what.code.partition(".")[2],
            None if one.mend is None else one.mend.code.partition(".")[2],
        )
        for one in found
    ]


@pytest.fixture(autouse=True)
def _a_folder(cloud: NextcloudEmulator) -> None:
    cloud.add_folder("Team A", ["team-a"])


SEEN = ("ok", "may_manage_folders", None)


def test_all_is_well(cloud: NextcloudEmulator) -> None:
    assert codes(cloud) == [SEEN, ("ok", "working_group_right", None)]


def test_without_the_app_there_are_no_folders_to_ask_about(cloud: NextcloudEmulator) -> None:
    cloud.disable_app("groupfolders")
    assert codes(cloud) == [("note", "app_missing", "mend_folders_app")]


def test_a_missing_right_is_named(cloud: NextcloudEmulator) -> None:
    cloud.set_rights(SERVICE[0], "none")
    assert codes(cloud) == [("error", "folders_not_allowed", "mend_folder_delegation")]


def test_without_a_working_group_folders_stay_empty(cloud: NextcloudEmulator) -> None:
    assert codes(cloud, None) == [SEEN, ("note", "no_working_group", "mend_no_working_group")]


def test_a_working_group_that_does_not_exist_is_named(cloud: NextcloudEmulator) -> None:
    assert codes(cloud, "nobody's") == [SEEN, ("error", "working_group_missing", "mend_working_group")]


def test_a_working_group_without_our_account_is_named(cloud: NextcloudEmulator) -> None:
    cloud.add_group("others")
    assert codes(cloud, "others") == [SEEN, ("error", "not_in_working_group", "mend_working_group")]


def test_who_else_sees_every_folder_is_counted(cloud: NextcloudEmulator) -> None:
    cloud.add_user("eva", groups=[PROVISIONERS])
    assert codes(cloud) == [SEEN, ("warning", "working_group_others", "mend_working_group")]
