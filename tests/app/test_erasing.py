"""The last rung: only somebody who stands on it, only by name, once; and whatever is cut short ends all the same."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors.nextcloud.connector import NextcloudConnector
from provisioner.emulation import VirtualClock
from provisioner.emulation.faults import Faults
from provisioner.state import Database
from tests.support.site import SERVICE, Installation, Wish, body, new_cloud, person, snapshot

DAY = 86_400.0


def day(installation: Installation, days: int = 0) -> str:
    return (installation.clock.now() + timedelta(days=days)).date().isoformat()


def tied(installation: Installation) -> set[str]:
    with Database.open(installation.database) as database, database.reading() as connection:
        return {f"{row[0]}/{row[1]}" for row in connection.exec_driver_sql("SELECT kind, key FROM binding")}


@pytest.fixture
def gone(small: Installation) -> Installation:
    """Ben left long ago, the wait is over, and his files are Anna's."""
    small.wish.policy = {section: {"names": {"project": None}} for section in ("folders", "conversations")}
    small.apply()
    small.wish.people["p-ben"]["leaves"] = day(small)
    small.clock.sleep(DAY)
    small.apply()
    small.clock.sleep(31 * DAY)
    assert small.run("person", "handed-over", "p-ben", "--to", "p-anna").code == 0
    small.cloud.log.clear()
    return small


@pytest.fixture
def history(small: Installation) -> Installation:
    """A project group that is archived and empty; the other one goes on."""
    small.apply()
    small.wish.bodies["pg-lora"]["archived"] = day(small)
    for member in ("p-anna", "p-cleo"):
        for index, membership in enumerate(small.wish.people[member]["bodies"]):
            if "pg-lora" in str(membership):
                role = {"role": membership["role"]} if isinstance(membership, dict) else {}
                small.wish.people[member]["bodies"][index] = {"id": "pg-lora", "until": day(small, -1), **role}
    small.run("apply", "--yes")
    small.cloud.log.clear()
    return small


def test_without_the_name_it_says_what_would_go_and_the_words_to_type(gone: Installation) -> None:
    ran = gone.run("person", "erase", "p-ben")
    assert ran.code == 2, ran.all
    assert "cloud: account ben.muster" in ran.out
    assert 'readi person erase p-ben --confirm "Ben Muster"' in ran.out
    assert gone.writes() == []


def test_with_the_name_the_account_goes_and_never_comes_back(gone: Installation) -> None:
    before = snapshot(gone.cloud)
    ran = gone.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert ran.code == 0, ran.all
    assert [method for method, path in gone.writes() if path == "/users/ben.muster"] == ["DELETE"]
    after = snapshot(gone.cloud)
    assert before["users"].keys() - after["users"].keys() == {"ben.muster"}
    assert before["groups"] == after["groups"]
    assert "account/person:p-ben" not in tied(gone)
    assert "people/all.yaml" in ran.out, "the entry is the ranger's to remove"
    gone.cloud.log.clear()
    gone.apply()
    assert [path for _, path in gone.writes() if "ben" in path] == []
    assert gone.run("plan").code == 0
    (ben,) = gone.run("leavers", "--json").json["people"]
    assert (ben["rung"], ben["command"]) == ("erased", None)
    again = gone.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert again.code == 0, "twice the same does no harm"
    gone.wish.people["p-ben2"] = {**person("Ben"), "id": "p-ben2", "email": "other@bretten.example"}
    gone.apply()
    assert "ben.muster" not in gone.cloud.users, "names are never given again"


def test_what_was_kept_here_about_the_person_is_unreadable(gone: Installation) -> None:
    held = gone.run("person", "show", "p-ben", "--json").json
    assert held["entry"]["email"] == "ben@bretten.example"
    assert "ben.muster" in str(held["kept"]["ties"])
    assert "p-anna" in str(held["kept"]["departures"])
    assert "ben@bretten.example" in str(held["kept"]["steps"])
    assert gone.run("person", "erase", "p-ben", "--confirm", "Ben Muster").code == 0
    del gone.wish.people["p-ben"]
    left = gone.run("person", "show", "p-ben", "--json").out
    assert "ben" not in left.replace("p-ben", "").casefold()
    whole = b"".join(path.read_bytes() for path in (gone.folder / "state").glob("readi.db*"))
    assert b"ben@bretten.example" not in whole
    assert b"Ben Muster" not in whole


