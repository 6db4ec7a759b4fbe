"""Edits in place: what is meant changes, every other line stays, and nothing wrong is ever written."""

import difflib
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.model.registry import BodyKind, Membership, Period, Role
from provisioner.registry import editing, load, writing
from tests.registry.conftest import BODIES, ORGANISATIONS, PEOPLE, Write

DAY = date(2026, 12, 1)
LAYOUTS = {
    "as we write it": """\
# Wer wo ist
people:
  # the first
  - id: p-anna   # opaque
    given_name: "Änne"
    family_name: 'Müßig'   # with two dots
    email: aenne.muessig@bretten.example
    organisation: bretten
    roles: [ coordinator,   ranger ]
    bodies: [pg-sensorik]

  # the second
  - id: p-bernd
    given_name: Bernd
    family_name: Beispiel
    email: bernd.beispiel@rastatt.example
    organisation: rastatt
# the end
""",
    "dashes at the margin": """\
people:
- id: p-anna
  given_name: Änne
  family_name: Müßig
  email: aenne.muessig@bretten.example
  bodies:
  - pg-sensorik   # from the start
  affiliations:
  -   organisation: bretten
      roles:
      - coordinator
  roles:
  - ranger
- id: p-bernd
  given_name: Bernd
  family_name: Beispiel
  email: bernd.beispiel@rastatt.example
  organisation: rastatt
""",
    "in braces": """\
people:
    -   {id: p-anna,  given_name: Änne, family_name: Müßig, email: aenne.muessig@bretten.example,
         organisation: bretten,  bodies: [pg-sensorik], roles: [coordinator, ranger]}
    -   {id: p-bernd,  given_name: Bernd, family_name: Beispiel,
         email: bernd.beispiel@rastatt.example, organisation: rastatt}
""",
    "one list in brackets": """\
# short
people: [
  {id: p-anna, given_name: Änne, family_name: Müßig,
   email: aenne.muessig@bretten.example, organisation: bretten,
   bodies: [pg-sensorik], roles: [coordinator, ranger]},
  {id: p-bernd, given_name: Bernd, family_name: Beispiel, email: bernd.beispiel@rastatt.example,
   organisation: rastatt}
]
""",
    "wide, commented, with other sections": """\
people:

    -   given_name: Änne
        # a comment in between
  # one that slipped to the left
        family_name: >-
            Müßig
        id: p-anna
        email: aenne.muessig@bretten.example
        organisation:   bretten
        bodies:
            - id: pg-sensorik
        roles:
            - coordinator
            - ranger
        # the last words about her

    -   given_name: Bernd
        family_name: Beispiel
        id: p-bernd
        email: bernd.beispiel@rastatt.example
        organisation: rastatt

# something else
organisations: []
""",
}


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines that went, lines that came."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return [line[2:] for line in lines if line[:2] == "- "], [line[2:] for line in lines if line[:2] == "+ "]


