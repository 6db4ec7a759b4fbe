"""What containers of groups have in common, and the steps that most products compile alike."""

import pytest

from connectors.kit.batch import Batch
from connectors.kit.graded import openness, parent_id, parent_key, parent_needed, roster_of_groups
from connectors.kit.rooms import fresh
from connectors.kit.steps import field_steps, fields_of, member_of, member_steps, writing_step
from provisioner.model.changes import Change, Join, Update, Write
from provisioner.model.errors import Uncertain
from provisioner.model.inventory import UNKNOWN, Complete, Scope
from provisioner.model.resources import PUBLIC, EdgeRole, Kind, LateText, ResourceId
from provisioner.model.steps import Step, Verified
from provisioner.model.text import Text

SPACE = ResourceId(Kind.WIKI_SPACE, "body:lora")
PARENT = ResourceId(Kind.FORUM_CATEGORY, "bodies:project")
WHY = Text.of("policies.wiki_index")


def resolve(identity: ResourceId) -> str:
    return {SPACE: "pg_lora", PARENT: "7"}.get(identity) or f"id-{identity.key}"


def batch(*changes: Change) -> Batch:
    return Batch(changes, resolve)


def test_groups_sit_in_their_roles() -> None:
    found = roster_of_groups(
        Complete(Scope("wiki", Kind.WIKI_SPACE, "7")), [("1", EdgeRole.READER), ("2", EdgeRole.READER)]
    )
    assert found.of(EdgeRole.READER, Kind.GROUP) == {"1", "2"}
    assert found.of(EdgeRole.WRITER, Kind.GROUP) == frozenset()


def test_what_strangers_read_is_public_whoever_logs_in() -> None:
    assert [openness(strangers=True, logged_in=one) for one in (False, True)] == [PUBLIC, PUBLIC]
    assert [openness(strangers=False, logged_in=one) for one in (False, True)] == [False, True]


@pytest.mark.parametrize(("parent", "remote_id"), [("", None), ("bodies:project", "7"), ("#12", "12")])
def test_a_parent_goes_there_and_back(parent: str, remote_id: str | None) -> None:
    keys = {(Kind.FORUM_CATEGORY, "7"): "bodies:project"}
    assert parent_key(Kind.FORUM_CATEGORY, remote_id, keys) == parent
    assert parent_id(Kind.FORUM_CATEGORY, parent, resolve) == remote_id


def test_only_a_parent_of_ours_has_to_be_there_first() -> None:
    assert parent_needed(Kind.FORUM_CATEGORY, "bodies:project") == (PARENT,)
    assert [parent_needed(Kind.FORUM_CATEGORY, one) for one in ("", "#12", None)] == [(), (), ()]


def test_a_step_for_some_fields_is_held_against_what_was_seen_of_these() -> None:
    change = Update(
        target="wiki",
        id=SPACE,
        name="Lora",
        reason=WHY,
        remote_id="pg_lora",
        before={"name": "Alt", "open": PUBLIC, "description": UNKNOWN},
        after={"name": "Lora", "open": False, "description": " x "},
    )
    (opening,) = field_steps(batch(change), change, "open", {"open"})
    assert (fields_of(opening), opening.expects) == ({"open": False}, {"open": PUBLIC})
    (described,) = field_steps(batch(change), change, "describe", {"description"}, lambda _, value: str(value).strip())
    assert (fields_of(described), described.expects) == ({"description": "x"}, {})
    assert list(field_steps(batch(change), change, "write", {"text"})) == []


def test_a_late_text_is_held_against_what_stood_there() -> None:
    change = Write(
        target="wiki", id=SPACE, name="Lora", reason=WHY, field="text", text=LateText(()), before="alt", written=" neu "
    )
    step = writing_step(batch(change), change, "write", str.strip)
    assert (step.payload, step.expects, step.effects.fields) == ({"text": "neu"}, {"text": "alt"}, {"text": "neu"})


def test_whom_a_step_is_about_is_found_by_the_kind_of_the_edge() -> None:
    change = Join(
        target="wiki", id=SPACE, name="Lora", reason=WHY, members=("body:a",), role=EdgeRole.WRITER, member=Kind.GROUP
    )
    (step,) = member_steps(batch(change), change, "let-in")
    assert member_of(step, resolve) == "id-body:a"


def test_what_was_read_of_another_sort_is_no_ground_for_a_write() -> None:
    class Special(Verified):
        pass

    step = Step("wiki", "open", SPACE, "Lora", ())
    with pytest.raises(Uncertain):
        fresh(step, Verified(None), Special)
    assert isinstance(fresh(step, Special(None), Special), Special)
