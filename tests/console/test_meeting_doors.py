"""Back from the meeting server, which sends those without a pass to us, and the keys that it fetches."""

import hashlib
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.console import MEMBER, MODERATOR_SENSORIK, OTHER, House
from tests.support.meetings import MEET, claims_of, open_room, room_name, with_rooms

BODY = "pg-sensorik"
ROOM = room_name(1)


@pytest.fixture
def house(house: House) -> House:
    """With a room of Sensorik, and public ones of the citizens' service."""
    with_rooms(house, BODY, public={"prefix": "buergerservice-"})
    return house


def test_whoever_came_without_a_pass_is_sent_back_with_one(house: House) -> None:
    for name in (ROOM, ROOM.upper()):
        answer = house.visitor(MEMBER).client.get("/redi/room", params={"room": name})
        assert answer.status_code == 303
        assert claims_of(answer.headers["location"])["room"] == ROOM
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_who_is_not_logged_in_comes_back_here_after_the_login_and_guests_are_told_what_to_do(house: House) -> None:
    visitor = house.visitor(None)
    answer = visitor.client.get("/redi/room", params={"room": ROOM})
    assert answer.headers["location"] == "/redi/login"
    assert "persönlichen Link" in visitor.get("login").text
    assert "persönlichen Link" not in house.visitor(None).get("login").text


def test_rooms_that_are_not_theirs_are_closed_and_rooms_that_are_not_ours_are_not_there(house: House) -> None:
    visitor = house.visitor(OTHER)
    assert visitor.client.get("/redi/room", params={"room": ROOM}).status_code == 403
    assert visitor.client.get("/redi/room", params={"room": room_name(9)}).status_code == 404
    assert visitor.client.get("/redi/room").status_code == 404
    # Nobody who is not logged in can tell which rooms there are.
    stranger = house.visitor(None)
    found = {stranger.client.get("/redi/room", params={"room": room_name(one)}).text for one in (1, 9)}
    assert len(found) == 1


def test_people_of_the_body_enter_a_room_that_was_opened_for_guests(house: House) -> None:
    network, name = house.networks["redi"], room_name(5)
    open_room(network, "ausschreibung", name, network.now().replace(year=network.now().year + 1))
    answer = house.visitor(MODERATOR_SENSORIK).client.get("/redi/room", params={"room": name})
    assert claims_of(answer.headers["location"])["context"]["user"]["moderator"] is True
    assert house.visitor(OTHER).client.get("/redi/room", params={"room": name}).status_code == 403


def test_public_rooms_are_open_to_all_and_nothing_else_is(house: House) -> None:
    answer = house.visitor(None).client.get("/redi/room", params={"room": "Buergerservice-Meldeamt"})
    claims = claims_of(answer.headers["location"])
    assert claims["room"] == "buergerservice-meldeamt"
    assert claims["context"]["user"]["moderator"] is False
    for name in ("buergerservice", "x-buergerservice-1", "*", f"../{ROOM}"):
        answer = house.visitor(None).client.get("/redi/room", params={"room": name})
        assert answer.headers.get("location", "/redi/login") == "/redi/login", name


@pytest.mark.parametrize(
    "room",
    [
        "https://evil.example/re-1",
        "//evil.example/",
        "\\\\evil.example",
        "re-1@evil.example",
        f"{ROOM}/../../evil",
        f"{ROOM}?x=https://evil.example",
        f"{ROOM}#jwt=x",
        "buergerservice-x/../../evil",
        "buergerservice-x@evil.example/",
        "buergerservice-x\r\nSet-Cookie: a=b",
        "buergerservice-" + "ü" * 1000,
        "%2e%2e%2f%2fevil.example",
        "\x00",
        " ",
    ],
)
def test_no_name_of_a_room_leads_to_another_host(house: House, room: str) -> None:
    for who in (MEMBER, None):
        answer = house.visitor(who).client.get("/redi/room", params={"room": room})
        where = answer.headers.get("location", "/redi/login")
        assert "a" not in answer.cookies
        if where != "/redi/login":
            parts = urlsplit(where)
            assert f"{parts.scheme}://{parts.netloc}" == MEET
            assert parts.path.count("/") == 1
            assert parts.query == ""


def test_of_what_the_meeting_server_wants_to_be_told_again_only_its_own_switches_are_passed_on(house: House) -> None:
    state = {
        "room": "evil",
        "roomSafe": "evil",
        "tenant": "evil",
        "jwt": "evil",
        "refreshToken": "evil",
        "config.startWithAudioMuted": True,
        "config.startWithVideoMuted": 1,
        "config.prejoinConfig.enabled": False,
        "config.startAudioOnly": "true",
        "config.defaultLogoUrl": "https://evil.example",
        "config.subject": "evil",
        "iceServers.replace": "evil",
        "config.startWithAudioMuted&jwt=evil": True,
    }
    visitor = house.visitor(MEMBER)
    told = {"room": ROOM, "state": json.dumps(state)}
    where = visitor.client.get("/redi/room", params=told).headers["location"]
    fragment = parse_qs(urlsplit(where).fragment)
    assert claims_of(where)["room"] == ROOM
    assert fragment["config.startWithAudioMuted"] == ["true"]
    assert fragment["config.prejoinConfig.enabled"] == ["false"]
    assert fragment.keys() == {
        "jwt",
        "config.subject",
        "config.startWithAudioMuted",
        "config.prejoinConfig.enabled",
    }
    assert "evil" not in where


@pytest.mark.parametrize("state", ["", "{", "[]", "null", "1", '"x"', "[" * 3000, '{"a":' * 600, "\ud800", "NaN"])
def test_a_state_that_is_none_is_left_out(house: House, state: str) -> None:
    told = {"room": ROOM, "state": state.encode("utf-8", "replace").decode()}
    where = house.visitor(MEMBER).client.get("/redi/room", params=told).headers["location"]
    assert parse_qs(urlsplit(where).fragment).keys() == {"jwt", "config.subject"}


def test_a_server_with_a_secret_of_ours_finds_no_keys(house: House) -> None:
    client = house.client()
    assert client.get("/redi/keys/jwks.json").json() == {"keys": []}
    assert client.get(f"/redi/keys/{'0' * 64}.pem").status_code == 404


def test_keys_are_found_by_the_hash_of_their_ids_and_all_at_once(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    private = rsa.generate_private_key(65537, 2048)
    file = keys / "first.pem"
    file.touch(mode=0o600)
    file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    made = House(tmp_path)
    with_rooms(made, BODY, secret=None, keys=str(keys))
    client = made.client()
    answer = client.get(f"/redi/keys/{hashlib.sha256(b'first').hexdigest()}.pem")
    assert answer.status_code == 200
    assert b"PRIVATE" not in answer.content
    assert answer.headers["cache-control"] == "public, max-age=300"
    where = made.visitor(MEMBER).get("join", BODY).headers["location"]
    token = parse_qs(urlsplit(where).fragment)["jwt"][0].strip('"')
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": "first", "typ": "JWT"}
    options = {"verify_exp": False, "verify_nbf": False}
    assert jwt.decode(token, answer.content, ["RS256"], audience="jitsi", options=options)["room"] == ROOM
    [told] = client.get("/redi/keys/jwks.json").json()["keys"]
    assert told["kid"] == "first"
    assert jwt.decode(token, jwt.PyJWK(told), ["RS256"], audience="jitsi", options=options)["room"] == ROOM
    assert "d" not in told
    made.close()
