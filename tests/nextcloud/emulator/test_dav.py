"""WebDAV in the emulator, as far as a first layout of team folders goes: a sentence of what was observed a test."""

from typing import Any

import pytest
import requests

from connectors.nextcloud.emulation.folders.state import Folder, rules_text
from connectors.nextcloud.emulator import NextcloudEmulator
from tests.nextcloud.emulator.client import SERVICE, Client, acl

FILES = "/remote.php/dav/files"
NESTED = "Projektgruppen/Sensorik"


@pytest.fixture
def folder(emulator: NextcloudEmulator) -> Folder:
    emulator.join(SERVICE[0], "team-a")
    return emulator.add_folder("Team A", ["team-a"], acl=True)


def dav(client: Client, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
    owner = client.auth[0] if client.auth is not None else SERVICE[0]
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, str) and body.startswith("<"):
        sent["Content-Type"] = "application/xml"
    return client.call(method, f"{FILES}/{owner}/{path}", data=body, headers=sent)


def test_a_folder_is_made_once_and_a_second_time_refused(client: Client, folder: Folder) -> None:
    assert dav(client, "MKCOL", "Team A/Protokolle").status_code == 201
    assert dav(client, "MKCOL", "Team A/Protokolle").status_code == 405
    assert folder.tree.paths() == {"Protokolle": None}


def test_a_folder_without_its_parent_is_a_conflict(client: Client, folder: Folder) -> None:
    assert dav(client, "MKCOL", "Team A/a/b").status_code == 409
    assert folder.tree.paths() == {}


def test_a_note_is_written_once_and_never_over_somebodys_words(client: Client, folder: Folder) -> None:
    assert dav(client, "PUT", "Team A/Willkommen.md", b"# Willkommen", If_None_Match="*").status_code == 201
    folder.tree.write("Willkommen.md", b"# Von Anna")
    again = dav(client, "PUT", "Team A/Willkommen.md", b"# Willkommen", If_None_Match="*")
    assert (again.status_code, folder.tree.paths()["Willkommen.md"]) == (412, b"# Von Anna")


def test_an_etag_guards_a_note_against_a_change_in_between(client: Client, folder: Folder) -> None:
    etag = dav(client, "PUT", "Team A/Willkommen.md", b"1").headers["ETag"]
    assert dav(client, "HEAD", "Team A/Willkommen.md").headers["ETag"] == etag
    folder.tree.write("Willkommen.md", b"2")
    assert dav(client, "PUT", "Team A/Willkommen.md", b"3", If_Match=etag).status_code == 412
    now = dav(client, "GET", "Team A/Willkommen.md")
    assert now.content == b"2"
    assert dav(client, "PUT", "Team A/Willkommen.md", b"3", If_Match=now.headers["ETag"]).status_code == 204


def test_a_file_can_not_be_where_a_folder_is(client: Client, folder: Folder) -> None:
    dav(client, "MKCOL", "Team A/Protokolle")
    assert dav(client, "PUT", "Team A/Protokolle", b"x").status_code == 409
    assert dav(client, "PUT", "Team A/nowhere/x.md", b"x").status_code == 404


def test_a_list_shows_what_is_in_a_folder_at_depth_1_and_only_itself_at_depth_0(client: Client, folder: Folder) -> None:
    dav(client, "MKCOL", "Team A/Über uns")
    one, zero = dav(client, "PROPFIND", "Team A", Depth="1"), dav(client, "PROPFIND", "Team A", Depth="0")
    assert (one.status_code, one.text.count("<d:href>"), zero.text.count("<d:href>")) == (207, 2, 1)
    assert f"{FILES}/{SERVICE[0]}/Team%20A/%c3%9cber%20uns/" in one.text


def test_who_is_no_member_finds_nothing_not_even_an_administrator(boss: Client, folder: Folder) -> None:
    assert dav(boss, "PROPFIND", "Team A", Depth="0").status_code == 404
    assert dav(boss, "PROPPATCH", "Team A", acl(("group", "team-a", 31, 1))).status_code == 404


def test_nobody_writes_into_a_foreign_home(client: Client, emulator: NextcloudEmulator) -> None:
    assert client.call("MKCOL", f"{FILES}/anna/x").status_code == 403
    assert client.call("PUT", f"{FILES}/anna/x.md", data=b"x").status_code == 403
    assert client.call("PROPFIND", f"{FILES}/ghost/").status_code == 404
    assert emulator.world.home("anna").paths() == {}


def test_a_nested_folder_is_an_error_500_until_its_member_has_listed_the_home(
    client: Client, emulator: NextcloudEmulator
) -> None:
    emulator.join(SERVICE[0], "team-a")
    folder = emulator.add_folder(NESTED, ["team-a"])
    assert dav(client, "MKCOL", f"{NESTED}/Protokolle").status_code == 500
    assert dav(client, "PROPFIND", "", Depth="0").status_code == 207
    assert dav(client, "MKCOL", f"{NESTED}/Protokolle").status_code == 500
    assert "/Projektgruppen/" in dav(client, "PROPFIND", "", Depth="1").text
    assert dav(client, "MKCOL", f"{NESTED}/Protokolle").status_code == 201
    folder.mount_point = "Archiv/Sensorik"
    assert dav(client, "PROPFIND", "Archiv/Sensorik", Depth="0").status_code == 500


