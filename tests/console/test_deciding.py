"""A moderator's answer by the link of a mail: without logging in, for one request alone."""

from datetime import timedelta

import pytest

from provisioner.app.joining.deciding import make_decision_link
from provisioner.model.enrolments import RequestState
from provisioner.state.service_schema import SESSION
from tests.support.console import ADMIN_BRETTEN, MEMBER, MODERATOR_AKTE, MODERATOR_SENSORIK, OTHER, Browser, House
from tests.support.console_rows import BODY


def asked(house: House, decider: str = MODERATOR_SENSORIK, word: str = "Ich <b>messe</b> gern.") -> tuple[int, str]:
    """A request of Ole's, and the word of the link about it."""
    _ = house.app
    network = house.networks["redi"]
    request = network.requests.ask(OTHER, BODY, word, network.now())
    assert request is not None
    return request, make_decision_link(network.site, request, decider, network.now(), timedelta(days=7))


def state(house: House, request: int) -> RequestState:
    found = house.networks["redi"].requests.get(request)
    assert found is not None
    return found.state


def sessions(house: House) -> int:
    with house.networks["redi"].site.database.reading() as connection:
        return len(connection.execute(SESSION.select()).all())


@pytest.fixture
def somebody(house: House) -> Browser:
    """Who is not logged in."""
    return house.visitor(None)


def test_looking_shows_who_asks_and_decides_nothing(house: House, somebody: Browser) -> None:
    request, word = asked(house)
    for _ in range(2):
        page = somebody.get("link", word)
        assert page.status_code == 200
    for shown in ("Ole Muster", "Stadt Bruchsal", "Sensorik", "Ich &lt;b&gt;messe&lt;/b&gt; gern.", "Mona Muster"):
        assert shown in page.text
    for hidden in ("/redi/bodies/", "/redi/requests", "Ben Muster", "ole@bruchsal.example"):
        assert hidden not in page.text
    assert state(house, request) is RequestState.WAITING


@pytest.mark.parametrize(("decision", "wanted"), [("approve", "approved"), ("decline", "declined")])
def test_an_answer_is_thanked_for_and_opens_nothing(
    house: House, somebody: Browser, decision: str, wanted: str
) -> None:
    request, word = asked(house)
    page = somebody.post("link", word, form={"decision": decision, "answer": "Bis bald"})
    assert page.status_code == 200
    assert "Danke!" in page.text
    assert 'href="/redi/login"' in page.text
    assert state(house, request) is RequestState(wanted)
    assert sessions(house) == 0
    assert somebody.get("me").headers["location"] == "/redi/login"
    assert somebody.post("link", word, form={"decision": "approve"}).status_code == 410
    assert state(house, request) is RequestState(wanted)


def test_what_cannot_be_is_said_and_the_answer_stays(house: House, somebody: Browser) -> None:
    request, word = asked(house)
    page = somebody.post("link", word, form={"decision": "approve", "answer": "x" * 1001})
    assert page.status_code == 422
    assert "x" * 1001 in page.text
    assert somebody.post("link", word, form={"answer": "Ja"}).status_code == 422
    assert somebody.post("link", word, form={"decision": "perhaps"}).status_code == 422
    assert state(house, request) is RequestState.WAITING
    assert somebody.post("link", word, form={"decision": "approve"}).status_code == 200


def test_who_comes_second_is_told_who_decided(house: House, somebody: Browser) -> None:
    request, word = asked(house)
    network = house.networks["redi"]
    carla = house.visitor(ADMIN_BRETTEN)
    assert carla.post("requests", request, form={"decision": "decline", "answer": ""}).status_code == 303
    for page in (somebody.get("link", word), somebody.post("link", word, form={"decision": "approve"})):
        assert page.status_code == 410
        assert "abgelehnt" in page.text
        assert "Carla Muster" in page.text
    assert network.requests.waiting() == []


def test_an_old_link_leads_to_the_login_and_from_there_to_the_request(house: House, somebody: Browser) -> None:
    request, word = asked(house)
    house.clock.sleep(timedelta(days=8).total_seconds())
    for first in (somebody.get("link", word), somebody.post("link", word, form={"decision": "approve"})):
        assert first.headers["location"] == f"/redi/requests/{request}"
    second = somebody.get("requests", request)
    assert second.headers["location"] == "/redi/login"
    assert f"readi-redi-next=/redi/requests/{request};" in second.headers["set-cookie"].replace('"', "")
    assert state(house, request) is RequestState.WAITING


@pytest.mark.parametrize("who", [MODERATOR_AKTE, MEMBER])
def test_who_may_not_decide_gets_the_page_of_a_used_link(house: House, somebody: Browser, who: str) -> None:
    request, word = asked(house, who)
    used, unknown = somebody.get("link", word), somebody.get("link", "unknown")
    assert used.status_code == unknown.status_code == 410
    assert used.text.replace(word, "unknown") == unknown.text
    assert somebody.post("link", word, form={"decision": "approve"}).status_code == 410
    assert state(house, request) is RequestState.WAITING


def test_who_is_logged_in_stays_so_and_the_moderator_decides(house: House) -> None:
    request, word = asked(house)
    ben = house.visitor(MEMBER)
    assert ben.post("link", word, form={"decision": "approve"}).status_code == 200
    found = house.networks["redi"].requests.get(request)
    assert found is not None
    assert found.decided_by == MODERATOR_SENSORIK
    assert ben.get("me").status_code == 200


def test_a_form_without_its_word_decides_nothing(house: House, somebody: Browser) -> None:
    request, word = asked(house)
    path = house.networks["redi"].path("link", word)
    assert somebody.client.post(path, data={"decision": "approve"}).status_code == 403
    assert state(house, request) is RequestState.WAITING
