"""Every route for everybody, in their own and a foreign network, against one table. A route without a row fails."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import func, select, update

from provisioner.app.joining.deciding import make_decision_link
from provisioner.console.assets import router as assets_router
from provisioner.console.csrf import csrf_word
from provisioner.state.admission import digest_of
from provisioner.state.alert_schema import ALERT, ALERT_OUTBOX, ALERT_SILENCE
from provisioner.state.alert_silences import AlertSilences
from provisioner.state.schema import META
from provisioner.state.service_schema import (
    AUDIT,
    ENROLLED_PERSON,
    ERRAND,
    JOIN_REQUEST,
    ONE_TIME_LINK,
    OUTBOX,
    SESSION,
)
from tests.support.alert_house import told, with_alerts
from tests.support.console import MODERATOR_SENSORIK, URL, Browser, House, wish
from tests.support.console_rows import (
    ASKED,
    BODY,
    EVERYBODY,
    GUEST_LINK,
    INVITATION,
    LETTERS,
    LINK,
    ONLY_THERE_BODY,
    ONLY_THERE_GUEST_LINK,
    ONLY_THERE_INVITATION,
    ONLY_THERE_LINK,
    ONLY_THERE_REQUEST,
    ONLY_THERE_ROOM,
    PERSON,
    REQUEST,
    ROOM,
    Row,
)
from tests.support.meetings import MEET, invite, open_room, room_name, tie_room, with_rooms
from tests.support.site import body, person

_ROOMS: Final = sorted(path.stem for path in Path(__file__).parent.glob("rows_*.py"))
ROWS: Final[list[Row]] = [row for room in _ROOMS for row in import_module(f"tests.console.{room}").ROWS]
"""The rows of all rooms: each has a file of its own, rows_<room>.py."""
UNGUARDED: Final = {("GET", "/"), ("GET", "/{network}/static/{name}")}
"""Routes that know nobody: where the only network is, and what pages bring along."""
ALERTING: Final = (ALERT, ALERT_OUTBOX, ALERT_SILENCE)
Visitors = Mapping[str, Browser]
FORMS: Final = [row for row in ROWS if row.method == "POST"]


def built(folder: Path) -> House:
    """Two networks with a request in each, and things that are in the other one alone."""
    house = House(folder)
    house.wishes["ortenau"].add(
        body(ONLY_THERE_BODY, "Nur dort", lead="bretten", join="open"),
        person("Nur", {"id": ONLY_THERE_BODY, "role": "moderator"}),
    )
    house.wishes["redi"].policy = {"joining": {"tries_an_hour": {"address": 1000, "sender": 1000}}}
    with_alerts(house)
    with_rooms(house, BODY)
    tie_room(house.networks["ortenau"], BODY, room_name(2))
    for number, network, link in ((REQUEST, "redi", LINK), (ONLY_THERE_REQUEST, "ortenau", ONLY_THERE_LINK)):
        found = house.networks[network]
        assert found.requests.ask(ASKED, BODY, "Bitte", found.now()) == int(number)
        made = make_decision_link(found.site, int(number), MODERATOR_SENSORIK, found.now(), timedelta(days=7))
        with found.site.database.writing() as connection:  # with a word that a row can name
            row = update(ONE_TIME_LINK).where(ONE_TIME_LINK.c.digest == digest_of(made))
            connection.execute(row.values(digest=digest_of(link)))
    opened = ((GUEST_LINK, INVITATION, ROOM), (ONLY_THERE_GUEST_LINK, ONLY_THERE_INVITATION, ONLY_THERE_ROOM))
    for number, (network, (link, invitation, room)) in enumerate(zip(("redi", "ortenau"), opened, strict=True), 3):
        there = house.networks[network]
        tomorrow = there.now() + timedelta(days=1)
        invite(there, "Gerda Gast", tomorrow, id=invitation, word=link)
        open_room(there, room, room_name(number), tomorrow)
    senders = told(house)
    senders.flood()
    senders.damp()
    here = house.networks["redi"]
    AlertSilences(here.site.database, here.name).add("body:pg-sensorik", here.now(), here.now() + timedelta(hours=1))
    return house


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """For what changes nothing."""
    house = built(tmp_path_factory.mktemp("console"))
    yield house
    house.close()


@pytest.fixture(scope="module")
def visitors(looked_at: House) -> dict[str, Browser]:
    """By letter, with whom it means logged in."""
    return browsers(looked_at)


@pytest.fixture
def changed(tmp_path: Path) -> Iterator[House]:
    """For one form."""
    house = built(tmp_path)
    yield house
    house.close()


def browsers(house: House) -> dict[str, Browser]:
    """One for each letter, where who it means is logged in."""
    return {letter: house.visitor(who) for letter, who in LETTERS.items()}


def path_of(row: Row, ids: Mapping[str, str], network: str = "redi") -> str:
    """Where it is tried."""
    return f"/{network}" + re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], row.path)


def answered(browser: Browser, row: Row, ids: Mapping[str, str], network: str = "redi", **options: Any) -> Any:
    """One try."""
    path = path_of(row, ids, network)
    if row.method == "GET":
        return browser.client.get(path, **options)
    form = {"csrf": browser.csrf, **row.form}
    return browser.client.post(path, data=form, **options)


def short(answer: Any, network: str = "redi") -> str:
    """A status; of a page that is gone to, which, or that it is a room of the meeting server."""
    if answer.status_code != 303:
        return str(answer.status_code)
    where = str(answer.headers["location"])
    if where.startswith(f"{MEET}/"):
        return "meet"
    assert where.startswith(f"/{network}/")
    return where.removeprefix(f"/{network}")


def expected(row: Row) -> dict[str, str]:
    """Letter → answer, in the order in which they are asked for: first those who get nothing."""
    said = {letter: answer for letters, answer in row.answers.items() for letter in letters}
    others = {"-": "/login", "S": "/login", "N": "/register"} if row.answers else {}
    return {letter: others.get(letter, "404") for letter in EVERYBODY if letter not in said} | said


def traces(house: House) -> list[tuple[int, ...]]:
    """What any act leaves behind."""
    database = next(iter(house.networks.values())).site.database
    with database.reading() as connection:
        counts = [
            connection.scalar(select(func.count()).select_from(table))
            for table in (AUDIT, ENROLLED_PERSON, ERRAND, JOIN_REQUEST, OUTBOX, SESSION, *ALERTING)
        ]
        waiting = connection.scalar(select(func.count()).where(JOIN_REQUEST.c.state == "waiting"))
        known = select(META.c.scope, META.c.name, META.c.value).where(META.c.value != "0")
        values = connection.execute(known).all()
    return [(*counts, waiting), *sorted(map(tuple, values))]


def declared(house: House) -> set[tuple[str, str]]:
    """(method, path) of every route that the application has."""

    def walk(routes: Any, prefix: str) -> Iterator[tuple[str, str]]:
        for route in routes:
            inner = getattr(route, "original_router", None)
            if inner is not None:
                yield from walk(inner.routes, f"{prefix}{route.include_context.prefix}")
            else:
                yield from ((method, f"{prefix}{route.path}") for method in route.methods)

    return set(walk(house.app.routes, ""))


def test_the_table_has_every_route_and_no_other(looked_at: House) -> None:
    found = declared(looked_at)
    described = {
        (method.upper(), path) for path, methods in looked_at.app.openapi()["paths"].items() for method in methods
    }
    # A network's address without its last slash leads to the one with it, and does nothing else.
    bare = {(method, f"/{name}") for name in looked_at.app.state.networks for method in ("GET", "HEAD")}
    assert described | UNGUARDED | bare == found
    assert {(row.method, f"/{{network}}{row.path}") for row in ROWS} | UNGUARDED | bare == found
    assert all(route.path.startswith("/static/") for route in assets_router.routes)  # type: ignore[attr-defined]


@pytest.mark.parametrize("row", [row for row in ROWS if row.method == "GET"], ids=lambda row: row.name)
def test_pages_answer_everybody_as_the_table_says(looked_at: House, visitors: Visitors, row: Row) -> None:
    before, wanted = traces(looked_at), expected(row)
    assert {letter: short(answered(visitors[letter], row, row.ids)) for letter in wanted} == wanted
    assert traces(looked_at) == before


@pytest.mark.parametrize("row", FORMS, ids=lambda row: f"{row.name} {'/'.join(row.ids.values())}")
def test_forms_answer_everybody_as_the_table_says_and_nothing_is_left_of_those_refused(
    changed: House, row: Row
) -> None:
    visitors, before = browsers(changed), traces(changed)
    found = {}
    for letter, wanted in (wishes := expected(row)).items():
        found[letter] = short(answered(visitors[letter], row, row.ids))
        if wanted in ("404", "410") or (wanted in ("/login", "/register") and row.path != "/logout"):
            assert traces(changed) == before, letter
        elif wanted == "422":
            assert traces(changed)[0][0] == before[0][0] or found[letter] != wanted, letter
        before = traces(changed)
    assert found == wishes


@pytest.mark.parametrize("row", [row for row in ROWS if row.foreign], ids=lambda row: row.name)
def test_what_is_in_another_network_alone_is_not_there_for_anybody(
    looked_at: House, visitors: Visitors, row: Row
) -> None:
    before = traces(looked_at)
    inside = [letter for letter in expected(row) if letter not in "-SN"]
    for name, foreign in row.foreign.items():
        found = {letter: short(answered(visitors[letter], row, {**row.ids, name: foreign})) for letter in inside}
        assert set(found.values()) <= {"404", "410"} or row.name == STRIKE, (name, found)
    assert traces(looked_at) == before


STRIKE: Final = "POST /bodies/{body}/members/{person}/strike"
"""Whoever is not on the list is not on it afterwards: nothing is done, and nothing is told of who is where."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name} {'/'.join(row.ids.values())}")
def test_a_session_of_one_network_is_nobody_in_another(looked_at: House, visitors: Visitors, row: Row) -> None:
    before = traces(looked_at)
    for letter, browser in visitors.items():
        if letter == "-":
            continue
        for name in (looked_at.networks["redi"].cookie(), looked_at.networks["ortenau"].cookie()):
            browser.client.cookies.set(name, browser.word or "", domain="redi.example", path="/ortenau")
        answer = answered(browser, row, {**row.ids, **row.foreign}, "ortenau")
        if row.method == "POST":
            assert answer.status_code == 403, letter
        else:
            nobody = expected(row)["-"]
            assert short(answer, "ortenau") == nobody, letter
    assert traces(looked_at) == before


