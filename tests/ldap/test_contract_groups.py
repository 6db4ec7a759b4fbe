"""The contract of groups: members go in and out one by one or in bulk, and nobody else's are touched."""

import pytest

from provisioner.model.errors import Permanent, WriteRefused
from provisioner.model.inventory import Complete, Level, Partial, Present
from provisioner.model.resources import Kind
from tests.ldap.rig import Rig, Server, anna, body_id, create, join, leave, person_id, settled, suspend, update

THREE = (anna("anna"), anna("bert"), anna("cem"))


def group(name: str = "PG_Sensorik") -> list:
    return [create(body_id("sensorik"), name, display_name="Projektgruppe Sensorik")]


def test_a_group_with_its_members_is_one_write(rig: Rig, directory: Server) -> None:
    steps = rig.apply(*THREE, *group(), join("sensorik", "anna", "bert"))
    assert [step.operation for step in steps] == ["create-account"] * 3 + ["create-group"]
    entry = directory.entries(directory.groups)[f"cn=PG_Sensorik,{directory.groups}"]
    assert sorted(entry["member"]) == [
        f"cn=nobody,{directory.base}".encode(),
        f"uid=anna,{directory.people}".encode(),
        f"uid=bert,{directory.people}".encode(),
    ]
    assert (entry["description"], entry["businessCategory"]) == ([b"Projektgruppe Sensorik"], [b"readi:body:sensorik"])
    assert steps[-1].refers == (person_id("anna"), person_id("bert"))
    assert rig.rosters() == {"PG_Sensorik": {"anna", "bert"}}


def test_an_empty_group_is_valid_and_shows_nobody(rig: Rig) -> None:
    rig.apply(*group())
    assert rig.rosters() == {"PG_Sensorik": set()}


def test_members_carry_the_group_in_member_of(rig: Rig, directory: Server) -> None:
    rig.apply(*THREE, *group(), join("sensorik", "anna"))
    people = directory.entries(directory.people, "(objectClass=*)", "memberOf")
    assert people[f"uid=anna,{directory.people}"]["memberOf"] == [f"cn=PG_Sensorik,{directory.groups}".encode()]
    assert "memberOf" not in people[f"uid=bert,{directory.people}"]
    rig.apply(join("sensorik", "bert"), leave(rig, "sensorik", "anna"))
    people = directory.entries(directory.people, "(objectClass=*)", "memberOf")
    assert people[f"uid=bert,{directory.people}"]["memberOf"] == [f"cn=PG_Sensorik,{directory.groups}".encode()]
    assert "memberOf" not in people[f"uid=anna,{directory.people}"]


def test_joining_a_standing_group_is_one_write_for_all(rig: Rig) -> None:
    rig.apply(*THREE, *group())
    (step,) = rig.apply(join("sensorik", "anna", "bert", "cem"))
    assert step.cost.requests == 1
    assert rig.rosters() == {"PG_Sensorik": {"anna", "bert", "cem"}}


def test_who_is_in_already_does_not_keep_the_others_out(rig: Rig) -> None:
    rig.apply(*THREE, *group(), join("sensorik", "anna"))
    rig.apply(join("sensorik", "anna", "bert"))
    rig.apply(join("sensorik", "anna", "bert"))
    assert rig.rosters() == {"PG_Sensorik": {"anna", "bert"}}


def test_leaving_takes_out_these_and_nobody_else(rig: Rig, directory: Server) -> None:
    rig.apply(*THREE, *group(), join("sensorik", "anna", "bert", "cem"))
    stranger = f"cn=Frieda,ou=elsewhere,{directory.base}"
    directory.do("modify", f"cn=PG_Sensorik,{directory.groups}", {"member": [("MODIFY_ADD", [stranger])]})
    rig.apply(leave(rig, "sensorik", "anna", "bert"))
    assert rig.rosters() == {"PG_Sensorik": {"cem", stranger}}


def test_who_left_already_does_not_keep_the_others_in(rig: Rig, directory: Server) -> None:
    rig.apply(*THREE, *group(), join("sensorik", "anna", "bert", "cem"))
    change = leave(rig, "sensorik", "anna", "bert")
    gone = f"uid=anna,{directory.people}"
    directory.do("modify", f"cn=PG_Sensorik,{directory.groups}", {"member": [("MODIFY_DELETE", [gone])]})
    rig.apply(change)
    assert rig.rosters() == {"PG_Sensorik": {"cem"}}


