"""People: found, shown with where everything is from, and their last day said by whoever may."""

from datetime import date

import pytest

from provisioner.console.pages import Speech
from provisioner.model.enrolments import EnrolledMembership
from provisioner.model.registry import Period
from provisioner.state import EnrolmentStore
from tests.support.console import ADMIN_BRETTEN, COORDINATOR, MEMBER, RANGER, Browser, House
from tests.support.site import person

say = Speech("de").t


@pytest.fixture
def ranger(house: House) -> Browser:
    return house.visitor(RANGER)


def names(page: str) -> list[str]:
    """Given names in the list, in its order."""
    rows = page.split("<tbody>")[1].split("</tbody>")[0] if "<tbody>" in page else ""
    return [row.split("</a>")[0].rsplit(", ", 1)[1] for row in rows.split("<tr>")[1:]]


def found(browser: Browser, query: str) -> list[str]:
    answer = browser.client.get(f"/redi/people?{query}")
    assert answer.status_code == 200
    return names(answer.text)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=BEN", ["Ben"]),
        ("q=gerd@anderswo", ["Gerd"]),
        ("q=muster+bruchsal+ole", ["Ole"]),
        ("q=e-akte", ["Moritz"]),
        ("q=nobody", []),
        ("organisation=bruchsal", ["Doris", "Moritz", "Ole"]),
        ("organisation=none", ["Gerd"]),
        ("standing=left", ["Udo"]),
        ("body=pg-sensorik&organisation=bretten", ["Ben", "Mona"]),
        ("q=%25_", []),
    ],
)
def test_people_are_found_by_words_and_filters(ranger: Browser, query: str, expected: list[str]) -> None:
    assert found(ranger, query) == expected


def test_fifty_stand_on_a_page_and_pages_keep_the_filters(house: House) -> None:
    house.wishes["redi"].add(*(person(f"Neu{number:03}") for number in range(60)))
    ranger = house.visitor(RANGER)
    first = ranger.client.get("/redi/people?q=neu").text
    assert len(names(first)) == 50
    assert "/redi/people?page=2&amp;q=neu" in first
    assert len(found(ranger, "q=neu&page=2")) == 10
    assert len(found(ranger, "q=neu&page=99")) == 10, "a page that is not there is the last one"
    fragment = ranger.client.get("/redi/people?q=neu", headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert len(names(fragment)) == 50


def test_a_citys_administrator_finds_the_citys_people_alone(house: House) -> None:
    carla = house.visitor(ADMIN_BRETTEN)
    assert found(carla, "") == ["Ben", "Carla", "Konrad", "Mona", "Rita", "Udo"]
    assert found(carla, "organisation=bruchsal") == []
    assert "Stadt Bruchsal" not in carla.get("people").text
    assert carla.get("people", "p-ole").status_code == 404
    assert carla.get("people", "p-ben").status_code == 200


def test_a_persons_page_says_how_they_came_to_each_place(house: House) -> None:
    ranger = house.visitor(RANGER)
    network = house.networks["redi"]
    place = EnrolledMembership(MEMBER, "pg-akte", Period(date(2026, 1, 1)), by=MEMBER)
    EnrolmentStore(network.site.database, "redi").place(place, network.now())
    page = ranger.get("people", MEMBER).text
    sensorik, akte = page.index("/redi/bodies/pg-sensorik"), page.index("/redi/bodies/pg-akte")
    assert say("how_written") in page[sensorik:]
    assert say("how_service") in page[akte:sensorik]
    assert "people/all.yaml" in page
    assert f"readi person erase {MEMBER}" in page


def test_somebody_sees_their_own_page_without_commands(house: House) -> None:
    ben = house.visitor(MEMBER)
    page = ben.get("people", MEMBER)
    assert page.status_code == 200
    assert "readi person" not in page.text
    assert "/end" not in page.text
    assert ben.get("people", RANGER).status_code == 404


def test_a_last_day_is_said_taken_back_and_never_one_that_does_not_exist(house: House, ranger: Browser) -> None:
    network = house.networks["redi"]
    store = EnrolmentStore(network.site.database, "redi")
    for wrong in ("2026-02-30", "morgen", "0001-01-01"):
        assert ranger.post("people", MEMBER, "end", form={"last_day": wrong}).status_code == 422, wrong
    assert store.ending_of(MEMBER) is None
    assert ranger.post("people", MEMBER, "end", form={"last_day": "2026-02-28"}).status_code == 303
    ending = store.ending_of(MEMBER)
    assert ending is not None
    assert ending.leaves == date(2026, 2, 28)
    page = ranger.get("people", MEMBER).text
    assert say("rung_leaving") in page
    assert "28.02.2026" in page
    assert "Ben Muster" in ranger.get("leavers").text
    assert ranger.post("people", MEMBER, "resume").status_code == 303
    assert store.ending_of(MEMBER) is None


def test_coordinators_read_all_and_end_nobodys_stay(house: House) -> None:
    konrad = house.visitor(COORDINATOR)
    assert konrad.get("people", MEMBER).status_code == 200
    assert konrad.post("people", MEMBER, "end", form={"last_day": "2026-02-28"}).status_code == 404


def test_names_are_never_taken_for_html_and_ids_are_quoted(house: House) -> None:
    house.wishes["redi"].add(person("Eva", given_name="<script>alert(1)</script>"))
    ranger = house.visitor(RANGER)
    for page in (ranger.get("people"), ranger.get("people", "p-eva"), ranger.client.get('/redi/people?q="><script>')):
        assert "<script>alert" not in page.text
        assert '"><script>' not in page.text
    assert ranger.get("people", "../overview").status_code == 404
