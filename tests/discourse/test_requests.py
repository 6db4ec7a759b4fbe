"""How many requests a sync costs, and how they are spread over minutes."""

from datetime import timedelta
from math import ceil

import pytest

from connectors.discourse.client import REQUESTS
from connectors.discourse.emulation.state import World
from connectors.discourse.emulator import DiscourseEmulator
from provisioner.model.errors import RateLimited
from provisioner.model.inventory import UNKNOWN, Complete, Inventory
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import Kind
from tests.support.discourse import FORUM, Forum, account, category, group, paced

CATEGORY = Kind.FORUM_CATEGORY


def grown(world: World, people: int, groups: int, foreign: int, categories: int) -> frozenset[tuple[Kind, str]]:
    """A forum that holds as much; what of it is ours."""
    for number in range(people):
        world.add_user(f"user{number:05}", f"user{number}@stadt.example")
    ours = [world.add_group(f"PG_{number}", *range(1, min(people, 40) + 1)) for number in range(groups)]
    for number in range(foreign):
        world.add_group(f"andere{number}")
    parent = world.add_category("Projektgruppen", {ours[0].id: 3})
    for number in range(categories - 1):
        world.add_category(f"PG {number}", {ours[0].id: 1}, parent.id)
    accounts = {(Kind.ACCOUNT, str(one.id)) for one in world.users.values() if one.is_human}
    places = {(CATEGORY, str(one)) for one in world.categories}
    return frozenset(accounts | places | {(Kind.GROUP, str(one.id)) for one in ours})


@pytest.mark.parametrize(
    ("people", "groups", "foreign", "categories"), [(0, 1, 0, 1), (99, 10, 40, 12), (100, 3, 24, 2), (1001, 60, 5, 45)]
)
def test_an_unchanged_sync_stays_within_what_was_promised(
    people: int, groups: int, foreign: int, categories: int
) -> None:
    """⌈G/36⌉ + ⌈P/100⌉ + g + 2B + 4."""
    with DiscourseEmulator() as emulator:
        bound = grown(emulator.world, people, groups, foreign, categories)
        shown = len(emulator.world.groups) - 1  # all but everyone
        connector = paced(emulator)
        inventory = connector.observe(FORUM, Interest(bound=bound))
        connector.close()
        assert all(isinstance(one.completeness, Complete) for one in inventory.observations.values())
        assert len([1 for kind, _ in inventory.rosters if kind is Kind.GROUP]) == groups
        assert len([1 for kind, _ in inventory.rosters if kind is CATEGORY]) == categories
        asked = len(emulator.log.requests)
        assert asked <= ceil(shown / 36) + ceil(people / 100) + groups + 2 * categories + 4
        assert all(entry.status == 200 for entry in emulator.log.requests)


def seen(site: Forum, skip: frozenset[tuple[Kind, str]]) -> tuple[Inventory, int]:
    bound = frozenset((one.kind, remote_id) for one, remote_id in site.ids.items())
    keys = {(one.kind, remote_id): one.key for one, remote_id in site.ids.items()}
    site.emulator.log.clear()
    found = site.connector.observe(FORUM, Interest(bound=bound, keys=keys, skip=skip))
    return found, len(site.emulator.log.requests)


def test_whose_turn_it_is_not_costs_nothing_and_nothing_is_concluded_of_it(site: Forum) -> None:
    for key in ("lora", "ki"):
        site.circle(key)
        site.place(key, writer=[key])
    whole, all_of_them = seen(site, frozenset())
    lora, place = (Kind.GROUP, site.ids[group("lora")]), (CATEGORY, site.ids[category("lora")])
    found, fewer = seen(site, frozenset({lora, place}))
    assert all_of_them - fewer == 3
    assert found.rosters.keys() == whole.rosters.keys() - {lora, place}
    remote = found.of(CATEGORY).objects[place[1]]
    assert (remote.name, remote.fields["parent"]) == ("PG lora", "")
    assert (remote.fields["open"], remote.fields["first_topic"]) == (UNKNOWN, UNKNOWN)
    assert found.of(Kind.GROUP).objects[lora[1]] == whole.of(Kind.GROUP).objects[lora[1]]


