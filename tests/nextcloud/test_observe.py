import json
import math
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from connectors.nextcloud.accounts.shape import account_of
from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.listing import REPAIRS
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.emulation import Faults, Request, Response, VirtualClock
from provisioner.model.errors import TargetError
from provisioner.model.inventory import UNKNOWN, Complete, Inventory, Level, Partial
from provisioner.model.resources import Kind
from tests.support.nextcloud import SERVICE, Bench

USERS = r"/cloud/users/details"


def fill(cloud: NextcloudEmulator, people: int, groups: int = 0) -> None:
    for number in range(groups):
        cloud.add_group(f"gruppe {number:03}")
    for number in range(people):
        name = f"person{number:03}"
        cloud.add_user(
            name, display_name=f"Person {number:03}", groups=[f"gruppe {number % groups:03}"] if groups else []
        )


def paging(cloud: NextcloudEmulator, clock: VirtualClock, size: int, **more: object) -> Bench:
    password = SecretStr(SERVICE[1])
    given = NextcloudSettings(url=cloud.url, user=SERVICE[0], password=password, page_size=size, **more)  # type: ignore[arg-type]
    return Bench(given, clock)


def is_complete(inventory: Inventory) -> bool:
    return all(isinstance(inventory.of(kind).completeness, Complete) for kind in (Kind.ACCOUNT, Kind.GROUP)) and all(
        isinstance(roster.completeness, Complete) for roster in inventory.rosters.values()
    )


def change_body(
    cloud: NextcloudEmulator, path: str, change: Callable[[dict[str, object]], object], **aim: object
) -> None:
    """Let ``change`` alter the data of the next answer to this path."""

    def alter(_request: Request, response: Response) -> None:
        body = json.loads(response.body)
        change(body["ocs"]["data"])
        response.body = json.dumps(body).encode()

    cloud.faults.hook(method="GET", path=path, after=alter, **aim)


@pytest.mark.parametrize(("people", "groups"), [(0, 0), (8, 1), (9, 10), (10, 10), (11, 9), (25, 30)])
def test_a_run_reads_each_page_once_and_six_more(
    cloud: NextcloudEmulator, clock: VirtualClock, people: int, groups: int
) -> None:
    fill(cloud, people, groups)
    bench = paging(cloud, clock, 10)
    inventory = bench.observe()
    bench.close()
    accounts_there, groups_there = len(cloud.users), len(cloud.groups)
    assert len(inventory.of(Kind.ACCOUNT).objects) == accounts_there
    assert len(inventory.of(Kind.GROUP).objects) == groups_there
    assert is_complete(inventory)
    assert len(cloud.log.requests) == math.ceil(accounts_there / 10) + math.ceil(groups_there / 10) + 6
    assert cloud.log.writes == []


def test_members_are_told_by_the_accounts(cloud: NextcloudEmulator, bench: Bench) -> None:
    fill(cloud, 6, 2)
    rosters = bench.observe().rosters
    assert rosters[Kind.GROUP, "gruppe 000"].accounts == {"person000", "person002", "person004"}
    assert rosters[Kind.GROUP, "provisioners"].accounts == {SERVICE[0]}


def test_groups_alone_are_read_without_their_members(cloud: NextcloudEmulator, bench: Bench) -> None:
    fill(cloud, 2, 2)
    inventory = bench.observe({Kind.GROUP})
    assert isinstance(inventory.of(Kind.GROUP).completeness, Complete)
    assert isinstance(inventory.rosters[Kind.GROUP, "gruppe 000"].completeness, Partial)
    assert isinstance(inventory.of(Kind.ACCOUNT).completeness, Partial)
    assert inventory.own_account == SERVICE[0]


def test_a_short_page_is_not_the_end_where_there_are_two_backends(clock: VirtualClock) -> None:
    with NextcloudEmulator(service=SERVICE, clock=clock, backends=("Database", "user_oidc")) as cloud:
        fill(cloud, 3)
        for number in range(25):
            cloud.add_user(f"oidc{number:02}", backend="user_oidc")
        bench = paging(cloud, clock, 10)
        inventory = bench.observe()
        bench.close()
        assert inventory.of(Kind.ACCOUNT).objects.keys() == cloud.users.keys()
        assert is_complete(inventory)


