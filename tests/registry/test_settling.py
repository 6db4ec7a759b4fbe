"""What was decided through the service, moved into the files: these then say exactly the same, and nothing twice."""

from datetime import date
from pathlib import Path

import pytest

from provisioner.model.enrolments import EnrolledBody, Enrolments
from provisioner.model.registry import Role
from provisioner.model.sources import Supply
from provisioner.registry import load
from provisioner.registry.editfiles import EditRefused, Files
from provisioner.registry.merging import person_id_of
from provisioner.registry.settling import new_entries, settle
from tests.registry.conftest import PEOPLE, Write
from tests.registry.enrolled import BODY, OLE, TODAY, came, decided, place
from tests.support.supplies import as_yaml, everybody, known

IDA = came("p-ida", 'Ida "7: #x', "ida@bretten.example", language="en")
AD = everybody("bretten-ad", known("007", "Karl Kah", "karl@bretten.example"))
KARL = person_id_of("bretten-ad", "007")
ALL = decided(
    [OLE, IDA],
    [
        place("p-ole"),
        place("p-ole", "pg-neu", role=Role.MODERATOR),
        place("p-ida", until=date(2027, 5, 1)),
        place("p-anna", since=None, until=date(2027, 2, 28)),
        place("p-anna", "pg-neu"),
        place(KARL),
    ],
    [("p-ida", date(2027, 12, 31)), ("p-anna", date(2028, 1, 31))],
    [BODY],
)


def settled(folder: Path, enrolments: Enrolments, *supplies: Supply) -> Path:
    """Settles; then the files alone say the same as both before, and both together still do."""
    before = load(folder, supplies, enrolments=enrolments)
    settle(Files(folder, supplies, enrolments), TODAY)
    assert load(folder, supplies).digest == before.digest
    after = load(folder, supplies, enrolments=enrolments)
    assert (after.digest, after.problems) == (before.digest, before.problems), "killed before it is forgotten"
    return folder


def test_everything_goes_into_the_files(write: Write) -> None:
    people = "# ours\n" + PEOPLE.replace("    bodies:", "    # since ever\n    bodies:")
    folder = settled(write(people=people), ALL, AD)
    changed = (folder / "people.yaml").read_text()
    assert changed.startswith("# ours\n")
    assert "    # since ever\n" in changed
    assert "leaves: 2028-01-31" in changed
    assert (folder / "bodies/service-2027-03-01.yaml").read_text().startswith("bodies:\n- id: pg-neu\n  name: Neues\n")
    assert "identities" in (folder / "people/service-2027-03-01.yaml").read_text()


def test_an_entry_that_was_filled_says_all_of_it_itself(write: Write) -> None:
    linked = as_yaml(["id: p-ole, identities: [{source: keycloak, key: '7'}]"])
    folder = settled(write(**{"people/linked": linked}), decided([OLE], [place("p-ole")]))
    assert not list(folder.glob("people/service-*"))
    assert "ole@bretten.example" in (folder / "people/linked.yaml").read_text()


def test_nothing_decided_writes_nothing(write: Write) -> None:
    folder = write()
    assert settle(Files(folder), TODAY).files == ()


def test_twice_on_one_day_is_two_files(write: Write) -> None:
    folder = settled(write(), decided([OLE]))
    settled(folder, decided([IDA]))
    assert sorted(path.name for path in folder.glob("people/*")) == [
        "service-2027-03-01-2.yaml",
        "service-2027-03-01.yaml",
    ]


def test_who_waits_for_something_is_left_as_they_are(write: Write) -> None:
    nowhere = came("p-x", "Xa Xe", "x@nowhere.example", "nowhere")
    waiting = decided([OLE, nowhere], [place("p-ole", "pg-gone")], bodies=[BODY, EnrolledBody("pg-odd", {"id": "x"})])
    done = settle(Files(write(), (), waiting), TODAY)
    assert (done.people, done.bodies) == (frozenset(), {"pg-neu"})


def test_files_with_windows_ends_of_lines_keep_them(write: Write) -> None:
    folder = write(people=PEOPLE.replace("\n", "\r\n"))
    settled(folder, decided(endings=[("p-anna", TODAY)]))
    content = (folder / "people.yaml").read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n") > 5


def test_what_would_say_something_else_is_refused_and_nothing_is_written(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write()
    before = {path: path.read_bytes() for path in folder.rglob("*.yaml")}
    monkeypatch.setattr("provisioner.registry.settling._place", lambda one: {"id": one.body, "role": "moderator"})
    with pytest.raises(EditRefused) as refused:
        settle(Files(folder, (), ALL), TODAY)
    assert refused.value.text.code == "registry.settling_differs"
    assert {path: path.read_bytes() for path in folder.rglob("*.yaml")} == before


def test_what_stands_in_no_file_can_be_looked_at_first(write: Write, tmp_path: Path) -> None:
    folder = write()
    found = new_entries(Files(folder, [AD], ALL))
    assert ([one["id"] for one in found.people], [one["id"] for one in found.bodies]) == (
        sorted([KARL, "p-ida", "p-ole"]),
        ["pg-neu"],
    )
    (folder / "looked-at.yaml").write_text(found.text())
    rest = decided(places=[one for one in ALL.memberships if one.person == "p-anna"])
    assert set(load(folder, [AD], enrolments=rest).registry.people) == {"p-anna", "p-ida", "p-ole", KARL}
    assert new_entries(Files(write(), (), decided())).text() == ""
