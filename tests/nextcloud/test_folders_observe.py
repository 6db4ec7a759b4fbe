"""What is seen of team folders, and how sure we may be that it is all."""

import json
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from connectors.nextcloud.emulator import PROVISIONERS, NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.emulation import Request, Response, VirtualClock
from provisioner.model.errors import TargetError
from provisioner.model.inventory import UNKNOWN, Absent, Complete, Inventory, Partial, Present, Unreadable
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import EdgeRole, Kind
from tests.support.nextcloud import SERVICE, group
from tests.support.nextcloud_folders import ONLY_FOLDERS, FolderBench, folder

LIST = "/groupfolders/folders"


@pytest.fixture
def bench(cloud: NextcloudEmulator, clock: VirtualClock) -> Iterator[FolderBench]:
    password = SecretStr(SERVICE[1])
    settings = NextcloudSettings(url=cloud.url, user=SERVICE[0], password=password, working_group=PROVISIONERS)
    opened = FolderBench(settings, clock)
    yield opened
    opened.close()


def look(bench: FolderBench) -> Inventory:
    return bench.observe(ONLY_FOLDERS)


def is_complete(bench: FolderBench) -> bool:
    return isinstance(look(bench).of(Kind.TEAM_FOLDER).completeness, Complete)


def change_item(cloud: NextcloudEmulator, change: Callable[[dict[str, object]], object], key: str = "1") -> None:
    """Let ``change`` alter one folder of the next list."""

    def alter(_request: Request, response: Response) -> None:
        body = json.loads(response.body)
        change(body["ocs"]["data"][key])
        response.body = json.dumps(body).encode()

    cloud.faults.hook(method="GET", path=LIST, after=alter)