def test_what_a_backend_does_not_let_us_write_is_told_of_each_account(clock: VirtualClock) -> None:
    with NextcloudEmulator(service=SERVICE, clock=clock, backends=("Database", "user_oidc", "LDAP")) as cloud:
        cloud.add_user("lokal")
        cloud.add_user("oidc", backend="user_oidc")
        cloud.add_user("ldap", backend="LDAP")
        bench = paging(cloud, clock, 10)
        objects = bench.observe().of(Kind.ACCOUNT).objects
        bench.close()
    assert (objects["lokal"].writable, objects["lokal"].backend) == (None, "Database")
    assert (objects["oidc"].writable, objects["oidc"].backend) == (
        {"email", "quota", "language", "enabled"},
        "user_oidc",
    )
    assert (objects["ldap"].writable, objects["ldap"].backend) == ({"language", "enabled"}, "LDAP")
    assert len({remote.fingerprint for remote in objects.values()}) == 3


def test_a_group_of_a_directory_can_not_be_renamed(cloud: NextcloudEmulator, bench: Bench) -> None:
    cloud.add_group("aus dem Verzeichnis").directory = True
    assert bench.observe().of(Kind.GROUP).objects["aus dem Verzeichnis"].writable == frozenset()


def test_somebody_whom_a_rename_hid_from_the_pages_is_read_by_himself(
    cloud: NextcloudEmulator, clock: VirtualClock
) -> None:
    fill(cloud, 25)
    # After the first page somebody of a later page moves to the front: the one at the page's edge moves back,
    # and somebody on page two is never shown.
    cloud.faults.hook(path=USERS, nth=2, before=lambda _request: cloud.rename("person001", "zuletzt"))
    bench = paging(cloud, clock, 10)
    inventory = bench.observe()
    bench.close()
    shown = [entry.path for entry in cloud.log.requests]
    assert any("/cloud/users/person" in path for path in shown)  # the case did arise
    assert inventory.of(Kind.ACCOUNT).objects.keys() == cloud.users.keys()
    assert is_complete(inventory)


def test_when_too_many_moved_while_paging_absence_means_nothing(cloud: NextcloudEmulator, clock: VirtualClock) -> None:
    fill(cloud, 25)

    def turmoil(_request: Request) -> None:
        for number in range(REPAIRS + 1):
            cloud.rename(f"person{number:03}", f"zuletzt {number}")

    cloud.faults.hook(path=USERS, nth=2, before=turmoil)
    bench = paging(cloud, clock, 10)
    inventory = bench.observe()
    bench.close()
    assert isinstance(inventory.of(Kind.ACCOUNT).completeness, Partial)
    assert all(isinstance(roster.completeness, Partial) for roster in inventory.rosters.values())
    assert isinstance(inventory.of(Kind.GROUP).completeness, Complete)


def test_an_account_shown_twice_is_one_account(cloud: NextcloudEmulator, clock: VirtualClock) -> None:
    fill(cloud, 25)
    cloud.faults.hook(path=USERS, nth=2, before=lambda _request: cloud.rename("person024", "A ganz vorn"))
    bench = paging(cloud, clock, 10)
    inventory = bench.observe()
    bench.close()
    assert inventory.of(Kind.ACCOUNT).objects.keys() == cloud.users.keys()
    assert is_complete(inventory)


def test_somebody_deleted_while_paging_is_not_there(cloud: NextcloudEmulator, clock: VirtualClock) -> None:
    fill(cloud, 25)
    cloud.faults.hook(path=r"/cloud/users\?", before=lambda _request: cloud.remove_user("person003"))
    bench = paging(cloud, clock, 10)
    inventory = bench.observe()
    bench.close()
    assert "person003" not in inventory.of(Kind.ACCOUNT).objects
    assert is_complete(inventory)


