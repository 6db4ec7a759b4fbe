"""What a server may do behind our back: lose, rename, forget, lock us out, limit us."""

import os
import signal
from datetime import timedelta
from typing import Any

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.support.site import SERVICE, Installation, fill, held, person, snapshot


def notices(plan: dict[str, Any]) -> list[tuple[str, str]]:
    return [(notice["kind"], notice["name"]) for part in plan["targets"] for notice in part["notices"]]


def verbs(plan: dict[str, Any]) -> list[tuple[str, str]]:
    return [(change["verb"], change["name"]) for part in plan["targets"] for change in part["changes"]]


def tried_logins(cloud: NextcloudEmulator) -> int:
    """Requests that the server counted as a wrong password."""
    return len(cloud.world.doorkeeper.failures)


# --- objects that vanish or change -------------------------------------------------------------------------------


def test_a_person_deleted_there_between_plan_and_apply_stops_that_person_alone(small: Installation) -> None:
    small.apply()
    small.wish.people["p-anna"]["email"] = "anna.neu@bretten.example"
    small.wish.people["p-ben"]["email"] = "ben.neu@bretten.example"
    small.write()
    assert small.run("plan", "--out", small.folder / "plan.json").code == 2
    small.cloud.remove_user("anna.muster")
    ran = small.run("apply", small.folder / "plan.json", "--json")
    assert ran.code == 2
    assert ran.json["moved"] == ["anna.muster"]
    assert small.cloud.users["ben.muster"].email == "ben.neu@bretten.example"
    assert "anna.muster" not in small.cloud.users, "not silently made again"


def test_a_person_deleted_there_during_the_run_stops_that_person_alone(small: Installation) -> None:
    small.apply()
    small.wish.people["p-anna"]["email"] = "anna.neu@bretten.example"
    small.wish.people["p-ben"]["email"] = "ben.neu@bretten.example"
    small.cloud.faults.hook(before=lambda _: small.cloud.remove_user("anna.muster"), path="/users/anna.muster[?]")
    ran = small.run("apply", "--yes", "--json")
    assert ran.code == 1
    assert [(step["name"], step["state"]) for step in ran.json["failed"]] == [("anna.muster", "moved")]
    assert small.cloud.users["ben.muster"].email == "ben.neu@bretten.example"
    assert notices(small.plan()) == [("lost", "anna.muster")]


def test_ours_deleted_there_is_shown_as_lost_and_never_made_again(small: Installation) -> None:
    small.apply()
    small.cloud.remove_user("anna.muster")
    small.cloud.remove_group("PG_LoRaWAN")
    before = snapshot(small.cloud)
    plan = small.plan()
    assert sorted(notices(plan)) == [("lost", "PG_LoRaWAN"), ("lost", "anna.muster")]
    assert verbs(plan) == []
    small.run("apply", "--yes")
    assert snapshot(small.cloud) == before
    drift = small.run("drift", "--json")
    assert drift.code == 2
    assert {(item["kind"], item["name"]) for item in drift.json["drift"]} >= {
        ("lost", "anna.muster"),
        ("lost", "PG_LoRaWAN"),
    }


def test_ours_renamed_there_is_drift_and_waits_for_a_ranger(small: Installation) -> None:
    small.apply()
    small.cloud.rename("anna.muster", "Anna Anders")
    with small.cloud.lock:
        small.cloud.groups["PG_LoRaWAN"].display_name = "Funk"
    plan = small.plan()
    assert sorted(verbs(plan)) == [("update", "PG_LoRaWAN"), ("update", "anna.muster")]
    assert {change["change_class"] for part in plan["targets"] for change in part["changes"]} == {"queued"}
    ran = small.run("apply", "--yes", "--json")
    assert (ran.code, ran.json["waiting"]) == (2, 2)
    assert small.cloud.users["anna.muster"].name == "Anna Anders"


def test_a_renamed_body_renames_its_group_in_place(small: Installation) -> None:
    small.apply()
    small.wish.bodies["pg-lora"]["name"] = "Funknetze"
    small.apply()
    assert small.cloud.groups["PG_LoRaWAN"].display_name == "PG_Funknetze"
    assert "PG_Funknetze" not in small.cloud.groups
    assert set(small.cloud.groups["PG_LoRaWAN"].members) == {"anna.muster", "cleo.muster"}


# --- lists that come back shorter --------------------------------------------------------------------------------


def crowd(installation: Installation, size: int = 40) -> None:
    installation.wish.add(*(person(f"P{number:02}", "pg-sensorik") for number in range(size)))
    installation.apply()
    installation.cloud.log.clear()


