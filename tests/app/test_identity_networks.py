"""Two networks on one realm and one Mailman, and what is nobody's of ours there: left alone, whatever happens."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.identity import Identity, identity, lists_of, realm_of
from tests.support.site import LONG_AGO, Snapshot, Wish, body, person


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Identity]:
    """Networks redi and nord; Ben is in both, with the same address. Both synchronised."""
    with identity(tmp_path) as setup:
        setup.without_cloud()
        setup.keycloak.add_group("nord", top=True)
        nord = setup.networks["nord"] = Wish("nord", policy=setup.wish.policy, cities=setup.wish.cities)
        nord.targets["lists"] = dict(setup.wish.targets["lists"])
        nord.targets["login"] = {**setup.wish.targets["login"], "parent_group": "nord"}
        nord.add(
            body("pg-wind", "Wind"),
            {**person("Ben", "pg-wind"), "id": "p-b"},
            person("Nora", {"id": "pg-wind", "role": "moderator"}),
        )
        assert setup.run("--network", "redi", "apply", "--yes").code == 0
        assert setup.run("--network", "nord", "apply", "--yes").code == 2, "Mailman tells Ben by his address alone"
        (waiting,) = setup.run("--network", "nord", "plans", "list", "--json").json["waiting"]
        assert setup.run("--network", "nord", "plans", "approve", waiting["digest"]).code == 0
        yield setup


def of_redi(setup: Identity) -> Snapshot:
    """What of both servers is redi's."""
    realm, lists = realm_of(setup.keycloak), lists_of(setup.lists)
    return {
        "users": {name: one[:4] for name, one in realm["users"].items() if "nora" not in name},
        "groups": {path: one for path, one in realm["groups"].items() if path.startswith("/re@di/")},
        "in groups": {
            name: [path for path in one[4] if path.startswith("/re@di/")] for name, one in realm["users"].items()
        },
        "lists": {name: one for name, one in lists["lists"].items() if "wind" not in name},
        "members": [one for one in lists["members"] if "wind" not in one[0]],
        "addresses": {name: one for name, one in lists["addresses"].items() if "nora" not in name},
    }


def nothing_to_do(setup: Identity) -> bool:
    return [setup.run("--network", one, "plan").code for one in ("redi", "nord")] == [0, 0]


def test_neither_network_touches_the_other_s_and_somebody_in_both_has_one_account(both: Identity) -> None:
    assert [name for name in realm_of(both.keycloak)["users"] if "ben" in name] == ["ben.muster"]
    assert realm_of(both.keycloak)["users"]["ben.muster"][4] == ["/nord/PG_Wind", "/re@di/PG_Sensorik"]
    assert (both.on("pg-wind"), both.on("pg-sensorik")) == (["ben", "nora"], ["anna", "ben"])
    assert nothing_to_do(both)


def test_whatever_one_network_does_the_other_s_stays(both: Identity) -> None:
    before, nord = of_redi(both), both.networks["nord"]
    nord.bodies["pg-wind"]["name"] = "Wind und Wetter"
    nord.people["p-b"] |= {"language": "en"}
    nord.people["p-nora"]["email"] = "nora.neu@bretten.example"
    assert both.run("--network", "nord", "apply", "--yes").code == 0
    assert of_redi(both) == before
    nord.people["p-b"]["leaves"] = LONG_AGO
    assert both.run("--network", "nord", "apply", "--yes").code == 0
    ben = realm_of(both.keycloak)["users"]["ben.muster"]
    assert (ben[0][4], ben[4]) == (True, ["/re@di/PG_Sensorik"])
    assert both.on("pg-sensorik") == ["anna", "ben"]
    assert "ben" not in both.on("pg-wind")
    assert nothing_to_do(both)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Identity]:
    """A realm with much that is none of ours, after the first sync."""
    with identity(tmp_path) as setup:
        setup.without_cloud()
        setup.wish.policy["login"] |= {"roles": {"ranger": "admin", "coordinator": "readi-coordinator"}}
        setup.wish.people["p-anna"]["roles"] = ["ranger", "coordinator"]
        keycloak, world = setup.keycloak, setup.lists.world
        keycloak.add_user("fremd", email="fremd@other.example", first_name="Fritz", last_name="Fremd")
        keycloak.add_user("chef", email="chef@other.example")
        keycloak.add_user("service-account-backup", service_account=True)
        keycloak.add_group("Chor", ["fremd"], top=True, attributes={"readi": ["readi:body:pg-sensorik"]})
        keycloak.add_group("PG_Sensorik", ["fremd", "chef"], top=True, description="eine andere")
        keycloak.add_group("Handgemacht", ["fremd"])
        keycloak.add_role("admin", ["chef"])
        keycloak.add_role("readi-coordinator", ["chef"])
        world.add_domain("andere.example")
        for host in ("andere.example", setup.lists.domain):
            place = world.add_list("buergerforum", host, "private-default")
            world.seat(
                place, "member", world.address("fremd@other.example") or world.add_address("fremd@other.example")
            )
        setup.run("apply", "--yes")
        assert setup.run("plan").code in (0, 2)
        setup.run("adopt", "--all", "--yes")
        setup.run("apply", "--yes")
        yield setup


