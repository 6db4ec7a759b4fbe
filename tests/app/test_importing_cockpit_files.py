"""The database file itself: read and never written, and refused by name when it is not what it should be."""

import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from provisioner.app.importing import cockpit
from provisioner.app.importing.addresses import is_role_address, name_in
from provisioner.app.importing.cockpit import read_cockpit
from provisioner.app.importing.cockpit_bodies import bare_name, list_name_in
from provisioner.app.importing.outcome import ImportRefused
from tests.support.cockpit import LIST_PASSWORD, SCHEMA, group, member, network, write
from tests.support.site import Installation


def refusal(path: Path) -> ImportRefused:
    with pytest.raises(ImportRefused) as refused:
        read_cockpit(path)
    return refused.value


def changed(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return path


def test_the_file_is_only_read(tmp_path: Path) -> None:
    path = network(tmp_path / "database.sqlite")
    before = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns
    path.chmod(0o400)
    read = read_cockpit(path)
    assert (len(read.groups), len(read.members), read.list_passwords) == (12, 150, 12)
    assert LIST_PASSWORD not in repr(read)
    assert (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) == before
    assert [one.name for one in tmp_path.iterdir()] == ["database.sqlite"]


@pytest.mark.parametrize("name", ["mit leer.sqlite", "a?mode=rwc.sqlite", "a#b%20.sqlite"])
def test_a_file_may_be_called_anything(tmp_path: Path, name: str) -> None:
    assert len(read_cockpit(write(tmp_path / name, [group(1, "Sensorik")])).groups) == 1


@pytest.mark.parametrize("content", [b"", b"SQLite", b"<?xml?>", b"-- MySQL dump\n" * 100, b"\0" * 5000])
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    assert refusal(tmp_path / "x").text.code == "app.cockpit_no_database"


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "none", tmp_path, tmp_path / "pipe"):
        assert refusal(path).text.code == "app.cockpit_no_file"


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = changed(tmp_path / "x.sqlite", "CREATE TABLE groups (id integer)")
    error = refusal(path)
    assert (error.text.code, error.text.arguments["table"]) == ("app.cockpit_no_table", "groupmembers")


@pytest.mark.parametrize(
    "table",
    [
        "CREATE VIEW groupmembers AS SELECT 1 AS id, 'a@b.example' AS email, 1 AS group_id, 1 AS toBeInNextCloud, "
        "1 AS toBeInMailinglist, 0 AS waitingForJoin",
        "CREATE VIRTUAL TABLE groupmembers USING fts5(id, email, group_id)",
    ],
)
def test_what_only_looks_like_a_table_is_refused(tmp_path: Path, table: str) -> None:
    path = changed(write(tmp_path / "x.sqlite", []), "DROP TABLE groupmembers", table)
    assert refusal(path).text.code == "app.cockpit_no_table"


def test_missing_columns_are_named(tmp_path: Path) -> None:
    path = changed(
        write(tmp_path / "x.sqlite", []),
        "ALTER TABLE groupmembers DROP COLUMN waitingForJoin",
        "ALTER TABLE groupmembers DROP COLUMN email",
    )
    error = refusal(path)
    assert error.text.code == "app.cockpit_no_columns"
    assert error.text.arguments["columns"] == "email, waitingForJoin"


def test_a_database_before_and_one_after_the_last_migration_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "x.sqlite", [group(1, "Sensorik")], [member("anna.muster@bretten.example", 1)])
    changed(
        path,
        "ALTER TABLE groups DROP COLUMN url",
        "ALTER TABLE groups DROP COLUMN automatic_mode",
        "ALTER TABLE groups DROP COLUMN mailingListURL",
        "ALTER TABLE groups DROP COLUMN mailingListPassword",
        "ALTER TABLE groups ADD COLUMN description varchar",
        "ALTER TABLE groups ADD COLUMN matrixRoom varchar",
        "ALTER TABLE groupmembers ADD COLUMN role varchar",
    )
    read = read_cockpit(path)
    assert (read.groups[0].automatic, read.groups[0].url, read.list_passwords) == (None, "", 0)
    assert read.unknown_columns == ("groupmembers.role", "groups.matrixRoom")


def test_a_copy_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = network(tmp_path / "x.sqlite")
    whole = path.read_bytes()
    for end in range(4096, len(whole), 4096):
        path.write_bytes(whole[:end])
        assert refusal(path).text.code in ("app.cockpit_broken", "app.cockpit_no_table")


def test_a_broken_page_is_no_smaller_group(tmp_path: Path) -> None:
    path = network(tmp_path / "x.sqlite")
    whole = bytearray(path.read_bytes())
    whole[-4096:-2048] = b"\x5a" * 2048
    path.write_bytes(whole)
    assert refusal(path).text.code == "app.cockpit_broken"


def test_bounds_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = network(tmp_path / "x.sqlite")
    monkeypatch.setattr(cockpit, "MOST_MEMBERS", 149)
    error = refusal(path)
    assert (error.text.code, error.text.arguments["table"]) == ("app.cockpit_too_many", "groupmembers")
    monkeypatch.setattr(cockpit, "MOST_BYTES", 1000)
    assert refusal(path).text.code == "app.cockpit_too_large"


