"""What a sync costs: exactly so many requests, and not one write too many."""

from io import StringIO
from math import ceil

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.app.reports import ImportReport
from tests.support.site import Installation, body, person, snapshot


def test_the_first_sync_writes_once_an_account_with_its_groups_and_once_a_group(small: Installation) -> None:
    assert small.apply().code == 0
    writes = small.writes()
    assert sorted(writes) == [("POST", "/groups")] * 4 + [("POST", "/users")] * 3
    groups = {user.id: set(user.groups) for user in small.cloud.users.values()}
    assert groups["anna.muster"] == {"PG_Sensorik", "PG_LoRaWAN", "PG_LoRaWAN-Administratoren"}
    assert groups["ben.muster"] == {"PG_Sensorik"}


def fill(cloud: NextcloudEmulator, people: int, groups: int) -> None:
    """So many accounts and groups of others on the server, its own included."""
    for number in range(people - len(cloud.users)):
        cloud.add_user(f"other-{number:04}", display_name=f"Other {number:04}", email=f"o{number}@other.example")
    for number in range(groups - len(cloud.groups)):
        cloud.add_group(f"others-{number:04}")


@pytest.mark.parametrize(
    ("people", "groups"), [(5, 6), (499, 6), (500, 500), (501, 499), (1000, 501), (6, 1000), (1001, 1000)]
)
def test_a_second_plan_costs_exactly_its_pages_and_eight_requests_and_no_write(
    small: Installation, people: int, groups: int
) -> None:
    small.apply()
    fill(small.cloud, people, groups)
    assert (len(small.cloud.users), len(small.cloud.groups)) == (people, groups)
    small.cloud.log.clear()
    assert small.run("plan").code == 0
    counts = small.cloud.log.counts()
    assert counts["requests"] == ceil(people / 500) + ceil(groups / 500) + 6
    assert counts["writes"] == 0


@pytest.mark.parametrize(
    "command", [["plan"], ["plan", "--json"], ["drift"], ["doctor"], ["explain", "p-anna"], ["validate"], ["history"]]
)
@pytest.mark.parametrize("applied", [False, True])
def test_what_only_reads_never_writes(small: Installation, command: list[str], applied: bool) -> None:
    if applied:
        small.apply()
        small.wish.add(person("Dora", "pg-lora"))
        small.cloud.set_email("anna.muster", "tampered@bretten.example")
    small.cloud.log.clear()
    before = snapshot(small.cloud)
    assert small.run(*command).code in (0, 2)
    assert small.writes() == []
    assert snapshot(small.cloud) == before
    assert (len(small.cloud.log) > 0) == (command[0] in ("plan", "drift", "doctor"))


def test_an_import_reads_and_writes_only_here(small: Installation) -> None:
    small.cloud.add_user("vera", display_name="Vera Vogt", email="vera@bretten.example", groups=["PG_Wasser"])
    before = snapshot(small.cloud)
    ran = small.run("import", "nextcloud", small.folder / "drawn", "--json")
    assert ran.code == 0
    ImportReport.model_validate_json(ran.out)
    assert len(ran.out.splitlines()) == 1
    assert small.writes() == []
    assert len(small.cloud.log) > 0
    assert snapshot(small.cloud) == before


def test_declining_the_shown_plan_writes_nothing(small: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("n\n"))
    ran = small.run("apply")
    assert ran.code == 2
    assert "Nothing was changed" in ran.err
    assert small.writes() == []


def test_a_first_sync_of_three_hundred_people_costs_exactly_its_writes_and_the_plan_said_so(
    installation: Installation,
) -> None:
    installation.wish.add(*(body(f"pg-{n}", f"Gruppe {n}") for n in range(20)))
    installation.wish.add(*(person(f"P{n:04}", f"pg-{n % 20}", f"pg-{(n + 7) % 20}") for n in range(300)))
    cost = installation.plan()["targets"][0]["cost"]
    installation.cloud.log.clear()
    installation.apply()
    assert cost["requests"] == len(installation.writes()) == 300 + 20 * 2
    assert (cost["mails"], cost["limited"], cost["minutes"]) == (0, {}, 0)