def test_who_leaves_between_reading_and_writing_does_not_keep_the_others_in(rig: Rig, directory: Server) -> None:
    rig.apply(*THREE, *group(), join("sensorik", "anna", "bert"))
    (step,) = rig.compile(leave(rig, "sensorik", "anna", "bert"))
    gone = f"uid=anna,{directory.people}"
    name = f"cn=PG_Sensorik,{directory.groups}"
    rig.run(step, between=lambda: directory.do("modify", name, {"member": [("MODIFY_DELETE", [gone])]}))
    assert rig.rosters() == {"PG_Sensorik": set()}


def test_leaving_where_all_left_already_is_not_done(rig: Rig, directory: Server) -> None:
    rig.apply(*THREE, *group(), join("sensorik", "anna"))
    change = leave(rig, "sensorik", "anna")
    gone = f"uid=anna,{directory.people}"
    directory.do("modify", f"cn=PG_Sensorik,{directory.groups}", {"member": [("MODIFY_DELETE", [gone])]})
    assert rig.apply(change) == []
    assert rig.moved[0].why.code == "ldap.left_already"


def test_the_last_member_may_leave_a_group_that_somebody_else_made(rig: Rig, directory: Server) -> None:
    rig.apply(anna())
    directory.add_group("alt", [f"uid=anna,{directory.people}"])
    (found,) = rig.connector.observe([Kind.GROUP]).of(Kind.GROUP).objects.values()
    rig.bound[body_id("alt")] = found.remote_id
    rig.apply(leave(rig, "alt", "anna"))
    assert rig.rosters() == {"alt": set()}


def test_a_renamed_group_keeps_its_members_and_its_id(rig: Rig, directory: Server) -> None:
    rig.apply(*THREE, *group(), join("sensorik", "anna"))
    rename = update(rig, body_id("sensorik"), "PG_Sensorik", name=("PG_Sensorik", "PG Grüne Höfe & Co"))
    rig.apply(rename)
    assert rig.rosters() == {"PG Grüne Höfe & Co": {"anna"}}
    people = directory.entries(directory.people, "(uid=anna)", "memberOf")
    assert people[f"uid=anna,{directory.people}"]["memberOf"] == [f"cn=PG Grüne Höfe & Co,{directory.groups}".encode()]


def test_a_renamed_member_stays_a_member(rig: Rig) -> None:
    rig.apply(*THREE, *group(), join("sensorik", "anna"))
    rig.apply(update(rig, person_id("anna"), "anna", name=("anna", "anna.neu")))
    settled(rig.rosters, {"PG_Sensorik": {"anna.neu"}})
    rig.apply(leave(rig, "sensorik", "anna"))
    assert rig.rosters() == {"PG_Sensorik": set()}


def test_a_rename_waits_for_the_same_persons_joins_and_leaves(rig: Rig) -> None:
    rig.apply(*THREE, *group(), create(body_id("andere"), "andere"), join("sensorik", "anna", "bert"))
    rename = update(rig, person_id("anna"), "anna", name=("anna", "anna.neu"))
    steps = rig.apply(rename, leave(rig, "sensorik", "anna"), join("andere", "anna"))
    assert [step.operation for step in steps] == ["join-group", "leave-group", "rename-account"]
    assert set(steps[-1].after) == {body_id("sensorik"), body_id("andere")}
    settled(rig.rosters, {"PG_Sensorik": {"bert"}, "andere": {"anna.neu"}})


def test_what_people_call_a_group_is_its_description(rig: Rig) -> None:
    rig.apply(*group())
    change = update(rig, body_id("sensorik"), "PG_Sensorik", display_name=("Projektgruppe Sensorik", "Sensorik"))
    rig.apply(change)
    (found,) = rig.connector.observe([Kind.GROUP]).of(Kind.GROUP).objects.values()
    assert dict(found.fields) == {"display_name": "Sensorik"}


