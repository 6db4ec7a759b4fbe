"""Every fault that Keycloak and Mailman can make: nothing is taken away, nothing made twice, and the others go on."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioner.emulation import Fault, Faults
from tests.support.identity import Identity, lists_of, realm_of
from tests.support.identity_change import PLACES, Known, Undisturbed, another, assert_ends_right

Make = Callable[..., Fault]

FAULTS: dict[str, Callable[[Faults], Make]] = {
    "429": lambda faults: lambda **aim: faults.status(429, retry_after=7, **aim),
    "500": lambda faults: lambda **aim: faults.status(500, **aim),
    "503 in HTML": lambda faults: lambda **aim: faults.maintenance_page(503, **aim),
    "HTML with 200": lambda faults: faults.maintenance_page,
    "log-in page with 200": lambda faults: faults.login_page,
    "reset before": lambda faults: faults.reset_before,
    "reset after": lambda faults: faults.reset_after,
    "truncated": lambda faults: lambda **aim: faults.truncate(20, **aim),
}
READS = {
    "login": (
        r"/protocol/openid-connect/token",
        r"/groups[?]",
        r"/users[?]",
        r"/groups/[^/]+/children",
        r"/groups/[^/]+/members",
        r"/roles/[^/]+/users",
    ),
    "lists": (r"/domains/", r"/addresses[?]", r"/lists[?]|/domains/.*/lists", r"/roster/member", r"/config"),
}


def in_the_end(setup: Identity, undisturbed: Undisturbed) -> None:
    """A run ends right, or says that it did not; one of the next does, and nothing is there twice."""
    for _ in range(3):
        ran = setup.run("apply", "--yes")
        assert ran.code in (0, 1, 2)
        assert "Traceback" not in ran.all
        if ran.code == 0:
            break
    setup.keycloak.faults.clear()
    setup.lists.faults.clear()
    assert_ends_right(setup, undisturbed)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_the_first_try_of_every_write_ends_right(
    tmp_path: Path, identity_known: Known, identity_undisturbed: Undisturbed, fault: str
) -> None:
    with another(tmp_path, identity_known) as setup:
        made = []
        for target in PLACES:
            make = FAULTS[fault](setup.servers[target].faults)
            for method, path in set(identity_undisturbed.writes[target]):
                known = re.sub(r"/[0-9a-f-]{32,36}", "/[0-9a-f-]{32,36}", path)
                made.append(make(method=method, path=f"{known}$", writes=True))
        in_the_end(setup, identity_undisturbed)
        assert sum(each.fired for each in made) >= 20


def planned(plan: dict[str, Any]) -> set[tuple[str, ...]]:
    return {
        (part["target"], change["verb"], change["id"], *member)
        for part in plan["targets"]
        for change in part["changes"]
        for member in ([(key,) for key in change["members"]] or [()])
    }


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_read_makes_nobody_seem_gone(tmp_path: Path, identity_known: Known, fault: str) -> None:
    with another(tmp_path, identity_known) as setup:
        whole = planned(setup.plan())
        before = realm_of(setup.keycloak), lists_of(setup.lists)
        setup.clear_logs()
        for target, paths in READS.items():
            for path in paths:
                made = FAULTS[fault](setup.servers[target].faults)(path=path, times=None)
                ran = setup.run("plan", "--json")
                assert made.fired > 0, path
                setup.servers[target].faults.clear()
                notices = [notice for part in ran.json["targets"] for notice in part["notices"]]
                assert {notice["kind"] for notice in notices} <= {"partial", "waiting"}, (path, notices)
                assert planned(ran.json) <= whole, (path, planned(ran.json) - whole)
        assert (setup.all_writes(), (realm_of(setup.keycloak), lists_of(setup.lists))) == ([], before)


def test_a_token_that_runs_out_in_the_middle_again_and_again_is_made_anew(
    tmp_path: Path, identity_known: Known, identity_undisturbed: Undisturbed
) -> None:
    with another(tmp_path, identity_known) as setup:
        setup.keycloak.set_token_lifespan(60)
        setup.keycloak.faults.hook(before=lambda _: setup.clock.sleep(45), path="/admin/", times=None)
        assert_ends_right(setup, identity_undisturbed)
        tokens = setup.keycloak.log.matching("POST", "/token$")
        assert len(tokens) > 20, "many of them in one run"
        assert {entry.status for entry in setup.keycloak.log.requests} <= {200, 201, 204, 401, 404}


def test_tokens_that_are_all_revoked_in_the_middle_are_made_anew(
    tmp_path: Path, identity_known: Known, identity_undisturbed: Undisturbed
) -> None:
    with another(tmp_path, identity_known) as setup:
        for number in (3, 7, 12):
            setup.keycloak.faults.hook(before=lambda _: setup.keycloak.revoke_tokens(), nth_write=number)
        assert_ends_right(setup, identity_undisturbed)


@pytest.mark.parametrize(
    ("method", "path", "left_out"),
    [
        ("POST", "/admin/realms/readi/users$", "gerd.muster"),
        ("PUT", "/users/[^/]+$", "anna.muster"),
        ("POST", "/3.1/users$", "gerd@bretten.example"),
        ("PATCH", "/3.1/addresses/anna@", "anna@bretten.example"),
    ],
)
def test_one_object_that_always_fails_stops_what_depends_on_it_alone(
    tmp_path: Path,
    identity_known: Known,
    identity_undisturbed: Undisturbed,
    method: str,
    path: str,
    left_out: str,
) -> None:
    with another(tmp_path, identity_known) as setup:
        target = "lists" if "3.1" in path else "login"
        setup.servers[target].faults.status(400, method=method, path=path, writes=True, times=None)
        ran = setup.run("apply", "--yes", "--json")
        assert (ran.code, ran.json["outcome"]) == (1, "partly")
        assert left_out in {step["name"] for step in ran.json["failed"]}
        assert "PG_KI" in {group.name for group in setup.keycloak.realm.groups.values()}
        assert "cleo.muster" in setup.in_group("PG_Sensorik")
        assert "cleo" in setup.on("pg-sensorik")
        setup.servers[target].faults.clear()
        assert_ends_right(setup, identity_undisturbed)


def test_pages_that_shift_while_they_are_read_hide_nobody(tmp_path: Path, identity_known: Known) -> None:
    with another(tmp_path, identity_known) as setup:
        for number in range(210):
            setup.keycloak.add_user(f"a{number:03}", email=f"a{number}@other.example")
            setup.lists.world.add_user(f"a{number:03}@other.example")
        whole = planned(setup.plan())
        users = iter([user for user in setup.keycloak.realm.users.values() if user.username.startswith("a0")])
        addresses = iter([one for one in setup.lists.world.addresses.values() if one.email.startswith("a0")])

        def user_goes(*_: object) -> None:
            setup.keycloak.realm.remove_user(next(users))

        def address_goes(*_: object) -> None:
            setup.lists.world.remove_address(next(addresses))

        for times in (1, 3, 40):
            setup.keycloak.faults.hook(after=user_goes, path=r"/users[?]", times=times)
            setup.lists.faults.hook(after=address_goes, path=r"/addresses[?]", times=times)
            ran = setup.run("plan", "--json")
            assert planned(ran.json) <= whole
            kinds = {notice["kind"] for part in ran.json["targets"] for notice in part["notices"]}
            assert kinds <= {"partial"}, kinds
            setup.keycloak.faults.clear()
            setup.lists.faults.clear()
        assert planned(setup.plan()) == whole