def test_lists_that_come_back_shorter_with_200_suspend_nobody_and_a_guard_refuses(small: Installation) -> None:
    crowd(small)
    with small.cloud.lock:
        for user in list(small.cloud.users):
            if user.startswith(("p1", "p2")):
                small.cloud.accounts.remove_user(user)
    ran = small.run("plan", "--json")
    assert ran.code == 3
    assert [refusal["guard"] for refusal in ran.json["refusals"]] == ["lost_objects"]
    assert ran.json["refusals"][0]["count"] == 20
    assert len(ran.json["refusals"][0]["objects"]) == 20
    assert verbs(ran.json) == []
    assert small.run("apply", "--yes").code == 3
    assert small.writes() == []


def test_rights_lost_so_that_only_some_groups_people_are_listed_remove_nobody(small: Installation) -> None:
    crowd(small)
    small.cloud.set_rights(SERVICE[0], "none")
    with small.cloud.lock:
        small.cloud.accounts.make_subadmin(SERVICE[0], "PG_LoRaWAN")
    ran = small.run("plan", "--json")
    assert verbs(ran.json) == []
    assert {kind for kind, _ in notices(ran.json)} <= {"partial"} or ran.json["targets"][0]["error"]
    small.run("apply", "--yes")
    assert small.writes() == []
    assert all(user.enabled for user in small.cloud.users.values())


def test_a_server_restored_from_an_old_backup_is_refused_and_nothing_is_made_again(small: Installation) -> None:
    small.apply()
    backup = held(small.cloud)
    crowd(small, 15)
    with small.cloud.lock:
        for user in list(small.cloud.users):
            if user not in backup.content["users"]:
                small.cloud.accounts.remove_user(user)
    fill(small.cloud, backup)
    ran = small.run("plan", "--json")
    assert ran.code == 3
    assert [(refusal["guard"], refusal["count"]) for refusal in ran.json["refusals"]] == [("lost_objects", 15)]
    word = ran.json["refusals"][0]["word"]
    allowed = small.run("apply", "--yes", "--allow", word)
    assert allowed.code in (0, 2)
    assert "not everything is as it should be" in allowed.out
    assert snapshot(small.cloud)["users"].keys() == backup.content["users"].keys(), (
        "also with the word nobody is made again"
    )


# --- our own account ---------------------------------------------------------------------------------------------


def test_our_own_account_without_rights_is_said_and_changes_nothing(small: Installation) -> None:
    small.cloud.set_rights(SERVICE[0], "none")
    assert small.run("plan").code == 1
    ran = small.run("apply", "--yes")
    assert ran.code == 1
    assert "rights" in ran.all or "may not" in ran.all or "not allowed" in ran.all.lower()
    assert small.writes() == []
    doctor = small.run("doctor")
    assert doctor.code == 1
    assert "admin-delegation:add" in doctor.out
    small.cloud.set_rights(SERVICE[0], "delegated")
    small.apply()


def test_rights_lost_in_the_middle_of_a_run_stop_it_and_the_next_run_goes_on(small: Installation) -> None:
    small.cloud.faults.hook(before=lambda _: small.cloud.set_rights(SERVICE[0], "none"), nth_write=3)
    ran = small.run("apply", "--yes", "--json")
    assert ran.code == 1
    assert len(small.writes()) == 3
    assert ran.json["counts"] == {"done": 2, "failed": 1, "skipped": 23}
    small.cloud.set_rights(SERVICE[0], "delegated")
    small.apply()
    assert small.run("plan").code == 0


def test_our_own_account_disabled_is_asked_once_and_said(small: Installation) -> None:
    with small.cloud.lock:
        small.cloud.users[SERVICE[0]].enabled = False
    ran = small.run("plan")
    assert ran.code == 1
    assert SERVICE[0] in ran.all
    assert len(small.cloud.log) == 1


def test_our_own_address_locked_out_is_said_and_not_made_worse(small: Installation) -> None:
    now = small.clock.monotonic()
    small.cloud.world.doorkeeper.failures.extend([now] * 11)
    ran = small.run("plan")
    assert ran.code == 1
    assert len(small.cloud.log) == 1
    assert tried_logins(small.cloud) == 11
    doctor = small.run("doctor")
    assert doctor.code == 1
    assert tried_logins(small.cloud) == 11


def test_our_own_account_named_in_the_registry_is_never_touched(small: Installation) -> None:
    small.wish.add(person("Robo", "pg-lora", user_id=SERVICE[0]))
    before = snapshot(small.cloud)["users"][SERVICE[0]]
    plan = small.plan()
    assert ("disputed", SERVICE[0]) in notices(plan)
    assert SERVICE[0] not in [name for _, name in verbs(plan)]
    small.apply()
    assert snapshot(small.cloud)["users"][SERVICE[0]] == before
    assert set(small.cloud.groups["PG_LoRaWAN"].members) == {"anna.muster", "cleo.muster"}


