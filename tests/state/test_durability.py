"""Only what must not be lost in a power cut waits for the disk."""

import pytest
from sqlalchemy import Connection

from provisioner.model.errors import StateError
from provisioner.state import Database, ServerLock
from provisioner.state.durability import transaction
from tests.state.samples import NOW, SERVER

WAITS = {"sqlite": ("PRAGMA synchronous", 2, 1), "postgresql": ("SHOW synchronous_commit", "on", "off")}


def asked(connection: Connection) -> object:
    return connection.exec_driver_sql(WAITS[connection.dialect.name][0]).scalar()


def fail(lock: ServerLock) -> None:
    with lock.writing(durable=False) as connection:
        connection.exec_driver_sql("UPDATE server_lock SET run = 7")
        connection.exec_driver_sql("no SQL")


def test_a_transaction_that_need_not_wait_is_kept_and_the_next_one_waits_again(database: Database) -> None:
    with database.engine.connect() as connection:
        _, waits, goes_on = WAITS[connection.dialect.name]
        with transaction(connection, durable=False):
            assert asked(connection) == goes_on
        with transaction(connection, durable=True):
            assert asked(connection) == waits
    with database.lock(SERVER, NOW) as lock:
        with lock.writing(durable=False) as connection:
            connection.exec_driver_sql("UPDATE server_lock SET run = 7")
        with lock.writing() as connection:
            assert asked(connection) == waits
            assert connection.exec_driver_sql("SELECT run FROM server_lock").scalar() == 7


def test_one_that_fails_leaves_nothing_and_the_next_one_waits_again(database: Database) -> None:
    with database.lock(SERVER, NOW) as lock:
        with pytest.raises(StateError):
            fail(lock)
        with lock.writing() as connection:
            assert asked(connection) == WAITS[connection.dialect.name][1]
            assert connection.exec_driver_sql("SELECT run FROM server_lock").scalar() is None
