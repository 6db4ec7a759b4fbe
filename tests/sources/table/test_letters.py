"""Encodings and delimiters are found by rule, and what is doubtful is said, not guessed."""

from pathlib import Path

import pytest

from provisioner.model.errors import Garbled, SettingsError
from tests.sources.table.lists import ANNA, BEN, EVERYTHING, HEAD, TWO, codes, fields, keys, read


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "latin-1"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_encoding_and_delimiter_are_found(tmp_path: Path, encoding: str, delimiter: str) -> None:
    answer = read(tmp_path, TWO.replace(";", delimiter), encoding)
    assert (keys(answer), answer.unusable, answer.gap) == ({"0012", "0013"}, (), None)
    assert fields(answer) == EVERYTHING


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_both_orders_of_utf_16_are_read(tmp_path: Path, mark: bytes) -> None:
    encoding = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    assert fields(read(tmp_path, mark + TWO.encode(encoding))) == EVERYTHING


@pytest.mark.parametrize(
    ("named", "codec"),
    [("cp850", "cp850"), ("macintosh", "mac-roman"), ("utf-16-le", "utf-16-le"), ("iso-8859-15", "iso-8859-15")],
)
def test_rarer_encodings_are_read_where_they_are_named(tmp_path: Path, named: str, codec: str) -> None:
    assert fields(read(tmp_path, TWO, codec, encoding=named)) == EVERYTHING


@pytest.mark.parametrize("codec", ["cp850", "mac-roman"])
def test_an_old_code_page_that_nobody_named_is_noticed(tmp_path: Path, codec: str) -> None:
    plain = "0014;Cleo;Weber;cleo@bretten.example;"
    answer = read(tmp_path, "\n".join([HEAD, ANNA, BEN, "0015;Ida;Weiß;ida@bretten.example;", plain, ""]), codec)
    assert keys(answer) == {"0014"}
    assert codes(answer) == dict.fromkeys("234", "doubtful_letters")
    assert {one.key for one in answer.unusable} == {"0012", "0013", "0015"}


def test_umlauts_that_were_encoded_twice_are_recognised_and_nobody_else_is_blocked(tmp_path: Path) -> None:
    twice = ANNA.encode().decode("cp1252")
    assert "MÃ¼ller" in twice
    answer = read(tmp_path, "\n".join([HEAD, twice, BEN, ""]))
    assert (keys(answer), codes(answer)) == ({"0013"}, {"2": "doubtful_letters"})
    assert (answer.unusable[0].key, answer.gap) == ("0012", None)


def test_two_exports_of_different_encoding_in_one_file_are_noticed(tmp_path: Path) -> None:
    mixed = b"\n".join([HEAD.encode(), ANNA.encode("cp1252"), BEN.encode("utf-8"), b""])
    answer = read(tmp_path, mixed)
    assert fields(answer) == EVERYTHING
    assert codes(answer) == {"3": "doubtful_letters"}


def test_a_file_in_which_somebody_replaced_letters_is_no_source_for_those_names(tmp_path: Path) -> None:
    answer = read(tmp_path, "\n".join([HEAD, ANNA.replace("ü", "\ufffd"), BEN, ""]))
    assert (keys(answer), codes(answer)) == ({"0013"}, {"2": "doubtful_letters"})


def test_a_name_that_only_looks_odd_is_left_alone(tmp_path: Path) -> None:
    odd = "0012;Ângela „Ani“;Bø-Ñandú;angela@bretten.example;"
    assert fields(read(tmp_path, f"{HEAD}\n{odd}\n"))["given_name"] == "Ângela „Ani“"
    accent = "\N{ACUTE ACCENT}"
    apostrophe = f"{HEAD}\n0012;Shéa;O{accent}Neil;shea@bretten.example;\n"
    assert fields(read(tmp_path, apostrophe, "cp1252"))["family_name"] == f"O{accent}Neil"


@pytest.mark.parametrize(
    ("content", "wanted", "code"),
    [
        (TWO.encode("utf-16-le"), None, "wide"),
        (TWO.encode("utf-32"), None, "wide"),
        (TWO.encode("utf-16-le"), "utf-16", "no_mark"),
        (TWO.encode("utf-8-sig"), "windows-1252", "other_encoding"),
    ],
)
def test_what_can_only_be_guessed_is_refused(tmp_path: Path, content: bytes, wanted: str | None, code: str) -> None:
    with pytest.raises(Garbled) as refused:
        read(tmp_path, content, encoding=wanted) if wanted else read(tmp_path, content)
    assert refused.value.text.code == f"table.{code}"


def test_the_encoding_that_a_mark_names_may_be_named_in_the_settings_as_well(tmp_path: Path) -> None:
    assert fields(read(tmp_path, TWO, "utf-16", encoding="utf-16")) == EVERYTHING


def test_excels_line_with_the_delimiter_is_obeyed_and_counted(tmp_path: Path) -> None:
    answer = read(tmp_path, f"sep=,\r\n{TWO.replace(';', ',')}bad,row\r\n")
    assert (keys(answer), list(codes(answer))) == ({"0012", "0013"}, ["5"])
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, f"sep=,\n{TWO}", delimiter=";")
    assert refused.value.text.code == "table.other_delimiter"


def test_titles_and_empty_lines_above_the_header_are_passed_over(tmp_path: Path) -> None:
    answer = read(tmp_path, f"Stadt Bretten, Personalliste;;;;\r\nStand: 01.05.2026\r\n\r\n;;;;\r\n{TWO}")
    assert (keys(answer), answer.unusable) == ({"0012", "0013"}, ())


def test_a_delimiter_may_be_named(tmp_path: Path) -> None:
    assert fields(read(tmp_path, TWO.replace(";", "\t"), delimiter="tab")) == EVERYTHING
    with pytest.raises(SettingsError):
        read(tmp_path, TWO, delimiter="|")
