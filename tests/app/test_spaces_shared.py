"""One forum of two networks, and the last rung of the ladder: whose an account is, and what is left of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.site import Wish, body, person
from tests.support.spaces import Spaces, spaces

DAY = 86_400.0
FORUMS = ("forum", "board")


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Spaces]:
    with spaces(tmp_path) as made:
        made.only("login", *FORUMS)
        yield made


def test_somebody_in_two_networks_has_one_account_in_each_forum(setup: Spaces) -> None:
    setup.keycloak.add_group("nord", top=True)
    nord = setup.networks["nord"] = Wish("nord", policy=setup.wish.policy)
    nord.targets = {name: dict(told) for name, told in setup.wish.targets.items()}
    nord.targets["login"]["parent_group"] = "nord"
    nord.add(body("pg-wind", "Wind"), {**person("Ben", "pg-wind"), "id": "p-b"}, person("Nora", "pg-wind"))
    for network in ("redi", "nord", "nord"):  # by whom the login has him is known after its first run
        ran = setup.run("--network", network, "apply", "--yes")
        assert ran.code == 0, ran.all
    assert [one.username for one in setup.forum.world.users.values() if "ben" in one.username] == ["ben.muster"]
    assert [one.username for one in setup.board.world.users.values() if "ben" in one.username] == ["ben.muster"]
    discourse, nodebb = setup.discourse_user("ben.muster").id, setup.nodebb_user("ben.muster").uid
    groups = {one.name: one.members for one in setup.forum.world.groups.values()}
    assert all(discourse in groups[name] for name in ("PG_Sensorik", "PG_Wind"))
    assert all(nodebb in setup.board.world.groups[name].members for name in ("PG_Sensorik", "PG_Wind"))
    for network in ("redi", "nord"):
        ran = setup.run("--network", network, "plan")
        assert ran.code == 0, ran.all


def test_who_is_erased_is_nobody_in_the_forums_and_the_posts_stay(setup: Spaces) -> None:
    setup.apply()
    topics = len(setup.board.world.topics)
    ben = setup.nodebb_user("ben.muster").uid
    today = setup.clock.now().date().isoformat()
    setup.wish.people["p-ben"]["leaves"] = today
    setup.clock.sleep(DAY)
    setup.apply()
    setup.clock.sleep(31 * DAY)
    setup.run("person", "handed-over", "p-ben", "--to", "p-anna")
    ran = setup.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert ran.code == 0, ran.all
    assert "neither name nor address any more and is called anon" in ran.out
    told = str([vars_of(one) for one in (*setup.forum.world.users.values(), *setup.board.world.users.values())])
    assert "ben.muster" not in told
    assert "ben@bretten.example" not in told
    assert len(setup.board.world.topics) == topics
    assert setup.forum.mails == setup.board.mails == []
    ran = setup.run("plan")
    assert (ran.code, ben in setup.board.world.groups["PG_Sensorik"].members) == (0, False), ran.all


def vars_of(user: object) -> list[object]:
    return [getattr(user, name) for name in user.__slots__]  # type: ignore[attr-defined]
