"""From changes of team folders to steps: pure, no server is asked."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.nextcloud.folders.steps import levels
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.execution.order import in_order
from provisioner.model.changes import Adopt
from provisioner.model.inventory import UNKNOWN, Remote
from provisioner.model.resources import EdgeRole, FieldName, Kind, Mode, Value
from provisioner.model.steps import Step
from tests.support.nextcloud import TARGET, WHY, create_group, group
from tests.support.nextcloud_folders import (
    FolderBench,
    change_folder,
    create_folder,
    erase,
    folder,
    lay_out,
    let_in,
    note,
    regrade,
    take_out,
)

READER, WRITER, SHARER, MANAGER, OTHER = (
    EdgeRole.READER,
    EdgeRole.WRITER,
    EdgeRole.SHARER,
    EdgeRole.MANAGER,
    EdgeRole.OTHER,
)


def opened(working_group: str | None = "provisioners") -> FolderBench:
    """A connector that could reach no server."""
    password = SecretStr("unused-word-1")
    bench = FolderBench(
        NextcloudSettings(url="http://127.0.0.1:9", user="readi", password=password, working_group=working_group)
    )
    bench.ids |= {folder("alt"): "7", group("members"): "Mitglieder", group("moderators"): "Moderation"}
    return bench


@pytest.fixture
def bench() -> Iterator[FolderBench]:
    made = opened()
    yield made
    made.close()


def before(**fields: Value) -> Remote:
    seen: dict[FieldName, Value] = {"name": "Alt", "quota": -3, "advanced_permissions": False, **fields}  # type: ignore[typeddict-item]
    return Remote("7", "Alt", seen)


def operations(steps: list[Step]) -> list[str]:
    return [step.operation for step in steps]


def test_a_folder_is_made_before_all_that_needs_it_whatever_the_order_of_the_changes(bench: FolderBench) -> None:
    steps = in_order(
        bench.compile(
            let_in("neu", MANAGER, "neu"),
            create_folder("neu", "Neu", quota=5, advanced_permissions=True, layout="A\nA/B"),
            create_group("neu", "Neu"),
        )
    )
    assert operations(steps) == [
        "create-group",
        "create-folder",
        "open-folder-to-us",
        "set-folder-quota",
        "switch-folder-permissions",
        "let-group-into-folder",
        "lay-out-folder",
        "switch-folder-manager",
    ]
    assert all(step.remote_id is None for step in steps)
    assert steps[5].refers == (group("neu"),)


def test_steps_say_what_they_make_true_and_together_all_that_was_wanted(bench: FolderBench) -> None:
    wanted: dict[str, Value] = {"quota": 1024, "advanced_permissions": False, "layout": "A"}
    steps = bench.compile(create_folder("neu", "Neu", **wanted))
    made = [dict(step.effects.fields) for step in steps]
    assert made == [{"name": "Neu", "advanced_permissions": False}, {}, {"quota": 1024}, {"layout": "A"}]


def test_to_make_up_for_a_layout_is_the_very_step_that_creation_has(bench: FolderBench) -> None:
    created = bench.compile(create_folder("alt", "Alt", layout="A"))[-1]
    (made_up,) = bench.compile(lay_out("alt", "7", "A"))
    assert (created.operation, created.payload, created.effects) == (
        made_up.operation,
        made_up.payload,
        made_up.effects,
    )


def test_every_write_of_an_update_has_its_own_step_and_its_own_expectation(bench: FolderBench) -> None:
    steps = bench.compile(change_folder("alt", before(), name="Neu", quota=5, advanced_permissions=True))
    assert [(step.operation, step.expects, dict(step.effects.fields)) for step in steps] == [
        ("rename-folder", {"name": "Alt"}, {"name": "Neu"}),
        ("set-folder-quota", {"quota": -3}, {"quota": 5}),
        ("switch-folder-permissions", {"advanced_permissions": False}, {"advanced_permissions": True}),
    ]
    assert {step.remote_id for step in steps} == {"7"}


def test_what_could_not_be_read_is_expected_to_be_there_and_no_more(bench: FolderBench) -> None:
    (step,) = bench.compile(change_folder("alt", Remote("7", "Alt", {"quota": UNKNOWN}), quota=5))
    assert step.expects == {}


@pytest.mark.parametrize(
    ("now", "role", "writes"),
    [
        (READER, WRITER, [("set-folder-rights", WRITER)]),
        (MANAGER, READER, [("switch-folder-manager", SHARER), ("set-folder-rights", READER)]),
        (READER, MANAGER, [("set-folder-rights", SHARER), ("switch-folder-manager", MANAGER)]),
        (SHARER, MANAGER, [("switch-folder-manager", MANAGER)]),
        (MANAGER, SHARER, [("switch-folder-manager", SHARER)]),
        (OTHER, MANAGER, [("set-folder-rights", SHARER), ("switch-folder-manager", MANAGER)]),
        (OTHER, SHARER, [("set-folder-rights", SHARER)]),
    ],
)
def test_a_change_of_role_is_one_write_a_step_each_expecting_what_the_one_before_made(
    bench: FolderBench, now: EdgeRole, role: EdgeRole, writes: list[tuple[str, EdgeRole]]
) -> None:
    steps = bench.compile(regrade("alt", "7", now, role, "members"))
    assert [(step.operation, step.effects.joins[0].seats.role) for step in steps] == writes
    expected = [now, *(made for _, made in writes[:-1])]
    assert [step.expects_edge.seats.role for step in steps if step.expects_edge is not None] == expected
    assert [step.effects.leaves[0].seats.role for step in steps] == expected


def test_a_manager_who_leaves_stops_managing_first(bench: FolderBench) -> None:
    assert operations(list(bench.compile(take_out("alt", "7", MANAGER, "moderators")))) == [
        "switch-folder-manager",
        "take-folder-from-group",
    ]


def test_advanced_permissions_come_before_managers_and_go_after_them(bench: FolderBench) -> None:
    raised = bench.compile(
        regrade("alt", "7", SHARER, MANAGER, "moderators"), change_folder("alt", before(), advanced_permissions=True)
    )
    lowered = bench.compile(
        change_folder("alt", before(advanced_permissions=True), advanced_permissions=False),
        regrade("alt", "7", MANAGER, SHARER, "moderators"),
    )
    assert operations(list(raised)) == ["switch-folder-permissions", "switch-folder-manager"]
    assert operations(list(lowered)) == ["switch-folder-manager", "switch-folder-permissions"]


def test_the_same_write_for_two_groups_is_two_steps_that_the_journal_can_tell_apart(bench: FolderBench) -> None:
    steps = bench.compile(let_in("alt", READER, "members", "moderators"))
    assert len({tuple(sorted(step.payload.items())) for step in steps}) == 2


def test_an_adopted_folder_is_known_by_its_id(bench: FolderBench) -> None:
    adopt = Adopt(target=TARGET, id=folder("neu"), name="Neu", reason=WHY, remote=Remote("9", "Neu", {}))
    steps = bench.compile(adopt, let_in("neu", READER, "members"))
    assert [step.remote_id for step in steps] == ["9"]


def test_archiving_is_a_move_and_readers(bench: FolderBench) -> None:
    steps = bench.compile(
        change_folder("alt", before(), name="Archiv/Alt"), regrade("alt", "7", WRITER, READER, "members")
    )
    assert operations(list(steps)) == ["rename-folder", "set-folder-rights"]


def test_a_folder_is_only_erased_under_its_name(bench: FolderBench) -> None:
    (step,) = bench.compile(erase("alt", "7", "Alt"))
    assert (step.remote_id, step.expects, step.effects.erased) == ("7", {"name": "Alt"}, True)
    assert step.effects.fields == {"name": "Alt"}


def test_without_a_working_group_nothing_is_promised_inside_folders() -> None:
    bench = opened(None)
    fields = bench.connector.capabilities().fields[Kind.TEAM_FOLDER]
    assert fields == {"name": Mode.MANAGED, "quota": Mode.MANAGED, "advanced_permissions": Mode.MANAGED}
    steps = bench.compile(create_folder("neu", "Neu", layout="A"))
    assert operations(list(steps)) == ["create-folder"]
    bench.close()


def test_with_a_working_group_layout_and_note_are_offered(bench: FolderBench) -> None:
    fields = bench.connector.capabilities().fields[Kind.TEAM_FOLDER]
    assert (fields["layout"], fields["note"]) == (Mode.ONCE, Mode.WRITE_ONLY)


def test_a_note_knows_what_we_wrote_last(bench: FolderBench) -> None:
    (step,) = bench.compile(note("alt", "# Neu", before="# Alt"))
    assert step.payload == {"before": "# Alt", "text": "# Neu"}
    assert step.effects.fields == {"note": "# Neu"}


def test_every_level_of_a_layout_comes_after_the_one_above_it() -> None:
    assert levels("B/C/D\n\n B / E \nA\nB") == [("B",), ("B", "C"), ("B", "C", "D"), ("B", "E"), ("A",)]


@pytest.mark.parametrize(
    ("field", "value", "held"),
    [
        ("quota", "5 GB", 5 * 1024**3),
        ("quota", "none", -3),
        ("quota", None, -3),
        ("quota", -1, -3),
        ("quota", 1_500_000_000, 1_500_000_000),
        ("quota", "5 XB", "5 XB"),
        ("name", "U\u0308ber", "\u00dcber"),
        ("layout", " A / B \n\nA/B\nC/", "A/B\nC"),
        ("advanced_permissions", True, True),
    ],
)
def test_wishes_are_put_into_the_form_in_which_they_come_back(
    bench: FolderBench, field: FieldName, value: Value, held: Value
) -> None:
    assert bench.connector.capabilities().canonical(Kind.TEAM_FOLDER, field, value) == held


@pytest.mark.parametrize("name", ["Projekte/Sensorik & Meßtechnik", "a", "x:*?y", "m" * 250, "a/.verborgen"])
def test_ordinary_names_are_fine(bench: FolderBench, name: str) -> None:
    assert bench.connector.capabilities().objection(Kind.TEAM_FOLDER, name) is None


@pytest.mark.parametrize("name", ["m" * 251, "ü" * 126, "a/" * 1500 + "a", "a\nb", "a\u200bb"])
def test_names_that_would_break_later_are_refused_at_once(bench: FolderBench, name: str) -> None:
    assert bench.connector.capabilities().objection(Kind.TEAM_FOLDER, name) is not None


def test_people_open_a_folder_by_its_path(bench: FolderBench) -> None:
    address = bench.connector.capabilities().address(Kind.TEAM_FOLDER, "7", "Projekte/Ämter & Co+1")
    assert address == "http://127.0.0.1:9/index.php/apps/files/?dir=/Projekte/%C3%84mter%20%26%20Co%2B1"