def test_a_member_that_may_only_read_changes_nothing(anna: Client, emulator: NextcloudEmulator) -> None:
    folder = emulator.add_folder("Gäste", ["team-a"], permissions=1)
    folder.tree.write("note.md", b"1")
    assert dav(anna, "GET", "Gäste/note.md").content == b"1"
    for method, path in (("PUT", "note.md"), ("PUT", "new.md"), ("MKCOL", "new"), ("DELETE", "note.md")):
        assert dav(anna, method, f"Gäste/{path}", b"2" if method == "PUT" else None).status_code == 403
    assert folder.tree.paths() == {"note.md": b"1"}


def test_a_full_folder_takes_no_more(client: Client, folder: Folder) -> None:
    folder.quota = 5
    assert dav(client, "PUT", "Team A/big.md", b"123456").status_code == 507
    assert dav(client, "PUT", "Team A/small.md", b"12345").status_code == 201
    assert client.folders("GET", "/1")[1]["size"] == 5


def test_rules_are_set_by_who_manages_them_and_followed_by_all(
    client: Client, anna: Client, folder: Folder, emulator: NextcloudEmulator
) -> None:
    dav(client, "MKCOL", "Team A/Protokolle")
    assert dav(anna, "PROPPATCH", "Team A/Protokolle", acl(("user", "anna", 31, 1))).status_code == 500
    assert dav(client, "PROPPATCH", "Team A/Protokolle", acl(("user", "anna", 31, 1))).status_code == 207
    assert dav(anna, "MKCOL", "Team A/Protokolle/x").status_code == 403
    assert dav(anna, "MKCOL", "Team A/x").status_code == 201
    dav(client, "PROPPATCH", "Team A/Protokolle", acl(("user", "anna", 31, 0)))
    assert dav(anna, "PROPFIND", "Team A/Protokolle", Depth="0").status_code == 404
    assert "Protokolle" not in dav(anna, "PROPFIND", "Team A", Depth="1").text
    folder.managers.add(("user", "anna"))
    assert dav(anna, "PROPPATCH", "Team A/x", acl(("group", "team-b", 31, 1))).status_code == 207


def test_rules_replace_each_other_and_their_bits_are_cut_to_the_mask(client: Client, folder: Folder) -> None:
    dav(client, "PROPPATCH", "Team A", acl(("group", "team-b", 31, 1), ("user", "anna", 31, 31)))
    dav(client, "PROPPATCH", "Team A", acl(("group", "team-b", 15, 99)))
    assert rules_text(folder.tree.root.rules) == ["group team-b 15/3"]
    dav(client, "PROPPATCH", "Team A", acl())
    assert folder.tree.root.rules == []


def test_a_rule_for_a_group_that_does_not_exist_is_kept_and_not_shown(client: Client, folder: Folder) -> None:
    wish = '<d:propfind xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns"><d:prop><nc:acl-list/></d:prop></d:propfind>'
    assert dav(client, "PROPPATCH", "Team A", acl(("group", "ghost", 31, 1))).status_code == 207
    assert rules_text(folder.tree.root.rules) == ["group ghost 31/1"]
    assert "ghost" not in dav(client, "PROPFIND", "Team A", wish, Depth="0").text


def test_nobody_locks_oneself_out(client: Client, folder: Folder) -> None:
    answer = dav(client, "PROPPATCH", "Team A", acl(("group", "team-a", 31, 0)))
    assert (answer.status_code, folder.tree.root.rules) == (400, [])
    assert "You cannot remove your own read permission." in answer.text


def test_an_unknown_kind_of_subject_is_an_error_500(client: Client, folder: Folder) -> None:
    assert dav(client, "PROPPATCH", "Team A", acl(("robot", "x", 31, 1))).status_code == 500


@pytest.mark.parametrize(("name", "status"), [("a:b", 201), (" rand ", 201), (".htaccess", 400), ("a\\b", 400)])
def test_names_of_folders(client: Client, folder: Folder, name: str, status: int) -> None:
    assert dav(client, "MKCOL", f"Team A/{name.replace(chr(92), '%5C')}").status_code == status


def test_a_name_over_250_characters_is_refused(client: Client, folder: Folder) -> None:
    assert dav(client, "MKCOL", f"Team A/{'n' * 251}").status_code == 400


def test_an_app_password_is_enough_and_no_header_is_asked_for(emulator: NextcloudEmulator, folder: Folder) -> None:
    token = Client(emulator, (SERVICE[0], emulator.app_password(SERVICE[0])))
    assert dav(token, "MKCOL", "Team A/Protokolle").status_code == 201


def test_a_wrong_password_is_told_in_xml(emulator: NextcloudEmulator) -> None:
    answer = dav(Client(emulator, (SERVICE[0], "wrong")), "PROPFIND", "", Depth="0")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="Nextcloud", charset="UTF-8"')


def test_without_the_app_its_folders_are_not_there_and_come_back_with_it(
    client: Client, folder: Folder, emulator: NextcloudEmulator
) -> None:
    emulator.disable_app("groupfolders")
    assert dav(client, "PROPFIND", "Team A", Depth="0").status_code == 404
    assert dav(client, "MKCOL", "Team A/x").status_code == 409
    emulator.enable_app("groupfolders")
    assert dav(client, "PROPFIND", "Team A", Depth="0").status_code == 207


def test_maintenance_is_no_missing_folder(client: Client, folder: Folder, emulator: NextcloudEmulator) -> None:
    emulator.world.maintenance = True
    assert dav(client, "PROPFIND", "Team A", Depth="0").status_code == 503
    assert client.call("GET", "/index.php/apps/groupfolders/folders").status_code == 503


def test_a_locked_database_changes_nothing(client: Client, folder: Folder, emulator: NextcloudEmulator) -> None:
    emulator.faults.mishap("database-lock", writes=True)
    assert dav(client, "MKCOL", "Team A/x").status_code == 500
    assert folder.tree.paths() == {}
