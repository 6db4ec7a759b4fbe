"""What people answer to alerts: understood, obeyed once, and of all else not a trace."""

import json
from pathlib import Path

import pytest

from provisioner.alerts.alerting import decode_alert
from provisioner.state import Audit
from tests.support.alert_rooms import FLOOD, SENSORIK, Rooms
from tests.support.rooms import room_of


@pytest.fixture
def flood(rooms: Rooms) -> Rooms:
    """The river is high, and people were told."""
    rooms.level(1, 250)
    rooms.poster.turn()
    return rooms


def answered(rooms: Rooms) -> str:
    """The last thing that was said."""
    rooms.wait(4)
    rooms.poster.turn()
    return rooms.said()[-1]


def test_who_says_that_they_have_it_has_it_and_all_are_told(flood: Rooms) -> None:
    assert flood.command(flood.account("p-ben"), "@bot übernehme")
    assert flood.taker() == "p-ben"
    assert answered(flood).startswith("👍 Ben Muster kümmert sich um: **Hochwasser**")


def test_a_word_in_english_or_as_an_answer_without_a_name_does_as_well(flood: Rooms) -> None:
    (first,) = flood.messages()
    assert flood.command(flood.account("p-ben"), "Übernehme!", answers=first.id)
    assert flood.taker() == "p-ben"
    assert flood.command(flood.account("p-cleo"), "@re@di take 2h", answers=None)
    assert flood.taker() == "p-cleo"


def test_who_gives_it_back_has_it_no_more(flood: Rooms) -> None:
    flood.command(flood.account("p-ben"), "@bot übernehme")
    flood.command(flood.account("p-cleo"), "@bot gib ab")
    assert flood.taker() == "p-ben"
    assert "nur, wer es übernommen hat" in answered(flood)
    flood.command(flood.account("p-ben"), "@bot gib ab")
    assert flood.taker() is None
    assert "Ben Muster hat abgegeben" in answered(flood)


def test_an_alert_that_somebody_has_is_not_repeated(flood: Rooms) -> None:
    flood.command(flood.account("p-ben"), "@bot übernehme")
    flood.poster.turn()
    count = len(flood.said())
    flood.wait(2 * 3600)
    flood.tick()
    flood.poster.turn()
    assert len(flood.said()) == count


def test_how_long_somebody_has_it_ends_at_a_full_hour(flood: Rooms) -> None:
    flood.wait(1234)
    flood.command(flood.account("p-ben"), "@bot übernehme 4h")
    (row,) = flood.alerts.going_on()
    taken = decode_alert(row.about).taken
    assert taken is not None
    assert taken.until % 3600 == 0
    assert 0 <= taken.until - flood.site.clock.now().timestamp() - 4 * 3600 < 3600


def test_muting_by_an_answer_holds_for_that_rule_in_that_body_alone(flood: Rooms) -> None:
    (first,) = flood.messages()
    flood.command(flood.account("p-ben"), "stumm 3h", answers=first.id)
    (silence,) = flood.silences()
    assert silence.scope == f"body:{SENSORIK}/rule:{FLOOD}"
    assert "bis Mo., 5. Jan., 12:00" in answered(flood), "not the two hours that it is when nobody says how long"
    count = len(flood.said())
    flood.wait(2.5 * 3600)
    flood.level(2, 250)
    flood.level(11, 250)
    flood.tick()
    flood.poster.turn()
    assert len(flood.said()) == count
    assert len(flood.said("LoRaWAN")) == 1


def test_muting_by_an_answer_to_what_is_over_mutes_that_rule_and_not_the_body(flood: Rooms) -> None:
    (first,) = flood.messages()
    flood.level(1, 100)
    assert flood.alerts.going_on() == []
    flood.command(flood.account("p-ben"), "stumm 2h", answers=first.id)
    assert [one.scope for one in flood.silences()] == [f"body:{SENSORIK}/rule:{FLOOD}"]


def test_status_tells_of_what_is_muted_by_itself(flood: Rooms) -> None:
    (first,) = flood.messages()
    flood.command(flood.account("p-ben"), "stumm 2h", answers=first.id)
    flood.command(flood.account("p-ben"), "@bot status")
    assert "(stumm bis Mo., 5. Jan., 11:00)" in answered(flood)


def test_muting_without_an_answer_mutes_the_body_and_laut_ends_it(flood: Rooms) -> None:
    flood.command(flood.account("p-ben"), "@bot stumm")
    assert [one.scope for one in flood.silences()] == [f"body:{SENSORIK}"]
    assert "bleibt es hier still" in answered(flood)
    flood.command(flood.account("p-cleo"), "@bot laut")
    assert flood.silences() == ()
    assert "wieder gemeldet" in answered(flood)
    actions = {(one.actor, one.action) for one in Audit(flood.site.database, "redi").latest()}
    assert {("p-ben", "muted_alerts"), ("p-cleo", "unmuted_alerts")} <= actions


def test_status_tells_what_goes_on_and_who_has_it(flood: Rooms) -> None:
    flood.command(flood.account("p-ben"), "@bot status")
    assert "Gerade hält 1 Meldung an:\n- 🔴 **Hochwasser** hält an" in answered(flood)
    flood.command(flood.account("p-ben"), "@bot übernehme")
    flood.command(flood.account("p-ben"), "@bot stumm 1h")
    flood.command(flood.account("p-ben"), "@bot status")
    said = answered(flood)
    assert "(Ben Muster kümmert sich)" in said
    assert "Stumm bis" in said


