"""Looking after bodies, and making them: what moderators, cities and rangers see and do."""

from provisioner.model.enrolments import RequestState
from provisioner.model.messages import LetterKind, LetterState
from provisioner.state import Audit, Outbox
from tests.support.console import (
    ADMIN_BRETTEN,
    ADMIN_BRUCHSAL,
    COORDINATOR,
    GUEST,
    MEMBER,
    MODERATOR_SENSORIK,
    OTHER,
    RANGER,
    House,
)
from tests.support.site import person


def asked(house: House) -> int:
    """Ole asks to join Sensorik; the request's number."""
    house.visitor(OTHER).post("bodies", "pg-sensorik", "ask", form={"word": "Ich messe gern."})
    return house.networks["redi"].requests.waiting("pg-sensorik")[0].id


def letters(house: House) -> list[tuple[LetterKind, str]]:
    site = house.networks["redi"].site
    found = Outbox(site.database, "redi", site.clock.now()).find(LetterState.WAITING)
    return [(one.letter.kind, one.letter.to) for one in reversed(found)]


def actions(house: House) -> list[str]:
    return [deed.action for deed in Audit(house.networks["redi"].site.database, "redi").latest()]


def test_a_request_is_read_and_approved_with_a_word(house: House) -> None:
    request, visitor = asked(house), house.visitor(MODERATOR_SENSORIK)
    assert "1 Anfrage wartet" in visitor.get("me").text
    assert "Ole Muster" in visitor.get("requests").text
    page = visitor.get("requests", request).text
    for word in ("Ich messe gern.", "Stadt Bruchsal", "Annehmen", "Ablehnen"):
        assert word in page
    form = {"decision": "approve", "answer": "Willkommen!"}
    assert visitor.post("requests", request, form=form).headers["location"] == "/redi/requests"
    found = house.networks["redi"].requests.get(request)
    assert found is not None
    assert (found.state, found.answer, found.decided_by) == (RequestState.APPROVED, "Willkommen!", MODERATOR_SENSORIK)
    assert (LetterKind.APPROVED, f"person:{OTHER}") in letters(house)
    assert "Sensorik" in house.visitor(OTHER).get("me").text


def test_who_comes_second_is_told_who_decided(house: House) -> None:
    request = asked(house)
    house.visitor(MODERATOR_SENSORIK).post("requests", request, form={"decision": "decline", "answer": "Voll"})
    answer = house.visitor(RANGER).post("requests", request, form={"decision": "approve"})
    assert answer.status_code == 422
    assert "Mona Muster" in answer.text
    assert "Sensorik" not in house.visitor(OTHER).get("me").text.partition("Ihre Anfragen")[0]
    assert "Voll" in house.visitor(OTHER).get("me").text


def test_a_decision_that_is_none_decides_nothing(house: House) -> None:
    request, visitor = asked(house), house.visitor(MODERATOR_SENSORIK)
    for decision in ("", "yes", "Approve"):
        assert visitor.post("requests", request, form={"decision": decision}).status_code == 422
    assert house.networks["redi"].requests.waiting() != []


def test_somebody_is_struck_and_told(house: House) -> None:
    visitor = house.visitor(MODERATOR_SENSORIK)
    page = visitor.get("bodies", "pg-sensorik", "members").text
    assert "Ben Muster" in page
    assert "Gerd Gast" in page
    answer = visitor.post("bodies", "pg-sensorik", "members", MEMBER, "strike")
    assert answer.headers["location"] == "/redi/bodies/pg-sensorik/members"
    assert "Ben Muster" not in visitor.get("bodies", "pg-sensorik", "members").text
    assert (LetterKind.STRUCK, f"person:{MEMBER}") in letters(house)


def test_the_list_is_confirmed_with_whom_it_loses(house: House) -> None:
    network = house.visitor(MODERATOR_SENSORIK).house.networks["redi"]
    network.confirmations.ask("pg-sensorik", network.pictures.now().today, network.now())
    visitor = house.visitor(MODERATOR_SENSORIK)
    assert "Stimmt die Liste von Sensorik noch?" in visitor.get("me").text
    assert visitor.get("bodies", "pg-sensorik", "confirm").text.count('type="checkbox"') == 3
    answer = visitor.post("bodies", "pg-sensorik", "confirm", form={"struck": [MEMBER, GUEST, "p-nobody"]})
    assert answer.status_code == 303
    confirmed = network.confirmations.of_body("pg-sensorik")[0]
    assert (confirmed.done_by, confirmed.struck) == (MODERATOR_SENSORIK, 2)
    assert actions(house)[0] == "confirmed"
    assert "Stimmt die Liste" not in visitor.get("me").text


