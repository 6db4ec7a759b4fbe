"""Every fault that the emulator can make, at every write and at every read."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioner.emulation import Fault, Faults
from tests.support.change import Known, Undisturbed, another, assert_ends_right, assert_nothing_twice
from tests.support.site import SERVICE, Installation, Ran, Snapshot, person, snapshot

Make = Callable[..., Fault]

ANYWHERE: dict[str, Callable[[Faults], Make]] = {
    "latency": lambda faults: lambda **aim: faults.latency(0.01, **aim),
    "429 without Retry-After": lambda faults: lambda **aim: faults.status(429, **aim),
    "429 with Retry-After": lambda faults: lambda **aim: faults.status(429, retry_after=7, **aim),
    "500": lambda faults: lambda **aim: faults.status(500, **aim),
    "502": lambda faults: lambda **aim: faults.status(502, **aim),
    "503 in HTML": lambda faults: lambda **aim: faults.maintenance_page(503, **aim),
    "reset before": lambda faults: faults.reset_before,
    "reset after": lambda faults: faults.reset_after,
    "truncated": lambda faults: lambda **aim: faults.truncate(20, **aim),
    "HTML with 200": lambda faults: faults.maintenance_page,
    "log-in page with 200": lambda faults: faults.login_page,
}
AT_WRITES: dict[str, Callable[[Faults], Make]] = {
    **ANYWHERE,
    "database lock, 400/101, account without groups": lambda faults: (
        lambda **aim: faults.mishap("database-lock", **aim)
    ),
    "database lock, 500/996, account without groups": lambda faults: (
        lambda **aim: faults.mishap("database-lock-500", **aim)
    ),
    "database lock, nothing made": lambda faults: lambda **aim: faults.mishap("database-lock-nothing", **aim),
}
DOUBTFUL = [
    "reset after",
    "truncated",
    "HTML with 200",
    "database lock, 400/101, account without groups",
    "database lock, 500/996, account without groups",
]
"""After these nobody knows whether the write happened."""
ACCOUNTS_AND_GROUPS = (1, 2, 3, 14, 15, 20, 23, 24)
"""A group, an account, a join, an account's e-mail, a group's name, a leave, a farewell, a return."""
ROOMS = (5, 6, 8, 10, 11, 12, 13, 16, 18, 19, 22, 25, 27)
"""A folder, our way into it, its permissions, a group's rights in it, a conversation, its first message, a moderator,
a sub-folder, a mount point, a conversation's name, a moderator who leaves, a note of welcome, a description."""
ONCE = (5, 11, 12, 25)
"""What must not be there twice: a folder, a conversation, a first message; and a note that people may have changed."""
READS = {
    "capabilities": r"/cloud/capabilities",
    "ourselves": r"/cloud/user\?",
    "a page of accounts": r"/cloud/users/details",
    "the ids of all accounts": r"/cloud/users\?",
    "a page of groups": r"/cloud/groups/details",
    "the ids of all groups": r"/cloud/groups\?",
    "the team folders": r"/groupfolders/folders\?",
    "the conversations": r"/api/v4/room\?",
    "the people of a conversation": r"/participants\?",
}


def exactly(path: str) -> str:
    """A pattern for this address, with a query or without."""
    return f"{re.escape(path)}([?]|$)"


def is_clear(ran: Ran) -> bool:
    """A word to people, and neither a traceback nor a password."""
    return bool(ran.all.strip()) and "Traceback" not in ran.all and SERVICE[1] not in ran.all


def assert_converges(installation: Installation, expected: Snapshot) -> None:
    """This run ends right, or says that it did not; a next one ends right, and nothing is left.

    A conversation and its first message are never tried twice in one run: each costs one more.
    """
    for _ in range(3):
        ran = installation.run("apply", "--yes")
        assert is_clear(ran)
        assert ran.code in (0, 1, 2)
        if ran.code == 0:
            break
    assert ran.code == 0, ran.all
    assert snapshot(installation.cloud) == expected
    last = installation.plan()
    assert [(part["changes"], part["notices"]) for part in last["targets"]] == [([], [])]
    assert installation.open_entries() == 0
    assert_nothing_twice(installation)


@pytest.mark.parametrize("fault", AT_WRITES)
def test_a_fault_at_the_first_try_of_every_write_ends_right_or_is_said_and_the_next_run_converges(
    tmp_path: Path, known: Known, undisturbed: Undisturbed, fault: str
) -> None:
    with another(tmp_path, known) as installation:
        make = AT_WRITES[fault](installation.cloud.faults)
        made = [make(method=method, path=exactly(path), writes=True) for method, path in set(undisturbed.writes)]
        assert_converges(installation, undisturbed.result)
        assert all(each.fired for each in made)


