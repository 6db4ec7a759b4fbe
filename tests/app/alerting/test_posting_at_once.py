"""Several conversations at once: workers that wait for nobody but their own server's answer."""

from collections.abc import Callable
from threading import Event

import pytest

from provisioner.emulation.messages import Request
from provisioner.state import SaidState, ServerLock
from tests.support.alert_rooms import LORA, Rooms
from tests.support.rooms import room_of


def until(let_go: Event, begun: Event | None = None) -> Callable[[Request], None]:
    """A server that answers only then."""

    def wait(_: Request) -> None:
        if begun is not None:
            begun.set()
        let_go.wait(30)

    return wait


def has_said(rooms: Rooms, count: int, name: str = "Sensorik") -> Callable[[], bool]:
    return lambda: len(rooms.said(name)) == count


def test_a_server_that_hangs_in_one_conversation_delays_no_other_one(rooms: Rooms) -> None:
    go_on, token = Event(), room_of(rooms.installation, "Sensorik").token
    rooms.installation.cloud.faults.hook(before=until(go_on), path=f"/chat/{token}")
    rooms.say("hängt")
    for number in range(3):
        rooms.say(f"Tor {number}", LORA)
    rooms.poster.start()
    try:
        rooms.until(has_said(rooms, 3, "LoRaWAN"))
        assert rooms.said() == []
    finally:
        go_on.set()
    rooms.until(has_said(rooms, 1))
    rooms.poster.stop()
    assert {state for state, _ in rooms.states()} == {SaidState.SENT}


def test_after_the_right_to_speak_was_lost_for_a_moment_who_hangs_delays_nobody_and_is_said_once(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, token = Event(), Event(), room_of(rooms.installation, "Sensorik").token
    rooms.installation.cloud.faults.hook(before=until(go_on, begun), path=f"/chat/{token}", times=None)
    rooms.say("hängt")
    rooms.poster.start()
    try:
        assert begun.wait(30)
        lost = iter([False])
        monkeypatch.setattr(ServerLock, "is_held", lambda _: next(lost, True))
        rooms.say("Tor", LORA)
        rooms.poster.wake()
        rooms.until(has_said(rooms, 1, "LoRaWAN"))
        assert next(lost, None) is None
        assert rooms.said() == []
    finally:
        go_on.set()
    rooms.until(lambda: {state for state, _ in rooms.states()} == {SaidState.SENT})
    rooms.poster.stop()
    assert len(rooms.said()) == 1


def test_what_is_put_down_is_said_as_soon_as_the_poster_is_woken(rooms: Rooms) -> None:
    rooms.poster.start()
    for number in range(3):
        rooms.say(f"Pegel {number}")
        rooms.poster.wake()
        rooms.until(has_said(rooms, number + 1))
    rooms.poster.stop()


def test_what_is_in_hand_when_it_ends_is_said_to_its_end_and_written_down(rooms: Rooms) -> None:
    begun, go_on = Event(), Event()
    rooms.installation.cloud.faults.hook(before=until(go_on, begun), method="POST", path="/chat/")
    rooms.say()
    rooms.poster.start()
    assert begun.wait(30)
    rooms.poster.tell_to_stop()
    go_on.set()
    rooms.poster.stop()
    assert rooms.states() == [(SaidState.SENT, "")]
    assert len(rooms.said()) == 1


def test_a_picture_that_takes_long_delays_no_word(rooms: Rooms) -> None:
    go_on = Event()
    rooms.installation.cloud.faults.hook(before=until(go_on), path="/dav/")
    rooms.poster.start()
    try:
        for level in (100, 150, 250):
            rooms.level(1, level)
            rooms.wait(900)
        rooms.until(has_said(rooms, 1))
        rooms.level(11, 250)
        rooms.say("weiter")
        rooms.poster.wake()
        rooms.until(has_said(rooms, 2))
        rooms.until(has_said(rooms, 1, "LoRaWAN"))
    finally:
        go_on.set()
        rooms.poster.stop()


def test_a_flood_of_sayings_in_many_threads_keeps_its_order(rooms: Rooms) -> None:
    rooms.poster.start()
    for number in range(3):
        for body in ("pg-sensorik", LORA):
            rooms.say(f"Nummer {number}", body)
        rooms.poster.wake()
    for name in ("Sensorik", "LoRaWAN"):
        rooms.until(has_said(rooms, 3, name))
        assert [f"Nummer {number}" in text for number, text in enumerate(rooms.said(name))] == [True] * 3
    rooms.poster.stop()
