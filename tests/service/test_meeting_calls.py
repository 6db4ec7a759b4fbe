"""What a meeting server tells: counted once, in any order; whom it is about is nowhere, who lies is not believed."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from connectors.jitsi.emulation.calling import Call, Reply
from connectors.jitsi.emulation.event_caller import EventCaller
from provisioner.console.application import LONGER_BODIES
from provisioner.console.guarding import SmallBodies
from provisioner.model.errors import SettingsError
from provisioner.service.meeting_calls import EVENTS, MOST_BYTES, router
from provisioner.state import Gatherings
from provisioner.state.guest_rooms import GuestRoom, GuestRooms
from tests.support.desk import Desk, desks, small_network
from tests.support.doors import TARGET, tie_room
from tests.support.event_sync import PLANTED, Room

SECRET = "invented-Secret-of-thirty-two-letters"
HEADERS = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
ROOM, OTHER = "re-" + "a" * 32, "re-" + "b" * 32
KEY = "body:pg-sensorik"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    """Two networks with a room each."""
    wishes = small_network(), small_network("other")
    for wish in wishes:
        wish.targets = {TARGET: {"connector": "jitsi", "url": "https://meet.example", "secret": SECRET}}
    ours, theirs = desks(tmp_path, *wishes)
    for desk, name in ((ours, ROOM), (theirs, OTHER)):
        tie_room(desk, "pg-sensorik", name)
        switch_on(desk, events={"secret": SECRET if desk is ours else SECRET[::-1]})
    yield ours, theirs
    ours.site.close()
    theirs.site.close()


@pytest.fixture
def desk(two: tuple[Desk, Desk]) -> Desk:
    return two[0]


def switch_on(desk: Desk, **meetings: Any) -> None:
    section = desk.site.section
    section.meetings = type(section).model_validate({"registry": "r", "meetings": meetings}).meetings


def client(*served: Desk) -> TestClient:
    app = FastAPI(middleware=[Middleware(SmallBodies, longer=dict(LONGER_BODIES))])
    sites = {desk.site.network: desk.site for desk in served}
    app.include_router(router(sites, {desk.site.network: desk.pictures for desk in served}))
    return TestClient(app)


def tell(asked: TestClient, told: tuple[str, dict[str, Any]], network: str = "redi", **headers: str) -> int:
    path, event = told
    content = json.dumps(event, ensure_ascii=False).encode()
    return asked.post(f"/{network}/events/{path}", content=content, headers={**HEADERS, **headers}).status_code


def inside(desk: Desk, key: str = KEY) -> int | None:
    return Gatherings(desk.site.database, desk.site.network).inside(key, desk.clock.now())


def second(desk: Desk, after: int = 0) -> int:
    return int(desk.clock.now().timestamp()) + after


def meeting(desk: Desk, name: str = ROOM) -> Room:
    """Three came, one left again."""
    room = Room(name).create(second(desk, -60)).join("a", second(desk, -50))
    return room.join("b", second(desk, -40)).leave("a", second(desk, -30)).join("c", second(desk, -20))


def dump(desk: Desk) -> str:
    """Everything that the database holds."""
    with desk.site.database.reading() as connection:
        return "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]


def test_how_many_are_inside_follows_what_is_told(desk: Desk) -> None:
    asked, room = client(desk), meeting(desk)
    assert inside(desk) is None, "nothing was ever told"
    known = []
    for told in room.told:
        assert tell(asked, told) == 204
        known.append(inside(desk))
    assert known == [0, 1, 2, 1, 2]
    room.destroy(second(desk))
    assert tell(asked, room.told[-1]) == 204
    assert inside(desk) == 0
    assert inside(desk, "body:pg-lora") == 0, "the server tells, and tells nothing of this one"


@pytest.mark.parametrize("fault", ["500 before", "lost after", "too slow"])
def test_what_a_server_sends_again_counts_once(desk: Desk, fault: str) -> None:
    asked, faults = client(desk), iter(range(100))

    def send(call: Call) -> Reply:
        is_faulty = next(faults) % 2 == 0
        if is_faulty and fault == "500 before":
            return Reply(500)
        answer = asked.post(call.url, content=call.body, headers=dict(call.headers))
        assert answer.status_code == 204
        if is_faulty and fault == "too slow":
            raise TimeoutError
        return Reply(0 if is_faulty else 204)

    caller = EventCaller("/redi", desk.clock, headers=HEADERS, send=send)
    caller.hold = True
    caller.created(ROOM)
    jids = [caller.joined(ROOM, {"name": PLANTED[0]}) for _ in range(5)]
    desk.clock.sleep(60)
    for jid in jids[:2]:
        caller.left(ROOM, jid)
    caller.deliver(Random(4).shuffle, twice=True)
    assert inside(desk) == 3
    caller.destroyed(ROOM)
    caller.deliver()
    assert inside(desk) == 0


def test_breakout_rooms_count_where_their_people_come_from(desk: Desk) -> None:
    asked, room = client(desk), Room(ROOM).create(second(desk, -60)).join("a", second(desk, -50))
    for told in room.join("b", second(desk, -50)).leave("a", second(desk, -40)).leave("b", second(desk, -39)).told:
        tell(asked, told)
    assert inside(desk) == 0
    for number, connection in enumerate("ab"):
        for told in Room(ROOM, f"breakout-{number}").create(second(desk, -40)).join(connection, second(desk, -39)).told:
            tell(asked, told)
    assert inside(desk) == 2


def test_rooms_for_guests_are_known_too_and_rooms_of_nobody_are_counted_nowhere(desk: Desk) -> None:
    now, asked = desk.clock.now(), client(desk)
    opened = GuestRoom("g1", "pg-sensorik", "re-guests", "Gäste", "p-mona", now, now + timedelta(hours=1))
    GuestRooms(desk.site.database, "redi").open(opened)
    for name in ("re-guests", "amt-buergerservice", OTHER, "[anywhere]" + ROOM):
        for told in meeting(desk, name).told:
            assert tell(asked, told) == 204, "whose room it is, is nobody's business"
    assert Gatherings(desk.site.database, "redi").running(now) == {"room:g1": 2}


def test_nothing_of_whom_an_event_is_about_is_kept_or_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asked = client(desk)
    for room in (meeting(desk).destroy(second(desk)), meeting(desk, "amt-buergerservice").destroy(second(desk))):
        for told in room.told:
            tell(asked, told)
            tell(asked, (told[0], {**told[1], "created_at": PLANTED[0], "occupant": PLANTED[1]}))
    kept = dump(desk)
    assert "headcount" in kept
    said = kept + caplog.text
    assert [word for word in (*PLANTED, SECRET) if word in said] == []
    assert ROOM not in caplog.text


def test_whoever_does_not_know_the_secret_changes_nothing(two: tuple[Desk, Desk]) -> None:
    ours, theirs = two
    asked, told = client(ours, theirs), meeting(ours).told[1]
    before = dump(ours)
    for word in ("", "Bearer", f"Bearer {SECRET[::-1]}", f"Basic {SECRET}", SECRET, f"Bearer {SECRET}x"):
        assert tell(asked, told, Authorization=word) == 403
    assert asked.post("/redi/events/room/created", content=b"{}").status_code == 403
    assert tell(asked, told, "other") == 403, "each network has its own"
    assert tell(asked, told, "nowhere") == 404
    assert tell(asked, ("room/closed", told[1])) == 404
    assert asked.get("/redi/events/room/created", headers=HEADERS).status_code == 405
    assert dump(ours) == before


def test_another_networks_server_moves_nothing_of_ours(two: tuple[Desk, Desk]) -> None:
    ours, theirs = two
    asked = client(ours, theirs)
    for told in meeting(ours).told:
        assert tell(asked, told, "other", Authorization=f"Bearer {SECRET[::-1]}") == 204
    assert (inside(ours), inside(theirs)) == (None, None)


def test_without_settings_there_is_no_such_page(desk: Desk) -> None:
    switch_on(desk)
    assert tell(client(desk), meeting(desk).told[0]) == 404


@pytest.mark.parametrize("secret", ["", "short", "blank in a secret of more than 32 letters", "ä" * 40, "x" * 201])
def test_a_secret_that_could_be_guessed_is_refused_at_the_start(desk: Desk, secret: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(secret, encoding="utf-8")
    for events in ({"secret": secret}, {"secret_file": str(file)}, {}):
        switch_on(desk, events=events)
        with pytest.raises(SettingsError):
            client(desk)


def test_a_secret_may_stand_in_a_file(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n", encoding="utf-8")
    switch_on(desk, events={"secret_file": str(tmp_path / "secret")})
    assert tell(client(desk), meeting(desk).told[0]) == 204


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_what_is_no_json_is_refused(desk: Desk, kind: str) -> None:
    assert tell(client(desk), meeting(desk).told[0], **{"Content-Type": kind}) == 415
    assert inside(desk) is None


def test_a_truncated_event_is_refused_at_every_length(desk: Desk) -> None:
    asked = client(desk)
    for path, event in meeting(desk).destroy(second(desk)).told[-2:]:
        content = json.dumps(event).encode()
        for size in range(0, len(content), 7):
            answer = asked.post(f"/redi/events/{path}", content=content[:size], headers=HEADERS)
            assert answer.status_code == 400
    assert inside(desk) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"event_name": "muc-room-created"},
        {"active_occupants_count": -1},
        {"active_occupants_count": 10**9},
        {"active_occupants_count": "2"},
        {"active_occupants_count": None},
        {"room_name": ""},
        {"room_name": "x" * 1024},
        {"room_name": "re-\u0000"},
        {"room_name": None},
        {"occupant": None},
        {"occupant": {}},
        {"occupant": {"joined_at": 10**30}},
        {"occupant": {"joined_at": -1}},
        {"is_breakout": "yes"},
    ],
    ids=str,
)
def test_an_event_that_says_what_can_not_be_is_refused(desk: Desk, wrong: dict[str, Any]) -> None:
    path, event = meeting(desk).told[1]
    assert tell(client(desk), (path, {**event, **wrong})) == 400
    assert inside(desk) is None


@pytest.mark.parametrize("body", [b"[]", b"null", b"[" * 100_000, b"\xff", b'{"room_name": "\\ud800"}', b"{" * 60_000])
def test_whatever_is_sent_nothing_breaks(desk: Desk, body: bytes) -> None:
    asked = client(desk)
    for path in EVENTS:
        assert asked.post(f"/redi/events/{path}", content=body, headers=HEADERS).status_code in (400, 413)


def test_no_more_is_read_than_a_full_room_needs(desk: Desk) -> None:
    asked, told = client(desk), meeting(desk).destroy(second(desk)).told
    for path, event in told:
        assert tell(asked, (path, {**event, "more": "x" * MOST_BYTES})) == 413
    full = {**told[-1][1], "all_occupants": [told[1][1]["occupant"]] * 4_000}
    assert tell(asked, ("room/destroyed", full)) == 204


def test_what_is_said_again_later_counts_no_more(desk: Desk) -> None:
    asked, room = client(desk), meeting(desk)
    for told in room.told:
        tell(asked, told)
    room.leave("b", second(desk)).leave("c", second(desk)).destroy(second(desk))
    for told in room.told[-3:]:
        tell(asked, told)
    desk.clock.moment += timedelta(hours=3)
    for told in room.told:
        assert tell(asked, told) == 400
    assert inside(desk) == 0


def test_figures_say_what_was_and_single_times_are_forgotten(desk: Desk) -> None:
    asked, first = client(desk), meeting(desk).leave("b", second(desk)).leave("c", second(desk)).destroy(second(desk))
    alone = Room(ROOM).create(second(desk, 3600)).join("a", second(desk, 3600)).leave("a", second(desk, 3700))
    later = Room(ROOM).create(second(desk, 9000)).destroy(second(desk, 9001))
    for room in (first, alone.destroy(second(desk, 3700)), later):
        desk.clock.moment = desk.clock.moment.fromtimestamp(room.told[-1][1]["destroyed_at"], desk.clock.moment.tzinfo)
        for told in room.told:
            tell(asked, told)
    gatherings = Gatherings(desk.site.database, "redi")
    assert gatherings.settle(desk.clock.now() + timedelta(hours=3)) == 2, "the first was put down by the last"
    begin = desk.clock.now() - timedelta(days=1)
    [(key, figures)] = gatherings.figures(begin, begin + timedelta(days=2)).items()
    assert (key, figures.meetings, figures.seconds, figures.most) == (KEY, 1, 60, 2), "alone is no meeting"
    assert 'INSERT INTO "headcount"' not in dump(desk)
    assert gatherings.forget(desk.clock.now() + timedelta(days=1)) == 3
    assert gatherings.first() is None