def test_members_with_odd_names_are_recognised(rig: Rig) -> None:
    odd = 'a,b+c="x"\\<>;#*)(uid=*'
    rig.apply(create(person_id("odd"), odd), *group(), join("sensorik", "odd"))
    assert rig.rosters() == {"PG_Sensorik": {odd}}
    rig.apply(leave(rig, "sensorik", "odd"))
    assert rig.rosters() == {"PG_Sensorik": set()}


def test_a_member_written_in_another_spelling_is_the_same_person(rig: Rig, directory: Server) -> None:
    rig.apply(*THREE, *group())
    spelling = f"UID=Anna , {directory.people.upper()}"
    directory.do("modify", f"cn=PG_Sensorik,{directory.groups}", {"member": [("MODIFY_ADD", [spelling])]})
    assert rig.rosters() == {"PG_Sensorik": {"anna"}}
    rig.apply(leave(rig, "sensorik", "anna"))
    assert rig.rosters() == {"PG_Sensorik": set()}


def test_rosters_are_complete_and_say_which_container_they_are_about(rig: Rig) -> None:
    rig.apply(*THREE, *group(), join("sensorik", "anna"))
    inventory = rig.connector.observe([Kind.GROUP])
    ((_, remote_id),) = inventory.rosters
    completeness = inventory.rosters[Kind.GROUP, remote_id].completeness
    assert isinstance(completeness, Complete)
    assert (completeness.scope.container, completeness.level) == (remote_id, Level.FIELDS)
    assert Kind.ACCOUNT not in inventory.observations
    assert isinstance(inventory.of(Kind.ACCOUNT).completeness, Partial)


def test_a_member_who_vanished_before_the_join_is_an_error_not_a_dangling_name(rig: Rig, directory: Server) -> None:
    rig.apply(*THREE, *group())
    directory.do("delete", f"uid=anna,{directory.people}")
    fresh = Rig(rig.settings, bound=rig.bound)
    with pytest.raises(Permanent) as caught:
        fresh.apply(join("sensorik", "anna", "bert"))
    fresh.close()
    assert caught.value.text.code == "ldap.member_gone"
    assert rig.rosters() == {"PG_Sensorik": set()}


def test_another_process_finds_the_members_by_their_ids(rig: Rig) -> None:
    rig.apply(*THREE, *group())
    fresh = Rig(rig.settings, bound=rig.bound)
    fresh.apply(join("sensorik", "anna", "bert", "cem"))
    fresh.close()
    assert rig.rosters() == {"PG_Sensorik": {"anna", "bert", "cem"}}


def test_who_is_suspended_leaves_the_groups_before(rig: Rig) -> None:
    rig.apply(*THREE, *group(), join("sensorik", "anna"))
    steps = rig.apply(suspend(rig, "anna"), leave(rig, "sensorik", "anna"))
    assert [step.operation for step in steps] == ["leave-group", "update-account"]
    assert steps[-1].after == (body_id("sensorik"),)


def test_a_group_made_under_an_unknown_outcome_is_found_with_its_mark(rig: Rig) -> None:
    rig.apply(*group())
    found = rig.connector.look_up(body_id("sensorik"), "pg_sensorik")
    assert isinstance(found, Present)
    assert found.remote.remote_id == rig.bound[body_id("sensorik")]


def test_membership_needs_a_write_token(rig: Rig) -> None:
    rig.apply(*THREE, *group(), join("sensorik", "anna"))
    for change in (join("sensorik", "bert"), leave(rig, "sensorik", "anna")):
        (step,) = rig.compile(change)
        verified = rig.verified(step)
        with pytest.raises(WriteRefused):
            rig.connector.perform(step, verified, rig.resolve)
    assert rig.rosters() == {"PG_Sensorik": {"anna"}}


def test_five_hundred_members_go_in_and_out_in_one_write_each(rig: Rig, directory: Server) -> None:
    keys = [f"p{number:03}" for number in range(500)]
    rig.apply(*(create(person_id(key), key) for key in keys), *group())
    rig.apply(join("sensorik", *keys))
    assert rig.rosters() == {"PG_Sensorik": set(keys)}
    rig.apply(leave(rig, "sensorik", *keys))
    assert rig.rosters() == {"PG_Sensorik": set()}
