"""Coming into bodies and going out of them: once, by whoever may, and never past what was decided meanwhile."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provisioner.app.joining.endings import end_stay
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.lifecycle.rights import Viewer
from provisioner.model.enrolments import RequestState
from provisioner.model.registry import Role
from provisioner.texts import Catalogue
from tests.support.desk import FIRST_START, TODAY, Desk, desks, moderating, small_network
from tests.support.site import LONG_AGO, person


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (found,) = desks(tmp_path, small_network())
    yield found
    found.site.close()


def refused(desk: Desk, act: Callable[[], object]) -> str:
    """Why; and nothing was written."""
    before = desk.written()
    with pytest.raises(Refused) as caught:
        act()
    assert desk.written() == before
    assert Catalogue("de")(caught.value.text)
    return caught.value.text.code


def forbidden(desk: Desk, act: Callable[[], object]) -> None:
    before = desk.written()
    with pytest.raises(Forbidden):
        act()
    assert desk.written() == before


def test_who_joins_an_open_body_is_in_it_at_once_and_once(desk: Desk) -> None:
    ole = desk.viewer("ole")
    assert desk.places.join(ole, "pg-lora")
    assert desk.belongs("ole")["pg-lora"] == "member"
    assert desk.errands() == ["p-ole"]
    assert desk.deeds() == [("p-ole", "joined", "body:pg-lora")]
    assert not desk.places.join(ole, "pg-lora"), "a second click"
    assert desk.errands() == ["p-ole"]


def test_nobody_joins_at_once_what_is_not_open(desk: Desk) -> None:
    ole = desk.viewer("ole")
    assert refused(desk, lambda: desk.places.join(ole, "pg-sensorik")) == "app.join_by_asking"
    assert refused(desk, lambda: desk.places.join(ole, "pg-kreis")) == "app.body_closed"
    assert refused(desk, lambda: desk.places.join(ole, "pg-alt")) == "app.body_archived"
    forbidden(desk, lambda: desk.places.join(ole, "pg-nirgends"))


def test_who_asks_waits_and_the_moderators_are_told(desk: Desk) -> None:
    ole = desk.viewer("ole")
    request = desk.places.ask(ole, "pg-sensorik", "Ich messe  gern.\r\nGrüße")
    assert desk.told() == [("request", "mona")]
    assert desk.requests.waiting("pg-sensorik")[0].word == "Ich messe gern.\nGrüße"
    assert desk.places.ask(ole, "pg-sensorik", "noch einmal") == request
    assert desk.told() == []
    assert "pg-sensorik" not in desk.belongs("ole")
    assert desk.errands() == [], "nothing follows from a question"


def test_a_question_is_refused_where_none_is_needed_or_wanted(desk: Desk) -> None:
    assert refused(desk, lambda: desk.places.ask(desk.viewer("ole"), "pg-lora", "")) == "app.join_without_asking"
    assert refused(desk, lambda: desk.places.ask(desk.viewer("ben"), "pg-sensorik", "")) == "app.belongs_already"
    assert refused(desk, lambda: desk.places.ask(desk.viewer("ole"), "pg-kreis", "")) == "app.body_closed"
    long = "x" * 1001
    assert refused(desk, lambda: desk.places.ask(desk.viewer("ole"), "pg-sensorik", long)) == "app.word_too_long"
    hidden = "\u202eschön"
    assert refused(desk, lambda: desk.places.ask(desk.viewer("ole"), "pg-sensorik", hidden)) == "app.word_unreadable"


def test_without_a_moderator_the_leads_administrators_are_asked_and_without_these_the_rangers(desk: Desk) -> None:
    desk.wish.people["p-mona"]["leaves"] = LONG_AGO
    desk.rewrite()
    desk.places.ask(desk.viewer("ole"), "pg-sensorik", "")
    assert desk.told() == [("request", "carla")]
    desk.wish.people["p-carla"]["leaves"] = LONG_AGO
    desk.rewrite()
    desk.places.ask(desk.viewer("konrad"), "pg-sensorik", "")
    assert desk.told() == [("request", "rita")]


def test_a_yes_lets_in_and_tells_whoever_asked(desk: Desk) -> None:
    request = desk.places.ask(desk.viewer("ole"), "pg-sensorik", "")
    desk.letters()
    assert desk.places.decide(desk.viewer("mona"), request, approve=True, answer="Willkommen")
    assert desk.belongs("ole")["pg-sensorik"] == "member"
    assert desk.told() == [("approved", "ole")]
    assert desk.errands() == ["p-ole"]
    assert desk.deeds()[-1] == ("p-mona", "approved", "person:p-ole")


def test_a_no_lets_nobody_in(desk: Desk) -> None:
    request = desk.places.ask(desk.viewer("ole"), "pg-sensorik", "")
    desk.letters()
    assert desk.places.decide(desk.viewer("carla"), request, approve=False, answer="Später")
    assert "pg-sensorik" not in desk.belongs("ole")
    assert desk.told() == [("declined", "ole")]
    assert desk.errands() == []


def test_of_two_who_decide_the_second_is_told_who_did(desk: Desk) -> None:
    request = desk.places.ask(desk.viewer("ole"), "pg-sensorik", "")
    desk.places.decide(desk.viewer("mona"), request, approve=True)
    assert not desk.places.decide(desk.viewer("mona"), request, approve=True), "two clicks are one"
    with pytest.raises(Refused) as caught:
        desk.places.decide(desk.viewer("rita"), request, approve=False)
    assert caught.value.text.code == "app.request_approved"
    assert caught.value.text.arguments["by"] == "Mona Muster"
    assert "pg-sensorik" in desk.belongs("ole")


@pytest.mark.parametrize("name", ["ben", "ole", "moritz", "doris", "konrad", "gerd"])
def test_nobody_else_decides(desk: Desk, name: str) -> None:
    request = desk.places.ask(desk.viewer("ole"), "pg-sensorik", "")
    for approve in (True, False):
        forbidden(desk, lambda: desk.places.decide(desk.viewer(name), request, approve=approve))  # noqa: B023
    forbidden(desk, lambda: desk.places.strike(desk.viewer(name), "pg-sensorik", "p-ben"))
    forbidden(desk, lambda: desk.places.appoint(desk.viewer(name), "pg-sensorik", "p-ole", Role.MEMBER))


def test_whose_role_ended_since_the_page_was_shown_decides_nothing(desk: Desk) -> None:
    request, mona = desk.places.ask(desk.viewer("ole"), "pg-sensorik", ""), desk.viewer("mona")
    desk.places.appoint(desk.viewer("rita"), "pg-sensorik", "p-ben", Role.MODERATOR)
    desk.places.strike(desk.viewer("ben"), "pg-sensorik", "p-mona")
    forbidden(desk, lambda: desk.places.decide(mona, request, approve=True))


def test_who_left_the_network_since_the_page_was_shown_does_nothing(desk: Desk) -> None:
    ole, moritz = desk.viewer("ole"), desk.viewer("moritz")
    desk.wish.people["p-ole"]["leaves"] = LONG_AGO
    desk.rewrite()
    forbidden(desk, lambda: desk.places.join(ole, "pg-lora"))
    end_stay(desk.site, desk.pictures, desk.viewer("rita"), "p-moritz", TODAY.replace(day=4))
    forbidden(desk, lambda: desk.places.strike(moritz, "pg-lora", "p-moritz"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"archived": LONG_AGO}, "app.body_archived"),
        ({"join": "closed"}, "app.body_closed"),
    ],
)
def test_a_yes_is_too_late_for_a_body_that_was_closed_or_archived(desk: Desk, change: dict[str, str], why: str) -> None:
    request = desk.places.ask(desk.viewer("ole"), "pg-sensorik", "")
    desk.wish.bodies["pg-sensorik"] |= change
    desk.rewrite()
    rita = desk.viewer("rita")
    assert refused(desk, lambda: desk.places.decide(rita, request, approve=True)) == why
    assert desk.places.decide(rita, request, approve=False)


def test_a_yes_is_too_late_for_whoever_left_or_whose_body_is_gone(desk: Desk) -> None:
    request = desk.places.ask(desk.viewer("ole"), "pg-sensorik", "")
    desk.wish.people["p-ole"]["leaves"] = LONG_AGO
    desk.rewrite()
    assert refused(desk, lambda: desk.places.decide(desk.viewer("mona"), request, approve=True)) == "app.asker_gone"
    second = desk.places.ask(desk.viewer("konrad"), "pg-sensorik", "")
    del desk.wish.bodies["pg-sensorik"]
    for each in desk.wish.people.values():
        each["bodies"] = []
    desk.rewrite()
    forbidden(desk, lambda: desk.places.decide(desk.viewer("carla"), second, approve=True))
    assert refused(desk, lambda: desk.places.decide(desk.viewer("rita"), second, approve=True)) == "app.body_gone"
    assert desk.places.decide(desk.viewer("rita"), second, approve=False)


def test_a_request_is_taken_back_by_whoever_made_it_alone(desk: Desk) -> None:
    request = desk.places.ask(desk.viewer("ole"), "pg-sensorik", "")
    forbidden(desk, lambda: desk.places.withdraw(desk.viewer("ben"), request))
    forbidden(desk, lambda: desk.places.withdraw(desk.viewer(FIRST_START), request))
    assert desk.places.withdraw(desk.viewer("ole"), request)
    assert not desk.places.withdraw(desk.viewer("ole"), request)
    mona = desk.viewer("mona")
    assert refused(desk, lambda: desk.places.decide(mona, request, approve=True)) == "app.request_withdrawn"


def test_a_decided_request_is_not_taken_back(desk: Desk) -> None:
    request = desk.places.ask(desk.viewer("ole"), "pg-sensorik", "")
    desk.places.decide(desk.viewer("mona"), request, approve=False)
    assert refused(desk, lambda: desk.places.withdraw(desk.viewer("ole"), request)) == "app.request_declined"


def test_who_leaves_a_body_leaves_that_one_alone(desk: Desk) -> None:
    desk.places.join(desk.viewer("ben"), "pg-lora")
    assert desk.places.leave(desk.viewer("ben"), "pg-sensorik")
    assert not desk.places.leave(desk.viewer("ben"), "pg-sensorik")
    assert desk.belongs("ben") == {"pg-alle": "member", "pg-lora": "member"}
    assert desk.errands() == ["p-ben", "p-ben"]


def test_who_belongs_by_a_rule_is_told_which(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        desk.places.leave(desk.viewer("ben"), "pg-alle")
    assert "alle außer Gästen" in Catalogue("de")(caught.value.text)
    carla = desk.viewer("carla")
    assert refused(desk, lambda: desk.places.strike(carla, "pg-alle", "p-ben")) == "app.stricken_by_rule"


def test_the_last_moderator_appoints_a_successor_before_leaving(desk: Desk) -> None:
    mona = desk.viewer("mona")
    assert refused(desk, lambda: desk.places.leave(mona, "pg-sensorik")) == "app.last_moderator"
    assert refused(desk, lambda: desk.places.strike(mona, "pg-sensorik", "p-mona")) == "app.last_moderator"
    step_down = lambda: desk.places.appoint(mona, "pg-sensorik", "p-mona", Role.MEMBER)  # noqa: E731
    assert refused(desk, step_down) == "app.last_moderator"
    assert desk.places.appoint(mona, "pg-sensorik", "p-ben", Role.MODERATOR)
    assert desk.places.leave(mona, "pg-sensorik")
    assert desk.belongs("ben")["pg-sensorik"] == "moderator"


def test_a_guest_who_moderates_is_no_successor(desk: Desk) -> None:
    desk.wish.people["p-gerd"]["bodies"] = [moderating("pg-sensorik")]
    desk.rewrite()
    mona = desk.viewer("mona")
    assert refused(desk, lambda: desk.places.leave(mona, "pg-sensorik")) == "app.last_moderator"
    assert desk.viewer("gerd").moderates == frozenset()


def test_who_is_struck_is_told_and_leaves_that_body_alone(desk: Desk) -> None:
    assert desk.places.strike(desk.viewer("mona"), "pg-sensorik", "p-ben")
    assert desk.told() == [("struck", "ben")]
    assert desk.belongs("ben") == {"pg-alle": "member"}
    assert not desk.places.strike(desk.viewer("mona"), "pg-sensorik", "p-ben")
    assert desk.told() == []


def test_a_struck_moderator_who_comes_back_is_a_member(desk: Desk) -> None:
    desk.wish.add(person("Mia", moderating("pg-lora")))
    desk.rewrite()
    desk.places.strike(desk.viewer("moritz"), "pg-lora", "p-mia")
    assert desk.places.join(desk.viewer("mia"), "pg-lora")
    assert desk.belongs("mia")["pg-lora"] == "member", "what the files said before is not said any more"


def test_a_role_is_given_and_taken(desk: Desk) -> None:
    carla = desk.viewer("carla")
    assert desk.places.appoint(carla, "pg-sensorik", "p-ole", Role.MODERATOR)
    assert not desk.places.appoint(carla, "pg-sensorik", "p-ole", Role.MODERATOR)
    assert desk.belongs("ole")["pg-sensorik"] == "moderator"
    assert desk.places.appoint(carla, "pg-sensorik", "p-ole", Role.MEMBER)
    assert desk.belongs("ole")["pg-sensorik"] == "member"
    assert desk.places.appoint(carla, "pg-sensorik", "p-mona", Role.MEMBER), "though the files say moderator"
    assert desk.belongs("mona")["pg-sensorik"] == "member"


def test_guests_are_appointed_as_guests_and_nobody_else_is(desk: Desk) -> None:
    rita = desk.viewer("rita")
    appoint = desk.places.appoint
    for role in (Role.MEMBER, Role.MODERATOR):
        assert refused(desk, lambda: appoint(rita, "pg-lora", "p-gerd", role)) == "app.role_not_for_guests"  # noqa: B023
    assert refused(desk, lambda: appoint(rita, "pg-lora", "p-ole", Role.GUEST)) == "app.role_for_guests"
    assert refused(desk, lambda: appoint(rita, "pg-lora", "p-ole", Role.RANGER)) == "app.role_not_for_guests"
    assert refused(desk, lambda: appoint(rita, "pg-lora", "p-udo", Role.MEMBER)) == "app.person_not_here"
    assert appoint(rita, "pg-lora", "p-gerd", Role.GUEST)


def test_who_is_appointed_waits_for_no_answer_any_more(desk: Desk) -> None:
    request = desk.places.ask(desk.viewer("ole"), "pg-sensorik", "")
    desk.letters()
    desk.places.appoint(desk.viewer("carla"), "pg-sensorik", "p-ole", Role.MEMBER)
    found = desk.requests.get(request)
    assert found is not None
    assert found.state is RequestState.APPROVED
    assert desk.told() == [("approved", "ole")]


def test_guests_newcomers_and_people_of_other_networks_can_do_nothing(desk: Desk) -> None:
    elsewhere = Viewer("ortenau", "p-ole", ranger=True)
    newcomer = Viewer("redi", newcomer_address="neu@bretten.example")
    for viewer in (desk.viewer("gerd"), elsewhere, newcomer, Viewer("redi", "p-udo", ranger=True)):
        forbidden(desk, lambda: desk.places.join(viewer, "pg-lora"))  # noqa: B023
        forbidden(desk, lambda: desk.places.ask(viewer, "pg-sensorik", ""))  # noqa: B023
        forbidden(desk, lambda: desk.places.leave(viewer, "pg-sensorik"))  # noqa: B023
        forbidden(desk, lambda: desk.places.strike(viewer, "pg-sensorik", "p-ben"))  # noqa: B023


def test_a_ranger_by_claim_alone_is_none(desk: Desk) -> None:
    forbidden(desk, lambda: desk.places.strike(Viewer("redi", "p-ole", ranger=True), "pg-sensorik", "p-ben"))


def test_the_first_start_may_decide_and_joins_nothing(desk: Desk) -> None:
    admin = desk.viewer(FIRST_START)
    forbidden(desk, lambda: desk.places.join(admin, "pg-lora"))
    assert desk.places.strike(admin, "pg-sensorik", "p-ben")
    assert desk.deeds()[-1] == ("admin-link", "struck", "person:p-ben")


def test_many_questions_on_one_day_are_a_nuisance(desk: Desk) -> None:
    ole = desk.viewer("ole")
    for _ in range(30):
        desk.places.withdraw(ole, desk.places.ask(ole, "pg-sensorik", ""))
    assert refused(desk, lambda: desk.places.ask(ole, "pg-sensorik", "")) == "app.asked_too_often"