def test_a_slip_deletes_nothing(gone: Installation) -> None:
    before = snapshot(gone.cloud)
    for words, code, said in (
        (["p-ben", "--confirm", "Ben Master"], 1, 'is called "Ben Muster", not "Ben Master"'),
        (["p-ben", "--confirm", "p-ben"], 1, "Nothing was deleted"),
        (["p-nobody", "--confirm", "Ben Muster"], 1, "There is no person"),
        (["p-anna", "--confirm", "Anna Muster"], 3, "is active"),
        (["p-anna"], 3, "is active"),
        (["p-cleo", "--confirm", "Ben Muster"], 1, "is called"),
    ):
        ran = gone.run("person", "erase", *words)
        assert (ran.code, said in ran.all) == (code, True), ran.all
        assert (snapshot(gone.cloud), gone.writes()) == (before, [])


def test_on_every_rung_before_the_last_it_is_refused_with_what_is_missing(small: Installation) -> None:
    def refused() -> str:
        small.cloud.log.clear()
        ran = small.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
        assert ran.code == 3, ran.all
        assert small.writes() == []
        return ran.out

    small.apply()
    small.wish.people["p-ben"]["leaves"] = day(small)
    assert "last day" in refused()
    small.clock.sleep(DAY)
    assert "next apply" in refused()
    small.apply()
    assert "end of the wait" in refused()
    small.clock.sleep(30 * DAY)
    assert "handed over" in refused()
    assert small.run("person", "handed-over", "p-ben", "--nothing").code == 0
    small.cloud.users["ben.muster"].enabled = True
    assert "switched on again" in refused()
    small.cloud.users["ben.muster"].enabled = False
    assert small.run("person", "erase", "p-ben", "--confirm", "Ben  Muster ").code == 0


def test_another_account_in_the_place_of_ours_is_not_deleted(gone: Installation) -> None:
    gone.cloud.remove_user("ben.muster")
    gone.cloud.add_user("ben.muster", display_name="Somebody Else", enabled=False, backend="LDAP")
    ran = gone.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert ran.code == 3, ran.all
    assert "ben.muster" in gone.cloud.users


def test_an_account_that_is_gone_already_leaves_a_tombstone(gone: Installation) -> None:
    gone.cloud.remove_user("ben.muster")
    assert "is gone there already" in gone.run("person", "erase", "p-ben").out
    assert gone.run("person", "erase", "p-ben", "--confirm", "Ben Muster").code == 0
    assert gone.writes() == []
    assert "account/person:p-ben" not in tied(gone)
    gone.wish.people["p-ben2"] = {**person("Ben"), "id": "p-ben2", "email": "other@bretten.example"}
    gone.apply()
    assert "ben.muster" not in gone.cloud.users


def test_a_protected_account_is_never_deleted(gone: Installation) -> None:
    gone.wish.policy["accounts"] = {"protected": ["admin", "ben.muster"]}
    ran = gone.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert (ran.code, "is not deleted" in ran.out) == (3, True), ran.all
    assert gone.writes() == []


def test_the_account_of_another_network_is_left_and_only_what_is_ours_goes(gone: Installation) -> None:
    other = Wish("other", policy=gone.wish.policy, targets={"cloud": gone.target()})
    other.add(body("pg-else", "Elsewhere"), {**person("Anna", "pg-else"), "id": "p-else"}, person("Zoe", "pg-else"))
    gone.networks["other"] = other
    assert gone.run("--network", "other", "apply", "--yes").code == 0
    assert "PG_Elsewhere" in gone.cloud.users["anna.muster"].groups
    other.people["p-else"]["leaves"] = day(gone, -1)
    assert gone.run("--network", "other", "apply", "--yes").code == 0
    ran = gone.run("--network", "other", "person", "erase", "p-else", "--confirm", "Anna Muster")
    assert ran.code == 0, ran.all
    assert gone.cloud.users["anna.muster"].enabled
    assert "PG_Elsewhere" not in gone.cloud.users["anna.muster"].groups
    owner = gone.run("--network", "redi", "plan")
    assert owner.code == 0, "nothing is missing to the network that owns it"


def test_of_a_chat_that_put_our_account_out_nobody_says_that_it_is_gone(history: Installation) -> None:
    (room,) = (room for room in history.cloud.talk.rooms.values() if room.name == "PG LoRaWAN")
    room.attendees = [one for one in room.attendees if one.actor != SERVICE[0]]
    for words in ([], ["--confirm", "LoRaWAN"]):
        ran = history.run("body", "erase", "pg-lora", *words)
        assert "we no longer see the conversation PG LoRaWAN" in ran.out, ran.all
        assert "is gone there already" not in ran.out
    assert room.token in history.cloud.talk.rooms