@pytest.mark.parametrize("row", FORMS, ids=lambda row: f"{row.name} {'/'.join(row.ids.values())}")
def test_no_form_of_another_site_is_taken(looked_at: House, visitors: Visitors, row: Row) -> None:
    before = traces(looked_at)
    wrong: list[dict[str, Any]] = [
        {"headers": {"Origin": "https://evil.example"}},
        {"headers": {"Origin": "null"}},
        {"headers": {"Origin": "http://redi.example"}},
        {"headers": {"Origin": f"{URL}.evil.example"}},
        {"headers": {"Origin": URL, "Sec-Fetch-Site": "cross-site"}},
        {"headers": {"Sec-Fetch-Site": "same-site"}},
    ]
    for letter in "R-":  # what is refused before it is asked who somebody is
        browser = visitors[letter]
        for options in wrong:
            assert answered(browser, row, row.ids, **options).status_code == 403, (letter, options)
        for word in ("", "x", csrf_word("of-another-browser"), browser.word or ""):
            path = path_of(row, row.ids)
            assert browser.client.post(path, data={**row.form, "csrf": word}).status_code == 403, (letter, word)
        assert browser.client.post(path, json={**row.form, "csrf": browser.csrf}).status_code == 403, letter
    assert traces(looked_at) == before


def test_the_wishes_of_both_networks_are_as_the_table_takes_them() -> None:
    found = wish("redi")
    assert {BODY, "pg-akte", "pg-kreis"} <= found.bodies.keys()
    assert PERSON in found.people
