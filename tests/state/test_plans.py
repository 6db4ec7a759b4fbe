"""Plans that wait for a ranger."""

from provisioner.state import Database, PlanState, SavedPlans
from tests.state.samples import NETWORK, NOW, later


def test_a_plan_waits_until_it_is_decided_once(database: Database) -> None:
    plans = SavedPlans(database)
    plans.save(NETWORK, "abc1", {"changes": [{"a": "ä"}]}, NOW)
    plans.save(NETWORK, "abd2", {}, later(hours=1))
    plans.save("other", "abc1", {}, NOW)
    assert [plan.digest for plan in plans.waiting(NETWORK)] == ["abc1", "abd2"]
    assert plans.decide(NETWORK, "abc1", PlanState.APPLIED, "p-ranger", later(days=1))
    assert not plans.decide(NETWORK, "abc1", PlanState.DISCARDED, "p-other", later(days=2))
    (plan,) = plans.find(NETWORK, "abc")
    assert (plan.body, plan.state) == ({"changes": [{"a": "ä"}]}, PlanState.APPLIED)
    assert (plan.created, plan.decided, plan.decided_by) == (NOW, later(days=1), "p-ranger")
    assert [plan.digest for plan in plans.waiting(NETWORK)] == ["abd2"]
    assert [plan.digest for plan in plans.waiting("other")] == ["abc1"]


def test_the_beginning_of_a_digest_finds_plans_and_is_no_pattern(database: Database) -> None:
    plans = SavedPlans(database)
    for digest in ("abc1", "abd2", "xyz3"):
        plans.save(NETWORK, digest, {}, NOW)
    assert [plan.digest for plan in plans.find(NETWORK, "ab")] == ["abc1", "abd2"]
    assert plans.find(NETWORK, "%") == []
    assert plans.find(NETWORK, "nothing") == []


def test_the_same_plan_saved_again_waits_again(database: Database) -> None:
    plans = SavedPlans(database)
    plans.save(NETWORK, "abc1", {"n": 1}, NOW)
    plans.decide(NETWORK, "abc1", PlanState.DISCARDED, "p-ranger", NOW)
    plans.save(NETWORK, "abc1", {"n": 2}, later(days=1))
    (plan,) = plans.waiting(NETWORK)
    assert (plan.body, plan.created, plan.decided) == ({"n": 2}, NOW, None)