# --- passwords ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["plan"], ["apply", "--yes"], ["drift"], ["doctor"], ["plan", "--json"]])
@pytest.mark.parametrize("targets", [1, 3])
def test_a_wrong_password_reaches_the_server_exactly_once_a_command(
    small: Installation, command: list[str], targets: int
) -> None:
    for number in range(targets):
        small.wish.targets[f"cloud{number}"] = small.target(password="wrong-Wrong-1", page_size=500 - number)
    del small.wish.targets["cloud"]
    ran = small.run(*command)
    assert ran.code == 1
    assert tried_logins(small.cloud) == 1
    assert "wrong-Wrong-1" not in ran.all
    assert "refused the login" in ran.all or "same account" in ran.all


def test_a_password_that_turns_wrong_in_the_middle_is_tried_once_more_and_no_more(small: Installation) -> None:
    cloud = small.cloud

    def turn_wrong(_: object) -> None:
        cloud.users[SERVICE[0]].password = "another-Password-1"
        cloud.world.doorkeeper._sessions.clear()

    cloud.faults.hook(before=turn_wrong, nth_write=2)
    ran = small.run("apply", "--yes", "--json")
    assert ran.code == 1
    assert tried_logins(cloud) == 1
    assert ran.json["counts"]["done"] == 1
    cloud.users[SERVICE[0]].password = SERVICE[1]
    small.apply()
    assert small.run("plan").code == 0


def test_an_app_password_plans_but_can_not_provision_and_doctor_says_so(small: Installation) -> None:
    token = small.cloud.app_password(SERVICE[0], "Ab3dE-fG5hI-jK7lM-nO9pQ-rS1tU")
    small.wish.targets["cloud"]["password"] = token
    assert small.run("plan").code == 2
    ran = small.run("apply", "--yes", "--json")
    assert ran.code == 1
    assert ran.json["counts"] == {"failed": 1, "skipped": 25}
    assert len(small.cloud.users) == 2
    doctor = small.run("doctor")
    assert doctor.code == 1
    assert "app password" in doctor.out
    assert token not in "".join(ran.all for ran in small.ran)


def test_a_run_longer_than_the_password_confirmation_logs_in_anew(small: Installation, clock: VirtualClock) -> None:
    small.cloud.faults.hook(before=lambda _: clock.advance(20 * 60), writes=True, times=None)
    small.apply()
    assert clock.monotonic() > 7 * 20 * 60
    assert small.run("plan").code == 0
    refused = [entry for entry in small.cloud.log.writes if entry.status == 403]
    assert refused, "the confirmation did run out"
    assert snapshot(small.cloud)["rooms"], "nothing was left out"


# --- the rate limit ----------------------------------------------------------------------------------------------


def test_120_new_addresses_are_paced_over_two_runs_and_the_plan_said_how_long(
    small: Installation, clock: VirtualClock
) -> None:
    small.wish.policy = {"guards": {"updates": {"share": 1.0}, "mails": 200}}
    crowd(small, 120)
    for number in range(120):
        small.wish.people[f"p-p{number:02}"]["email"] = f"neu{number}@bretten.example"
    small.cloud.log.clear()
    cost = small.plan()["targets"][0]["cost"]
    assert cost["limited"] == {"nextcloud.edit": 120}
    assert cost["minutes"] == pytest.approx(20, abs=10)
    begun = clock.now()
    # Somebody ends the first run after 70 writes.
    ended = small.cloud.faults.hook(after=interrupt, nth_write=70)
    first = small.run("apply", "--yes", "--json")
    assert ended.fired == 1
    assert first.code == 1
    assert first.json["outcome"] == "interrupted"
    assert 70 <= first.json["counts"]["done"] <= 71
    assert clock.now() - begun >= timedelta(minutes=10)
    second = small.run("apply", "--yes", "--json")
    assert second.code == 0
    assert first.json["counts"]["done"] + second.json["counts"]["done"] == 120
    patches = small.cloud.log.matching("PATCH")
    assert [entry.status for entry in patches] == [200] * 120, "the server was never asked too often"
    assert timedelta(minutes=20) <= clock.now() - begun <= timedelta(minutes=31)
    assert small.run("plan").code == 0


def interrupt(*_: object) -> None:
    """What a service manager does to the process."""
    os.kill(os.getpid(), signal.SIGTERM)


def test_429_earlier_than_we_counted_is_waited_for_and_nobody_is_left_out(
    small: Installation, clock: VirtualClock
) -> None:
    small.apply()
    with small.cloud.lock:
        small.cloud.world.edit_limit = (1, 600)
    small.wish.people["p-ben"]["email"] = "ben.neu@bretten.example"
    small.wish.people["p-anna"]["email"] = "anna.neu@bretten.example"
    begun = clock.now()
    small.apply()
    assert small.cloud.users["anna.muster"].email == "anna.neu@bretten.example"
    assert small.cloud.users["ben.muster"].email == "ben.neu@bretten.example"
    assert timedelta(minutes=10) <= clock.now() - begun < timedelta(minutes=11)
    statuses = [entry.status for entry in small.cloud.log.matching("PATCH")]
    assert statuses == [200, 429, 200], "it was not asked again before its time"
