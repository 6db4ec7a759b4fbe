"""The ways into meeting rooms, tried by people who leave, people of others, and people who know names and words."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from connectors.jitsi.keys import make_key
from provisioner.app.joining.viewing import viewer_for
from provisioner.state import GuestRoom, GuestRooms
from tests.console.test_injection import EVIL, assert_only_text
from tests.support.console import MEMBER, MODERATOR_SENSORIK, OTHER, RANGER, URL, House
from tests.support.meetings import MEET, claims_of, invite, open_room, room_name, with_rooms

BODY = "pg-sensorik"
NAME = room_name(1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(tmp_path)
    yield found
    found.close()


def edit(house: House, **entry: object) -> None:
    """Somebody changes the moderator's entry in the registry's file; nobody tells the service."""
    wish = house.wishes["redi"]
    wish.people[MODERATOR_SENSORIK].update(entry)
    wish.write(house.folder / "redi")


def test_a_moderator_who_is_none_any_more_leads_no_room_from_the_next_click_on(house: House) -> None:
    with_rooms(house, BODY)
    visitor = house.visitor(MODERATOR_SENSORIK)
    for role, leads in (("moderator", True), ("member", False), ("moderator", True), ("member", False)):
        edit(house, bodies=[{"id": BODY, "role": role}])
        user = claims_of(visitor.get("join", BODY).headers["location"])["context"]["user"]
        assert user["moderator"] is leads
    edit(house, bodies=[])
    assert visitor.get("join", BODY).status_code == 403
    assert visitor.client.get("/redi/room", params={"room": NAME}).status_code == 403


@pytest.mark.parametrize("change", [{"leaves": "2020-01-31"}, {"joined": "2099-01-01"}])
def test_whoever_is_not_here_gets_in_by_no_door(house: House, change: dict[str, str]) -> None:
    with_rooms(house, BODY)
    network, visitor = house.networks["redi"], house.visitor(MODERATOR_SENSORIK)
    open_room(network, "offen", room_name(5), network.now() + timedelta(hours=1))
    own = invite(network, "Nicht Mona", network.now() + timedelta(hours=1))
    assert visitor.get("join", BODY).headers["location"].startswith(MEET)
    edit(house, **change)
    assert visitor.get("join", BODY).headers["location"] == "/redi/login"
    assert visitor.get("rooms", "offen").headers["location"] == "/redi/login"
    assert visitor.client.get("/redi/room", params={"room": NAME}).headers["location"] == "/redi/login"
    assert visitor.get("guest", own).status_code == 410
    assert visitor.post("guest", own).status_code == 410


def test_a_body_that_was_archived_a_second_ago_lets_nobody_in(house: House) -> None:
    with_rooms(house, BODY)
    network, visitor = house.networks["redi"], house.visitor(MODERATOR_SENSORIK)
    word = invite(network, "Gerda", network.now() + timedelta(hours=1))
    assert visitor.get("join", BODY).status_code == 303
    wish = house.wishes["redi"]
    wish.bodies[BODY]["archived"] = "2020-01-31"
    wish.write(house.folder / "redi")
    assert "location" not in visitor.get("join", BODY).headers
    assert "location" not in visitor.post("guest", word).headers


def test_no_word_and_no_id_of_one_door_opens_another(house: House) -> None:
    with_rooms(house, BODY)
    network, stranger = house.networks["redi"], house.visitor(OTHER)
    until = network.now() + timedelta(hours=1)
    guest, known = invite(network, "Gerda", until), invite(network, "Gerd", until, word="w" * 43, id="invitation-1")
    open_room(network, "offen", room_name(5), until)
    session = house.log_in(house.client(), MODERATOR_SENSORIK)
    viewer = viewer_for(network.pictures.now(), "redi", MODERATOR_SENSORIK)
    assert viewer is not None
    feed = network.feeds.word_for(viewer)
    for word in (session, feed, "invitation-1", "offen", NAME, room_name(5), f"body:{BODY}", "room:offen"):
        assert stranger.get("guest", word).status_code in (410, 429)
    for word in (session, guest, known, "invitation-1"):
        assert stranger.client.get(f"/redi/feed/{word}.ics").status_code == 404
        assert stranger.get("link", word).status_code == 410
    for word in (guest, known, session, "invitation-1", NAME, room_name(5), "offen"):
        assert "location" not in stranger.get("rooms", word).headers
        assert "location" not in stranger.get("join", word).headers
        answer = stranger.client.get("/redi/room", params={"room": word})
        assert "location" not in answer.headers, "who knows a room's name is not let in for that"


def test_a_session_of_one_network_opens_no_room_of_another(house: House) -> None:
    with_rooms(house, BODY)
    theirs = house.visitor(MODERATOR_SENSORIK, "ortenau")
    ours = house.networks["redi"]
    theirs.client.cookies.set(ours.cookie(), theirs.word or "", domain="redi.example", path=ours.base)
    for path in (f"/redi/join/{BODY}", f"/redi/room?room={NAME}"):
        assert theirs.client.get(path).headers["location"] == "/redi/login"
    assert theirs.client.get("/ortenau/room", params={"room": NAME}).status_code == 404
    word = invite(ours, "Gerda", ours.now() + timedelta(hours=1))
    assert theirs.post("guest", word).status_code == 410


@pytest.mark.parametrize(
    "written",
    [
        NAME,
        NAME.upper(),
        NAME.replace("re-", "%72e-"),
        NAME.replace("re-", "\uff52e-"),
        NAME.replace("-", "%2d"),
        f"{MEET}/{NAME}",
        f"{MEET}:443/{NAME}",
        f"{MEET.upper()}/{NAME}",
        f"{MEET}/anything/{NAME}",
        f"https://buerger.example/{NAME}",
    ],
)
def test_no_way_of_writing_a_rooms_name_makes_it_a_public_one(house: House, written: str) -> None:
    with_rooms(house, BODY, public={"hosts": ["meet.example", "buerger.example"], "prefix": "amt-"})
    for who in (None, OTHER):
        answer = house.visitor(who).client.get("/redi/room", params={"room": written})
        where = answer.headers.get("location", "")
        assert not where or where == "/redi/login" or claims_of(where)["room"] != NAME
    answer = house.visitor(None).client.get("/redi/room", params={"room": "Amt-Auskunft"})
    assert claims_of(answer.headers["location"])["room"] == "amt-auskunft"


def test_every_answer_that_carries_a_pass_or_a_word_is_kept_nowhere_and_named_to_nobody(house: House) -> None:
    with_rooms(house, BODY, public={"prefix": "amt-"})
    network, visitor = house.networks["redi"], house.visitor(MEMBER)
    until = network.now() + timedelta(hours=1)
    open_room(network, "offen", room_name(5), until)
    word = invite(network, "Gerda", until)
    answers = [
        visitor.get("join", BODY),
        visitor.get("rooms", "offen"),
        visitor.client.get("/redi/room", params={"room": NAME}),
        visitor.client.get("/redi/room", params={"room": "amt-auskunft"}),
        house.visitor(None).post("guest", word),
    ]
    for answer in answers:
        assert claims_of(answer.headers["location"])["exp"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "eyJ" not in answer.headers["location"].partition("#")[0]
        assert "eyJ" not in answer.text
        assert "set-cookie" not in answer.headers or "eyJ" not in answer.headers["set-cookie"]
    page = visitor.post("me", "calendar")
    assert "/redi/feed/" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"


def test_of_keys_nothing_but_the_public_half_is_ever_served(house: House) -> None:
    keys = house.folder / "keys"
    kid = make_key(keys, house.clock.now())
    (house.folder / "outside.pem").write_text("PRIVATE outside")
    for wish in house.wishes.values():
        wish.targets["meet"] = {"connector": "jitsi", "url": MEET, "keys": str(keys)}
    anybody = house.client(raise_server_exceptions=False)
    digest = hashlib.sha256(kid.encode()).hexdigest()
    assert b"BEGIN PUBLIC KEY" in anybody.get(f"/redi/keys/{digest}.pem").content
    tried = [kid, f"../keys/{kid}", "../outside", f".{kid}.unfinished", digest.upper(), digest[:-1], "", "*", "\0", "."]
    tried += [hashlib.sha256(one.encode()).hexdigest() for one in ("", f"{kid}.pem", "outside", "../outside", "*")]
    for one in tried:
        for path in (f"/redi/keys/{quote(one, safe='')}.pem", f"/redi/keys/{one}.pem".replace("\0", "%00")):
            answer = anybody.get(path)
            assert answer.status_code == 404, one
            assert b"PRIVATE" not in answer.content
    assert b"PRIVATE" not in anybody.get("/redi/keys/jwks.json").content
    assert set(anybody.get("/redi/keys/jwks.json").json()["keys"][0]) == {
        "kty",
        "n",
        "e",
        "key_ops",
        "kid",
        "use",
        "alg",
    }


def test_no_title_and_no_name_of_a_guest_is_taken_for_markup(house: House) -> None:
    wish = house.wishes["redi"]
    for entry in wish.people.values():
        entry["given_name"] = f"{entry['given_name']} {EVIL}"
    series = {"id": "jf", "title": EVIL, "first": "2026-01-13T10:00", "every": "week"}
    wish.bodies[BODY].update(name=EVIL, purpose=EVIL, meetings={"series": [series]})
    with_rooms(house, BODY)
    network, leads = house.networks["redi"], house.visitor(MODERATOR_SENSORIK)
    until = network.now() + timedelta(hours=1)
    word = invite(network, EVIL, until)
    room = GuestRoom("offen", BODY, room_name(5), EVIL, MODERATOR_SENSORIK, network.now(), until)
    GuestRooms(network.site.database, "redi").open(room)
    pages = [
        leads.get("bodies", BODY, "guests"),
        leads.get("bodies", BODY),
        leads.get("me"),
        leads.get("me", "calendar"),
    ]
    pages += [house.visitor(None).get("guest", word), house.visitor(OTHER).get("join", BODY)]
    pages += [house.visitor(OTHER).get("rooms", "offen"), house.visitor(RANGER).get("figures")]
    pages.append(leads.post("bodies", BODY, "guests", "invite", form={"name": EVIL * 3, "days": 1}))
    pages.append(leads.post("bodies", BODY, "guests", "open", form={"title": f"{EVIL}\0", "hours": 1}))
    read = (SimpleNamespace(headers=page.headers, text=page.text.replace(f'"{URL}/', '"/')) for page in pages)
    shown = [page for page in read if assert_only_text(page)]
    assert len(shown) > 6
    where = leads.get("join", BODY).headers["location"]
    assert not set(where) & set("<>\"' \r\n\\")
    assert claims_of(where)["context"]["user"]["name"]
