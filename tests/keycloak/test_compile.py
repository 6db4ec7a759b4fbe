"""From changes to the fewest writes, in a valid order. Pure: there is no server."""

import pytest
from pydantic import SecretStr, ValidationError

from connectors.keycloak.connector import KeycloakConnector
from connectors.keycloak.settings import KeycloakSettings
from provisioner.emulation import VirtualClock
from provisioner.model.changes import Change
from provisioner.model.inventory import Remote
from provisioner.model.ports import Wiring
from provisioner.model.resources import Edge, Kind, ResourceId, Seats
from provisioner.model.steps import Step
from provisioner.transport.gate import WriteGate
from provisioner.transport.ledger import MemoryRates, RateLedger
from tests.keycloak.served import SETTINGS
from tests.support.keycloak import create, erase, group, join, leave, person, role, suspend, update

CLOCK = VirtualClock()
CONNECTOR = KeycloakConnector(
    "login", SETTINGS, Wiring(WriteGate(), CLOCK, RateLedger(MemoryRates(), "server", "us", CLOCK))
)
BOUND = {person("anna"): "u-anna", person("ben"): "u-ben", group("a"): "g-a", group("b"): "g-b", role("r"): "r-r"}
ANNA = Remote("u-anna", "anna.amsel", {"given_name": "Anna", "email": None, "enabled": True})


def compiled(*changes: Change) -> list[Step]:
    return list(CONNECTOR.compile(changes, BOUND.__getitem__))


def test_a_new_account_comes_into_groups_with_its_own_post_and_gets_roles_after_it() -> None:
    steps = compiled(
        create(group("new"), "PG_Neu"),
        create(person("cleo"), "cleo.chur", email="Cleo@Bretten.Example"),
        join(group("new"), "cleo", "anna"),
        join(group("a"), "cleo"),
        join(role("r"), "cleo"),
    )
    assert [(step.operation, step.id) for step in steps] == [
        ("create-group", group("new")),
        ("create-account", person("cleo")),
        ("join-group", person("anna")),
        ("give-role", person("cleo")),
    ]
    made = steps[1]
    assert made.refers == (group("new"), group("a"))
    assert made.effects.joins == (Edge(Seats(group("new")), "person:cleo"), Edge(Seats(group("a")), "person:cleo"))
    assert made.effects.fields["email"] == "cleo@bretten.example"
    assert (made.cost.requests, made.cost.mails) == (1, 0)


def test_a_link_or_a_slash_in_a_groups_name_costs_a_request_more() -> None:
    steps = compiled(
        create(person("cleo"), "cleo.chur", login_link="bretten:7"),
        join(group("a"), "cleo", name="PG_Klima/Energie"),
        join(group("b"), "cleo", name="PG_Lora"),
    )
    assert [step.cost.requests for step in steps] == [3]


def test_all_that_differs_of_an_account_is_one_write_after_it_left_its_groups() -> None:
    steps = compiled(
        update(person("anna"), ANNA, given_name="Änne", email="anna@bretten.example"),
        suspend("anna", "u-anna"),
        leave(group("a"), "g-a", "anna"),
        leave(role("r"), "r-r", "anna"),
    )
    assert [step.operation for step in steps] == ["leave-group", "take-role", "update-account"]
    changed = steps[-1]
    assert changed.after == (group("a"), role("r"))
    assert changed.expects == {"given_name": "Anna", "email": None, "enabled": True}
    assert changed.effects.fields == {"given_name": "Änne", "email": "anna@bretten.example", "enabled": False}


def test_several_who_leave_a_group_are_read_once() -> None:
    steps = compiled(leave(group("a"), "g-a", "anna", "ben"), leave(group("b"), "g-b", "anna"))
    assert [step.cost.requests for step in steps] == [2, 1, 2]
    assert all(step.expects_edge is not None for step in steps)


def test_what_is_erased_goes_last_and_groups_before_accounts() -> None:
    steps = compiled(erase(person("anna"), "u-anna", "Anna.Amsel"), erase(group("a"), "g-a"), create(group("n"), "N"))
    assert [step.operation for step in steps] == ["create-group", "erase-group", "erase-account"]
    assert steps[-1].effects.fields == {"name": "anna.amsel"}


@pytest.mark.parametrize(
    "name",
    ["admin", "default-roles-redi", "offline_access", "uma_authorization", "realm-admin", "Manage-Users", "", "."],
)
def test_roles_that_are_the_servers_own_or_administer_it_are_never_given(name: str) -> None:
    assert CONNECTOR.capabilities().objection(Kind.ROLE, name) is not None


@pytest.mark.parametrize(
    "name",
    ["ab", "a" * 256, "a b", "a/b", "o'neil", "анна", "ann\u0430", "a%b", "a;b", "a\tb", "İzmir", "service-account-x"],
)
def test_usernames_that_the_server_refuses_are_objected_to(name: str) -> None:
    assert CONNECTOR.capabilities().objection(Kind.ACCOUNT, name) is not None


@pytest.mark.parametrize("name", ["anna.amsel", "ä.müller", "a@b.example", "a+b", "straße", "A-B_1"])
def test_usernames_that_the_server_takes_are_taken(name: str) -> None:
    assert CONNECTOR.capabilities().objection(Kind.ACCOUNT, name) is None


def test_people_log_in_with_these_accounts_and_names_are_given_once() -> None:
    able = CONNECTOR.capabilities()
    assert able.holds_login
    assert all(able.fields[kind]["name"] == "create-only" for kind in (Kind.ACCOUNT, Kind.GROUP, Kind.ROLE))
    assert able.canonical_name(Kind.ACCOUNT, "Anna") == "anna"
    assert able.canonical_name(Kind.GROUP, "PG_A") == "PG_A"


@pytest.mark.parametrize(
    "wrong", [{"realm": "master"}, {"page_size": 101}, {"parent_group": "a/b"}, {"url": "https://x.example/realms/a"}]
)
def test_settings_that_can_not_be_meant_are_refused(wrong: dict[str, object]) -> None:
    right = {"url": "https://x.example", "realm": "a", "user": "u", "password": SecretStr("p"), "parent_group": "g"}
    assert KeycloakSettings.model_validate(right).identity() == "keycloak:x.example/realms/a"
    with pytest.raises(ValidationError):
        KeycloakSettings.model_validate(right | wrong)


def test_a_payload_holds_no_secret_and_no_id_of_ours_is_sent() -> None:
    (step,) = compiled(create(group("new"), "PG_Neu", display_name="Neu"))
    assert step.payload == {"name": "PG_Neu", "fields": {"display_name": "Neu"}}
    assert ResourceId(Kind.GROUP, "body:new") == step.id
