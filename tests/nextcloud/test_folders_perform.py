"""Every write about team folders, and every way in which it may fail."""

from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from connectors.nextcloud.emulator import PROVISIONERS, NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.emulation import Faults, VirtualClock
from provisioner.model.changes import Change
from provisioner.model.errors import (
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    TargetError,
    Transient,
    Uncertain,
    WriteRefused,
)
from provisioner.model.inventory import Absent, Present
from provisioner.model.resources import EdgeRole
from provisioner.model.steps import Done, Step, Verified
from provisioner.transport.answer import NeverSent
from tests.support.nextcloud import SERVICE, TOKEN, group
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

NAME = "Projekte/Alt"


@pytest.fixture
def bench(cloud: NextcloudEmulator, clock: VirtualClock) -> Iterator[FolderBench]:
    """A folder with members who write and moderators who manage; guests are let in by nobody yet."""
    password = SecretStr(SERVICE[1])
    settings = NextcloudSettings(url=cloud.url, user=SERVICE[0], password=password, working_group=PROVISIONERS)
    opened = FolderBench(settings, clock)
    for key in ("members", "moderators", "guests"):
        cloud.add_group(key)
        opened.ids[group(key)] = key
    made = cloud.add_folder(NAME, ["members", "moderators", PROVISIONERS], acl=True)
    made.groups["members"] = 15
    made.managers.add(("group", "moderators"))
    opened.ids[folder("alt")] = "1"
    cloud.log.clear()
    yield opened
    opened.close()


def changes(bench: FolderBench) -> dict[str, Change]:
    """One change for every operation that the room has."""
    before = bench.raw("alt").remote
    return {
        "create-folder": create_folder("neu", "Projekte/Neu"),
        "open-folder-to-us": create_folder("neu", "Projekte/Neu"),
        "rename-folder": change_folder("alt", before, name="Archiv/Alt"),
        "set-folder-quota": change_folder("alt", before, quota=1024),
        "switch-folder-permissions": change_folder("alt", before, advanced_permissions=False),
        "let-group-into-folder": let_in("alt", EdgeRole.READER, "guests"),
        "set-folder-rights": regrade("alt", "1", EdgeRole.WRITER, EdgeRole.READER, "members"),
        "switch-folder-manager": regrade("alt", "1", EdgeRole.MANAGER, EdgeRole.SHARER, "moderators"),
        "take-folder-from-group": take_out("alt", "1", EdgeRole.WRITER, "members"),
        "lay-out-folder": lay_out("alt", "1", "A/B\nC"),
        "write-folder-note": note("alt", "# Hallo"),
        "erase-folder": erase("alt", "1", NAME),
    }


OPERATIONS = [
    "create-folder",
    "open-folder-to-us",
    "rename-folder",
    "set-folder-quota",
    "switch-folder-permissions",
    "let-group-into-folder",
    "set-folder-rights",
    "switch-folder-manager",
    "take-folder-from-group",
    "lay-out-folder",
    "write-folder-note",
    "erase-folder",
]
WRITES = {"let-group-into-folder": 2, "lay-out-folder": 3}
"""Requests that write, where it is not one."""


def one_step(cloud: NextcloudEmulator, bench: FolderBench, operation: str) -> tuple[Step, Verified | None]:
    steps = bench.compile(changes(bench)[operation])
    step = next(step for step in steps if step.operation == operation)
    if operation == "open-folder-to-us":
        cloud.add_folder("Projekte/Neu")
        bench.ids[folder("neu")] = "2"
    verified = None
    if step.expects is not None or step.expects_edge is not None:
        found = bench.connector.verify(step, bench.ids.__getitem__)
        assert isinstance(found, Verified)
        verified = found
    return step, verified


def perform(bench: FolderBench, step: Step, verified: Verified | None) -> Done:
    with bench.gate.opened(TOKEN):
        return bench.connector.perform(step, verified, bench.ids.__getitem__)


def state_of(cloud: NextcloudEmulator) -> object:
    return {
        one.id: (one.mount_point, one.shown_quota, one.acl, dict(one.groups), set(one.managers), one.tree.paths())
        for one in cloud.folders.all.values()
    }


