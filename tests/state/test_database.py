"""Opening: migrations, permissions, transactions, and what is said when it can't be done."""

import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from provisioner.model.errors import StateError
from provisioner.state import Bindings, Database, Journal, Meta
from provisioner.state.migrate import HEAD
from provisioner.state.schema import METADATA, SECRET
from tests.state.samples import NETWORK, NOW, SERVER, TARGET, account, bind, of_group, step
from tests.support.postgres import shared


def refusal(address: str | Path) -> str:
    with pytest.raises(StateError) as error:
        Database.open(address)
    return error.value.text.code


def test_migrating_from_nothing_ends_at_what_the_tables_say(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
        assert set(inspect(connection).get_table_names()) == {*METADATA.tables, "alembic_version"}
        indexes = {index["name"] for table in METADATA.tables for index in inspect(connection).get_indexes(table)}
        assert {str(index.name) for table in METADATA.tables.values() for index in table.indexes} <= indexes


def test_the_program_knows_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(files("provisioner.state") / "migrations"))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


_OF_THE_FIRST_VERSION = {
    "binding",
    "edge",
    "meta",
    "rate",
    "run",
    "saved_plan",
    "secret",
    "server_lock",
    "step",
    "tombstone",
}


def test_a_database_of_the_first_version_is_migrated_with_all_that_it_holds(address: str) -> None:
    with Database.open(address) as database:
        bind(database, account("ada"))
        with database.writing() as connection:
            connection.execute(text("DROP TABLE borrowed"))
            for later in METADATA.tables.keys() - _OF_THE_FIRST_VERSION - {"borrowed"}:
                connection.execute(text(f"DROP TABLE {later}"))
            connection.execute(text("DROP TABLE edge"))
            connection.execute(
                text(
                    "CREATE TABLE edge (network TEXT, target TEXT, container TEXT, account TEXT, "
                    "CONSTRAINT pk_edge PRIMARY KEY (network, target, container, account))"
                )
            )
            connection.execute(text(f"INSERT INTO edge VALUES ('{NETWORK}', '{TARGET}', 'body:g', 'person:ada')"))
            connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with Database.open(address) as database:
        ties = Bindings(database).ties(NETWORK, TARGET, SERVER)
        assert (ties.bindings.keys(), ties.borrowed) == ({account("ada")}, {})
        assert ties.edges == {of_group("body:g"): {"person:ada"}}
        with database.reading() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, METADATA) == []


