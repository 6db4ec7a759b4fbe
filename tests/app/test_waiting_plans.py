"""What an unattended run may not do waits as a saved plan; approving that plan does exactly it."""

import pytest

from tests.support.site import Installation, Ran


@pytest.fixture
def waiting(small: Installation) -> Installation:
    """Cleo's membership was deleted from the registry without a date: somebody has to read that."""
    small.apply()
    small.wish.people["p-cleo"]["bodies"] = []
    assert small.run("apply", "--yes").code == 2
    small.cloud.log.clear()
    return small


def listed(installation: Installation) -> list[str]:
    return [plan["digest"] for plan in installation.run("plans", "list", "--json").json["waiting"]]


def is_member(installation: Installation) -> bool:
    return "PG_LoRaWAN" in installation.cloud.users["cleo.muster"].groups


def test_what_waits_is_listed_and_shown_without_asking_a_server(waiting: Installation) -> None:
    ran = waiting.run("plans", "list")
    [digest] = listed(waiting)
    assert (ran.code, digest[:12] in ran.out, "1 change" in ran.out) == (2, True, True)
    shown = waiting.run("plans", "show", digest[:8])
    assert "leave group PG_LoRaWAN: Cleo Muster" in shown.out
    [plan] = waiting.run("plans", "show", digest[:8], "--json").json["waiting"]
    assert plan["plan"]["targets"][0]["changes"][0]["verb"] == "leave"
    assert waiting.cloud.log.requests == []


def test_approving_it_does_exactly_what_waited(waiting: Installation) -> None:
    [digest] = listed(waiting)
    ran = waiting.run("plans", "approve", digest[:8])
    assert ran.code == 0, ran.all
    assert not is_member(waiting)
    assert listed(waiting) == []
    assert waiting.run("plans", "list").code == 0
    assert waiting.run("plan").code == 0
    assert "plans approve" in waiting.run("history").out


def test_a_rejected_plan_is_put_forward_again_by_the_next_run(waiting: Installation) -> None:
    [digest] = listed(waiting)
    assert waiting.run("plans", "reject", digest[:8]).code == 0
    assert (listed(waiting), is_member(waiting)) == ([], True)
    waiting.run("apply", "--yes")
    assert listed(waiting) == [digest]


def test_the_next_run_replaces_what_waited(waiting: Installation) -> None:
    [before] = listed(waiting)
    waiting.wish.people["p-ben"]["bodies"] = []
    waiting.run("apply", "--yes")
    [now] = listed(waiting)
    assert now != before


def test_nothing_waits_once_it_is_no_longer_wanted(waiting: Installation) -> None:
    waiting.wish.people["p-cleo"]["bodies"] = ["pg-lorawan"]
    waiting.apply()
    assert listed(waiting) == []


def test_an_approval_of_what_the_registry_no_longer_says_is_refused(waiting: Installation) -> None:
    [digest] = listed(waiting)
    waiting.wish.people["p-anna"]["given_name"] = "Annika"
    ran = waiting.run("plans", "approve", digest[:8])
    assert ran.code == 1
    assert "The registry changed since this plan was made" in ran.err
    assert (listed(waiting), waiting.writes()) == ([digest], [])


def test_a_run_over_a_part_leaves_what_waits_alone(waiting: Installation) -> None:
    before = listed(waiting)
    waiting.run("apply", "--yes", "--only", "p-anna")
    assert listed(waiting) == before


@pytest.mark.parametrize("command", ["show", "approve", "reject"])
def test_a_plan_that_does_not_wait_is_said_in_words(waiting: Installation, command: str) -> None:
    ran: Ran = waiting.run("plans", command, "ffff")
    assert ran.code == 1
    assert "No waiting plan begins with ffff" in ran.err


def test_approving_that_the_last_who_leads_goes_is_refused_by_the_guard(small: Installation) -> None:
    small.apply()
    small.wish.people["p-anna"]["bodies"] = ["pg-sensorik", "pg-lora"]
    assert small.run("apply", "--yes").code == 2
    [digest] = listed(small)
    small.cloud.log.clear()
    ran = small.run("plans", "approve", digest[:8])
    assert (ran.code, "administrators_left" in ran.all) == (3, True), ran.all
    assert small.writes() == []