def test_a_look_at_one_newcomer_costs_a_few_requests_whatever_else_there_is(site: Forum) -> None:
    site.person("anna")
    for number in range(5):
        site.circle(f"g{number}", "anna")
    bound = frozenset((one.kind, remote_id) for one, remote_id in site.ids.items())
    site.emulator.log.clear()
    sought = (
        Sought(account("anna"), "anna.muster", site.ids[account("anna")]),
        Sought(account("ben"), "ben.muster", None, "ben@stadt.example"),
    )
    found = site.connector.observe(FORUM, Interest(bound=bound, only=sought))
    assert len(site.emulator.log.requests) == 4  # who we are, Anna, and Ben by his name and by his address
    kinds = {kind for kind, _ in found.rosters}
    assert kinds == {Kind.GROUP}
    assert len(found.rosters) == 5
    for roster in found.rosters.values():
        assert isinstance(roster.completeness, Complete)
        assert roster.accounts == {site.ids[account("anna")]}
        assert roster.completeness.scope.only == {"person:anna", "person:ben"}


def test_plans_know_the_limit_and_what_each_step_takes_of_it(site: Forum) -> None:
    assert site.connector.capabilities().limits == {REQUESTS: (60, 60.0)}
    site.person("anna")
    site.circle("lora")
    site.place("lora", writer=["lora"])
    remote = site.remote(category("lora"))
    steps = site.compile(
        site.join(group("lora"), "PG_lora", account("anna")),
        site.update(category("lora"), remote, {"name": "PG Funk"}),
        site.write(category("lora"), remote, "first_topic", "Willkommen\n\nText"),
        site.create(account("ben"), "ben", {"email": "ben@stadt.example", "login_id": "sub-ben"}),
    )
    for step in steps:
        site.emulator.log.clear()
        site.perform(step)
        assert len(site.emulator.log.requests) <= step.cost.requests == step.cost.limited[REQUESTS], step.operation


def test_never_more_than_the_limit_in_any_minute_and_no_refusal_at_all() -> None:
    with DiscourseEmulator() as emulator:
        bound = grown(emulator.world, 5, 90, 0, 30)
        moments: list[float] = []
        emulator.log.hook = lambda entry: moments.append(emulator.clock.monotonic())
        connector = paced(emulator)
        before = emulator.clock.now()
        connector.observe(FORUM, Interest(bound=bound))
        connector.close()
        took = emulator.clock.now() - before
        assert all(entry.status == 200 for entry in emulator.log.requests)
        for moment in moments:
            assert sum(moment <= other < moment + 60 for other in moments) <= 60
            assert sum(moment <= other < moment + 10 for other in moments) <= 45
        assert timedelta(minutes=len(moments) / 60 - 1) <= took <= timedelta(minutes=len(moments) / 60 + 1)


def test_a_limit_that_others_spend_slows_a_sync_and_never_ends_it() -> None:
    """The limit is the site's, not the key's: somebody else may have used it up whatever we counted."""
    with DiscourseEmulator() as emulator:
        bound = grown(emulator.world, 5, 3, 0, 2)
        emulator.faults.status(429, retry_after=50, times=9)
        connector = paced(emulator)
        inventory = connector.observe(FORUM, Interest(bound=bound))
        connector.close()
        assert all(isinstance(one.completeness, Complete) for one in inventory.observations.values())
        assert emulator.faults.pending == []


def test_a_write_that_the_limit_refuses_was_not_done_and_may_be_tried_again(site: Forum) -> None:
    (step,) = site.compile(site.create(group("lora"), "PG_lora", {"display_name": "PG"}))
    site.world.site.per_minute = 0
    with pytest.raises(RateLimited) as caught:
        site.perform(step)
    assert caught.value.retry_after is not None
    assert site.ledger.full == [REQUESTS]
    site.world.site.per_minute = None
    site.perform(step)


def test_who_asks_waits_as_long_as_the_body_says(emulator: DiscourseEmulator, site: Forum) -> None:
    site.world.site.per_minute = 1
    site.connector.observe({Kind.GROUP}, Interest())
    before = emulator.clock.monotonic()
    site.connector.observe({Kind.GROUP}, Interest())
    assert emulator.clock.monotonic() - before >= 60
    assert {entry.status for entry in emulator.log.requests} == {200, 429}
