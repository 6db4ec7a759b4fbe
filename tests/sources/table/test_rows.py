"""Rows as exports have them: what can't be used is named with its lines, and blocks nobody else."""

from pathlib import Path

import pytest

from provisioner.model.sources import SourceRead
from tests.sources.table.lists import ANNA, BEN, HEAD, TWO, codes, fields, keys, read


def lines(folder: Path, *rows: str) -> SourceRead:
    return read(folder, "\n".join([HEAD, *rows, ""]))


def test_empty_rows_and_rows_of_delimiters_are_no_people(tmp_path: Path) -> None:
    answer = lines(tmp_path, "", ANNA, ";;;;", "   ;\t;\u200b;;", BEN, ";;;;;;;;", "")
    assert (keys(answer), answer.unusable, answer.gap) == ({"0012", "0013"}, (), None)


@pytest.mark.parametrize("total", ["Summe;;;;2", "Anzahl: 2;;;;", ";Gesamt;;;2", "Total", "Stand: 1.5.2026;;;;"])
def test_rows_of_totals_at_the_end_are_no_people(tmp_path: Path, total: str) -> None:
    answer = lines(tmp_path, ANNA, BEN, total, "")
    assert (keys(answer), answer.unusable, answer.gap) == ({"0012", "0013"}, (), None)


def test_somebody_whose_name_is_such_a_word_is_somebody(tmp_path: Path) -> None:
    answer = lines(tmp_path, ANNA, "0020;Ende;Total;ende@bretten.example;")
    assert keys(answer) == {"0012", "0020"}


def test_quotes_delimiters_and_line_breaks_inside_cells_are_kept_apart_from_rows(tmp_path: Path) -> None:
    head = f"{HEAD};Bemerkung"
    rows = ['0012;"Anna";"Müller; geb. ""Weiß""";anna@bretten.example;;"zwei\r\nZeilen; mit Strich"', f"{BEN};"]
    answer = read(tmp_path, "\r\n".join([head, *rows, "0014;zu;wenig", ""]))
    assert fields(answer)["family_name"] == 'Müller; geb. "Weiß"'
    assert keys(answer) == {"0012", "0013"}
    assert codes(answer) == {"5": "too_few_cells"}, "line breaks inside of cells count as lines of the file"


def test_a_row_with_a_cell_too_many_or_too_few_is_not_shifted_into_place(tmp_path: Path) -> None:
    answer = lines(tmp_path, "0012;Anna;Müller;Weiß;anna@bretten.example;", BEN, "0014;CleoWeber;cleo@bretten.example")
    assert keys(answer) == {"0013"}
    assert codes(answer) == {"2": "too_many_cells", "4": "too_few_cells"}
    assert {one.key for one in answer.unusable} == {"0012", "0014"}
    assert answer.gap is None, "the keys stand first and are sure, so nobody else can be meant"


def test_a_moved_key_is_no_key(tmp_path: Path) -> None:
    head = "Vorname;Nachname;Personalnummer;E-Mail"
    answer = read(tmp_path, f"{head}\nAnna;Müller;Weiß;0012;anna@bretten.example\nBen;Probe;0013;ben@bretten.example\n")
    assert [one.key for one in answer.unusable] == [None]
    assert answer.gap is not None
    assert answer.gap.arguments["lines"] == "2"


def test_a_delimiter_at_the_end_of_each_row_is_no_cell_too_many(tmp_path: Path) -> None:
    answer = read(tmp_path, f"{HEAD}\n{ANNA};\n{BEN};\n0014;Cleo;Weber;Muster;cleo@bretten.example;;\n")
    assert (keys(answer), codes(answer)) == ({"0012", "0013"}, {"4": "too_many_cells"})


def test_trailing_empty_cells_may_be_missing_where_nothing_is_taken_from_them(tmp_path: Path) -> None:
    answer = read(tmp_path, f"{HEAD};Bemerkung;Kürzel\n{ANNA}\n{BEN};;\n")
    assert (keys(answer), answer.unusable) == ({"0012", "0013"}, ())


def test_quotes_that_do_not_match_spoil_their_row_alone(tmp_path: Path) -> None:
    answer = lines(tmp_path, ANNA, '0014;"Cleo"x;Weber;cleo@bretten.example;', BEN)
    assert (keys(answer), codes(answer)) == ({"0012", "0013"}, {"3": "malformed_row"})
    assert answer.gap is not None, "whoever stands there is not gone"


def test_a_quote_that_is_never_closed_makes_nobody_absent(tmp_path: Path) -> None:
    answer = lines(tmp_path, ANNA, '0014;"Cleo;Weber;cleo@bretten.example;', BEN)
    assert (keys(answer), codes(answer)) == ({"0012"}, {"3-4": "malformed_row"})
    assert answer.gap is not None
    assert answer.gap.arguments["lines"] == "3-4"


