"""What a directory keeps from us must never look like absence."""

from collections.abc import Callable

import pytest

from provisioner.model.errors import NotAllowed
from provisioner.model.inventory import UNKNOWN, Complete, Observation, Partial, Unreadable
from provisioner.model.resources import Kind, ResourceId
from tests.ldap.rig import Lacks, Rig, Server, anna, suspend

Lacking = Callable[[Lacks], Server]
RigOn = Callable[..., Rig]


def people_of(rig: Rig) -> Observation:
    return rig.connector.observe([Kind.ACCOUNT]).of(Kind.ACCOUNT)


def why(observation: Observation) -> str:
    assert isinstance(observation.completeness, Partial), observation.completeness
    return observation.completeness.why.code


def ours(server: Server, *keys: str) -> None:
    """People as we make them, put there by the administrator."""
    for key in keys:
        mark = {"employeeNumber": f"readi:person:{key}", "employeeType": "active"}
        server.add_person(key, displayName=key, mail=f"{key}@stadt.example", **mark)


def test_a_limit_below_the_number_of_people_does_not_matter_when_paging(lacking: Lacking, rig_on: RigOn) -> None:
    server = lacking(Lacks(size_limit=5))
    ours(server, *(f"p{number}" for number in range(12)))
    found = people_of(rig_on(server, page_size=5))
    assert isinstance(found.completeness, Complete)
    assert len(found.objects) == 12


def test_a_limit_over_all_pages_makes_it_partial(lacking: Lacking, rig_on: RigOn) -> None:
    server = lacking(Lacks(size_limit=7, page_limit=True))
    ours(server, *(f"p{number}" for number in range(12)))
    found = people_of(rig_on(server, page_size=5))
    assert why(found) == "transport.directory_size_limit"
    assert 0 < len(found.objects) < 12


def test_a_branch_that_we_may_not_see_is_not_an_empty_one(lacking: Lacking, rig_on: RigOn) -> None:
    server = lacking(Lacks(hidden_branch=True))
    ours(server, "anna")
    rig = rig_on(server)
    assert why(people_of(rig)) == "ldap.branch_hidden"
    assert isinstance(rig.connector.look_up(ResourceId(Kind.ACCOUNT, "any"), "anna"), Unreadable)


def test_a_branch_that_does_not_exist_is_not_an_empty_one(directory: Server, rig_on: RigOn) -> None:
    assert why(people_of(rig_on(directory, people_branch="ou=peopel"))) == "ldap.branch_hidden"


def test_people_whom_we_may_no_longer_see_are_not_gone(lacking: Lacking, rig_on: RigOn) -> None:
    server = lacking(Lacks(hidden_people=True))
    ours(server, "anna", "bert")
    found = people_of(rig_on(server))
    assert why(found) == "ldap.branch_emptied"
    assert found.objects == {}


def test_an_unreadable_lasting_id_makes_it_partial(lacking: Lacking, rig_on: RigOn) -> None:
    server = lacking(Lacks(hidden_attributes=("entryUUID",)))
    ours(server, "anna")
    assert why(people_of(rig_on(server))) == "ldap.branch_hidden"


def test_addresses_that_nobody_shows_any_more_are_unknown_not_empty(lacking: Lacking, rig_on: RigOn) -> None:
    server = lacking(Lacks(hidden_attributes=("mail",)))
    ours(server, "anna", "bert", "cem")
    found = people_of(rig_on(server))
    assert why(found) == "ldap.attribute_hidden"
    assert [remote.fields["email"] for remote in found.objects.values()] == [UNKNOWN] * 3
    assert {remote.fields["display_name"] for remote in found.objects.values()} == {"anna", "bert", "cem"}


def test_a_state_that_we_may_not_read_is_unknown_and_not_changed(lacking: Lacking, rig_on: RigOn) -> None:
    server = lacking(Lacks(hidden_attributes=("employeeType",)))
    rig = rig_on(server)
    ours(server, "anna")
    found = people_of(rig)
    assert why(found) == "ldap.attribute_hidden"
    ((remote_id, remote),) = found.objects.items()
    assert remote.fields["enabled"] is UNKNOWN
    rig.bound[anna().id] = remote_id
    assert rig.apply(suspend(rig, "anna")) == []
    assert rig.moved[0].why.code == "kit.field_moved"


def test_an_entry_of_ours_that_lost_its_state_is_unknown_alone(rig: Rig, directory: Server) -> None:
    ours(directory, "anna", "bert")
    directory.do("modify", f"uid=anna,{directory.people}", {"employeeType": [("MODIFY_DELETE", [])]})
    fields = rig.people()
    assert (fields["anna"]["enabled"], fields["bert"]["enabled"]) == (UNKNOWN, True)


def test_a_family_name_that_we_may_not_read_is_unknown(lacking: Lacking, rig_on: RigOn) -> None:
    server = lacking(Lacks(hidden_attributes=("sn",)))
    ours(server, "anna")
    assert rig_on(server).people()["anna"]["family_name"] is UNKNOWN


def test_members_are_only_sure_when_all_people_are(lacking: Lacking, rig_on: RigOn) -> None:
    server = lacking(Lacks(hidden_people=True))
    ours(server, "anna")
    server.add_group("g", [f"uid=anna,{server.people}"])
    (roster,) = rig_on(server).connector.observe([Kind.GROUP]).rosters.values()
    assert isinstance(roster.completeness, Partial)
    assert roster.completeness.why.code == "ldap.people_partial"
    assert roster.accounts == {f"uid=anna,{server.people}"}


def test_a_right_to_write_that_is_missing_is_said_so(lacking: Lacking, rig_on: RigOn) -> None:
    rig = rig_on(lacking(Lacks(no_writing=True)))
    with pytest.raises(NotAllowed):
        rig.apply(anna())
    assert rig.people() == {}
