"""The emulated directory as a sandbox: what it tells, what it can suffer, and that it stays consistent."""

from collections.abc import Callable, Iterator

import pytest

from connectors.ldap import LDAP
from connectors.ldap.emulator import LdapEmulator
from provisioner.emulation import VirtualClock
from provisioner.model.errors import OutcomeUnknown, Transient
from provisioner.model.inventory import Absent, Complete, Present
from provisioner.model.resources import Kind
from tests.ldap.rig import Rig, anna, body_id, create, emulated, join, leave, person_id, suspend, update

RigOn = Callable[..., Rig]


@pytest.fixture
def emulator() -> Iterator[LdapEmulator]:
    with LdapEmulator() as running:
        yield running


@pytest.fixture
def rig(emulator: LdapEmulator, rig_on: RigOn) -> Rig:
    return rig_on(emulated(emulator), page_size=500)


def test_the_connectors_emulator_has_all_that_its_settings_ask_for() -> None:
    assert LDAP.emulator is not None
    sandbox = LDAP.emulator(VirtualClock(), 0)
    sandbox.start()
    settings = LDAP.settings(url=sandbox.url, **sandbox.credentials, **sandbox.settings)
    rig = Rig(settings)  # type: ignore[arg-type]
    inventory = rig.connector.observe([Kind.ACCOUNT, Kind.GROUP])
    assert all(isinstance(inventory.of(kind).completeness, Complete) for kind in (Kind.ACCOUNT, Kind.GROUP))
    assert sandbox.traffic() == (5, 0)
    rig.close()
    sandbox.stop()


def test_it_keeps_its_port_and_its_entries_over_a_restart(emulator: LdapEmulator, rig: Rig) -> None:
    rig.apply(anna())
    url = emulator.url
    emulator.stop()
    emulator.start()
    assert emulator.url == url
    assert list(rig.people()) == ["anna"]


def test_nothing_to_do_costs_one_request_a_page_and_four_more(emulator: LdapEmulator, rig_on: RigOn) -> None:
    server = emulated(emulator)
    for number in range(11):
        server.add_person(f"p{number}")
    rig = rig_on(server, page_size=5)
    emulator.log.clear()
    rig.connector.observe([Kind.ACCOUNT, Kind.GROUP])
    pages = 3 + 1
    assert len(emulator.log) == pages + 3  # log-in, and each branch's own entry
    assert emulator.log.writes == []


def test_a_first_sync_is_one_write_a_person_and_one_a_group(emulator: LdapEmulator, rig: Rig) -> None:
    people = [anna(f"p{number}") for number in range(20)]
    keys = [change.id.key.removeprefix("person:") for change in people]
    rig.apply(*people, create(body_id("b"), "b"), join("b", *keys))
    assert [entry.method for entry in emulator.log.writes] == ["ADD"] * 21
    assert [entry.method for entry in emulator.log if not entry.write] == ["BIND", "SEARCH"]


def _prepared(rig: Rig) -> None:
    rig.apply(anna("anna"), anna("bert"), create(body_id("b"), "b"), join("b", "anna"))


