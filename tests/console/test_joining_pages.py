"""Joining, asking, leaving, my page: what members see and do."""

from datetime import date

from provisioner.model.bindings import Binding
from provisioner.model.errands import Job
from provisioner.model.resources import Kind, ResourceId
from provisioner.state import BindingWriter
from tests.support.console import MEMBER, MODERATOR_SENSORIK, NEWCOMER, OTHER, House
from tests.support.site import body


def test_bodies_that_can_be_joined_are_shown_with_what_they_are_about(house: House) -> None:
    house.wishes["redi"].bodies["pg-akte"]["meetings"] = {"times_a_year": 6}
    page = house.visitor(OTHER).get("join").text
    for word in ("E-Akte", "Wir heften ab.", "Stadt Bruchsal", "Moritz Muster", "etwa 6-mal im Jahr", "Sensorik"):
        assert word in page
    assert "Kreis" not in page  # closed
    assert "Altes" not in page  # archived
    assert 'action="/redi/bodies/pg-akte/join"' in page
    assert 'href="/redi/bodies/pg-sensorik/ask"' in page


def test_a_body_with_dates_says_how_often_it_meets(house: House) -> None:
    ended = {"id": "alt", "first": "2020-01-08T10:00", "every": "week", "until": "2020-12-31"}
    series = [{"id": "jour-fixe", "first": "2026-01-13T10:00", "every": "14 days"}, ended]
    house.wishes["redi"].bodies["pg-akte"]["meetings"] = {"series": series}
    page = house.visitor(OTHER).get("join").text
    assert "alle 2 Wochen dienstags um 10:00 Uhr" in page
    assert "mittwochs" not in page


def test_an_open_body_is_joined_at_once_and_set_up_in_the_background(house: House) -> None:
    visitor = house.visitor(OTHER)
    assert visitor.post("bodies", "pg-akte", "join").headers["location"] == "/redi/me"
    page = visitor.get("me").text
    assert "Sie sind dabei." in page
    assert "E-Akte" in page
    assert 'hx-get="/redi/me/progress"' in page
    errands = house.networks["redi"].errands
    assert [(one.job, one.only, one.cause) for one in errands.all()] == [(Job.SYNC, OTHER, "enrolment")]
    part = visitor.get("me", "progress", headers={"HX-Request": "true"})
    assert "hx-trigger" in part.text
    assert "<html" not in part.text
    errands.done([one.id for one in errands.all()])
    part = visitor.get("me", "progress", headers={"HX-Request": "true"})
    assert "hx-trigger" not in part.text
    assert "Fertig" in part.text
    assert "hx-get" not in visitor.get("me").text


def test_asking_waits_for_an_answer_and_can_be_taken_back(house: House) -> None:
    visitor = house.visitor(OTHER)
    assert visitor.get("bodies", "pg-sensorik", "ask").status_code == 200
    assert visitor.post("bodies", "pg-sensorik", "ask", form={"word": "Gern\r\ndabei"}).status_code == 303
    page = visitor.get("join").text
    assert "Ihre Anfrage wartet" in page
    request = house.networks["redi"].requests.of_person(OTHER)[0]
    assert request.word == "Gern\ndabei"
    assert f'action="/redi/requests/{request.id}/withdraw"' in page
    assert visitor.post("requests", request.id, "withdraw").status_code == 303
    assert "zurückgezogen" in visitor.get("me").text


def test_a_word_that_is_too_long_stays_in_the_form(house: House) -> None:
    word = "Ich möchte mitmachen. " * 100
    answer = house.visitor(OTHER).post("bodies", "pg-sensorik", "ask", form={"word": word})
    assert answer.status_code == 422
    assert word.strip() in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_after_a_mistake_a_newcomer_finds_what_was_typed(house: House) -> None:
    names = {"given_name": "Nia", "family_name": "", "agreed": "yes"}
    page = house.visitor(NEWCOMER).post("register", form=names)
    assert page.status_code == 422
    assert 'value="Nia"' in page.text
    assert 'name="agreed" value="yes" checked' in page.text


def test_leaving_is_asked_once_more_and_then_done(house: House) -> None:
    visitor = house.visitor(MEMBER)
    assert "Sensorik verlassen?" in visitor.get("bodies", "pg-sensorik", "leave").text
    assert visitor.post("bodies", "pg-sensorik", "leave").headers["location"] == "/redi/me"
    assert "Sie sind noch in keiner Gruppe." in visitor.get("me").text


def test_the_only_moderator_is_told_why_they_can_not_go(house: House) -> None:
    answer = house.visitor(MODERATOR_SENSORIK).post("bodies", "pg-sensorik", "leave")
    assert answer.status_code == 422
    assert "Sensorik" in answer.text


def test_rooms_are_one_click_away(house: House) -> None:
    wished = house.wishes["redi"]
    wished.targets = {
        "cloud": {"connector": "nextcloud", "url": "https://cloud.example", "user": "x", "password": "only-for-tests"}
    }
    _ = house.app
    site = house.networks["redi"].site
    with site.database.writing() as connection:
        writer = BindingWriter(connection, "redi", "cloud", "https://cloud.example")
        room = ResourceId(Kind.CONVERSATION, "body:pg-sensorik")
        writer.bind(Binding(room, "tok3n", "Sensorik", "f", {}), site.clock.now())
        folder = ResourceId(Kind.TEAM_FOLDER, "body:pg-sensorik")
        writer.bind(Binding(folder, "7", "PG Sensorik", "f", {}), site.clock.now())
    page = house.visitor(MEMBER).get("me").text
    assert 'href="https://cloud.example/index.php/call/tok3n"' in page
    assert "Chat" in page
    assert "Ordner" in page


def test_what_is_kept_of_somebody_is_shown_to_them_whole(house: House) -> None:
    visitor = house.visitor(MEMBER)
    page = visitor.get("me", "data").text
    for word in (MEMBER, "Ben", "Muster", "ben@bretten.example", "Stadt Bretten", "Sensorik"):
        assert word in page


def test_many_bodies_are_shown_page_by_page(house: House) -> None:
    house.wishes["redi"].add(*(body(f"pg-{n:03}", f"Thema {n:03}", join="open", purpose="x" * 300) for n in range(150)))
    visitor = house.visitor(OTHER)
    first = visitor.get("join")
    assert len(first.content) < 100_000
    assert "Seite 1 von 3" in first.text
    assert 'rel="next" href="/redi/join?page=2"' in first.text
    assert visitor.client.get("/redi/join?page=99").text.count("<li class=") == 32
    assert visitor.client.get("/redi/join?page=0").status_code == 422


def test_the_day_decides_who_is_there(house: House) -> None:
    tomorrow = date.fromordinal(house.clock.now().date().toordinal() + 1)
    house.wishes["redi"].people[OTHER]["leaves"] = house.clock.now().date()
    visitor = house.visitor(OTHER)
    assert visitor.get("me").status_code == 200
    house.clock.advance(86_400)
    house.log_in(visitor.client, OTHER)
    assert house.clock.now().date() == tomorrow
    assert visitor.get("me").headers["location"] == "/redi/login"