@pytest.mark.parametrize(
    ("fault", "number"),
    [
        *((fault, number) for fault in DOUBTFUL for number in ACCOUNTS_AND_GROUPS),
        *(("reset after", number) for number in ROOMS),
        *((fault, number) for fault in ("truncated", "HTML with 200") for number in ONCE),
    ],
)
def test_a_write_of_which_nobody_knows_whether_it_happened_is_looked_up(
    tmp_path: Path, known: Known, undisturbed: Undisturbed, fault: str, number: int
) -> None:
    with another(tmp_path, known) as installation:
        made = AT_WRITES[fault](installation.cloud.faults)(nth_write=number)
        assert_converges(installation, undisturbed.result)
        assert made.fired == 1


@pytest.mark.parametrize("number", [*ACCOUNTS_AND_GROUPS, 10, 13, *ONCE])
def test_a_write_that_always_fails_stops_what_depends_on_it_alone_and_is_said(
    tmp_path: Path, known: Known, undisturbed: Undisturbed, number: int
) -> None:
    method, path = undisturbed.writes[number - 1]
    with another(tmp_path, known) as installation:
        faults = installation.cloud.faults
        faults.status(503, method=method, path=exactly(path), writes=True, times=None)
        ran = installation.run("apply", "--yes", "--json")
        assert ran.code == 1
        assert ran.json["outcome"] == "partly"
        assert ran.json["failed"]
        faults.clear()
        assert_ends_right(installation, undisturbed.result)


def planned(part: dict[str, Any]) -> set[tuple[str, ...]]:
    """Every change of a plan, each member by itself; of a text only that it is written: it tells where things are."""
    return {
        (
            change["verb"],
            change["id"],
            *member,
            *(
                name if change["verb"] == "write" else f"{name}={field['after']}"
                for name, field in change["fields"].items()
            ),
        )
        for change in part["changes"]
        for member in ([(key,) for key in change["members"]] or [()])
    }


@pytest.mark.parametrize("fault", ANYWHERE)
def test_a_fault_at_any_read_makes_nobody_seem_gone(tmp_path: Path, known: Known, fault: str) -> None:
    with another(tmp_path, known) as installation:
        whole = planned(installation.plan()["targets"][0])
        installation.cloud.log.clear()
        for path in READS.values():
            for times in (1, None):
                made = ANYWHERE[fault](installation.cloud.faults)(path=path, times=times)
                ran = installation.run("plan", "--json")
                assert made.fired > 0
                installation.cloud.faults.clear()
                [part] = ran.json["targets"]
                kinds = {notice["kind"] for notice in part["notices"]}
                assert kinds <= {"partial", "waiting"}, "nothing is taken for lost"
                assert planned(part) <= whole, "nothing is concluded from what was not read"
                if planned(part) < whole:
                    assert part["error"] or "partial" in kinds
                blind = [notice for notice in part["notices"] if notice["kind"] == "partial" and notice["id"] is None]
                assert ran.code == (1 if part["error"] or blind else 2), "what blocks one object alone is shown"
                assert is_clear(ran)
        assert installation.writes() == []


def test_a_read_that_breaks_before_an_update_stops_that_step_alone(
    tmp_path: Path, known: Known, undisturbed: Undisturbed
) -> None:
    with another(tmp_path, known) as installation:
        installation.cloud.faults.login_page(method="GET", path="/cloud/users/ben.muster", times=None)
        ran = installation.run("apply", "--yes", "--json")
        assert ran.code == 1
        assert [step["name"] for step in ran.json["failed"]] == ["ben.muster"]
        installation.cloud.faults.clear()
        assert_ends_right(installation, undisturbed.result)


def test_a_server_that_fails_for_good_is_left_alone_after_a_few_steps(installation: Installation) -> None:
    installation.wish.add(*(person(f"P{number:02}") for number in range(30)))
    installation.run("plan")
    installation.cloud.log.clear()
    installation.cloud.faults.status(502, writes=True, times=None)
    ran = installation.run("apply", "--yes", "--json")
    assert ran.code == 1
    assert len(installation.writes()) <= 5 * 4
    assert ran.json["counts"]["skipped"] >= 25
    installation.cloud.faults.clear()
    installation.apply()
    assert installation.run("plan").code == 0
