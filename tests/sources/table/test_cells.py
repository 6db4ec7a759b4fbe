"""What a cell says, in the ways in which Germans, personnel systems and Excel say it."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.sources.table.lists import ANNA, HEAD, codes, fields, read


def leaves(folder: Path, text: str, **more: Any) -> object:
    answer = read(folder, f"{HEAD}\n{ANNA}{text}\n", **more)
    return fields(answer)["leaves"] if answer.people else next(iter(codes(answer).values()))


@pytest.mark.parametrize(
    "text",
    [
        *("31.12.2026", "31.12.26", "2026-12-31", "20261231", "2026-12-31 00:00:00", "31.12.2026 23:59"),
        *(" 31.12.2026 ", "2026-12-31T00:00:00Z", "46387", "46387.0", "46387,5", '="31.12.2026"'),
    ],
)
def test_days_are_read_as_they_are_written(tmp_path: Path, text: str) -> None:
    assert leaves(tmp_path, text) == date(2026, 12, 31)


@pytest.mark.parametrize("text", ["", "-", "\N{EN DASH}", "unbefristet", "31.12.9999", "9999-12-31", "0", "00.00.0000"])
def test_no_end_has_many_names(tmp_path: Path, text: str) -> None:
    assert leaves(tmp_path, text) is None


@pytest.mark.parametrize(
    "text", ["31.02.2026", "32.12.2026", "bald", "2026", "12/31/2026", "31.12.", "999999", "1.2.3"]
)
def test_what_is_no_day_for_sure_is_not_read(tmp_path: Path, text: str) -> None:
    assert str(leaves(tmp_path, text)) in ("bad_date", "slash_date")


def test_slashes_mean_what_the_settings_say(tmp_path: Path) -> None:
    assert leaves(tmp_path, "01/02/2026") == "slash_date"
    assert leaves(tmp_path, "01/02/2026", slash_dates="day/month") == date(2026, 2, 1)
    assert leaves(tmp_path, "01/02/2026", slash_dates="month/day") == date(2026, 1, 2)
    assert leaves(tmp_path, "31/12/2026", slash_dates="month/day") == "bad_date"


def test_years_of_two_digits_are_near(tmp_path: Path) -> None:
    assert leaves(tmp_path, "01.01.69") == date(2069, 1, 1)
    assert leaves(tmp_path, "01.01.70") == date(1970, 1, 1)


@pytest.mark.parametrize(
    ("word", "is_active"),
    [("aktiv", True), ("Ja", True), ("1", True), ("WAHR", True), ("nein", False), ("0", False), ("Inaktiv", False)],
)
def test_who_is_active_is_said_in_many_words(tmp_path: Path, word: str, is_active: bool) -> None:
    answer = read(tmp_path, f"Personalnummer;Nachname;Aktiv\n1;Müller;{word}\n")
    assert answer.people[0].active is is_active


def test_a_word_that_nobody_knows_switches_nobody_off(tmp_path: Path) -> None:
    rows = "PersNr;Nachname;Status\n1;Müller;Elternzeit\n2;Weber;\n3;Öztürk;entlassen\n"
    answer = read(tmp_path, rows, columns={"active": "Status"})
    assert codes(answer) == {"2": "bad_active", "3": "bad_active", "4": "bad_active"}
    told = read(tmp_path, rows, columns={"active": "Status"}, active_words=["Elternzeit"], inactive_words=["ENTLASSEN"])
    assert [(person.key, person.active) for person in told.people] == [("1", True), ("3", False)]


def test_what_nobody_sees_is_taken_off(tmp_path: Path) -> None:
    row = "  0012\u200b; Anna\u00a0 Maria ;\ufeffMu\u0308ller\u00ad;\tanna@bretten.example ;"
    found = fields(read(tmp_path, f"{HEAD}\n{row}\n"))
    assert (found["given_name"], found["family_name"]) == ("Anna Maria", "Müller")
    assert found["email"] == "anna@bretten.example"


def test_a_formula_is_text(tmp_path: Path) -> None:
    row = "0012;=cmd|' /C calc'!A0;@SUM(A1:A9);anna@bretten.example;"
    found = fields(read(tmp_path, f"{HEAD}\n{row}\n"))
    assert (found["given_name"], found["family_name"]) == ("=cmd|' /C calc'!A0", "@SUM(A1:A9)")


def test_a_number_that_was_kept_as_text_for_excel_is_that_number(tmp_path: Path) -> None:
    answer = read(tmp_path, f'{HEAD}\n="0012";Anna;Müller;anna@bretten.example;\n"=""0013""";Ben;Probe;;\n')
    assert [person.key for person in answer.people] == ["0012", "0013"]


def test_empty_cells_are_said_to_be_empty_and_a_family_name_is_needed(tmp_path: Path) -> None:
    answer = read(tmp_path, f"{HEAD}\n0012;;Müller;;\n0013;Ben;;ben@bretten.example;\n")
    assert fields(answer) == {"given_name": None, "family_name": "Müller", "email": None, "leaves": None}
    assert codes(answer) == {"3": "no_name"}


@pytest.mark.parametrize(
    "address", ["anna", "anna@@b.example", "a@b.example; c@b.example", "Anna <a@b.example>", "a@b"]
)
def test_what_is_no_address_is_not_taken(tmp_path: Path, address: str) -> None:
    answer = read(tmp_path, f'{HEAD}\n0012;Anna;Müller;"{address}";\n')
    assert codes(answer) == {"2": "bad_email"}


@pytest.mark.parametrize(("word", "code"), [("de", "de"), ("Deutsch", "de"), ("en-GB", "en"), ("", None)])
def test_languages_are_two_letters(tmp_path: Path, word: str, code: str | None) -> None:
    answer = read(tmp_path, f"PersNr;Nachname;Sprache\n1;Müller;{word}\n")
    assert answer.people[0].fields["language"] == code


def test_an_unknown_language_is_said(tmp_path: Path) -> None:
    assert codes(read(tmp_path, "PersNr;Nachname;Sprache\n1;Müller;Plattdütsch\n")) == {"2": "bad_language"}


@pytest.mark.parametrize(
    ("pattern", "cell", "given", "family"),
    [
        ("{family_name}, {given_name}", "Müller, Anna Maria", "Anna Maria", "Müller"),
        ("{family_name}, {given_name}", "von der Au,Anna", "Anna", "von der Au"),
        ("{given_name} {family_name}", "Anna von der Au", "Anna", "von der Au"),
        ("{family_name} ({given_name})", "Müller (Anna)", "Anna", "Müller"),
    ],
)
def test_both_names_in_one_column_are_taken_apart_as_the_pattern_says(
    tmp_path: Path, pattern: str, cell: str, given: str, family: str
) -> None:
    found = fields(read(tmp_path, f'PersNr;Name\n1;"{cell}"\n', name_pattern=pattern), "1")
    assert found == {"given_name": given, "family_name": family}


def test_a_name_that_does_not_follow_the_pattern_is_not_guessed_at(tmp_path: Path) -> None:
    answer = read(tmp_path, 'PersNr;Name\n1;"Müller"\n2;"Weber, Ida"\n3;\n')
    assert codes(answer) == {"2": "other_pattern", "4": "no_name"}
    assert fields(answer, "2") == {"given_name": "Ida", "family_name": "Weber"}
