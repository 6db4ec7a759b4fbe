"""What is said of alerts in conversations on an emulated Nextcloud: once, in order, each conversation by itself."""

from datetime import timedelta

import pytest

from provisioner.app.alerting.posting import Poster
from provisioner.model.alerts import SayingKind
from provisioner.state import LockTaken, SaidState
from tests.support.alert_rooms import LORA, Rooms
from tests.support.rooms import room_of

SENT, WAITING, REFUSED = SaidState.SENT, SaidState.WAITING, SaidState.REFUSED


def test_a_flood_is_said_in_german_with_what_it_means_and_what_to_do(rooms: Rooms) -> None:
    rooms.level(1, 250)
    assert rooms.poster.turn() == 1
    (said,) = rooms.said()
    assert said.startswith("🔴 **Hochwasser** (kritisch): Alb, Brücke 1")
    assert "250,0\xa0cm (Grenze 200,0\xa0cm)" in said
    assert "Der Uferweg wird überflutet.\n**Zu tun:** Uferweg sperren." in said
    assert said.endswith("\n\n@all")
    assert rooms.states() == [(SENT, "")]


def test_a_message_takes_one_request(rooms: Rooms) -> None:
    rooms.level(1, 250)
    rooms.poster.turn()
    chat = [one.method for one in rooms.installation.cloud.log.requests if "/chat/" in one.path]
    assert chat == ["POST"]


def test_the_end_answers_the_first_message_and_tells_how_long_and_how_bad(rooms: Rooms) -> None:
    rooms.level(1, 250)
    rooms.poster.turn()
    rooms.wait(3600)
    rooms.level(1, 230)
    rooms.wait(3600)
    rooms.level(1, 100)
    rooms.poster.turn()
    first, end = rooms.messages()
    assert end.text.startswith("✅")
    assert "250,0" in end.text
    assert "2 Stunden" in end.text
    assert end.parent is first


def test_further_sensors_are_said_once_as_an_answer_to_the_first(rooms: Rooms) -> None:
    rooms.level(1, 250)
    rooms.poster.turn()
    rooms.wait(5)
    rooms.level(2, 250)
    rooms.level(3, 250)
    rooms.poster.turn()
    rooms.wait(60)
    rooms.tick()
    rooms.poster.turn()
    first, more = rooms.messages()
    assert "jetzt 3 Stellen" in more.text
    assert more.parent is first


@pytest.mark.parametrize("fault", ["reset_after", "truncate"])
def test_what_may_have_gone_is_looked_up_and_stands_there_once(rooms: Rooms, fault: str) -> None:
    rooms.level(1, 250)
    getattr(rooms.installation.cloud.faults, fault)(method="POST", path="/chat/")
    rooms.poster.turn()
    assert [state for state, _ in rooms.states()] == [WAITING]
    rooms.wait(60)
    rooms.poster.turn()
    assert len(rooms.said()) == 1
    assert rooms.states() == [(SENT, "")]


@pytest.mark.parametrize("fault", ["reset_before", "maintenance_page"])
def test_what_did_not_go_goes_later_and_once(rooms: Rooms, fault: str) -> None:
    rooms.level(1, 250)
    getattr(rooms.installation.cloud.faults, fault)(method="POST", path="/chat/")
    rooms.poster.turn()
    rooms.wait(60)
    rooms.poster.turn()
    assert len(rooms.said()) == 1
    assert rooms.states() == [(SENT, "")]


def test_what_was_being_said_when_the_process_ended_is_looked_up(rooms: Rooms) -> None:
    rooms.level(1, 250)
    rooms.poster.turn()
    with rooms.site.database.writing() as connection:  # the process ended before it was written down
        connection.exec_driver_sql("UPDATE alert_outbox SET state = 'sending', message = NULL")
    rooms.poster.stop()
    after = Poster(rooms.site, rooms.pictures, rooms.books)
    after.turn()
    after.stop()
    assert len(rooms.said()) == 1
    assert rooms.states() == [(SENT, "")]


def test_what_was_taken_and_never_said_when_the_process_ended_is_said(rooms: Rooms) -> None:
    rooms.level(1, 250)
    assert rooms.outbox.take((), rooms.site.clock.now(), 1)
    rooms.poster.turn()
    assert len(rooms.said()) == 1
    assert rooms.states() == [(SENT, "")]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_conversation_that_fails_holds_up_no_other_one(rooms: Rooms, status: int) -> None:
    token = room_of(rooms.installation, "Sensorik").token
    rooms.installation.cloud.faults.status(status, path=f"/chat/{token}", times=None)
    for number in range(3):
        rooms.say(f"Pegel {number}")
        rooms.say(f"Tor {number}", LORA)
    for _ in range(3):
        rooms.poster.turn()
        rooms.wait(3)
    assert len(rooms.said("LoRaWAN")) == 3
    assert rooms.said() == []
    rooms.installation.cloud.faults.clear()
    rooms.wait(600)
    rooms.poster.turn()
    assert [f"Pegel {number}" in text for number, text in enumerate(rooms.said())] == [True] * 3


