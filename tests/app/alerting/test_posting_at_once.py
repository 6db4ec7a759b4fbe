"""Several conversations at once: workers that wait for nobody but their own server's answer."""

from collections.abc import Callable
from threading import Event

from provisioner.emulation.messages import Request
from provisioner.state import SaidState
from tests.support.alert_rooms import LORA, Rooms
from tests.support.rooms import room_of


def until(let_go: Event) -> Callable[[Request], None]:
    """A server that answers only then."""

    def wait(_: Request) -> None:
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


def test_what_is_put_down_is_said_as_soon_as_the_poster_is_woken(rooms: Rooms) -> None:
    rooms.poster.start()
    for number in range(3):
        rooms.say(f"Pegel {number}")
        rooms.poster.wake()
        rooms.until(has_said(rooms, number + 1))
    rooms.poster.stop()


def test_what_is_in_hand_when_it_ends_is_said_to_its_end_and_written_down(rooms: Rooms) -> None:
    begun, go_on = Event(), Event()

    def wait(_: Request) -> None:
        begun.set()
        go_on.wait(30)

    rooms.installation.cloud.faults.hook(before=wait, method="POST", path="/chat/")
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
