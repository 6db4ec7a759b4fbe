"""Talking where the server refuses, is slow to answer, or counts."""

from datetime import UTC, datetime

import pytest

from connectors.nextcloud.client import OcsRefusal
from connectors.nextcloud.conversations.showing import FOLDER, PICTURE_BUCKET
from connectors.nextcloud.emulation.talk.state import BOT_DISABLED, BOT_FIXED, Room
from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.emulation import VirtualClock
from provisioner.model.errors import OutcomeUnknown, Permanent, RateLimited, Transient, WriteRefused
from provisioner.model.offers import Message
from tests.support.nextcloud import SERVICE, TOKEN, Bench

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
HEAD = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def room(cloud: NextcloudEmulator) -> Room:
    cloud.add_user("anna", "Example-Word-1")
    return cloud.add_room("Pegel", SERVICE[0], users=["anna"])


def post(bench: Bench, room: Room, text: str = "Der Pegel steigt", reference: str = "a" * 64, **more: object) -> int:
    with bench.gate.opened(TOKEN):
        return bench.connector.post(room.token, Message(text, reference, **more))  # type: ignore[arg-type]


def show(bench: Bench, room: Room, reference: str = "b" * 64) -> int:
    with bench.gate.opened(TOKEN):
        return bench.connector.show(room.token, HEAD, "pegel.png", reference, "Verlauf", 0)


def listen(bench: Bench, room: Room) -> bool:
    with bench.gate.opened(TOKEN):
        return bench.connector.listen(room.token, "re@di")


def test_a_message_is_one_request(bench: Bench, room: Room, cloud: NextcloudEmulator) -> None:
    post(bench, room)
    assert [(entry.method, entry.status) for entry in cloud.log] == [("POST", 201)]


@pytest.mark.parametrize("was_said", [True, False])
def test_after_an_answer_that_was_lost_it_is_looked_up(
    bench: Bench, room: Room, cloud: NextcloudEmulator, was_said: bool
) -> None:
    (cloud.faults.reset_after if was_said else cloud.faults.reset_before)(method="POST")
    with pytest.raises(OutcomeUnknown):
        post(bench, room)
    number = post(bench, room, not_again_since=LONG_AGO)
    assert room.comments == ["Der Pegel steigt"]
    assert room.messages[-1].id == number


def test_a_switched_off_talk_is_waited_for(bench: Bench, room: Room, cloud: NextcloudEmulator) -> None:
    number = post(bench, room)
    cloud.disable_app("spreed")
    with pytest.raises(Transient):
        post(bench, room)
    with pytest.raises(Transient):
        bench.connector.reactions(room.token, number)
    with pytest.raises(Transient):
        bench.connector.said_since(room.token, number)


def test_where_we_were_put_out_nothing_is_said_or_heard(bench: Bench, room: Room, cloud: NextcloudEmulator) -> None:
    number = post(bench, room)
    mine = room.find("users", SERVICE[0])
    assert mine is not None
    room.attendees.remove(mine)
    for what in (
        lambda: post(bench, room),
        lambda: show(bench, room),
        lambda: listen(bench, room),
        lambda: bench.connector.reactions(room.token, number),
        lambda: bench.connector.said_since(room.token, number),
    ):
        with pytest.raises(Permanent):
            what()


def test_a_lobby_keeps_out_who_does_not_moderate(bench: Bench, room: Room) -> None:
    mine = room.find("users", SERVICE[0])
    assert mine is not None
    mine.type, room.lobby = 3, 1
    with pytest.raises(Permanent, match="conversation_not_ours"):
        post(bench, room)


def test_words_are_changed_for_a_day(bench: Bench, room: Room, clock: VirtualClock) -> None:
    number = post(bench, room)
    clock.advance(24 * 3600 + 1)
    with bench.gate.opened(TOKEN), pytest.raises(OcsRefusal) as refused:
        bench.connector.rewrite(room.token, number, "Er fällt")
    assert refused.value.data == {"error": "age"}