CHANGES = {
    "create": lambda rig: anna("cem"),
    "create group": lambda rig: create(body_id("c"), "c"),
    "update": lambda rig: update(rig, person_id("anna"), "anna", language=("de", "en")),
    "rename": lambda rig: update(rig, person_id("anna"), "anna", name=("anna", "anne")),
    "suspend": lambda rig: suspend(rig, "anna"),
    "join": lambda rig: join("b", "bert"),
    "leave": lambda rig: leave(rig, "b", "anna"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("happened", [False, True], ids=["cut before", "cut after"])
def test_after_a_cut_line_the_truth_is_found_by_reading(
    emulator: LdapEmulator, rig: Rig, change: Callable[[Rig], object], happened: bool
) -> None:
    _prepared(rig)
    (step,) = rig.compile(change(rig))  # type: ignore[arg-type]
    (emulator.faults.reset_after if happened else emulator.faults.reset_before)(nth_write=1)
    with pytest.raises(OutcomeUnknown):
        rig.run(step)
    if step.creates:
        reading = rig.connector.look_up(step.id, step.name)
        assert isinstance(reading, Present if happened else Absent)
    elif step.operation == "join-group":
        assert (rig.rosters() == {"b": {"anna", "bert"}}) is happened
        assert rig.run(step)  # a join may be done twice
        assert rig.rosters() == {"b": {"anna", "bert"}}
    else:
        assert rig.run(step) is not happened  # the fresh read tells: done already, or still to do
    if not step.creates:
        assert rig.rosters()["b"] in ({"anna"}, {"anne"}, {"anna", "bert"}, set())


def test_a_busy_directory_did_nothing(emulator: LdapEmulator, rig: Rig) -> None:
    emulator.faults.mishap("busy", nth_write=1)
    with pytest.raises(Transient):
        rig.apply(anna())
    assert rig.people() == {}
    rig.apply(anna())
    assert list(rig.people()) == ["anna"]


def test_somebody_renamed_between_two_pages_is_seen_once(emulator: LdapEmulator, rig_on: RigOn) -> None:
    server = emulated(emulator)
    for number in range(7):
        server.add_person(f"p{number}")
    rig = rig_on(server, page_size=3)
    emulator.faults.hook(
        before=lambda _: server.do("modify_dn", f"uid=p0,{server.people}", "uid=zz"), method="SEARCH", nth=3
    )
    found = rig.connector.observe([Kind.ACCOUNT]).of(Kind.ACCOUNT)
    assert len(found.objects) == 7


def test_the_log_tells_who_did_what_but_no_passwords(emulator: LdapEmulator, rig: Rig) -> None:
    rig.apply(anna())
    (write,) = emulator.log.writes
    assert (write.method, write.path, write.user) == (
        "ADD",
        f"uid=anna,ou=people,{emulator.base}",
        emulator.credentials["user"],
    )
    assert emulator.credentials["password"] not in str(emulator.log.as_json())


def test_who_may_not_delete_is_refused(emulator: LdapEmulator, rig: Rig) -> None:
    emulator.rights.delete = False
    server = emulated(emulator)
    anna_name = server.add_person("anna")
    technical = emulator.credentials["user"]
    ours = type(server)(server.url, server.base, admin_user=technical, admin_password=server.password)
    with pytest.raises(AssertionError, match="insufficientAccessRights"):
        ours.do("delete", anna_name)
    assert list(rig.people()) == ["anna"]


def test_our_own_account_is_told_apart_when_it_stands_among_the_people(emulator: LdapEmulator, rig_on: RigOn) -> None:
    server = emulated(emulator)
    name = server.add_person("provisioner", userPassword="geheim")
    emulator.house.technical = name
    inventory = rig_on(server, user=name.upper(), password="geheim").connector.observe([Kind.ACCOUNT])
    (remote_id,) = inventory.of(Kind.ACCOUNT).objects
    assert inventory.own_account == remote_id


def test_its_clock_stamps_its_entries(rig_on: RigOn) -> None:
    clock = VirtualClock()
    with LdapEmulator(clock=clock) as emulator:
        server = emulated(emulator)
        clock.advance(3600)
        server.add_person("anna")
        (entry,) = server.entries(server.people, "(objectClass=*)", "createTimestamp").values()
    assert entry["createTimestamp"] == [b"20260105090000Z"]


def test_every_answer_leaves_the_tree_consistent(emulator: LdapEmulator, rig: Rig) -> None:
    rig.apply(*(anna(key) for key in "abc"), create(body_id("b"), "b"), join("b", "a", "b", "c"))
    rig.apply(leave(rig, "b", "a"), update(rig, person_id("b"), "b", name=("b", "bb")))
    tree = emulator.tree
    for key, entry in tree.entries.items():
        assert tree.by_uuid(entry.uuid) is entry
        for group in entry.member_of:
            assert key in {value.decode().lower() for value in tree.entries[group].attributes["member"]}
