"""Files that the project writes by itself read back as what was meant, here and by other YAML readers."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from provisioner.registry.fresh import FolderNotEmpty, FreshEntry, FreshFile, comment, visible, write_fresh
from provisioner.registry.parsing import parse
from provisioner.registry.reading import read_bytes
from provisioner.registry.schema import SCHEMA_FILE
from provisioner.registry.writing import WriteFailed

# fmt: off
TRICKY = (
    "NO", "yes", "Null", "~", "012", "1e3", "0x1F", "2026-01-31", "12:30", "a: b", "a #b", "- a", "'", '"', "&a", "*a",
    "!a", "%a", "@a", "`a", "[a", "{a", "a,b", "", " a", "a ", "Ä, Ö", "o'neil", "a\\b", "…", "=", "<<",
)
# fmt: on


@pytest.mark.parametrize("value", TRICKY)
def test_every_text_reads_back_as_itself_in_every_place(value: str) -> None:
    fields = {"plain": value, "inner": {"deep": value}, "listed": [value, {"id": value}]}
    text = FreshFile("people", [FreshEntry(fields)]).render("people/x.yaml")
    assert parse(text, "x").problems == []
    assert parse(text, "x").root == {"people": [fields]}
    assert yaml.safe_load(text) == {"people": [fields]}


@given(st.lists(st.text(max_size=30), min_size=1, max_size=3), st.text(max_size=200))
def test_whatever_a_name_is_made_of_the_file_can_be_read(names: list[str], note: str) -> None:
    shown = [visible(name) for name in names]
    entries = [FreshEntry({"name": name, "listed": [name]}, comment=note) for name in shown]
    text = FreshFile("people", entries, header=[note], footer=comment(note)).render("a.yaml")
    read = read_bytes(text.encode(), "a.yaml")
    assert (read.problems, read.root) == ([], {"people": [{"name": name, "listed": [name]} for name in shown]})


def test_long_lists_stand_one_item_a_line() -> None:
    many = [f"body-{number}" for number in range(20)]
    text = FreshFile("people", [FreshEntry({"bodies": many})]).render("a.yaml")
    assert text.count("\n      - body-") == 20
    assert yaml.safe_load(text) == {"people": [{"bodies": many}]}


def test_a_file_of_comments_alone_is_an_empty_file() -> None:
    text = FreshFile(header=["Nichts."], footer=["# people:"]).render("people/x.yaml")
    assert text.splitlines()[0] == f"# yaml-language-server: $schema=../{SCHEMA_FILE}"
    assert parse(text, "x").root is None


def test_either_all_files_are_written_or_none(tmp_path: Path) -> None:
    (tmp_path / "people").write_text("a file where a folder should be")
    with pytest.raises(WriteFailed):
        write_fresh(tmp_path, {"bodies.yaml": "bodies: []\n", "people/x.yaml": "people: []\n"})
    assert {path.name for path in tmp_path.iterdir()} == {"people", ".gitignore"}


def test_only_what_is_no_registry_file_may_be_there_already(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("notes")
    (tmp_path / ".hidden.yaml").write_text("a: 1")
    (path,) = write_fresh(tmp_path, {"people/x.yaml": "people: []\n"})
    assert (path.stat().st_mode & 0o777, path.read_text()) == (0o640, "people: []\n")
    with pytest.raises(FolderNotEmpty) as refused:
        write_fresh(tmp_path, {"bodies.yaml": "bodies: []\n"})
    assert refused.value.text.arguments["file"] == "people/x.yaml"