def test_what_fails_is_tried_less_and_less_often(rooms: Rooms) -> None:
    fault = rooms.installation.cloud.faults.status(500, path="/chat/", times=None)
    rooms.say()
    for _ in range(360):
        rooms.poster.turn()
        rooms.wait(10)
    assert 8 <= fault.fired <= 16


def test_a_server_that_says_how_long_to_wait_is_obeyed(rooms: Rooms) -> None:
    fault = rooms.installation.cloud.faults.status(429, retry_after=50, path="/chat/")
    rooms.say()
    rooms.poster.turn()
    rooms.wait(49)
    rooms.poster.turn()
    assert fault.fired == 1
    assert rooms.said() == []
    rooms.wait(1)
    rooms.poster.turn()
    assert len(rooms.said()) == 1


def test_order_holds_within_a_conversation_whatever_fails(rooms: Rooms) -> None:
    faults = rooms.installation.cloud.faults
    for nth in (1, 3, 4, 7):
        faults.reset_after(method="POST", path="/chat/", nth=nth)
        faults.status(502, method="POST", path="/chat/", nth=nth + 1)
    for number in range(4):
        rooms.say(f"Nummer {number}")
    for _ in range(60):
        rooms.poster.turn()
        rooms.wait(30)
    assert [f"Nummer {number}" in text for number, text in enumerate(rooms.said())] == [True] * 4


def test_a_wrong_password_is_not_tried_again_and_again(rooms: Rooms) -> None:
    rooms.installation.cloud.accounts.users["readi-provisioner"].password = "another-one"
    for number in range(5):
        rooms.say(f"{number}")
        rooms.say(f"{number}", LORA)
    for _ in range(100):
        rooms.poster.turn()
        rooms.wait(5)
    refused = [one for one in rooms.installation.cloud.log.requests if one.status == 401]
    assert 1 <= len(refused) <= 4
    assert rooms.said() == rooms.said("LoRaWAN") == []


def test_a_body_without_a_conversation_is_refused_and_read_by_mail_and_rangers_are_told(rooms: Rooms) -> None:
    with rooms.site.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM binding WHERE key = 'body:pg-lora' AND kind = 'conversation'")
    rooms.say(body=LORA)
    rooms.say()
    rooms.poster.turn()
    assert rooms.states() == [(REFUSED, "messages.no_conversation"), (SENT, "")]
    assert rooms.mails() == [("person:p-cleo", "member"), ("person:p-dora", "member")]
    assert rooms.notices() == ["unsaid"]


def test_a_conversation_that_is_gone_is_read_by_mail_and_rangers_are_told(rooms: Rooms) -> None:
    room = room_of(rooms.installation, "Sensorik")
    del rooms.installation.cloud.talk.rooms[room.token]
    rooms.say()
    rooms.say("später")
    rooms.poster.turn()
    assert [state for state, _ in rooms.states()] == [REFUSED, REFUSED]
    everybody = {f"person:p-{name}" for name in ("anna", "ben", "cleo", "dora", "gerda")}
    assert {to for to, _ in rooms.mails()} == everybody
    assert len(rooms.mails()) == 2 * len(everybody)
    assert rooms.notices() == ["unsaid"]


def test_one_poster_speaks_at_a_time(rooms: Rooms) -> None:
    rooms.poster.turn()
    other = Poster(rooms.site, rooms.pictures, rooms.books)
    with pytest.raises(LockTaken):
        other.turn()
    rooms.poster.stop()
    rooms.say()
    assert other.turn() == 1
    other.stop()


def test_nobody_is_called_by_a_name_that_others_wrote(rooms: Rooms) -> None:
    rooms.say("@all **fett** [hier](https://evil.example) \u202e\n# groß")
    rooms.poster.turn()
    (said,) = rooms.said()
    assert "@all" not in said
    assert "](https://evil" not in said


def test_what_quiet_hours_put_off_holds_up_nobody(rooms: Rooms) -> None:
    now = rooms.site.clock.now()
    rooms.say("morgens", not_before=now + timedelta(hours=8))
    rooms.say("gleich", calls=True)
    rooms.poster.turn()
    assert ["gleich" in one for one in rooms.said()] == [True]
    rooms.wait(8 * 3600)
    rooms.poster.turn()
    assert ["morgens" in one for one in rooms.said()] == [False, True]


def test_a_saying_that_cannot_be_worded_holds_up_none_behind_it(rooms: Rooms) -> None:
    rooms.outbox.add(None, SayingKind.ANSWER, "pg-sensorik", {"answer": "no such"}, rooms.site.clock.now())
    rooms.say()
    rooms.poster.turn()
    assert rooms.states() == [(REFUSED, "alerting.unspeakable"), (SENT, "")]
