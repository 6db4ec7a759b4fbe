"""The calls that Jitsi's plugins make, as far as tests of what is called rely on them."""

import json
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qs

import pytest

from connectors.jitsi.emulation.calling import Call, Reply
from connectors.jitsi.emulation.event_caller import EventCaller
from connectors.jitsi.emulation.reservation_caller import Denied, Granted, ReservationCaller
from provisioner.emulation import VirtualClock

START = "2026-01-13T10:00:00.000Z"


class Service:
    """Answers what it is told to, in turn; an exception is raised."""

    def __init__(self, *replies: Reply | type[Exception]) -> None:
        self.replies: Iterator[Reply | type[Exception]] = iter(replies)
        self.calls: list[Call] = []

    def __call__(self, call: Call) -> Reply:
        self.calls.append(call)
        reply = next(self.replies, Reply(200))
        if isinstance(reply, Reply):
            return reply
        raise reply


def bodies(calls: Iterable[Call]) -> list[dict[str, object]]:
    return [json.loads(call.body) for call in calls]


def said(**more: object) -> Reply:
    told = {"id": 7, "name": "Raum", "mail_owner": "x", "start_time": START, "duration": 5400, **more}
    return Reply(200, json.dumps(told).encode())


def test_a_meeting_is_four_sorts_of_events_with_the_numbers_after_each():
    service = Service()
    caller = EventCaller(
        "https://ours.example/readi", VirtualClock(), headers={"Authorization": "Bearer x"}, send=service
    )
    caller.created("re-1")
    jid = caller.joined("re-1", {"id": "a1", "name": "Max", "moderator": True})
    caller.joined("re-1")
    caller.left("re-1", jid)
    caller.destroyed("re-1")
    assert [call.url.rpartition("/events")[2] for call in service.calls] == [
        *("/room/created", "/occupant/joined", "/occupant/joined", "/occupant/left", "/room/destroyed")
    ]
    told = bodies(service.calls)
    assert [event.get("active_occupants_count") for event in told] == [None, 1, 2, 1, None]
    assert all(event["room_name"] == "re-1" and event["is_breakout"] is False for event in told)
    assert told[1]["occupant"] == {"occupant_jid": jid, "joined_at": told[0]["created_at"], "name": "Max", "id": "a1"}
    assert all(call.headers["Authorization"] == "Bearer x" for call in service.calls)


def test_a_breakout_room_goes_by_the_name_of_the_main_room():
    service = Service()
    caller = EventCaller("https://ours.example", VirtualClock(), send=service)
    caller.created("re-1", breakout="b-1")
    caller.destroyed("re-1", breakout="b-1")
    assert [(event["room_name"], event["breakout_room_id"]) for event in bodies(service.calls)] == [("re-1", "b-1")] * 2
    assert bodies(service.calls)[1]["all_occupants"] == {}


@pytest.mark.parametrize(
    ("replies", "tries"),
    [([Reply(500), Reply(200)], 2), ([Reply(0)] * 9, 4), ([Reply(404)], 1), ([TimeoutError], 1)],
)
def test_an_event_is_told_again_when_the_service_failed_and_never_when_it_was_slow(replies: list, tries: int):
    clock = VirtualClock()
    before = clock.monotonic()
    service = Service(*replies)
    EventCaller("https://ours.example", clock, send=service).created("re-1")
    assert len(service.calls) == tries
    assert clock.monotonic() - before == tries - 1


def test_events_that_are_held_come_in_the_order_chosen_and_twice():
    service = Service()
    caller = EventCaller("https://ours.example", VirtualClock(), send=service)
    caller.hold = True
    caller.created("re-1")
    caller.joined("re-1")
    caller.deliver(lambda pending: pending.reverse(), twice=True)
    assert [event["event_name"] for event in bodies(service.calls)] == [
        *("muc-occupant-joined", "muc-occupant-joined", "muc-room-created", "muc-room-created")
    ]


def test_a_room_is_asked_for_in_a_form_and_once_until_it_is_closed():
    service = Service(said(lobby=True, max_occupants="20", password="x"))
    caller = ReservationCaller("https://ours.example/r", VirtualClock(), send=service)
    granted = caller.ask("raum", "abc@meet.jitsi/web")
    assert isinstance(granted, Granted)
    assert (granted.id, granted.lobby, granted.max_occupants, granted.password) == ("7", True, 20, "x")
    assert caller.ask("raum") == granted
    form = parse_qs(service.calls[0].body.decode())
    assert form.keys() == {"name", "start_time", "mail_owner"}
    assert form["mail_owner"] == ["abc@meet.jitsi"]
    caller.destroyed("raum")
    assert [(call.method, call.url) for call in service.calls] == [
        ("POST", "https://ours.example/r/conference"),
        ("DELETE", "https://ours.example/r/conference/7"),
    ]


@pytest.mark.parametrize(
    ("replies", "code", "text"),
    [
        ([Reply(403, b'{"message": "Noch zu"}')], 403, "Noch zu"),
        ([Reply(403, b"<html>")], 403, "Rejected by reservation server"),
        ([TimeoutError], 500, "Reservation lookup timed out"),
        ([Reply(0)] * 4, 0, "Rejected by reservation server"),
        ([said(name="anderer")], 500, "Invalid response from reservation server"),
        ([said(id=None)], 500, "Invalid response from reservation server"),
        ([said(duration="lang")], 500, "Invalid response from reservation server"),
        ([said(start_time="morgen")], 500, "Invalid response from reservation server"),
        ([said(max_occupants=0)], 500, "Invalid response from reservation server"),
        ([said(password=7)], 500, "Invalid response from reservation server"),
        ([Reply(409, b"{}")], 409, "Invalid response from reservation server"),
        ([Reply(409, b'{"conflict_id": 7}'), Reply(404)], 404, "Rejected by reservation server"),
        ([Reply(409, b'{"conflict_id": 7}'), TimeoutError], 500, "Reservation lookup timed out"),
    ],
)
def test_whatever_is_not_granted_in_so_many_words_keeps_the_room_closed(replies: list, code: int, text: str):
    denied = ReservationCaller("https://ours.example", VirtualClock(), send=Service(*replies)).ask("raum")
    assert isinstance(denied, Denied)
    assert (denied.code, denied.text) == (code, text)


def test_a_conflict_is_looked_up_and_its_time_ends_the_room():
    clock = VirtualClock()
    start = f"{clock.now():%Y-%m-%dT%H:%M:%S}+00:00"
    service = Service(Reply(409, b'{"conflict_id": "c-1"}'), said(id="c-1", start_time=start, duration=60))
    caller = ReservationCaller("https://ours.example", clock, send=service)
    assert isinstance(caller.ask("raum"), Granted)
    assert caller.over() == []
    clock.advance(61)
    expired = caller.ask("raum")
    assert isinstance(expired, Denied)
    assert expired.code == 419
    assert caller.over() == ["raum"]
    assert service.calls[-1].method == "DELETE"


def test_a_refusal_is_told_again_for_half_a_minute_without_asking():
    clock = VirtualClock()
    service = Service(Reply(403), said())
    caller = ReservationCaller("https://ours.example", clock, send=service)
    assert caller.ask("raum") == caller.ask("raum")
    clock.advance(31)
    caller.ask("raum")
    assert len(service.calls) == 2
