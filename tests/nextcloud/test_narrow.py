"""What is read for a plan about a few things alone: no more than these, and with what certainty."""

import json
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.emulation import Request, Response, VirtualClock
from provisioner.model.inventory import UNKNOWN, Complete, Inventory, Partial
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import Kind, ResourceId
from tests.support.nextcloud import SERVICE, Bench, group, person

FIXED = 2
"""The server's version, and who we are."""


def seek(bench: Bench, *sought: Sought, groups: tuple[str, ...] = ()) -> Inventory:
    bound = frozenset((Kind.GROUP, name) for name in groups)
    return bench.observe(interest=Interest(bound=bound, only=sought))


def requests_for(cloud: NextcloudEmulator, ask: Callable[[], object]) -> int:
    cloud.log.clear()
    ask()
    assert cloud.log.writes == []
    return len(cloud.log.requests)


@pytest.fixture
def crowd(cloud: NextcloudEmulator) -> NextcloudEmulator:
    for name in ("PG_A", "PG_A-Moderation", "PG_AB", "Andere"):
        cloud.add_group(name, f"Gruppe {name}")
    for number in range(40):
        cloud.add_user(f"person{number}", email=f"p{number}@a.example", groups=["PG_A" if number % 2 else "Andere"])
    cloud.add_user("anna.amsel", email="anna.amsel@a.example", groups=["PG_A", "PG_AB"])
    return cloud


def test_a_tied_account_costs_one_request_and_tells_its_place_in_every_group(
    crowd: NextcloudEmulator, bench: Bench
) -> None:
    anna = Sought(person("anna"), "anna.amsel", "anna.amsel")
    groups = ("PG_A", "PG_AB", "Andere")
    assert requests_for(crowd, lambda: seek(bench, anna, groups=groups)) == FIXED + 1
    inventory = seek(bench, anna, groups=groups)
    completeness = inventory.of(Kind.ACCOUNT).completeness
    assert isinstance(completeness, Complete)
    assert completeness.scope.only == {person("anna").key}
    assert inventory.of(Kind.ACCOUNT).objects["anna.amsel"].fields["email"] == "anna.amsel@a.example"
    rosters = {name: roster for (_, name), roster in inventory.rosters.items()}
    assert {name: set(roster.accounts) for name, roster in rosters.items()} == {
        "PG_A": {"anna.amsel"},
        "PG_AB": {"anna.amsel"},
        "Andere": set(),
    }
    for name, roster in rosters.items():
        assert isinstance(roster.completeness, Complete)
        assert roster.completeness.scope.container == name
        assert roster.completeness.scope.only == {person("anna").key}
    assert inventory.own_account == SERVICE[0]


def test_a_tied_account_that_is_gone_is_missing_from_what_was_read_whole(
    crowd: NextcloudEmulator, bench: Bench
) -> None:
    inventory = seek(bench, Sought(person("weg"), "weg", "weg"))
    assert isinstance(inventory.of(Kind.ACCOUNT).completeness, Complete)
    assert inventory.of(Kind.ACCOUNT).objects == {}


@pytest.mark.parametrize(
    ("name", "email", "asked", "found"),
    [
        ("anna.amsel", "anna.amsel@a.example", 1, {"anna.amsel"}),
        ("anna.amsel", "Anna.Amsel@B.example", 1, {"anna.amsel"}),
        ("anna.amsel2", "anna.amsel@a.example", 1, {"anna.amsel"}),
        ("anna.amsel9", "anna.amsel@b.example", 1, set()),
        ("person7", "anna.amsel@a.example", 2, {"person7", "anna.amsel"}),
        ("nobody", "p7@a.example", 2, {"person7"}),
        ("nobody", None, 1, set()),
        ("person7", None, 1, {"person7"}),
    ],
)
def test_whoever_has_the_name_or_the_address_is_found(
    crowd: NextcloudEmulator, bench: Bench, name: str, email: str | None, asked: int, found: set[str]
) -> None:
    new = Sought(person("neu"), name, email=email)
    assert requests_for(crowd, lambda: seek(bench, new)) == FIXED + asked
    observation = seek(bench, new).of(Kind.ACCOUNT)
    assert observation.objects.keys() == found
    assert isinstance(observation.completeness, Complete)
    assert observation.completeness.scope.only == {person("neu").key}


def test_a_name_that_can_not_be_blocks_nobody_else(crowd: NextcloudEmulator, bench: Bench) -> None:
    sought = (
        Sought(person("odd"), "a/b", email="x@a.example"),
        Sought(person("dots"), ".."),
        Sought(group("dots"), ".."),
        Sought(person("p1"), "person1", "person1"),
        Sought(group("a"), "PG_A", "PG_A"),
    )
    inventory = seek(bench, *sought)
    assert set(inventory.of(Kind.ACCOUNT).objects) == {"person1"}
    assert set(inventory.of(Kind.GROUP).objects) == {"PG_A"}
    for kind in (Kind.ACCOUNT, Kind.GROUP):
        assert isinstance(inventory.of(kind).completeness, Complete)


def test_letters_that_find_too_many_are_not_taken_for_an_answer(crowd: NextcloudEmulator, clock: VirtualClock) -> None:
    settings = NextcloudSettings(url=crowd.url, user=SERVICE[0], password=SecretStr(SERVICE[1]), page_size=10)
    bench = Bench(settings, clock)
    # "person" is all that they have in common, and 40 others have it too.
    observation = seek(bench, Sought(person("neu"), "person99", email="x.person@a.example")).of(Kind.ACCOUNT)
    bench.close()
    assert isinstance(observation.completeness, Complete)
    assert observation.objects == {}
    assert [entry.path for entry in crowd.log.matching("GET", "/cloud/users/person99")]