def test_many_folders_take_one_request(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    for number in range(40):
        cloud.add_folder(f"Projekte/{number}", ["members", PROVISIONERS])
    look(bench)
    cloud.log.clear()
    inventory = look(bench)
    assert len(inventory.of(Kind.TEAM_FOLDER).objects) == len(inventory.rosters) == 40
    assert [entry.path.partition("?")[0] for entry in cloud.log.requests if LIST in entry.path] == [
        "/index.php/apps/groupfolders/folders"
    ]


def test_roles_are_read_from_rights_and_from_who_manages(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    made = cloud.add_folder("Team", ["r", "w", "s", "m", "odd", "half", PROVISIONERS], acl=True)
    for name in made.groups.keys() - {PROVISIONERS}:
        cloud.add_group(name)
    made.groups |= {"r": 1, "w": 15, "s": 31, "m": 31, "odd": 99, "half": 15}
    made.managers |= {("group", "m"), ("group", "half"), ("user", "admin")}
    roster = look(bench).rosters[Kind.TEAM_FOLDER, "1"]
    assert roster.members == {
        (EdgeRole.READER, Kind.GROUP): {"r"},
        (EdgeRole.WRITER, Kind.GROUP): {"w"},
        (EdgeRole.SHARER, Kind.GROUP): {"s"},
        (EdgeRole.MANAGER, Kind.GROUP): {"m"},
        (EdgeRole.OTHER, Kind.GROUP): {"odd", "half"},
    }


def test_teams_that_have_a_folder_are_left_out(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    cloud.add_folder("Team", ["members", "team-id"])

    def make_team(item: dict[str, object]) -> None:
        item["group_details"]["team-id"]["type"] = "circle"  # type: ignore[index]

    change_item(cloud, make_team)
    assert look(bench).rosters[Kind.TEAM_FOLDER, "1"].members == {(EdgeRole.SHARER, Kind.GROUP): {"members"}}


def test_no_folders_at_all_is_certain_when_the_server_counts_none(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    assert is_complete(bench)
    assert look(bench).of(Kind.TEAM_FOLDER).objects == {}


@pytest.mark.parametrize("shared", [False, True])
def test_lost_rights_are_not_taken_for_missing_folders(
    cloud: NextcloudEmulator, bench: FolderBench, shared: bool
) -> None:
    """Without rights the list holds our own groups' folders, with 200."""
    cloud.add_folder("A", ["members"])
    cloud.add_group("ours", members=[SERVICE[0]])
    if shared:
        cloud.add_folder("B", ["ours", "members"])
    cloud.set_rights(SERVICE[0], "none")
    observation = look(bench).of(Kind.TEAM_FOLDER)
    assert isinstance(observation.completeness, Partial)
    assert observation.completeness.why.code == "nextcloud.folders_not_allowed"
    found = bench.connector.look_up(folder("a"), "A")
    assert isinstance(found, Unreadable)


def test_fewer_folders_than_the_server_counts_are_not_all(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    """Who may administer a few is shown these alone, whole."""
    cloud.add_folder("A", ["members"])
    cloud.add_folder("B", ["members", PROVISIONERS]).managers.add(("group", PROVISIONERS))

    def hide(_request: Request, response: Response) -> None:
        body = json.loads(response.body)
        del body["ocs"]["data"]["1"]
        response.body = json.dumps(body).encode()

    cloud.faults.hook(method="GET", path=LIST + r"(\?|$)", after=hide)
    observation = look(bench).of(Kind.TEAM_FOLDER)
    assert isinstance(observation.completeness, Partial)
    assert observation.completeness.why.arguments == {"count": 2, "shown": 1}


def test_an_app_that_is_off_is_no_empty_list(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    cloud.add_folder("A", ["members"])
    cloud.disable_app("groupfolders")
    assert not is_complete(bench)


@pytest.mark.parametrize("strike", ["login_page", "maintenance_page", "truncate"])
def test_what_is_not_the_servers_answer_tells_nothing(
    cloud: NextcloudEmulator, bench: FolderBench, strike: str
) -> None:
    cloud.add_folder("A", ["members"])
    look(bench)
    getattr(cloud.faults, strike)(path=LIST, times=None)
    observation = look(bench).of(Kind.TEAM_FOLDER)
    assert isinstance(observation.completeness, Partial)
    with pytest.raises(TargetError):
        bench.connector.look_up(folder("a"), "A")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mount_point", None),
        ("mount_point", ""),
        ("quota", "viel"),
        ("quota", True),
        ("acl", "1"),
        ("groups", ["members"]),
        ("groups", {"members": "31"}),
        ("groups", None),
        ("manage", {"1": 2}),
        ("manage", [{"type": "group"}]),
        ("id", 77),
        ("id", None),
    ],
)
def test_a_malformed_folder_blocks_itself_alone(
    cloud: NextcloudEmulator, bench: FolderBench, key: str, value: object
) -> None:
    cloud.add_folder("A", ["members"])
    cloud.add_folder("B", ["members"])
    change_item(cloud, lambda item: item.update({key: value}))
    inventory = look(bench)
    observation = inventory.of(Kind.TEAM_FOLDER)
    assert isinstance(observation.completeness, Complete)
    assert set(observation.objects) == {"1", "2"}
    assert UNKNOWN not in observation.objects["2"].fields.values()
    roster = inventory.rosters[Kind.TEAM_FOLDER, "1"]
    hurt = UNKNOWN in observation.objects["1"].fields.values() or isinstance(roster.completeness, Partial)
    assert hurt
    assert isinstance(inventory.rosters[Kind.TEAM_FOLDER, "2"].completeness, Complete)


def test_a_quota_below_nothing_is_unlimited(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    cloud.add_folder("A", ["members"]).quota = -5
    assert look(bench).of(Kind.TEAM_FOLDER).objects["1"].fields["quota"] == -3


def test_a_narrow_look_asks_for_no_folder_that_nobody_seeks(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    cloud.add_folder("A", ["members"])
    interest = Interest(only=(Sought(group("members"), "members", "members"),))
    observation = bench.connector.observe(ONLY_FOLDERS, interest).of(Kind.TEAM_FOLDER)
    assert observation.objects == {}
    assert isinstance(observation.completeness, Complete)
    assert observation.completeness.scope.only == frozenset()
    assert not [entry for entry in cloud.log.requests if LIST in entry.path]


def test_a_narrow_look_finds_by_id_and_by_name(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    for name in ("A", "B", "C"):
        cloud.add_folder(name, ["members"])
    only = (Sought(folder("a"), "umbenannt", "1"), Sought(folder("b"), "B"))
    inventory = bench.connector.observe(ONLY_FOLDERS, Interest(only=only))
    assert set(inventory.of(Kind.TEAM_FOLDER).objects) == {"1", "2"}
    assert {remote_id for _, remote_id in inventory.rosters} == {"1", "2"}


def test_a_creation_is_looked_up_by_its_exact_name(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    cloud.add_folder("Projekte/A", ["members"])
    assert isinstance(bench.connector.look_up(folder("a"), "Projekte/A"), Present)
    assert bench.connector.look_up(folder("a"), "projekte/a") == Absent()


def test_a_repeated_observation_forgets_what_was_read_for_a_step(cloud: NextcloudEmulator, bench: FolderBench) -> None:
    cloud.add_folder("A", ["members"])
    room = bench.connector.rooms[Kind.TEAM_FOLDER]
    room._read("1")  # type: ignore[attr-defined]
    look(bench)
    cloud.log.clear()
    room._read("1")  # type: ignore[attr-defined]
    assert len(cloud.log.requests) == 1
