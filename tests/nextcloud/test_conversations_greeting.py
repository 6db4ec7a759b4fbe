"""The first message of a conversation: posted once, whatever stands in the chat."""

import pytest

from connectors.nextcloud.emulation.talk.state import Room
from connectors.nextcloud.emulator import NextcloudEmulator
from tests.support.conversations import (
    alter,
    grown_room,
    seen,
)
from tests.support.nextcloud import SERVICE, Bench

OWN = SERVICE[0]


@pytest.fixture
def made(cloud: NextcloudEmulator, bench: Bench) -> Room:
    return grown_room(cloud, bench)


def test_a_first_message_below_a_thousand_others_is_found(cloud: NextcloudEmulator, bench: Bench, made: Room) -> None:
    bench.apply(alter("s", seen(bench, made.token), first_message="Willkommen"))
    for number in range(1000):
        cloud.talk.say(made, "users", "anna", f"Nachricht {number}")
    cloud.log.clear()
    bench.apply(alter("s", seen(bench, made.token), first_message="Willkommen"))
    assert not cloud.log.writes
    assert made.comments.count("Willkommen") == 1


def test_a_deleted_message_of_ours_that_tells_no_reference_counts_as_the_first(
    cloud: NextcloudEmulator, bench: Bench, made: Room
) -> None:
    bench.apply(alter("s", seen(bench, made.token), first_message="Willkommen"))
    made.messages[-1].deleted, made.messages[-1].reference = True, ""
    bench.apply(alter("s", seen(bench, made.token), first_message="Willkommen"))
    assert made.comments == []


def test_what_others_deleted_is_no_sign_of_ours(cloud: NextcloudEmulator, bench: Bench, made: Room) -> None:
    cloud.talk.say(made, "users", "anna", "Hallo").deleted = True
    bench.apply(alter("s", seen(bench, made.token), first_message="Willkommen"))
    assert made.comments == ["Willkommen"]


def test_a_chat_without_end_is_not_greeted_on_suspicion(
    cloud: NextcloudEmulator, bench: Bench, made: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.nextcloud.conversations.reading.MOST_PAGES", 2)
    for number in range(1000):
        cloud.talk.say(made, "users", "anna", f"Nachricht {number}")
    (step,) = bench.compile(alter("s", seen(bench, made.token), first_message="Willkommen"))
    with pytest.raises(Exception, match="garbled"):
        bench.connector.verify(step, bench.ids.__getitem__)


def test_a_room_in_which_nothing_was_ever_said_is_greeted(cloud: NextcloudEmulator, bench: Bench, made: Room) -> None:
    made.messages.clear()
    bench.apply(alter("s", seen(bench, made.token), first_message="Willkommen"))
    assert made.comments == ["Willkommen"]


def test_reading_the_chat_marks_nothing_as_read(cloud: NextcloudEmulator, bench: Bench, made: Room) -> None:
    bench.apply(alter("s", seen(bench, made.token), first_message="Willkommen"))
    asked = [entry.path for entry in cloud.log.requests if "/chat/" in entry.path and not entry.write]
    assert asked
    assert all("setReadMarker=0" in path and "markNotificationsAsRead=0" in path for path in asked)
