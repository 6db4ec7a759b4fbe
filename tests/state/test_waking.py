"""Whoever speaks is woken by what others put down, on a real PostgreSQL: on commit, and for nothing else."""

from collections.abc import Iterator

import psycopg
import pytest

from provisioner.model.alerts import SayingKind
from provisioner.model.errors import StateError
from provisioner.state import AlertOutbox, Database, Waking, Within
from provisioner.state.waking import CHANNEL
from tests.state.samples import NETWORK, NOW
from tests.support.postgres import shared


class Woken:
    """Counts how often it was."""

    times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def address() -> str:
    return shared().new_database()


@pytest.fixture
def other(address: str) -> Iterator[Database]:
    """As another process has it."""
    with Database.open(address) as database:
        yield database


@pytest.fixture
def woken() -> Woken:
    return Woken()


@pytest.fixture
def waking(address: str, woken: Woken) -> Iterator[Waking]:
    """Connected."""
    with Database.open(address) as database:
        made = Waking.of(database, NETWORK, woken)
        assert made is not None
        made.turn()
        yield made
        made.close()


def put_down(outbox: AlertOutbox) -> None:
    outbox.add(None, SayingKind.ANSWER, "pg", {}, NOW)


def change_ones_mind(database: Database, network: str) -> None:
    with database.writing() as connection:
        put_down(AlertOutbox(Within(connection), network))
        raise KeyboardInterrupt


def turn_on_and_on(waking: Waking) -> None:
    """The server's last words may be read before the end of the connection."""
    while True:
        waking.turn()


def test_what_another_one_commits_wakes(waking: Waking, woken: Woken, other: Database) -> None:
    assert woken.times == 1  # for what was put down before it listened
    put_down(AlertOutbox(other, NETWORK))
    waking.turn()
    assert woken.times == 2


def test_another_networks_wake_nobody_here(waking: Waking, woken: Woken, other: Database) -> None:
    put_down(AlertOutbox(other, f"{NETWORK}-2"))
    waking.turn()
    assert woken.times == 1


def test_it_is_told_on_commit_once_with_the_networks_name_alone_and_never_of_what_is_rolled_back(
    address: str, other: Database
) -> None:
    with psycopg.connect(address, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        with pytest.raises(KeyboardInterrupt):
            change_ones_mind(other, "rolled-back")
        with other.writing() as connection:
            for _ in range(3):
                put_down(AlertOutbox(Within(connection), NETWORK))
            listener.execute("SELECT 1")
            assert list(listener.notifies(timeout=0)) == []
        assert [note.payload for note in listener.notifies(timeout=60, stop_after=1)] == [NETWORK]
        assert list(listener.notifies(timeout=0)) == []


def test_a_connection_that_is_lost_is_replaced_and_what_came_meanwhile_wakes(
    waking: Waking, woken: Woken, other: Database, address: str
) -> None:
    assert shared().end_listeners(address, CHANNEL) == 1
    put_down(AlertOutbox(other, NETWORK))
    with pytest.raises(StateError) as error:
        turn_on_and_on(waking)
    assert error.value.text.code == "state.unreachable"
    assert woken.times == 1
    waking.turn()
    assert woken.times == 2
    put_down(AlertOutbox(other, NETWORK))
    waking.turn()
    assert woken.times == 3
    assert shared().end_listeners(address, CHANNEL) == 1


def test_it_ends_when_it_is_told_to_and_leaves_no_connection_behind(waking: Waking, woken: Woken, address: str) -> None:
    waking.stop()
    waking.turn()
    waking.close()
    assert woken.times == 1
    assert shared().end_listeners(address, CHANNEL) == 0


def test_sqlite_tells_nobody_and_keeps_what_is_put_down_all_the_same(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Database.open(tmp_path_factory.mktemp("state") / "readi.sqlite3") as database:
        assert Waking.of(database, NETWORK, lambda: None) is None
        put_down(AlertOutbox(database, NETWORK))
        assert AlertOutbox(database, NETWORK).on_the_way() == {"pg": 1}