def test_a_message_that_is_too_long_is_cut_and_calls_all_the_same(bench: Bench, room: Room) -> None:
    post(bench, room, "x" * 40_000, calls=True)
    assert len(room.comments[0]) == 32_000
    assert room.comments[0].endswith("x\n\n@all")


def test_more_than_one_page_is_read_of_what_was_said(bench: Bench, room: Room, cloud: NextcloudEmulator) -> None:
    first = post(bench, room)
    said = [cloud.says("anna", room.token, f"Wort {number}") for number in range(450)]
    assert [one[0] for one in bench.connector.said_since(room.token, first)] == said
    more = [cloud.says("anna", room.token, "noch eins") for _ in range(700)]
    assert [one[0] for one in bench.connector.said_since(room.token, first)] == (said + more)[:1000]


@pytest.mark.parametrize("path", ["/remote.php/dav", "/shares", "/chat/"])
def test_a_picture_whose_answer_was_lost_is_shown_once(
    bench: Bench, room: Room, cloud: NextcloudEmulator, path: str
) -> None:
    method = None if path == "/chat/" else "PUT" if "dav" in path else "POST"
    cloud.faults.reset_after(path=path, method=method, times=4)
    with pytest.raises((OutcomeUnknown, Transient)):
        show(bench, room)
    cloud.faults.clear()
    number = show(bench, room)
    assert [said.id for said in room.messages if said.picture is not None] == [number]


def test_pictures_count_in_the_ledger_and_a_server_that_has_enough_fills_it(
    bench: Bench, room: Room, cloud: NextcloudEmulator
) -> None:
    show(bench, room, "c" * 64)
    assert bench.ledger.taken == [PICTURE_BUCKET]
    for number in range(19):
        show(bench, room, f"{number:064}"[::-1])
    with pytest.raises(RateLimited):
        show(bench, room, "d" * 64)
    assert bench.ledger.full == [PICTURE_BUCKET]
    assert len(cloud.world.home(SERVICE[0]).paths()) == 22, f"{FOLDER} and the pictures, the refused one too"


def test_a_bot_is_enabled_where_it_is_to_hear(bench: Bench, room: Room, cloud: NextcloudEmulator) -> None:
    assert bench.connector.hears(room.token, "re@di") is None
    cloud.talk.install_bot("re@di", "s" * 64, "http://127.0.0.1:1/")
    cloud.talk.install_bot("anderer", "s" * 64, "http://127.0.0.1:2/")
    assert bench.connector.hears(room.token, "re@di") is False
    with pytest.raises(WriteRefused):
        bench.connector.listen(room.token, "re@di")
    assert listen(bench, room)
    assert room.bots == {1}
    assert bench.connector.hears(room.token, "re@di") is True
    assert listen(bench, room)


def test_who_can_enable_a_bot_that_we_can_not_is_said(bench: Bench, room: Room, cloud: NextcloudEmulator) -> None:
    bot = cloud.talk.install_bot("re@di", "s" * 64, "http://127.0.0.1:1/")
    bot.state = BOT_DISABLED
    with pytest.raises(Permanent, match="bot_not_ours"):
        listen(bench, room)
    bot.state = BOT_FIXED
    assert not listen(bench, room)
    room.bots.add(bot.id)
    assert listen(bench, room)


def test_where_we_do_not_moderate_no_bot_is_enabled(bench: Bench, cloud: NextcloudEmulator) -> None:
    cloud.add_user("anna", "Example-Word-1")
    cloud.talk.install_bot("re@di", "s" * 64, "http://127.0.0.1:1/")
    room = cloud.add_room("Fremd", "anna", users=[SERVICE[0]])
    with pytest.raises(Permanent, match="conversation_not_ours"):
        listen(bench, room)


def test_the_limit_of_pictures_is_the_servers_own(settings: NextcloudSettings) -> None:
    assert (settings.picture_limit, settings.picture_window) == (20, 600)
