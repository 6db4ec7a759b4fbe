"""`readi room`: rooms and passes for whoever sits at a terminal; no name and no token where others could read."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import StringIO
from typing import Any, Final

import jwt
import pytest

from provisioner.app.meetings.doors import open_doors
from provisioner.app.site import Site
from provisioner.model.bindings import Binding
from provisioner.model.gatherings import Count, Told
from provisioner.model.meetings import Entrant, Standing
from provisioner.model.resources import Kind, ResourceId
from provisioner.state import Audit, BindingWriter, Gatherings, RoomNames
from tests.support.site import Installation
from tests.support.terminal import on_a_terminal

SECRET: Final = "MARKER-secret-of-the-meeting-server-0123456789"
ROOM: Final = "re-" + "a" * 32
ENTRANT: Final = Entrant("x", "Anna", Standing.MEMBER)
LINK: Final = re.compile(r"https://meet\.example/(re-[0-9a-f]{32})#jwt=%22([\w.-]+)%22&config\.subject=\S+")


@pytest.fixture
def meeting(small: Installation) -> Iterator[Installation]:
    small.wish.targets["meet"] = {"connector": "jitsi", "url": "https://meet.example", "secret": SECRET}
    small.write()
    with site_of(small) as site, site.database.writing() as connection:
        tied = Binding(ResourceId(Kind.MEETING_ROOM, "body:pg-sensorik"), ROOM, "PG Sensorik", "", {})
        BindingWriter(connection, "redi", "meet", "jitsi:meet.example").bind(tied, site.clock.now())
    yield small
    everything = "".join(ran.all for ran in small.ran)
    assert SECRET not in everything
    assert ROOM not in everything


@contextmanager
def site_of(installation: Installation) -> Iterator[Site]:
    """The installation's network."""
    site = Site.open(installation.settings, "redi", installation.clock)
    try:
        yield site
    finally:
        site.close()


def name_now(installation: Installation) -> str:
    with site_of(installation) as site:
        found = RoomNames(site.database, "redi").of("body:pg-sensorik", ["meet"])
    assert found is not None
    return found.name


def made(installation: Installation, now: datetime, **claims: Any) -> str:
    """A token as ours are, but for ``claims``."""
    begun = int(now.timestamp())
    usual = {"aud": "jitsi", "iss": "readi", "sub": "meet.jitsi", "room": ROOM, "nbf": begun - 10, "exp": begun + 600}
    context = {"user": {"id": "x", "name": "Anna", "moderator": True, "lobby_bypass": True}}
    return jwt.encode({**usual, "context": context, **claims}, SECRET, "HS256")


def test_rooms_are_listed_without_their_names(meeting: Installation) -> None:
    ran = meeting.run("room", "list")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "pg-sensorik  PG Sensorik  named 0 days ago  the server does not tell how many are inside"
    ]
    (room,) = meeting.run("room", "list", "--json").json["rooms"]
    assert (room["body"], room["target"], room["inside"], room["due_why"]) == ("pg-sensorik", "meet", None, "")


def test_a_terminal_shows_a_link_for_one_person_and_minutes_and_the_audit_knows(meeting: Installation) -> None:
    shown = on_a_terminal(meeting.settings, "room", "token", "pg-sensorik", "--for", "p-anna")
    found = LINK.search(shown)
    assert found is not None, shown
    claims = jwt.decode(found[2], SECRET, ["HS256"], audience="jitsi", issuer="readi")
    assert (claims["room"], claims["context"]["user"]["name"]) == (ROOM, "Anna Muster")
    assert claims["exp"] - claims["iat"] == 15 * 60
    with site_of(meeting) as site:
        deed = Audit(site.database, "redi").latest()[0]
    assert (deed.action, deed.subject, deed.about) == ("made_pass", "body:pg-sensorik", {"person": "p-anna"})
    files = [path for path in meeting.folder.rglob("*") if path.is_file()]
    assert [path for path in files if found[2].encode() in path.read_bytes()] == []