def test_a_server_that_gives_the_same_page_for_ever_is_not_believed(
    cloud: NextcloudEmulator, clock: VirtualClock
) -> None:
    fill(cloud, 25)

    def first_page(request: Request) -> None:
        request.target = request.target.replace("offset=", "ignored=")

    cloud.faults.hook(path=USERS, times=None, before=first_page)
    bench = paging(cloud, clock, 10)
    inventory = bench.observe()
    bench.close()
    assert isinstance(inventory.of(Kind.ACCOUNT).completeness, Partial)


def test_a_malformed_account_in_a_page_is_read_by_itself(cloud: NextcloudEmulator, bench: Bench) -> None:
    fill(cloud, 5, 1)
    change_body(cloud, USERS, lambda data: data["users"].update(person002="kaputt"))  # type: ignore[attr-defined]
    inventory = bench.observe()
    assert inventory.of(Kind.ACCOUNT).objects["person002"].fields["display_name"] == "Person 002"
    assert is_complete(inventory)


def test_an_account_that_stays_malformed_blocks_absence_and_keeps_the_others(
    cloud: NextcloudEmulator, bench: Bench
) -> None:
    fill(cloud, 5, 1)
    change_body(cloud, USERS, lambda data: data["users"].update(person002=None))  # type: ignore[attr-defined]
    change_body(cloud, "/cloud/users/person002", lambda data: data.pop("id"))
    inventory = bench.observe()
    observation = inventory.of(Kind.ACCOUNT)
    assert isinstance(observation.completeness, Partial)
    assert "person002" not in observation.objects
    assert observation.objects["person001"].fields["display_name"] == "Person 001"


def test_a_field_of_another_shape_is_unknown_and_the_rest_is_known(cloud: NextcloudEmulator, bench: Bench) -> None:
    fill(cloud, 3, 1)

    def spoil(data: dict[str, object]) -> None:
        data["users"]["person001"] |= {"email": 7, "quota": [], "language": None, "enabled": "yes"}  # type: ignore[index]

    change_body(cloud, USERS, spoil)
    inventory = bench.observe()
    fields = inventory.of(Kind.ACCOUNT).objects["person001"].fields
    assert [fields[name] for name in ("email", "quota", "language", "enabled")] == [UNKNOWN] * 4
    assert fields["display_name"] == "Person 001"
    assert is_complete(inventory)


def test_when_one_accounts_groups_stay_unknown_no_group_is_known_whole(cloud: NextcloudEmulator, bench: Bench) -> None:
    fill(cloud, 3, 1)
    change_body(cloud, USERS, lambda data: data["users"]["person001"].update(groups="x"))  # type: ignore[index]
    change_body(cloud, "/cloud/users/person001", lambda data: data.update(groups=[None]))
    inventory = bench.observe()
    completeness = inventory.of(Kind.ACCOUNT).completeness
    assert isinstance(completeness, Complete)
    assert completeness.level is Level.KEYS
    assert isinstance(inventory.rosters[Kind.GROUP, "gruppe 000"].completeness, Partial)


@pytest.mark.parametrize(
    "strike",
    [
        lambda faults, path: faults.maintenance_page(path=path, times=None),
        lambda faults, path: faults.login_page(path=path, times=None),
        lambda faults, path: faults.status(404, path=path, times=None),
        lambda faults, path: faults.status(500, path=path, times=None),
        lambda faults, path: faults.truncate(path=path, times=None),
        lambda faults, path: faults.reset_before(path=path, times=None),
    ],
)
@pytest.mark.parametrize(
    ("path", "hit", "spared"),
    [
        ("/users/details.*offset=10", Kind.ACCOUNT, Kind.GROUP),
        ("/cloud/users.format", Kind.ACCOUNT, Kind.GROUP),
        ("/groups/details", Kind.GROUP, Kind.ACCOUNT),
        ("/cloud/groups.format", Kind.GROUP, Kind.ACCOUNT),
    ],
)
def test_whatever_goes_wrong_in_a_list_never_means_absence(
    cloud: NextcloudEmulator,
    clock: VirtualClock,
    strike: Callable[[Faults, str], object],
    path: str,
    hit: Kind,
    spared: Kind,
) -> None:
    fill(cloud, 15, 3)
    strike(cloud.faults, path)
    bench = paging(cloud, clock, 10)
    inventory = bench.observe()
    bench.close()
    assert isinstance(inventory.of(hit).completeness, Partial)
    assert isinstance(inventory.of(spared).completeness, Complete)