def test_every_operation_is_tried(bench: FolderBench) -> None:
    from connectors.nextcloud.folders.room import ALL_OPERATIONS

    assert set(OPERATIONS) == ALL_OPERATIONS == set(changes(bench))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_step_costs_what_it_said_and_writes_what_it_has_to(
    cloud: NextcloudEmulator, bench: FolderBench, operation: str
) -> None:
    step, _ = one_step(cloud, bench, operation)
    bench.connector._forget()
    cloud.log.clear()
    bench.perform(step)
    assert len(cloud.log.writes) == WRITES.get(operation, 1)
    asked_for_our_id = operation in ("lay-out-folder", "write-folder-note")  # once a session
    assert len(cloud.log.requests) == step.cost.requests + asked_for_our_id


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_step_writes_through_a_closed_gate(cloud: NextcloudEmulator, bench: FolderBench, operation: str) -> None:
    step, verified = one_step(cloud, bench, operation)
    before = state_of(cloud)
    with pytest.raises(WriteRefused):
        bench.connector.perform(step, verified, bench.ids.__getitem__)
    assert cloud.log.writes == []
    assert state_of(cloud) == before


@pytest.mark.parametrize(
    "operation", sorted(set(OPERATIONS) - {"create-folder", "open-folder-to-us", "let-group-into-folder"})
)
def test_what_expects_something_is_not_done_unseen(
    cloud: NextcloudEmulator, bench: FolderBench, operation: str
) -> None:
    step, _ = one_step(cloud, bench, operation)
    with bench.gate.opened(TOKEN), pytest.raises(Uncertain):
        bench.connector.perform(step, None, bench.ids.__getitem__)
    assert cloud.log.writes == []


FAULTS: dict[str, Callable[[Faults], object]] = {
    "reset before": lambda faults: faults.reset_before(writes=True),
    "reset after": lambda faults: faults.reset_after(writes=True),
    "truncated": lambda faults: faults.truncate(writes=True),
    "login page": lambda faults: faults.login_page(writes=True),
    "maintenance page": lambda faults: faults.maintenance_page(writes=True),
    "bare 404": lambda faults: faults.status(404, writes=True),
    "500": lambda faults: faults.status(500, writes=True),
    "502 after": lambda faults: faults.status(502, writes=True, when="after"),
    "503": lambda faults: faults.status(503, retry_after=3, writes=True),
    "504 after": lambda faults: faults.status(504, writes=True, when="after"),
    "lock": lambda faults: faults.mishap("database-lock", writes=True),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_creation_that_fails_may_have_happened(cloud: NextcloudEmulator, bench: FolderBench, fault: str) -> None:
    step, verified = one_step(cloud, bench, "create-folder")
    FAULTS[fault](cloud.faults)
    with pytest.raises(OutcomeUnknown):
        perform(bench, step, verified)
    found = bench.connector.look_up(step.id, step.name)
    made = cloud.folders.by_mount_point("Projekte/Neu")
    assert isinstance(found, Absent if made is None else Present)


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - {"create-folder"}))
@pytest.mark.parametrize("fault", FAULTS)
def test_any_other_write_that_fails_can_be_done_again(
    cloud: NextcloudEmulator, bench: FolderBench, operation: str, fault: str
) -> None:
    step, verified = one_step(cloud, bench, operation)
    before = state_of(cloud)
    assert step.repeatable
    FAULTS[fault](cloud.faults)
    try:
        perform(bench, step, verified)
    except (Transient, OutcomeUnknown):
        perform(bench, step, verified)
    else:  # WebDAV's answers to writes are empty: nothing is missing when they are cut short
        assert fault == "truncated"
        assert operation in ("lay-out-folder", "write-folder-note")
    after = state_of(cloud)
    assert after != before
    assert perform(bench, step, verified).note is None
    assert state_of(cloud) == after


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_was_never_sent_is_safe_to_repeat(cloud: NextcloudEmulator, bench: FolderBench, operation: str) -> None:
    step, verified = one_step(cloud, bench, operation)
    cloud.stop()
    with pytest.raises(NeverSent):
        perform(bench, step, verified)
    cloud.start()
    perform(bench, step, verified)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_limit_of_the_server_is_said_and_nothing_happened(
    cloud: NextcloudEmulator, bench: FolderBench, operation: str
) -> None:
    step, verified = one_step(cloud, bench, operation)
    before = state_of(cloud)
    cloud.faults.status(429, writes=True)
    with pytest.raises(RateLimited):
        perform(bench, step, verified)
    assert state_of(cloud) == before


