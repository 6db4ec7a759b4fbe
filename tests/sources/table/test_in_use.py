"""A list of a city's staff the whole way: from the file to accounts, and no further than it can be believed."""

from datetime import timedelta
from pathlib import Path

import pytest

from provisioner.emulation import VirtualClock
from tests.sources.table.lists import HEAD, put
from tests.support.site import Installation

NAMES = ("Anna", "Ben", "Cleo", "Dörte", "Emil", "Fatma")


def rows(*names: str, **emails: str) -> str:
    """Everybody with their number; "Dörte" is doerte.muster@bretten.example unless told otherwise."""
    lines = [HEAD]
    for name in names or NAMES:
        local = name.lower().replace("ö", "oe")
        email = emails.get(name, f"{local}.muster@bretten.example")
        lines.append(f"{NAMES.index(name):04};{name};Muster;{email};")
    return "\r\n".join([*lines, ""])


@pytest.fixture
def listed(installation: Installation) -> Installation:
    """Six people of Bretten whom only the list knows; they have accounts."""
    installation.wish.sources["personnel"] = {
        "source": "csv",
        "organisation": "bretten",
        "brings": "everybody",
        "csv_file": "personal.csv",
        "most_missing": {"count": 1},
    }
    export(installation, rows())
    installation.apply()
    return installation


def export(installation: Installation, content: str, codec: str = "cp1252", days: int = 0) -> Path:
    """Today's export, or one of ``days`` ago."""
    at = installation.clock.now() - timedelta(days=days, minutes=1)
    return put(installation.folder, content, codec, at)


def active(installation: Installation) -> set[str]:
    return {
        user.display_name.partition(" ")[0]
        for user in installation.cloud.users.values()
        if user.enabled and user.display_name.endswith("Muster")
    }


def later(installation: Installation, hours: float = 30) -> None:
    clock = installation.clock
    assert isinstance(clock, VirtualClock)
    clock.advance(hours * 3600)


def test_people_of_a_list_get_accounts_and_a_new_address_is_an_update(listed: Installation) -> None:
    assert active(listed) == set(NAMES)
    assert listed.run("plan").code == 0
    later(listed)
    export(listed, rows(Anna="anna.neu@bretten.example"), "utf-8-sig")
    (target,) = listed.plan()["targets"]
    assert [(change["verb"], list(change["fields"])) for change in target["changes"]] == [("update", ["email"])]


def test_an_old_copy_in_the_place_of_the_list_changes_nothing_however_long_ago_it_was_read(
    listed: Installation,
) -> None:
    for wait in (1, 30, 24 * 60):
        later(listed, wait)
        export(listed, rows(*NAMES[:5], Anna="anna.alt@bretten.example"), days=400)
        ran = listed.run("plan")
        assert (ran.code, "older than the list that was read last" in ran.err) == (0, True), ran.all
        read = listed.run("sources", "read", "--whole")
        assert read.code == 1
    assert active(listed) == set(NAMES)
    export(listed, rows(Anna="anna.neu@bretten.example"))
    assert listed.run("plan").code == 2, "the next real export counts again"


@pytest.mark.parametrize(
    "spoilt",
    [
        rows(*NAMES[:3]),
        rows(*NAMES[:5]).rstrip() + '\r\n0005;"Fatma;Muster',
        rows()[: len(rows()) // 2],
        rows()[: rows().index("0003")],
        f"{HEAD}\r\n",
        rows().replace("0005;", ";").replace("0004;", ";"),
        rows().replace("0005;Fatma", '0005;"Fat"ma'),
        rows().replace("0005;Fatma;", "0005;Fatma;Muster;"),
    ],
    ids=[
        "half of them",
        "open quote",
        "cut in a row",
        "cut between rows",
        "nobody",
        "no keys",
        "odd quotes",
        "a cell too many",
    ],
)
def test_a_list_that_lost_people_takes_nobody_away(listed: Installation, spoilt: str) -> None:
    later(listed)
    export(listed, spoilt)
    ran = listed.run("plan", "--json")
    changes = [change for target in ran.json["targets"] for change in target["changes"]]
    assert (ran.code, changes) == (0, []), ran.all
    assert listed.run("apply", "--yes").code == 0
    assert active(listed) == set(NAMES)


def test_one_who_is_gone_from_a_whole_list_is_gone(listed: Installation) -> None:
    later(listed)
    export(listed, rows(*NAMES[:5]))
    (target,) = listed.plan()["targets"]
    assert {(change["verb"], change["change_class"]) for change in target["changes"]} == {("suspend", "queued")}


def test_the_preview_names_lines_and_reasons_and_keeps_nothing(listed: Installation) -> None:
    later(listed)
    export(listed, rows().replace("ben.muster@", "ben.muster@@") + "0099;Neu;Muster;neu.muster@bretten.example;\r\n")
    ran = listed.run("sources", "read", "personnel", "--preview")
    said = " ".join(ran.all.split())
    assert "personal.csv:3" in said, ran.all
    assert "That is no e-mail address" in said
    assert listed.run("plan", "--json").json["targets"] is not None


def test_doctor_looks_at_the_list(listed: Installation) -> None:
    export(listed, rows()).chmod(0o666)
    ran = listed.run("doctor")
    said = " ".join(ran.all.split())
    assert '6 rows, 6 people (windows-1252, delimiter ";")' in said
    assert "Everybody on this machine can change or replace" in said
    assert ran.code in (0, 1)