def test_a_database_that_is_being_written_is_waited_for_and_then_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "x.sqlite", [group(1, "Sensorik")])
    monkeypatch.setattr(cockpit, "_WAIT", 0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert refusal(path).text.code == "app.cockpit_broken"
        other.rollback()
    assert len(read_cockpit(path).groups) == 1


def test_whatever_stands_in_a_cell_is_taken_for_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA.replace("tinyint(1)", "blob").replace("varchar", "blob"))
        row = [1, 3.5, b"\xff", None, "true", "nein", 7, "1"]
        connection.execute(
            "INSERT INTO groups (id, name, keycloakGroup, keycloakAdminGroup, moderated, has_mailinglist, url,"
            " automatic_mode) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        connection.execute(
            "INSERT INTO groupmembers (email, group_id, toBeInNextCloud, toBeInMailinglist, waitingForJoin)"
            " VALUES (?, ?, ?, ?, ?)",
            ["\x00ANNA.Muster@Bretten.EXAMPLE\x07 ", "1", b"1", 2, ""],
        )
    read = read_cockpit(path)
    (one,), (who,) = read.groups, read.members
    assert (one.name, one.keycloak_group, one.keycloak_admin_group, one.url) == ("3.5", "", "", "7")
    assert (one.moderated, one.has_mailing_list, one.automatic) == (True, False, True)
    assert (who.email, who.group) == ("anna.muster@bretten.example", 1)
    assert (who.in_nextcloud, who.in_mailing_list, who.waiting) == (False, True, False)


def test_the_report_is_grouped_and_in_words(installation: Installation) -> None:
    installation.write()
    folder = installation.folder / "fresh"
    crowd = [member(f"anna.m{number}@bretten.example", 1, waitingForJoin=1) for number in range(8)]
    path = write(
        installation.folder / "x.sqlite",
        [group(1, "Sensorik", mailingListPassword="x")],
        [member("ben.muster@bretten.example", 1), *crowd, member("info@bretten.example", 1)],
    )
    ran = installation.run("import", "cockpit", path, folder, write=False)
    assert ran.code == 0, ran.all
    said = " ".join(ran.out.split())
    assert "1 person of 1 organisation, 1 body and 1 membership are now in" in said
    assert "Shared and role addresses: nobody in particular is behind them (1): info@bretten.example" in said
    assert "Wait to join and are no members yet (8): anna.m0@bretten.example (Sensorik)" in said
    assert "and 2 more" in said
    assert "1 password of mailing lists in the clear" in said
    assert "readi plan" in said
    comments = (folder / "people" / "_left-out.yaml").read_text("utf-8")
    assert "# - anna.m7@bretten.example (Sensorik)" in comments, "there every one of them is named"


@pytest.mark.parametrize("arguments", [("cockpit",), ("cockpit", "a", "b", "c"), ("nextcloud", "a", "b")])
def test_wrong_arguments_are_errors_of_use(installation: Installation, arguments: tuple[str, ...]) -> None:
    assert installation.run("import", *arguments).code == 64


def test_a_folder_that_holds_a_registry_is_not_written_into(installation: Installation) -> None:
    installation.write()
    path = network(installation.folder / "x.sqlite")
    ran = installation.run("import", "cockpit", path, write=False)
    assert ran.code == 1
    assert "registry" in ran.all


def test_a_database_without_anybody_writes_nothing(installation: Installation) -> None:
    folder = installation.folder / "fresh"
    path = write(installation.folder / "x.sqlite", [group(1, "Sensorik")], [member("info@bretten.example", 1)])
    ran = installation.run("import", "cockpit", path, folder)
    assert ran.code == 1
    assert not folder.exists()


@pytest.mark.parametrize(
    ("email", "given", "family", "sure"),
    [
        ("anna.muster@x.example", "Anna", "Muster", True),
        ("anna-lena.muster-probe2@x.example", "Anna-Lena", "Muster-Probe", True),
        ("anna_muster+list@x.example", "Anna", "Muster", True),
        ("a.muster@x.example", "A.", "Muster", False),
        ("anna.maria.muster@x.example", "Anna Maria", "Muster", False),
        ("muster@x.example", "", "Muster", False),
        ("123@x.example", "", "123", False),
    ],
)
def test_names_are_guessed_from_addresses(email: str, given: str, family: str, sure: bool) -> None:
    guess = name_in(email)
    assert (guess.given_name, guess.family_name, guess.is_sure) == (given, family, sure)


@pytest.mark.parametrize(
    "local", ["info", "pg_sensorik", "PG-E-Akte", "it.support", "poststelle2", "bürgerbüro", "..."]
)
def test_addresses_of_offices_are_nobodys(local: str) -> None:
    assert is_role_address(f"{local}@bretten.example")


@pytest.mark.parametrize("local", ["anna.post", "pia.info", "ag.muster", "stadtmueller", "teamler", "pgmeier"])
def test_people_are_called_like_offices_too(local: str) -> None:
    assert not is_role_address(f"{local}@bretten.example")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://lists.example/mailman/admin/pg-sensorik", "pg-sensorik"),
        ("https://lists.example/cgi-bin/mailman/listinfo/PG%2DSensorik/?x=1#y", "pg-sensorik"),
        ("https://lists.example/mailman/admin/pg-sensorik/members/", "pg-sensorik"),
        ("pg-sensorik@lists.example", "pg-sensorik"),
        ("pg-sensorik", "pg-sensorik"),
        ("https://lists.example/mailman/admin/", ""),
        ("https://lists.example", ""),
        ("", ""),
        ("javascript:alert(1)", ""),
        ("https://lists.example/mailman/admin/%2e%2e", ""),
    ],
)
def test_lists_are_known_by_their_addresses(url: str, name: str) -> None:
    assert list_name_in(url) == name


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("PG_Sensorik", "Sensorik"),
        ("Projektgruppe E-Akte", "E-Akte"),
        ("pg: Recht", "Recht"),
        ("PGP", "PGP"),
        ("PG", "PG"),
    ],
)
def test_the_word_for_project_group_is_no_part_of_the_name(shown: str, name: str) -> None:
    assert bare_name(shown) == name
