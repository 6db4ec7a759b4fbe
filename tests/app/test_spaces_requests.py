"""What an unchanged Discourse costs at 60 requests a minute: within its bound, less in turns, and said beforehand."""

from collections.abc import Iterator
from math import ceil
from pathlib import Path

import pytest

from tests.support.site import body, person
from tests.support.spaces import Spaces, spaces

RUNS = 3
BODIES, PEOPLE = 6, 12


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Spaces]:
    """Bodies in a forum with its usual limit, after the first sync."""
    with spaces(tmp_path) as made:
        made.only("login", "forum")
        for number in range(BODIES):
            made.wish.add(body(f"pg-{number}", f"Gruppe {number}"))
        for number in range(PEOPLE):
            made.wish.add(person(f"Person{number}", f"pg-{number % BODIES}"))
        made.apply()
        assert made.run("plan").code == 0
        yield made


def bound(setup: Spaces) -> int:
    """⌈G/36⌉ + ⌈P/100⌉ + g + 2B + 4."""
    world = setup.forum.world
    ours = sum(1 for one in world.groups.values() if not one.automatic)
    return ceil(len(world.groups) / 36) + ceil(len(world.users) / 100) + ours + 2 * len(world.categories) + 4


def rename_all(setup: Spaces) -> None:
    for number in range(BODIES):
        setup.wish.bodies[f"pg-{number}"]["name"] = f"Kreis {number}"


def asked(setup: Spaces, *words: str) -> int:
    setup.forum.log.clear()
    ran = setup.run(*(words or ("plan",)))
    assert ran.code in (0, 2), ran.all
    return len(setup.forum.log.requests)


def test_an_unchanged_forum_costs_no_more_than_its_bound(setup: Spaces) -> None:
    assert asked(setup) <= bound(setup)


def test_in_turns_each_run_costs_about_as_many_times_less_and_all_are_read(setup: Spaces) -> None:
    whole = asked(setup)
    setup.wish.policy["rotation"] = {"forum": RUNS}
    asked(setup)  # of which everything is remembered
    counts = [asked(setup) for _ in range(RUNS)]
    lists = (
        whole
        - 2 * len(setup.forum.world.categories)
        - sum(not one.automatic for one in setup.forum.world.groups.values())
    )
    assert max(counts) <= lists + 2 * ceil((whole - lists) / RUNS)
    assert sum(counts) >= whole - lists
    with setup.forum.lock:
        group = setup.forum.world.group_named("PG_Gruppe-3")
        assert group is not None
        group.members.clear()
    assert any(asked(setup) and setup.changes() for _ in range(RUNS))


def test_the_plan_tells_the_minutes_with_the_reading_before(setup: Spaces) -> None:
    rename_all(setup)
    ran = setup.run("plan", "--json")
    [part] = [one for one in ran.json["targets"] if one["target"] == "forum"]
    reading = asked(setup)
    assert part["cost"]["minutes"] == pytest.approx((reading + part["cost"]["limited"]["discourse-requests"]) / 60)
    assert "with the reading before, that takes about" in setup.run("plan").out


def test_the_limit_slows_a_run_and_never_ends_it(setup: Spaces) -> None:
    rename_all(setup)
    before = setup.clock.now()
    setup.apply()
    assert (setup.clock.now() - before).total_seconds() > 60
    assert not [one for one in setup.forum.log.requests if one.status == 429]
    assert setup.run("plan").code == 0