def test_a_list_keeps_its_last_moderator(house: House) -> None:
    visitor = house.visitor(MODERATOR_SENSORIK)
    answer = visitor.post("bodies", "pg-sensorik", "confirm", form={"struck": [MEMBER, MODERATOR_SENSORIK]})
    assert answer.status_code == 422
    assert answer.text.count(" checked") == 2
    assert "Ben Muster" in visitor.get("bodies", "pg-sensorik", "members").text


def test_somebody_of_the_network_is_taken_in_by_address(house: House) -> None:
    visitor = house.visitor(ADMIN_BRETTEN)
    form = {"person": "OLE@bruchsal.example", "role": "moderator"}
    assert visitor.post("bodies", "pg-sensorik", "appoint", form=form).status_code == 303
    assert "Ole Muster" in visitor.get("bodies", "pg-sensorik", "members").text
    answer = visitor.post("bodies", "pg-sensorik", "appoint", form={"person": "x@nowhere.example", "role": "member"})
    assert answer.status_code == 422
    assert 'value="x@nowhere.example"' in answer.text


def test_a_mail_goes_to_each_member_alone(house: House) -> None:
    visitor = house.visitor(MODERATOR_SENSORIK)
    form = {"subject": "Treffen", "text": "Am Donnerstag.", "to": "members", "show_address": "yes"}
    assert visitor.post("bodies", "pg-sensorik", "mail", form=form).headers["location"] == "/redi/bodies/pg-sensorik"
    kinds = [(kind, to) for kind, to in letters(house) if kind is LetterKind.TO_BODY]
    assert sorted(to for _, to in kinds) == [f"person:{one}" for one in (MEMBER, GUEST, MODERATOR_SENSORIK)]
    assert actions(house)[0] == "mailed"


def test_an_empty_or_another_too_many_mail_stays_in_the_form(house: House) -> None:
    visitor = house.visitor(MODERATOR_SENSORIK)
    answer = visitor.post("bodies", "pg-sensorik", "mail", form={"subject": "", "text": "Hallo"})
    assert answer.status_code == 422
    assert ">\nHallo</textarea>" in answer.text
    found = [
        visitor.post("bodies", "pg-sensorik", "mail", form={"subject": "x", "text": "y"}).status_code for _ in range(4)
    ]
    assert found == [303, 303, 303, 422]


def test_a_body_is_made_with_one_form_and_its_rooms_are_watched(house: House) -> None:
    visitor = house.visitor(ADMIN_BRETTEN)
    page = visitor.get("bodies", "new").text
    assert "Stadt Bretten" in page
    assert "Stadt Bruchsal" not in page
    form = {
        "name": "Schulen",
        "purpose": "Tafeln",
        "lead": "bretten",
        "join": "open",
        "moderators": "ben@bretten.example",
    }
    answer = visitor.post("bodies", "new", form=form)
    assert answer.headers["location"] == "/redi/bodies/pg-schulen/progress"
    page = visitor.get("bodies", "pg-schulen", "progress").text
    assert "<progress" in page
    assert 'hx-get="/redi/bodies/pg-schulen/progress"' in page
    network = house.networks["redi"]
    network.errands.done([one.id for one in network.errands.all()])
    part = visitor.get("bodies", "pg-schulen", "progress", headers={"HX-Request": "true"}).text
    assert "hx-get" not in part
    assert "<progress" not in part
    assert "<html" not in part


def test_a_form_that_is_not_right_says_what_is_missing(house: House) -> None:
    visitor = house.visitor(COORDINATOR)
    form = {"name": " ", "join": "maybe", "moderators": "x@nowhere.example"}
    answer = visitor.post("bodies", "new", form=form)
    assert answer.status_code == 422
    assert answer.text.count('class="error"') == 3
    assert "x@nowhere.example" in answer.text
    taken = {"name": "Sensorik", "join": "open", "moderators": "ben@bretten.example"}
    assert "Sensorik" in visitor.post("bodies", "new", form=taken).text
    assert [one.only for one in house.networks["redi"].errands.all()] == []


def test_a_city_makes_no_body_for_another_city(house: House) -> None:
    form = {"name": "Neu", "lead": "bretten", "join": "open", "moderators": "ben@bretten.example"}
    assert house.visitor(ADMIN_BRUCHSAL).post("bodies", "new", form=form).status_code == 404


def test_a_long_list_is_shown_page_by_page(house: House) -> None:
    for number in range(250):
        house.wishes["redi"].add(person(f"Mitglied{number:03}", "pg-sensorik"))
    visitor = house.visitor(MODERATOR_SENSORIK)
    page = visitor.get("bodies", "pg-sensorik", "members")
    assert "253 Mitglieder" in page.text
    assert "Seite 1 von 3" in page.text
    assert len(page.content) < 200_000
    assert len(visitor.get("bodies", "pg-sensorik", "confirm").content) < 200_000
