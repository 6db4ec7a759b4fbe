"""Acts of people who mean harm and may do something: too often, to too many, or to those who could stop them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from provisioner.app.joining.bodymaking import make_body
from provisioner.app.joining.endings import end_stay, resume_stay
from provisioner.app.joining.refusing import Refused
from provisioner.app.letters.mailing import mail_body
from provisioner.model.messages import LetterKind
from provisioner.model.registry import Role
from tests.support.desk import TODAY, Desk, desks, official, small_network


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    wish = small_network()
    wish.add(official("Ralf", "bretten"), official("Rosa", "rastatt"))
    for one in ("p-ralf", "p-rosa"):
        wish.people[one]["roles"] = ["ranger"]
    (found,) = desks(tmp_path, wish)
    yield found
    found.site.close()


def why(caught: pytest.ExceptionInfo[Refused]) -> str:
    return caught.value.text.code


def test_who_joins_and_leaves_all_day_is_stopped_and_can_leave(desk: Desk) -> None:
    ole = desk.viewer("ole")
    for _ in range(60):
        assert desk.places.join(ole, "pg-lora")
        assert desk.places.leave(ole, "pg-lora")
    with pytest.raises(Refused) as caught:
        desk.places.join(ole, "pg-lora")
    assert why(caught) == "app.asked_too_often"
    assert len(desk.errands()) == 120, "sixty times in, sixty times out"
    assert desk.places.join(desk.viewer("rosa"), "pg-lora"), "others join"
    desk.clock.sleep(86_401)
    assert desk.places.join(ole, "pg-lora")
    assert desk.places.leave(ole, "pg-lora")


def test_who_is_struck_again_and_again_hears_of_it_once_a_day(desk: Desk) -> None:
    mona = desk.viewer("mona")
    for _ in range(5):
        assert desk.places.strike(mona, "pg-sensorik", "p-ben")
        assert desk.places.appoint(mona, "pg-sensorik", "p-ben", Role.MEMBER)
    assert [one.kind for one in desk.letters()] == [LetterKind.STRUCK]
    desk.clock.sleep(86_400)
    assert desk.places.strike(mona, "pg-sensorik", "p-ben")
    assert [one.kind for one in desk.letters()] == [LetterKind.STRUCK]


def made(desk: Desk, by: str, number: int) -> str:
    return make_body(
        desk.site, desk.pictures, desk.viewer(by), name=f"Gruppe {number}", lead="bretten", moderators=["p-ben"]
    )


def test_a_city_makes_no_hundreds_of_bodies(desk: Desk) -> None:
    for number in range(20):
        assert made(desk, "carla", number)
    with pytest.raises(Refused) as caught:
        made(desk, "carla", 20)
    assert why(caught) == "app.asked_too_often"
    assert len(desk.errands()) == 20
    assert made(desk, "rita", 99)
    assert made(desk, "carla", 3) == "pg-gruppe-3", "what is there can be asked for again"


def end(desk: Desk, by: str, whom: str, days: int = 1) -> bool:
    return end_stay(desk.site, desk.pictures, desk.viewer(by), f"p-{whom}", TODAY + timedelta(days))


def test_cities_can_not_leave_the_network_without_rangers(desk: Desk) -> None:
    assert end(desk, "carla", "rita", 30)
    assert end(desk, "carla", "ralf")
    with pytest.raises(Refused) as caught:
        end(desk, "doris", "rosa", 300)
    assert why(caught) == "app.last_ranger"
    assert resume_stay(desk.site, desk.pictures, desk.viewer("rosa"), "p-rita")
    assert end(desk, "doris", "rosa", 300), "somebody stays"
    assert end(desk, "doris", "rosa", 200), "and another day can be said"


@pytest.mark.parametrize(
    "name",
    ["www.boese.example", "Anmeldung: boese.example", "boese.example/login", "x@boese.example", "http:x", "a.de"],
)
def test_nobody_is_called_like_a_link(desk: Desk, name: str) -> None:
    """Names stand in mails to moderators and in greetings, in the service's own words."""
    session = desk.session("neu@bretten.example")
    for given, family in [(name, "Neu"), ("Nina", name)]:
        with pytest.raises(Refused) as caught:
            desk.reception.register(session, given, family)
        assert why(caught) == "app.name_like_link"
    assert desk.reception.register(session, "Dr. J. R. Nina-Änne", "O'Neill von Z.")


@pytest.mark.parametrize("family", ["M\u0443ster", "\u039custer", "\U0001d40custer", "\ufb01scher", "\uff2duster"])
def test_nobody_is_called_by_letters_that_only_look_like_somebodys(desk: Desk, family: str) -> None:
    session = desk.session("neu@bretten.example")
    with pytest.raises(Refused) as caught:
        desk.reception.register(session, "Carla", family)
    assert why(caught) == "app.name_disguised"
    assert desk.reception.register(session, "Мария Øyvind", "Παπαδοπούλου-Šimić 山田")


def test_one_writer_fills_no_mailboxes_by_way_of_many_bodies(desk: Desk) -> None:
    carla = desk.viewer("carla")
    for number in range(5):
        make_body(desk.site, desk.pictures, carla, name=f"Post {number}", lead="bretten", moderators=["p-carla"])
    carla = desk.viewer("carla")
    places = [f"pg-post-{number % 5}" for number in range(11)]
    for place in places[:10]:
        assert mail_body(desk.site, desk.picture, carla, place, "Hallo", "Hallo") == 1
    with pytest.raises(Refused) as caught:
        mail_body(desk.site, desk.picture, carla, places[10], "Hallo", "Hallo")
    assert why(caught) == "app.mails_too_many"
