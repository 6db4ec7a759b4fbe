"""A process really killed at every write boundary; the next run ends as if nothing had happened."""

import os
import signal
from pathlib import Path

import pytest

from provisioner.state import Database
from tests.support.change import Known, Undisturbed, another, assert_ends_right
from tests.support.killing import kill, killed_while_applying, settle
from tests.support.site import Installation, person

WRITES = 29
"""Of `tests.support.change.wish_anew`, counted by a test below."""
STEPS = WRITES - 3
"""Two steps need two writes each; the epoch that a run leaves over there is no step."""

NOT_YET = (1, 2, 5, 8, 11, 12, 16, 17, 20, 25, 27, 29)
"""Of each kind one that was announced and never came to pass: where nothing was done the next run does it anew."""


def test_the_small_network_covers_every_kind_of_write(undisturbed: Undisturbed) -> None:
    assert len(undisturbed.writes) == WRITES
    assert {(method, path.rsplit("/", 1)[1]) for method, path in undisturbed.writes} >= {
        ("POST", "groups"),
        ("POST", "users"),
        ("DELETE", "groups"),
        ("PUT", "disable"),
        ("PUT", "enable"),
        ("PATCH", "ben.muster"),
        ("PUT", "PG_Sensorik"),
        ("PUT", "readi-provisioner"),
        ("POST", "folders"),
        ("POST", "quota"),
        ("POST", "acl"),
        ("POST", "PG_KI"),
        ("POST", "mountpoint"),
        ("MKCOL", "Protokolle"),
        ("PUT", "Willkommen.md"),
        ("POST", "room"),
        ("POST", "moderators"),
        ("PUT", "description"),
        ("DELETE", "attendees"),
    }


@pytest.mark.parametrize(
    ("moment", "number"),
    [*(("after", number) for number in range(1, WRITES + 1)), *(("before", number) for number in NOT_YET)],
)
def test_after_kill_9_at_any_write_the_next_apply_ends_in_the_right_state(
    tmp_path: Path, known: Known, undisturbed: Undisturbed, moment: str, number: int
) -> None:
    with another(tmp_path, known) as installation:
        killed_while_applying(installation, number, moment)
        assert installation.open_entries() == (number < WRITES), "the intent stands; the epoch is nobody's step"
        assert_ends_right(installation, undisturbed.result)


def test_sigterm_lets_the_write_in_hand_finish_and_the_next_run_goes_on(
    tmp_path: Path, known: Known, undisturbed: Undisturbed
) -> None:
    with another(tmp_path, known) as installation:
        cloud = installation.cloud
        child = installation.child("apply", "--yes", "--json")
        cloud.faults.hook(after=lambda request, response: os.kill(child.pid, signal.SIGTERM), nth_write=4)
        out, err = child.communicate(timeout=60)
        assert child.returncode == 1, err
        assert '"outcome":"interrupted"' in out
        assert "Traceback" not in err
        writes = len(cloud.log.writes)
        assert 4 <= writes < WRITES, "a busy machine may hand the signal over a few writes late"
        assert installation.open_entries() == 0
        history = installation.run("history", "--json").json["runs"][0]
        done = history["counts"]["done"]
        assert 4 <= done <= writes
        assert (history["outcome"], history["counts"]) == ("interrupted", {"done": done, "skipped": STEPS - done})
        assert_ends_right(installation, undisturbed.result)


def test_a_second_apply_is_told_at_once_who_is_at_work_and_kill_9_frees_the_lock(small: Installation) -> None:
    cloud, heard = small.cloud, []
    child = small.child("apply", "--yes")

    def meanwhile(_: object) -> None:
        heard.append(small.run("apply", "--yes", write=False))
        heard.append(small.run("plan", write=False))
        kill(child.pid)

    cloud.faults.hook(before=meanwhile, nth_write=1)
    cloud.faults.reset_before(nth_write=1)
    child.communicate(timeout=60)
    settle(cloud)
    second, plan = heard
    assert second.code == 1
    assert f"process {child.pid}" in second.err or str(child.pid) in second.err.replace(",", "")
    assert plan.code == 2, "reading waits for nobody"
    assert small.writes() == [("POST", "/groups")]
    small.apply()
    assert small.run("plan").code == 0


def test_a_full_disk_is_said_clearly_and_nothing_is_lost(small: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(60):
        small.wish.add(person(f"Extra{number:02}", "pg-lora"))
    small.run("plan")
    original = Database.lock

    def on_a_small_disk(database: Database, *arguments: object) -> object:
        lock = original(database, *arguments)
        with lock.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 8}")
        return lock

    with monkeypatch.context() as patch:
        patch.setattr(Database, "lock", on_a_small_disk)
        ran = small.run("apply", "--yes")
    assert ran.code == 1
    assert "full" in ran.all.lower()
    assert "Traceback" not in ran.all
    made = [entry for entry in small.cloud.log.matching("POST", "/cloud/users") if entry.status == 200]
    assert 0 < len(made) < 63, "it broke in the middle"
    small.apply()
    assert small.run("plan").code == 0
    created = [entry.body for entry in small.cloud.log.matching("POST", "/cloud/users") if entry.status == 200]
    assert len(created) == len(set(created)) == 63
