"""Bodies made by form: by whoever may, for their own city, under names that nobody confuses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioner.app.joining.bodymaking import archive_body, change_body, make_body
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.model.enrolments import EnrolledMembership
from provisioner.model.registry import BodyKind, JoinMode, Period
from tests.support.desk import Desk, desks, small_network
from tests.support.site import body


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (found,) = desks(tmp_path, small_network())
    yield found
    found.site.close()


def make(desk: Desk, by: str, name: str, **more: Any) -> str:
    given: dict[str, Any] = {"lead": "bretten", "moderators": ["p-mona"], **more}
    return make_body(desk.site, desk.pictures, desk.viewer(by), name=name, **given)


def change(desk: Desk, by: str, identity: str, **more: Any) -> bool:
    found = desk.picture.registry.bodies[identity]
    given: dict[str, Any] = {"name": found.name, "purpose": found.purpose, "lead": found.lead, "join": found.join}
    return change_body(desk.site, desk.pictures, desk.viewer(by), identity, **{**given, **more})


def why(caught: pytest.ExceptionInfo[Refused]) -> str:
    return caught.value.text.code


def test_a_body_is_there_at_once_with_its_moderators(desk: Desk) -> None:
    made = make(
        desk, "carla", "  Digitale   Mobilität ", purpose="Wir fahren.\r\nGern.", moderators=["p-ole", "p-mona"]
    )
    assert made == "pg-digitale-mobilitaet"
    found = desk.picture.registry.bodies[made]
    assert (found.name, found.purpose, found.lead) == ("Digitale Mobilität", "Wir fahren.\nGern.", "bretten")
    assert found.kind is BodyKind.PROJECT
    assert desk.members(made) == {"mona", "ole"}
    assert desk.belongs("ole")[made] == "moderator"
    assert desk.errands() == [made]
    assert desk.deeds() == [("p-carla", "made_body", f"body:{made}")]


def test_two_clicks_make_one_body(desk: Desk) -> None:
    assert make(desk, "carla", "Neu") == make(desk, "carla", "Neu")
    assert desk.errands() == ["pg-neu"]


@pytest.mark.parametrize("name", ["Sensorik", "SENSORIK", "Sen-sorik", "altes"])
def test_a_name_that_could_be_taken_for_another_is_refused(desk: Desk, name: str) -> None:
    before = desk.written()
    with pytest.raises(Refused) as caught:
        make(desk, "carla", name)
    assert why(caught) == "app.body_name_taken"
    assert desk.written() == before


@pytest.mark.parametrize("name", ["", "   ", "…", "a\u202eb", "x" * 201])
def test_a_name_has_letters_that_people_see(desk: Desk, name: str) -> None:
    with pytest.raises(Refused) as caught:
        make(desk, "carla", name)
    assert why(caught) == "app.body_name_unreadable"


@pytest.mark.parametrize("by", ["ben", "mona", "doris", "gerd"])
def test_nobody_makes_a_body_for_another_city(desk: Desk, by: str) -> None:
    with pytest.raises(Forbidden):
        make(desk, by, "Neu")


def test_a_city_makes_no_body_that_the_network_has_once(desk: Desk) -> None:
    for kind in (BodyKind.PLENUM, BodyKind.STEERING, BodyKind.RANGERS):
        with pytest.raises(Forbidden):
            make(desk, "carla", "Neu", kind=kind)
    assert make(desk, "rita", "Neu", kind=BodyKind.PLENUM) == "plenum-neu"
    assert make(desk, "carla", "Kreis der Studierenden", kind=BodyKind.CIRCLE) == "circle-kreis-der-studierenden"


def test_a_lead_is_needed_but_by_those_who_see_to_all(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        make(desk, "carla", "Neu", lead=None)
    assert why(caught) == "app.body_needs_lead"
    made = make(desk, "konrad", "Neu", lead=None)
    assert desk.picture.registry.bodies[made].lead is None
    with pytest.raises(Refused) as caught:
        make(desk, "rita", "Anders", lead="nirgends")
    assert why(caught) == "app.lead_not_here"


@pytest.mark.parametrize(
    ("moderators", "code"),
    [
        ([], "app.body_needs_moderator"),
        (["p-gerd"], "app.person_not_here"),
        (["p-udo"], "app.person_not_here"),
        (["p-nobody"], "app.person_not_here"),
    ],
)
def test_somebody_has_to_moderate(desk: Desk, moderators: list[str], code: str) -> None:
    before = desk.written()
    with pytest.raises(Refused) as caught:
        make(desk, "carla", "Neu", moderators=moderators)
    assert why(caught) == code
    assert desk.written() == before


def test_an_id_that_anything_had_is_never_used_again(desk: Desk) -> None:
    desk.store.place(EnrolledMembership("p-ole", "pg-neu", Period()), desk.clock.now())
    desk.wish.add(body("pg-neu-2", "Ganz anders"))
    desk.rewrite()
    made = make(desk, "carla", "Neu")
    assert made == "pg-neu-3"
    assert desk.members(made) == {"mona"}


def test_a_body_of_the_database_is_changed_by_its_lead(desk: Desk) -> None:
    made = make(desk, "carla", "Neu")
    assert not change(desk, "carla", made)
    assert change(desk, "carla", made, name="Neuer", join=JoinMode.OPEN)
    found = desk.picture.registry.bodies[made]
    assert (found.name, found.join, found.lead) == ("Neuer", JoinMode.OPEN, "bretten")
    assert desk.members(made) == {"mona"}
    assert desk.errands() == [made, made]
    with pytest.raises(Refused) as caught:
        change(desk, "carla", made, name="Sensorik")
    assert why(caught) == "app.body_name_taken"


def test_nobody_else_changes_it_or_gives_it_away(desk: Desk) -> None:
    made = make(desk, "carla", "Neu")
    before = desk.written()
    for by in ("mona", "doris", "konrad", "ben"):
        with pytest.raises(Forbidden):
            change(desk, by, made, name="Anders")
        with pytest.raises(Forbidden):
            archive_body(desk.site, desk.pictures, desk.viewer(by), made)
    with pytest.raises(Forbidden):
        change(desk, "carla", made, lead="rastatt")
    assert desk.written() == before
    assert change(desk, "rita", made, lead="rastatt")
    with pytest.raises(Refused):
        change(desk, "doris", made, lead=None)


def test_a_body_of_the_files_is_changed_there(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        change(desk, "carla", "pg-sensorik", name="Anders")
    assert why(caught) == "app.body_in_files"
    made = make(desk, "carla", "Neu")
    desk.wish.add(body(made, "Neu", lead="bretten"))
    desk.rewrite()
    with pytest.raises(Refused) as caught:
        archive_body(desk.site, desk.pictures, desk.viewer("carla"), made)
    assert why(caught) == "app.body_in_files"


def test_an_archived_body_answers_who_waits_and_stays_as_it_is(desk: Desk) -> None:
    made = make(desk, "carla", "Neu")
    desk.places.ask(desk.viewer("ole"), made, "")
    desk.letters()
    assert archive_body(desk.site, desk.pictures, desk.viewer("carla"), made)
    assert desk.picture.registry.bodies[made].is_archived(desk.picture.today)
    assert desk.told() == [("declined", "ole")]
    assert not archive_body(desk.site, desk.pictures, desk.viewer("carla"), made)
    with pytest.raises(Refused) as caught:
        change(desk, "carla", made, name="Anders")
    assert why(caught) == "app.body_archived"


def test_a_city_makes_bodies_for_its_utility_where_that_has_nobody_to(tmp_path: Path) -> None:
    (desk,) = desks(tmp_path, small_network())
    file = tmp_path / "redi/registry/utilities.yaml"
    file.write_text("organisations: [{id: werke, name: Stadtwerke, kind: utility, part_of: bretten}]\n")
    assert make(desk, "carla", "Strom", lead="werke") == "pg-strom"
    administrator = "{id: p-willi, given_name: Willi, family_name: Watt, email: w@werke.example, affiliations: "
    administrator += "[{organisation: werke, roles: [city-administrator]}]}"
    file.write_text(file.read_text() + f"people: [{administrator}]\n")
    with pytest.raises(Forbidden):
        make(desk, "carla", "Gas", lead="werke")
    assert make(desk, "willi", "Gas", lead="werke") == "pg-gas"
    desk.site.close()
