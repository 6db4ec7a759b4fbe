"""Who means harm in a conversation: guests, strangers, members of other bodies, and whoever overheard the bot."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.alert_rooms import Rooms, another, first_sync, rooms_of
from tests.support.change import Known
from tests.support.rooms import room_of

A_DAY = 86_400.0


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    return first_sync(tmp_path_factory.mktemp("hostile-bot"))


@pytest.fixture
def flood(known: Known, tmp_path: Path) -> Iterator[Rooms]:
    """A flood, and its first message in the conversation of pg-sensorik."""
    with another(tmp_path, known) as installation, rooms_of(installation) as rooms:
        rooms.level(1, 250)
        rooms.poster.turn()
        yield rooms


def test_a_call_that_somebody_overheard_does_nothing_however_long_they_wait(flood: Rooms) -> None:
    event = flood.write(flood.account("p-ben"), "@bot übernehme")
    assert flood.call(event)
    assert flood.taker() == "p-ben"
    assert flood.command(flood.account("p-ben"), "@bot gib ab")
    assert flood.taker() is None
    for days in (1, 7, 30):
        flood.wait(days * A_DAY)
        flood.forget_attempts()
        flood.call(event)
        assert flood.taker() is None, f"obeyed again after {days} days"


def test_what_was_written_days_ago_and_never_heard_is_no_command_any_more(flood: Rooms) -> None:
    never_heard = flood.write(flood.account("p-ben"), "@bot übernehme")
    assert flood.command(flood.account("p-cleo"), "@bot status")
    flood.wait(8 * A_DAY)
    flood.forget_attempts()
    flood.call(never_heard)
    assert flood.taker() is None


@pytest.mark.parametrize("where", ["at the same message", "at another message"])
def test_nobody_gives_back_what_somebody_else_has_by_a_thumb_of_their_own(flood: Rooms, where: str) -> None:
    (first,) = flood.messages()
    if where == "at the same message":
        flood.command(flood.account("p-ben"), "@bot übernehme")  # by a word: ben's thumb stands nowhere
        target = first
    else:
        flood.call(flood.react(flood.account("p-ben"), first))
        flood.catching_up.look()
        flood.poster.turn()
        flood.level(2, 250)
        flood.wait(120)
        flood.tick()
        flood.poster.turn()
        target = flood.messages()[-1]
        assert target.id != first.id
    assert flood.taker() == "p-ben"
    flood.installation.cloud.add_user("fremd")
    for account in ("fremd", flood.account("p-cleo")):
        flood.call(flood.react(account, target))
        flood.call(flood.unreact(account, target))
        flood.catching_up.look()
        assert flood.taker() == "p-ben"


def test_an_overheard_undo_gives_nothing_back_that_was_taken_anew(flood: Rooms) -> None:
    (first,) = flood.messages()
    ben = flood.account("p-ben")
    flood.call(flood.react(ben, first))
    flood.catching_up.look()
    undo = flood.unreact(ben, first)
    flood.call(undo)
    flood.catching_up.look()
    assert flood.taker() is None
    flood.command(ben, "@bot übernehme")
    flood.call(undo)
    flood.catching_up.look()
    assert flood.taker() == "p-ben"


@pytest.mark.parametrize("kind", ["guests", "emails", "federated_users", "bots", "bridged", "groups"])
def test_who_has_no_account_here_takes_nothing(flood: Rooms, kind: str) -> None:
    event = flood.write("fremd", "@bot übernehme")
    event["actor"]["id"] = f"{kind}/{flood.account('p-ben')}"
    flood.call(event)
    assert flood.taker() is None


def test_a_guest_who_is_called_like_a_member_and_reacts_takes_nothing(flood: Rooms) -> None:
    (first,) = flood.messages()
    room, talk = room_of(flood.installation, "Sensorik"), flood.installation.cloud.talk
    assert talk.react(room, first, "guests", flood.account("p-ben"), "👍")
    flood.call(flood.like(first))
    flood.catching_up.look()
    assert flood.taker() is None


@pytest.mark.parametrize(
    "text",
    [
        "@bot stumm 999999h",
        "@bot stumm 0h",
        "@bot stumm -2h",
        "@bot stumm 2h @all",
        "@bot stumm 2h; laut",
        "@bot stumm ٢h",
        "@bot stumm 2 h für alle",
        "bot stumm 2h",
        "siehe @bot stumm 2h",
        "@botstumm 2h",
        "@bot/stumm 2h",
    ],
)
def test_what_is_nearly_a_command_is_none(flood: Rooms, text: str) -> None:
    flood.command(flood.account("p-ben"), text)
    assert not flood.silences()


def test_no_silence_lasts_longer_than_two_weeks(flood: Rooms) -> None:
    flood.command(flood.account("p-ben"), "@bot stumm 9999d")
    (made,) = flood.silences()
    assert (made.until - flood.site.clock.now()).total_seconds() <= 15 * A_DAY


def test_whom_a_message_mentions_may_be_called_like_a_command(flood: Rooms) -> None:
    """Neither a display name nor an account's name makes somebody else's sentence a command."""
    mention = {"type": "user", "id": "troll", "name": "bot übernehme", "mention-id": "troll"}
    for text, parameters in (
        ("{mention-user1}", {"mention-user1": mention}),
        ("{file}", {"file": {"type": "file", "id": "1", "name": "@bot übernehme"}}),
        ("@{x}", {"x": {"type": "user", "id": "1", "name": "bot übernehme"}}),
    ):
        event = flood.write(flood.account("p-ben"), text)
        event["object"]["content"] = json.dumps({"message": text, "parameters": parameters})
        flood.call(event)
        assert flood.taker() is None


def test_a_command_from_a_room_that_only_claims_to_be_ours_does_nothing(flood: Rooms) -> None:
    (first,) = flood.messages()
    event = flood.write(flood.account("p-ben"), "übernehme", answers=first.id)
    for token in ("fremd123", "../sensorik", "", "1", "Sensorik"):
        assert flood.call({**event, "target": {"id": token, "name": "Sensorik"}})
        assert flood.taker() is None


def _grown(value: Any, times: int) -> Any:
    for _ in range(times):
        value = [value]
    return value


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"message": "@bot übernehme" + " " * 100_000, "parameters": []}),
        json.dumps({"message": "@bot {" * 20_000, "parameters": []}),
        json.dumps({"message": "@bot übernehme", "parameters": {f"p{n}": {"id": n} for n in range(5_000)}}) + "x",
        json.dumps({"message": _grown("@bot übernehme", 500), "parameters": []}),
        json.dumps({"message": "{mention-user1}" * 130, "parameters": {"mention-user1": {"id": "bot " * 60}}}),
    ],
)
def test_whatever_content_is_sent_it_is_no_command_and_harms_nobody(flood: Rooms, content: str) -> None:
    event = flood.write(flood.account("p-ben"), "x")
    event["object"]["content"] = content
    assert flood.call(event)
    assert flood.taker() is None
