"""A person in two networks on one server: one network owns the account, the other manages only its memberships."""

from dataclasses import replace

import pytest

from policies.document import Policy
from provisioner.model.bindings import Binding
from provisioner.model.inventory import UNKNOWN
from provisioner.model.plan import NoticeKind
from provisioner.model.registry import Membership, Period, Person
from provisioner.model.resources import Kind
from provisioner.model.text import Text
from provisioner.planning.drift import DriftKind
from tests.support.planning import (
    YESTERDAY,
    World,
    account_id,
    administrators_id,
    body,
    group_id,
    in_group,
    noticed,
    person,
    policy,
    registry,
    told,
)

ERIKA, OTTO = person("p1", "Erika Muster", "iot"), person("p2", "Otto Beispiel", "iot!")
IOT = body("iot", "Sensorik")
BORROWED = [("person:p1", "planning.borrowed")]
NO_MORE = [("person:p1", "planning.borrowed_no_more")]
NOTHING: list[str] = []


def shared(erika: Person = ERIKA, name: str = "erika.muster", **rules: Policy) -> tuple[World, str]:
    """A network with Otto and Erika, whose account another network has made already; its remote id."""
    made = World(registry(erika, OTTO, IOT), **rules)
    fields = {"email": "P1@Bretten.example", "display_name": "Erika M.", "language": "en"}
    remote_id = made.server.add(Kind.ACCOUNT, name, **fields)
    made.foreign = frozenset({("account", remote_id)})
    return made, remote_id


@pytest.fixture
def joined() -> tuple[World, str]:
    made, remote_id = shared()
    made.apply()
    assert told(made.plan()) == NOTHING
    return made, remote_id


def test_the_same_name_and_address_are_borrowed_not_adopted_and_join_unattended() -> None:
    made, remote_id = shared()
    account = made.server.objects[Kind.ACCOUNT][remote_id]
    plan = made.plan()
    assert [line for line in told(plan) if "p1" in line] == ["join body:iot: person:p1, person:p2"]
    assert noticed(plan, NoticeKind.FOREIGN) == BORROWED
    made.apply()
    assert made.members(group_id("iot")) == {remote_id, made.remote_id(account_id("p2"))}
    assert made.edges[in_group("body:iot")] == {"person:p1", "person:p2"}
    assert account_id("p1") not in made.bindings
    assert made.server.objects[Kind.ACCOUNT][remote_id] == account
    assert (told(made.plan()), noticed(made.plan()), made.drift()) == (NOTHING, BORROWED, [])


def test_a_name_alone_stays_disputed() -> None:
    for address in ("somebody@else.example", None, "", UNKNOWN):
        made, remote_id = shared()
        made.server.edit(Kind.ACCOUNT, remote_id, email=address)
        assert noticed(made.plan()) == [("person:p1", "planning.name_owned")]
        assert not any("p1" in line for line in told(made.plan()))


def test_an_address_alone_is_read_by_a_ranger_once() -> None:
    made, remote_id = shared(name="em")
    assert "join body:iot: person:p1 (queued)" in told(made.plan())
    made.apply()
    assert remote_id in made.members(group_id("iot"))
    made.put(person("p1", "Erika Muster", "iot!"))
    assert told(made.plan()) == ["join body:iot:administrators: person:p1"]


def test_two_candidates_stay_disputed() -> None:
    made, _ = shared()
    made.server.add(Kind.ACCOUNT, "em", email="p1@bretten.example")
    assert noticed(made.plan()) == [("person:p1", "planning.two_candidates")]
    made, _ = shared(name="muster")
    made.server.add(Kind.ACCOUNT, "em", email="p1@bretten.example")
    assert noticed(made.plan()) == [("person:p1", "planning.two_candidates")]


def test_a_group_of_another_network_stays_disputed() -> None:
    made = World(registry(IOT))
    group = made.server.add(Kind.GROUP, "PG_Sensorik")
    made.foreign = frozenset({("group", group)})
    assert ("body:iot", "planning.name_owned") in noticed(made.plan())
    assert "create body:iot" not in told(made.plan())


def test_a_group_may_have_the_id_of_a_borrowed_account() -> None:
    made = World(registry(ERIKA, OTTO, IOT))
    group = made.server.add(Kind.GROUP, "PG_Sensorik")
    made.borrowed = {account_id("p1"): Binding(account_id("p1"), group, "erika.muster", "", {})}
    assert "adopt body:iot (queued)" in told(made.plan())


