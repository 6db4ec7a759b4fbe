"""Lost or old state: who knows less than the file of ties writes nothing, until it was told what it lacks."""

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from provisioner.model.errors import StateError
from provisioner.model.text import Text
from provisioner.state import Database, Journal, TiesFile
from tests.support.postgres import shared
from tests.support.site import LONG_AGO, Installation, person, snapshot


def file_of(installation: Installation) -> Path:
    return installation.folder / "state/readi.ties.jsonl"


def written(installation: Installation) -> set[str]:
    return {fact.key for fact in TiesFile(file_of(installation)).replay().ties.values()}


def tied(installation: Installation) -> set[str]:
    with Database.open(installation.database) as database, database.reading() as connection:
        return {row[0] for row in connection.exec_driver_sql("SELECT key FROM binding")}


def lose_the_database(installation: Installation) -> None:
    for path in (installation.folder / "state").glob("readi.db*"):
        path.unlink()


def copy_of_state(installation: Installation) -> Path:
    copy = installation.folder / "old.db"
    assert installation.run("state", "backup", copy).code == 0
    return copy


def put_back(installation: Installation, copy: Path) -> None:
    lose_the_database(installation)
    shutil.copy(copy, installation.database)


def recover(installation: Installation) -> str:
    installation.cloud.log.clear()
    ran = installation.run("state", "recover")
    assert ran.code == 0, ran.all
    assert installation.cloud.log.requests == [], "no server is asked"
    return ran.out


def assert_refused(installation: Installation) -> None:
    """No apply in any form, nor a release, and every one names the way out; plan still reads."""
    plan = installation.folder / "approved.json"
    read = installation.run("plan", "--out", plan)
    assert "readi state recover" in read.err
    installation.cloud.log.clear()
    for command in (["apply", "--yes"], ["apply", plan], ["release", "p-ben"]):
        ran = installation.run(*command)
        assert ran.code == 1, ran.all
        assert "readi state recover" in ran.err
        assert str(file_of(installation)) in ran.err
    assert installation.writes() == []
    assert installation.run("state", "show").code == 1


def planned(installation: Installation) -> set[tuple[str, ...]]:
    changes = (change for part in installation.plan()["targets"] for change in part["changes"])
    return {(change["verb"], change["id"], *change["fields"]) for change in changes}


def test_a_lost_database_refuses_and_once_recovered_there_is_nothing_to_do(small: Installation) -> None:
    small.apply()
    before = snapshot(small.cloud)
    lose_the_database(small)
    assert_refused(small)
    assert "Tied again: " in recover(small)
    assert planned(small) == set(), "what had begun gets no second welcome"
    small.apply()
    assert [small.run(*words).code for words in (["plan"], ["drift"], ["state", "show"])] == [0, 0, 0]
    assert snapshot(small.cloud) == before


def test_after_recovering_a_rename_and_a_farewell_are_updates_in_place(small: Installation) -> None:
    small.apply()
    lose_the_database(small)
    recover(small)
    small.wish.people["p-ben"]["email"] = "ben.neu@bretten.example"
    assert planned(small) == {("update", "person:p-ben", "email")}


def test_an_old_copy_refuses_and_once_recovered_there_is_nothing_to_do(small: Installation) -> None:
    small.apply()
    copy = copy_of_state(small)
    small.wish.add(person("Gerd", "pg-lora"), person("Hanne", "pg-lora"))
    small.apply()
    before = snapshot(small.cloud)
    put_back(small, copy)
    assert_refused(small)
    out = recover(small)
    assert "gerd.muster is tied again" in out
    assert "Tied again: 2." in out
    assert small.run("plan").code == 0
    small.apply()
    assert snapshot(small.cloud) == before


def test_what_was_released_since_the_old_copy_is_released_again(small: Installation) -> None:
    small.apply()
    copy = copy_of_state(small)
    assert small.run("release", "p-ben").code == 0
    put_back(small, copy)
    assert_refused(small)
    assert "person:p-ben had been released since" in recover(small)
    assert [change["verb"] for change in small.plan()["targets"][0]["changes"]] == ["adopt"]


def test_a_copy_from_before_a_run_that_tied_nothing_is_no_older(small: Installation) -> None:
    small.apply()
    copy = copy_of_state(small)
    small.wish.people["p-ben"]["leaves"] = LONG_AGO
    small.apply()
    put_back(small, copy)
    assert small.run("plan").err == ""
    assert small.run("apply", "--yes").code == 0


def test_recovering_twice_or_without_need_is_refused(small: Installation) -> None:
    small.apply()
    ran = small.run("state", "recover")
    assert (ran.code, "nothing to recover" in ran.err) == (1, True)
    lose_the_database(small)
    recover(small)
    assert small.run("state", "recover").code == 1


def test_the_file_gone_is_said_and_written_anew(small: Installation) -> None:
    small.apply()
    held = TiesFile(file_of(small)).replay().ties
    file_of(small).unlink()
    assert "missing" in small.run("plan").err
    assert not file_of(small).exists(), "plan writes nothing"
    small.apply()
    assert TiesFile(file_of(small)).replay().ties == held
    assert small.run("plan").err == ""


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_after_kill_9_between_commit_and_file_the_next_run_makes_up_for_it(
    small: Installation, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    killed = os.fork()
    if not killed:
        count, done = 0, Journal.done

        def done_and_dead(self: Journal, *arguments: Any, **more: Any) -> None:
            nonlocal count
            done(self, *arguments, **more)
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)

        monkeypatch.setattr(Journal, "done", done_and_dead)
        small.run("apply", "--yes")
        os._exit(9)  # never reached when it was killed
    assert os.waitstatus_to_exitcode(os.waitpid(killed, 0)[1]) == -signal.SIGKILL
    assert not file_of(small).exists()
    small.apply()
    assert small.run("plan").code == 0
    assert written(small) == tied(small)


