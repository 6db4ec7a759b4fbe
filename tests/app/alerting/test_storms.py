"""A thousand sensors at once: few messages a conversation, the worst of them at once, and nothing left unsaid."""

from provisioner.model.alerts import SayingKind
from provisioner.state import SaidState
from tests.support.alert_rooms import LORA, Rooms


def pour(rooms: Rooms, seconds: int) -> None:
    """The poster works on."""
    for _ in range(seconds):
        rooms.poster.turn(1000)
        rooms.wait(1)


def test_a_storm_is_three_messages_and_one_for_all_the_rest(rooms: Rooms) -> None:
    for number in range(250):
        rooms.say(f"Pegel {number}")
    pour(rooms, 10)
    said = rooms.said()
    assert len(said) == 4
    assert [f"Pegel {number}" in text for number, text in enumerate(said[:3])] == [True] * 3
    assert "Viele Meldungen auf einmal (247)" in said[3]
    assert {state for state, _ in rooms.states()} == {SaidState.SENT}
    numbers = {one.message for one in rooms.outbox.latest(SaidState.SENT, limit=1000)}
    assert len(numbers) == 4


def test_a_storm_in_one_conversation_gathers_nothing_in_another(rooms: Rooms) -> None:
    for number in range(50):
        rooms.say(f"Pegel {number}")
    rooms.say("Tor", LORA)
    pour(rooms, 5)
    assert len(rooms.said("LoRaWAN")) == 1
    assert len(rooms.said()) == 4


def test_of_a_storm_the_worst_is_named(rooms: Rooms) -> None:
    for number in range(100):
        rooms.say(f"Pegel {number}", severity="critical" if number == 50 else "info")
    pour(rooms, 10)
    assert ["Pegel 50" in line for line in rooms.said()[3].splitlines() if "🔴" in line] == [True]


def ask(rooms: Rooms, reply_to: int = 1) -> None:
    """Somebody asks the bot what it can do."""
    about = {"answer": "help", "reply_to": reply_to}
    rooms.outbox.add(None, SayingKind.ANSWER, "pg-sensorik", about, rooms.site.clock.now())


def answers(rooms: Rooms) -> list[bool]:
    return ["Das verstehe ich" in text for text in rooms.said()]


def test_who_asks_in_a_storm_is_answered_at_once_and_apart_from_it(rooms: Rooms) -> None:
    for number in range(50):
        rooms.say(f"Pegel {number}")
    ask(rooms)
    pour(rooms, 1)
    assert answers(rooms) == [False] * 3 + [True]
    pour(rooms, 10)
    for number in range(5):
        rooms.say(f"Nachzügler {number}")
    ask(rooms)
    ask(rooms)
    rooms.say("Probe", kind=SayingKind.TEST)
    rooms.poster.turn()
    assert answers(rooms) == [False] * 3 + [True, False, True, True, False]
    pour(rooms, 60)
    assert len(rooms.said()) == 9
    assert "(5)" in rooms.said()[-1]


def test_an_answer_waits_where_a_conversation_rests_since_something_failed(rooms: Rooms) -> None:
    for number in range(4):
        rooms.say(f"Pegel {number}")
    fault = rooms.installation.cloud.faults.status(500, method="POST", path="/chat/", nth=2, times=2)
    rooms.poster.turn()
    ask(rooms)
    rooms.poster.turn()
    rooms.wait(2)
    rooms.poster.turn()
    assert fault.fired == 2
    assert len(rooms.said()) == 1
    pour(rooms, 5)
    assert answers(rooms) == [False] * 3 + [True]
    pour(rooms, 10)
    assert answers(rooms) == [False] * 3 + [True, False]


def test_an_answer_that_fails_lets_nothing_through_that_is_held_back(rooms: Rooms) -> None:
    for number in range(50):
        rooms.say(f"Pegel {number}")
    pour(rooms, 10)
    rooms.say("Nachzügler")
    ask(rooms)
    rooms.installation.cloud.faults.status(500, method="POST", path="/chat/", times=2)
    pour(rooms, 20)
    assert answers(rooms) == [False] * 4 + [True]
    pour(rooms, 60)
    assert "Nachzügler" in rooms.said()[-1]


def test_what_was_gathered_and_may_have_gone_stands_there_once(rooms: Rooms) -> None:
    rooms.installation.cloud.faults.reset_after(method="POST", path="/chat/", nth=4)
    for number in range(30):
        rooms.say(f"Pegel {number}")
    pour(rooms, 10)
    for number in range(5):
        rooms.say(f"Nachzügler {number}")
    pour(rooms, 200)
    said = rooms.said()
    assert sum("(27)" in text for text in said) == 1
    assert {state for state, _ in rooms.states()} == {SaidState.SENT}
    assert len({one.message for one in rooms.outbox.latest(SaidState.SENT, limit=1000)}) == len(said)


def test_what_was_gathered_when_the_process_ended_stands_there_once(rooms: Rooms) -> None:
    for number in range(30):
        rooms.say(f"Pegel {number}")
    pour(rooms, 10)
    with rooms.site.database.writing() as connection:  # the process ended before it was written down
        connection.exec_driver_sql("UPDATE alert_outbox SET state = 'sending', message = NULL WHERE id > 3")
    rooms.poster.stop()
    rooms.anew()
    pour(rooms, 5)
    assert len(rooms.said()) == 4
    assert {state for state, _ in rooms.states()} == {SaidState.SENT}


def test_a_storm_over_two_bodies_and_many_sensors_comes_from_one_batch_of_uplinks(rooms: Rooms) -> None:
    for sensor in (1, 2, 3, 11):
        rooms.level(sensor, 250)
    pour(rooms, 5)
    assert len(rooms.said()) <= 2
    assert len(rooms.said("LoRaWAN")) == 1
