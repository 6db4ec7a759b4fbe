"""Ties a second time: the file is never ahead of its database, unless the database is an old or a new one."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.model.errors import StateError
from provisioner.model.resources import Kind, Seats
from provisioner.model.steps import Done, Effects
from provisioner.state import (
    Bindings,
    Database,
    Journal,
    Standing,
    StateBehind,
    TiesFile,
    TiesLog,
    recover,
)
from provisioner.state.tie_facts import Bound, Head, head_of
from provisioner.state.ties_file import Replayed
from tests.state.samples import NETWORK, NOW, SERVER, TARGET, account, begin, bind, group, in_group, journal, step


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ties.jsonl"


@pytest.fixture
def log(database: Database, path: Path) -> TiesLog:
    return TiesLog(database, path)


def replayed(path: Path) -> Replayed:
    return TiesFile(path).replay()


def keys(path: Path) -> set[str]:
    return {fact.key for fact in replayed(path).ties.values()}


def head(database: Database) -> Head:
    with database.reading() as connection:
        return head_of(connection)


def waits(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM meta WHERE scope = 'ties.fact'").scalar_one())


def test_whatever_changes_a_tie_is_in_the_file_and_waits_no_longer(
    database: Database, log: TiesLog, path: Path
) -> None:
    bind(database, account("ada"))
    bind(database, account("bob"))
    log.keep()
    assert (keys(path), waits(database)) == ({"person:ada", "person:bob"}, 0)
    book = journal(database)
    rename = step(account("ada"), remote_id="r-person:ada", effects=Effects({"name": "ada.new"}))
    book.done(book.intend(rename, NOW), rename, Done("r-person:ada", "f2"), NOW, binds=False)
    Bindings(database).release(NETWORK, TARGET, account("bob"))
    Bindings(database).retire(SERVER, Kind.ACCOUNT, "bob", NOW)
    log.keep()
    found = replayed(path)
    assert [(tie.key, tie.name, tie.fingerprint) for tie in found.ties.values()] == [("person:ada", "ada.new", "f2")]
    assert len(found.retired) == 1
    assert found.head == head(database)
    assert log.standing() is Standing.EQUAL


def test_what_changes_no_tie_is_no_line_and_no_epoch(database: Database, log: TiesLog, path: Path) -> None:
    bind(database, account("ada"))
    log.keep()
    before, was = path.read_bytes(), head(database)
    book = journal(database)
    same = step(
        account("ada"),
        remote_id="r-person:ada",
        effects=Effects({"display_name": "Ada"}, (in_group("body:g", "person:ada"),)),
    )
    book.done(book.intend(same, NOW), same, Done("r-person:ada", "f1"), NOW, binds=False)
    Bindings(database).release(NETWORK, TARGET, account("nobody"))
    log.keep()
    assert (path.read_bytes(), head(database)) == (before, was)


def test_one_run_is_one_epoch(database: Database) -> None:
    book = journal(database)
    for name in ("ada", "bob"):
        made = step(account(name))
        book.done(book.intend(made, NOW), made, Done(f"r-{name}", "f1"), NOW, binds=True)
    assert head(database) == Head(2, 1)
    bind(database, account("cy"))
    assert head(database) == Head(3, 2)


def test_a_tie_refused_by_the_database_is_no_fact(database: Database) -> None:
    bind(database, account("ada"))
    book, made = journal(database), step(account("eve"))
    entry = book.intend(made, NOW)
    with pytest.raises(StateError):
        book.done(entry, made, Done("r-person:ada", "f1"), NOW, binds=True)
    assert (head(database).seq, waits(database)) == (1, 1)


def test_each_intent_brings_the_file_up_to_the_step_before_it(database: Database, log: TiesLog, path: Path) -> None:
    book = Journal(database, NETWORK, SERVER, begin(database), log, together=1)
    ada, bob = step(account("ada")), step(account("bob"))
    book.done(book.intend(ada, NOW), ada, Done("r-ada", "f1"), NOW, binds=True)
    assert not path.exists()
    entry = book.intend(bob, NOW)
    assert keys(path) == {"person:ada"}
    book.done(entry, bob, Done("r-bob", "f1"), NOW, binds=True)
    assert (keys(path), log.standing()) == ({"person:ada"}, Standing.BEHIND)
    log.check()
    assert (keys(path), log.standing()) == ({"person:ada", "person:bob"}, Standing.EQUAL)


def test_only_the_end_of_a_run_waits_for_the_disk_and_once(
    database: Database, log: TiesLog, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bind(database, account("first"))
    log.keep()
    waited: list[int] = []
    monkeypatch.setattr(os, "fsync", waited.append)
    book = Journal(database, NETWORK, SERVER, begin(database), log, together=1)
    for name in ("ada", "bob", "cy"):
        made = step(account(name))
        book.done(book.intend(made, NOW), made, Done(f"r-{name}", "f1"), NOW, binds=True)
    assert (waited, len(keys(path))) == ([], 3)
    log.keep()
    assert (len(waited), len(keys(path))) == (1, 4)
    log.keep()
    log.check()
    assert len(waited) == 1, "a run without ties waits for nothing"


@pytest.mark.parametrize("torn", [b"{", b'{"seq":2,"epoch":2,"what":{"fact":"bound","netw', b"\x00" * 300])
def test_a_torn_last_line_is_cut_off(database: Database, log: TiesLog, path: Path, torn: bytes) -> None:
    bind(database, account("ada"))
    log.keep()
    path.write_bytes(path.read_bytes() + torn)
    assert (log.standing(), keys(path)) == (Standing.EQUAL, {"person:ada"})
    bind(database, account("bob"))
    log.keep()
    assert keys(path) == {"person:ada", "person:bob"}
    assert path.read_bytes().count(b"\n") == 3


def test_a_tear_in_what_the_database_still_keeps_is_made_up_for(database: Database, log: TiesLog, path: Path) -> None:
    bind(database, account("ada"))
    log.keep()
    bind(database, account("bob"))
    log.append(head(database).seq)
    path.write_bytes(path.read_bytes()[:-9])
    log.check()
    assert (keys(path), log.standing()) == ({"person:ada", "person:bob"}, Standing.EQUAL)


@pytest.mark.parametrize("loss", ["all of it", "its end"])
def test_a_file_that_lacks_too_much_is_written_anew(database: Database, log: TiesLog, path: Path, loss: str) -> None:
    Bindings(database).retire(SERVER, Kind.ACCOUNT, "old", NOW)
    for name in ("ada", "bob", "cy"):
        bind(database, account(name))
        log.keep()
    lines = path.read_bytes().splitlines(keepends=True)
    path.unlink() if loss == "all of it" else path.write_bytes(b"".join(lines[:3]))
    assert log.standing() is Standing.MISSING
    log.check()
    assert (len(keys(path)), len(replayed(path).retired), log.standing()) == (3, 1, Standing.EQUAL)
    bind(database, account("dee"))
    log.keep()
    assert (len(keys(path)), replayed(path).head) == (4, head(database))


def test_nothing_is_written_while_there_is_nothing_to_tell(log: TiesLog, path: Path) -> None:
    log.check()
    log.keep()
    assert (path.exists(), log.standing()) == (False, Standing.EQUAL)


def test_without_a_file_facts_are_forgotten(database: Database) -> None:
    bind(database, account("ada"))
    off = TiesLog(database, None)
    off.check()
    off.keep()
    assert (off.standing(), waits(database), head(database).seq) == (Standing.OFF, 0, 1)


def test_a_database_that_was_made_anew_refuses_and_is_recovered(
    database: Database, log: TiesLog, path: Path, tmp_path: Path
) -> None:
    bind(database, account("ada"))
    bind(database, group("g"), network="second")
    Bindings(database).retire(SERVER, Kind.ACCOUNT, "gone.for.good", NOW)
    log.keep()
    with Database.open(tmp_path / "anew.sqlite3") as anew:
        again = TiesLog(anew, path)
        assert again.standing() is Standing.AHEAD
        with pytest.raises(StateBehind) as error:
            again.check()
        assert {"file_seq": 3, "seq": 0, "file": str(path)}.items() <= error.value.text.arguments.items()
        done = recover(anew, replayed(path), str(path))
        assert (len(done.bound), done.released, done.unchanged, done.retired) == (2, (), 0, 1)
        ties = Bindings(anew).ties(NETWORK, TARGET, SERVER)
        assert {key: (tie.remote_id, dict(tie.applied)) for key, tie in ties.bindings.items()} == {
            account("ada"): ("r-person:ada", {})
        }
        assert Bindings(anew).ties("second", TARGET, SERVER).bindings.keys() == {group("g")}
        assert (Kind.ACCOUNT, "gone.for.good") in ties.retired_names
        assert (Kind.ACCOUNT, "ada") not in ties.retired_names
        again.check()
        assert (again.standing(), head(anew)) == (Standing.EQUAL, head(database))
        bind(anew, account("bob"))
        again.keep()
        assert keys(path) == {"person:ada", "person:bob", "body:g"}


def erase(database: Database, name: str, log: TiesLog | None = None) -> None:
    book = Journal(database, NETWORK, SERVER, begin(database), log, together=1)
    erased = step(account(name), remote_id=f"r-person:{name}", effects=Effects({"name": name}, erased=True))
    book.done(book.intend(erased, NOW), erased, Done(f"r-person:{name}"), NOW, binds=False)
    book.intend(step(account("next")), NOW)


@pytest.mark.parametrize("appended", [False, True], ids=["at the end", "in the middle of a run, too"])
def test_the_name_of_what_was_erased_is_gone_from_the_file(
    database: Database, log: TiesLog, path: Path, appended: bool
) -> None:
    for name in ("ada", "bob"):
        bind(database, account(name))
    log.keep()
    assert b"person:ada" in path.read_bytes()
    erase(database, "ada", log if appended else None)
    log.keep()
    assert b"person:ada" not in path.read_bytes()
    assert (keys(path), len(replayed(path).retired)) == ({"person:bob"}, 1)
    assert (log.standing(), waits(database), replayed(path).head) == (Standing.EQUAL, 0, head(database))
    before = path.stat().st_ino
    bind(database, account("cy"))
    log.keep()
    assert (keys(path), path.stat().st_ino) == ({"person:bob", "person:cy"}, before), "and is only added to again"


def test_a_whole_file_that_was_cut_off_is_not_taken_for_one_that_released_the_rest(
    database: Database, log: TiesLog, path: Path
) -> None:
    for name in ("ada", "bob", "cy"):
        bind(database, account(name))
    log.keep()
    log.write_whole()
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(keys(path)) == 3
    path.write_bytes(b"".join(lines[:3]))
    with pytest.raises(StateError) as error:
        replayed(path)
    assert (error.value.text.code, error.value.text.arguments["line"]) == ("state.ties_damaged", "4")


def test_what_was_erased_stays_retired_in_a_database_that_was_made_anew(
    database: Database, log: TiesLog, path: Path, tmp_path: Path
) -> None:
    for name in ("ada", "bob"):
        bind(database, account(name))
    log.keep()
    with Database.open(tmp_path / "old.sqlite3") as old:
        recover(old, replayed(path), str(path))
        journal(old).agree(TARGET, [], [in_group("body:g", "person:ada"), in_group("body:g", "person:bob")], [])
        book = journal(database)
        erased = step(account("ada"), remote_id="r-person:ada", effects=Effects({"name": "ada.l"}, erased=True))
        book.done(book.intend(erased, NOW), erased, Done("r-person:ada"), NOW, binds=False)
        log.keep()
        assert b"person:ada" not in path.read_bytes()
        recover(old, replayed(path), str(path))
        found = Bindings(old).ties(NETWORK, TARGET, SERVER)
        assert (set(found.bindings), found.edges) == ({account("bob")}, {Seats(group("g")): {"person:bob"}})
        assert (Kind.ACCOUNT, "ada.l") in found.retired_names


def test_an_old_copy_gets_what_it_lacks_loses_what_was_released_and_keeps_what_is_so(
    database: Database, log: TiesLog, path: Path, tmp_path: Path
) -> None:
    with Database.open(tmp_path / "old.sqlite3") as old:
        for name in ("ada", "bob", "cy"):
            bind(database, account(name))
        log.keep()
        recover(old, replayed(path), str(path))  # an equal database, by another way than copying its file
        journal(old).agree(
            TARGET, [(ties(old)[account("ada")], {"email": "a@x.example"})], [in_group("body:g", "person:bob")], []
        )
        Bindings(database).release(NETWORK, TARGET, account("bob"))
        book, moved = journal(database), step(account("cy"), remote_id="r-person:cy")
        book.done(book.intend(moved, NOW), moved, Done("r-other", "f9"), NOW, binds=False)
        bind(database, account("dee"))
        log.keep()
        with pytest.raises(StateBehind):
            TiesLog(old, path).check()
        with pytest.raises(StateBehind):
            TiesLog(old, path).keep()
        done = recover(old, replayed(path), str(path))
        assert sorted(fact.key for fact in done.bound) == ["person:cy", "person:dee"]
        assert (done.released, done.unchanged) == (((NETWORK, TARGET, "account", "person:bob"),), 1)
        found = ties(old)
        assert {key.key: tie.remote_id for key, tie in found.items()} == {
            "person:ada": "r-person:ada",
            "person:cy": "r-other",
            "person:dee": "r-person:dee",
        }
        assert dict(found[account("ada")].applied) == {"email": "a@x.example"}
        assert Bindings(old).ties(NETWORK, TARGET, SERVER).edges == {}
        assert TiesLog(old, path).standing() is Standing.EQUAL


def ties(database: Database) -> dict[object, object]:
    return dict(Bindings(database).ties(NETWORK, TARGET, SERVER).bindings)


def test_a_database_that_is_not_behind_is_not_replayed_over(database: Database, log: TiesLog, path: Path) -> None:
    bind(database, account("ada"))
    log.keep()
    for _ in range(2):
        with pytest.raises(StateError) as error:
            recover(database, replayed(path), str(path))
        assert error.value.text.code == "state.ties_not_ahead"
        bind(database, account("bob"))


def test_the_file_of_another_database_is_neither_extended_nor_replayed(
    database: Database, log: TiesLog, path: Path, tmp_path: Path
) -> None:
    bind(database, account("ada"))
    log.keep()
    before = path.read_bytes()
    with Database.open(tmp_path / "other.sqlite3") as other:
        bind(other, account("eve"))
        assert TiesLog(other, path).standing() is Standing.STRANGE
        with pytest.raises(StateBehind):
            TiesLog(other, path).keep()
        with pytest.raises(StateError) as error:
            recover(other, replayed(path), str(path))
        assert error.value.text.code == "state.ties_of_another"
    assert path.read_bytes() == before


def test_the_file_is_for_its_owners_eyes_and_followed_through_no_link(
    database: Database, log: TiesLog, path: Path, tmp_path: Path
) -> None:
    bind(database, account("ada"))
    log.keep()
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    bind(database, account("bob"))
    log.keep()
    assert path.stat().st_mode & 0o777 == 0o600
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateError) as error:
        log.check()
    assert error.value.text.code == "state.ties_unusable"


def test_a_full_disk_tears_one_line_at_most_and_loses_nothing(
    database: Database, log: TiesLog, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bind(database, account("ada"))
    log.keep()
    bind(database, account("bob"))
    write = os.write
    room = [20]

    def little_room(handle: int, data: memoryview) -> int:
        if not room[0]:
            raise OSError(28, "No space left on device")
        done = write(handle, bytes(data[: room[0]]))
        room[0] -= done
        return done

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", little_room)
        with pytest.raises(StateError) as error:
            log.keep()
    assert error.value.text.code == "state.ties_full"
    assert (keys(path), waits(database)) == ({"person:ada"}, 1)
    log.check()
    assert (keys(path), waits(database)) == ({"person:ada", "person:bob"}, 0)


def test_a_step_is_not_begun_when_the_file_has_no_room_and_its_intent_does_not_stand(
    database: Database, log: TiesLog, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Journal(database, NETWORK, SERVER, begin(database), log, together=1)
    ada = step(account("ada"))
    book.done(book.intend(ada, NOW), ada, Done("r-ada", "f1"), NOW, binds=True)
    path.mkdir()
    with pytest.raises(StateError):
        book.intend(step(account("bob")), NOW)
    assert Bindings(database).ties(NETWORK, TARGET, SERVER).pending == {}


@pytest.mark.parametrize("damage", ["a gap", "no JSON", "an unknown fact", "no first line", "nothing"])
def test_damage_is_said_with_its_line(database: Database, log: TiesLog, path: Path, damage: str) -> None:
    for name in ("ada", "bob", "cy", "dee"):
        bind(database, account(name))
        log.keep()
    lines = path.read_bytes().splitlines(keepends=True)
    number = {"a gap": 3, "no JSON": 4, "an unknown fact": 4, "no first line": 1, "nothing": 1}[damage]
    if damage == "a gap":
        del lines[2]
    elif damage == "no JSON":
        lines[3] = b"rubbish\n"
    elif damage == "an unknown fact":
        lines[3] = lines[3].replace(b'"bound"', b'"burnt"')
    elif damage == "no first line":
        del lines[0]
    else:
        lines = []
    path.write_bytes(b"".join(lines))
    with pytest.raises(StateError) as error:
        replayed(path)
    assert (error.value.text.code, error.value.text.arguments["line"]) == ("state.ties_damaged", str(number))


def test_two_servers_at_once_number_one_after_another(
    open_database: Callable[[], Database], database: Database, log: TiesLog, path: Path
) -> None:
    from threading import Thread

    def work(number: int) -> None:
        own = open_database()
        server = f"https://{number}.example"
        book = Journal(own, NETWORK, server, begin(own), TiesLog(own, path))
        for name in range(10):
            made = step(account(f"{number}-{name}"), target=f"t{number}")
            book.done(book.intend(made, NOW), made, Done(f"r-{name}", "f1"), NOW, binds=True)

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.keep()
    assert (len(keys(path)), replayed(path).head) == (40, head(database))


def test_the_file_holds_what_ties_hold_and_no_more(database: Database, log: TiesLog, path: Path) -> None:
    book = journal(database)
    made = step(account("ada"), effects=Effects({"display_name": "Ada Muster", "email": "ada@bretten.example"}))
    book.done(book.intend(made, NOW), made, Done("r-ada", "f1"), NOW, binds=True)
    log.keep()
    assert b"ada@bretten.example" not in path.read_bytes()
    assert b"Muster" not in path.read_bytes()
    fact = next(iter(replayed(path).ties.values()))
    assert fact == Bound(NETWORK, TARGET, SERVER, "account", "person:ada", "r-ada", "ada", "f1", NOW.timestamp())