def test_a_bodys_groups_cost_one_request_and_one_each(crowd: NextcloudEmulator, bench: Bench) -> None:
    sought = (
        Sought(group("a"), "PG_A", "PG_A"),
        Sought(ResourceId(Kind.GROUP, "body:a:administrators"), "PG_A-Moderation", "PG_A-Moderation"),
        Sought(ResourceId(Kind.GROUP, "body:a:guests"), "PG_A-Gäste"),
    )
    assert requests_for(crowd, lambda: seek(bench, *sought, groups=("PG_A", "Andere"))) == FIXED + 1 + 3
    inventory = seek(bench, *sought, groups=("PG_A", "Andere"))
    observation = inventory.of(Kind.GROUP)
    assert isinstance(observation.completeness, Complete)
    assert observation.completeness.scope.only == {one.id.key for one in sought}
    assert {name: remote.fields["display_name"] for name, remote in observation.objects.items()} == {
        "PG_A": "Gruppe PG_A",
        "PG_A-Moderation": "Gruppe PG_A-Moderation",
    }
    assert set(inventory.rosters) == {(Kind.GROUP, "PG_A"), (Kind.GROUP, "PG_A-Moderation")}
    roster = inventory.rosters[Kind.GROUP, "PG_A"]
    assert isinstance(roster.completeness, Complete)
    assert roster.completeness.scope.only is None
    assert roster.accounts == crowd.groups["PG_A"].members


def test_groups_that_are_too_many_for_a_page_are_asked_for_one_by_one(
    crowd: NextcloudEmulator, clock: VirtualClock
) -> None:
    settings = NextcloudSettings(url=crowd.url, user=SERVICE[0], password=SecretStr(SERVICE[1]), page_size=2)
    bench = Bench(settings, clock)
    sought = (Sought(group("a"), "PG_A", "PG_A"), Sought(group("c"), "PG_C"))
    observation = seek(bench, *sought).of(Kind.GROUP)
    bench.close()
    assert {name: remote.fields["display_name"] for name, remote in observation.objects.items()} == {
        "PG_A": "Gruppe PG_A"
    }
    assert isinstance(observation.completeness, Complete)


def test_nothing_of_a_kind_sought_is_nothing_read(crowd: NextcloudEmulator, bench: Bench) -> None:
    assert requests_for(crowd, lambda: seek(bench)) == FIXED
    inventory = seek(bench)
    for kind in (Kind.ACCOUNT, Kind.GROUP):
        completeness = inventory.of(kind).completeness
        assert isinstance(completeness, Complete)
        assert completeness.scope.only == frozenset()


@pytest.mark.parametrize("strike", ["html", "bare 404", "rights", "garbled"])
def test_what_could_not_be_read_never_means_absence(crowd: NextcloudEmulator, bench: Bench, strike: str) -> None:
    sought = (Sought(person("anna"), "anna.amsel", "anna.amsel"), Sought(group("a"), "PG_A", "PG_A"))
    bench.observe(interest=Interest(only=()))
    if strike == "html":
        crowd.faults.login_page(path="/cloud/(users|groups)/", times=None)
    elif strike == "bare 404":
        crowd.faults.status(404, path="/cloud/(users|groups)/", times=None)
    elif strike == "rights":
        crowd.set_rights(SERVICE[0], "none")
    else:
        crowd.faults.truncate(path="/cloud/(users|groups)/", times=None)
    inventory = seek(bench, *sought)
    for kind in (Kind.ACCOUNT, Kind.GROUP):
        assert isinstance(inventory.of(kind).completeness, Partial)
    assert not any(isinstance(roster.completeness, Complete) for roster in inventory.rosters.values())


def test_a_mere_sub_admin_is_not_believed(crowd: NextcloudEmulator, bench: Bench) -> None:
    crowd.set_rights(SERVICE[0], "none")
    crowd.accounts.make_subadmin(SERVICE[0], "PG_A")
    inventory = seek(bench, Sought(person("p1"), "person1", "person1"))
    assert isinstance(inventory.of(Kind.ACCOUNT).completeness, Partial)


def test_an_account_whose_groups_are_unreadable_tells_nothing_of_any_group(
    crowd: NextcloudEmulator, bench: Bench
) -> None:
    def spoil(_request: Request, response: Response) -> None:
        body = json.loads(response.body)
        body["ocs"]["data"]["groups"] = "x"
        response.body = json.dumps(body).encode()

    crowd.faults.hook(method="GET", path="/cloud/users/anna", after=spoil)
    inventory = seek(bench, Sought(person("anna"), "anna.amsel", "anna.amsel"), groups=("PG_A",))
    assert isinstance(inventory.rosters[Kind.GROUP, "PG_A"].completeness, Partial)


def test_a_group_that_only_its_members_tell_of_is_there_with_its_name_unknown(
    crowd: NextcloudEmulator, bench: Bench
) -> None:
    def leave_out(_request: Request, response: Response) -> None:
        body = json.loads(response.body)
        body["ocs"]["data"]["groups"] = []
        response.body = json.dumps(body).encode()

    crowd.faults.hook(method="GET", path="/groups/details", after=leave_out)
    found = seek(bench, Sought(group("a"), "PG_A", "PG_A")).of(Kind.GROUP).objects["PG_A"]
    assert found.fields["display_name"] is UNKNOWN
