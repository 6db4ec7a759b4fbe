"""What identity costs: exactly so many requests, no write by what only reads, and one person's plan for one person."""

from collections.abc import Iterator
from math import ceil
from pathlib import Path

import pytest

from tests.support.identity import AD, Identity, identity, state_of
from tests.support.site import person
from tests.support.sources import down

PEOPLE = 130
PAGE = 100


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    """So many in one project group, a few in another."""
    with identity(tmp_path_factory.mktemp("crowd")) as setup:
        setup.without_cloud()
        setup.wish.policy["guards"] = {"mails": 10_000}
        setup.wish.add(*(person(f"P{number:03}", "pg-lora") for number in range(PEOPLE)))
        setup.apply()
        yield setup


def requests(setup: Identity, *arguments: object) -> dict[str, int]:
    """By target, those of one command."""
    setup.clear_logs()
    ran = setup.run(*arguments)
    assert ran.code in (0, 2), ran.all
    return {name: len(server.log.requests) for name, server in setup.servers.items() if name != "cloud"}


def test_a_plan_without_changes_costs_what_was_promised_and_no_write(crowd: Identity) -> None:
    realm = crowd.keycloak.realm
    members = [len(realm.members(group.id)) for group in realm.children(crowd.keycloak.parent.id)]
    people = len([user for user in realm.users.values() if not user.service_account])
    promised = ceil((people + 1) / PAGE) + ceil((len(members) + 1) / PAGE) + 4
    promised += sum(ceil((count + 1) / PAGE) for count in members)
    counted = requests(crowd, "plan")
    assert counted["login"] <= promised
    assert counted["lists"] == 1 + ceil(people / 200) + 1 + 2 * 3
    assert crowd.all_writes() == []


def test_a_plan_about_a_person_costs_the_same_however_many_there_are(crowd: Identity) -> None:
    counted = requests(crowd, "plan", "--only", "p-ben")
    assert counted["login"] <= 5
    assert counted["lists"] <= 4 + 4, "Ben is on one list"
    crowd.wish.people["p-p007"]["email"] = "neu@bretten.example"
    before = state_of(crowd)
    counted = requests(crowd, "apply", "--yes", "--only", "p-ben")
    assert (crowd.all_writes(), state_of(crowd)) == ([], before), "somebody else's news wait"
    counted = requests(crowd, "apply", "--yes", "--only", "p-p007")
    assert counted["login"] <= 2 * 5 + 3
    assert counted["lists"] <= 2 * 8 + 14
    assert crowd.keycloak.user("p007.muster").email == "neu@bretten.example"
    now, was = state_of(crowd), before
    assert [name for name, one in now["login"]["users"].items() if was["login"]["users"][name] != one] == [
        "p007.muster"
    ]
    assert set(now["lists"]["addresses"]) ^ set(was["lists"]["addresses"]) == {
        "neu@bretten.example",
        "p007@bretten.example",
    }


def test_a_plan_about_a_body_reads_its_people_alone(crowd: Identity) -> None:
    counted = requests(crowd, "plan", "--only", "pg-sensorik")
    assert counted["login"] <= 8
    assert counted["lists"] <= 8
    crowd.wish.people["p-cleo"]["bodies"] = ["pg-lora", "pg-sensorik"]
    before = state_of(crowd)["login"]["users"]
    counted = requests(crowd, "apply", "--yes", "--only", "pg-sensorik")
    assert counted["login"] <= 2 * 8 + 3
    assert counted["lists"] <= 2 * 8 + 3
    assert len(crowd.all_writes()) <= 3
    assert "cleo.muster" in crowd.in_group("PG_Sensorik")
    assert "cleo" in crowd.on("pg-sensorik")
    now = state_of(crowd)["login"]["users"]
    assert [name for name in now if now[name] != before[name]] == ["cleo.muster"]


READING = (
    "plan",
    "plan --json",
    "plan --only p-ben",
    "doctor",
    "drift",
    "sources",
    "sources read",
    f"sources read --preview {AD}",
    "links",
    "bounces",
    "explain p-ben",
    "explain pg-lora",
    "leavers",
    "person show p-ben --json",
    "validate",
    "import keycloak drawn",
)


def test_what_only_reads_makes_no_writing_request_anywhere(tmp_path: Path) -> None:
    with identity(tmp_path) as setup:
        setup.use_directory(("k1", "Karla Kurz"), ("k2", "Ben Muster"))
        setup.use_staff("4711;Rolf;Rüstig;rolf@ettlingen.example")
        for synced in (False, True):
            if synced:
                setup.run("apply", "--yes")
                setup.keycloak.user("anna.muster").first_name = "Anders"
                setup.wish.add(person("Dora", "pg-lora"))
                setup.directory.people.pop("k1")
            setup.clear_logs()
            before = state_of(setup)
            for command in READING:
                arguments = command.replace("drawn", str(setup.folder / f"drawn{synced}")).split()
                ran = setup.run(*arguments)
                assert "Traceback" not in ran.all, command
                assert ran.code in (0, 1, 2), (command, ran.all)
            setup.directory.error = down()
            setup.run("plan")
            setup.directory.error = None
            assert (setup.all_writes(), state_of(setup)) == ([], before)
            assert all(len(log) > 0 for log in setup.logs)
