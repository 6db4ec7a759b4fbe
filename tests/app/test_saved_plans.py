"""A saved plan approves exactly its changes; a guard's word lets exactly one plan through."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.support.site import LONG_AGO, Installation, Wish, body, person, snapshot


@pytest.fixture
def applied(small: Installation) -> Installation:
    """Everything is in order, and three changes are wished for, one of which a ranger has to read."""
    small.apply()
    small.wish.people["p-anna"]["email"] = "anna.neu@bretten.example"
    small.wish.people["p-ben"]["email"] = "ben.neu@bretten.example"
    small.wish.people["p-cleo"]["bodies"] = []
    small.cloud.log.clear()
    return small


def saved(installation: Installation, name: str = "plan.json") -> Path:
    path = installation.folder / name
    assert installation.run("plan", "--out", path).code == 2
    return path


def test_a_saved_plan_is_applied_exactly_also_what_had_to_be_read(applied: Installation) -> None:
    path = saved(applied)
    ran = applied.run("apply", path, "--json")
    assert ran.code == 0
    assert (ran.json["waiting"], ran.json["moved"], ran.json["counts"]) == (0, [], {"done": 3})
    assert "PG_LoRaWAN" not in applied.cloud.users["cleo.muster"].groups
    assert applied.run("plan").code == 0


def test_yes_applies_what_runs_unattended_and_leaves_the_rest(applied: Installation) -> None:
    ran = applied.run("apply", "--yes", "--json")
    assert (ran.code, ran.json["waiting"]) == (2, 1)
    assert "PG_LoRaWAN" in applied.cloud.users["cleo.muster"].groups
    assert applied.cloud.users["anna.muster"].email == "anna.neu@bretten.example"
    again = applied.run("apply", "--yes")
    assert again.code == 2, "it still waits"


@pytest.mark.parametrize("what", ["registry", "policy"])
def test_a_plan_is_refused_once_the_registry_or_the_policy_changed(applied: Installation, what: str) -> None:
    path = saved(applied)
    if what == "registry":
        applied.wish.people["p-cleo"]["given_name"] = "Kleopatra"
    else:
        applied.wish.policy = {"accounts": {"quota": "7 GB"}}
    ran = applied.run("apply", path)
    assert ran.code == 1
    assert f"The {what} changed since this plan was made" in ran.err
    assert applied.writes() == []


def test_what_moved_since_is_left_out_alone(applied: Installation) -> None:
    path = saved(applied)
    applied.cloud.set_email("anna.muster", "anna.privat@bretten.example")
    ran = applied.run("apply", path, "--json")
    assert (ran.code, ran.json["moved"], ran.json["counts"]) == (2, ["anna.muster"], {"done": 2})
    assert applied.cloud.users["anna.muster"].email == "anna.privat@bretten.example"
    assert applied.cloud.users["ben.muster"].email == "ben.neu@bretten.example"


def test_what_somebody_else_did_meanwhile_is_not_done_twice(applied: Installation) -> None:
    path = saved(applied)
    assert applied.run("apply", path).code == 0
    applied.cloud.log.clear()
    ran = applied.run("apply", path, "--json")
    assert (ran.code, ran.json["moved"]) == (0, []), "it is so already"
    assert applied.writes() == []


def test_what_is_otherwise_by_now_is_named(applied: Installation) -> None:
    path = saved(applied)
    applied.cloud.set_email("anna.muster", "anna.privat@mail.example")
    applied.cloud.remove_user("ben.muster")
    ran = applied.run("apply", path, "--json")
    assert (ran.code, ran.json["moved"]) == (2, ["anna.muster", "ben.muster"])


def test_a_plan_of_another_network_is_refused(applied: Installation) -> None:
    path = saved(applied)
    other = Wish("andere")
    other.add(body("pg-x", "X"), person("Xaver", "pg-x"))
    other.targets["cloud"] = applied.target()
    applied.networks["andere"] = other
    ran = applied.run("--network", "andere", "apply", path)
    assert ran.code == 1
    assert "no saved plan of this network" in ran.err
    assert applied.writes() == []


def edited(path: Path, edit: Any) -> None:
    plan = json.loads(path.read_text())
    edit(plan["targets"][0]["changes"])
    path.write_text(json.dumps(plan))


def test_an_edited_file_approves_nothing_new(applied: Installation) -> None:
    path = saved(applied)

    def meddle(changes: list[dict[str, Any]]) -> None:
        for change in changes:
            if "email" in change["fields"]:
                change["fields"]["email"]["after"] = "mallory@evil.example"
            change["members"] = [*change["members"], "person:p-ben"]
            change["change_class"] = "auto"
        changes.append({**changes[0], "verb": "suspend", "id": "person:p-ben", "digest": "0" * 64, "name": "ben"})

    edited(path, meddle)
    ran = applied.run("apply", path, "--json")
    assert (ran.code, ran.json["moved"]) == (0, [])
    assert applied.cloud.users["anna.muster"].email == "anna.neu@bretten.example", (
        "what was planned, not what was typed"
    )
    assert set(applied.cloud.groups["PG_LoRaWAN"].members) == {"anna.muster"}
    assert all(user.enabled for user in applied.cloud.users.values())


def test_a_file_with_changes_taken_out_applies_the_rest(applied: Installation) -> None:
    path = saved(applied)
    edited(path, lambda changes: changes.__delitem__(slice(1, None)))
    ran = applied.run("apply", path, "--json")
    assert (ran.code, ran.json["counts"]) == (0, {"done": 1})
    assert len(applied.writes()) == 1


@pytest.mark.parametrize("content", ["", "{}", "[1]", "not JSON", '{"schema":"readi.plan/2"}'])
def test_a_file_that_is_no_plan_is_refused(applied: Installation, content: str) -> None:
    path = applied.folder / "broken.json"
    path.write_text(content)
    ran = applied.run("apply", path)
    assert ran.code == 1
    assert "no saved plan" in ran.err
    assert applied.run("apply", applied.folder / "missing.json").code == 1
    assert applied.writes() == []


def test_a_saved_plan_is_for_its_owners_eyes_only_also_over_an_open_file(applied: Installation) -> None:
    path = applied.folder / "plan.json"
    path.touch(mode=0o644)
    saved(applied)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [left.name for left in applied.folder.iterdir() if left.name.endswith(".part")] == []


def test_a_plan_that_can_not_be_saved_is_said(applied: Installation) -> None:
    ran = applied.run("plan", "--out", applied.folder / "nowhere" / "plan.json")
    assert ran.code == 1
    assert "can't be written" in ran.err


# --- guards ------------------------------------------------------------------------------------------------------


@pytest.fixture
def crowd(small: Installation) -> Installation:
    """Forty people, of whom thirty leave on the same day."""
    small.wish.add(*(person(f"P{number:02}", "pg-sensorik") for number in range(40)))
    small.apply()
    for number in range(30):
        small.wish.people[f"p-p{number:02}"]["leaves"] = LONG_AGO
    small.cloud.log.clear()
    return small


def test_a_guards_refusal_names_objects_limit_and_the_words_that_allow_this_plan(crowd: Installation) -> None:
    ran = crowd.run("apply", "--yes")
    assert ran.code == 3
    assert crowd.writes() == []
    refusals = crowd.run("plan", "--json").json["refusals"]
    assert {refusal["guard"] for refusal in refusals} == {"suspensions", "members_lost", "removed_edges"}
    for refusal in refusals:
        assert refusal["word"] in ran.out
        assert str(refusal["limit"]) in ran.out
        assert refusal["count"] == 30
    assert "p00.muster" in ran.out or "P00 Muster" in ran.out


def test_the_words_let_exactly_that_plan_through_and_no_other(crowd: Installation) -> None:
    refusals = crowd.run("plan", "--json").json["refusals"]
    words = [part for refusal in refusals for part in ("--allow", refusal["word"])]
    assert crowd.run("apply", "--yes", *words[:2]).code == 3, "one word is not all words"
    crowd.wish.people["p-p30"]["leaves"] = LONG_AGO
    assert crowd.run("apply", "--yes", *words).code == 3, "this is another plan"
    del crowd.wish.people["p-p30"]["leaves"]
    assert crowd.writes() == []
    ran = crowd.run("apply", "--yes", *words, "--json")
    assert ran.code == 0
    assert sum(not user.enabled for user in crowd.cloud.users.values()) == 30
    crowd.wish.people["p-p31"]["leaves"] = LONG_AGO
    assert crowd.run("apply", "--yes", *words).code == 3, "seven days count together"


def test_made_up_words_let_nothing_through(crowd: Installation) -> None:
    for word in ("", "all", "force", "suspensions", "suspensions:cloud", "suspensions:cloud:00000000", "*"):
        assert crowd.run("apply", "--yes", "--allow", word).code == 3
    assert crowd.writes() == []


def test_a_saved_plan_that_a_guard_refuses_needs_the_words_as_well(crowd: Installation) -> None:
    path = crowd.folder / "plan.json"
    assert crowd.run("plan", "--out", path).code == 3
    assert crowd.run("apply", path).code == 3
    refusals = json.loads(path.read_text())["refusals"]
    assert crowd.run("apply", path, *[part for found in refusals for part in ("--allow", found["word"])]).code == 0


def test_an_empty_people_folder_changes_nothing(small: Installation) -> None:
    small.apply()
    before = snapshot(small.cloud)
    small.wish.people.clear()
    for command in (["plan"], ["apply", "--yes"]):
        ran = small.run(*command)
        assert ran.code == 1
        assert "nobody" in ran.err
    assert snapshot(small.cloud) == before


def test_a_network_may_be_called_otherwise_in_the_settings_than_in_its_registry(small: Installation) -> None:
    small.wish.network = "ein-anderer-name"
    path = saved(small)
    assert small.run("apply", path).code == 0
    assert small.run("plan").code == 0
