"""Deciding from the mail: one moderator, one request, one answer."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from provisioner.app.joining.deciding import Standing, make_decision_link
from provisioner.app.joining.endings import end_stay
from provisioner.app.joining.refusing import Refused
from provisioner.model.enrolments import RequestState
from provisioner.model.registry import Role
from provisioner.state import Audit
from tests.support.desk import TODAY, Desk, desks, small_network

WEEK = timedelta(days=7)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (found,) = desks(tmp_path, small_network())
    yield found
    found.site.close()


def asked(desk: Desk, decider: str = "mona") -> tuple[int, str]:
    """A request of Ole's, and the word of the link that went to whoever decides."""
    request = desk.places.ask(desk.viewer("ole"), "pg-sensorik", "Ich messe gern.")
    desk.letters()
    return request, link(desk, request, decider)


def link(desk: Desk, request: int, decider: str = "mona") -> str:
    return make_decision_link(desk.site, request, f"p-{decider}", desk.clock.now(), WEEK)


def standing(desk: Desk, word: str) -> Standing | None:
    found = desk.deciding.look(word)
    return None if found is None else found.standing


def test_a_link_shows_what_is_asked_as_often_as_somebody_looks_and_changes_nothing(desk: Desk) -> None:
    request, word = asked(desk)
    before = desk.written()
    for _ in range(3):  # programs that look through mails open every link in them
        found = desk.deciding.look(word)
        assert found is not None
        assert (found.request.id, found.body.id, found.decider.person) == (request, "pg-sensorik", "p-mona")
        assert found.standing is Standing.OPEN
    assert desk.written() == before


@pytest.mark.parametrize(("approve", "kind"), [(True, "approved"), (False, "declined")])
def test_it_answers_as_the_moderator_would_in_the_console_and_once(desk: Desk, approve: bool, kind: str) -> None:
    request, word = asked(desk)
    assert desk.deciding.decide(word, approve, "Gern")
    decided = desk.requests.get(request)
    assert decided is not None
    assert (decided.state, decided.answer, decided.decided_by) == (RequestState(kind), "Gern", "p-mona")
    assert ("pg-sensorik" in desk.belongs("ole")) is approve
    assert desk.told() == [(kind, "ole")]
    newest = Audit(desk.site.database, "redi").latest()[0]
    assert (newest.actor, newest.action, newest.about["via"]) == ("p-mona", kind, "mail")
    assert not desk.deciding.decide(word, not approve)
    assert standing(desk, word) is Standing.DECIDED


def test_it_decides_on_this_request_alone_and_opens_nothing(desk: Desk) -> None:
    _, word = asked(desk)
    other = desk.places.ask(desk.viewer("konrad"), "pg-sensorik", "")
    assert desk.reception.enter(word) is None, "no session begins with it"
    assert desk.deciding.decide(word, approve=True), "and trying that did not use it up"
    assert [one.id for one in desk.requests.waiting()] == [other]
    login = desk.link("mona@bretten.example")
    assert desk.deciding.look(login) is None
    assert not desk.deciding.decide(login, approve=True)
    assert desk.reception.enter(login) is not None


@pytest.mark.parametrize("change", ["left", "no moderator", "never was one"])
def test_who_may_no_longer_decide_sees_nothing_and_decides_nothing(desk: Desk, change: str) -> None:
    _, word = asked(desk, decider="ben" if change == "never was one" else "mona")
    if change == "left":
        end_stay(desk.site, desk.pictures, desk.viewer("carla"), "p-mona", TODAY - timedelta(days=1))
    if change == "no moderator":
        desk.places.appoint(desk.viewer("carla"), "pg-sensorik", "p-ben", Role.MODERATOR)
        desk.places.appoint(desk.viewer("carla"), "pg-sensorik", "p-mona", Role.MEMBER)
    before = desk.written()
    assert standing(desk, word) is None
    assert not desk.deciding.decide(word, approve=True)
    assert desk.written() == before


def test_what_was_decided_meanwhile_stays_and_is_told(desk: Desk) -> None:
    request, word = asked(desk)
    desk.places.decide(desk.viewer("carla"), request, approve=False, answer="Später")
    found = desk.deciding.look(word)
    assert found is not None
    assert (found.standing, found.request.decided_by) == (Standing.DECIDED, "p-carla")
    with pytest.raises(Refused) as caught:
        desk.deciding.decide(word, approve=True)
    assert caught.value.text.arguments["by"] == "Carla Muster"
    assert "pg-sensorik" not in desk.belongs("ole")


def test_an_answer_that_is_refused_uses_nothing_up(desk: Desk) -> None:
    _, word = asked(desk)
    with pytest.raises(Refused):
        desk.deciding.decide(word, approve=True, answer="x" * 1001)
    assert desk.deciding.decide(word, approve=True, answer="Kurz")


def test_an_old_link_leads_to_the_login_while_the_request_waits_and_nowhere_afterwards(desk: Desk) -> None:
    request, word = asked(desk)
    desk.clock.moment += WEEK
    assert standing(desk, word) is Standing.LATE
    assert not desk.deciding.decide(word, approve=True)
    assert standing(desk, link(desk, request)) is Standing.OPEN, "the reminder brings a new one"
    desk.places.decide(desk.viewer("mona"), request, approve=True)
    assert standing(desk, word) is None


@pytest.mark.parametrize("word", ["", "x", "x" * 43])
def test_no_other_word_is_a_link(desk: Desk, word: str) -> None:
    assert desk.deciding.look(word) is None
    assert not desk.deciding.decide(word, approve=True)


def test_a_link_of_another_network_is_none_here(tmp_path: Path) -> None:
    here, there = desks(tmp_path, small_network(), small_network("ortenau"))
    _, word = asked(here)
    there.places.ask(there.viewer("ole"), "pg-sensorik", "")
    assert there.deciding.look(word) is None
    assert not there.deciding.decide(word, approve=True)
    here.site.close()
    there.site.close()
