"""What is lost over there comes back only by command, and what exists is adopted only once somebody agreed."""

from tests.support.site import Installation


def test_a_lost_account_is_made_anew_once_it_was_released(small: Installation) -> None:
    small.apply()
    small.cloud.remove_user("ben.muster")
    small.run("apply", "--yes")
    assert "ben.muster" not in small.cloud.users, "not silently"
    assert "readi release" in small.run("plan").out
    small.cloud.log.clear()
    ran = small.run("release", "p-ben")
    assert (ran.code, "ben.muster" in ran.out) == (0, True)
    assert small.cloud.log.requests == [], "no server is asked"
    small.apply()
    assert "PG_Sensorik" in small.cloud.users["ben.muster"].groups
    assert small.run("plan").code == 0


def test_what_still_exists_is_offered_for_adoption(small: Installation) -> None:
    small.apply()
    assert small.run("release", "p-ben").code == 0
    changes = [change for target in small.plan()["targets"] for change in target["changes"]]
    assert [(change["verb"], change["change_class"]) for change in changes] == [("adopt", "queued")]
    small.cloud.log.clear()
    assert small.run("apply", "--yes").code == 2
    assert small.writes() == []


def test_an_id_with_no_ties_is_said_in_words(small: Installation) -> None:
    small.apply()
    ran = small.run("release", "p-nobody")
    assert (ran.code, "Nothing in these targets is tied to p-nobody" in ran.err) == (1, True)