def shared(one: list[str], other: list[str]) -> int:
    """So many lines are the same at the beginning."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def test_a_new_person_stands_behind_the_others_of_the_organisation_and_nothing_else_changes(write: Write) -> None:
    folder = write(people=None, **{"people/all": LAYOUTS["as we write it"]})
    edit = editing.add_person(
        editing.Files(folder),
        given_name="Zoë",
        family_name="O'Neill: die Jüngere",
        email="zoe@rastatt.example",
        organisation="rastatt",
        joined=DAY,
        roles=[Role.STUDENT],
        bodies=["pg-sensorik"],
    )
    assert re.fullmatch(r"p-[2-9a-z]{8}", edit.id)
    assert edit.files == (folder / "people/all.yaml",)
    gone, came = changed_lines(LAYOUTS["as we write it"], edit.files[0].read_text())
    assert gone == []
    assert came == [
        "",
        f"  - id: {edit.id}",
        "    given_name: Zoë",
        '    family_name: "O\'Neill: die Jüngere"',
        "    email: zoe@rastatt.example",
        "    organisation: rastatt",
        "    roles: [student]",
        "    bodies: [pg-sensorik]",
        "    joined: 2026-12-01",
    ]
    loaded = load(folder)
    assert loaded.problems == ()
    assert loaded.registry.people[edit.id].family_name == "O'Neill: die Jüngere"
    assert loaded.registry.people[edit.id].period == Period(DAY)


@pytest.mark.parametrize("name", ["NO", "012", "null", "~", "- x", "# x", "a: b", "1e3", "&x", "'", '"', "مريم"])
def test_a_name_that_yaml_would_misread_is_quoted(write: Write, name: str) -> None:
    folder = write()
    edit = editing.add_person(
        editing.Files(folder), given_name=name, family_name=name, email="n@bretten.example", organisation="bretten"
    )
    assert load(folder).registry.people[edit.id].given_name == name


def test_the_first_person_of_an_organisation_gets_a_file_with_the_editors_line_of_its_neighbours(write: Write) -> None:
    line = "# yaml-language-server: $schema=../.schema.json\n"
    folder = write(people=None, **{"people/bretten": line + PEOPLE})
    edit = editing.add_person(
        editing.Files(folder), given_name="B", family_name="B", email="b@rastatt.example", organisation="rastatt"
    )
    assert edit.files == (folder / "people/rastatt.yaml",)
    assert edit.files[0].read_text().startswith(line + "people:\n  - id: p-")
    assert edit.files[0].stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_person_moves_in_any_layout_and_only_that_persons_lines_change(write: Write, layout: str) -> None:
    before = LAYOUTS[layout]
    folder = write(people=before)
    editing.move_person(editing.Files(folder), "p-anna", "rastatt", DAY, email="aenne.muessig@rastatt.example")
    loaded = load(folder)
    assert loaded.problems == ()
    person = loaded.registry.people["p-anna"]
    assert [(one.organisation, one.roles, one.period) for one in person.affiliations] == [
        ("bretten", {Role.COORDINATOR}, Period(None, date(2026, 11, 30))),
        ("rastatt", frozenset(), Period(DAY)),
    ]
    assert person.roles == {Role.RANGER}
    assert person.memberships == (Membership("pg-sensorik"),)
    gone, _ = changed_lines(before, (folder / "people.yaml").read_text())
    assert not any("Bernd" in line or "p-bernd" in line for line in gone if layout != "one list in brackets")
    assert not any("#" in line for line in gone)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("who", ["p-anna", "p-bernd"])
def test_a_leave_date_is_one_line_in_any_layout(write: Write, layout: str, who: str) -> None:
    before = LAYOUTS[layout]
    folder = write(people=before)
    editing.leave_person(editing.Files(folder), who, DAY)
    assert load(folder).registry.people[who].period == Period(None, DAY)
    gone, came = changed_lines(before, (folder / "people.yaml").read_text())
    assert len(came) == 1
    assert "leaves: 2026-12-01" in came[0]
    other = {"p-anna": "p-bernd", "p-bernd": "p-anna"}[who]
    assert not any(other in line for line in gone)
    assert gone == [] or "{" in came[0]


def test_a_second_leave_date_takes_the_place_of_the_first(write: Write) -> None:
    folder = write()
    editing.leave_person(editing.Files(folder), "p-anna", DAY)
    editing.leave_person(editing.Files(folder), "p-anna", date(2027, 1, 1))
    assert (folder / "people.yaml").read_text() == PEOPLE + "    leaves: 2027-01-01\n"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_leaving_a_body_ends_that_membership(write: Write, layout: str) -> None:
    folder = write(people=LAYOUTS[layout])
    editing.leave_person(editing.Files(folder), "p-anna", DAY, body="pg-sensorik")
    assert load(folder).registry.people["p-anna"].memberships == (
        Membership("pg-sensorik", Role.MEMBER, Period(None, DAY)),
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_absences_add_up(write: Write, layout: str) -> None:
    folder = write(people=LAYOUTS[layout])
    editing.absent_person(editing.Files(folder), "p-bernd", DAY, date(2026, 12, 31))
    editing.absent_person(editing.Files(folder), "p-bernd", date(2027, 3, 1))
    assert load(folder).registry.people["p-bernd"].absences == (
        Period(DAY, date(2026, 12, 31)),
        Period(date(2027, 3, 1)),
    )


def test_somebody_who_moves_back_has_three_affiliations(write: Write) -> None:
    folder = write()
    editing.move_person(editing.Files(folder), "p-anna", "rastatt", date(2026, 1, 1))
    editing.move_person(editing.Files(folder), "p-anna", "bretten", date(2027, 1, 1))
    affiliations = load(folder).registry.people["p-anna"].affiliations
    assert [one.organisation for one in affiliations] == ["bretten", "rastatt", "bretten"]
    assert [one.period.holds(date(2026, 12, 31)) for one in affiliations] == [False, True, False]


def test_a_body_is_created_renamed_and_archived(write: Write) -> None:
    folder = write()
    edit = editing.create_body(
        editing.Files(folder), body_id="pg-akte", name="E-Akte", lead="rastatt", purpose="Weniger Papier."
    )
    assert edit.files == (folder / "bodies.yaml",)
    editing.rename_body(editing.Files(folder), "pg-akte", "E-Akte & Archiv")
    editing.archive_body(editing.Files(folder), "pg-akte", DAY)
    body = load(folder).registry.bodies["pg-akte"]
    assert (body.name, body.kind, body.archived_on) == ("E-Akte & Archiv", BodyKind.PROJECT, DAY)
    assert (folder / "bodies.yaml").read_text().startswith(BODIES)


def test_where_each_body_has_a_file_a_new_one_gets_its_own(write: Write) -> None:
    folder = write(
        bodies=None, **{"bodies/pg-sensorik": BODIES, "bodies/b": "bodies: [{id: b, name: B, kind: circle}]\n"}
    )
    edit = editing.create_body(editing.Files(folder), body_id="pg-akte", name="E-Akte")
    assert edit.files == (folder / "bodies/pg-akte.yaml",)


def test_the_second_body_does_not_go_into_the_file_of_the_first(write: Write) -> None:
    folder = write(bodies=None, **{"bodies/b": "bodies: [{id: b, name: B, kind: circle}]\n"})
    edit = editing.create_body(editing.Files(folder), body_id="pg-akte", name="E-Akte")
    assert edit.files == (folder / "bodies/pg-akte.yaml",)


def test_an_organisation_joins_and_leaves(write: Write) -> None:
    folder = write()
    editing.add_organisation(
        editing.Files(folder),
        organisation_id="buehl",
        name="Stadt Bühl",
        domains=["buehl.example"],
        joined=date(2026, 1, 1),
    )
    editing.leave_organisation(editing.Files(folder), "buehl", DAY)
    organisation = load(folder).registry.organisations["buehl"]
    assert (organisation.domains, organisation.period) == (("buehl.example",), Period(date(2026, 1, 1), DAY))
    assert (folder / "organisations.yaml").read_text().startswith(ORGANISATIONS)


@pytest.mark.parametrize("text", ["people:\n", "people: []\n", "# nobody yet\n", "x", ""])
def test_the_first_entry_of_a_section(write: Write, text: str) -> None:
    folder = write(
        bodies=text.replace("people", "bodies").replace("x", "# no line end"),
        people=PEOPLE.replace("[pg-sensorik]", "[]"),
    )
    edit = editing.create_body(editing.Files(folder), body_id="pg", name="PG")
    assert edit.files[0].name == "bodies.yaml"
    assert set(load(folder).registry.bodies) == {"pg"}
    assert load(folder).problems == ()


Attempt = Callable[[editing.Files], object]


@pytest.mark.parametrize(
    ("attempt", "code"),
    [
        (lambda f: editing.leave_person(f, "p-nobody", DAY), "no_such_entry"),
        (lambda f: editing.leave_person(f, "p-anna", DAY, body="pg-x"), "no_member"),
        (lambda f: editing.move_person(f, "p-anna", "bretten", DAY), "already_there"),
        (lambda f: editing.move_person(f, "p-anna", "nowhere", DAY), "would_be_wrong"),
        (lambda f: editing.absent_person(f, "p-anna", DAY, date(2026, 1, 1)), "would_be_wrong"),
        (lambda f: editing.rename_body(f, "pg-sensorik", "a\u200bb"), "would_be_wrong"),
        (lambda f: editing.create_body(f, body_id="PG", name="PG"), "would_be_wrong"),
        (lambda f: editing.create_body(f, body_id="../x", name="PG"), "would_be_wrong"),
        (lambda f: editing.create_body(f, body_id="pg-sensorik", name="PG"), "would_be_wrong"),
        (lambda f: editing.add_organisation(f, organisation_id="x", name="X", part_of="y"), "would_be_wrong"),
        (
            lambda f: editing.add_person(
                f, given_name="A", family_name="A", email="AENNE.muessig@bretten.example", organisation="bretten"
            ),
            "would_be_wrong",
        ),
        (
            lambda f: editing.add_person(
                f, given_name="A", family_name="A", email="a@x.example", organisation="../../x"
            ),
            "would_be_wrong",
        ),
    ],
)
def test_an_edit_that_would_be_wrong_is_refused_and_nothing_is_written(
    write: Write, attempt: Attempt, code: str
) -> None:
    folder = write()
    before = {path: path.read_bytes() for path in folder.parent.rglob("*.yaml")}
    with pytest.raises(editing.EditRefused) as refused:
        attempt(editing.Files(folder))
    assert refused.value.text.code == f"registry.{code}"
    assert bool(refused.value.problems) == (code == "would_be_wrong")
    assert {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()} == before


def test_errors_that_were_there_before_do_not_stand_in_the_way(write: Write) -> None:
    folder = write(bodies=BODIES + "  - id: broken\n")
    editing.leave_person(editing.Files(folder), "p-anna", DAY)
    editing.rename_body(editing.Files(folder), "pg-sensorik", "Sensoren")
    assert load(folder).registry.bodies["pg-sensorik"].name == "Sensoren"


def test_a_new_warning_is_told(write: Write) -> None:
    folder = write()
    edit = editing.add_person(
        editing.Files(folder), given_name="A", family_name="A", email="a@freemail.example", organisation="bretten"
    )
    assert [problem.what.code for problem in edit.warnings] == ["registry.other_domain"]


def test_a_file_that_cannot_be_parsed_is_not_touched(write: Write) -> None:
    folder = write(
        people=None,
        **{
            "people/bretten": "people: [\n",
            "people/rastatt": PEOPLE.replace("organisation: bretten", "organisation: rastatt"),
        },
    )
    with pytest.raises(editing.EditRefused) as refused:
        editing.add_person(
            editing.Files(folder), given_name="A", family_name="A", email="a@bretten.example", organisation="bretten"
        )
    assert refused.value.text.code == "registry.file_is_broken"


def test_mode_links_and_windows_line_ends_are_kept(write: Write, tmp_path: Path) -> None:
    folder = write()
    real = tmp_path / "people-elsewhere.yaml"
    real.write_bytes(PEOPLE.replace("\n", "\r\n").encode())
    real.chmod(0o604)
    (folder / "people.yaml").unlink()
    (folder / "people.yaml").symlink_to(real)
    editing.leave_person(editing.Files(folder), "p-anna", DAY)
    assert (folder / "people.yaml").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o604
    assert real.read_bytes() == (PEOPLE + "    leaves: 2026-12-01\n").replace("\n", "\r\n").encode()


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("theirs")
    with pytest.raises(writing.WriteFailed) as failed:
        writing.replace_file(path, b"as it was", b"ours")
    assert failed.value.text.code == "registry.changed_meanwhile"
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("x.yaml", "theirs")]


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "x.yaml"
    path.write_text("before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(writing.WriteFailed) as failed:
        writing.replace_file(path, b"before", b"after")
    assert failed.value.text.code == "registry.cannot_write"
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("x.yaml", "before")]


def test_what_ruamel_cannot_read_is_left_to_hands(write: Write) -> None:
    folder = write(people=PEOPLE.replace("Müßig", "Müßig\t# a tab"))
    with pytest.raises(editing.EditRefused) as refused:
        editing.leave_person(editing.Files(folder), "p-anna", DAY)
    assert refused.value.text.code == "registry.edit_by_hand"


COMMENT = st.sampled_from(["", "  # why", "   #: {x"])
GAP = st.sampled_from(["", "\n", "# between\n", "  # deeper\n\n", "\n\n"])
VALUE = st.sampled_from(["plain", "'single'", '"dou\\"ble"', "O'Neill", "'a: b'", "Müßig   ", "NO", "'012'", "x#y"])


@st.composite
def layouts(draw: st.DrawFn) -> str:
    """A file of people in a layout that somebody might have typed."""
    dash = draw(st.sampled_from(["- ", "  - ", "  -   ", "    - "]))
    indent = " " * len(dash)
    text = draw(GAP) + "people:" + draw(COMMENT) + "\n"
    for number in range(draw(st.integers(1, 4))):
        fields = [
            f"id: p-{number}",
            f"given_name: {draw(VALUE)}",
            f"family_name: {draw(VALUE)}",
            f"email: p{number}@x.example",
            draw(
                st.sampled_from(
                    [
                        "organisation: bretten",
                        "affiliations:\n" + indent + "- {organisation:  bretten}",
                        "affiliations:\n"
                        + indent
                        + "    -  organisation: bretten\n"
                        + indent
                        + "       roles: [student]",
                        "affiliations: [ {organisation: bretten,roles: [ student ]} ]",
                    ]
                )
            ),
            *draw(
                st.lists(
                    st.sampled_from(
                        [
                            "bodies: [ pg-sensorik ]",
                            "language: de",
                            "bodies:\n" + indent + "- pg-sensorik",
                            "joined: 2020-01-01",
                        ]
                    ),
                    unique_by=lambda field: field[:4],
                )
            ),
        ]
        fields = draw(st.permutations(fields))
        lines = [field + draw(COMMENT) for field in fields]
        text += draw(GAP) + dash + ("\n" + indent).join(lines) + "\n"
    return text + draw(GAP)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=layouts(), choice=st.integers(0, 3), what=st.sampled_from(["leave", "move", "absent", "add"]))
def test_an_edit_keeps_every_line_of_everybody_else(write: Write, text: str, choice: int, what: str) -> None:
    folder = write(people=text, organisations=ORGANISATIONS.replace("bretten.example", "x.example"))
    before = load(folder)
    assert not before.errors
    person = f"p-{choice % len(before.registry.people)}"
    edits: dict[str, Callable[[], editing.Edit]] = {
        "leave": lambda: editing.leave_person(editing.Files(folder), person, DAY),
        "move": lambda: editing.move_person(editing.Files(folder), person, "rastatt", DAY),
        "absent": lambda: editing.absent_person(editing.Files(folder), person, DAY),
        "add": lambda: editing.add_person(
            editing.Files(folder), given_name="N", family_name="N", email="n@x.example", organisation="bretten"
        ),
    }
    edit = edits[what]()
    after = (folder / "people.yaml").read_text()
    before_lines, after_lines = text.splitlines(), after.splitlines()
    places = sorted(one.origin.line - 1 for one in before.registry.people.values() if one.origin)
    if what == "add":
        first, last = places[-1] + 1, len(before_lines)
    else:
        first = before.registry.people[person].origin.line - 1  # type: ignore[union-attr]
        last = min((line for line in places if line > first), default=len(before_lines))
    same_above = shared(before_lines, after_lines)
    same_below = shared(before_lines[::-1], after_lines[::-1])
    assert same_above >= first
    assert same_below >= len(before_lines) - last
    if what in ("add", "leave"):
        assert changed_lines(text, after)[0] == []
    others = load(folder).registry.people
    for key, one in before.registry.people.items():
        if key != edit.id:
            assert others[key].affiliations == one.affiliations
            assert (others[key].display_name, others[key].period) == (one.display_name, one.period)
    assert others[edit.id] != before.registry.people.get(edit.id)