def test_a_partial_list_borrows_nobody_new_and_keeps_whom_it_shows(joined: tuple[World, str]) -> None:
    made, _ = shared()
    made.server.partial = {Kind.ACCOUNT}
    assert made.plan().borrowed == {}
    known, _ = joined
    known.server.partial = {Kind.ACCOUNT}
    known.put(person("p1", "Erika Muster", "iot!"))
    assert told(known.plan()) == ["join body:iot:administrators: person:p1"]


def test_protected_accounts_and_our_own_are_never_borrowed(joined: tuple[World, str]) -> None:
    made, remote_id = joined
    made.put(person("p1", "Erika Muster"))
    made.server.own_account = remote_id
    assert (told(made.plan()), noticed(made.plan())) == (NOTHING, NO_MORE)
    made.server.own_account = None
    made.policy = policy(accounts={"protected": ["erika.muster"]})
    assert (told(made.plan()), noticed(made.plan())) == (NOTHING, NO_MORE)


def test_nothing_but_memberships_is_ever_changed(joined: tuple[World, str]) -> None:
    made, remote_id = joined
    made.put(replace(ERIKA, family_name="Neu", language="de", user_id="erika.neu"))
    made.server.edit(Kind.ACCOUNT, remote_id, enabled=False, quota=5)
    assert (told(made.plan()), made.drift()) == (NOTHING, [])


def test_a_leave_date_empties_its_groups_and_does_not_suspend(joined: tuple[World, str]) -> None:
    made, remote_id = joined
    made.put(replace(ERIKA, period=Period(until=YESTERDAY)))
    assert told(made.plan()) == ["leave body:iot: person:p1"]
    made.apply()
    assert made.server.objects[Kind.ACCOUNT][remote_id].fields["enabled"] is True
    assert told(made.plan()) == NOTHING


def test_a_membership_that_ended_leaves_unattended_and_one_that_vanished_is_queued(joined: tuple[World, str]) -> None:
    made, _ = joined
    made.put(replace(ERIKA, memberships=()))
    assert told(made.plan()) == ["leave body:iot: person:p1 (queued)"]
    made.put(replace(ERIKA, memberships=(Membership("iot", period=Period(until=YESTERDAY)),)))
    assert told(made.plan()) == ["leave body:iot: person:p1"]


def test_who_vanished_from_the_registry_leaves_once_a_ranger_has_read_it(joined: tuple[World, str]) -> None:
    made, remote_id = joined
    made.drop("p1")
    made.server.edit(Kind.ACCOUNT, remote_id, email="new@bretten.example")
    assert told(made.plan()) == ["leave body:iot: person:p1 (queued)"]
    made.apply()
    assert made.members(group_id("iot")) == {made.remote_id(account_id("p2"))}
    assert (told(made.plan()), noticed(made.plan())) == (NOTHING, [])


def test_nobody_leaves_on_the_word_of_a_registry_read_in_part(joined: tuple[World, str]) -> None:
    made, _ = joined
    made.drop("p1")
    made.registry = replace(made.registry, complete=False)
    assert told(made.plan()) == NOTHING
    made.registry = replace(made.registry, complete=True, blocked=frozenset({"p1"}))
    assert told(made.plan()) == NOTHING


def test_of_a_changed_address_the_memberships_are_nobodys_until_it_is_right_again(joined: tuple[World, str]) -> None:
    made, remote_id = joined
    made.put(replace(ERIKA, memberships=()))
    for address in ("other@bretten.example", None):
        made.server.edit(Kind.ACCOUNT, remote_id, email=address)
        plan = made.apply()
        assert (told(plan), noticed(plan, NoticeKind.FOREIGN)) == (NOTHING, NO_MORE)
    assert made.edges[in_group("body:iot")] == {"person:p1", "person:p2"}
    made.server.edit(Kind.ACCOUNT, remote_id, email="p1@bretten.example")
    assert told(made.plan()) == ["leave body:iot: person:p1 (queued)"]


def test_an_address_that_could_not_be_read_has_not_changed(joined: tuple[World, str]) -> None:
    made, remote_id = joined
    made.put(replace(ERIKA, memberships=()))
    made.server.edit(Kind.ACCOUNT, remote_id, email=UNKNOWN)
    assert told(made.plan()) == ["leave body:iot: person:p1 (queued)"]