def test_an_account_by_which_another_network_has_somebody_stays_until_that_is_over(gone: Installation) -> None:
    other = Wish("other", policy=gone.wish.policy, targets={"cloud": gone.target()})
    other.add(body("pg-else", "Elsewhere"), {**person("Ben", "pg-else"), "id": "p-else"}, person("Zoe", "pg-else"))
    gone.networks["other"] = other
    assert gone.run("--network", "other", "apply", "--yes").code == 0
    assert gone.cloud.users["ben.muster"].groups == ("PG_Elsewhere",)
    ran = gone.run("--network", "redi", "person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert (ran.code, "the network other" in ran.out) == (3, True), ran.all
    assert "ben.muster" in gone.cloud.users
    other.people["p-else"]["leaves"] = day(gone, -1)
    assert gone.run("--network", "other", "apply", "--yes").code == 0
    del other.people["p-else"]
    assert gone.run("--network", "other", "apply", "--yes").code == 0
    ran = gone.run("--network", "redi", "person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert (ran.code, "ben.muster" in gone.cloud.users) == (0, False), ran.all


def test_an_account_that_does_not_tell_whether_it_is_switched_on_is_not_deleted(gone: Installation) -> None:
    gone.cloud.users["ben.muster"].enabled = None  # type: ignore[assignment]
    ran = gone.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert (ran.code, "could not be told for sure" in ran.out) == (3, True), ran.all
    assert "ben.muster" in gone.cloud.users


def test_whoever_was_put_somewhere_again_leaves_before_the_account_goes(gone: Installation) -> None:
    gone.cloud.join("ben.muster", "PG_LoRaWAN")
    assert gone.run("person", "erase", "p-ben", "--confirm", "Ben Muster").code == 0
    assert gone.writes()[:2] == [("DELETE", "/users/ben.muster/groups"), ("DELETE", "/users/ben.muster")]


def test_a_server_that_can_not_be_read_loses_nothing(gone: Installation) -> None:
    gone.wish.targets["cloud"]["password"] = "wrong"
    ran = gone.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert (ran.code, "could not be read" in ran.out) == (3, True)
    assert "ben.muster" in gone.cloud.users


def test_another_server_that_is_down_and_holds_nothing_of_the_person_does_not_matter(gone: Installation) -> None:
    gone.wish.targets["other"] = gone.target(url="http://127.0.0.1:9")
    ran = gone.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert ran.code == 0, ran.all
    assert "ben.muster" not in gone.cloud.users


def test_no_apply_ever_deletes(gone: Installation) -> None:
    plan = gone.folder / "plan.json"
    del gone.wish.people["p-ben"]
    gone.run("plan", "--out", plan)
    gone.run("apply", plan)
    gone.run("apply", "--yes")
    assert [method for method, _ in gone.writes() if method == "DELETE"] == []
    assert "ben.muster" in gone.cloud.users


@pytest.mark.parametrize("after", [False, True])
def test_after_kill_9_at_the_deletion_the_same_command_finishes(
    gone: Installation, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    killed = os.fork()
    if not killed:
        perform = NextcloudConnector.perform

        def perform_and_die(self: NextcloudConnector, *arguments: Any) -> Any:
            if after:
                perform(self, *arguments)
            os.kill(os.getpid(), signal.SIGKILL)

        monkeypatch.setattr(NextcloudConnector, "perform", perform_and_die)
        gone.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
        os._exit(9)  # never reached when it was killed
    assert os.waitstatus_to_exitcode(os.waitpid(killed, 0)[1]) == -signal.SIGKILL
    assert ("ben.muster" in gone.cloud.users) is not after
    assert gone.open_entries() == 1
    ran = gone.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert ran.code == 0, ran.all
    assert "ben.muster" not in gone.cloud.users
    assert (gone.open_entries(), "account/person:p-ben" in tied(gone)) == (0, False)
    assert gone.run("plan").code == 0


FAULTS: dict[str, Callable[[Faults], object]] = {
    "429": lambda faults: faults.status(429, method="DELETE", times=1),
    "503": lambda faults: faults.maintenance_page(503, method="DELETE", times=1),
    "HTML with 200": lambda faults: faults.maintenance_page(method="DELETE", times=1),
    "reset before": lambda faults: faults.reset_before(method="DELETE", times=1),
    "reset after": lambda faults: faults.reset_after(method="DELETE", times=1),
}


def test_whatever_happens_at_the_deletion_it_is_done_once_and_known(history: Installation) -> None:
    for fault in FAULTS.values():
        fault(history.cloud.faults)
    codes = [history.run("body", "erase", "pg-lora", "--confirm", "LoRaWAN").code for _ in FAULTS]
    assert codes[-1] == 0, history.ran[-1].all
    assert (rooms(history), history.open_entries()) == ((set(), set(), set()), 0)
    assert not any("pg-lora" in key for key in tied(history))


def test_of_two_servers_the_one_that_fails_keeps_its_account_until_the_same_command_ends_it(
    small: Installation, clock: VirtualClock
) -> None:
    with new_cloud(clock) as second:
        small.wish.policy = {section: {"names": {"project": None}} for section in ("folders", "conversations")}
        small.wish.targets["second"] = small.target(url=second.url)
        small.apply()
        small.wish.people["p-ben"]["leaves"] = day(small, -1)
        small.apply()
        small.clock.sleep(31 * DAY)
        assert small.run("person", "handed-over", "p-ben", "--nothing").code == 0
        second.faults.status(403, method="DELETE", times=None)
        ran = small.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
        assert (ran.code, "The same command goes on" in ran.out) == (1, True), ran.all
        assert ("ben.muster" in small.cloud.users, "ben.muster" in second.users) == (False, True)
        assert "ben@bretten.example" in small.run("person", "show", "p-ben", "--json").out
        second.faults.clear()
        assert small.run("person", "erase", "p-ben", "--confirm", "Ben Muster").code == 0
        assert "ben.muster" not in second.users


def rooms(installation: Installation) -> tuple[set[str], set[str], set[str]]:
    """Groups, mount points and conversations of ours."""
    with installation.cloud.lock:
        groups = {name for name in installation.cloud.groups if "LoRa" in name}
        folders = {each.mount_point for each in installation.cloud.folders.all.values() if "LoRa" in each.mount_point}
        talks = {room.name for room in installation.cloud.talk.rooms.values() if "LoRa" in room.name}
    return groups, folders, talks


def test_a_body_goes_with_conversation_folder_and_groups_in_that_order(history: Installation) -> None:
    shown = history.run("body", "erase", "pg-lora")
    assert shown.code == 2, shown.all
    assert 'readi body erase pg-lora --confirm "LoRaWAN"' in shown.out
    assert history.writes() == []
    ran = history.run("body", "erase", "pg-lora", "--confirm", "LoRaWAN")
    assert ran.code == 0, ran.all
    assert rooms(history) == (set(), set(), set())
    deleted = [path for method, path in history.writes() if method == "DELETE"]
    assert "/room/" in deleted[0]
    assert "/folders/" in deleted[1]
    assert deleted[-1] == "/groups/PG_LoRaWAN"
    assert not any("pg-lora" in key for key in tied(history))
    history.cloud.log.clear()
    assert history.run("apply", "--yes").code == 0
    assert rooms(history) == (set(), set(), set())
    (part,) = history.plan()["targets"]
    assert (part["changes"], part["notices"]) == ([], []), "an archived body is not wanted anew"
    assert history.run("body", "erase", "pg-lora", "--confirm", "LoRaWAN").code == 0, "twice the same does no harm"


def test_a_body_in_use_is_refused_with_all_that_stands_in_the_way(small: Installation) -> None:
    small.apply()
    small.cloud.log.clear()
    ran = small.run("body", "erase", "pg-lora", "--confirm", "LoRaWAN")
    assert ran.code == 3
    assert "readi body archive pg-lora" in ran.out
    assert "Anna Muster (p-anna)" in ran.out
    assert small.writes() == []
    assert small.run("body", "erase", "pg-lora", "--confirm", "LoRa").code == 1
    unknown = small.run("body", "erase", "pg-loar", "--confirm", "LoRaWAN")
    assert (unknown.code, "pg-lora" in unknown.err) == (1, True)
    assert small.writes() == []


def test_a_body_that_vanished_from_the_registry_goes_by_the_name_of_its_group(history: Installation) -> None:
    for member in ("p-anna", "p-cleo"):
        bodies = history.wish.people[member]["bodies"]
        history.wish.people[member]["bodies"] = [each for each in bodies if "pg-lora" not in str(each)]
    del history.wish.bodies["pg-lora"]
    shown = history.run("body", "erase", "pg-lora")
    assert '--confirm "PG_LoRaWAN"' in shown.out, shown.all
    assert history.run("body", "erase", "pg-lora", "--confirm", "PG_LoRaWAN").code == 0
    assert rooms(history) == (set(), set(), set())


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_after_kill_9_between_two_deletions_the_same_command_takes_the_rest(
    history: Installation, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    killed = os.fork()
    if not killed:
        count, perform = 0, NextcloudConnector.perform

        def perform_and_die(self: NextcloudConnector, *arguments: Any) -> Any:
            nonlocal count
            count += 1
            done = perform(self, *arguments)
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        monkeypatch.setattr(NextcloudConnector, "perform", perform_and_die)
        history.run("body", "erase", "pg-lora", "--confirm", "LoRaWAN")
        os._exit(9)  # never reached when it was killed
    assert os.waitstatus_to_exitcode(os.waitpid(killed, 0)[1]) == -signal.SIGKILL
    assert rooms(history) != (set(), set(), set()) or number == 4
    assert history.run("body", "erase", "pg-lora", "--confirm", "LoRaWAN").code == 0
    assert rooms(history) == (set(), set(), set())
    assert history.open_entries() == 0
    assert not any("pg-lora" in key for key in tied(history))