@pytest.mark.parametrize(
    "operation", sorted(set(OPERATIONS) - {"lay-out-folder", "write-folder-note", "open-folder-to-us"})
)
def test_lost_rights_stop_the_target(cloud: NextcloudEmulator, bench: FolderBench, operation: str) -> None:
    step, verified = one_step(cloud, bench, operation)
    before = state_of(cloud)
    cloud.set_rights(SERVICE[0], "none")
    with pytest.raises(NotAllowed):
        perform(bench, step, verified)
    assert state_of(cloud) == before


@pytest.mark.parametrize("strike", ["reset", "html", "bare 404"])
def test_what_can_not_be_read_again_is_an_error_and_never_gone(
    cloud: NextcloudEmulator, bench: FolderBench, strike: str
) -> None:
    step, _ = one_step(cloud, bench, "take-folder-from-group")
    bench.connector._forget()
    if strike == "reset":
        cloud.faults.reset_before(times=None)
    elif strike == "html":
        cloud.faults.login_page(times=None)
    else:
        cloud.faults.status(404, times=None)
    with pytest.raises(TargetError):
        bench.connector.verify(step, bench.ids.__getitem__)


def test_a_folder_that_we_may_no_longer_see_is_not_gone(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    cloud.folders.all[1].groups.pop(PROVISIONERS)
    (step,) = bench.compile(erase("alt", "1", NAME))
    cloud.set_rights(SERVICE[0], "none")
    with pytest.raises(NotAllowed):
        bench.connector.verify(step, bench.ids.__getitem__)


def test_the_whole_folder_with_two_groups_takes_at_most_ten_writes(
    cloud: NextcloudEmulator, bench: FolderBench
) -> None:
    bench.apply(
        create_folder("neu", "Projekte/Neu", quota=5 * 1024**3, advanced_permissions=True),
        let_in("neu", EdgeRole.WRITER, "members"),
        let_in("neu", EdgeRole.MANAGER, "moderators"),
    )
    bench.apply(note("neu", "# Willkommen"))
    assert len(cloud.log.writes) <= 9
    made = cloud.folders.all[2]
    assert made.groups == {PROVISIONERS: 31, "members": 15, "moderators": 31}
    assert made.tree.paths() == {"Willkommen.md": b"# Willkommen\n"}


def test_the_steps_of_one_folder_read_it_once(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    change = change_folder("alt", bench.raw("alt").remote, name="Archiv/Alt", quota=1024)
    lower = regrade("alt", "1", EdgeRole.MANAGER, EdgeRole.READER, "moderators")
    cloud.log.clear()
    bench.apply(change, lower, regrade("alt", "1", EdgeRole.WRITER, EdgeRole.READER, "members"))
    assert [entry.method for entry in cloud.log.requests].count("GET") == 1
    assert cloud.folders.all[1].groups == {"members": 1, "moderators": 1, PROVISIONERS: 31}
    assert cloud.folders.all[1].managers == set()


def test_a_mount_point_that_lies_deep_is_laid_out(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    cloud.folders.all[1].mount_point = "Archiv/2026/Projekte/Alt"
    bench.apply(lay_out("alt", "1", "A/B"))
    assert set(cloud.folders.all[1].tree.paths()) == {"A", "A/B"}


def test_an_adopted_folder_is_opened_to_us_when_its_note_is_written(
    cloud: NextcloudEmulator, bench: FolderBench
) -> None:
    cloud.folders.all[1].groups.pop(PROVISIONERS)
    bench.apply(note("alt", "# Hallo"))
    assert cloud.folders.all[1].groups[PROVISIONERS] == 31
    assert cloud.folders.all[1].tree.paths() == {"Willkommen.md": b"# Hallo\n"}


def test_teams_and_people_who_manage_stay(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    cloud.add_user("eva")
    cloud.folders.all[1].managers.add(("user", "eva"))
    bench.apply(
        regrade("alt", "1", EdgeRole.MANAGER, EdgeRole.READER, "moderators"),
        take_out("alt", "1", EdgeRole.WRITER, "members"),
    )
    assert cloud.folders.all[1].managers == {("user", "eva")}


def test_a_layout_that_climbs_out_of_its_folder_is_refused(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    with pytest.raises(TargetError, match="unusable_id"):
        bench.apply(lay_out("alt", "1", "../anderswo"))
    assert cloud.folders.all[1].tree.paths() == {}
    assert cloud.world.home(SERVICE[0]).paths().keys() <= {"Projekte"}
