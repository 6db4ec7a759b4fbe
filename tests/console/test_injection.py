"""Names, purposes, words and organisations that are HTML, script, addresses or paths stay what they are: text."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.console.test_routes_table import ROWS
from tests.support.console import (
    ADMIN_BRETTEN,
    MEMBER,
    MODERATOR_SENSORIK,
    NEWCOMER,
    OTHER,
    RANGER,
    Browser,
    House,
)
from tests.support.console_rows import Row
from tests.support.markup import Page

MARK = "boshaft"
EVIL = f"\"><script>{MARK}()</script><img src=x onerror={MARK}()>'-->{{{{7*7}}}}"
ELEMENTS = frozenset(
    """html head meta title link script body a header div form input button main nav ul ol li footer p h1 h2 h3 dl dt dd
    table caption thead tbody tfoot tr th td span label select option textarea fieldset legend progress section details
    summary strong small br pre code abbr time em""".split()  # noqa: SIM905
)
ATTRIBUTES = frozenset(
    """charset name content lang rel href type src defer class id action method value tabindex hidden title required
    maxlength autocomplete rows for selected checked scope role disabled open min max step pattern placeholder
    novalidate inputmode datetime colspan rowspan download size""".split()  # noqa: SIM905
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A network in which everything that people can name has such a name."""
    house = House(tmp_path_factory.mktemp("hostile"))
    wished = house.wishes["redi"]
    wished.cities["bretten"] = f"Stadt {EVIL}"
    for entry in wished.people.values():
        entry["given_name"], entry["family_name"] = f"{entry['given_name']} {EVIL}", f"Muster {EVIL}"
    for number, body in enumerate(wished.bodies.values()):
        body["name"], body["purpose"] = f"{number} {EVIL}", f"{EVIL} javascript:{MARK}() https://evil.example"
    wished.policy = {"joining": {"contact": f"Frau {EVIL}"}}
    _ = house.app
    network = house.networks["redi"]
    request = network.requests.ask(OTHER, "pg-sensorik", EVIL, network.now())
    assert request == 1
    network.requests.ask(OTHER, "pg-akte", EVIL, network.now())
    network.confirmations.ask("pg-sensorik", network.pictures.now().today, network.now())
    yield house
    house.close()


def assert_only_text(answer: Any) -> bool:
    """No element, attribute or address came from data. Whether any of it was on the page."""
    assert MARK not in str(answer.headers)
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return False
    page = Page.of(answer.text)
    assert page.unclosed == []
    assert page.odd == []
    for tag, attributes in page.tags:
        assert tag in ELEMENTS, tag
        for name, value in attributes.items():
            assert name in ATTRIBUTES or name.startswith(("aria-", "hx-", "data-")), (tag, name)
            assert not name.startswith(("on", "hx-on", "hx-vals", "hx-vars")), name
            if name in ("href", "src", "action", "hx-get", "hx-post"):
                assert_own_address(value or "")
            if tag == "script":
                assert MARK not in (value or "")
    return MARK in answer.text


def assert_own_address(address: str) -> None:
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("", ""), address
    assert address.startswith(("/redi/", "#")), address
    assert MARK not in unquote(parts.path)


@pytest.mark.parametrize("who", [RANGER, ADMIN_BRETTEN, MODERATOR_SENSORIK, MEMBER, NEWCOMER, None])
def test_no_page_takes_data_for_markup(hostile: House, who: str | None) -> None:
    visitor, seen = hostile.visitor(who), 0
    for row in ROWS:
        if row.method == "GET" and "/openid" not in row.path:
            path = re.sub(r"\{(\w+)\}", lambda found, row=row: row.ids[found[1]], row.path)  # type: ignore[misc]
            for headers in ({}, {"HX-Request": "true"}):
                seen += assert_only_text(visitor.client.get(f"/redi{path}", headers=headers))
    assert seen or who is None


FORMS: list[tuple[str | None, str, dict[str, str]]] = [
    (None, "login", {"address": f"{EVIL}@bretten.example"}),
    (None, "login", {"address": "x@anderswo.example"}),
    (NEWCOMER, "register", {"given_name": EVIL, "family_name": ""}),
    (ADMIN_BRETTEN, "bodies/pg-sensorik/ask", {"word": EVIL * 20}),
    (MODERATOR_SENSORIK, "requests/1", {"decision": "approve", "answer": EVIL * 20}),
    (MODERATOR_SENSORIK, "bodies/pg-sensorik/mail", {"subject": EVIL, "text": ""}),
    (MODERATOR_SENSORIK, "bodies/pg-sensorik/mail", {"subject": "", "text": f"</textarea>{EVIL}"}),
    (MODERATOR_SENSORIK, "bodies/pg-sensorik/appoint", {"person": EVIL}),
    (MODERATOR_SENSORIK, "bodies/pg-sensorik/confirm", {"struck": MODERATOR_SENSORIK}),
    (MODERATOR_SENSORIK, "bodies/pg-sensorik/leave", {}),
    (ADMIN_BRETTEN, "bodies/new", {"name": EVIL, "purpose": EVIL, "lead": "x", "join": "x", "moderators": EVIL}),
]


@pytest.mark.parametrize(("who", "path", "form"), FORMS, ids=range(len(FORMS)))
def test_no_form_gives_back_what_was_typed_as_markup(
    hostile: House, who: str | None, path: str, form: dict[str, str]
) -> None:
    answer = hostile.visitor(who).post(*path.split("/"), form=form)
    assert answer.status_code in (200, 422)
    assert assert_only_text(answer)


def test_data_is_shown_as_it_is(hostile: House) -> None:
    page = hostile.visitor(MODERATOR_SENSORIK).get("requests", 1).text
    assert f"&#34;&gt;&lt;script&gt;{MARK}()&lt;/script&gt;" in page
    assert "{{7*7}}" in page


def test_an_id_from_a_file_is_quoted_wherever_it_stands(tmp_path: Path) -> None:
    """Ids of the registry can't be odd; of links and requests they come in with the path."""
    house = House(tmp_path)
    visitor: Browser = house.visitor(None)
    try:
        for word in (f'"><b>{MARK}', "%22%3E%3Cb%3E", "../../logout", "a/b", "?x=1#y", "'"):
            answer = visitor.get("link", word)
            assert answer.status_code in (404, 410)
            assert "<b>" not in answer.text
    finally:
        house.close()


def test_every_kind_of_page_is_looked_at() -> None:
    pages: list[Row] = [row for row in ROWS if row.method == "GET"]
    assert len(pages) > 30
