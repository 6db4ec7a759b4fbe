"""Whole runs about team folders, struck by every misfortune at every write: one folder, and people's own untouched."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.nextcloud.emulation.folders.state import Folder
from connectors.nextcloud.emulator import PROVISIONERS, NextcloudEmulator
from connectors.nextcloud.folders.requests import Folders
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.emulation import VirtualClock
from provisioner.emulation.faults import Faults
from provisioner.model.changes import Adopt, ChangeClass, Create, Leave, Regrade, Update
from provisioner.model.plan import NoticeKind
from provisioner.model.resources import Desired, EdgeRole, Kind
from provisioner.model.steps import Done, Step
from provisioner.state import Database
from tests.support.house import House, Killed
from tests.support.nextcloud import SERVICE
from tests.support.nextcloud_folders import FolderBench
from tests.support.planning import administrators_id, folder_id, group_id
from tests.support.wishes import Wish

KINDS = (Kind.ACCOUNT, Kind.GROUP, Kind.TEAM_FOLDER)
FOLDER = folder_id("iot")
START = Wish(room=None)
MEMBERS, MODERATORS = "g-body:iot", "g-body:iot:administrators"
ROOMY = 1024**3
OURS = r"/groupfolders/|/remote\.php/dav/"
WRITES = 10
"""Of a first sync, about the folder: made, opened to us, quota, permissions, a group in two, a manager in two,
the layout, the note."""


def wanted(wish: Wish) -> Desired:
    """With room for a note in the folder."""
    desired = wish.desired()
    roomy = replace(desired.resources[FOLDER], fields={**desired.resources[FOLDER].fields, "quota": ROOMY})
    return replace(desired, resources={**desired.resources, FOLDER: roomy})


@pytest.fixture
def house(cloud: NextcloudEmulator, clock: VirtualClock, tmp_path: Path) -> Iterator[House]:
    cloud.world.welcome_mails = False
    password = SecretStr(SERVICE[1])
    settings = NextcloudSettings(url=cloud.url, user=SERVICE[0], password=password, working_group=PROVISIONERS)
    bench = FolderBench(settings, clock)
    with Database.open(tmp_path / "readi.sqlite3") as database:
        yield House(bench, database, KINDS)
    bench.close()


def writes_to_folders(cloud: NextcloudEmulator) -> int:
    return sum(
        entry.write and ("/groupfolders/" in entry.path or "/remote.php/dav/" in entry.path)
        for entry in cloud.log.requests
    )


def assert_right(cloud: NextcloudEmulator, house: House, wish: Wish = START) -> Folder:
    (made,) = cloud.folders.all.values()
    assert (made.mount_point, made.quota, made.acl) == (wish.folder, ROOMY, True)
    assert made.groups == {PROVISIONERS: 31, MEMBERS: 15, MODERATORS: 31}
    assert made.managers == {("group", MODERATORS)}
    assert set(made.groups) <= set(cloud.groups)
    assert made.tree.paths() == {"Protokolle": None, "Willkommen.md": f"{wish.note}\n".encode()}
    assert house.run(wanted(wish)) is None
    assert house.part.changes == ()
    assert not house.open_entries()
    return made


def test_a_first_sync_takes_ten_writes_at_most_with_layout_and_note(cloud: NextcloudEmulator, house: House) -> None:
    reports = house.run_until_done(wanted(START))
    assert all(set(report.counts) == {"done"} for report in reports)
    assert writes_to_folders(cloud) == WRITES
    assert_right(cloud, house)


def test_when_nothing_changed_folders_cost_one_request(cloud: NextcloudEmulator, house: House) -> None:
    house.run_until_done(wanted(START))
    cloud.log.clear()
    assert house.run(wanted(START)) is None
    assert [entry.path.partition("?")[0] for entry in cloud.log.requests if "/groupfolders/" in entry.path] == [
        "/index.php/apps/groupfolders/folders"
    ]
    assert not cloud.log.writes


FAULTS: dict[str, Callable[[Faults, int], object]] = {
    "reset before": lambda faults, at: faults.reset_before(path=OURS, nth_write=at),
    "reset after": lambda faults, at: faults.reset_after(path=OURS, nth_write=at),
    "login page": lambda faults, at: faults.login_page(path=OURS, nth_write=at),
    "lock": lambda faults, at: faults.mishap("database-lock-500", path=OURS, nth_write=at),
    "502 after, for a while": lambda faults, at: faults.status(502, path=OURS, nth_write=at, when="after", times=6),
}


MAKING, ASSIGNING, GRADING, NOTING = 1, 5, 6, WRITES
STRIKES = [
    *(("reset after", at) for at in range(1, WRITES + 1)),
    *(("502 after, for a while", at) for at in (MAKING, ASSIGNING, GRADING)),
    *((fault, at) for fault in ("reset before", "lock") for at in (MAKING, GRADING)),
    *(("login page", at) for at in (MAKING, NOTING)),
]


@pytest.mark.parametrize(("fault", "at"), STRIKES)
def test_whatever_strikes_a_write_there_is_one_folder_and_it_becomes_right(
    cloud: NextcloudEmulator, house: House, fault: str, at: int
) -> None:
    FAULTS[fault](cloud.faults, at)
    house.run_until_done(wanted(START))
    assert_right(cloud, house)


@pytest.mark.parametrize(("when", "at"), [("before", 1), *(("after", at) for at in range(1, WRITES - 1))])
def test_whenever_the_process_is_killed_there_is_one_folder_and_it_becomes_right(
    cloud: NextcloudEmulator, house: House, monkeypatch: pytest.MonkeyPatch, at: int, when: str
) -> None:
    perform, seen = house.bench.connector.perform, [0]

    def killed(step: Step, *more: object) -> Done:
        seen[0] += step.id.kind is Kind.TEAM_FOLDER
        if seen[0] == at and when == "before":
            raise Killed
        done = perform(step, *more)  # type: ignore[arg-type]
        if seen[0] == at:
            raise Killed
        return done

    monkeypatch.setattr(house.bench.connector, "perform", killed)
    with pytest.raises(Killed):
        house.run_until_done(wanted(START))
    monkeypatch.undo()
    house.run_until_done(wanted(START))
    assert_right(cloud, house)


def test_a_group_that_was_let_in_by_half_gets_its_own_rights_without_asking(
    cloud: NextcloudEmulator, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(Folders, "set_rights", killed)
    with pytest.raises(Killed):
        house.run(wanted(START))
    monkeypatch.undo()
    assert cloud.folders.all[1].groups[MEMBERS] == 31
    house.run_until_done(wanted(START))
    assert_right(cloud, house)


def test_a_body_that_is_archived_moves_and_everybody_reads(cloud: NextcloudEmulator, house: House) -> None:
    house.run_until_done(wanted(START))
    cloud.log.clear()
    readers = {group_id("iot"): EdgeRole.READER, administrators_id("iot"): EdgeRole.READER}
    archived = replace(START, folder="Archiv/Sensorik", roles=readers)
    house.run(wanted(archived), approve=True)
    (made,) = cloud.folders.all.values()
    assert made.mount_point == "Archiv/Sensorik"
    assert made.groups == {PROVISIONERS: 31, MEMBERS: 1, MODERATORS: 1}
    assert made.managers == set()
    assert made.tree.paths().keys() == {"Protokolle", "Willkommen.md"}
    assert house.run(wanted(archived)) is None


def test_rights_changed_by_hand_are_asked_about_and_never_made_again(cloud: NextcloudEmulator, house: House) -> None:
    house.run_until_done(wanted(START))
    (made,) = cloud.folders.all.values()
    made.groups[MEMBERS] = 99
    assert house.run(wanted(START)) is None
    (change,) = house.part.changes
    assert isinstance(change, Regrade)
    assert change.change_class is ChangeClass.QUEUED
    house.run(wanted(START), approve=True)
    assert_right(cloud, house)


def test_groups_that_somebody_let_in_stay(cloud: NextcloudEmulator, house: House) -> None:
    house.run_until_done(wanted(START))
    cloud.add_group("Von Hand")
    (made,) = cloud.folders.all.values()
    made.groups["Von Hand"] = 1
    house.run(wanted(START), approve=True)
    assert made.groups["Von Hand"] == 1
    assert not [change for change in house.part.changes if isinstance(change, Leave)]


def test_peoples_sub_folders_and_texts_stay(cloud: NextcloudEmulator, house: House) -> None:
    house.run_until_done(wanted(START))
    (made,) = cloud.folders.all.values()
    made.tree.write("Willkommen.md", b"# Unser Text\n")
    made.tree.write("Eigenes/Notiz.md", b"eigenes")
    made.tree.remove("Protokolle")
    anew = replace(START, note="Neue Begrüßung")
    house.run_until_done(wanted(anew))
    assert made.tree.paths() == {"Willkommen.md": b"# Unser Text\n", "Eigenes": None, "Eigenes/Notiz.md": b"eigenes"}
    cloud.log.clear()
    assert house.run(wanted(anew)) is None  # and nobody tries again
    assert not cloud.log.writes


def test_a_folder_of_that_name_is_adopted_only_when_somebody_agrees(cloud: NextcloudEmulator, house: House) -> None:
    grown = cloud.add_folder("Projektgruppen/Sensorik", ["Von Hand"])
    cloud.add_group("Von Hand")
    grown.tree.write("Willkommen.md", b"# Schon da\n")
    house.run(wanted(START))
    assert [type(change) for change in house.part.changes if change.id == FOLDER and not isinstance(change, Update)][
        :1
    ] == [Adopt]
    assert not [change for change in house.part.changes if change.id == FOLDER and isinstance(change, Create)]
    assert (grown.groups, grown.tree.paths()) == ({"Von Hand": 31}, {"Willkommen.md": b"# Schon da\n"})
    for _ in range(3):
        house.run(wanted(START), approve=True)
    assert list(cloud.folders.all.values()) == [grown]
    assert grown.groups["Von Hand"] == 31
    assert grown.tree.paths() == {"Willkommen.md": b"# Schon da\n"}


def test_a_folder_that_vanished_is_lost_and_not_made_twice(cloud: NextcloudEmulator, house: House) -> None:
    house.run_until_done(wanted(START))
    cloud.folders.all.clear()
    house.run(wanted(START), approve=True)
    assert cloud.folders.all == {}
    assert NoticeKind.LOST in {notice.kind for notice in house.part.notices}


@pytest.mark.parametrize("trouble", ["app off", "no rights", "login page"])
def test_when_folders_can_not_be_seen_nothing_is_lost_and_nothing_made(
    cloud: NextcloudEmulator, house: House, trouble: str
) -> None:
    house.run_until_done(wanted(START))
    (made,) = cloud.folders.all.values()
    if trouble == "app off":
        cloud.disable_app("groupfolders")
    elif trouble == "no rights":
        cloud.faults.status(403, path="/groupfolders/", times=None)
    else:
        cloud.faults.login_page(path="/groupfolders/", times=None)
    cloud.log.clear()
    house.run(wanted(START), approve=True)
    assert list(cloud.folders.all.values()) == [made]
    assert not cloud.log.writes
    assert NoticeKind.LOST not in {notice.kind for notice in house.part.notices}


def test_another_folder_that_took_the_name_meanwhile_is_nobodys_to_touch(
    cloud: NextcloudEmulator, house: House
) -> None:
    def meanwhile(_request: object) -> None:
        cloud.add_folder("Projektgruppen/Sensorik", ["Von Hand"])

    cloud.faults.hook(before=meanwhile, path="/groupfolders/", nth_write=1)
    house.run(wanted(START))
    house.run(wanted(START))
    (theirs,) = cloud.folders.all.values()
    assert (theirs.groups, theirs.tree.paths()) == ({"Von Hand": 31}, {})
