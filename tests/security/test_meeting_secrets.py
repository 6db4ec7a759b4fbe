"""A group meets in a whole installation: what its rooms are called, and what opens them, is told by nothing of ours."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import select

from provisioner.state.schema import METADATA
from tests.service.story import Town, links_of, town
from tests.service.surfing import Browser
from tests.support.site import body, person

MEET, SECRET = "https://meet.example", "invented-Secret-of-thirty-two-letters"
EVENTS, RESERVING = "invented-Events-of-thirty-two-letters", "invented-Doors-of-thirty-two-letters"
CALLER = "192.0.2.7"
BODY = "pg-sensorik"
WHERE_NAMES_ARE = {"binding", "step", "guest_room", "reservation"}
"""Tables that hold what rooms are called, and can't do without it."""
PAGES = 150


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
        reservations = {"secret": RESERVING, "callers": [CALLER]}
        found.installation.more_network["meetings"] = {"events": {"secret": EVENTS}, "reservations": reservations}
        yield found.open()


def passed(browser: Browser, path: str, method: str = "GET", **form: str) -> str:
    """Where a click leads, which is a room."""
    answer = browser.session.request(method, browser.url(path), data=form or None, allow_redirects=False, timeout=60)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(f"{MEET}/re-")
    return answer.headers["location"]


def read_all(browser: Browser) -> Iterator[str]:
    """Every page of the network that links lead to, with its headers."""
    todo, seen = [f"/{browser.network}/"], set[str]()
    while todo and len(seen) < PAGES:
        path = todo.pop(0)
        if path in seen or "/join/" in path or "/rooms/" in path or path.endswith("/logout"):
            continue
        seen.add(path)
        answer = browser.session.get(browser.url(path), timeout=60)
        yield f"{path}\n{answer.headers}\n{answer.text}"
        browser.answer = answer
        todo += [urlsplit(link).path for link in browser.links() if link.startswith(f"/{browser.network}/")]
    assert len(seen) >= 8


def called(meeting: Town) -> str:
    """The room's name at this moment."""
    with meeting.site().database.reading() as connection:
        binding = METADATA.tables["binding"]
        found = connection.scalar(select(binding.c.remote_id).where(binding.c.kind == "meeting-room"))
    return str(found)


def tell(meeting: Town, path: str, event: dict[str, Any], secret: str = EVENTS) -> int:
    """As the meeting server does."""
    headers = {"Authorization": f"Bearer {secret}"}
    return requests.post(f"{meeting.origin}/redi/events/{path}", json=event, headers=headers, timeout=60).status_code


def reserve(meeting: Town, room: str, word: str = RESERVING, **headers: str) -> int:
    """As the meeting server does, through the proxy in front of us."""
    address = f"{meeting.origin}/redi/reservations/{word}/conference"
    form = {"name": room, "start_time": "2026-01-05T08:00:00.000Z", "mail_owner": "a@meet.jitsi"}
    return requests.post(address, data=form, headers=headers, timeout=60).status_code