def test_whatever_is_no_terminal_gets_no_token(meeting: Installation, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ran = meeting.run("room", "token", "pg-sensorik", "--for", "p-anna")
    assert (ran.code, ran.out) == (1, "")
    assert "terminal" in ran.err
    assert "jwt" not in caplog.text


@pytest.mark.parametrize(
    ("body", "person", "said"),
    [
        ("pg-sensorik", "p-cleo", "p-cleo does not belong to pg-sensorik today."),
        ("pg-nirgends", "p-anna", "pg-nirgends"),
        ("pg-sensorik", "p-niemand", "p-niemand"),
        ("pg-lora", "p-anna", "no meeting room yet"),
    ],
)
def test_there_is_no_token_for_who_does_not_belong_there(
    meeting: Installation, monkeypatch: pytest.MonkeyPatch, body: str, person: str, said: str
) -> None:
    monkeypatch.setattr("provisioner.cli.rooms._is_terminal", lambda _: True)
    ran = meeting.run("room", "token", body, "--for", person)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err


def test_a_token_is_checked_in_words(meeting: Installation) -> None:
    now = meeting.clock.now()
    good = made(meeting, now)
    for arguments in ((good,), (good, "--room", "pg-sensorik"), (f'https://meet.example/{ROOM}#jwt="{good}"',)):
        ran = meeting.run("room", "check", *arguments)
        assert ran.code == 0, ran.all
        assert "moderator" in ran.out
    for arguments in (
        (good, "--room", "pg-lora"),
        (made(meeting, now - timedelta(hours=1)),),
        (good[:-3] + "AAA",),
        (made(meeting, now, aud="other"),),
        ("no token",),
        ("https://[", "--room", "x"),
        (f"https://meet.example/other#jwt={good}",),
    ):
        ran = meeting.run("room", "check", *arguments)
        assert ran.code == 2, (arguments, ran.all)
        assert ran.out.strip()


def test_a_token_can_be_given_where_no_history_of_commands_keeps_it(
    meeting: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(made(meeting, meeting.clock.now()) + "\n"))
    assert meeting.run("room", "check", "--room", "pg-sensorik").code == 0


def test_what_is_unsafe_about_a_token_is_said_though_it_opens_the_room(meeting: Installation) -> None:
    endless = jwt.decode(made(meeting, meeting.clock.now()), options={"verify_signature": False})
    del endless["exp"]
    ran = meeting.run("room", "check", jwt.encode({**endless, "room": "*"}, SECRET, "HS256"))
    assert ran.code == 0
    assert len([line for line in ran.out.splitlines() if line.startswith("  ! ")]) >= 2


def test_a_room_is_renamed_by_command_unless_people_sit_in_it(meeting: Installation) -> None:
    ran = meeting.run("room", "rotate", "pg-sensorik")
    assert (ran.code, ran.out) == (0, "PG Sensorik: the room has another name. All links still hold.\n")
    second = name_now(meeting)
    assert second != ROOM
    with site_of(meeting) as site:
        at = int(site.clock.now().timestamp())
        Gatherings(site.database, "redi").tell("body:pg-sensorik", 0, Count(Told.JOINED, at, at, 7))
    ran = meeting.run("room", "rotate", "pg-sensorik")
    assert ran.code == 2
    assert "7 people are inside" in ran.out
    assert name_now(meeting) == second
    assert "waits for another name: on command" in meeting.run("room", "list").out
    assert meeting.run("room", "rotate", "pg-lora").out.startswith("pg-lora has no meeting room yet.")
    assert meeting.run("room", "rotate", "pg-nirgends").code == 1


def test_a_new_key_is_published_before_it_signs(meeting: Installation) -> None:
    ran = meeting.run("room", "keys", "new")
    assert ran.code == 1
    assert "shares a secret" in ran.err
    del meeting.wish.targets["meet"]["secret"]
    meeting.wish.targets["meet"]["keys"] = "keys"
    meeting.run("room", "keys", "new")
    (first,) = (meeting.folder / "keys").iterdir()
    assert first.stat().st_mode & 0o077 == 0
    meeting.clock.sleep(1)
    assert meeting.run("room", "keys", "new").code == 0
    now = meeting.clock.now()
    with site_of(meeting) as site:
        door = open_doors(site)["meet"]
        passes = [door.admit(ROOM, "", ENTRANT, now + timedelta(minutes=wait)) for wait in (0, 11)]
        signed = [jwt.get_unverified_header(one.token.get_secret_value())["kid"] for one in passes]
        assert set(signed) == door.published_keys().keys()
    assert signed[0] == first.stem
    meeting.clock.sleep(3 * 3600)
    assert f"can be deleted: {first.name}" in meeting.run("room", "keys", "new").out


def test_the_settings_that_a_jitsi_needs_are_printed_without_secrets_unless_asked(meeting: Installation) -> None:
    meeting.more_settings["service"] = {"url": "https://service.example"}
    ran = meeting.run("jitsi", "config")
    lines = [line for line in ran.out.splitlines() if line and not line.startswith("#")]
    assert ran.code == 0
    assert {"PUBLIC_URL=https://meet.example", "ENABLE_GUESTS=0", "JICOFO_ENABLE_AUTH=0"} <= set(lines)
    assert "TOKEN_AUTH_URL=https://service.example/redi/room?room={room}&state={state}" in lines
    assert "JWT_APP_SECRET=…" in lines
    with_secrets = meeting.run("jitsi", "config", "--secrets")
    assert f"JWT_APP_SECRET={SECRET}" in with_secrets.out
    meeting.ran.remove(with_secrets)
    assert meeting.run("jitsi", "config", "--events").code == 1
    assert meeting.run("jitsi", "config", "--target", "cloud").code == 1
    assert meeting.run("jitsi", "config", "--target", "nowhere").code == 1


def test_without_a_meeting_server_nothing_is_listed_and_nothing_breaks(small: Installation) -> None:
    assert small.run("room", "list").out.startswith("There are no meeting rooms yet.")
    assert small.run("room", "rotate", "pg-sensorik").code == 0
    checked = small.run("room", "check", "x.y.z")
    assert checked.code == 1
    assert "meeting" in checked.err