OURS = {"anna.muster", "ben.muster", "cleo.muster"}


def not_ours(setup: Identity) -> Snapshot:
    realm, lists = realm_of(setup.keycloak), lists_of(setup.lists)
    return {
        "users": {name: one for name, one in realm["users"].items() if name not in OURS},
        "groups": {
            path: one
            for path, one in realm["groups"].items()
            if not path.startswith("/re@di/") or path == "/re@di/Handgemacht"
        },
        "lists": {name: one for name, one in lists["lists"].items() if "buerger" in name},
        "members": [one for one in lists["members"] if "buerger" in one[0]],
        "role admin": {name for name, one in realm["users"].items() if "admin" in one[5]},
    }


def test_ten_syncs_with_changes_touch_nothing_that_is_not_ours(guarded: Identity) -> None:
    before, wish = not_ours(guarded), guarded.wish
    assert before["role admin"] == {"chef"}, "that role is never given"
    assert "readi-coordinator" in realm_of(guarded.keycloak)["users"]["anna.muster"][5]
    changes = (
        lambda: wish.people["p-anna"].update(email="anna.neu@bretten.example"),
        lambda: wish.people["p-ben"].update(bodies=[{"id": "pg-sensorik", "until": LONG_AGO}]),
        lambda: wish.bodies["pg-sensorik"].update(name="Anders"),
        lambda: wish.add(body("pg-chor", "Chor"), body("pg-handgemacht", "Handgemacht")),
        lambda: wish.people["p-cleo"].update(leaves=LONG_AGO),
        lambda: wish.people["p-anna"].update(roles=["coordinator"]),
        lambda: wish.bodies["pg-lora"].update(archived=LONG_AGO),
        lambda: wish.people["p-anna"].update(roles=[]),
        lambda: wish.people.pop("p-cleo"),
        lambda: wish.people["p-ben"].update(bodies=["pg-chor"], leaves=None),
    )
    for change in changes:
        change()
        assert guarded.run("apply", "--yes").code in (0, 2)
        for waiting in guarded.run("plans", "list", "--json").json["waiting"]:
            guarded.run("plans", "approve", waiting["digest"])
        assert not_ours(guarded) == before


def test_whoever_was_put_into_our_group_by_hand_is_drift_and_stays_until_a_ranger_agrees(guarded: Identity) -> None:
    group = guarded.keycloak.group("/re@di/PG_Sensorik")
    for name in ("fremd", "cleo.muster", "service-account-backup"):
        guarded.keycloak.user(name).groups.add(group.id)
    drift = guarded.run("drift")
    assert (drift.code, "Cleo" in drift.out) == (2, True)
    assert guarded.run("apply", "--yes").code == 2
    assert guarded.in_group("PG_Sensorik") >= {"fremd", "cleo.muster", "service-account-backup"}
    (waiting,) = guarded.run("plans", "list", "--json").json["waiting"]
    assert guarded.run("plans", "approve", waiting["digest"]).code == 0
    left = guarded.in_group("PG_Sensorik")
    assert "cleo.muster" not in left, "ours, and nobody wants Cleo there"
    assert left >= {"fremd", "service-account-backup"}, "whoever is none of ours stays"
