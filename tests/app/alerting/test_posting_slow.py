"""Servers that accept a message and do not answer, in many conversations at once."""

import re
import threading
from dataclasses import dataclass, field

import pytest

from connectors.nextcloud.emulation.talk.state import Room
from provisioner.app.alerting.crew import SLOW, WORKERS
from provisioner.app.alerting.lanes import PATIENCE
from provisioner.emulation.messages import Request
from provisioner.state import SaidState
from tests.support.alert_rooms import LORA, Rooms

MANY = 60


@dataclass
class Hanging:
    """Conversations whose server answers when it is told to."""

    rooms: Rooms
    count: int = MANY
    talks: dict[str, Room] = field(default_factory=dict)
    arrived: int = 0
    go_on: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        cloud = self.rooms.installation.cloud
        for number in range(self.count):
            room = cloud.talk.add_room(f"Raum {number}", owner="readi-provisioner")
            self.talks[f"raum-{number}"] = room
            self._tie(f"raum-{number}", room)
        tokens = "|".join(re.escape(room.token) for room in self.talks.values())
        cloud.faults.hook(before=self._hang, path=f"/chat/({tokens})", times=None)

    def _tie(self, body: str, room: Room) -> None:
        """As the first sync does."""
        with self.rooms.site.database.writing() as connection:
            connection.exec_driver_sql(
                "INSERT INTO binding SELECT network, target, kind, ?, server, ?, name, fingerprint, applied, bound_at"
                " FROM binding WHERE key = 'body:pg-lora' AND kind = 'conversation'",
                (f"body:{body}", room.token),
            )

    def _hang(self, _: Request) -> None:
        with self._lock:
            self.arrived += 1
        self.go_on.wait(30)

    def say(self, text: str) -> None:
        for body in self.talks:
            self.rooms.say(text, body)
        self.rooms.poster.wake()

    def until(self, arrived: int) -> None:
        self.rooms.until(lambda: self.arrived >= arrived)

    def lose_patience(self) -> None:
        self.rooms.wait(PATIENCE)
        self.rooms.poster.wake()

    def until_all_hang(self) -> None:
        """Some more each time that we lose patience."""
        for arrived in (*range(WORKERS, self.count, WORKERS), self.count):
            self.until(arrived)
            assert self.arrived == arrived
            self.lose_patience()

    def said(self) -> list[list[str]]:
        return [[text.splitlines()[0] for text in room.comments] for room in self.talks.values()]

    def all_said(self, count: int) -> bool:
        return all(len(said) == count for said in self.said())


def at_work(name: str) -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name.startswith(name)]


@pytest.fixture
def hanging(rooms: Rooms) -> Hanging:
    return Hanging(rooms)


def test_servers_that_hang_in_many_conversations_at_once_delay_no_other_one(rooms: Rooms, hanging: Hanging) -> None:
    hanging.say("hängt")
    rooms.say("Tor", LORA)
    rooms.poster.start()
    try:
        hanging.until_all_hang()
        rooms.until(lambda: len(rooms.said("LoRaWAN")) == 1)
        assert hanging.all_said(0)
    finally:
        hanging.go_on.set()
    rooms.until(lambda: hanging.all_said(1))
    rooms.poster.stop()
    assert {state for state, _ in rooms.states()} == {SaidState.SENT}


def test_where_a_server_let_us_wait_last_time_few_are_asked_at_once(rooms: Rooms, hanging: Hanging) -> None:
    hanging.say("hängt")
    rooms.poster.start()
    try:
        hanging.until_all_hang()
        hanging.go_on.set()
        rooms.until(lambda: {state for state, _ in rooms.states()} == {SaidState.SENT})
        hanging.go_on.clear()
        hanging.say("noch einmal")
        hanging.until(MANY + SLOW)
        hanging.lose_patience()
        for number in range(3):
            rooms.say(f"Tor {number}", LORA)
            rooms.poster.wake()
            rooms.until(lambda count=number + 1: len(rooms.said("LoRaWAN")) == count)  # type: ignore[misc]
        assert hanging.arrived == MANY + SLOW
        assert hanging.all_said(1)
    finally:
        hanging.go_on.set()
    rooms.until(lambda: hanging.all_said(2))
    rooms.poster.stop()
    for said in hanging.said():
        assert ["noch einmal" in text for text in said] == [False, True]


def test_what_is_said_at_the_end_is_written_down_and_the_rest_is_said_by_the_next_one(
    rooms: Rooms, hanging: Hanging
) -> None:
    hanging.say("hängt")
    rooms.poster.start()
    hanging.until(WORKERS)
    ending = threading.Thread(target=rooms.poster.stop)
    ending.start()
    rooms.until(lambda: not at_work("readi-alerts-books"))
    hanging.go_on.set()
    ending.join()
    assert at_work("readi-alerts") == []
    states = [state for state, _ in rooms.states()]
    assert set(states) == {SaidState.SENT, SaidState.WAITING}
    assert states.count(SaidState.SENT) >= WORKERS
    rooms.anew()
    rooms.wait(2)
    rooms.poster.turn()
    assert hanging.all_said(1)
    assert hanging.arrived == MANY, "what was not begun needs no looking up"
