"""A group meets with a guest: whoever is named where people meet, is named here only where that is needed."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from provisioner.state.schema import METADATA
from tests.service.story import Town, links_of, town
from tests.support.site import SERVICE, body, person

MEET, SECRET, EVENTS = (
    "http://127.0.0.1:9",
    "invented-Rooms-of-thirty-two-letters",
    "invented-Events-of-thirty-two-letters",
)
BODY = "pg-sensorik"
GUEST = "Gundula Markergast"
INSIDE = {
    "name": "Ingo Markerdrinnen",
    "email": "ingo@drinnen.example",
    "id": "marker-7f3a",
    "occupant_jid": "ingo@m/x",
}
"""What a meeting server tells of somebody who is inside."""
BY_HAND = ("Termin mit Thea Markertermin", "mailto:thea@termin.example")
"""What somebody wrote into the body's calendar."""


@pytest.fixture
def meeting(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as found:
        found.wish.targets["meet"] = {"connector": "jitsi", "url": MEET, "secret": SECRET}
        found.wish.policy["meetings"] = {"reminders": [1440]}
        series = {"id": "jf", "title": "Jour fixe", "first": "2026-01-08T10:00", "every": "week"}
        found.wish.add(
            body(BODY, "Sensorik", lead="bretten", join="open", meetings={"series": [series]}),
            person("Rita", roles=["ranger"]),
            person("Mona", {"id": BODY, "role": "moderator"}),
            person("Ben", BODY),
        )
        found.installation.more_network["meetings"] = {"events": {"secret": EVENTS}}
        yield found.open()


def tables(meeting: Town) -> dict[str, str]:
    """Table → all its rows as text."""
    with meeting.site().database.reading() as connection:
        return {one.name: repr(connection.execute(select(one)).all()) for one in METADATA.sorted_tables}


def holding(meeting: Town, *words: str) -> set[str]:
    """The tables in which any of these stands."""
    return {name for name, text in tables(meeting).items() for word in words if word.casefold() in text.casefold()}


def tell(meeting: Town, path: str, **event: Any) -> None:
    """As the meeting server does."""
    with meeting.site().database.reading() as connection:
        binding = METADATA.tables["binding"]
        room = connection.scalar(select(binding.c.remote_id).where(binding.c.kind == "meeting-room"))
    answer = requests.post(
        f"{meeting.origin}/redi/events/{path}",
        json={"room_name": room, **event},
        headers={"Authorization": f"Bearer {EVENTS}"},
        timeout=60,
    )
    assert answer.status_code == 204, answer.text


def meet(meeting: Town) -> None:
    """Ingo and others come and go, and the meeting is over."""
    now = int(meeting.clock.now().timestamp())
    tell(meeting, "room/created", event_name="muc-room-created", created_at=now)
    for count in (1, 2):
        joined = {"active_occupants_count": count, "occupant": {**INSIDE, "joined_at": now}}
        tell(meeting, "occupant/joined", event_name="muc-occupant-joined", **joined)
    left = {"active_occupants_count": 1, "occupant": {**INSIDE, "joined_at": now, "left_at": now}}
    tell(meeting, "occupant/left", event_name="muc-occupant-left", **left)
    everybody = [{**INSIDE, "joined_at": now, "left_at": now}] * 2
    over = {"created_at": now, "destroyed_at": now, "all_occupants": everybody}
    tell(meeting, "room/destroyed", event_name="muc-room-destroyed", **over)


def test_who_is_inside_is_a_number_everywhere(meeting: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "provisioner")
    meet(meeting)
    assert holding(meeting, BODY) >= {"headcount"}
    assert holding(meeting, *INSIDE.values()) == set()
    meeting.pass_time(days=2)
    assert holding(meeting, BODY) >= {"gathering"}
    assert holding(meeting, *INSIDE.values(), "mona", "ben@").isdisjoint({"gathering", "headcount"})
    rita = meeting.come("rita@bretten.example")
    for page in ("", "figures", f"bodies/{BODY}"):
        assert "markerdrinnen" not in rita.open(page).casefold()
    records = "\n".join(repr(one.__dict__) for one in caplog.records if one.name.startswith("provisioner"))
    assert not [word for word in INSIDE.values() if word in records]


def test_a_guests_name_stands_in_the_invitation_alone_and_goes_a_week_after_its_end(
    meeting: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "provisioner")
    mona = meeting.come("mona@bretten.example")
    mona.open(f"bodies/{BODY}/guests")
    mona.send("/guests/invite", name=GUEST)
    [link] = [one for one in links_of(mona.answer.text.replace('"', " ").replace("<", " ")) if "/guest/" in one]
    guest = meeting.browser()
    guest.open(link)
    [form] = [one for one in guest.read().forms if "/guest/" in one.action]
    entered = guest.session.post(guest.url(form.action), data=dict(form.fields), allow_redirects=False, timeout=60)
    assert entered.status_code == 303
    meet(meeting)
    meeting.work()
    assert holding(meeting, "Markergast") == {"invitation"}
    shown = meeting.installation.run("person", "show", "p-mona", "--json").json["kept"]
    assert [one["guest_name"] for one in shown["invitations"]] == [GUEST]
    assert "invitations" not in meeting.installation.run("person", "show", "p-ben", "--json").json["kept"]
    for words in ("plan --json", "history", "room list --json", "doctor", "privacy record", "meetings list"):
        assert "Markergast" not in meeting.installation.run(*words.split()).all
    records = "\n".join(repr(one.__dict__) for one in caplog.records if one.name.startswith("provisioner"))
    assert "Markergast" not in records
    meeting.pass_time(days=6)
    assert holding(meeting, "Markergast") == {"invitation"}
    meeting.pass_time(days=31)
    meeting.pass_time(days=1)
    assert holding(meeting, "Markergast") == set()


def test_what_people_write_into_a_bodys_calendar_is_theirs(meeting: Town) -> None:
    """An event of their own, and who comes to ours; what we wrote there is looked at all the same."""
    [calendar] = [one for one in meeting.cloud.world.calendars.of(SERVICE[0]).values() if one.name == "PG Sensorik"]
    [(ours, content)] = calendar.events.items()
    title, who = BY_HAND
    attends = f"ATTENDEE;CN={title.rpartition(' ')[2]}:{who}\r\nEND:VEVENT".encode()
    calendar.put(ours, content.replace(b"END:VEVENT", attends))
    own = [b"BEGIN:VCALENDAR", b"VERSION:2.0", b"PRODID:-//x", b"BEGIN:VEVENT", b"UID:own@termin.example"]
    own += [b"DTSTAMP:20260105T080000Z", b"DTSTART:20260107T080000Z", b"DTEND:20260107T090000Z"]
    own += [f"SUMMARY:{title}".encode(), attends, b"END:VCALENDAR", b""]
    calendar.put("own.ics", b"\r\n".join(own))
    meeting.pass_time(days=1)
    assert "Markertermin" in repr(calendar.events)
    assert holding(meeting, "readi-pg-sensorik") >= {"remembered"}, "it was read"
    assert holding(meeting, "Markertermin", "termin.example") == set()
    for words in ("plan --json", "drift --json"):
        assert "Markertermin" not in meeting.installation.run(*words.split()).all
