"""Rooms and the connector over them: order, what is verified, what is forgotten, whose trouble is whose."""

from collections.abc import Iterator

import pytest

from connectors.kit.batch import Batch
from connectors.kit.bench import Bench
from connectors.kit.connector import RoomConnector
from connectors.kit.rooms import Look, Room, Rosters, Stage, Staged, held_against
from provisioner.model.changes import Create, Erase, Update
from provisioner.model.errors import Garbled, LoginRefused, Permanent, TargetError, Uncertain
from provisioner.model.inventory import UNKNOWN, Absent, Complete, Observation, Partial, Reading, Remote, Scope
from provisioner.model.ports import Finding, Interest, Resolve, Wiring
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Done, Effects, Moved, Step, Verified
from provisioner.model.text import Text

STAGES = {"create": Stage.CONTAINERS, "update": Stage.UPDATES, "erase": Stage.ERASURES}


class Plain(Room[Look]):
    """Keeps everything in a dictionary."""

    fields: dict[FieldName, Mode] = {"name": Mode.MANAGED}  # noqa: RUF012

    def __init__(self, kind: Kind, sharing: frozenset[str] = frozenset()) -> None:
        self.kind = kind
        self.operations = frozenset(f"{verb}-{kind}" for verb in STAGES)
        self.sharing = sharing
        self.forgotten = 0
        self.trouble: Exception | None = None

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        self._fail()
        return Observation(Complete(Scope("bench", self.kind))), {}

    def compile(self, batch: Batch) -> Iterator[Staged]:
        for change in batch.of(self.kind):
            verb = str(change.verb)
            expects: dict[FieldName, Value] | None = None if isinstance(change, Create) else {}
            step = Step(
                "bench", f"{verb}-{self.kind}", change.id, change.name, (batch.digest(change),), expects=expects
            )
            yield Staged(STAGES[verb], step)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        return Verified(None)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        self._fail()
        return Done("x")

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        return Absent()

    def forget(self) -> None:
        self.forgotten += 1

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble


class Plainly(RoomConnector[Look]):
    product = "Plain"

    def examine(self) -> Iterator[Finding]:
        return iter(())

    def begin(self, kinds: frozenset[Kind], interest: Interest) -> Look:
        return Look(kinds, interest)


class House(Bench):
    """Accounts and groups, side by side."""

    def __init__(self) -> None:
        self.groups = Plain(Kind.GROUP, frozenset({"update-group"}))
        self.accounts = Plain(Kind.ACCOUNT)
        super().__init__(self.opened)

    def opened(self, target: str, wiring: Wiring) -> Plainly:
        return Plainly(target, (self.accounts, self.groups))

    def changes(self, kind: Kind) -> tuple[Create, Update, Erase]:
        there = Remote("r", "r", {})
        old = ResourceId(kind, "old")
        new = self.create(ResourceId(kind, "new"), "new", {})
        return new, self.update(old, there, {"name": "x"}), self.erase(old, there)


@pytest.fixture
def house() -> House:
    return House()


def test_steps_come_stage_by_stage_and_erasures_backwards(house: House) -> None:
    steps = house.compile(*house.changes(Kind.GROUP), *house.changes(Kind.ACCOUNT))
    assert [step.operation for step in steps] == [
        *("create-account", "create-group", "update-account", "update-group", "erase-group", "erase-account"),
    ]


@pytest.mark.parametrize(("trouble", "is_partial"), [(Garbled, True), (Permanent, True), (LoginRefused, False)])
def test_a_room_s_trouble_is_its_own_unless_nobody_is_let_in(
    house: House, trouble: type[TargetError], is_partial: bool
) -> None:
    house.groups.trouble = trouble(Text.of("tests.why"))
    if not is_partial:
        with pytest.raises(trouble):
            house.observe()
        return
    inventory = house.observe()
    assert isinstance(inventory.of(Kind.GROUP).completeness, Partial)
    assert isinstance(inventory.of(Kind.ACCOUNT).completeness, Complete)


def test_a_step_that_expects_something_is_not_done_unread(house: House) -> None:
    _, update, _ = house.compile(*house.changes(Kind.GROUP))
    with pytest.raises(Uncertain):
        house.connector.perform(update, None, house.resolve)


def test_what_was_read_is_kept_for_steps_that_share_it_alone(house: House) -> None:
    create, update, _ = house.compile(*house.changes(Kind.GROUP))
    house.perform(update)
    assert (house.groups.forgotten, house.accounts.forgotten) == (0, 2)
    house.perform(create)
    assert house.groups.forgotten == 1


def test_whoever_asks_twice_or_fails_begins_anew(house: House) -> None:
    _, update, _ = house.compile(*house.changes(Kind.GROUP))
    for times in (0, 1):
        house.connector.verify(update, house.resolve)
        assert house.groups.forgotten == times
    house.groups.trouble = Garbled(Text.of("tests.why"))
    with pytest.raises(Garbled):
        house.connector.perform(update, Verified(None), house.resolve)
    assert house.groups.forgotten == 2


def test_what_has_another_name_or_value_has_moved_and_what_is_gone_too() -> None:
    step = Step("t", "o", ResourceId(Kind.GROUP, "g"), "g", (), "r", effects=Effects(), expects={"name": "a"})
    assert isinstance(held_against(step, Remote("r", "a", {}), "Plain"), Verified)
    for there in (None, Remote("r", "b", {}), Remote("r", "a", {"name": "b"}), Remote("r", "a", {"name": UNKNOWN})):
        assert isinstance(held_against(step, there, "Plain"), Moved)
    lenient = held_against(step, Remote("r", "a", {"name": UNKNOWN}), "Plain", unknown_may_differ=True)
    assert isinstance(lenient, Verified)
