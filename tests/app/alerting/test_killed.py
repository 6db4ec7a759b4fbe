"""The bridge is killed between any two of its steps: nothing is lost, nothing said twice, alerts are as without it."""

import itertools
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from provisioner.alerts.alerting import decode_alert
from provisioner.alerts.states import decode
from provisioner.app.alerting.intake import Intake
from provisioner.model.alerts import SayingKind
from provisioner.senders.receiving import Delivery
from provisioner.state import SaidState, SensorStates, Uplinks
from tests.support.alert_rooms import SENDER, Rooms, another, rooms_of
from tests.support.alerting import eui, uplink_bytes
from tests.support.change import Known
from tests.support.killing import kill, settle
from tests.support.site import Installation

STORY = ((1, 250), (11, 250), (1, 100), (2, 250), (1, 260), (2, 100), (1, 90), (11, 100), (2, 240))
"""Gauges and how high the water stands: two alerts that end, one that goes on, one elsewhere."""
MINUTE = 60.0
CONVERSATIONS = ("Sensorik", "LoRaWAN")

Settled = Callable[[bool], None]
Arm = Callable[[Rooms], Settled]
"""Makes ready when death comes; what is called as messages are settled."""


@dataclass(frozen=True)
class Told:
    """One uplink of the story, the same each time it is delivered."""

    number: int
    payload: bytes


def told(installation: Installation) -> list[Told]:
    begin = installation.clock.now()
    return [
        Told(number, uplink_bytes(eui(gauge), number + 1, 500 - level, begin.replace(minute=number)))
        for number, (gauge, level) in enumerate(STORY)
    ]


def live(rooms: Rooms, story: list[Told], settled: Settled = lambda _: None) -> None:
    """Take in what is told, look at the clock and speak, one after the other."""
    intake = Intake(rooms.site.database, "redi", rooms.books, rooms.site.clock)
    for one in story:
        rooms.wait(MINUTE)
        intake.take([Delivery(SENDER, "things-stack", one.payload, "", rooms.site.clock.now(), settled)])
        rooms.tick()
        rooms.poster.turn()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed(installation: Installation, story: list[Told], arm: Arm) -> None:
    """One that was armed lives in a process of its own until it is dead."""
    child = os.fork()
    if not child:
        rooms = Rooms(installation)
        live(rooms, story, arm(rooms))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    settle(installation.cloud)


def killed_while_talking(installation: Installation, story: list[Told], number: int, moment: str) -> None:
    """It is dead before (or after) Talk took its message of this number."""
    ready, go = os.pipe()
    child = os.fork()
    if not child:
        os.read(ready, 1)
        live(Rooms(installation), story)
        os._exit(0)
    faults, aim = installation.cloud.faults, {"method": "POST", "path": "/chat/", "nth": number}
    if moment == "before":
        faults.hook(before=lambda _: kill(child), **aim)
        faults.reset_before(**aim)
    else:
        faults.hook(after=lambda *_: kill(child), **aim)
        faults.reset_after(**aim)
    os.write(go, b".")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    settle(installation.cloud)


def at_commit(number: int) -> Arm:
    """Before the transaction of this number is committed."""

    def arm(rooms: Rooms) -> Settled:
        commits = itertools.count(1)

        def committing(_: Any) -> None:
            if next(commits) == number:
                die()

        event.listen(rooms.site.database.engine, "commit", committing)
        return lambda _: None

    return arm


def at_settling(number: int) -> Arm:
    """When it is committed, and the broker was not told yet."""

    def arm(rooms: Rooms) -> Settled:
        messages = itertools.count(1)

        def settling(_: bool) -> None:
            if next(messages) == number:
                die()

        return settling

    return arm


def came_to_rest(rooms: Rooms, story: list[Told]) -> dict[str, Any]:
    """All is delivered (again), and said; what is known then."""
    rooms.wait(MINUTE * (len(story) + 1))
    live(rooms, story)
    for _ in range(4):
        rooms.wait(MINUTE)
        rooms.tick()
        rooms.poster.turn()
    states = SensorStates(rooms.site.database, "redi").all()
    alerts = sorted(rooms.alerts.history(100), key=lambda row: row.id)
    return {
        "uplinks": Uplinks(rooms.site.database, "redi").count(),
        "sensors": {row.sensor: _lasting(row.about) for row in states},
        "alerts": [(row.body, row.rule, str(row.severity), row.closed is None, _members(row.about)) for row in alerts],
    }


def _lasting(about: str) -> Any:
    state = decode(about)
    return state.newest, state.counter, state.values, {rule: watch.on for rule, watch in state.watches.items()}


def _members(about: str) -> dict[str, Any]:
    members = decode_alert(about).members
    return {key: (one.severity, one.since, one.peak, bool(one.ended)) for key, one in members.items()}


@pytest.fixture(scope="module")
def spared(alerts_known: Known, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one knows at the end that was never killed."""
    with another(tmp_path_factory.mktemp("spared"), alerts_known) as installation, rooms_of(installation) as rooms:
        story = told(installation)
        live(rooms, story)
        known = came_to_rest(rooms, story)
    assert known["uplinks"] == len(STORY)
    assert len(known["alerts"]) == 4
    return known


@pytest.fixture
def installation(alerts_known: Known, tmp_path: Path) -> Iterator[Installation]:
    with another(tmp_path, alerts_known) as found:
        yield found


def check(installation: Installation, story: list[Told], spared: dict[str, Any]) -> None:
    with rooms_of(installation) as rooms:
        assert came_to_rest(rooms, story) == spared
        rows = [row for row in rooms.outbox.latest(*SaidState, limit=1_000) if row.kind is not SayingKind.PICTURE]
        assert {row.state for row in rows} == {SaidState.SENT}
        once = Counter((row.alert, row.body, row.kind) for row in rows)
        assert {once[row.alert, row.body, SayingKind.FIRST] for row in rows} == {1}
        every = [said for name in CONVERSATIONS for said in rooms.messages(name) if said.picture is None]
        references = Counter(said.reference for said in every)
        assert set(references.values()) == {1}, "something was said twice"
        assert sorted(said.id for said in every) == sorted({row.message for row in rows})


@pytest.mark.parametrize("number", [1, 2, 3, 5, 8, 13])
def test_after_a_kill_before_any_commit_it_goes_on_as_if_nothing_had_been(
    installation: Installation, spared: dict[str, Any], number: int
) -> None:
    story = told(installation)
    killed(installation, story, at_commit(number))
    check(installation, story, spared)


@pytest.mark.parametrize("number", [1, 3, 9])
def test_after_a_kill_before_the_broker_was_told_what_comes_again_counts_once(
    installation: Installation, spared: dict[str, Any], number: int
) -> None:
    story = told(installation)
    killed(installation, story, at_settling(number))
    check(installation, story, spared)


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_after_a_kill_while_talk_was_told_it_is_said_once(
    installation: Installation, spared: dict[str, Any], number: int, moment: str
) -> None:
    story = told(installation)
    killed_while_talking(installation, story, number, moment)
    check(installation, story, spared)