def test_opening_again_needs_no_alembic_and_keeps_everything(address: str) -> None:
    with Database.open(address) as database:
        Meta(database).put("readi", "epoch", "7")
    code = (
        "import sys; from provisioner.state import Database, Meta\n"
        f"print(Meta(Database.open({address!r})).get('readi', 'epoch'), 'alembic' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.split() == ["7", "False"]


def test_many_may_open_an_empty_database_at_once(address: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        databases = list(pool.map(Database.open, [address] * 6))
    for database in databases:
        with database.reading() as connection:
            assert len(connection.execute(SECRET.select()).all()) == 1
        database.close()


def test_a_failed_migration_leaves_nothing_behind(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(length: int) -> str:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr("secrets.token_hex", fail)
        with pytest.raises(RuntimeError):
            Database.open(address)
    with Database.open(address) as database:
        assert Meta(database).get("readi", "epoch") is None


def test_a_database_of_a_later_version_is_left_alone(address: str) -> None:
    with Database.open(address) as database, database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert refusal(address) == "state.newer"


def test_no_read_modify_write_is_lost_among_threads(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("INSERT INTO meta VALUES ('s', 'n', '0')"))
    locked = " FOR UPDATE" if database.path is None else ""

    def add(_: int) -> None:
        with database.writing() as connection:
            value = connection.scalar(text(f"SELECT value FROM meta{locked}"))
            connection.execute(text("UPDATE meta SET value = :value"), {"value": str(int(str(value)) + 1)})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(80)))
    assert Meta(database).get("s", "n") == "80"


def test_a_reader_sees_one_picture_while_another_writes(database: Database) -> None:
    meta = Meta(database)
    meta.put("s", "n", "old")
    query = text("SELECT value FROM meta")
    with database.reading() as connection:
        before = connection.scalar(query)
        meta.put("s", "n", "new")
        assert (before, connection.scalar(query)) == ("old", "old")
    assert meta.get("s", "n") == "new"


def test_a_file_tells_of_every_commit_whoever_made_it_and_of_nothing_else(tmp_path: Path) -> None:
    with Database.open(tmp_path / "readi.db") as here, Database.open(tmp_path / "readi.db") as there:
        versions = [here.version()]
        for database in (here, there):
            with database.reading():
                assert here.version() == versions[-1]
            with database.writing() as connection:
                connection.execute(SECRET.insert().values(name=str(database is here), value="x"))
                assert here.version() == versions[-1]
            versions.append(here.version())
        assert len(set(versions)) == 3
        assert None not in versions


def test_a_block_that_raises_keeps_nothing(database: Database) -> None:
    def half() -> None:
        with database.writing() as connection:
            connection.execute(text("INSERT INTO meta VALUES ('s', 'n', '0')"))
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert Meta(database).get("s", "n") is None


def test_foreign_keys_hold(database: Database) -> None:
    book = Journal(database, NETWORK, SERVER, run=99)
    with pytest.raises(StateError) as error:
        book.intend(step(account("ada")), NOW)
    assert error.value.text.code == "state.failed"


def test_sqlite_keeps_every_commit_and_shows_it_to_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "readi.sqlite3"
    with Database.open(path) as database:
        bind(database, account("ada"))
        with database.reading() as connection:
            pragmas = [
                connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
        assert pragmas == ["wal", 2, 1]
        with database.lock(SERVER, NOW):
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        assert len(modes) == 5, modes
        assert set(modes.values()) == {0o600}
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "readi.sqlite3"
    path.touch(0o644)
    Database.open(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_no_database_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "readi.sqlite3"
    path.write_text("This is a letter. " * 100)
    assert refusal(path) == "state.corrupt"
    assert path.read_text().startswith("This is a letter.")


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "readi.sqlite3"
    with Database.open(path) as database:
        for number in range(200):
            bind(database, account(str(number)))
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StateError) as error, Database.open(path) as database:
        Bindings(database).ties(NETWORK, TARGET, SERVER)
    assert error.value.text.code == "state.corrupt"


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "state.unreadable"
    (tmp_path / "file").touch()
    assert refusal(tmp_path / "file" / "readi.sqlite3") == "state.unreadable"


def test_a_database_busy_for_too_long_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioner.state.database._PATIENCE", 0)
    path = tmp_path / "readi.sqlite3"
    with Database.open(path) as database:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateError) as error:
            Meta(database).put("s", "n", "v")
        other.close()
    assert error.value.text.code == "state.busy"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("mysql://localhost/readi", "state.no_driver"),
        ("oracle://localhost/readi", "state.no_driver"),
        ("postgresql+pg8000://localhost/readi", "state.no_driver"),
        ("sqlite://", "state.in_memory"),
        ("sqlite:///:memory:", "state.in_memory"),
        ("postgresql://localhost:port/readi", "state.bad_url"),
        ("postgresql://readi@127.0.0.1:1/readi", "state.unreachable"),
    ],
)
def test_an_address_that_leads_nowhere_is_named(address: str, code: str) -> None:
    assert refusal(address) == code


def test_a_sqlite_url_is_a_path(tmp_path: Path) -> None:
    with Database.open(f"sqlite:///{tmp_path}/readi.sqlite3") as database:
        assert database.path == tmp_path / "readi.sqlite3"


def test_what_postgresql_refuses_is_named_without_the_password() -> None:
    good = shared().new_database()
    user, _, rest = good.removeprefix("postgresql://").partition(":")
    wrong = f"postgresql://{user}:markerpassword@{rest.partition('@')[2]}"
    with pytest.raises(StateError) as error:
        Database.open(wrong)
    assert error.value.text.code == "state.login"
    assert "markerpassword" not in str(error.value)
    assert refusal(good.rpartition("/")[0] + "/nowhere") == "state.no_database"
    with Database.open(good) as database:
        assert "***" in database.where


def test_postgresql_tells_of_no_commit() -> None:
    with Database.open(shared().new_database()) as database:
        assert database.version() is None


def test_a_postgresql_that_restarts_between_two_uses_is_found_again() -> None:
    address = shared().new_database()
    with Database.open(address) as database:
        Meta(database).put("s", "n", "v")
        assert shared().end_connections(address) > 0
        assert Meta(database).get("s", "n") == "v"


def test_no_error_text_quotes_what_the_database_holds(database: Database) -> None:
    with pytest.raises(StateError) as error, database.writing() as connection:
        connection.execute(text("INSERT INTO run VALUES (1, NULL, 0, 0, 'ada@stadt.example', '', '', NULL, '')"))
    assert "ada" not in str(error.value)
