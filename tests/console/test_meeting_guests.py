"""A guest's personal link: what it shows, what it opens, and when it no longer does."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from provisioner.state import Invitations
from provisioner.state.schema import METADATA
from tests.support.console import MEMBER, House
from tests.support.meetings import MEET, claims_of, invite, open_room, room_name, with_rooms

BODY = "pg-sensorik"
HOUR = timedelta(hours=1)


@pytest.fixture
def house(house: House) -> House:
    """With a room of Sensorik, and few tries."""
    house.wishes["redi"].policy = {"joining": {"tries_an_hour": {"address": 5, "sender": 3}}}
    with_rooms(house, BODY)
    return house


def test_a_link_shows_who_enters_which_room_and_the_button_lets_them_in(house: House) -> None:
    network = house.networks["redi"]
    word, visitor = invite(network, "Grünschnabel Müller", network.now() + HOUR), house.visitor(None)
    shown = visitor.get("guest", word)
    assert shown.status_code == 200
    assert "Grünschnabel Müller" in shown.text
    assert "Sensorik" in shown.text
    assert "eyJ" not in shown.text
    answer = visitor.post("guest", word)
    assert answer.status_code == 303
    claims = claims_of(answer.headers["location"])
    user = claims["context"]["user"]
    assert (claims["room"], user["name"]) == (room_name(1), "Grünschnabel Müller")
    assert (user["moderator"], user["lobby_bypass"]) == (False, False)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


def test_only_the_page_of_a_link_may_send_its_form_on_to_the_meeting_server(house: House) -> None:
    network, visitor = house.networks["redi"], house.visitor(None)
    shown = visitor.get("guest", invite(network, "Gerda", network.now() + HOUR))
    assert f"form-action 'self' {MEET};" in shown.headers["content-security-policy"]
    # A form of a page without a referrer would be sent without saying that it is ours.
    assert shown.headers["referrer-policy"] == "same-origin"
    assert MEET not in visitor.get("login").headers["content-security-policy"]


def test_looking_at_a_link_changes_nothing_at_all(house: House) -> None:
    network, visitor = house.networks["redi"], house.visitor(None)
    word = invite(network, "Gerda", network.now() + HOUR)
    before = _rows(house)
    for _ in range(20):
        assert visitor.get("guest", word).status_code == 200
    assert _rows(house) == before


def test_a_link_is_over_when_it_ends_is_withdrawn_or_its_room_is_gone(house: House) -> None:
    network, visitor = house.networks["redi"], house.visitor(None)
    words = [invite(network, "Gerda", network.now() + HOUR) for _ in range(2)]
    invitations = Invitations(network.site.database, "redi")
    open_room(network, "ausschreibung", room_name(5), network.now() + HOUR)
    words.append(invite(network, "Gerda", network.now() + 9 * HOUR, "room:ausschreibung"))
    withdrawn = invitations.with_word(words[1])
    assert withdrawn is not None
    invitations.withdraw(withdrawn.id, network.now())
    assert [visitor.get("guest", word).status_code for word in words] == [200, 410, 200]
    house.clock.advance(3601)
    for word in words:
        for answer in (visitor.get("guest", word), visitor.post("guest", word)):
            assert answer.status_code == 410
            assert "location" not in answer.headers


def test_a_pass_does_not_outlive_its_link(house: House) -> None:
    network, visitor = house.networks["redi"], house.visitor(None)
    word = invite(network, "Gerda", network.now() + timedelta(seconds=40))
    claims = claims_of(visitor.post("guest", word).headers["location"])
    assert claims["exp"] - network.now().timestamp() <= 40


def test_a_link_of_another_network_opens_nothing(house: House) -> None:
    network = house.networks["redi"]
    word = invite(network, "Gerda", network.now() + HOUR)
    assert house.visitor(None, "ortenau").get("guest", word).status_code == 410
    assert house.visitor(MEMBER).get("guest", word[:-1]).status_code == 410


def test_whoever_tries_words_is_told_to_stop_and_hinders_nobody(house: House) -> None:
    network, visitor = house.networks["redi"], house.visitor(None)
    word = invite(network, "Gerda", network.now() + HOUR)
    found = [visitor.get("guest", f"x{number}").status_code for number in range(5)]
    assert found == [410, 410, 410, 429, 429]
    assert visitor.post("guest", "x9").status_code == 429
    assert visitor.post("guest", word).status_code == 303
    house.clock.advance(3601)
    assert visitor.get("guest", "x1").status_code == 410


def _rows(house: House) -> dict[str, Any]:
    with house.networks["redi"].site.database.reading() as connection:
        tables = METADATA.sorted_tables
        return {table.name: connection.scalar(select(func.count()).select_from(table)) for table in tables}