def test_two_stray_quotes_do_not_make_one_person_of_two(tmp_path: Path) -> None:
    answer = lines(tmp_path, '0012;"Anna;Müller;a@bretten.example;', '0013;Ben";Öztürk;ben@bretten.example;', BEN)
    assert answer.gap is not None
    assert codes(answer)["2-3"] == "line_break"
    remark = read(tmp_path, f'{HEAD};Bemerkung\n{ANNA};"\n{BEN};"\n')
    assert codes(remark) == {"2-3": "swallowed_rows"}
    assert remark.gap is not None


def test_nul_bytes_and_control_characters_spoil_their_row_alone(tmp_path: Path) -> None:
    answer = lines(tmp_path, ANNA, "0014;Cl\0eo;Weber;cleo@bretten.example;", "0015;Id\x07a;Weber;;", BEN, "\0\0\0;\0")
    assert keys(answer) == {"0012", "0013"}
    assert codes(answer) == {"3": "control_character", "4": "control_character"}
    assert answer.gap is None
    assert lines(tmp_path, ANNA, "00\x0114;Cleo;Weber;cleo@bretten.example;").gap is not None, "whom did it mean?"


def test_the_same_person_twice_is_one_and_two_under_one_key_are_nobody(tmp_path: Path) -> None:
    answer = lines(tmp_path, ANNA, BEN, ANNA, BEN.replace("Ben", "Bea"))
    assert keys(answer) == {"0012"}
    assert {(one.where.rpartition(":")[2], one.key) for one in answer.unusable} == {("3", "0013"), ("5", "0013")}
    assert {str(one.why.arguments["lines"]) for one in answer.unusable} == {"3, 5"}
    assert answer.gap is None


def test_a_key_that_also_stands_in_an_unusable_row_is_not_used(tmp_path: Path) -> None:
    answer = lines(tmp_path, ANNA, BEN, ANNA.replace("@", "@@"))
    assert (keys(answer), codes(answer)) == ({"0013"}, {"2": "key_unusable_elsewhere", "4": "bad_email"})


def test_a_row_without_a_key_is_said_and_makes_nobody_absent(tmp_path: Path) -> None:
    answer = lines(tmp_path, ANNA, ";Cleo;Weber;cleo@bretten.example;", BEN)
    assert (codes(answer), answer.unusable[0].key) == ({"3": "empty_key"}, None)
    assert answer.gap is not None


def test_a_key_that_excel_rounded_is_no_key(tmp_path: Path) -> None:
    answer = lines(tmp_path, "1,23457E+11;Cleo;Weber;cleo@bretten.example;", ANNA)
    assert codes(answer) == {"2": "rounded_key"}
    assert answer.gap is not None


def test_a_list_that_was_cut_off_makes_nobody_absent_and_its_last_row_is_not_believed(tmp_path: Path) -> None:
    for end in range(len(TWO) - len(BEN) - 1, len(TWO) - 1):
        answer = read(tmp_path, TWO[:end])
        assert keys(answer) == {"0012"} or TWO[end - 2 : end] == "\r\n", TWO[:end]
        assert answer.gap is not None or TWO[end - 1] in "\r\n"


def test_an_export_that_never_ends_its_last_line_can_be_allowed_to(tmp_path: Path) -> None:
    assert (cut := read(tmp_path, TWO.rstrip())).gap is not None
    assert codes(cut) == {"3": "cut_row"}
    assert cut.unusable[0].key == "0013"
    whole = read(tmp_path, TWO.rstrip(), ends_with_newline=False)
    assert (keys(whole), whole.gap) == ({"0012", "0013"}, None)


def test_a_header_alone_is_nobody_at_all(tmp_path: Path) -> None:
    answer = read(tmp_path, f"{HEAD}\n")
    assert (answer.people, answer.unusable, answer.gap) == ((), (), None)


def test_reasons_and_places_hold_nothing_of_the_people(tmp_path: Path) -> None:
    rows = ("0012;Anna;Müller;anna@@secret.example;", '0099;"Geheim";x"y;a;', ";Geheim;Geheim;g@secret.example;")
    answer = lines(tmp_path, *rows, "0044;Geheim;Geheim;g@secret.example;gestern", "0055;Gehe")
    told = repr([(one.where, one.why) for one in answer.unusable]) + repr(answer.gap)
    assert len(answer.unusable) == 5
    assert not [word for word in ("secret", "Geheim", "gestern", "Anna", "0012", "0044") if word in told]
