"""A Nextcloud that lies or is dead, and a storage that does: nobody else waits for it, and nothing ends."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

import provisioner.senders.storage as storage_module
from provisioner.app.alerting import charts, picturing, posting
from provisioner.emulation import VirtualClock
from provisioner.emulation.messages import Request, Response
from provisioner.model.errors import Garbled, StateError
from provisioner.model.text import Text
from provisioner.senders.settings import StorageSettings
from provisioner.senders.storage import Storage
from provisioner.state import AlertOutbox, Said, SaidState
from provisioner.transport.answer import Answer
from tests.support.alert_rooms import LORA, Rooms, another, first_sync, rooms_of
from tests.support.change import Known
from tests.support.rooms import room_of


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    return first_sync(tmp_path_factory.mktemp("hostile-talk"))


@pytest.fixture
def rooms(known: Known, tmp_path: Path) -> Iterator[Rooms]:
    with another(tmp_path, known) as installation, rooms_of(installation) as found:
        yield found


def lying(rooms: Rooms, lie: Any, name: str = "Sensorik") -> None:
    """Talk says it was said, and tells another number of it."""

    def change(_request: Request, response: Response) -> None:
        if response.status == 201:
            told = json.loads(response.body)
            told["ocs"]["data"] = {**told["ocs"]["data"], "id": lie} if isinstance(lie, int | str | float) else lie
            response.body = json.dumps(told).encode()

    token = room_of(rooms.installation, name).token
    rooms.installation.cloud.faults.hook(after=change, method="POST", path=f"/chat/{token}", times=None)


@pytest.mark.parametrize("lie", [2**63, 10**30, True, 0, -1, 1.5, "7", None, [], "x" * 1000])
def test_a_number_that_is_none_holds_up_nobody_and_is_said_once(rooms: Rooms, lie: Any) -> None:
    lying(rooms, lie)
    rooms.say("Pegel 1")
    rooms.say("Tor 1", LORA)
    for _ in range(4):
        rooms.poster.turn()
        rooms.wait(30)
    assert len(rooms.said()) == 1
    assert len(rooms.said("LoRaWAN")) == 1
    assert [state for state, _ in rooms.states()] == [SaidState.SENT] * 2


def test_numbers_that_repeat_are_several_alerts_messages(rooms: Rooms) -> None:
    rooms.level(1, 250)
    rooms.poster.turn()
    lying(rooms, rooms.messages()[0].id)
    rooms.say("Pegel 1")
    rooms.poster.turn()
    assert [state for state, _ in rooms.states()] == [SaidState.SENT] * 2
    rooms.installation.cloud.faults.clear()
    rooms.call(rooms.react(rooms.account("p-ben"), rooms.messages()[0]))
    rooms.catching_up.look()
    assert rooms.takers() == {"p-ben"}


def test_what_nobody_foresaw_ends_no_speaking(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours in a round is told, and the next round is made."""
    faults = iter([ValueError("never"), OverflowError("foreseen")])
    take = AlertOutbox.take

    def stumbles(outbox: AlertOutbox, *arguments: Any, **more: Any) -> list[Said]:
        for fault in faults:
            raise fault
        return take(outbox, *arguments, **more)

    monkeypatch.setattr(AlertOutbox, "take", stumbles)
    rooms.say("Pegel 1")
    rooms.poster.start()
    try:
        rooms.until(lambda: len(rooms.said()) == 1)
    finally:
        rooms.poster.stop()


def test_a_picture_that_cannot_be_drawn_keeps_no_other_from_being_shown(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter([ValueError("no such glyph"), MemoryError()])

    def draws(*arguments: Any) -> bytes:
        for fault in drawn:
            raise fault
        return charts.draw(*arguments)

    monkeypatch.setattr(picturing, "draw", draws)
    for number in (1, 2, 3):
        rooms.level(number, 100)
        rooms.wait(60)
    for number in (1, 2, 11):
        rooms.level(number, 250)
        rooms.wait(60)
        rooms.level(number, 100)
        rooms.wait(60)
        rooms.poster.turn()
    assert [one for one in room_of(rooms.installation, "LoRaWAN").messages if one.picture is not None]


def test_trouble_with_telling_of_trouble_leaves_nothing_unsaid(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise StateError(Text.of("state.busy", database="x"))

    monkeypatch.setattr(posting, "notice_unsaid", busy)
    del rooms.installation.cloud.talk.rooms[room_of(rooms.installation, "Sensorik").token]
    for number in range(6):
        rooms.say(f"Pegel {number}")
        rooms.say(f"Tor {number}", LORA)
    rooms.poster.turn()
    rooms.wait(60)
    rooms.poster.turn()
    assert len(rooms.said("LoRaWAN")) >= 3
    assert SaidState.SENDING not in {state for state, _ in rooms.states()}


class Lines:
    """A storage that says what it is told to, and counts how often it is asked."""

    def __init__(self, *pages: list[str]) -> None:
        self.pages, self.asked = pages, 0

    def read(self, _path: str, _params: Any) -> Answer:
        page = self.pages[min(self.asked, len(self.pages) - 1)]
        self.asked += 1
        if self.asked > 1_000:
            raise AssertionError("it never ends")
        lines = [json.dumps({"result": {"received_at": stamp, "uplink_message": {}}}) for stamp in page]
        return Answer(200, {}, None, "\n".join(lines).encode())

    def close(self) -> None: ...


def storage(lines: Lines, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> Storage:
    monkeypatch.setattr(storage_module, "ThingsStackApi", lambda *_: lines)
    settings = StorageSettings(url="https://tts.example", application="messnetz", key=SecretStr("k" * 9))
    return Storage(settings, clock)


BEGIN = datetime(2026, 1, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize("stamp", ["2026-01-05T06:30:00", "2026-01-05", "12:00", "", "x" * 9, "2026-13-01T00:00:00Z"])
def test_a_moment_without_a_zone_is_no_answer_of_a_storage(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, stamp: str
) -> None:
    with pytest.raises(Garbled):
        list(storage(Lines([stamp]), clock, monkeypatch).fill(BEGIN, BEGIN + timedelta(hours=1)))


def test_a_storage_that_tells_ever_newer_uplinks_is_left_where_nothing_more_was_asked_for(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [[(BEGIN + timedelta(minutes=number)).isoformat()] for number in range(2_000)]
    lines = Lines(*pages)
    list(storage(lines, clock, monkeypatch).fill(BEGIN, BEGIN + timedelta(hours=1)))
    assert lines.asked <= 62
