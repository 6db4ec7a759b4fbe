"""A plan about a few things: what these concern and nothing else, from what the database knows of all the others."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.site import LONG_AGO, Installation, body, person, snapshot


@pytest.fixture
def busy(small: Installation) -> Installation:
    """Everything is in order, and much is wished for by now."""
    small.apply()
    people, bodies = small.wish.people, small.wish.bodies
    people["p-anna"]["email"] = "anna.neu@bretten.example"
    people["p-ben"]["email"] = "ben.neu@bretten.example"
    people["p-ben"]["bodies"] = ["pg-sensorik", "pg-lora"]
    people["p-cleo"]["bodies"] = [{"id": "pg-lora", "until": LONG_AGO}]
    small.wish.add(person("Dora", "pg-lora", {"id": "pg-sensorik", "role": "moderator"}))
    bodies["pg-sensorik"]["name"] = "Sensorik und Daten"
    small.cloud.log.clear()
    return small


def changes(installation: Installation, *only: str) -> set[tuple[str, ...]]:
    """(verb, kind, id, members) of each change of a narrow plan."""
    words = [word for one in only for word in ("--only", one)]
    ran = installation.run("plan", *words, "--json")
    assert ran.code in (0, 2), ran.all
    return {
        (change["verb"], change["kind"], change["id"], *change["members"])
        for part in ran.json["targets"]
        for change in part["changes"]
    }


def notices(plan: dict[str, Any]) -> set[tuple[str, str]]:
    return {(notice["kind"], notice["name"]) for part in plan["targets"] for notice in part["notices"]}


def test_of_a_person_the_account_and_all_its_places_are_planned(busy: Installation) -> None:
    assert changes(busy, "p-ben") == {
        ("update", "account", "person:p-ben"),
        ("join", "group", "body:pg-lora", "person:p-ben"),
    }
    assert changes(busy, "person:p-cleo") == {("leave", "group", "body:pg-lora", "person:p-cleo")}


def test_somebody_new_comes_with_all_places_at_once(busy: Installation) -> None:
    assert changes(busy, "p-dora") == {
        ("create", "account", "person:p-dora"),
        ("join", "group", "body:pg-lora", "person:p-dora"),
        ("join", "group", "body:pg-sensorik", "person:p-dora"),
        ("join", "group", "body:pg-sensorik:administrators", "person:p-dora"),
        ("join", "conversation", "body:pg-sensorik", "person:p-dora"),
    }


def test_of_a_body_its_rooms_are_planned_and_those_of_its_members_who_have_no_account(busy: Installation) -> None:
    assert changes(busy, "pg-lora") == {
        ("create", "account", "person:p-dora"),
        ("join", "group", "body:pg-lora", "person:p-ben", "person:p-dora"),
        ("leave", "group", "body:pg-lora", "person:p-cleo"),
    }


def test_of_a_body_that_has_another_name_all_rooms_are_renamed_with_their_links(busy: Installation) -> None:
    renamed = changes(busy, "pg-sensorik")
    assert {(verb, kind) for verb, kind, key, *_ in renamed if key == "body:pg-sensorik"} == {
        ("update", "group"),
        ("join", "group"),
        ("update", "team-folder"),
        ("update", "conversation"),
        ("write", "conversation"),
        ("join", "conversation"),
    }


def test_an_organisation_means_its_people(busy: Installation) -> None:
    found = changes(busy, "bretten")
    assert {change for change in found if change[1] == "account"} == {
        ("create", "account", "person:p-dora"),
        ("update", "account", "person:p-anna"),
        ("update", "account", "person:p-ben"),
    }
    assert not {change for change in found if change[1] == "team-folder"}


def test_several_ids_mean_all_that_any_of_them_concerns(busy: Installation) -> None:
    together = changes(busy, "p-anna", "pg-lora")
    assert together == changes(busy, "p-anna") | changes(busy, "pg-lora")


def test_what_was_planned_narrowly_is_done_and_nothing_else(busy: Installation) -> None:
    ran = busy.run("apply", "--yes", "--only", "p-dora", "--json")
    assert ran.code == 0, ran.all
    assert busy.cloud.users["ben.muster"].email == "ben@bretten.example"
    assert "cleo.muster" in busy.cloud.groups["PG_LoRaWAN"].members
    [room] = [room for room in busy.cloud.talk.rooms.values() if room.name == "PG Sensorik"]
    assert "dora.muster" in room.moderators
    assert changes(busy, "p-dora") == set()
    busy.apply()
    assert busy.run("plan").code == 0


def test_narrow_applies_one_after_another_end_where_a_whole_one_does(busy: Installation, tmp_path: Path) -> None:
    for one in ("pg-lora", "p-anna", "p-ben", "pg-sensorik"):
        busy.run("apply", "--yes", "--only", one)
    step_by_step = snapshot(busy.cloud)
    assert busy.run("plan").code == 0
    busy.apply()
    assert snapshot(busy.cloud) == step_by_step


def test_nothing_outside_is_lost_suspended_or_adopted_by_it(busy: Installation) -> None:
    busy.cloud.remove_user("ben.muster")
    busy.cloud.remove_group("PG_Sensorik")
    del busy.wish.people["p-anna"]
    busy.cloud.add_user("emil.muster", display_name="Emil Muster", email="emil@bretten.example")
    busy.wish.add(person("Emil", "pg-sensorik"))
    plan = busy.run("plan", "--only", "p-cleo", "--json").json
    assert notices(plan) == set()
    assert [change["id"] for change in plan["targets"][0]["changes"]] == ["body:pg-lora"]


def test_a_body_that_left_the_registry_is_emptied_when_it_is_named_and_no_other_is(busy: Installation) -> None:
    for one in ("pg-lora", "pg-sensorik"):
        del busy.wish.bodies[one]
        for entry in busy.wish.people.values():
            entry["bodies"] = []
    plan = busy.run("plan", "--only", "pg-lora", "--json").json
    assert {refusal["guard"] for refusal in plan["refusals"]} == {"removed_edges"}
    found = [(one["verb"], one["kind"], one["id"]) for one in plan["targets"][0]["changes"]]
    assert {kind for _, kind, _ in found} == {"group", "team-folder", "conversation"}
    assert {key.split(":")[1] for _, _, key in found} == {"pg-lora"}
    assert {verb for verb, _, _ in found} == {"leave"}


def test_where_a_body_has_no_rooms_yet_nobody_is_put_anywhere_and_it_is_said(busy: Installation) -> None:
    busy.wish.add(body("pg-neu", "Neues"))
    busy.wish.people["p-anna"]["bodies"] = ["pg-sensorik", "pg-lora", {"id": "pg-neu", "role": "moderator"}]
    plan = busy.run("plan", "--only", "p-anna", "--json").json
    assert not [change for change in plan["targets"][0]["changes"] if change["id"].startswith("body:pg-neu")]
    assert ("waiting", "PG_Neues") in notices(plan)


def test_the_last_administrator_is_guarded_from_a_narrow_plan_as_well(small: Installation) -> None:
    small.wish.people["p-ben"]["bodies"] = ["pg-sensorik", {"id": "pg-lora", "role": "moderator"}]
    small.apply()
    small.wish.people["p-anna"]["bodies"] = ["pg-sensorik"]
    ran = small.run("plan", "--only", "p-anna", "--json")
    assert (ran.code, ran.json["refusals"]) == (2, []), "Ben is left"
    small.wish.people["p-ben"]["leaves"] = LONG_AGO
    small.run("apply", "--yes", "--only", "p-anna")
    ran = small.run("plan", "--only", "p-ben", "--json")
    assert "pg-lora:administrators" in str(ran.json["targets"][0])
    [kept] = [one for one in ran.json["targets"][0]["changes"] if one["id"] == "body:pg-lora:administrators"]
    assert kept["change_class"] == "queued" or ran.code == 3
