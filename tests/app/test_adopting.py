"""Beginning beside what is there: shown with what differs, adopted by decision, changed by the next plan alone."""

from collections.abc import Iterable
from io import StringIO
from typing import Any

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from tests.support.site import Installation, Wish, snapshot

GROUPS = ("PG_Sensorik", "PG_LoRaWAN")


@pytest.fixture
def grown(small: Installation, cloud: NextcloudEmulator) -> Installation:
    """Anna's account, both groups, a folder and a room were made by hand; Ben's with another's address."""
    for group in GROUPS:
        cloud.add_group(group)
    cloud.add_user("anna.muster", display_name="Anna M.", email="anna@bretten.example", groups=["PG_Sensorik"])
    cloud.add_user("ben.muster", display_name="Another Ben", email="another.ben@elsewhere.example")
    cloud.add_folder("Projektgruppen/Sensorik", ["PG_Sensorik"])
    cloud.add_room("PG Sensorik", "readi-provisioner", groups=["PG_Sensorik"])
    return small


def listed(installation: Installation, *words: str) -> dict[str, Any]:
    return dict(installation.run("adopt", "--json", *words).json)


def named(found: Iterable[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(each["kind"], each["id"]) for each in found}


def test_what_is_there_is_listed_with_what_differs_and_nothing_is_written(grown: Installation) -> None:
    before = snapshot(grown.cloud)
    ran = grown.run("adopt")
    assert (ran.code, "anna.muster is Anna Muster (person:p-anna)" in ran.out) == (2, True)
    found = listed(grown)
    assert named(found["candidates"]) == {
        ("account", "person:p-anna"),
        ("group", "body:pg-sensorik"),
        ("group", "body:pg-lora"),
        ("team-folder", "body:pg-sensorik"),
        ("conversation", "body:pg-sensorik"),
    }
    anna = next(each for each in found["candidates"] if each["id"] == "person:p-anna")
    assert anna["fields"]["display_name"] == {"before": "Anna M.", "after": "Anna Muster"}
    (ben,) = found["disputes"]
    assert (ben["id"], [each["remote_id"] for each in ben["candidates"]]) == ("person:p-ben", ["ben.muster"])
    assert snapshot(grown.cloud) == before
    assert grown.writes() == []


def test_one_body_is_adopted_and_the_next_plan_changes_what_differs(grown: Installation) -> None:
    ran = grown.run("adopt", "pg-sensorik")
    assert (ran.code, grown.writes()) == (0, []), ran.all
    assert named(listed(grown)["candidates"]) == {("account", "person:p-anna"), ("group", "body:pg-lora")}
    assert grown.run("adopt", "p-anna").code == 0
    changes = grown.plan()["targets"][0]["changes"]
    assert ("update", "person:p-anna") in {(change["verb"], change["id"]) for change in changes}
    created = {(change["kind"], change["id"]) for change in changes if change["verb"] == "create"}
    assert not created & {("group", "body:pg-sensorik"), ("team-folder", "body:pg-sensorik")}
    assert "adopt PG_Sensorik" in grown.run("history", "1").out, "the journal knows it"


def test_all_that_is_undisputed_is_adopted_after_a_question(
    grown: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())
    refused = grown.run("adopt", "--all")
    assert (refused.code, len(listed(grown)["candidates"])) == (2, 5), "the end of input is no"
    ran = grown.run("adopt", "--all", "--yes")
    assert (ran.code, grown.writes()) == (2, []), "somebody is still disputed"
    found = listed(grown)
    assert (found["candidates"], named(found["disputes"])) == ([], {("account", "person:p-ben")})


def test_only_one_kind(grown: Installation) -> None:
    assert grown.run("adopt", "pg-sensorik", "--kind", "group").code == 0
    kinds = {each["kind"] for each in listed(grown)["candidates"] if each["id"] == "body:pg-sensorik"}
    assert kinds == {"team-folder", "conversation"}


def test_who_is_disputed_is_decided_by_naming_the_very_object(grown: Installation) -> None:
    assert grown.run("adopt", "p-ben").code == 2
    command = next(line for line in grown.run("adopt").out.splitlines() if "readi adopt person:p-ben" in line)
    words = command.split("→ readi ")[1].split("  (")[0].split()
    ran = grown.run(*words)
    assert ran.code == 0, ran.all
    assert grown.writes() == []
    assert "person:p-ben" not in {each["id"] for each in listed(grown)["disputes"]}
    changes = {(change["verb"], change["id"]) for change in grown.plan()["targets"][0]["changes"]}
    assert ("update", "person:p-ben") in changes
    assert ("create", "person:p-ben") not in changes


def test_of_two_rooms_of_one_name_the_ranger_says_which(grown: Installation) -> None:
    second = grown.cloud.add_room("PG Sensorik", "readi-provisioner")
    disputes = {each["kind"]: each for each in listed(grown, "--kind", "conversation")["disputes"]}
    assert second.token in {each["remote_id"] for each in disputes["conversation"]["candidates"]}
    ran = grown.run("adopt", "pg-sensorik", "--kind", "conversation", "--remote", second.token)
    assert ran.code == 0, ran.all
    assert listed(grown, "--kind", "conversation")["disputes"] == []


def test_what_can_not_be_adopted_says_why_and_ties_nothing(grown: Installation) -> None:
    before = listed(grown)
    for words, said in (
        (["pg-nowhere"], "known neither"),
        (["p-cleo"], "Nothing over there resembles"),
        (["p-cleo", "--remote", "no.such.account"], "no.such.account"),
        (["p-cleo", "--remote", "admin"], "admin"),
        (["p-cleo", "--remote", "readi-provisioner"], "readi-provisioner"),
        (["pg-lora", "--remote", "PG_LoRaWAN"], "needs exactly one object"),
    ):
        ran = grown.run("adopt", *words)
        assert ran.code in (1, 2), ran.all
        assert said in ran.all
    assert listed(grown) == before


def test_twice_the_same_is_said(grown: Installation) -> None:
    assert grown.run("adopt", "p-anna").code == 0
    again = grown.run("adopt", "p-anna")
    assert (again.code, "is tied already: cloud, anna.muster" in again.err) == (1, True)


def test_what_another_network_owns_is_refused(grown: Installation) -> None:
    other = Wish("other", targets={"cloud": grown.target()})
    grown.networks["other"] = other
    other.add({**grown.wish.people["p-anna"], "id": "p-else", "bodies": []})
    assert grown.run("--network", "other", "adopt", "p-else").code == 0
    ran = grown.run("--network", "redi", "adopt", "p-cleo", "--remote", "anna.muster")
    assert ran.code == 2
    assert "anna.muster" in ran.out
    assert grown.run("--network", "redi", "adopt", "p-anna").code == 1


def test_a_guard_that_refuses_the_first_sync_does_not_stand_in_the_way(grown: Installation) -> None:
    grown.wish.targets["cloud"]["welcome_mail"] = True
    grown.wish.policy = {"guards": {"mails": 0}}
    assert grown.run("apply", "--yes").code == 3
    assert grown.run("adopt", "pg-sensorik").code == 0
    assert grown.writes() == []


def test_what_makes_no_sense_together_is_a_usage_error(grown: Installation) -> None:
    for words in (["p-anna", "--all"], ["--remote", "x"], ["p-anna", "--json"], ["--all", "--json"]):
        assert grown.run("adopt", *words).code == 64


def test_an_object_that_changed_since_it_was_shown_is_not_adopted(
    grown: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from provisioner.cli import adopting

    tie = adopting.adopt

    def replaced_meanwhile(*arguments: Any, **more: Any) -> Any:
        grown.cloud.remove_user("anna.muster")
        return tie(*arguments, **more)

    monkeypatch.setattr(adopting, "adopt", replaced_meanwhile)
    ran = grown.run("adopt", "p-anna")
    assert (ran.code, "anna.muster" in ran.out) == (2, True)
    monkeypatch.undo()
    assert grown.run("adopt", "p-anna").code == 1, "it was not tied"
