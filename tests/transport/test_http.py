from datetime import UTC, datetime

import pytest
import requests
import responses

from provisioner.emulation import Emulator, Request, Response
from provisioner.model.errors import OutcomeUnknown, Permanent, Transient, WriteRefused
from provisioner.transport.answer import LONGEST_WAIT, NOT_JSON, Answer, NeverSent
from provisioner.transport.gate import WriteGate, WriteToken
from provisioner.transport.http import HttpSession

URL = "https://cloud.example/status.php"
WRITING = ["POST", "PUT", "PATCH", "DELETE", "MKCALENDAR", "PROPPATCH", "MKCOL", "MOVE"]
OPEN = WriteToken("server", lambda: True)


class Yes(Emulator):
    """Answers everything with {}."""

    def handle(self, request: Request) -> Response:
        return Response.json({})


@pytest.mark.parametrize("method", WRITING)
def test_a_closed_gate_keeps_every_writing_method_off_the_wire(method: str) -> None:
    with Yes() as emulator:
        session = HttpSession(WriteGate())
        with pytest.raises(WriteRefused):
            session.call(method, emulator.url, json={})
        session.close()
        assert emulator.log.requests == []


@pytest.mark.parametrize("method", WRITING)
def test_an_open_gate_lets_writes_pass(method: str) -> None:
    gate = WriteGate()
    with Yes() as emulator:
        session = HttpSession(gate)
        with gate.opened(OPEN):
            assert session.call(method, emulator.url, json={}).status == 200
        session.close()
        assert [entry.method for entry in emulator.log.requests] == [method]


def test_a_gate_whose_lock_was_lost_lets_nothing_pass() -> None:
    gate = WriteGate()
    with Yes() as emulator, gate.opened(WriteToken("server", lambda: False)):
        session = HttpSession(gate)
        with pytest.raises(WriteRefused, match="lock_lost"):
            session.call("POST", emulator.url)
        session.close()
        assert emulator.log.requests == []


@responses.activate
def test_a_redirect_is_an_answer_and_not_followed() -> None:
    responses.get(URL, status=302, headers={"Location": "https://elsewhere.example/"})
    answer = HttpSession(WriteGate()).call("GET", URL)
    assert (answer.status, answer.headers["location"]) == (302, "https://elsewhere.example/")
    assert len(responses.calls) == 1


@responses.activate
def test_an_html_page_is_an_answer_that_is_not_json() -> None:
    responses.get(URL, body="<html></html>", content_type="text/html")
    assert HttpSession(WriteGate()).call("GET", URL).value is NOT_JSON


@responses.activate
@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (requests.exceptions.ConnectTimeout(), NeverSent),
        (requests.exceptions.SSLError(), Permanent),
        (requests.exceptions.ReadTimeout(), OutcomeUnknown),
        (requests.exceptions.ConnectionError("reset"), OutcomeUnknown),
        (requests.exceptions.ChunkedEncodingError(), OutcomeUnknown),
        (requests.exceptions.InvalidURL(), Permanent),
    ],
)
def test_a_failed_write_is_only_safe_to_repeat_when_it_was_never_sent(
    raised: Exception, expected: type[Exception]
) -> None:
    gate = WriteGate()
    responses.post(URL, body=raised)
    with gate.opened(OPEN), pytest.raises(expected):
        HttpSession(gate).call("POST", URL)


@responses.activate
def test_a_read_that_breaks_off_may_be_repeated() -> None:
    responses.get(URL, body=requests.exceptions.ReadTimeout())
    with pytest.raises(Transient):
        HttpSession(WriteGate()).call("GET", URL)


def test_a_refused_connection_was_never_sent() -> None:
    emulator = Yes().start()
    url = emulator.url
    emulator.stop()
    gate = WriteGate()
    with gate.opened(OPEN), pytest.raises(NeverSent):
        HttpSession(gate).call("POST", url)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("86400", LONGEST_WAIT),
        ("Mon, 05 Jan 2026 08:00:30 GMT", 30.0),
        ("Mon, 05 Jan 2026 07:00:00 GMT", 0.0),
        ("Tue, 06 Jan 2026 08:00:00 GMT", LONGEST_WAIT),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date_and_capped(said: str, seconds: float | None) -> None:
    answer = Answer(503, {"retry-after": said})
    assert answer.retry_after(datetime(2026, 1, 5, 8, 0, tzinfo=UTC)) == seconds
