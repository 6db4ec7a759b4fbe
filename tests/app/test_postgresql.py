"""The whole way with the state in a PostgreSQL, by its URL alone."""

from tests.support.postgres import shared
from tests.support.site import LONG_AGO, Installation


def test_a_network_is_planned_applied_changed_and_explained_with_its_state_in_postgresql(small: Installation) -> None:
    small.state = shared().new_database()
    small.more_settings["ties_log"] = "kept/ties.jsonl"
    small.apply()
    assert small.run("plan").code == 0
    small.cloud.leave("ben.muster", "PG_Sensorik")
    assert small.run("drift").code == 2
    small.wish.people["p-cleo"]["leaves"] = LONG_AGO
    assert small.run("apply", "--yes").code == 2, "what was changed by hand waits"
    [plan] = small.run("plans", "list", "--json").json["waiting"]
    assert small.run("plans", "approve", plan["digest"][:8]).code == 0
    assert "PG_Sensorik" in small.cloud.users["ben.muster"].groups
    assert not small.cloud.users["cleo.muster"].enabled
    assert small.run("plan").code == 0
    assert "cloud" in small.run("explain", "p-ben").out
    assert len(small.run("history", "--json").json["runs"]) == 3
    assert not (small.folder / "state").exists(), (
        "the file of ties is where it was said, and nothing else of the state is there"
    )


def test_the_password_in_the_url_is_never_said(small: Installation) -> None:
    url = shared().new_database()
    password = url.split(":")[2].split("@")[0]
    small.state = url.replace(password, "wrong-marker")
    ran = small.run("plan")
    assert ran.code == 1
    assert "wrong-marker" not in ran.all
