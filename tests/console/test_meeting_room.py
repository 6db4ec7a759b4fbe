"""The link into a body's meeting room: who is let in, as what, where it leads, and what is left of it anywhere."""

import json
import logging
from datetime import timedelta

import pytest
from pydantic import SecretStr

from provisioner.model.enrolments import EnrolledMembership
from provisioner.model.errors import StateError
from provisioner.model.meetings import Pass
from provisioner.model.registry import Period, Role
from provisioner.model.text import Text
from provisioner.registry.enrolling import struck
from provisioner.state import EnrolmentStore
from tests.support.console import (
    ADMIN,
    GUEST,
    MEMBER,
    MODERATOR_AKTE,
    MODERATOR_SENSORIK,
    NEWCOMER,
    OTHER,
    RANGER,
    SUSPENDED,
    House,
)
from tests.support.meetings import MEET, SECRET, claims_of, room_name, tie_room, with_rooms

BODY = "pg-sensorik"


@pytest.fixture
def house(house: House) -> House:
    """With meeting rooms of Sensorik and an archive."""
    with_rooms(house, BODY, "pg-alt")
    return house


@pytest.mark.parametrize(
    ("who", "moderates", "passes"),
    [(MODERATOR_SENSORIK, True, True), (MEMBER, False, True), (GUEST, False, False)],
)
def test_people_of_a_body_enter_as_what_they_are(house: House, who: str, moderates: bool, passes: bool) -> None:
    answer = house.visitor(who).get("join", BODY)
    assert answer.status_code == 303
    claims = claims_of(answer.headers["location"])
    user = claims["context"]["user"]
    assert (claims["room"], user["moderator"], user["lobby_bypass"]) == (room_name(1), moderates, passes)
    assert 0 < claims["exp"] - house.clock.now().timestamp() <= 3600
    assert who not in json.dumps(claims)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content == b""


@pytest.mark.parametrize("who", [OTHER, MODERATOR_AKTE, RANGER])
def test_others_are_told_how_to_join(house: House, who: str) -> None:
    answer = house.visitor(who).get("join", BODY)
    assert answer.status_code == 403
    assert "Mona Muster" in answer.text
    assert f"/redi/bodies/{BODY}/ask" in answer.text
    assert MEET not in answer.text
    assert "location" not in answer.headers


def test_nobody_is_told_of_bodies_that_they_may_not_see(house: House) -> None:
    assert house.visitor(GUEST).get("join", "pg-akte").status_code == 404
    assert house.visitor(ADMIN).get("join", BODY).status_code == 403
    assert house.visitor(MEMBER).get("join", "pg-nowhere").status_code == 404


@pytest.mark.parametrize("who", [None, SUSPENDED])
def test_a_login_leads_back_to_the_room(house: House, who: str | None) -> None:
    visitor = house.visitor(who)
    answer = visitor.get("join", BODY)
    assert (answer.status_code, answer.headers["location"]) == (303, "/redi/login")
    assert visitor.client.cookies.get(house.networks["redi"].cookie("next")).strip('"') == f"/redi/join/{BODY}"
    assert "Wenn Sie als Gast eingeladen sind" in visitor.get("login").text


def test_a_newcomer_says_first_who_they_are(house: House) -> None:
    assert house.visitor(NEWCOMER).get("join", BODY).headers["location"] == "/redi/register"


def test_a_body_without_a_room_says_so_and_an_archive_that_it_is_closed(house: House) -> None:
    visitor, network = house.visitor(MEMBER), house.networks["redi"]
    store = EnrolmentStore(network.site.database, "redi")
    for body in ("pg-akte", "pg-alt"):
        store.place(EnrolledMembership(MEMBER, body, Period(), Role.MEMBER, RANGER), network.now())
    answer = visitor.get("join", "pg-akte")
    assert answer.status_code == 422
    assert "noch keinen Videokonferenzraum" in answer.text
    answer = visitor.get("join", "pg-alt")
    assert answer.status_code == 422
    assert "archiviert" in answer.text


def test_without_a_meeting_server_there_is_no_such_page(tmp_path_factory: pytest.TempPathFactory) -> None:
    bare = House(tmp_path_factory.mktemp("bare"))
    assert bare.visitor(MEMBER).get("join", BODY).status_code == 404
    bare.close()


def test_whoever_was_struck_is_out_with_the_next_click(house: House) -> None:
    visitor, network = house.visitor(MEMBER), house.networks["redi"]
    assert visitor.get("join", BODY).status_code == 303
    ended = EnrolledMembership(MEMBER, BODY, struck(network.pictures.now().today), Role.MEMBER, RANGER)
    EnrolmentStore(network.site.database, "redi").place(ended, network.now())
    assert visitor.get("join", BODY).status_code == 403


def test_whoever_left_by_a_changed_file_is_out_with_the_next_click(house: House) -> None:
    visitor = house.visitor(MEMBER)
    assert visitor.get("join", BODY).status_code == 303
    wish = house.wishes["redi"]
    wish.people[MEMBER]["leaves"] = "2020-01-31"
    wish.write(house.folder / "redi")
    assert visitor.get("join", BODY).headers["location"] == "/redi/login"


def test_a_session_that_ended_opens_nothing(house: House) -> None:
    client = house.client()
    house.log_in(client, MEMBER, lifetime=timedelta(minutes=5))
    assert client.get(f"/redi/join/{BODY}").headers["location"].startswith(MEET)
    house.clock.advance(301)
    assert client.get(f"/redi/join/{BODY}").headers["location"] == "/redi/login"


def test_every_click_has_a_token_of_its_own_and_people_other_ids_in_other_rooms(house: House) -> None:
    network, visitor = house.networks["redi"], house.visitor(MODERATOR_SENSORIK)
    first = claims_of(visitor.get("join", BODY).headers["location"])
    house.clock.advance(1)
    again = claims_of(visitor.get("join", BODY).headers["location"])
    assert again["exp"] == first["exp"] + 1
    tie_room(network, BODY, room_name(7))
    renamed = claims_of(visitor.get("join", BODY).headers["location"])
    assert renamed["room"] == room_name(7)
    ids = [one["context"]["user"]["id"] for one in (first, again, renamed)]
    assert ids[0] == ids[1] != ids[2]


def test_nothing_of_a_room_or_a_token_is_in_what_is_logged_or_counted(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for who in (MODERATOR_SENSORIK, MEMBER, OTHER, None):
        house.visitor(who).get("join", BODY)
    said = "".join(f"{one.getMessage()} {vars(one)}" for one in caplog.records if one.name.startswith("provisioner"))
    for secret in (room_name(1), SECRET, "eyJ", MEET):
        assert secret not in said


def test_a_pass_that_leads_elsewhere_is_not_followed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    doors = house.networks["redi"].doors
    for address in (f"{MEET}.evil.example/x", "https://evil.example/", f"http{MEET[5:]}/x", "//meet.example/x", "/x"):
        found = Pass(SecretStr("t"), SecretStr(f"{address}#jwt=t"), house.clock.now())
        monkeypatch.setattr(doors, "enter", lambda *_, found=found, **__: found)
        visitor = house.visitor(MEMBER, raise_server_exceptions=False)
        answer = visitor.get("join", BODY)
        assert answer.status_code == 500, address
        assert "location" not in answer.headers
        assert "jwt" not in answer.text


def test_a_state_that_cannot_be_used_lets_nobody_in(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise StateError(Text.of("state.unreadable", database="x"))

    visitor = house.visitor(MEMBER)
    monkeypatch.setattr(house.networks["redi"].doors, "enter", broken)
    assert visitor.get("join", BODY).status_code == 503
