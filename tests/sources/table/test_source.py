"""The file as such: missing, old, half written, open to everybody; and what doctor says of it."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from provisioner.app.source_types import source_types
from provisioner.emulation import VirtualClock
from provisioner.model.errors import Garbled, Permanent, TargetError, Transient
from provisioner.model.ports import Severity
from provisioner.sources.table import CSV_SOURCE, CsvSource
from provisioner.sources.table.snapshot import MOST
from provisioner.texts import Catalogue
from provisioner.transport.gate import WriteGate
from tests.sources.table.lists import ANNA, BEN, HEAD, LONG_AGO, TWO, keys, opened, put, read


def refusal(path: Path) -> TargetError:
    with pytest.raises(TargetError) as refused:
        opened(path).read()
    return refused.value


def test_the_source_is_found_by_its_entry_point(tmp_path: Path) -> None:
    assert source_types()["csv"] is CSV_SOURCE
    settings = CSV_SOURCE.settings.model_validate({"organisation": "bretten", "csv_file": put(tmp_path, TWO)})
    source = CSV_SOURCE.open("bretten-list", settings, WriteGate(), VirtualClock())
    assert keys(source.read()) == {"0012", "0013"}
    source.close()


def test_a_file_that_is_not_there_or_no_file_is_an_error_and_nobody_gone(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.csv").text.code == "table.missing"
    assert refusal(tmp_path).text.code == "table.unreadable"
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").text.code == "table.unreadable"
    (tmp_path / "loop").symlink_to("loop")
    assert refusal(tmp_path / "loop").text.code == "table.unreadable"


@pytest.mark.parametrize("content", [b"", b"\r\n \n", b"\n" * 50])
def test_an_empty_file_is_an_error_and_nobody_gone(tmp_path: Path, content: bytes) -> None:
    assert refusal(put(tmp_path, content)).text.code == "table.empty"


def test_a_file_beyond_all_measure_is_not_read(tmp_path: Path) -> None:
    path = put(tmp_path, TWO)
    with path.open("r+b") as file:
        file.truncate(MOST + 1)
    error = refusal(path)
    assert (type(error), error.text.code) == (Garbled, "table.too_large")


def test_links_are_followed(tmp_path: Path) -> None:
    path = put(tmp_path, TWO)
    link = tmp_path / "heute.csv"
    link.symlink_to(path)
    assert keys(opened(link).read()) == {"0012", "0013"}


def test_ten_thousand_people_are_read(tmp_path: Path) -> None:
    rows = [f"{number};Anna;Muster{number};a{number}@bretten.example;" for number in range(10_000)]
    answer = read(tmp_path, "\n".join([HEAD, *rows, ""]))
    assert (len(answer.people), answer.unusable, answer.gap) == (10_000, (), None)


class Busy(VirtualClock):
    """While somebody waits, somebody else writes on."""

    def __init__(self, path: Path) -> None:
        super().__init__(LONG_AGO + timedelta(seconds=1))
        self.path = path

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        with self.path.open("ab") as file:
            file.write(f"{BEN}\r\n".encode())


def test_a_file_that_grows_while_it_is_read_is_left_for_later(tmp_path: Path) -> None:
    path = put(tmp_path, f"{HEAD}\r\n{ANNA}\r\n")
    settings = opened(path)._settings
    with pytest.raises(Transient) as refused:
        CsvSource(settings, Busy(path)).read()
    assert refused.value.text.code == "table.being_written"
    assert keys(CsvSource(settings, VirtualClock()).read()) == {"0012", "0013"}


def test_a_fresh_file_is_looked_at_twice_and_an_old_one_is_not_waited_for(tmp_path: Path) -> None:
    settings = opened(put(tmp_path, TWO))._settings
    for age, waited in ((1, True), (3600, False), (-3600, False)):
        clock = VirtualClock(LONG_AGO + timedelta(seconds=age))
        assert keys(CsvSource(settings, clock).read()) == {"0012", "0013"}
        assert (clock.monotonic() > 0) is waited


def test_an_older_file_than_the_last_one_is_not_believed(tmp_path: Path) -> None:
    source = opened(put(tmp_path, TWO))
    mark = source.read().mark
    put(tmp_path, f"{HEAD}\n{ANNA}\n", at=LONG_AGO - timedelta(days=365))
    with pytest.raises(Permanent) as refused:
        source.read(mark)
    assert refused.value.text.code == "table.older"
    said = Catalogue("de", {"table": "provisioner.sources.table"}).error(refused.value)
    assert "01.05.18" in said
    assert "01.05.19" in said


def test_the_same_file_again_and_a_newer_one_are_believed(tmp_path: Path) -> None:
    source = opened(put(tmp_path, TWO))
    mark = source.read().mark
    assert keys(source.read(mark)) == {"0012", "0013"}
    put(tmp_path, TWO, at=LONG_AGO - timedelta(days=1))
    assert keys(source.read(mark)) == {"0012", "0013"}, "the very same content, put back by a backup"
    put(tmp_path, f"{HEAD}\n{ANNA}\n", at=LONG_AGO + timedelta(seconds=1))
    later = source.read(mark)
    assert (keys(later), later.whole) == ({"0012"}, True)
    assert later.mark != mark


def test_marks_of_another_kind_of_source_say_nothing(tmp_path: Path) -> None:
    assert keys(opened(put(tmp_path, TWO)).read("cookie:rid=000")) == {"0012", "0013"}


def findings(path: Path, **more: object) -> dict[str, Severity]:
    return {one.what.code.removeprefix("table."): one.severity for one in opened(path, **more).examine()}


def test_doctor_tells_what_was_understood(tmp_path: Path) -> None:
    path = put(tmp_path, f"{HEAD};Kostenstelle\n{ANNA};1\n{BEN};2\n")
    tmp_path.chmod(0o755)
    found = list(opened(path).examine())
    assert [one.severity for one in found] == [Severity.OK, Severity.OK, Severity.NOTE]
    said = " ".join(map(Catalogue("de", {"table": "provisioner.sources.table"}), (one.what for one in found)))
    assert "2 Zeilen, 2 Personen (utf-8, Trennzeichen „;“)" in said
    assert "key ← Personalnummer" in said
    assert "Nicht verwendete Spalten: Kostenstelle" in said
    assert "Anna" not in said


def test_doctor_warns_of_rows_that_are_lost_and_of_keys_that_change(tmp_path: Path) -> None:
    rows = "\n".join(f"x;{number};a@@b" for number in range(8))
    found = findings(put(tmp_path, f"PersNr;Nachname;E-Mail\n{rows}"), key="email")
    assert found["doctor_key_is_address"] is Severity.WARNING
    assert found["doctor_nobody"] is Severity.WARNING
    assert found["gaps"] is Severity.WARNING
    assert found["doctor_more_unusable"] is Severity.WARNING


def test_doctor_warns_of_a_list_that_anybody_may_change(tmp_path: Path) -> None:
    path = put(tmp_path, TWO)
    assert "doctor_world_writable" not in findings(path)
    path.chmod(0o666)
    assert findings(path)["doctor_world_writable"] is Severity.WARNING
    path.chmod(0o644)
    tmp_path.chmod(0o777)
    assert findings(path)["doctor_world_writable"] is Severity.WARNING
    tmp_path.chmod(0o1777)
    assert "doctor_world_writable" not in findings(path), "a sticky folder: nobody replaces others' files"
    tmp_path.chmod(0o755)


@pytest.mark.parametrize(
    ("content", "what"),
    [(None, "missing"), (b"", "empty"), (b"Vorname;Nachname;Amt\nA;B;C\nA;B;C\n", "no_key"), (b"1;2\n", "no_header")],
)
def test_doctor_tells_what_keeps_the_list_from_being_read_and_how_to_mend_it(
    tmp_path: Path, content: bytes | None, what: str
) -> None:
    path = tmp_path / "personal.csv" if content is None else put(tmp_path, content)
    (found,) = opened(path).examine()
    assert (found.what.code, found.severity) == (f"table.{what}", Severity.ERROR)
    assert found.mend is not None
