"""What the policy says about classes of change, language and retention happens."""

from datetime import timedelta

from provisioner.emulation import VirtualClock
from tests.support.site import Installation


def test_what_policy_queues_waits_for_a_ranger(small: Installation) -> None:
    small.wish.policy = {"queued": ["create"]}
    ran = small.run("apply", "--yes")
    assert ran.code == 2
    assert small.writes() == []
    assert small.run("plans", "list").code == 2
    small.wish.policy = {}
    small.apply()


def test_a_policy_can_make_nothing_less_strict(small: Installation) -> None:
    small.apply()
    small.wish.policy = {"queued": ["join"]}
    small.wish.people["p-cleo"]["bodies"] = []
    [change] = [change for target in small.plan()["targets"] for change in target["changes"]]
    assert (change["verb"], change["change_class"]) == ("leave", "queued")


def test_the_policys_language_holds_where_people_name_none(small: Installation) -> None:
    small.wish.policy = {"accounts": {"language": "en"}}
    small.wish.people["p-anna"]["language"] = "fr"
    small.apply()
    assert small.cloud.users["anna.muster"].language == "fr"
    assert small.cloud.users["ben.muster"].language == "en"


def test_the_past_is_forgotten_when_policy_says_so(small: Installation) -> None:
    small.wish.policy = {"retention": {"history_days": 30}}
    small.apply()
    assert len(small.run("history", "--json").json["runs"]) == 1
    assert isinstance(small.clock, VirtualClock)
    small.clock.advance(timedelta(days=29).total_seconds())
    small.apply()
    assert len(small.run("history", "--json").json["runs"]) == 1
    small.clock.advance(timedelta(days=2).total_seconds())
    small.apply()
    assert small.run("history", "--json").json["runs"] == []
    assert small.plan()["targets"][0]["changes"] == [], "what is tied stays tied"
