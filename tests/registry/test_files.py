"""What files can be like: encodings, tabs, conflicts, sizes, what is missing. Each ends in a clear message."""

from pathlib import Path

import pytest

from provisioner.registry import Loaded, load
from tests.registry.conftest import ORGANISATIONS, PEOPLE, Write


def codes(loaded: Loaded) -> list[str]:
    return [problem.what.code.removeprefix("registry.") for problem in loaded.problems]


def places(loaded: Loaded) -> list[str]:
    return [str(problem.where) for problem in loaded.problems]


def test_a_small_registry_loads_without_a_word(write: Write) -> None:
    loaded = load(write())
    assert loaded.problems == ()
    registry = loaded.registry
    assert (registry.network, registry.name, registry.complete) == ("redi", "re@di", True)
    assert registry.people["p-anna"].display_name == "Änne Müßig"
    assert str(registry.bodies["pg-sensorik"].origin) == "bodies.yaml:2:5"


@pytest.mark.parametrize(
    ("content", "code", "place"),
    [
        (PEOPLE.encode("utf-8-sig"), "bom", "people.yaml:1:1"),
        (PEOPLE.encode("latin-1"), "not_utf8", "people.yaml:3:17"),
        (PEOPLE.encode("utf-16"), "utf16", "people.yaml:1:1"),
        (PEOPLE.replace("    family", "\tfamily"), "tab", "people.yaml:4:1"),
        (PEOPLE.replace("    family", "   \tfamily"), "tab", "people.yaml:4:4"),
        ("<<<<<<< HEAD\n" + PEOPLE + "=======\n>>>>>>> other\n", "conflict", "people.yaml:1:1"),
        (PEOPLE + "\x00\x00\x00\n", "control_character", "people.yaml:8:1"),
        (PEOPLE + PEOPLE, "duplicate_key", "people.yaml:8:1"),
        (PEOPLE + "---\n" + PEOPLE, "second_document", "people.yaml:8:1"),
        (PEOPLE.replace("    email", "     email"), "syntax_colon", "people.yaml:5:11"),
        (PEOPLE.replace("    email", "  email"), "syntax_indent", "people.yaml:5:3"),
        (PEOPLE[: PEOPLE.index("_name: Mü")] + "\n", "syntax_no_colon", "people.yaml:4:1"),
        (PEOPLE[: PEOPLE.index("]")] + "\n", "syntax_bracket", "people.yaml:7:1"),
        (PEOPLE.replace("Müßig", '"Müßig'), "syntax_cut", "people.yaml:7:1"),
        (PEOPLE.replace("Müßig", "@Müßig"), "syntax_start", "people.yaml:4:18"),
        (PEOPLE.replace("Müßig", r'"\M"'), "syntax_escape", "people.yaml:4:19"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "anchor", "people.yaml:1:4"),
        ("people: [" + "[" * 5000 + "\n", "too_deep", "people.yaml:1:24"),
        ("? [a]\n: b\n", "complex_key", "people.yaml:1:3"),
        ("- id: p-anna\n", "no_sections", "people.yaml:1:1"),
        ("poeple: []\n", "unknown_section", "people.yaml:1:1"),
        ("people: p-anna\n", "not_list", "people.yaml:1:9"),
        ("people:\n  - p-anna\n", "not_mapping", "people.yaml:2:5"),
    ],
)
def test_a_file_that_cannot_be_understood_is_shown_and_makes_the_registry_incomplete(
    write: Write, content: str | bytes, code: str, place: str
) -> None:
    more = PEOPLE.replace("p-anna", "p-berta").replace("aenne", "berta")
    loaded = load(write(people=content, more=more))
    assert (codes(loaded), places(loaded)) == ([code], [place])
    assert not loaded.registry.complete
    assert set(loaded.registry.people) == {"p-berta"}


def test_a_file_of_50_mb_is_refused_before_it_is_read(write: Write) -> None:
    folder = write()
    with (folder / "people.yaml").open("r+b") as file:
        file.truncate(50_000_000)  # a sparse file: reading it would find zeros
    loaded = load(folder)
    assert codes(loaded) == ["too_large"], "that there is nobody else is no news"
    assert loaded.problems[-1].what.arguments["size"] == 50
    assert not loaded.registry.complete


def test_a_file_without_its_last_line_end_may_be_cut_so_nothing_is_concluded_from_absence(write: Write) -> None:
    loaded = load(write(people=PEOPLE.rstrip("\n")))
    assert codes(loaded) == ["no_newline"]
    assert not loaded.errors
    assert not loaded.registry.complete
    assert set(loaded.registry.people) == {"p-anna"}


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    loaded = load(tmp_path / "nowhere")
    assert "no_folder" in codes(loaded)
    assert not loaded.registry.complete


def test_an_empty_folder_is_an_error_not_an_empty_network(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    assert {"empty_folder", "no_network"} == set(codes(loaded))
    assert not loaded.registry.complete


@pytest.mark.parametrize("people", [None, "", "# all gone\n", "people:\n", "people: []\n"])
def test_a_registry_without_people_is_an_error_not_an_empty_network(write: Write, people: str | None) -> None:
    loaded = load(write(people=people))
    assert codes(loaded) == ["nobody"]
    assert not loaded.registry.complete


def test_a_link_to_a_share_that_is_not_mounted_is_no_empty_folder(write: Write) -> None:
    folder = write()
    (folder / "share").symlink_to("/nowhere/people")
    loaded = load(folder)
    assert (codes(loaded), places(loaded)) == (["unreadable"], ["share"])
    assert not loaded.registry.complete


def test_a_file_that_is_a_folder_or_a_loop_does_no_harm(write: Write) -> None:
    folder = write()
    (folder / "odd.yaml").mkdir()
    (folder / "odd.yaml" / "again").symlink_to(folder)
    assert load(folder).problems == ()


def test_hidden_files_and_other_kinds_of_files_are_passed_over(write: Write) -> None:
    folder = write(**{".git/config": "x: [", ".hidden": "x: ["})
    (folder / "README.md").write_text("no: [yaml")
    assert load(folder).problems == ()


def test_sections_may_stand_in_any_file_and_yml_is_read_too(write: Write) -> None:
    folder = write(organisations=None, people=None, all=ORGANISATIONS + PEOPLE)
    (folder / "all.yaml").rename(folder / "all.yml")
    assert load(folder).problems == ()


def test_all_mistakes_come_at_once_in_the_order_of_their_places(write: Write) -> None:
    people = """\
people:
  - id: p-1
    given_name: NO
    family_name: 012
    email: one@bretten
    organisation: bretten
    joined: 2026-13-01
    organization: bretten
  - id: p-2
    given_name: Ö
    email: two@bretten.example
    organisation: brettten
    roles: [rangr]
"""
    loaded = load(write(people=people, bodies="bodies:\n  - {id: pg, name: PG, kind: projekt}\n"))
    assert list(zip(places(loaded), codes(loaded), strict=True)) == [
        ("bodies.yaml:2:30", "unknown_choice"),
        ("people.yaml:4:18", "needs_quotes"),
        ("people.yaml:5:12", "bad_email"),
        ("people.yaml:7:13", "bad_day"),
        ("people.yaml:8:5", "unknown_field"),
        ("people.yaml:9:5", "unnamed"),
        ("people.yaml:13:13", "unknown_choice"),
    ]
    assert loaded.registry.complete
    assert loaded.registry.blocked == {"p-1", "p-2", "pg"}
