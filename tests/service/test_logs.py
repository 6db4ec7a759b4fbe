"""Whatever people type, send or are called: no line of the log says it. Read in a service that really runs."""

import json
import logging
import re
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import requests

from provisioner.app.site import Site
from provisioner.model.messages import LetterState
from provisioner.service import logs
from provisioner.state import Outbox
from tests.support.mailserver import PostOffice
from tests.support.serving import Serving, drained, opened, wait_until
from tests.support.site import SERVICE, Installation

ADDRESS = "marita.marker@bretten.example"
MARKERS = ("marita", "marker", "geheimniskram", "suchbegriff", "bretten.example", "anna.muster", "muster", SERVICE[1])
MEET, SECRET, EVENTS = (
    "http://127.0.0.1:9",
    "invented-Rooms-of-thirty-two-letters",
    "invented-Events-of-thirty-two-letters",
)


class Visitor:
    """A browser without a screen."""

    def __init__(self, service: Serving) -> None:
        self.base = f"{service.url}/redi"
        self.web = requests.Session()
        self.answers: list[int] = []
        self.page = ""
        """What the last form led to."""

    def get(self, path: str) -> str:
        answer = self.web.get(f"{self.base}{path}", timeout=30)
        self.answers.append(answer.status_code)
        return answer.text

    def post(self, page: str, path: str, **fields: str) -> str:
        """A form of a page, with its word."""
        (word,) = set(re.findall(r'name="csrf" value="([^"]+)"', self.get(page)))
        answer = self.web.post(f"{self.base}{path}", data={"csrf": word, **fields}, timeout=30)
        self.answers.append(answer.status_code)
        self.page = answer.text
        return answer.text


def come_in(visitor: Visitor, office: PostOffice, site: Site) -> str:
    """Somebody new types an address, uses the link, says who they are and joins; the link's word."""
    visitor.post("/login", "/login", address=ADDRESS)
    wait_until(lambda: len(office.came) == 1)
    (word,) = re.findall(r"/redi/link/([\w-]{43})", office.came[0].text)
    visitor.post(f"/link/{word}", f"/link/{word}")
    visitor.post("/register", "/register", given_name="Marita", family_name="Marker", agreed="yes")
    visitor.post("/join", "/bodies/pg-lora/join")
    wait_until(lambda: drained(site))
    return str(word)


def meet(visitor: Visitor) -> list[str]:
    """Somebody enters a meeting room and wants a calendar: the pass and its room's name, and the calendar's word."""
    answer = visitor.web.get(f"{visitor.base}/join/pg-lora", allow_redirects=False, timeout=30)
    assert answer.status_code == 303, answer.text
    room, _, token = answer.headers["location"].removeprefix(f"{MEET}/").partition("#")
    visitor.post("/me/calendar", "/me/calendar")
    (word,) = set(re.findall(r"/redi/feed/([\w-]{43})", visitor.page))
    assert visitor.get(f"/feed/{word}.ics").startswith("BEGIN:VCALENDAR")
    for name in (room, "geheimniskram"):
        visitor.web.get(f"{visitor.base}/room?room={name}&state=suchbegriff", allow_redirects=False, timeout=30)
    visitor.get(f"/guest/{word}")
    event = {"event_name": "muc-occupant-joined", "room_name": room, "active_occupants_count": 1}
    event |= {"occupant": {"joined_at": int(time.time()), "name": "Marita Marker", "email": ADDRESS}}
    for secret in (EVENTS, "geheimniskram"):
        headers = {"Authorization": f"Bearer {secret}"}
        told = requests.post(f"{visitor.base}/events/occupant/joined", json=event, headers=headers, timeout=30)
        assert told.status_code == (204 if secret == EVENTS else 403)
    form = {"name": "geheimniskram", "mail_owner": ADDRESS}
    requests.post(f"{visitor.base}/reservations/geheimniskram/conference", data=form, timeout=30)
    return [room, token.split("%22")[1], word]


