"""The server's write lock."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provisioner.model.errors import WriteRefused
from provisioner.state import Database, LockLost, LockTaken, Runs
from provisioner.transport.gate import WriteGate
from tests.state.samples import NETWORK, NOW, SERVER, begin
from tests.support.postgres import shared


def test_the_holder_is_named_to_who_comes_second(open_database: Callable[[], Database]) -> None:
    one, two = open_database(), open_database()
    run = begin(one)
    with one.lock(SERVER, NOW, run) as lock:
        for database in (one, two):
            with pytest.raises(LockTaken) as error:
                database.lock(SERVER, NOW)
            assert error.value.text.arguments == {
                "server": SERVER,
                "host": lock.owner.host,
                "pid": lock.owner.pid,
                "run": run,
                "since": NOW,
            }
        with two.lock("https://elsewhere.example", NOW) as other:
            assert other.is_held()
    assert not lock.is_held()
    with two.lock(SERVER, NOW) as next_one:
        assert next_one.is_held()
        with pytest.raises(LockTaken) as error:
            one.lock(SERVER, NOW)
        assert error.value.text.code == "state.lock_taken"
        next_one.name_run(run)
        with pytest.raises(LockTaken) as error:
            one.lock(SERVER, NOW)
        assert error.value.text.arguments["run"] == next_one.owner.run == run


def test_of_many_only_one_gets_it(open_database: Callable[[], Database]) -> None:
    databases = [open_database() for _ in range(4)]

    def take(n: int) -> object:
        try:
            return databases[n % 4].lock(SERVER, NOW)
        except LockTaken as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(take, range(12)))
    locks = [lock for lock in taken if not isinstance(lock, LockTaken)]
    assert len(locks) == 1
    locks[0].release()  # type: ignore[attr-defined]


def test_a_token_is_valid_only_while_the_lock_is_held(database: Database) -> None:
    gate = WriteGate()
    lock = database.lock(SERVER, NOW)
    token = lock.token()
    with gate.opened(token):
        gate.check("POST")
        lock.release()
        with pytest.raises(WriteRefused):
            gate.check("POST")
    assert not token.is_valid()
    lock.release()  # twice does no harm


def test_what_is_written_through_a_lost_lock_is_refused(database: Database) -> None:
    lock = database.lock(SERVER, NOW)
    lock.release()
    with pytest.raises(LockLost):
        Runs(lock).begin(NETWORK, "p", "cli", "d", NOW)
    assert Runs(database).latest(NETWORK) == []


def test_a_failure_in_the_block_frees_the_lock(database: Database) -> None:
    with pytest.raises(KeyError), database.lock(SERVER, NOW):
        raise KeyError
    database.lock(SERVER, NOW).release()


def test_a_statement_that_fails_does_not_lose_the_lock(database: Database) -> None:
    with database.lock(SERVER, NOW) as lock:
        with pytest.raises(KeyError), lock.writing():
            raise KeyError
        assert Runs(lock).begin(NETWORK, "p", "cli", "d", NOW)
        assert lock.is_held()


def test_an_ended_connection_is_noticed_before_the_next_statement() -> None:
    address = shared().new_database()
    with Database.open(address) as database:
        lock = database.lock(SERVER, NOW)
        assert lock.is_held()
        assert shared().end_connections(address) > 0
        assert not lock.is_held()
        with pytest.raises(LockLost), lock.writing():
            raise AssertionError("never reached")
        lock.release()
        with database.lock(SERVER, NOW) as again:
            assert again.is_held()


def test_a_connection_that_ends_within_a_transaction_is_no_lock_any_more() -> None:
    address = shared().new_database()
    with Database.open(address) as database, database.lock(SERVER, NOW) as lock:

        def write() -> None:
            with lock.writing() as connection:
                shared().end_connections(address)
                connection.exec_driver_sql("INSERT INTO meta VALUES ('s', 'n', 'v')")

        with pytest.raises(LockLost):
            write()
        assert not lock.is_held()


def test_another_database_put_in_place_of_ours_loses_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "readi.sqlite3"
    with Database.open(path) as database, database.lock(SERVER, NOW) as lock:
        path.rename(path.with_name("old"))
        assert not lock.is_held()
        Database.open(path).close()
        assert not lock.is_held()


def test_the_locks_file_is_named_by_a_hash_of_the_server(tmp_path: Path) -> None:
    path = tmp_path / "readi.sqlite3"
    with Database.open(path) as database, database.lock("../../etc/passwd", NOW):
        expected = hashlib.sha256(b"../../etc/passwd").hexdigest()[:16]
        assert path.with_name(f"readi.sqlite3-lock-{expected}").exists()
