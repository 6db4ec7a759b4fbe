"""Rooms that no server keeps: what is tied exists, and nothing is ever sent."""

import re

import pytest

from connectors.jitsi import JITSI
from provisioner.emulation import VirtualClock
from provisioner.model.changes import Adopt, Change, ChangeClass, Create, Erase, Update
from provisioner.model.errors import Permanent
from provisioner.model.inventory import UNKNOWN, Absent, Complete, Epoch, Remote, Scope
from provisioner.model.ports import Connector, Interest, Sought, Wiring
from provisioner.model.resources import Kind, Resource, ResourceId
from provisioner.model.steps import Cost, Done, Step
from provisioner.model.text import Text
from provisioner.transport.gate import WriteGate
from tests.jitsi.makers import settings
from tests.jitsi.test_doctor import NoLedger

KIND = Kind.MEETING_ROOM
SENSORS, CLIMATE = ResourceId(KIND, "body:sensorik"), ResourceId(KIND, "body:klima")
WHY = Text.of("planning.missing")
KEYS = Complete(Scope("meet", KIND))


@pytest.fixture
def connector() -> Connector:
    """Where nobody listens: whoever asks anything fails."""
    return JITSI.open("meet", settings(url="http://127.0.0.1:9"), Wiring(WriteGate(), VirtualClock(), NoLedger()))


def create(identity: ResourceId = SENSORS, name: str = "PG Sensorik") -> Create:
    wanted = Resource(identity, name, {}, WHY)
    return Create(target="meet", id=identity, name=name, reason=WHY, wanted=wanted, keys=KEYS)


def rename() -> Update:
    return Update(
        target="meet",
        id=SENSORS,
        name="PG Sensorik",
        reason=WHY,
        remote_id="re-1",
        before={"name": "PG Sensorik"},
        after={"name": "PG Sensoren"},
    )


def erase() -> Erase:
    return Erase(
        target="meet",
        id=SENSORS,
        name="PG Sensorik",
        reason=WHY,
        remote_id="re-1",
        change_class=ChangeClass.NAMED,
        fingerprint="",
        keys=KEYS,
    )


def compiled(connector: Connector, *changes: Change) -> list[Step]:
    return list(connector.compile(changes, {SENSORS: "re-1"}.__getitem__))


def test_what_is_tied_exists_under_the_name_that_it_had(connector: Connector):
    interest = Interest(
        bound=frozenset({(KIND, "re-1"), (KIND, "re-2"), (Kind.GROUP, "g")}), called={(KIND, "re-1"): "PG Sensorik"}
    )
    found = connector.observe([KIND], interest).of(KIND)
    assert found.completeness == KEYS
    assert found.objects == {
        "re-1": Remote("re-1", "PG Sensorik", {"name": "PG Sensorik"}),
        "re-2": Remote("re-2", "", {"name": UNKNOWN}),
    }


def test_a_look_at_few_speaks_of_these_alone(connector: Connector):
    only = (
        Sought(SENSORS, "PG Sensorik", "re-1"),
        Sought(CLIMATE, "PG Klima"),
        Sought(ResourceId(Kind.GROUP, "g"), "g"),
    )
    interest = Interest(bound=frozenset({(KIND, "re-1"), (KIND, "re-9")}), only=only, called={(KIND, "re-1"): "PG S"})
    found = connector.observe([KIND], interest).of(KIND)
    assert found.completeness == Complete(Scope("meet", KIND, only=frozenset({"body:sensorik", "body:klima"})))
    assert found.objects == {"re-1": Remote("re-1", "PG S", {"name": "PG S"})}


def test_other_kinds_are_none_of_its_business(connector: Connector):
    assert connector.observe([Kind.GROUP]).observations == {}


def test_making_renaming_and_forgetting_cost_no_request(connector: Connector):
    steps = compiled(connector, create(), create(CLIMATE, "PG Klima")) + compiled(connector, rename(), erase())
    assert [step.operation for step in steps] == ["make-room", "make-room", "rename-room", "forget-room"]
    assert all(step.cost == Cost() for step in steps)
    assert [dict(step.effects.fields) for step in steps[:3]] == [
        *({"name": "PG Sensorik"}, {"name": "PG Klima"}, {"name": "PG Sensoren"})
    ]
    assert steps[3].effects.erased
    done = [connector.perform(step, None, {}.__getitem__) for step in steps]
    assert len({one.remote_id for one in done[:2]}) == 2
    assert all(re.fullmatch(r"re-[0-9a-f]{32}", one.remote_id) for one in done[:2])
    assert done[2:] == [Done("re-1"), Done("re-1")]


def test_no_name_of_a_room_stands_in_a_step_that_makes_it(connector: Connector):
    step = compiled(connector, create())[0]
    assert step.creates
    assert not step.payload


def test_adopting_writes_nothing(connector: Connector):
    remote = Remote("re-1", "PG Sensorik", {})
    assert compiled(connector, Adopt(target="meet", id=SENSORS, name="", reason=WHY, remote=remote)) == []


def test_a_step_of_somebody_else_is_refused(connector: Connector):
    foreign = Step("meet", "create-group", SENSORS, "x", ())
    with pytest.raises(Permanent):
        connector.verify(foreign, {}.__getitem__)
    with pytest.raises(Permanent):
        connector.perform(foreign, None, {}.__getitem__)


def test_a_creation_that_was_cut_short_left_nothing(connector: Connector):
    assert connector.look_up(SENSORS, "PG Sensorik") == Absent()
    connector.leave_epoch(Epoch("database", 7))
    connector.close()


def test_rooms_have_no_address_that_could_be_passed_on(connector: Connector):
    assert connector.capabilities().address(KIND, "re-1", "PG Sensorik") is None


@pytest.mark.parametrize(("name", "refused"), [("PG Sensorik", False), ("", True), ("\u200b\n", True), ("😀", False)])
def test_a_room_needs_a_name_that_is_seen(connector: Connector, name: str, refused: bool):
    assert (connector.capabilities().objection(KIND, name) is not None) is refused
