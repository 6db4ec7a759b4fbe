"""What the policy says about classes of change, language and retention happens."""

from datetime import timedelta

from provisioner.emulation import VirtualClock
from tests.support.site import LONG_AGO, Installation


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


def test_a_managed_body_that_does_not_exist_is_a_mistake(small: Installation) -> None:
    small.wish.policy = {"managed": [f"{next(iter(small.wish.bodies))}x"]}
    ran = small.run("--lang", "de", "validate")
    assert ran.code == 1
    assert f"Meinten Sie „{next(iter(small.wish.bodies))}“?" in ran.out
    assert "1 Fehler" in small.run("--lang", "de", "plan").err


def test_what_the_policy_does_not_take_is_said_in_plain_words(small: Installation) -> None:
    small.wish.policy = {
        "accounts": {"quota": "viel", "user_id": "vorname", "quota_by_role": {"Chef": "1 GB"}},
        "groups": {"organisation": "Org"},
        "guards": {"mails": "viele"},
        "managed": "pg-sensorik",
    }
    ran = small.run("--lang", "de", "validate")
    for english in ("error", "Input", "should", "[key]", "tuple"):
        assert english not in ran.out
    assert "„viel“ ist bei „quota“ keine Größe." in ran.out
    assert "„Chef“ ist bei „quota_by_role“ nicht vorgesehen." in ran.out


def test_an_entry_that_is_malformed_is_named_in_the_plan(small: Installation) -> None:
    small.apply()
    small.wish.people["p-anna"]["email"] = "anna"
    [notice] = small.plan()["targets"][0]["notices"]
    assert (notice["kind"], notice["name"]) == ("blocked", "anna.muster")
    assert "Nothing to do" not in small.run("plan").out


def test_a_folder_of_nothing_but_mistakes_is_no_missing_folder(small: Installation) -> None:
    small.apply()
    for entry in small.wish.people.values():
        entry["organisation"] = "brettn"
    ran = small.run("--lang", "de", "plan")
    assert (ran.code, "readi validate" in ran.err, "people/" in ran.err) == (1, True, False)


def test_explain_says_of_somebody_who_left_that_the_account_stays_suspended(small: Installation) -> None:
    small.apply()
    assert "shall have the account anna.muster" in small.run("explain", "p-anna").out
    small.wish.people["p-anna"]["leaves"] = LONG_AGO
    assert "shall keep the account anna.muster, suspended" in small.run("explain", "p-anna").out