def be_a_nuisance(visitor: Visitor, word: str) -> None:
    """What strangers and scanners ask for."""
    for path in (
        f"/link/{word}",
        "/link/geheimniskram?from=suchbegriff",
        f"/people/{quote('Marita Marker')}",
        f"/people?search={quote('Suchbegriff Marker')}",
        "/bodies/geheimniskram",
        "/join/geheimniskram",
        "/guest/geheimniskram",
        "/rooms/geheimniskram",
        "/feed/geheimniskram.ics",
    ):
        visitor.get(path)
    visitor.post("/login", "/login", address="kein@@geheimniskram")
    strange = {"X-Forwarded-For": "geheimniskram", "User-Agent": "geheimniskram", "Referer": "http://geheimniskram/"}
    hook = f"{visitor.base}/hooks/registry?geheimniskram=1"
    requests.post(
        hook, data=b'{"geheimniskram": 1}', headers={**strange, "X-Hub-Signature-256": "sha256=0"}, timeout=30
    )
    requests.get(f"{visitor.base}/../geheimniskram", headers=strange, timeout=30)
    requests.request("GEHEIMNISKRAM", visitor.base, timeout=30)


def test_of_all_that_people_say_and_are_called_no_line_tells(served: Installation) -> None:
    with PostOffice() as office:
        served.more_settings["service"]["mail"] = office.settings()
        served.wish.targets["meet"] = {"connector": "jitsi", "url": MEET, "secret": SECRET}
        served.more_network["meetings"] = {"events": {"secret": EVENTS}}
        served.write()
        with Serving(served) as service, opened(served) as site:
            wait_until(lambda: drained(site) and "anna.muster" in served.cloud.users)
            visitor, service_address = Visitor(service), service.url
            word = come_in(visitor, office, site)
            assert "marita.marker" in served.cloud.users
            opening = meet(visitor)
            be_a_nuisance(visitor, word)
            assert 500 not in visitor.answers
            office.post.at_rcpt.append(f"550 no such user {ADDRESS}")
            cookie = [one.value or "" for one in visitor.web.cookies]
            visitor.web.cookies.clear()
            visitor.post("/login", "/login", address=ADDRESS)
            outbox = Outbox(site.database, "redi", site.clock.now())
            wait_until(lambda: LetterState.REFUSED in outbox.counts())
            visitor.web.close()
            assert service.end() == 0
            text, lines = service.log_file.read_text("utf-8"), service.log()
    for marker in (*MARKERS, word, *opening, SECRET, EVENTS, *cookie):
        assert marker.casefold() not in text.casefold(), [line for line in lines if marker.casefold() in str(line)]
    listens, *told = (line for line in text.splitlines() if not line.startswith("{"))
    assert len(lines) + len(told) + 1 == len(text.splitlines()), "every line is JSON"
    assert service_address in listens, "but for those that say where it listens,"
    assert all(line.startswith(("  http", "  ! ")) for line in told), "where the pages are and what is missing"
    answered = [line for line in lines if line["event"] == "answered"]
    assert {line["route"] for line in answered} >= {"/link/{word}", "/{network}/hooks/registry", "none"}
    assert len({line["request"] for line in answered}) == len(answered)
    assert {"method", "status", "milliseconds", "timestamp", "level"} <= answered[0].keys()


@pytest.fixture
def own_logging() -> Iterator[None]:
    """What the service sets up for its process, taken back."""
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in logs.OURS)]
    before = [(one, list(one.handlers), one.level, one.propagate) for one in loggers]
    yield
    logging.captureWarnings(False)
    for one, handlers, level, propagate in before:
        one.handlers, one.propagate = handlers, propagate
        one.setLevel(level)


@pytest.mark.usefixtures("own_logging")
def test_of_what_was_raised_kinds_and_places_are_told_and_no_words(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json")
    try:
        try:
            raise ValueError("Marita Marker")
        except ValueError as error:
            raise KeyError("geheimniskram") from error
    except KeyError:
        logging.getLogger("provisioner.test").exception("failed", extra={"network": "redi"})
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (first["event"], first["network"], first["level"]) == ("failed", "redi", "error")
    assert [line for line in first["raised"] if " " not in line] == ["KeyError", "ValueError"]
    assert second["event"] == "Exception in ASGI application"
    for line in (first, second):
        assert "Marita" not in str(line)
        assert "geheimniskram" not in str(line)


@pytest.mark.usefixtures("own_logging")
def test_what_libraries_say_is_told_as_a_place_alone(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("text")
    logging.getLogger("urllib3").warning("Retrying %s", "https://x.example/?q=marita")
    logging.getLogger("urllib3").info("GET /marita")
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "test_logs.py" in said
    assert "marita" not in said