def test_what_rooms_are_called_and_what_opens_them_is_told_by_no_page_log_table_command_or_target(
    meeting: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    name, said = called(meeting), list[str]()
    assert name.startswith("re-")
    mona, ben, rita = (meeting.come(f"{one}@bretten.example") for one in ("mona", "ben", "rita"))
    tokens = [passed(mona, f"join/{BODY}"), passed(ben, f"join/{BODY}"), passed(ben, f"room?room={name}")]
    mona.open(f"bodies/{BODY}/guests")
    mona.send("/guests/invite", name="Gustav Gast")
    [link] = [one for one in links_of(mona.answer.text.replace('"', " ").replace("<", " ")) if "/guest/" in one]
    mona.open(f"bodies/{BODY}/guests")
    mona.send("/guests/open", title="Vorstellung")
    [own] = {one.rpartition("/")[2] for one in mona.links("/rooms/")}
    tokens.append(passed(ben, f"rooms/{own}"))
    gustav = meeting.browser()
    gustav.open(link)
    [form] = [one for one in gustav.read().forms if "/guest/" in one.action]
    tokens.append(passed(gustav, form.action, "POST", **dict(form.fields)))
    ben.open("me/calendar")
    ben.send("/me/calendar")
    [feed] = {one for one in links_of(ben.answer.text.replace('"', " ").replace("<", " ")) if "/feed/" in one}
    said.append(requests.get(feed.rstrip("."), timeout=60).text)
    assert f"/join/{BODY}" in said[0].replace("\r\n ", "")
    now = int(meeting.clock.now().timestamp())
    event = {"event_name": "muc-room-created", "room_name": name, "created_at": now}
    assert tell(meeting, "room/created", event) == 204
    joined = {"event_name": "muc-occupant-joined", "room_name": name, "active_occupants_count": 7}
    assert tell(meeting, "occupant/joined", {**joined, "occupant": {"joined_at": now, "name": "Ben"}}) == 204
    assert tell(meeting, "room/created", event, RESERVING) == 403
    assert reserve(meeting, name, **{"X-Forwarded-For": CALLER}) == 403, "too early: they meet on Thursday"
    meeting.work()
    for browser in (rita, mona, ben):
        said += read_all(browser)
    for path in ("metrics", f"redi/join/{BODY}/x", f"redi/room?room={name}x", "redi/keys/x.pem"):
        answer = requests.get(f"{meeting.origin}/{path}", timeout=60)
        said.append(f"{answer.headers}{answer.text}".replace(f"{name}x", ""))
    ben.open(f"bodies/{BODY}/leave")
    ben.send("/leave")
    meeting.pass_time(days=1)
    renamed = called(meeting)
    assert renamed != name
    run = meeting.installation.run
    for words in ("plan --json", "plan", "history", "drift --json", f"explain {BODY}", "doctor", "room list --json"):
        said.append(run(*words.split()).all)
    said += [
        run(*words.split()).all for words in ("state show", "privacy record", "meetings list", "person show p-mona")
    ]
    said += [one.text for one in meeting.office.came]
    said += [f"{one.path} {one.body!r}" for one in meeting.cloud.log.requests]
    secrets = {name, renamed, SECRET, EVENTS, RESERVING, link.rpartition("/")[2], feed.rpartition("/")[2][:43]}
    secrets |= {address.partition("%22")[2].partition("%22")[0] for address in tokens}
    secrets |= {address.partition("#")[0].rpartition("/")[2] for address in tokens}
    assert len(secrets) == 8 + len(set(tokens)), "also the name of the room for guests"
    records = "\n".join(repr(one.__dict__) for one in caplog.records if one.name.startswith("provisioner"))
    with meeting.site().database.reading() as connection:
        tables = {one.name: repr(connection.execute(select(one)).all()) for one in METADATA.sorted_tables}
    for secret in secrets:
        assert secret not in records
        assert [one[max(0, one.find(secret) - 150) : one.find(secret) + 80] for one in said if secret in one] == []
        told = {table for table, text in tables.items() if secret in text}
        assert told <= (WHERE_NAMES_ARE if secret.startswith("re-") else set())


def test_nobody_reserves_rooms_by_saying_that_they_are_the_meeting_server(meeting: Town) -> None:
    """The proxy in front of us puts the address that it sees behind whatever somebody claims to be."""
    name = called(meeting)
    meeting.pass_time(days=3, hours=1)
    stranger = "198.51.100.9"
    for claimed in (
        f"{CALLER}, {stranger}",
        f"{stranger}",
        f"{CALLER},{CALLER}, {stranger}",
        f"{CALLER}:80, {stranger}",
    ):
        assert reserve(meeting, name, **{"X-Forwarded-For": claimed}) == 404, claimed
    for header in ("X-Real-IP", "Forwarded", "X-Client-IP", "X-Forwarded-Host", "X-Original-Forwarded-For"):
        assert reserve(meeting, name, **{header: CALLER}) == 404, header
    for word in ("", "x", RESERVING[:-1], RESERVING.upper(), f"{RESERVING}%00"):
        assert reserve(meeting, name, word, **{"X-Forwarded-For": CALLER}) == 404, word
    assert reserve(meeting, name, **{"X-Forwarded-For": f"{stranger}, {CALLER}"}) == 200