def test_lost_rights_make_everything_partial(cloud: NextcloudEmulator, bench: Bench) -> None:
    fill(cloud, 3, 1)
    assert is_complete(bench.observe())
    cloud.set_rights(SERVICE[0], "none")
    inventory = bench.observe()
    assert isinstance(inventory.of(Kind.ACCOUNT).completeness, Partial)
    assert isinstance(inventory.of(Kind.GROUP).completeness, Partial)


def test_a_mere_sub_admin_sees_a_shorter_list_with_200_and_is_not_believed(
    cloud: NextcloudEmulator, bench: Bench
) -> None:
    fill(cloud, 6, 2)
    cloud.set_rights(SERVICE[0], "none")
    cloud.accounts.make_subadmin(SERVICE[0], "gruppe 000")
    cloud.join(SERVICE[0], "gruppe 000")  # so that even our own account is in the list
    observation = bench.observe().of(Kind.ACCOUNT)
    assert 0 < len(observation.objects) < len(cloud.users)
    assert isinstance(observation.completeness, Partial)


def test_a_list_without_our_own_account_is_not_believed(cloud: NextcloudEmulator, bench: Bench) -> None:
    fill(cloud, 3)
    change_body(cloud, USERS, lambda data: data["users"].pop(SERVICE[0]))  # type: ignore[attr-defined]
    change_body(cloud, r"/cloud/users.format", lambda data: data["users"].remove(SERVICE[0]))  # type: ignore[attr-defined]
    assert isinstance(bench.observe().of(Kind.ACCOUNT).completeness, Partial)


def test_an_empty_list_that_was_full_is_not_believed(cloud: NextcloudEmulator, bench: Bench) -> None:
    fill(cloud, 3)
    change_body(cloud, USERS, lambda data: data.update(users=[]))
    change_body(cloud, r"/cloud/users.format", lambda data: data.update(users=[]))
    assert isinstance(bench.observe().of(Kind.ACCOUNT).completeness, Partial)


def test_a_target_that_does_not_answer_at_all_is_an_error(cloud: NextcloudEmulator, bench: Bench) -> None:
    cloud.stop()
    with pytest.raises(TargetError):
        bench.observe()


def test_ids_of_digits_are_strings_again(cloud: NextcloudEmulator, bench: Bench) -> None:
    cloud.add_user("12345", groups=["2026"])
    inventory = bench.observe()
    assert inventory.rosters[Kind.GROUP, "2026"].accounts == {"12345"}
    assert is_complete(inventory)


@pytest.mark.parametrize(
    ("told", "understood"),
    [
        (-3, -3),
        ("none", -3),
        ("default", 77),
        ("1 GB", 1024**3),
        (1024, 1024),
        (1024.0, 1024),
        (None, UNKNOWN),
        ("viel", UNKNOWN),
    ],
)
def test_a_quota_is_understood_in_all_forms_that_details_give_it(told: object, understood: object) -> None:
    account = account_of({"id": "anna", "groups": [], "quota": {"quota": told}}, default_quota=77)
    assert account is not None
    assert account.remote.fields["quota"] == understood


def test_a_servers_own_default_quota_is_no_difference(cloud: NextcloudEmulator, clock: VirtualClock) -> None:
    bench = paging(cloud, clock, 10, default_quota="5 GB")
    assert bench.connector.capabilities().canonical(Kind.ACCOUNT, "quota", None) == 5 * 1024**3
    bench.close()


def test_the_last_log_in_is_not_taken_over(cloud: NextcloudEmulator, bench: Bench) -> None:
    cloud.add_user("anna", last_login=1_767_000_000)
    assert "1767000000" not in repr(bench.observe())