def test_a_full_disk_ends_the_run_clearly_and_the_next_makes_up_for_it(
    small: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.apply()
    small.wish.add(*(person(f"Extra{number}", "pg-lora") for number in range(4)))

    def full(self: TiesFile, *arguments: object, **options: object) -> None:
        raise StateError(Text.of("state.ties_full", file=str(self.path)))

    with monkeypatch.context() as patch:
        patch.setattr(TiesFile, "append", full)
        ran = small.run("apply", "--yes")
    assert ran.code == 1
    assert "No space left for the file of ties" in ran.all
    assert "Traceback" not in ran.all
    assert small.run("history", "--json").json["runs"][0]["outcome"] == "broken"
    assert small.open_entries() == 0
    small.apply()
    assert small.run("plan").code == 0
    assert written(small) == tied(small)


def test_the_file_of_another_installation_is_refused(small: Installation, tmp_path: Path) -> None:
    small.apply()
    kept = tmp_path / "kept.jsonl"
    shutil.copy(file_of(small), kept)
    lose_the_database(small)
    file_of(small).unlink()
    kept.write_bytes(kept.read_bytes().replace(b'"network":"redi"', b'"network":"elsewhere"'))
    ran = small.run("state", "recover", "--from", kept)
    assert (ran.code, "other networks (elsewhere)" in ran.err) == (1, True)
    ran = small.run("state", "recover")
    assert (ran.code, "There is no file of ties" in ran.err) == (1, True)


def test_a_file_kept_elsewhere_recovers_as_well_and_becomes_the_installations_own(
    small: Installation, tmp_path: Path
) -> None:
    small.apply()
    kept = tmp_path / "kept.jsonl"
    shutil.move(file_of(small), kept)
    lose_the_database(small)
    assert small.run("state", "recover", "--from", kept).code == 0
    assert file_of(small).exists()
    assert planned(small) == set()
    small.wish.add(person("Gerd", "pg-lora"))
    small.apply()
    lose_the_database(small)
    ran = small.run("state", "recover", "--from", kept)
    assert (ran.code, "is older than the installation's own" in ran.err) == (1, True)


def test_postgresql_needs_a_file_named_and_is_recovered_from_it(small: Installation) -> None:
    def in_a_process(*words: str) -> tuple[int, str]:
        child = small.child(*words)
        out, err = child.communicate(timeout=60)
        return child.returncode, out + err

    small.state = shared().new_database()
    code, said = in_a_process("apply", "--yes")
    assert (code, "ties_log" in said) == (1, True)
    small.more_settings["ties_log"] = "state/readi.ties.jsonl"
    assert in_a_process("apply", "--yes")[0] == 0
    assert "pg_dump" in in_a_process("state", "backup", "copy")[1]
    code, said = in_a_process("state", "show")
    assert (code, "same point" in said) == (0, True)
    small.state = shared().new_database()
    code, said = in_a_process("apply", "--yes")
    assert (code, "readi state recover" in said) == (1, True)
    assert in_a_process("state", "recover")[0] == 0
    assert [in_a_process(*verb.split())[0] for verb in ("plan", "apply --yes", "plan", "drift")] == [0, 0, 0, 0]


def test_there_is_no_file_when_none_is_wanted(small: Installation) -> None:
    small.more_settings["ties_log"] = None
    small.apply()
    assert not file_of(small).exists()
    shown = small.run("state", "show")
    assert (shown.code, "No file of ties is wanted" in shown.out) == (0, True)


def test_a_backup_is_whole_for_its_owner_and_overwrites_nothing(small: Installation) -> None:
    small.apply()
    copy = copy_of_state(small)
    assert copy.stat().st_mode & 0o777 == 0o600
    ran = small.run("state", "backup", copy)
    assert (ran.code, "can't be made" in ran.err) == (1, True)
    put_back(small, copy)
    assert small.run("plan").code == 0
    assert len(small.run("history", "--json").json["runs"]) == 1


def test_show_tells_where_it_is_how_far_it_is_and_what_it_holds(small: Installation) -> None:
    small.apply()
    shown = small.run("state", "show")
    assert shown.code == 0
    for told in (str(small.database), str(file_of(small)), "epoch 1", "redi, cloud: ", "last run: 1"):
        assert told in shown.out


def test_a_membership_that_ended_while_the_database_was_lost_stays_and_is_shown(small: Installation) -> None:
    small.apply()
    lose_the_database(small)
    recover(small)
    small.wish.people["p-ben"]["bodies"] = []
    drift = small.run("drift")
    assert (drift.code, "PG_Sensorik: Ben Muster" in drift.out) == (2, True)
    small.cloud.log.clear()
    small.run("apply", "--yes")
    assert small.writes() == []
    assert "PG_Sensorik" in small.cloud.users["ben.muster"].groups
