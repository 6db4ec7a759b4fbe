"""How many requests a forum is sent, exactly: what a body costs, what a run with nothing to do costs."""

import pytest

from connectors.kit.contract import Site
from connectors.nodebb.emulator import NodeBBEmulator
from provisioner.model.changes import Change
from provisioner.model.inventory import UNKNOWN
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import EdgeRole, FieldName, Kind, ResourceId, Value
from tests.support.nodebb import category, first_topic, group, person

ABOVE = ResourceId(Kind.FORUM_CATEGORY, "bodies:project")
MEMBER, READER, WRITER, MANAGER = EdgeRole.MEMBER, EdgeRole.READER, EdgeRole.WRITER, EdgeRole.MANAGER


def body(forum: Site, key: str, parent: str = "", *, open_: bool = False) -> list[Change]:
    fields: dict[FieldName, Value] = {"parent": parent, "open": open_, "description": f"Zweck {key}"}
    members, moderators = group(key), group(f"{key}:administrators")
    return [
        forum.create(members, f"PG_{key}", {}),
        forum.create(moderators, f"PG_{key}-Administratoren", {}),
        forum.create(category(key), f"PG {key}", fields),
        forum.join(category(key), f"PG {key}", members, role=WRITER),
        forum.join(category(key), f"PG {key}", moderators, role=MANAGER),
    ]


def text(key: str) -> Change:
    return first_topic(category(key), f"PG {key}", f"Wozu es PG {key} gibt\n\nZweck\n\nreadi:body:{key}")


def test_a_body_complete_costs_25_requests_its_template_once_37(forum: Site, emulator: NodeBBEmulator) -> None:
    """Two groups, the category, who reads, writes and moderates there, a pinned topic; members apart."""
    emulator.world.categories.clear()
    emulator.world.forget_names()
    forum.observe()
    emulator.log.clear()
    told = []
    for number, key in enumerate(("eins", "zwei", "drei")):
        before = len(emulator.log.requests)
        steps = [*forum.apply(*body(forum, key)), *forum.apply(text(key))]
        cost = sum(one.step.cost.requests for one in steps)
        asked = len(emulator.log.requests) - before
        told.append((asked, cost))
        assert asked <= 75
        assert number == 0 or asked <= 25
    assert told == [(62, 62), (25, 26), (25, 26)]


def test_a_common_category_costs_three_requests_a_group(forum: Site, emulator: NodeBBEmulator) -> None:
    forum.observe()
    forum.apply(forum.create(ABOVE, "Projektgruppen", {"parent": "", "open": False}))
    forum.apply(*body(forum, "eins", ABOVE.key))
    emulator.log.clear()
    (first, second) = forum.apply(
        forum.join(ABOVE, "Projektgruppen", group("eins"), group("eins:administrators"), role=READER)
    )
    assert len(emulator.log.requests) == 2 * 4  # looked at first, since it was there before
    assert first.step.cost.requests == second.step.cost.requests == 4


@pytest.mark.parametrize(("bodies", "people"), [(1, 3), (4, 30)])
def test_a_run_with_nothing_to_do_asks_one_for_each_group_and_two_for_each_category(
    forum: Site, emulator: NodeBBEmulator, bodies: int, people: int
) -> None:
    keys = [f"g{number}" for number in range(bodies)]
    for key in keys:
        forum.apply(*body(forum, key))
        forum.apply(text(key))
    everybody = [person(f"p{number}") for number in range(people)]
    for one in everybody:
        name = one.key.removeprefix("person:")
        fields: dict[FieldName, Value] = {"email": f"{name}@stadt.example", "login_id": f"sub-{name}"}
        forum.apply(forum.create(one, name, fields))
    for key in keys:
        forum.apply(forum.join(group(key), f"PG_{key}", *everybody[:15]))
    emulator.log.clear()
    forum.observe()
    assert emulator.log.writes == []
    # who we are, a page of people, a page of groups, groups as the server remembers them; categories, pages of topics
    assert len(emulator.log.requests) == 4 + 2 * bodies + 1 + 2 + 2 * bodies


def test_whose_turn_it_is_not_costs_nothing_and_nothing_is_said_of_it(forum: Site, emulator: NodeBBEmulator) -> None:
    for key in ("lora", "ki"):
        forum.apply(*body(forum, key))
        forum.apply(text(key))
    bound = frozenset((one.kind, remote_id) for one, remote_id in forum.ids.items())
    keys = {(one.kind, remote_id): one.key for one, remote_id in forum.ids.items()}
    emulator.log.clear()
    whole = forum.observe(interest=Interest(bound=bound, keys=keys))
    all_of_it = len(emulator.log.requests)
    place, inside = (Kind.FORUM_CATEGORY, forum.ids[category("lora")]), (Kind.GROUP, forum.ids[group("lora")])
    emulator.log.clear()
    found = forum.observe(interest=Interest(bound=bound, keys=keys, skip=frozenset({place, inside})))
    assert all_of_it - len(emulator.log.requests) == 3
    assert found.rosters.keys() == whole.rosters.keys() - {place, inside}
    remote = found.of(Kind.FORUM_CATEGORY).objects[place[1]]
    assert (remote.name, remote.fields["parent"]) == ("PG lora", "")
    assert (remote.fields["open"], remote.fields["first_topic"]) == (UNKNOWN, UNKNOWN)


def test_a_look_at_a_newcomer_costs_a_few_requests_whatever_else_there_is(
    forum: Site, emulator: NodeBBEmulator
) -> None:
    for number in range(6):
        forum.apply(*body(forum, f"g{number}"))
    bound = frozenset((one.kind, remote_id) for one, remote_id in forum.ids.items())
    sought = Sought(person("neu"), "neu", email="neu@stadt.example")
    emulator.log.clear()
    found = forum.observe(interest=Interest(bound=bound, only=(sought,)))
    assert found.of(Kind.ACCOUNT).objects == {}
    # self, by name, by address, a page of groups
    assert len(emulator.log.requests) == 4
    assert len([1 for kind, _ in found.rosters if kind is Kind.GROUP]) == 12


def test_a_look_at_somebody_asks_each_of_our_groups_once(forum: Site, emulator: NodeBBEmulator) -> None:
    forum.apply(*body(forum, "eins"))
    forum.apply(forum.create(person("anna"), "anna", {"email": "anna@stadt.example"}))
    forum.apply(forum.join(group("eins"), "PG_eins", person("anna")))
    bound = frozenset((one.kind, remote_id) for one, remote_id in forum.ids.items())
    sought = Sought(person("anna"), "anna", forum.ids[person("anna")])
    emulator.log.clear()
    found = forum.observe(interest=Interest(bound=bound, only=(sought,)))
    roster = found.rosters[Kind.GROUP, forum.ids[group("eins")]]
    assert roster.accounts == {forum.ids[person("anna")]}
    assert roster.completeness.scope.only == {"person:anna"}
    assert len(emulator.log.requests) == 3 + 2
