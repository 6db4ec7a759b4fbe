"""Whether files are still those that were read."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from provisioner.registry.fingerprint import Fingerprint, fingerprint
from provisioner.registry.reading import find_files
from tests.registry.conftest import Write

LATER = 60_000_000_000


def look(folder: Path, later: int = LATER) -> Fingerprint:
    return fingerprint(find_files(folder), time.time_ns() + later)


def holds(before: Fingerprint, folder: Path) -> bool:
    return before.still_holds(find_files(folder))


def test_untouched_files_are_the_same_without_being_read(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write()
    before = look(folder)
    monkeypatch.setattr("provisioner.registry.fingerprint.read_bounded", None)
    assert (before.contents, holds(before, folder)) == (None, True)


def change(folder: Path) -> None:
    (folder / "people.yaml").write_text("people: []\n")


def change_by_one_letter_in_the_same_second(folder: Path) -> None:
    path = folder / "people.yaml"
    times = path.stat()
    path.write_text(path.read_text().replace("Änne", "Anne").replace("Müßig", "Müssig"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def put_another_in_its_place(folder: Path) -> None:
    other = folder / "other"
    other.write_text((folder / "people.yaml").read_text())
    other.replace(folder / "people.yaml")


def add(folder: Path) -> None:
    (folder / "people").mkdir()
    (folder / "people" / "more.yaml").write_text("people: []\n")


def remove(folder: Path) -> None:
    (folder / "people.yaml").unlink()


def remove_all(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def leave_a_link_to_nothing(folder: Path) -> None:
    (folder / "shared.yaml").symlink_to("/nowhere/shared.yaml")


@pytest.mark.parametrize(
    "act",
    [
        change,
        change_by_one_letter_in_the_same_second,
        put_another_in_its_place,
        add,
        remove,
        remove_all,
        leave_a_link_to_nothing,
    ],
)
def test_whatever_happens_to_files_is_seen(write: Write, act: Callable[[Path], None]) -> None:
    folder = write()
    before = look(folder)
    act(folder)
    assert not holds(before, folder)
    after = look(folder)
    assert holds(after, folder)


def test_what_is_no_part_of_the_registry_changes_nothing(write: Write) -> None:
    folder = write()
    before = look(folder)
    (folder / "notes.txt").write_text("x")
    (folder / ".git").mkdir()
    (folder / ".git" / "a.yaml").write_text("x")
    assert holds(before, folder)


def test_of_files_that_were_young_the_contents_count(write: Write) -> None:
    """A change in the same tick of the file system's clock leaves no other trace; so it is made up here."""
    folder = write()
    young = look(folder, later=0)
    assert (young.contents is not None, holds(young, folder)) == (True, True)
    assert not holds(replace(young, contents="of other contents"), folder)


def test_a_clock_that_is_behind_the_files_trusts_no_looks(write: Write) -> None:
    assert look(write(), later=-LATER).contents is not None
