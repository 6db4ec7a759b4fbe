"""The record says what is set up, leaves out nothing that is stored, and names nobody."""

import re

import pytest

from provisioner.state.schema import METADATA
from tests.support.site import Installation, person


@pytest.fixture
def set_up(small: Installation) -> Installation:
    small.wish.policy = {
        "retention": {"history_days": 100, "audit_days": 50, "letters_days": 40},
        "lifecycle": {"wait_days": 21},
        "joining": {"contact": "Erna [Muster] | 07252 1234"},
    }
    mail = {"server": "mail.stadt.example", "sender": "dienst@stadt.example"}
    small.more_settings["service"] = {"backup_days": 9, "mail": mail}
    return small


def test_every_table_of_the_database_is_accounted_for(set_up: Installation) -> None:
    kept = set_up.run("privacy", "record", "--json").json["kept"]
    tables = [table for one in kept for table in one["tables"]]
    assert sorted(tables) == sorted(METADATA.tables), "what is stored and not said, or said and not stored"


def test_recipients_limits_and_what_could_be_read_come_from_settings_and_policy(set_up: Installation) -> None:
    record = set_up.run("privacy", "record", "--json").json
    (cloud,) = record["recipients"]
    assert (cloud["target"], cloud["product"]) == ("cloud", "nextcloud")
    assert set_up.cloud.url.removeprefix("http://") in cloud["server"]
    assert cloud["could_read"]["code"] == "nextcloud.could_read"
    assert cloud["how_long"]["arguments"] == {"days": 21}
    assert record["mail_server"] == "mail.stadt.example"
    limits = {one["what"]["code"]: one["how_long"]["text"] for one in record["kept"]}
    assert limits["app.privacy_kept_history"] == "100 days"
    assert limits["app.privacy_kept_audit"] == "50 days"
    assert limits["app.privacy_kept_letters"] == "40 days"
    assert limits["app.privacy_kept_backups"] == "9 days"


@pytest.mark.parametrize(("language", "words"), [("de", "Löschfristen"), ("en", "Time limits")])
def test_it_prints_as_markdown_in_both_languages(set_up: Installation, language: str, words: str) -> None:
    ran = set_up.run("--lang", language, "privacy", "record")
    assert ran.code == 0, ran.all
    assert f"## {words}\n" in ran.out
    rows = [line for line in ran.out.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {3}, "nothing breaks the table"
    assert r"Erna \[Muster\] \| 07252 1234" in ran.out


def test_it_names_nobody_and_asks_no_target(set_up: Installation) -> None:
    set_up.wish.add(person("Marker", roles=["ranger"]))
    set_up.cloud.log.clear()
    ran = set_up.run("privacy", "record")
    for marker in ("Marker", "Anna", "p-anna", "bretten.example"):
        assert marker not in ran.all
    assert list(set_up.cloud.log) == []


def test_where_people_meet_it_is_said_what_each_server_gets_and_for_how_long(set_up: Installation) -> None:
    targets = set_up.wish.targets
    targets["meet"] = {"connector": "jitsi", "url": "https://meet.example", "secret": "x" * 32}
    targets["planning"] = {
        "connector": "jitsi-admin",
        "url": "https://planning.example",
        "meeting_server": "meet-planning.example",
        "password": "y" * 32,
    }
    record = set_up.run("privacy", "record", "--json").json
    said = {one["target"]: (one["could_read"]["text"], one["how_long"]["text"]) for one in record["recipients"]}
    assert "a display name and a random id" in said["meet"][0]
    assert "Jitsi stores none of it" in said["meet"][1]
    assert "e-mail addresses of those invited" in said["planning"][0]
    assert "Past conferences" in said["planning"][1]
    assert "the dates in their calendars" in said["cloud"][0]
    assert "21 days" in said["cloud"][1]
    limits = {table: one["how_long"]["text"] for one in record["kept"] for table in one["tables"]}
    assert limits["feed"] == "until somebody ends it, leaves or is erased"
    assert limits["invitation"] == limits["guest_room"] == "7 days after the end, or after it was taken back"
    assert "who took part in a meeting" in str(record["not_kept"])
    out = set_up.run("--lang", "de", "privacy", "record").out
    assert "Gäste von Videokonferenzen" in out
    assert "xxxx" not in out