def test_an_account_that_vanished_is_not_lost_and_not_made_again(joined: tuple[World, str]) -> None:
    made, remote_id = joined
    made.server.remove(Kind.ACCOUNT, remote_id)
    made.foreign = frozenset()
    plan = made.apply()
    assert (told(plan), noticed(plan)) == (NOTHING, [("person:p1", "planning.borrowed_lost")])
    assert [notice.kind for notice in plan.notices] == [NoticeKind.FOREIGN]
    assert made.drift() == []
    made.drop("p1")
    assert (told(made.plan()), noticed(made.plan())) == (NOTHING, [])


def test_an_account_made_again_by_its_owner_is_borrowed_again(joined: tuple[World, str]) -> None:
    made, remote_id = joined
    made.server.remake(Kind.ACCOUNT, remote_id)
    made.server.members[made.remote_id(group_id("iot"))].discard(remote_id)
    assert told(made.plan()) == ["join body:iot: person:p1 (queued)"], "it was taken out, not by us"
    made.drop("p1")
    assert (told(made.plan()), noticed(made.plan())) == (NOTHING, NO_MORE)


def test_what_its_owner_released_can_be_adopted(joined: tuple[World, str]) -> None:
    made, remote_id = joined
    made.foreign = frozenset()
    assert told(made.plan())[0] == "adopt person:p1 (queued)"
    made.apply()
    assert made.remote_id(account_id("p1")) == remote_id
    assert told(made.plan()) == NOTHING
    assert made.keys_in(group_id("iot")) == {"person:p1", "person:p2"}


def test_what_nobody_owns_any_more_is_left_alone_without_an_entry(joined: tuple[World, str]) -> None:
    made, _ = joined
    made.foreign = frozenset()
    made.drop("p1")
    assert (told(made.plan()), noticed(made.plan())) == (NOTHING, NO_MORE)


def test_a_new_entry_for_the_same_person_waits_until_the_old_one_has_left(joined: tuple[World, str]) -> None:
    made, remote_id = joined
    made.drop("p1")
    made.put(replace(ERIKA, id="p9"))
    assert told(made.plan()) == ["leave body:iot: person:p1 (queued)"]
    assert noticed(made.plan()) == [("person:p9", "planning.account_claimed_twice")]
    made.apply()
    assert told(made.apply()) == ["join body:iot: person:p9"]
    assert remote_id in made.members(group_id("iot"))


def test_one_account_that_two_entries_could_mean_is_borrowed_for_neither() -> None:
    made, _ = shared()
    made.put(replace(OTTO, email="p1@bretten.example"))
    assert {code for _, code in noticed(made.plan())} == {"planning.account_claimed_twice"}


def test_drift_of_its_memberships_is_like_that_of_own_accounts(joined: tuple[World, str]) -> None:
    made, remote_id = joined
    made.members(group_id("iot")).discard(remote_id)
    made.members(administrators_id("iot")).add(remote_id)
    drift = {(item.kind, item.id.key, item.account) for item in made.drift()}
    assert drift == {
        (DriftKind.REMOVED, "body:iot", "person:p1"),
        (DriftKind.ADDED, "body:iot:administrators", "person:p1"),
    }
    assert told(made.plan()) == [
        "join body:iot: person:p1 (queued)",
        "leave body:iot:administrators: person:p1 (queued)",
    ]
    made.policy = policy(on_drift={"group": "revert"})
    assert told(made.plan()) == ["join body:iot: person:p1", "leave body:iot:administrators: person:p1"]
    made.policy = policy(on_drift={"group": "keep"})
    assert told(made.plan()) == NOTHING


def test_the_guards_count_a_borrowed_moderator() -> None:
    made, _ = shared(person("p1", "Erika Muster", "iot!"))
    made.apply()
    made.put(person("p2", "Otto Beispiel", "iot"))
    assert made.refusals() == ()
    made.put(person("p1", "Erika Muster", "iot"), person("p2", "Otto Beispiel", "iot!"))
    assert made.refusals() == ()
    made.put(person("p2", "Otto Beispiel", "iot"))
    assert [refusal.guard for refusal in made.refusals()] == ["administrators_left"]


def test_the_notice_names_the_account() -> None:
    made, _ = shared(name="em")
    (notice,) = made.plan().notices
    assert (notice.name, notice.why) == ("em", Text.of("planning.borrowed", name="em"))