def test_where_nothing_goes_on_that_is_said(rooms: Rooms) -> None:
    for word, told in (("status", "keine Meldung"), ("übernehme", "keine Meldung"), ("laut", "nichts stumm")):
        rooms.command(rooms.account("p-ben"), f"@bot {word}")
        assert told in answered(rooms)


def test_an_answer_answers_the_question_and_rings_no_telephone(rooms: Rooms) -> None:
    event = rooms.write(rooms.account("p-ben"), "@bot hilfe")
    assert rooms.call(event)
    rooms.poster.turn()
    (said,) = rooms.messages()
    assert "Das verstehe ich" in said.text
    assert said.silent
    assert said.parent is not None
    assert str(said.parent.id) == event["object"]["id"]


def test_a_stranger_gets_a_polite_answer_once_and_nothing_happens(flood: Rooms) -> None:
    flood.installation.cloud.add_user("fremd")
    for _ in range(5):
        assert flood.command("fremd", "@bot übernehme")
    flood.poster.turn()
    assert flood.taker() is None
    assert sum("nur die, die zu dieser Gruppe gehören" in text for text in flood.said()) == 1


def test_who_belongs_to_another_body_has_no_say_here(flood: Rooms) -> None:
    flood.level(11, 250)
    flood.command(flood.account("p-anna"), "@bot stumm 2h", name="LoRaWAN")
    assert flood.silences() == ()


def test_nobody_fills_a_conversation_by_commands(rooms: Rooms) -> None:
    for _ in range(40):
        rooms.command(rooms.account("p-ben"), "@bot hilfe")
    assert len(rooms.states()) == 20


def test_the_same_call_again_does_nothing_and_neither_does_an_old_one(flood: Rooms) -> None:
    event = flood.write(flood.account("p-ben"), "@bot stumm 2h")
    for number in range(3):
        assert flood.call(event, random=f"{number}" * 40)
    assert len(flood.silences()) == 1
    for day in range(30):
        flood.wait(24 * 3600)
        flood.command(flood.account("p-cleo"), f"@bot status {'!' * (day % 2)}")
    flood.forget_attempts()
    assert flood.call(event)
    assert flood.silences() == ()


def test_a_forged_call_is_refused_and_does_nothing(flood: Rooms) -> None:
    event = flood.write(flood.account("p-ben"), "@bot übernehme")
    assert not flood.call(event, secret="another-secret-of-the-bot-with-more-than-forty-letters")
    assert not flood.call(event, random="short")
    assert flood.taker() is None


def test_what_is_no_command_leaves_no_trace(flood: Rooms, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    mark = "Zettelkasten-Geheimnis"
    for text in (mark, f"@bot {mark}", f"übernehme {mark}", f"@{mark} status", f"{mark}\n@bot hilfe"):
        assert flood.command(flood.account("p-ben"), text)
        (first,) = flood.messages()
        assert flood.command(flood.account("p-ben"), text, answers=first.id)
    like = flood.like(first)
    assert flood.call({**like, "content": "😆", "extra": mark})
    assert flood.call({"type": "Activity", "object": {"name": mark}})
    assert flood.call({"type": "Create", "actor": {"id": "guests/x"}, "object": {"id": mark}, "target": {"id": "a"}})
    flood.poster.turn()
    assert mark not in caplog.text
    files = [path for path in Path(flood.installation.database).parent.glob("readi.db*") if path.is_file()]
    assert files
    assert [path for path in files if mark.encode() in path.read_bytes()] == []


def test_what_we_say_ourselves_is_no_command(flood: Rooms) -> None:
    for text in ("@bot übernehme", "übernehme"):
        (first, *_) = flood.messages()
        assert flood.command("readi-provisioner", text, answers=first.id)
    assert flood.taker() is None


def test_a_call_about_a_room_that_is_none_of_ours_does_nothing(flood: Rooms) -> None:
    event = flood.write(flood.account("p-ben"), "@bot übernehme")
    event["target"] = {"id": "n3xtc10ud", "name": "x"}
    assert flood.call(event)
    assert flood.taker() is None


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{" * 100_000, b"\xff", b"x" * 600_000, json.dumps({"type": 1}).encode()]
)
def test_whatever_is_sent_nothing_is_raised(rooms: Rooms, body: bytes) -> None:
    assert rooms.call_bytes(body) is (len(body) < 512 * 1024)


def test_the_emulated_talks_own_calls_are_understood(flood: Rooms) -> None:
    talk, room = flood.installation.cloud.talk, room_of(flood.installation, "Sensorik")
    bot = talk.install_bot("re@di", flood.bot_secret, "http://127.0.0.1:9/never")
    room.bots.add(bot.id)
    talk.calls.clear()
    (first,) = flood.messages()
    talk.say(room, "users", flood.account("p-ben"), "@bot übernehme", parent=first)
    (call,) = talk.calls
    assert flood.call(call.event)
    assert flood.taker() == "p-ben"
