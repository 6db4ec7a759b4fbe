"""Edits are proved with what sources supply, and write an entry for whom the files do not know yet."""

from collections.abc import Callable
from datetime import date

import pytest

from provisioner.model.registry import Affiliation, Identity, Membership, Period, Role
from provisioner.registry import editing, load, succeeding
from provisioner.registry.merging import person_id_of
from tests.registry.conftest import PEOPLE, Write
from tests.support.supplies import everybody, known

DAY = date(2027, 3, 1)
AD = everybody(
    "bretten-ad",
    known("k1", "Änne Müßig", "aenne.muessig@bretten.example"),
    known("007", "Ole Ort", "ole@bretten.example"),
)
OLE = person_id_of("bretten-ad", "007")
OF_OLE = f"people:\n  - id: {OLE}\n    identities: [{{source: bretten-ad, key: '007'}}]\n"


def test_a_link_is_written_into_the_persons_own_entry_and_no_other_line_changes(write: Write) -> None:
    people = "# who is where\n" + PEOPLE.replace("    bodies", "    # she knows it all\n    bodies") + "# the end\n"
    folder = write(people=people)
    (proposal,) = load(folder, [AD]).proposals
    edit = editing.link_person(editing.Files(folder, [AD]), proposal.person, proposal.identities)
    assert (edit.id, edit.files, edit.warnings) == ("p-anna", (folder / "people.yaml",), ())
    line = "    identities:\n      - {source: bretten-ad, key: k1}\n"
    assert (folder / "people.yaml").read_text() == people.replace("# the end\n", line + "# the end\n")
    assert load(folder, [AD]).proposals == ()
    with pytest.raises(editing.EditRefused) as refused:
        editing.link_person(editing.Files(folder, [AD]), proposal.person, proposal.identities)
    assert refused.value.text.code == "registry.linked_already"


def test_a_second_identity_stands_beside_the_first(write: Write) -> None:
    folder = write(people=PEOPLE + "    identities: [{source: keycloak, key: '12'}]  # login\n")
    editing.link_person(editing.Files(folder, [AD]), "p-anna", [Identity("bretten-ad", "k1")])
    found = load(folder, [AD]).registry.people["p-anna"].identities
    assert found == (Identity("bretten-ad", "k1"), Identity("keycloak", "12"))
    assert "# login" in (folder / "people.yaml").read_text()


def test_somebody_whom_only_a_source_knows_gets_an_entry_of_id_and_identities_alone(write: Write) -> None:
    folder = write()
    identities = (Identity("bretten-ad", "007"), Identity("rastatt-ad", "r1"))
    editing.link_person(editing.Files(folder, [AD]), OLE, identities)
    assert (folder / "people/linked.yaml").read_text() == OF_OLE.replace("]\n", ", {source: rastatt-ad, key: r1}]\n")
    assert load(folder, [AD]).registry.people[OLE].identities == identities


Attempt = Callable[[editing.Files], object]


@pytest.mark.parametrize(
    ("attempt", "line"),
    [
        (lambda files: succeeding.moderate_body(files, "pg-sensorik", OLE, DAY), "bodies:"),
        (lambda files: editing.leave_person(files, OLE, DAY), "    leaves: 2027-03-01"),
        (lambda files: editing.absent_person(files, OLE, DAY), "absences:"),
    ],
)
def test_what_is_said_of_somebody_of_a_source_is_written_beside_their_identity(
    write: Write, attempt: Attempt, line: str
) -> None:
    folder = write()
    before = load(folder, [AD]).registry.people[OLE]
    attempt(editing.Files(folder, [AD]))
    text = (folder / "people/linked.yaml").read_text()
    assert text.startswith(OF_OLE)
    assert line in text
    after = load(folder, [AD])
    assert not after.errors
    assert (after.registry.people[OLE].email, after.registry.people[OLE].affiliations) == (
        before.email,
        before.affiliations,
    )


def test_who_moves_away_leaves_the_organisation_that_only_the_source_tells(write: Write) -> None:
    folder = write(**{"people/linked": OF_OLE + "    roles: [coordinator]\n"})
    editing.move_person(editing.Files(folder, [AD]), OLE, "rastatt", DAY)
    assert load(folder, [AD]).registry.people[OLE].affiliations == (
        Affiliation("bretten", frozenset({Role.COORDINATOR}), Period(None, date(2027, 2, 28))),
        Affiliation("rastatt", period=Period(DAY)),
    )


def test_an_edit_knows_people_whom_only_a_source_has(write: Write) -> None:
    guest = f"guest: {{sponsor: {OLE}, until: 2027-12-31}}"
    folder = write(
        people=PEOPLE + f"  - {{id: p-g, given_name: G, family_name: H, email: g@x.example, {guest}, bodies: []}}\n"
    )
    succeeding.moderate_body(editing.Files(folder, [AD]), "pg-sensorik", "p-g", DAY)
    assert load(folder, [AD]).registry.people["p-g"].memberships == (Membership("pg-sensorik", Role.MODERATOR),)


def test_nobody_is_written_whom_neither_files_nor_sources_know(write: Write) -> None:
    folder = write()
    with pytest.raises(editing.EditRefused) as refused:
        editing.leave_person(editing.Files(folder, [AD]), "p-nobody", DAY)
    assert refused.value.text.code == "registry.no_such_entry"
    assert not (folder / "people").exists()


def test_a_link_that_would_take_somebody_elses_entry_is_refused(write: Write) -> None:
    other = PEOPLE + "  - {id: p-o, given_name: O, family_name: P, email: o@bretten.example, organisation: bretten}\n"
    folder = write(people=other + "# end\n")
    editing.link_person(editing.Files(folder, [AD]), "p-anna", [Identity("bretten-ad", "k1")])
    with pytest.raises(editing.EditRefused) as refused:
        editing.link_person(editing.Files(folder, [AD]), "p-o", [Identity("bretten-ad", "k1")])
    assert "registry.same_identity" in [problem.what.code for problem in refused.value.problems]
