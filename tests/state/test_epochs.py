"""How far the database has come, and what was last said of it in a target."""

from pathlib import Path

from provisioner.state import Database, Epochs, TiesFile, TiesLog, recover
from tests.state.samples import NETWORK, SERVER, TARGET, account, bind


def test_the_head_names_this_database_and_counts_the_runs_that_changed_ties(database: Database) -> None:
    epochs = Epochs(database)
    new = epochs.head()
    assert new.number == 0
    bind(database, account("ada"))
    bind(database, account("bob"))
    assert (epochs.head().database, epochs.head().number) == (new.database, 2)


def test_another_database_is_another_epoch_until_it_is_recovered_from_the_file(
    database: Database, tmp_path: Path
) -> None:
    bind(database, account("ada"))
    log = TiesLog(database, tmp_path / "ties.jsonl")
    log.keep()
    with Database.open(tmp_path / "anew.sqlite3") as anew:
        assert Epochs(anew).head().database != Epochs(database).head().database
        recover(anew, TiesFile(tmp_path / "ties.jsonl").replay(), "ties.jsonl")
        assert Epochs(anew).head() == Epochs(database).head()
        assert (Epochs(anew).reached(SERVER), Epochs(database).reached(SERVER)) == (1, 0), "it knows what the file knew"
        bind(anew, account("bob"))
        assert Epochs(anew).reached(SERVER) == 1


def test_what_was_left_is_known_by_network_and_target(database: Database) -> None:
    epochs = Epochs(database)
    assert epochs.left(NETWORK, TARGET) is None
    epochs.note_left(NETWORK, TARGET, 7)
    epochs.note_left(NETWORK, TARGET, 9)
    epochs.note_left(NETWORK, "directory", 3)
    assert (epochs.left(NETWORK, TARGET), epochs.left(NETWORK, "directory")) == (9, 3)
    assert epochs.left("other", TARGET) is None


def test_how_far_a_server_may_be_is_what_was_left_there_whatever_was_done_elsewhere(database: Database) -> None:
    epochs = Epochs(database)
    bind(database, account("ada"))
    assert epochs.reached(SERVER) == 0
    epochs.note_leaving(SERVER, 1)
    bind(database, account("bob"))
    epochs.note_leaving("https://elsewhere.example", 2)
    assert (epochs.head().number, epochs.reached(SERVER)) == (2, 1)
