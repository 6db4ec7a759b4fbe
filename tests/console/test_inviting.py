"""What moderators do for guests on the pages of their body, and people's calendar feeds."""

import re
from datetime import timedelta

import pytest

from tests.support.console import GUEST, MEMBER, MODERATOR_SENSORIK, OTHER, House
from tests.support.meetings import MEET, claims_of, invite, open_room, room_name, with_rooms

BODY = "pg-sensorik"


@pytest.fixture
def house(house: House) -> House:
    """With a room of Sensorik, which meets."""
    series = {"id": "jf", "title": "Jour fixe", "first": "2026-01-13T10:00", "every": "2 weeks"}
    house.wishes["redi"].bodies[BODY]["meetings"] = {"series": [series]}
    with_rooms(house, BODY)
    return house


def test_a_moderators_link_lets_a_guest_in_until_it_is_withdrawn_and_is_shown_once(house: House) -> None:
    moderator, stranger = house.visitor(MODERATOR_SENSORIK), house.visitor(None)
    shown = moderator.post("bodies", BODY, "guests", "invite", form={"name": "Ingenieurbüro Öz", "days": "7"})
    assert shown.status_code == 200
    [word] = re.findall(r"<code>https://redi\.example/redi/guest/([^<]+)</code>", shown.text)
    assert claims_of(stranger.post("guest", word).headers["location"])["context"]["user"]["name"] == "Ingenieurbüro Öz"
    listed = moderator.get("bodies", BODY, "guests").text
    assert "Ingenieurbüro Öz" in listed
    assert word not in listed
    [invitation] = re.findall(r"/guests/([^/]+)/withdraw", listed)
    assert moderator.post("bodies", BODY, "guests", invitation, "withdraw").status_code == 303
    assert stranger.post("guest", word).status_code == 410
    assert "Ingenieurbüro Öz" not in moderator.get("bodies", BODY, "guests").text


def test_a_room_for_guests_is_shown_to_the_body_and_closes(house: House) -> None:
    moderator, member = house.visitor(MODERATOR_SENSORIK), house.visitor(MEMBER)
    opened = moderator.post("bodies", BODY, "guests", "open", form={"title": "Angebot", "hours": "2"})
    assert opened.headers["location"] == f"/redi/bodies/{BODY}/guests"
    [room] = re.findall(r'href="/redi/rooms/([^"]+)"', member.get("bodies", BODY).text)
    claims = claims_of(member.get("rooms", room).headers["location"])
    assert claims["room"] != room_name(1)
    shown = moderator.post("bodies", BODY, "guests", "invite", form={"name": "Gerda", "days": "1", "room": room})
    [word] = re.findall(r"/redi/guest/([^<]+)</code>", shown.text)
    guest = house.visitor(None)
    assert claims_of(guest.post("guest", word).headers["location"])["room"] == claims["room"]
    moderator.post("bodies", BODY, "guests", room, "close")
    assert guest.post("guest", word).status_code == 410
    assert member.get("rooms", room).status_code == 422
    assert "/redi/rooms/" not in member.get("bodies", BODY).text


def test_what_is_filled_in_wrong_is_said_beside_the_field_and_kept(house: House) -> None:
    moderator = house.visitor(MODERATOR_SENSORIK)
    for form, path in (({"name": "", "days": "7"}, "invite"), ({"title": " ", "hours": "2"}, "open")):
        answer = moderator.post("bodies", BODY, "guests", path, form=form)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
    answer = moderator.post("bodies", BODY, "guests", "invite", form={"name": "Gerda", "days": "300"})
    assert answer.status_code == 422
    assert 'value="Gerda"' in answer.text


def test_an_archive_and_a_network_without_meeting_server_invite_nobody(
    house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert house.visitor("p-rita").get("bodies", "pg-alt", "guests").status_code == 404
    bare = House(tmp_path_factory.mktemp("bare"))
    moderator = bare.visitor(MODERATOR_SENSORIK)
    assert moderator.get("bodies", BODY, "guests").status_code == 404
    assert "/guests" not in moderator.get("bodies", BODY).text
    bare.close()


def test_pages_lead_to_the_room_by_the_lasting_link_and_hold_neither_name_nor_token(house: House) -> None:
    network = house.networks["redi"]
    open_room(network, "r", room_name(5), network.now() + timedelta(hours=2))
    invite(network, "Gerda", network.now() + timedelta(hours=2))
    for path in (("me",), ("bodies", BODY)):
        text = house.visitor(MEMBER).get(*path).text
        assert f'href="https://redi.example/redi/join/{BODY}"' in text
        assert MEET not in text
        assert "re-0" not in text
    assert "re-0" not in house.visitor(MODERATOR_SENSORIK).get("bodies", BODY, "guests").text
    assert f"join/{BODY}" not in house.visitor(OTHER).get("bodies", BODY).text


def test_a_feed_is_read_by_whoever_has_its_address_until_it_is_ended(house: House) -> None:
    person, program = house.visitor(GUEST), house.client()
    shown = person.post("me", "calendar").text
    [path] = re.findall(r"<code>https://redi\.example(/redi/feed/[^<]+\.ics)</code>", shown)
    found = program.get(path)
    assert found.status_code == 200
    assert found.headers["content-type"].startswith("text/calendar")
    assert "Jour fixe" in found.text
    assert f"https://redi.example/redi/join/{BODY}" in found.text.replace("\r\n ", "")
    assert "re-0" not in found.text
    again = program.get(path, headers={"If-None-Match": found.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert path not in person.get("me", "calendar").text
    renewed = person.post("me", "calendar").text
    assert program.get(path).status_code == 404
    [path] = re.findall(r"(/redi/feed/[^<]+\.ics)</code>", renewed)
    assert person.post("me", "calendar", "end").headers["location"] == "/redi/me/calendar"
    assert program.get(path).status_code == 404


def test_the_feed_of_somebody_who_left_is_gone(house: House) -> None:
    shown, wish = house.visitor(MEMBER).post("me", "calendar").text, house.wishes["redi"]
    [path] = re.findall(r"(/redi/feed/[^<]+\.ics)</code>", shown)
    wish.people[MEMBER]["leaves"] = "2020-01-31"
    wish.write(house.folder / "redi")
    assert house.client().get(path).status_code == 404
