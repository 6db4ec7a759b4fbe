"""The contract of erasing: the entry that was named goes, with its memberships; nothing else does."""

import pytest

from provisioner.model.changes import ChangeClass, Erase
from provisioner.model.errors import Permanent, Uncertain, WriteRefused
from provisioner.model.inventory import Complete, Scope
from provisioner.model.resources import ResourceId
from provisioner.model.steps import Verified
from tests.ldap.rig import WHY, Rig, Server, anna, body_id, create, join, person_id, settled


def erase(rig: Rig, identity: ResourceId, name: str) -> Erase:
    return Erase(
        target="verzeichnis",
        id=identity,
        name=name,
        reason=WHY,
        change_class=ChangeClass.NAMED,
        remote_id=rig.bound[identity],
        fingerprint=rig.bound[identity],
        keys=Complete(Scope("verzeichnis", identity.kind)),
    )


@pytest.fixture
def filled(rig: Rig) -> Rig:
    rig.apply(anna("anna"), anna("bert"), create(body_id("iot"), "PG_IoT"), join("iot", "anna", "bert"))
    return rig


def test_a_person_goes_with_all_memberships_and_the_name_is_retired(filled: Rig) -> None:
    (step,) = filled.apply(erase(filled, person_id("anna"), "Anna"))
    assert (step.effects.erased, step.effects.fields) == (True, {"name": "anna"})
    assert list(filled.people()) == ["bert"]
    settled(filled.rosters, {"PG_IoT": {"bert"}})


def test_a_group_goes_and_its_members_stay(filled: Rig) -> None:
    filled.apply(erase(filled, body_id("iot"), "PG_IoT"))
    assert filled.rosters() == {}
    assert sorted(filled.people()) == ["anna", "bert"]


def test_groups_go_before_people(filled: Rig) -> None:
    changes = (erase(filled, person_id("anna"), "anna"), erase(filled, body_id("iot"), "PG_IoT"))
    assert [step.operation for step in filled.compile(*changes)] == ["erase-group", "erase-account"]


def test_what_is_gone_already_is_done(filled: Rig, directory: Server) -> None:
    (step,) = filled.compile(erase(filled, person_id("anna"), "anna"))
    directory.do("delete", f"uid=anna,{directory.people}")
    assert filled.run(step)
    assert list(filled.people()) == ["bert"]


def test_another_entry_that_took_the_name_is_left_alone(filled: Rig, directory: Server) -> None:
    (step,) = filled.compile(erase(filled, person_id("anna"), "anna"))
    directory.do("delete", f"uid=anna,{directory.people}")
    directory.add_person("anna")
    assert filled.run(step)
    assert sorted(filled.people()) == ["anna", "bert"]


def test_nothing_goes_unseen_or_without_a_write_token(filled: Rig) -> None:
    (step,) = filled.compile(erase(filled, person_id("anna"), "anna"))
    with pytest.raises(Uncertain):
        filled.connector.perform(step, None, filled.resolve)
    seen = filled.connector.verify(step, filled.resolve)
    assert isinstance(seen, Verified)
    with pytest.raises(WriteRefused):
        filled.connector.perform(step, seen, filled.resolve)
    assert sorted(filled.people()) == ["anna", "bert"]


def test_our_own_entry_is_never_erased(directory: Server) -> None:
    name = directory.add_person("wir")
    rig = Rig(directory.settings())
    (remote,) = rig.connector.observe([person_id("wir").kind]).of(person_id("wir").kind).objects
    rig.bound[person_id("wir")] = remote
    (step,) = rig.compile(erase(rig, person_id("wir"), "wir"))
    rig.connector._client.settings = rig.settings.model_copy(update={"user": name.upper()})
    with pytest.raises(Permanent):
        rig.connector.verify(step, rig.resolve)
    rig.close()
