"""Successors are named in place: one line changes, in any layout."""

from datetime import date

import pytest

from provisioner.model.registry import Membership, Period, Role
from provisioner.registry import editing, load, succeeding
from tests.registry.conftest import Write
from tests.registry.test_editing import LAYOUTS, changed_lines

TODAY = date(2027, 3, 1)


def test_another_organisation_leads_a_body(write: Write) -> None:
    folder = write()
    before = (folder / "bodies.yaml").read_text()
    succeeding.lead_body(editing.Files(folder), "pg-sensorik", "rastatt")
    assert load(folder).registry.bodies["pg-sensorik"].lead == "rastatt"
    assert changed_lines(before, (folder / "bodies.yaml").read_text()) == (["    lead: bretten"], ["    lead: rastatt"])


def test_an_organisation_that_does_not_exist_leads_nothing(write: Write) -> None:
    folder = write()
    with pytest.raises(editing.EditRefused) as refused:
        succeeding.lead_body(editing.Files(folder), "pg-sensorik", "nowhere")
    assert refused.value.problems
    assert load(folder).registry.bodies["pg-sensorik"].lead == "bretten"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("who", ["p-anna", "p-bernd"])
def test_a_member_and_a_stranger_become_moderator_in_any_layout(write: Write, layout: str, who: str) -> None:
    folder = write(people=LAYOUTS[layout])
    succeeding.moderate_body(editing.Files(folder), "pg-sensorik", who, TODAY)
    loaded = load(folder)
    assert loaded.problems == ()
    assert loaded.registry.people[who].memberships == (Membership("pg-sensorik", Role.MODERATOR),)
    with pytest.raises(editing.EditRefused):
        succeeding.moderate_body(editing.Files(folder), "pg-sensorik", who, TODAY)


def test_who_was_in_it_until_last_year_comes_back_as_moderator_beside_what_was(write: Write) -> None:
    folder = write()
    editing.leave_person(editing.Files(folder), "p-anna", date(2026, 12, 31), body="pg-sensorik")
    succeeding.moderate_body(editing.Files(folder), "pg-sensorik", "p-anna", TODAY)
    assert load(folder).registry.people["p-anna"].memberships == (
        Membership("pg-sensorik", period=Period(None, date(2026, 12, 31))),
        Membership("pg-sensorik", Role.MODERATOR, Period(TODAY)),
    )
