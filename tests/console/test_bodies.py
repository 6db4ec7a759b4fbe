"""Bodies on pages: everybody sees which there are, its people see each other, and a form changes what a form made."""

import pytest

from provisioner.console.pages import Speech
from provisioner.model.bindings import Binding
from provisioner.model.enrolments import EnrolledBody
from provisioner.model.resources import Kind, ResourceId
from provisioner.state import BindingWriter, EnrolmentStore, Requests
from tests.support.console import ADMIN_BRETTEN, COORDINATOR, GUEST, MEMBER, MODERATOR_SENSORIK, OTHER, RANGER, House
from tests.support.site import body

say = Speech("de").t
CLOUD = {"connector": "nextcloud", "url": "https://cloud.example", "user": "x", "password": "y"}


def made(house: House, identity: str = "pg-neu", **fields: str) -> None:
    """A body that was made by form."""
    network = house.networks["redi"]
    whole = {"id": identity, "name": "Neues", "kind": "project", "join": "open", "lead": "bretten", **fields}
    EnrolmentStore(network.site.database, "redi").make_body(EnrolledBody(identity, whole), RANGER, network.now())
    network.pictures.now(fresh=True)


def with_rooms(house: House) -> None:
    """pg-sensorik has a conversation over there."""
    network = house.networks["redi"]
    with network.site.database.writing() as connection:
        writer = BindingWriter(connection, "redi", "cloud", "https://cloud.example")
        identity = ResourceId(Kind.CONVERSATION, "body:pg-sensorik")
        writer.bind(Binding(identity, "tok3n", "PG Sensorik", "", {}), network.now())


def test_every_active_body_is_listed_with_who_moderates_and_archived_ones_apart(house: House) -> None:
    ole = house.visitor(OTHER)
    page = ole.get("bodies").text
    assert all(name in page for name in ("Sensorik", "E-Akte", "Kreis", "Mona Muster", say("body_joins_open")))
    assert "Altes" not in page
    archived = ole.client.get("/redi/bodies?state=archived").text
    assert "Altes" in archived
    assert "Sensorik" not in archived
    found = ole.client.get("/redi/bodies?q=heften&lead=bruchsal").text
    assert "E-Akte" in found
    assert "Kreis" not in found


def test_guests_are_shown_their_own_bodies_alone(house: House) -> None:
    gerd = house.visitor(GUEST)
    page = gerd.get("bodies").text
    assert "Sensorik" in page
    assert "E-Akte" not in page
    assert gerd.get("bodies", "pg-akte").status_code == 404


def test_only_its_people_and_who_oversees_them_read_the_list_and_open_the_rooms(house: House) -> None:
    house.wishes["redi"].targets = {"cloud": CLOUD}
    ben = house.visitor(MEMBER)
    with_rooms(house)
    for visitor in (ben, house.visitor(RANGER), house.visitor(COORDINATOR)):
        page = visitor.get("bodies", "pg-sensorik").text
        assert "Gerd Gast" in page
        assert 'href="https://cloud.example/index.php/call/tok3n"' in page
    for who in (OTHER, GUEST):
        page = house.visitor(who).get("bodies", "pg-sensorik").text
        assert "Ben Muster" not in page
    assert "tok3n" not in house.visitor(OTHER).get("bodies", "pg-sensorik").text
    assert "/redi/people/" not in ben.get("bodies", "pg-sensorik").text.replace("/redi/people/p-ben", "")


def test_each_visitor_is_offered_what_they_may_do(house: House) -> None:
    offered = {
        who: {
            act
            for act in ("join", "ask", "leave", "members", "mail", "change")
            if f"/redi/bodies/{identity}/{act}" in house.visitor(who).get("bodies", identity).text
        }
        for who, identity in (
            (OTHER, "pg-akte"),
            (MEMBER, "pg-sensorik"),
            (MODERATOR_SENSORIK, "pg-sensorik"),
            (GUEST, "pg-sensorik"),
            (ADMIN_BRETTEN, "pg-sensorik"),
        )
    }
    assert offered == {
        OTHER: {"join"},
        MEMBER: {"leave"},
        MODERATOR_SENSORIK: {"leave", "members", "mail"},
        GUEST: set(),
        ADMIN_BRETTEN: {"ask", "members"},
    }
    assert "pg-alt/" not in house.visitor(OTHER).get("bodies", "pg-alt").text, "an archive takes nobody in"


def test_requests_are_shown_to_those_who_decide_and_to_who_asked(house: House) -> None:
    ole = house.visitor(OTHER)
    network = house.networks["redi"]
    number = Requests(network.site.database, "redi").ask(OTHER, "pg-sensorik", "Bitte", network.now())
    assert say("body_asked") in ole.get("bodies", "pg-sensorik").text
    assert f"/redi/requests/{number}" in house.visitor(MODERATOR_SENSORIK).get("bodies", "pg-sensorik").text
    assert f"/redi/requests/{number}" not in house.visitor(MEMBER).get("bodies", "pg-sensorik").text


def test_what_a_form_made_is_changed_by_form_and_archived(house: House) -> None:
    carla = house.visitor(ADMIN_BRETTEN)
    made(house)
    assert "/redi/bodies/pg-neu/change" in carla.get("bodies", "pg-neu").text
    form = {"name": "Neueres", "purpose": "Wir fangen an.", "lead": "bretten", "join": "approval"}
    assert carla.post("bodies", "pg-neu", "change", form=form).headers["location"] == "/redi/bodies/pg-neu"
    house.networks["redi"].pictures.now(fresh=True)
    page = carla.get("bodies", "pg-neu").text
    assert "Neueres" in page
    assert "Wir fangen an." in page
    assert carla.post("bodies", "pg-neu", "archive").status_code == 303
    house.networks["redi"].pictures.now(fresh=True)
    assert say("body_archived") in carla.get("bodies", "pg-neu").text


def test_a_name_that_is_taken_comes_back_with_the_form_and_what_is_wrong(house: House) -> None:
    carla = house.visitor(ADMIN_BRETTEN)
    made(house)
    form = {"name": "Sensorik", "purpose": "<b>x</b>", "lead": "bretten", "join": "open"}
    answer = carla.post("bodies", "pg-neu", "change", form=form)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert 'value="Sensorik"' in answer.text
    assert "<b>x</b>" not in answer.text


@pytest.mark.parametrize("join", ["", "everybody"])
def test_a_way_to_join_that_there_is_not_is_refused(house: House, join: str) -> None:
    carla = house.visitor(ADMIN_BRETTEN)
    made(house)
    assert carla.post("bodies", "pg-neu", "change", form={"name": "X", "join": join}).status_code == 422


def test_purposes_and_names_are_never_taken_for_html(house: House) -> None:
    house.wishes["redi"].add(body("pg-boese", "<script>alert(1)</script>", purpose="<img src=x>", join="open"))
    ranger = house.visitor(RANGER)
    for page in (ranger.get("bodies"), ranger.get("bodies", "pg-boese"), ranger.get("matrix")):
        assert "<script>alert" not in page.text
        assert "<img" not in page.text


def test_how_somebody_came_is_for_those_who_can_act_on_it(house: House) -> None:
    shown = {
        who: say("how_joined") in house.visitor(who).get("bodies", "pg-sensorik").text
        for who in (MODERATOR_SENSORIK, MEMBER)
    }
    assert shown == {MODERATOR_SENSORIK: True, MEMBER: False}
