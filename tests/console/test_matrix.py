"""The matrix: numbers that are the same as the lists they lead to."""

import csv
import re
from io import StringIO

from provisioner.app.pages.matrix import as_csv, matrix_of
from provisioner.app.pages.people_pages import People, Wanted
from tests.support.console import ADMIN_BRETTEN, RANGER, House
from tests.support.site import body, person


def test_each_number_is_how_many_people_the_list_behind_it_has(house: House) -> None:
    _ = house.app
    picture = house.networks["redi"].pictures.now()
    matrix, people = matrix_of(picture), People(picture)
    numbers = {
        (one.id, organisation): len(people.find(Wanted(organisation=organisation, body=one.id)))
        for one in matrix.bodies
        for organisation in matrix.columns
    }
    assert {key: count for key, count in numbers.items() if count} == dict(matrix.cells)
    assert matrix.cells["pg-sensorik", "bretten"] == 2
    assert matrix.cells["pg-sensorik", "none"] == 1
    assert matrix.of_body == {one.id: len(people.find(Wanted(body=one.id))) for one in matrix.bodies}
    assert "pg-alt" not in matrix.of_body, "archived"


def test_somebody_of_two_organisations_counts_in_both_and_once_in_the_sums(house: House) -> None:
    wish = house.wishes["redi"]
    both = person("Zoe", "pg-kreis")
    del both["organisation"]
    wish.add({**both, "affiliations": [{"organisation": "bretten"}, {"organisation": "bruchsal"}]})
    _ = house.app
    matrix = matrix_of(house.networks["redi"].pictures.now())
    assert (matrix.cells["pg-kreis", "bretten"], matrix.cells["pg-kreis", "bruchsal"]) == (1, 1)
    assert matrix.of_body["pg-kreis"] == 1
    assert matrix.total == 5


def test_a_citys_administrator_sees_all_numbers_and_opens_the_citys_people_alone(house: House) -> None:
    page = house.visitor(ADMIN_BRETTEN).get("matrix").text
    assert "Stadt Bruchsal" in page
    assert "organisation=bretten" in page
    assert "organisation=bruchsal" not in page
    assert "organisation=bruchsal" in house.visitor(RANGER).get("matrix").text


def test_it_is_a_table_with_headings_for_rows_and_columns_in_pages_of_bodies(house: House) -> None:
    house.wishes["redi"].add(*(body(f"pg-{number:03}", f"Gruppe {number:03}") for number in range(30)))
    ranger = house.visitor(RANGER)
    page = ranger.get("matrix").text
    assert page.count('<th scope="row">') == 26, "25 bodies and the sums"
    assert page.count('<th scope="col"') == 5
    nobody = '<span class="zero" aria-hidden="true">·</span><span class="heard">niemand</span>'
    assert nobody in page, "a quiet dot, said as a word"
    assert re.search(r'rel="next" href="/redi/matrix\?page=2&amp;across=1"', page)


def test_as_a_file_it_is_whole_and_no_name_becomes_a_formula(house: House) -> None:
    house.wishes["redi"].add(body("pg-boese", '=HYPERLINK("http://x";"y")', lead="bretten"))
    ranger = house.visitor(RANGER)
    answer = ranger.get("matrix.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][1:] == ["Stadt Bretten", "Stadt Bruchsal", "Ohne Organisation", "Zusammen"]
    assert [row[0] for row in rows if "HYPERLINK" in row[0]] == ['\'=HYPERLINK("http://x";"y")']
    assert rows[-1][-1] == "4"
    matrix = matrix_of(house.networks["redi"].pictures.now())
    assert len(rows) == len(as_csv(matrix, "", "", "").splitlines())
