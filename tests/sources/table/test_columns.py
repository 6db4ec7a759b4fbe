"""Which column means what: as named, else by the usual words; what could be two things is asked about."""

from pathlib import Path
from typing import Any

import pytest

from provisioner.model.errors import SettingsError
from tests.sources.table.lists import fields, opened, put, read


def refusal(folder: Path, content: str, **more: Any) -> SettingsError:
    with pytest.raises(SettingsError) as refused:
        read(folder, content, **more)
    return refused.value


@pytest.mark.parametrize(
    "head",
    [
        "Personalnummer;Vorname;Nachname;E-Mail",
        "Pers.-Nr.;VORNAME;Familienname;E-Mail-Adresse",
        "PersNr;Rufname;Zuname;Mail",
        "Employee ID;First Name;Last Name;Email Address",
        "Mitarbeiternummer;Vorname;Name;E-Mail (dienstlich)",
        'Personal-Nr ;Vorname;Nachname;"Dienstliche\nE-Mail"',
    ],
)
def test_usual_headers_are_found_by_themselves(tmp_path: Path, head: str) -> None:
    answer = read(tmp_path, f"{head}\n7;Anna;Muster;anna@bretten.example\n")
    assert fields(answer, "7") == {"given_name": "Anna", "family_name": "Muster", "email": "anna@bretten.example"}


def test_headers_can_be_named_and_columns_left_alone(tmp_path: Path) -> None:
    content = "Kennung;Ruf;Fam;Post;Austritt;Name\nx1;Anna;Muster;anna@bretten.example;31.12.2026;egal\n"
    columns = {"given_name": "Ruf", "family_name": "fam", "email": "Post", "leaves": None, "name": None}
    answer = read(tmp_path, content, key="Kennung", columns=columns)
    assert fields(answer, "x1") == {"given_name": "Anna", "family_name": "Muster", "email": "anna@bretten.example"}


def test_names_in_one_column_are_family_name_first(tmp_path: Path) -> None:
    answer = read(tmp_path, 'PersNr,"Nachname, Vorname"\n7,"Muster, Anna"\n')
    assert fields(answer, "7") == {"given_name": "Anna", "family_name": "Muster"}


def test_without_a_key_those_that_look_like_one_are_proposed(tmp_path: Path) -> None:
    content = "Lfd. Nr.;Kennung;Amt;Nachname\n1;x1;Bauamt;Muster\n2;x2;Bauamt;Weber\n"
    error = refusal(tmp_path, content)
    assert (error.text.code, error.text.arguments["headers"]) == ("table.which_key", "Kennung")
    assert read(tmp_path, content, key="Kennung").people[0].key == "x1"


def test_without_anything_like_a_key_the_address_is_taken_only_when_that_is_said(tmp_path: Path) -> None:
    content = "Nr;Nachname;Amt;E-Mail\n1;Muster;Bauamt;Anna@Bretten.example\n2;Weber;Bauamt;ida@bretten.example\n"
    assert refusal(tmp_path, content).text.code == "table.no_key"
    answer = read(tmp_path, content, key="email")
    assert answer.people[0].key == "anna@bretten.example"
    assert answer.people[0].fields["email"] == "Anna@Bretten.example"
    assert read(tmp_path, content, key="E-Mail").people[0].key == "anna@bretten.example"


@pytest.mark.parametrize(
    ("content", "more", "code"),
    [
        ("PersNr;Nachname;E-Mail;Mail\n", {}, "two_columns"),
        ("PersNr;Nachname;E-Mail;E-Mail\n", {}, "two_columns"),
        ("PersNr;Nachname;Post;Post\n", {"columns": {"email": "Post"}}, "header_twice"),
        ("PersNr;Nachname;Post\n", {"columns": {"email": "Adresse"}}, "no_such_column"),
        ("PersNr;Nachname;Post\n", {"key": "Nummer"}, "no_such_column"),
        ("PersNr;Nachname\n", {"columns": {"given_name": "Nachname"}}, "same_column"),
        ("PersNr;Amt\n", {}, "no_columns"),
        ("7;Anna;Geheim\n8;Ben;Geheim\n", {}, "no_header"),
    ],
)
def test_what_could_be_two_things_or_none_is_asked_about(
    tmp_path: Path, content: str, more: dict[str, Any], code: str
) -> None:
    error = refusal(tmp_path, content, **more)
    assert error.text.code == f"table.{code}"
    assert "Geheim" not in str(error)


def test_two_headers_that_nobody_uses_may_be_called_alike(tmp_path: Path) -> None:
    assert read(tmp_path, "PersNr;Nachname;Telefon;Telefon\n7;Muster;1;2\n").people[0].key == "7"


def test_the_mapping_can_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    mapping = tmp_path / "zuordnung.yaml"
    mapping.write_text('key: Kennung\ndelimiter: ";"\ncolumns:\n  family_name: Fam\n', "utf-8")
    answer = read(tmp_path, "Kennung;Fam\nx1;Muster\n", mapping_file=mapping)
    assert fields(answer, "x1") == {"family_name": "Muster"}


@pytest.mark.parametrize("text", ["kex: Kennung\n", "key: [a]\n", "columns:\n  shoe_size: Fam\n", "a: b: c\n", "- x\n"])
def test_a_mistake_in_the_mapping_file_is_named(tmp_path: Path, text: str) -> None:
    mapping = tmp_path / "zuordnung.yaml"
    mapping.write_text(text, "utf-8")
    error = refusal(tmp_path, "Kennung;Fam\nx1;Muster\n", mapping_file=mapping)
    assert (error.text.code, error.text.arguments["file"]) == ("table.bad_mapping", str(mapping))


def test_the_mapping_stands_in_one_place(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="key: either here or in the mapping_file"):
        opened(tmp_path / "x.csv", mapping_file=tmp_path / "m.yaml", key="Kennung")


@pytest.mark.parametrize(
    "pattern", ["{given_name}", "{given_name} {given_name} {family_name}", "{a} {family_name}", ""]
)
def test_a_pattern_has_both_names(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ValueError, match="given_name"):
        opened(tmp_path / "x.csv", name_pattern=pattern)


def test_the_shape_tells_other_columns_and_other_rules_but_not_other_people(tmp_path: Path) -> None:
    def shape(content: str, **more: Any) -> str:
        return opened(put(tmp_path, content), **more).shape

    first = shape("PersNr;Nachname\n1;Muster\n")
    assert first == shape("PersNr;Nachname\r\n2;Weber\r\n3;Probe\r\n")
    others = {
        shape("PersNr;Nachname;E-Mail\n1;Muster;\n"),
        shape("Personalnummer;Nachname\n1;Muster\n"),
        shape("PersNr;Nachname\n1;Muster\n", active_words=["da"]),
        shape("PersNr;Nachname\n1;Muster\n", key="Nachname", columns={"family_name": "PersNr"}),
    }
    assert len(others | {first}) == 5
    assert first == shape("PersNr;Nachname\n1;Muster\n", brings="everybody"), "whom it brings is not what it says"


def test_the_shape_is_that_of_what_was_read(tmp_path: Path) -> None:
    source = opened(put(tmp_path, "PersNr;Nachname\n1;Muster\n"))
    before = source.shape
    put(tmp_path, "PersNr;Nachname;E-Mail\n1;Muster;\n")
    source.read()
    assert source.shape != before
