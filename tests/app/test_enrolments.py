"""readi enrolments: what was decided through the service is shown, written out, and moved into the files."""

from datetime import date

import pytest

from provisioner.app import enrolments as enrolments_module
from provisioner.model.enrolments import EnrolledBody, EnrolledMembership, EnrolledPerson
from provisioner.model.registry import Period, Role
from provisioner.registry import load
from provisioner.state import Database, EnrolmentStore, TiesFile
from tests.support.site import Installation

DAY = date(2026, 1, 5)
OLE = EnrolledPerson("p-ole", "Ole", "Ort", "ole@bretten.example", "bretten", DAY)
NEW = EnrolledBody("pg-neu", {"id": "pg-neu", "name": "Neues", "kind": "project", "lead": "bretten", "join": "open"})


def decide(installation: Installation) -> None:
    installation.write()
    with Database.open(installation.database) as database:
        store = EnrolmentStore(database, "redi")
        at = installation.clock.now()
        assert store.enrol(OLE)
        assert store.make_body(NEW, "p-anna", at)
        store.place(EnrolledMembership("p-ole", "pg-neu", Period(DAY), Role.MODERATOR, "p-anna"), at)
        store.end("p-ole", date(2029, 1, 31), "p-admin", at)


def kept(installation: Installation) -> int:
    with Database.open(installation.database) as database:
        found = EnrolmentStore(database, "redi").all()
    return len(found.people) + len(found.memberships) + len(found.endings) + len(found.bodies)


def test_everything_is_listed_for_people_and_for_programs(small: Installation) -> None:
    assert "Nothing was decided" in small.run("enrolments").out
    decide(small)
    said = small.run("enrolments").out
    for word in ("Ole Ort", "Neues", "p-ole → pg-neu", "decided by p-anna", "2029"):
        assert word in said
    report = small.run("enrolments", "list", "--json").json
    assert report["people"] == [
        {"id": "p-ole", "name": "Ole Ort", "organisation": "bretten", "joined": "2026-01-05", "in_files": False}
    ]
    assert [(one["person"], one["role"], one["by"]) for one in report["places"]] == [("p-ole", "moderator", "p-anna")]
    assert (report["endings"][0]["leaves"], report["bodies"][0]["id"]) == ("2029-01-31", "pg-neu")


def test_explain_says_by_whom_and_when(small: Installation) -> None:
    decide(small)
    said = small.run("explain", "p-ole").out
    for word in ("joined through the console by themselves", "decided through the console by p-anna", "by p-admin"):
        assert word in said
    assert "made in the console" in small.run("explain", "pg-neu").out


def test_it_is_written_into_a_file_to_look_at(small: Installation) -> None:
    decide(small)
    file = small.folder / "looked-at.yaml"
    ran = small.run("enrolments", "export", file)
    assert (ran.code, "1 person, 1 body" in ran.out) == (0, True)
    assert file.stat().st_mode & 0o077 == 0o040
    assert "ole@bretten.example" in file.read_text()
    assert kept(small) == 4
    assert small.run("enrolments", "export", file).code == 1, "what is there is not written over"
    for wrong in (("export",), ("export", small.folder / "x.yaml", "--settle")):
        assert small.run("enrolments", *wrong).code == 64


def test_it_is_moved_into_the_registry_and_the_next_plan_is_the_same(small: Installation) -> None:
    small.apply()
    decide(small)
    before = small.plan()
    ran = small.run("enrolments", "export", "--settle")
    assert (ran.code, kept(small)) == (0, 0), ran.all
    assert small.plan()["digest"] == before["digest"]
    registry = load(small.folder / "redi" / "registry").registry
    assert registry.people["p-ole"].period.until == date(2029, 1, 31)
    small.apply()
    assert "ole.ort" in small.cloud.users
    assert TiesFile(small.database.with_suffix(".ties.jsonl")).replay().decided == {}
    assert small.run("enrolments", "export", "--settle").code == 0


def test_what_is_decided_while_it_is_moved_stays(small: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    decide(small)
    really = enrolments_module.settle

    def meanwhile(*arguments: object) -> object:
        done = really(*arguments)  # type: ignore[arg-type]
        with Database.open(small.database) as database:
            strike = EnrolledMembership("p-ole", "pg-neu", Period(until=DAY), by="p-anna")
            EnrolmentStore(database, "redi").place(strike, small.clock.now())
        return done

    monkeypatch.setattr(enrolments_module, "settle", meanwhile)
    ran = small.run("enrolments", "export", "--settle")
    assert (ran.code, "Some of it stays here" in ran.out, kept(small)) == (0, True, 3)
    person = small.run("enrolments", "--json", write=False).json
    assert [one["until"] for one in person["places"]] == [str(DAY)]


def test_enrolments_come_back_when_the_database_is_lost(small: Installation) -> None:
    decide(small)
    small.apply()
    assert "ole.ort" in small.cloud.users
    for path in small.database.parent.glob(f"{small.database.name}*"):
        path.unlink()
    assert small.run("apply", "--yes").code == 1, "nothing is taken away from whoever is in no file"
    assert small.cloud.users["ole.ort"].enabled
    assert small.run("state", "recover").code == 0
    assert kept(small) == 4
    assert small.run("plan").code == 0
