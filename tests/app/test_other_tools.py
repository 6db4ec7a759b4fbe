"""What other tools got wrong on this server (observed), one test each."""

import sqlite3
import stat

import pytest

from provisioner.emulation import VirtualClock
from tests.support.site import LONG_AGO, Installation, body, person, snapshot


@pytest.mark.parametrize("odd", ["ns A&B", "ns A#B", "ns A+B", "ns A/B", "ns A?x", "ns A%26B", "ns A;B"])
def test_whoever_leaves_the_group_a_and_b_stays_in_the_group_a(installation: Installation, odd: str) -> None:
    """An unescaped group id: told to remove a user from "ns A&B" a tool removed them from "ns A"."""
    installation.wish.add(body("odd", "Odd"), person("Anna", "odd"), person("Ben"))
    installation.apply()
    # Our own names hold no such characters; a group may have come to us under one all the same.
    installation.cloud.add_group(odd, members=["anna.muster"])
    installation.cloud.add_group("ns A", members=["anna.muster"])
    with sqlite3.connect(installation.database) as database:
        database.execute("UPDATE binding SET remote_id = ?, name = ? WHERE key = 'body:odd'", (odd, odd))
    database.close()
    assert installation.run("plan").code == 2, "its display name is another"
    installation.wish.people["p-anna"]["bodies"] = [{"id": "odd", "until": LONG_AGO}]
    installation.wish.people["p-ben"]["bodies"] = ["odd"]
    assert installation.run("apply", "--yes").code == 2
    assert set(installation.cloud.groups[odd].members) == {"ben.muster"}
    assert set(installation.cloud.groups["ns A"].members) == {"anna.muster"}
    assert installation.run("plan").code == 2


def test_an_input_with_nothing_in_it_offers_nobody_for_removal(small: Installation) -> None:
    """A CSV with a header and no rows offered every user for deletion."""
    small.apply()
    before = snapshot(small.cloud)
    for content in ("", "people: []\n", "people:\n", "# nobody\n"):
        small.write()
        (small.folder / "redi" / "registry" / "people" / "all.yaml").write_text(content, encoding="utf-8")
        ran = small.run("plan", "--json", write=False)
        assert ran.code == 1
        assert "suspend" not in ran.all
        assert small.run("apply", "--yes", write=False).code == 1
    assert snapshot(small.cloud) == before


def test_others_accounts_are_never_offered_for_removal(small: Installation) -> None:
    """Accounts and groups that were never ours are left alone, and need not even be named."""
    small.cloud.add_user("mayor", display_name="Mayor", email="mayor@bretten.example", groups=["Council"])
    before = snapshot(small.cloud)
    small.apply()
    after = snapshot(small.cloud)
    assert after["users"]["mayor"] == before["users"]["mayor"]
    assert after["groups"]["Council"] == "Council"
    assert "mayor" not in small.run("plan").all


def test_ids_that_differ_in_case_only_are_one_and_the_same(installation: Installation) -> None:
    """Ids compared with their case ("NS_Case", "ns_case"): a wanted user was offered for deletion."""
    installation.cloud.add_user("NS_Case", display_name="Case Muster", email="case@bretten.example")
    installation.wish.add(body("pg-x", "X"), person("Case", "pg-x", user_id="ns_case"), person("Anna", "pg-x"))
    [part] = installation.plan()["targets"]
    found = [(change["verb"], change["name"]) for change in part["changes"] if change["id"] == "person:p-case"]
    assert found[0] == ("adopt", "NS_Case")
    assert {verb for verb, _ in found} <= {"adopt", "update"}
    path = installation.folder / "plan.json"
    installation.run("plan", "--out", path)
    assert installation.run("apply", path).code == 0
    assert installation.run("plan").code == 0
    assert set(installation.cloud.groups["PG_X"].members) == {"NS_Case", "anna.muster"}
    assert all(user.enabled for user in installation.cloud.users.values())


def test_everybody_gets_display_name_and_quota_although_the_server_limits_updates(
    installation: Installation, clock: VirtualClock
) -> None:
    """429 answers ignored: 24 of 40 users without display name and quota, exit status 0, "Created"."""
    installation.wish.add(body("pg-x", "X"), *(person(f"P{number:02}", "pg-x") for number in range(60)))
    installation.apply()
    for number in range(60):
        user = installation.cloud.users[f"p{number:02}.muster"]
        assert (user.name, user.quota, user.email) == (f"P{number:02} Muster", "5 GB", f"p{number:02}@bretten.example")
    assert clock.monotonic() < 1, "creating is not limited, so nothing was waited for"


def test_a_password_that_somebody_has_chosen_is_never_set_again(small: Installation) -> None:
    """Initial passwords overwritten by the next run, in a file anybody can read."""
    small.apply()
    small.cloud.users["anna.muster"].password = "Chosen-by-Anna-1"
    small.wish.people["p-anna"]["email"] = "anna.neu@bretten.example"
    small.wish.people["p-anna"]["family_name"] = "Anders"
    small.apply()
    assert small.cloud.users["anna.muster"].password == "Chosen-by-Anna-1"
    small.cloud.users["ben.muster"].password = "Chosen-by-Ben-1"
    small.wish.people["p-ben"]["leaves"] = LONG_AGO
    small.apply()
    del small.wish.people["p-ben"]["leaves"]
    small.apply()
    assert small.cloud.users["ben.muster"].password == "Chosen-by-Ben-1"
    assert "password" not in " ".join(entry.body for entry in small.cloud.log.matching("PATCH"))


def test_nothing_of_ours_can_be_read_by_others(small: Installation) -> None:
    small.apply()
    small.run("plan", "--out", small.folder / "plan.json")
    kept = [path for path in small.folder.rglob("*") if path.is_file() and "registry" not in path.parts]
    ours = [path for path in kept if path.suffix != ".yaml"]
    assert {path.name for path in ours} >= {"readi.db", "plan.json"}
    assert {path.name: stat.S_IMODE(path.stat().st_mode) & 0o077 for path in ours} == {path.name: 0 for path in ours}


def test_seeing_that_nothing_changed_does_not_cost_requests_by_the_person(installation: Installation) -> None:
    """Three requests a user to see that nothing changed, where one page of details holds 500."""
    counts = []
    for size in (3, 200):
        installation.wish.add(body("pg-x", "X"), *(person(f"P{number:03}", "pg-x") for number in range(size)))
        installation.apply()
        installation.cloud.log.clear()
        assert installation.run("plan").code == 0
        counts.append(len(installation.cloud.log))
    assert counts[0] == counts[1]
