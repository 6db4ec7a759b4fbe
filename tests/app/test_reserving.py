"""When a room opens that somebody enters: around its meetings, and never for who asks without being known."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from connectors.jitsi.emulation.calling import Call, Reply
from connectors.jitsi.emulation.reservation_caller import Denied, Granted, ReservationCaller
from policies.document import Policy
from provisioner.app.meetings.reserving import Reserving
from provisioner.app.picture import Picture, Pictures
from provisioner.app.service_settings import ReservationSettings
from provisioner.model.errors import SettingsError
from provisioner.model.registry import Body, BodyKind, Meetings, MeetingSeries, Registry
from provisioner.service.meeting_calls import router
from provisioner.state.guest_rooms import GuestRoom, GuestRooms
from provisioner.state.reservations import Reservations
from tests.support.desk import Desk, desks, small_network
from tests.support.doors import TARGET, tie_room

SECRET = "invented-Secret-of-thirty-two-letters"
ROOM, SERIES_ROOM, PLAIN, OLD = ("re-" + letter * 32 for letter in "abcd")
DOOR, STRANGER = "192.0.2.7", "198.51.100.1"
ON: dict[str, Any] = {"secret": SECRET, "callers": [DOOR, "2001:db8::/32"]}
WEEKLY = MeetingSeries("jf", datetime.fromisoformat("2026-01-06T10:00"), 90, rule="FREQ=WEEKLY")
FURTHER = MeetingSeries("x", datetime.fromisoformat("2026-01-06T12:00"), 60)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    wish = small_network()
    wish.targets = {
        TARGET: {
            "connector": "jitsi",
            "url": "https://meet.example",
            "secret": SECRET,
            "public": {"prefix": "amt-"},
        }
    }
    (found,) = desks(tmp_path, wish)
    rooms = {"pg-s": ROOM, "pg-s:meeting:x": SERIES_ROOM, "pg-plain": PLAIN, "pg-old": OLD}
    for body, name in rooms.items():
        tie_room(found, body, name)
    yield found
    found.site.close()


class Fixed:
    """One picture for ever."""

    def now(self) -> Picture:
        bodies = (
            Body("pg-s", "Sensorik", BodyKind.PROJECT, meetings=Meetings(series=(WEEKLY, FURTHER))),
            Body("pg-plain", "LoRaWAN", BodyKind.PROJECT),
            Body("pg-old", "Altes", BodyKind.PROJECT, archived_on=date(2025, 1, 1)),
        )
        registry = Registry("redi", "re@di", bodies={body.id: body for body in bodies})
        return Picture(registry, Policy(), date(2026, 1, 6))


PICTURES = cast(Pictures, Fixed())


def at(clock: str, day: int = 6) -> datetime:
    return datetime.fromisoformat(f"2026-01-{day:02}T{clock}").replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


def client(desk: Desk, address: str = DOOR, **settings: Any) -> TestClient:
    section = desk.site.section
    meetings = {"reservations": {**ON, **settings}}
    section.meetings = type(section).model_validate({"registry": "r", "meetings": meetings}).meetings
    app = FastAPI()
    app.include_router(router({"redi": desk.site}, {"redi": PICTURES}))
    return TestClient(app, client=(address, 4711))


def sender(asked: TestClient) -> Callable[[Call], Reply]:
    def send(call: Call) -> Reply:
        answer = asked.request(call.method, call.url, content=call.body, headers=dict(call.headers))
        return Reply(answer.status_code, answer.content)

    return send


@pytest.fixture
def prosody(desk: Desk) -> ReservationCaller:
    return ReservationCaller(f"/redi/reservations/{SECRET}", desk.clock, send=sender(client(desk)))


def asked_at(desk: Desk, prosody: ReservationCaller, moment: datetime, room: str = ROOM) -> Granted | Denied:
    desk.clock.moment = moment
    return prosody.ask(room)


def test_a_room_opens_before_its_meeting_and_is_closed_after_it(desk: Desk, prosody: ReservationCaller) -> None:
    granted = asked_at(desk, prosody, at("09:45"))
    assert isinstance(granted, Granted)
    # Half an hour before the second one of that day begins, the room of the first is still open.
    assert granted.until == at("14:00").timestamp()
    desk.clock.moment = at("14:00") + timedelta(seconds=1)
    assert prosody.over() == [ROOM]
    assert Reservations(desk.site.database, "redi").get(int(granted.id)) is None, "given back"


def test_too_early_is_told_with_when_it_opens(desk: Desk, prosody: ReservationCaller) -> None:
    denied = asked_at(desk, prosody, at("08:00"))
    assert isinstance(denied, Denied)
    assert (denied.code, "öffnet zum nächsten Termin, am 06.01.26, 09:30 Uhr" in denied.text) == (403, True)
    late = asked_at(desk, prosody, at("15:00"))
    assert isinstance(late, Denied)
    assert "13.01.26, 09:30" in late.text
    assert isinstance(asked_at(desk, prosody, at("09:30", 13)), Granted)


def test_the_room_of_one_series_knows_its_own_dates_alone(desk: Desk, prosody: ReservationCaller) -> None:
    assert isinstance(asked_at(desk, prosody, at("10:00"), SERIES_ROOM), Denied)
    granted = asked_at(desk, prosody, at("11:40"), SERIES_ROOM)
    assert isinstance(granted, Granted)
    assert granted.until == at("14:00").timestamp()


def test_who_has_no_dates_and_the_citizens_rooms_are_open_at_all_times(desk: Desk, prosody: ReservationCaller) -> None:
    for room in (PLAIN, "amt-bretten"):
        granted = asked_at(desk, prosody, at("03:00"), room)
        assert isinstance(granted, Granted)
        assert granted.until == (at("03:00") + timedelta(minutes=480)).timestamp()


def test_rooms_for_guests_are_open_until_their_end(desk: Desk, prosody: ReservationCaller) -> None:
    opened = GuestRoom("g1", "pg-s", "re-guests", "Gäste", "p-mona", at("07:00"), at("09:00"))
    rooms = GuestRooms(desk.site.database, "redi")
    rooms.open(opened)
    rooms.open(replace(opened, id="g2", name="re-closed", closed_at=at("07:30")))
    granted = asked_at(desk, prosody, at("08:00"), "re-guests")
    assert isinstance(granted, Granted)
    assert granted.until == at("09:00").timestamp()
    assert isinstance(asked_at(desk, prosody, at("08:00"), "re-closed"), Denied)
    prosody.destroyed("re-guests")
    assert isinstance(asked_at(desk, prosody, at("09:00"), "re-guests"), Denied)


@pytest.mark.parametrize("room", [OLD, f"[stadt]{PLAIN}", "re-" + "0" * 32, "ag-klima", "body:pg-plain", "%2e%2e"])
def test_other_rooms_stay_shut(desk: Desk, prosody: ReservationCaller, room: str) -> None:
    denied = asked_at(desk, prosody, at("10:00"), room)
    assert isinstance(denied, Denied)
    assert denied.code == 403
    assert room not in denied.text


def test_the_server_hears_the_name_that_it_said(desk: Desk) -> None:
    desk.site.section.targets[TARGET]["tenant"] = "stadt"
    prosody = ReservationCaller(f"/redi/reservations/{SECRET}", desk.clock, send=sender(client(desk)))
    for room, answer in ((f"[stadt]{PLAIN}", Granted), ("[stadt]amt-bretten", Granted), (PLAIN, Denied)):
        assert isinstance(asked_at(desk, prosody, at("03:00"), room), answer)


def test_who_asks_twice_is_told_the_same_twice(desk: Desk) -> None:
    send = sender(client(desk))
    first = asked_at(desk, ReservationCaller(f"/redi/reservations/{SECRET}", desk.clock, send=send), at("10:00"))
    again = asked_at(desk, ReservationCaller(f"/redi/reservations/{SECRET}", desk.clock, send=send), at("10:01"))
    assert first == again
    assert isinstance(first, Granted)
    asked = client(desk)
    path = f"/redi/reservations/{SECRET}/conference/{first.id}"
    told = asked.get(path).json()
    assert (told["duration"], told["id"]) == (4 * 3600, first.id), "a text: of a number Prosody makes another one"
    assert [asked.delete(path).status_code for _ in range(2)] == [204, 404]
    assert asked.get(path).status_code == 404


@pytest.mark.parametrize("address", [STRANGER, "::1", "not-an-address", "::ffff:198.51.100.1", ""])
def test_from_other_addresses_there_is_no_such_page(desk: Desk, address: str) -> None:
    asked = client(desk, address)
    answers = [
        asked.post(f"/redi/reservations/{SECRET}/conference", data={"name": PLAIN, "mail_owner": "x"}),
        asked.get(f"/redi/reservations/{SECRET}/conference/1"),
        asked.delete(f"/redi/reservations/{SECRET}/conference/1"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 3


@pytest.mark.parametrize("address", [DOOR, f"::ffff:{DOOR}", "2001:db8::7"])
def test_from_addresses_that_are_named_it_needs_the_secret_too(desk: Desk, address: str) -> None:
    asked = client(desk, address)
    for word, status in ((SECRET, 200), (SECRET[:-1], 404), ("x", 404), ("ä", 404)):
        answer = asked.post(f"/redi/reservations/{word}/conference", data={"name": PLAIN, "mail_owner": "x"})
        assert answer.status_code == status
    assert asked.post(f"/other/reservations/{SECRET}/conference", data={"name": PLAIN}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [b"", b"name=", b"name=" + b"x" * 1024, b"name=%00", b"name=%ff", b"\xff", b"&" * 100, b'{"name": "x"}'],
    ids=lambda body: body[:20].decode(errors="replace"),
)
def test_what_is_no_request_is_refused(desk: Desk, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    asked = client(desk)
    assert asked.post(f"/redi/reservations/{SECRET}/conference", content=body, headers=headers).status_code == 400


def test_numbers_that_are_none_are_not_there(desk: Desk) -> None:
    asked = client(desk)
    for number in ("0", "-1", "1e3", "9" * 40, "x", "²"):
        assert asked.get(f"/redi/reservations/{SECRET}/conference/{number}").status_code == 404


def test_whose_address_asked_is_kept_nowhere(desk: Desk, prosody: ReservationCaller) -> None:
    prosody.ask(PLAIN, "8f1c2d3e-planted@meet.jitsi/web")
    with desk.site.database.reading() as connection:
        assert "planted" not in "".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]


def test_nobody_may_call_unless_somebody_is_named(desk: Desk) -> None:
    with pytest.raises(ValueError, match="callers"):
        ReservationSettings.model_validate({"secret": SECRET, "callers": []})
    with pytest.raises(SettingsError):
        client(desk, secret="short")


def test_what_is_over_long_ago_is_forgotten(desk: Desk) -> None:
    desk.clock.moment = at("10:00")
    settings = ReservationSettings.model_validate(ON)
    opened = Reserving(desk.site, PICTURES, settings).open(ROOM)
    reservations = Reservations(desk.site.database, "redi")
    assert reservations.forget(opened.ends) == 0
    assert reservations.forget(opened.ends + timedelta(seconds=1)) == 1
