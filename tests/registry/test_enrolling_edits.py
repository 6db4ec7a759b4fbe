"""Commands that edit files also reach people and bodies of whom no file knows: the files then have the last word."""

from datetime import date

import pytest

from provisioner.model.registry import Affiliation, Identity, Membership, Period, Role
from provisioner.registry import editing, load
from provisioner.registry.editfiles import LINKED_FILE
from tests.registry.conftest import Write
from tests.registry.enrolled import BODY, OLE, TODAY, decided, place
from tests.support.supplies import everybody, known

DAY = date(2027, 9, 1)
DECIDED = decided([OLE], [place("p-ole"), place("p-ole", "pg-neu", role=Role.MODERATOR)], bodies=[BODY])
AD = everybody("bretten-ad", known("k7", "Ole Ort", "ole@bretten.example"))


def test_a_last_day_is_written_into_an_entry_of_their_own(write: Write) -> None:
    folder = write()
    edit = editing.leave_person(editing.Files(folder, (), DECIDED), "p-ole", DAY)
    assert (edit.files, edit.warnings) == ((folder / LINKED_FILE,), ())
    assert (folder / LINKED_FILE).read_text() == "people:\n  - id: p-ole\n    leaves: 2027-09-01\n"
    ole = load(folder, enrolments=DECIDED).registry.people["p-ole"]
    assert (ole.display_name, ole.period, len(ole.memberships)) == ("Ole Ort", Period(TODAY, DAY), 2)


def test_so_is_an_absence_beside_it(write: Write) -> None:
    folder = write()
    editing.leave_person(editing.Files(folder, (), DECIDED), "p-ole", DAY)
    editing.absent_person(editing.Files(folder, (), DECIDED), "p-ole", TODAY, DAY)
    ole = load(folder, enrolments=DECIDED).registry.people["p-ole"]
    assert (ole.period.until, ole.absences) == (DAY, (Period(TODAY, DAY),))


def test_a_move_ends_what_was_told_and_begins_the_new(write: Write) -> None:
    folder = write()
    editing.move_person(editing.Files(folder, (), DECIDED), "p-ole", "rastatt", DAY, email="ole@rastatt.example")
    ole = load(folder, enrolments=DECIDED).registry.people["p-ole"]
    assert ole.affiliations == (
        Affiliation("bretten", period=Period(until=date(2027, 8, 31))),
        Affiliation("rastatt", period=Period(DAY)),
    )
    assert ole.email == "ole@rastatt.example"


@pytest.mark.parametrize(("body", "role"), [("pg-sensorik", Role.MEMBER), ("pg-neu", Role.MODERATOR)])
def test_the_last_day_in_a_body_counts_although_joining_stands_in_no_file(write: Write, body: str, role: Role) -> None:
    folder = write()
    editing.leave_person(editing.Files(folder, (), DECIDED), "p-ole", DAY, body=body)
    (stay,) = (one for one in load(folder, enrolments=DECIDED).registry.people["p-ole"].memberships if one.body == body)
    assert stay == Membership(body, role, Period(TODAY, DAY))


def test_nobody_leaves_a_body_that_they_are_not_in(write: Write) -> None:
    with pytest.raises(editing.EditRefused) as refused:
        editing.leave_person(editing.Files(write(), (), decided([OLE])), "p-ole", DAY, body="pg-sensorik")
    assert refused.value.text.code == "registry.no_member"


def test_confirming_a_link_makes_one_person_of_two(write: Write) -> None:
    folder = write()
    editing.link_person(editing.Files(folder, [AD], DECIDED), "p-ole", [Identity("bretten-ad", "k7")])
    loaded = load(folder, [AD], enrolments=DECIDED)
    assert (loaded.proposals, loaded.registry.blocked) == ((), frozenset())
    assert loaded.registry.people["p-ole"].identities == (Identity("bretten-ad", "k7"),)


@pytest.mark.parametrize("edit", ["rename", "archive"])
def test_a_body_made_by_form_is_written_whole_before_it_is_changed(write: Write, edit: str) -> None:
    folder = write()
    files = editing.Files(folder, (), DECIDED)
    if edit == "rename":
        editing.rename_body(files, "pg-neu", "Neuer")
    else:
        editing.archive_body(files, "pg-neu", DAY)
    loaded = load(folder, enrolments=DECIDED)
    body = loaded.registry.bodies["pg-neu"]
    assert (body.name, body.archived_on) == (("Neuer", None) if edit == "rename" else ("Neues", DAY))
    assert (body.lead, body.join, body.origin and body.origin.file) == ("bretten", "open", "bodies.yaml")
