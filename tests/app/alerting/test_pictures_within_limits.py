"""Pictures where a server has enough of them, and what becomes of those that are old."""

import logging

import pytest

from provisioner.model.alerts import SayingKind
from tests.app.alerting.test_following import pictures, rise
from tests.support.alert_rooms import AN_HOUR, FLOOD, SENSORIK, Rooms
from tests.support.rooms import room_of

WINDOW, A_DAY = 600, 24 * AN_HOUR


@pytest.fixture(autouse=True)
def drawn_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a picture shows is no matter here."""
    monkeypatch.setattr("provisioner.app.alerting.picturing.draw", lambda *_: b"\x89PNG\r\n\x1a\n")


def owe(rooms: Rooms, count: int) -> None:
    """Words below which a picture is to follow."""
    member = {"about": {}, "sensor": "pegel-1", "quantity": "level"}
    about = {"severity": "critical", "rule": FLOOD, "count": 1, "members": [member]}
    for _ in range(count):
        rooms.outbox.add(None, SayingKind.TEST, SENSORIK, about, rooms.site.clock.now(), picture=True)


def asked(rooms: Rooms) -> list[str]:
    """What was written on the server for the sake of pictures."""
    requests = rooms.installation.cloud.log.writes
    return [one.method for one in requests if "/dav/files" in one.path or "/shares" in one.path]


def files(rooms: Rooms) -> list[str]:
    """The pictures in the files of our account."""
    return [path for path in rooms.installation.cloud.world.home("readi-provisioner").paths() if path.endswith(".png")]


def measured(rooms: Rooms) -> None:
    """Something to draw, of which nothing is said."""
    for level in (90, 110):
        rooms.level(1, level)
        rooms.wait(900)


def turn_for(rooms: Rooms, seconds: float) -> None:
    """As its thread does, which wakes twice a minute while pictures wait."""
    for _ in range(int(seconds // 30)):
        rooms.wait(30)
        rooms.poster.turn()


def test_what_failed_counts_and_another_process_knows_it(rooms: Rooms) -> None:
    measured(rooms)
    fault = rooms.installation.cloud.faults.status(500, path="/shares", times=None)
    owe(rooms, 20)
    rooms.poster.turn()
    assert fault.fired == 20
    rooms.installation.cloud.faults.clear()
    rooms.poster.stop()
    rooms.installation.cloud.log.clear()
    another = Rooms(rooms.installation)
    owe(another, 1)
    another.poster.turn()
    turn_for(another, WINDOW - 60)
    assert asked(another) == ["MKCOL", "PUT"]
    assert pictures(another) == []
    turn_for(another, 90)
    assert len(pictures(another)) == 1
    another.close()


def test_a_server_that_has_enough_is_asked_nothing_more_until_it_takes_pictures_again(rooms: Rooms) -> None:
    measured(rooms)
    fault = rooms.installation.cloud.faults.status(429, path="/shares", times=None)
    owe(rooms, 8)
    rooms.poster.turn()
    turn_for(rooms, WINDOW - 60)
    assert fault.fired == 1, "the ledger here knew nothing of what others shared with our account"
    assert asked(rooms) == ["MKCOL", "PUT", "POST", "PUT"]
    rooms.installation.cloud.faults.clear()
    turn_for(rooms, 120)
    assert len(pictures(rooms)) == 8


def test_what_was_shown_is_not_looked_up_by_the_next_process(rooms: Rooms) -> None:
    rise(rooms)
    rooms.poster.turn()
    assert len(pictures(rooms)) == 1
    rooms.anew()
    rooms.installation.cloud.log.clear()
    rooms.poster.start()
    owe(rooms, 1)
    rooms.poster.wake()
    rooms.until(lambda: len(pictures(rooms)) == 2)
    rooms.poster.stop()
    assert asked(rooms) == ["MKCOL", "PUT", "POST"]


def test_old_pictures_are_taken_out_and_their_words_stay(rooms: Rooms) -> None:
    rise(rooms)
    rooms.poster.turn()
    assert len(files(rooms)) == 1
    rooms.wait(89 * A_DAY)
    rooms.poster.turn()
    assert len(files(rooms)) == 1
    rooms.wait(2 * A_DAY)
    rooms.poster.turn()
    assert files(rooms) == []
    (shown,) = [one for one in room_of(rooms.installation, "Sensorik").messages if one.picture is not None]
    assert shown.text.startswith("Wasserstand, Alb, Brücke 1")


def test_old_pictures_are_looked_at_once_a_day_and_not_right_after_a_start(rooms: Rooms) -> None:
    for _ in range(24):
        rooms.poster.turn()
        rooms.wait(AN_HOUR)
    assert [one.method for one in rooms.installation.cloud.log.requests if "/dav/" in one.path] == ["PROPFIND"]


def test_what_can_not_be_tidied_is_told_and_tried_again_soon(rooms: Rooms, caplog: pytest.LogCaptureFixture) -> None:
    rise(rooms)
    rooms.poster.turn()
    rooms.wait(91 * A_DAY)
    rooms.installation.cloud.faults.reset_before(method="DELETE", path="/dav/")
    with caplog.at_level(logging.WARNING):
        rooms.poster.turn()
    assert "old pictures not taken away" in caplog.text
    assert len(files(rooms)) == 1
    rooms.poster.turn()
    assert len(files(rooms)) == 1
    rooms.wait(900)
    rooms.poster.turn()
    assert files(rooms) == []
