"""Reactions are read from Talk itself: when the bot hints at one, and after nobody heard for a while."""

import pytest

from provisioner.app.alerting.hearing import is_yes
from provisioner.model.alerts import SayingKind
from provisioner.state import SaidState
from tests.support.alert_rooms import Rooms
from tests.support.rooms import room_of


@pytest.fixture
def flood(rooms: Rooms) -> Rooms:
    """The river is high, and people were told."""
    rooms.level(1, 250)
    rooms.poster.turn()
    return rooms


def kinds(rooms: Rooms) -> list[SayingKind]:
    return [one.kind for one in reversed(rooms.outbox.latest(*SaidState, limit=100))]


@pytest.mark.parametrize("emoji", ["👍", "👍🏽", "✅", "✔️", "🙋🏿‍♀️"])
def test_a_thumb_is_an_i_have_it_in_whatever_colour(flood: Rooms, emoji: str) -> None:
    (first,) = flood.messages()
    assert flood.call(flood.react(flood.account("p-ben"), first, emoji))
    assert flood.catching_up.look() == 1
    assert flood.taker() == "p-ben"


@pytest.mark.parametrize("emoji", ["😆", "👎", "❤️", "🏽", "", "👍👍", "x"])
def test_other_reactions_are_none(emoji: str) -> None:
    assert not is_yes(emoji)


def test_another_reaction_or_one_to_what_others_wrote_is_not_even_looked_up(flood: Rooms) -> None:
    (first,) = flood.messages()
    flood.call(flood.react(flood.account("p-ben"), first, "😆"))
    room = room_of(flood.installation, "Sensorik")
    theirs = flood.installation.cloud.talk.say(room, "users", flood.account("p-cleo"), "Hallo")
    flood.call(flood.react(flood.account("p-ben"), theirs))
    assert flood.catching_up.look() == 0


def test_who_takes_the_thumb_back_gives_the_alert_back(flood: Rooms) -> None:
    (first,) = flood.messages()
    ben = flood.account("p-ben")
    flood.call(flood.react(ben, first))
    flood.catching_up.look()
    flood.call(flood.unreact(ben, first))
    flood.catching_up.look()
    assert flood.taker() is None
    assert kinds(flood) == [SayingKind.FIRST, SayingKind.TAKEN, SayingKind.GIVEN_BACK]


def test_of_two_thumbs_the_first_has_it_until_it_is_taken_back(flood: Rooms) -> None:
    (first,) = flood.messages()
    for name in ("p-ben", "p-cleo"):
        flood.call(flood.react(flood.account(name), first))
        flood.catching_up.look()
    assert flood.taker() == "p-ben"
    flood.call(flood.unreact(flood.account("p-cleo"), first))
    flood.catching_up.look()
    assert flood.taker() == "p-ben"


def test_a_thumb_of_somebody_whom_we_do_not_know_counts_for_nobody(flood: Rooms) -> None:
    flood.installation.cloud.add_user("fremd")
    (first,) = flood.messages()
    flood.call(flood.react("fremd", first))
    flood.catching_up.look()
    assert flood.taker() is None


def test_a_thumb_at_what_was_gathered_takes_all_of_it(rooms: Rooms) -> None:
    for number in range(10):
        rooms.say(f"Pegel {number}")
    rooms.level(1, 250)
    for _ in range(8):
        rooms.poster.turn()
        rooms.wait(1)
    gathered = rooms.messages()[-1]
    assert "Viele Meldungen" in gathered.text
    rooms.call(rooms.react(rooms.account("p-ben"), gathered))
    rooms.catching_up.look()
    assert rooms.taker() == "p-ben"


def test_what_nobody_heard_is_read_again_reactions_and_commands(flood: Rooms) -> None:
    flood.level(11, 250)
    flood.poster.turn()
    (first,) = flood.messages()
    flood.react(flood.account("p-ben"), first)  # and nobody hears it
    flood.write(flood.account("p-cleo"), "@bot stumm 2h", name="LoRaWAN")
    flood.write(flood.account("p-cleo"), "@bot hilfe", name="LoRaWAN")
    flood.catching_up.turn()
    assert [one.scope for one in flood.silences()] == ["body:pg-lora"]
    assert kinds(flood) == [SayingKind.FIRST, SayingKind.FIRST, SayingKind.TAKEN, SayingKind.ANSWER]
    for _ in range(3):
        flood.catching_up.turn()
    assert len(flood.silences()) == 1
    assert len(kinds(flood)) == 4


def test_what_was_heard_is_not_obeyed_once_more_when_it_is_read(flood: Rooms) -> None:
    flood.command(flood.account("p-ben"), "@bot stumm 2h")
    flood.catching_up.turn()
    assert len(flood.silences()) == 1


def test_an_old_thumb_takes_no_alert_anew_whose_time_is_over(flood: Rooms) -> None:
    (first,) = flood.messages()
    flood.call(flood.react(flood.account("p-ben"), first))
    flood.catching_up.look()
    flood.wait(9 * 3600)
    flood.tick()
    flood.poster.turn()
    assert flood.taker() is None
    flood.catching_up.turn()
    assert flood.taker() is None
    again = flood.messages()[-1]
    flood.react(flood.account("p-cleo"), again)
    flood.catching_up.turn()
    assert flood.taker() == "p-cleo"


def test_an_alert_that_is_over_is_nobodys(flood: Rooms) -> None:
    (first,) = flood.messages()
    flood.level(1, 100)
    flood.call(flood.react(flood.account("p-ben"), first))
    flood.catching_up.look()
    assert SayingKind.TAKEN not in kinds(flood)


@pytest.mark.parametrize("fault", ["reset_before", "login_page", "maintenance_page"])
def test_what_could_not_be_read_is_read_later(flood: Rooms, fault: str) -> None:
    (first,) = flood.messages()
    flood.call(flood.react(flood.account("p-ben"), first))
    getattr(flood.installation.cloud.faults, fault)(path="/reaction/", times=4)
    flood.catching_up.look()
    assert flood.taker() is None
    flood.installation.cloud.faults.clear()
    flood.catching_up.look()
    assert flood.taker() == "p-ben"


def test_a_conversation_that_cannot_be_read_keeps_no_other_from_being_read(flood: Rooms) -> None:
    token = room_of(flood.installation, "LoRaWAN").token
    flood.level(11, 250)
    flood.poster.turn()
    flood.installation.cloud.faults.status(404, path=token, times=None)
    flood.react(flood.account("p-ben"), flood.messages()[0])
    flood.catching_up.turn()
    assert "p-ben" in flood.takers()


def test_hints_are_looked_at_by_a_thread_of_their_own(flood: Rooms) -> None:
    (first,) = flood.messages()
    flood.catching_up.start()
    flood.call(flood.react(flood.account("p-ben"), first))
    flood.until(lambda: flood.taker() == "p-ben")
    flood.catching_up.stop()
