"""What a sync costs: exactly so many requests, and not one write too many."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import StringIO
from math import ceil

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.app.applying import Applied, Approval, apply
from provisioner.app.carrying_out import Started
from provisioner.app.reports import ImportReport
from provisioner.model.registry import ALWAYS, Membership, Period, Person, Registry, Role
from tests.support.crowd import Crowd
from tests.support.networks import build_registry
from tests.support.site import SERVICE, Installation, body, new_cloud, person, snapshot

FOLDERS, TALK = "/index.php/apps/groupfolders/folders", "/ocs/v2.php/apps/spreed/api/"
EPOCH = ("PUT", f"/users/{SERVICE[0]}")
BODIES = 2
"""Of the small network; each has two groups, a folder and a conversation."""


def test_the_first_sync_writes_once_an_account_with_its_groups_and_once_a_group(small: Installation) -> None:
    assert small.apply().code == 0
    writes = small.writes()
    of_rooms = [(method, path) for method, path in writes if path.startswith((FOLDERS, TALK))]
    others = [write for write in writes if write not in of_rooms]
    assert sorted(others) == [("POST", "/groups")] * 4 + [("POST", "/users")] * 3 + [EPOCH]
    groups = {user.id: set(user.groups) for user in small.cloud.users.values()}
    assert groups["anna.muster"] == {"PG_Sensorik", "PG_LoRaWAN", "PG_LoRaWAN-Administratoren"}
    assert groups["ben.muster"] == {"PG_Sensorik"}


def test_a_first_sync_writes_few_times_a_folder_a_conversation_and_a_text(small: Installation) -> None:
    small.wish.people["p-ben"]["bodies"] = ["pg-sensorik", {"id": "pg-lora", "role": "moderator"}]
    small.apply()
    writes = small.writes()
    texts = [path for _, path in writes if path.endswith("/description")]
    moderators = [path for _, path in writes if path.endswith("/moderators")]
    in_folders = [path for _, path in writes if path.startswith(FOLDERS)]
    in_rooms = [path for _, path in writes if path.startswith(TALK) and path not in texts]
    assert len(moderators) == 2
    assert len(in_folders) <= 10 * BODIES
    assert len(in_rooms) <= 3 * BODIES + len(moderators)
    assert 0 < len(texts) <= 2 * BODIES
    small.cloud.log.clear()
    small.apply()
    assert small.writes() == []


def fill(cloud: NextcloudEmulator, people: int, groups: int) -> None:
    """So many accounts and groups of others on the server, its own included."""
    for number in range(people - len(cloud.users)):
        cloud.add_user(f"other-{number:04}", display_name=f"Other {number:04}", email=f"o{number}@other.example")
    for number in range(groups - len(cloud.groups)):
        cloud.add_group(f"others-{number:04}")


@pytest.mark.parametrize(
    ("people", "groups"), [(5, 6), (499, 6), (500, 500), (501, 499), (1000, 501), (6, 1000), (1001, 1000)]
)
def test_a_second_plan_costs_exactly_its_pages_nine_requests_one_a_body_and_no_write(
    small: Installation, people: int, groups: int
) -> None:
    small.apply()
    fill(small.cloud, people, groups)
    assert (len(small.cloud.users), len(small.cloud.groups)) == (people, groups)
    small.cloud.log.clear()
    assert small.run("plan").code == 0
    counts = small.cloud.log.counts()
    assert counts["requests"] == ceil(people / 500) + ceil(groups / 500) + 6 + 2 + 1 + BODIES
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


def test_a_first_sync_of_a_hundred_people_costs_exactly_its_writes_and_the_plan_said_so(
    installation: Installation,
) -> None:
    installation.wish.add(*(body(f"pg-{n}", f"Gruppe {n}") for n in range(5)))
    installation.wish.add(*(person(f"P{n:04}", f"pg-{n % 5}", f"pg-{(n + 2) % 5}") for n in range(100)))
    cost = installation.plan()["targets"][0]["cost"]
    installation.cloud.log.clear()
    installation.apply()
    writes = [path for _, path in installation.writes() if not path.startswith((FOLDERS, TALK))]
    assert len(writes) == 100 + 5 * 2 + 1, "accounts, groups, and how far the run came"
    assert len(installation.writes()) <= cost["requests"] <= 100 + 5 * (2 + 10 + 3 + 2 * 5)
    assert (cost["mails"], cost["limited"], cost["minutes"]) == (0, {}, 0)


# --- of ten thousand people, a few ------------------------------------------------------------------------------

THOUSANDS = 10_000
OVER = Period(until=date(2020, 1, 31))


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    with new_cloud() as cloud:
        crowd = Crowd(tmp_path_factory.mktemp("crowd"), cloud, build_registry(THOUSANDS, 60, 20_000))
        yield crowd
        crowd.site.close()


def changed(registry: Registry, person: str, *memberships: Membership) -> Registry:
    """The registry with these memberships of this person in the place of whatever it had."""
    return replace(
        registry, people={**registry.people, person: replace(registry.people[person], memberships=memberships)}
    )


def sync(crowd: Crowd, only: str) -> tuple[Applied, int]:
    """`apply` of this alone, by somebody who read it; how many requests it took."""
    crowd.cloud.log.clear()
    applied = apply(crowd.site, Approval(), Started("test", "test"), only=frozenset({only}))
    assert applied.planned.plan.refusals == ()
    return applied, crowd.cloud.log.counts()["requests"]


def steps(applied: Applied) -> list[str]:
    return [] if applied.report is None else [result.step.operation for result in applied.report.results()]


def body_of(crowd: Crowd, number: int) -> str:
    return [body.id for body in crowd.registry.bodies.values() if body.id.startswith("pg-")][number]


def outside(crowd: Crowd, body: str, count: int) -> list[str]:
    """People who are not in this body."""
    people = (one for one in crowd.registry.people.values() if one.guest is None)
    return [one.id for one in people if not any(place.body == body for place in one.memberships)][:count]


def bodies_of(crowd: Crowd, person: str) -> int:
    """In how many bodies somebody is, by whatever way: each has a group of all its members."""
    found = next(user for user in crowd.cloud.users.values() if user.email == crowd.registry.people[person].email)
    return sum(not group.endswith("-Administratoren") for group in found.groups)


def test_a_body_costs_fifteen_requests_and_one_for_each_member_and_moderator_that_changes(crowd: Crowd) -> None:
    body = body_of(crowd, 3)
    applied, requests = sync(crowd, body)
    assert (steps(applied), requests <= 15) == ([], True)
    people = {one: crowd.registry.people[one].memberships for one in outside(crowd, body, 8)}
    for period in (ALWAYS, OVER):
        for number, (one, places) in enumerate(people.items()):
            role = Role.MEMBER if number < 5 else Role.MODERATOR
            crowd.registry = changed(crowd.registry, one, *places, Membership(body, role, period))
        applied, requests = sync(crowd, body)
        assert len(steps(applied)) >= 8 + 3 + 3, "who moderates is a member, too, and leads the conversation"
        assert requests <= 15 + 8 + 3
    assert sync(crowd, body)[0].report is None, "and all is as it should be"


def test_a_body_that_is_called_otherwise_costs_five_more_since_all_its_rooms_are_renamed(crowd: Crowd) -> None:
    body = body_of(crowd, 4)
    renamed = replace(crowd.registry.bodies[body], name="Ganz anders")
    crowd.registry = replace(crowd.registry, bodies={**crowd.registry.bodies, body: renamed})
    applied, requests = sync(crowd, body)
    assert len(steps(applied)) == 5, "two groups, a folder, a conversation, and its text with the folder's link"
    assert requests <= 15 + 5


def test_a_person_costs_four_requests_and_two_a_body(crowd: Crowd) -> None:
    body = body_of(crowd, 5)
    [somebody] = outside(crowd, body, 1)
    places = crowd.registry.people[somebody].memberships
    assert len(places) > 1
    applied, requests = sync(crowd, somebody)
    assert (steps(applied), requests <= 4 + 2 * bodies_of(crowd, somebody)) == ([], True)
    crowd.registry = changed(crowd.registry, somebody, *places, Membership(body))
    applied, requests = sync(crowd, somebody)
    assert (steps(applied), requests <= 4 + 2 * bodies_of(crowd, somebody)) == (["join"], True)


def test_somebody_new_costs_no_more_and_a_farewell_three_for_the_account(crowd: Crowd) -> None:
    like = next(iter(crowd.registry.people.values()))
    bodies = [body_of(crowd, number) for number in range(10, 16)]
    nora = Person(
        "p-neu", "Nora", "Neu", "nora@neu.example", like.affiliations, memberships=tuple(map(Membership, bodies))
    )
    crowd.registry = replace(crowd.registry, people={**crowd.registry.people, nora.id: nora})
    applied, requests = sync(crowd, nora.id)
    assert (steps(applied), requests <= 4 + 2 * len(bodies)) == (["create-account"], True)
    gone = replace(nora, period=OVER)
    crowd.registry = replace(crowd.registry, people={**crowd.registry.people, nora.id: gone})
    applied, requests = sync(crowd, nora.id)
    assert (steps(applied), requests <= 4 + 2 * len(bodies) + 3) == ([*["leave"] * 6, "disable-account"], True)
    assert not crowd.cloud.users["nora.neu"].enabled


def test_who_moderates_costs_two_more_a_body(crowd: Crowd) -> None:
    like = next(iter(crowd.registry.people.values()))
    places = tuple(Membership(body_of(crowd, number), Role.MODERATOR) for number in range(20, 24))
    zora = Person("p-zora", "Zora", "Neu", "zora@neu.example", like.affiliations, memberships=places)
    crowd.registry = replace(crowd.registry, people={**crowd.registry.people, zora.id: zora})
    applied, requests = sync(crowd, zora.id)
    assert steps(applied) == ["create-account", *["promote-in-conversation"] * 4]
    assert requests <= 4 + 2 * bodies_of(crowd, zora.id) + 2 * len(places)
