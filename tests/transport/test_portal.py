import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from provisioner.emulation import Emulator, Faults, Request, Response
from provisioner.model.errors import OutcomeUnknown, TargetError, Transient, WriteRefused
from provisioner.transport.answer import NOT_JSON, NeverSent
from provisioner.transport.gate import WriteGate, WriteToken
from provisioner.transport.portal import NextcloudSession

PATH = "/ocs/v2.php/cloud/thing"
OPEN = WriteToken("server", lambda: True)
WRITING = ["POST", "PUT", "PATCH", "DELETE"]


class Echo(Emulator):
    """Answers with a cookie, and what it was asked."""

    def handle(self, request: Request) -> Response:
        seen = {"path": request.target, "cookies": request.cookies, "auth": "authorization" in request.headers}
        return Response.json(seen, headers=[("Set-Cookie", "session=one; Path=/")])


@pytest.fixture
def emulator() -> Iterator[Echo]:
    with Echo() as running:
        yield running


@pytest.fixture
def gate() -> WriteGate:
    return WriteGate()


@pytest.fixture
def session(emulator: Echo, gate: WriteGate) -> Iterator[NextcloudSession]:
    opened = NextcloudSession(gate, emulator.url, "anna", SecretStr("geheim-42"), timeout=10.0)
    yield opened
    opened.close()


@pytest.mark.parametrize("method", WRITING)
def test_a_closed_gate_keeps_every_writing_method_off_the_wire(
    session: NextcloudSession, emulator: Echo, method: str
) -> None:
    with pytest.raises(WriteRefused):
        session.ocs(method, PATH, json={"a": 1})
    assert emulator.log.requests == []


@pytest.mark.parametrize("method", WRITING)
def test_an_open_gate_lets_each_method_pass_once(
    session: NextcloudSession, emulator: Echo, gate: WriteGate, method: str
) -> None:
    with gate.opened(OPEN):
        assert session.ocs(method, PATH, json={"a": 1}).status == 200
    assert [entry.method for entry in emulator.log.requests] == [method]


@pytest.mark.parametrize("method", ["MKCOL", "PUT", "PROPPATCH", "MOVE", "DELETE"])
def test_a_closed_gate_keeps_files_as_they_are(session: NextcloudSession, emulator: Echo, method: str) -> None:
    with pytest.raises(WriteRefused):
        session.dav(method, "/remote.php/dav/files/anna/x", content=b"text")
    assert emulator.log.requests == []


@pytest.mark.parametrize("method", ["PROPFIND", "GET", "REPORT"])
def test_files_are_read_through_a_closed_gate(session: NextcloudSession, emulator: Echo, method: str) -> None:
    answer = session.dav(method, "/remote.php/dav/files/anna/%C3%9Cber%20uns", headers={"Depth": "1"})
    assert (answer.status, answer.value) == (200, NOT_JSON)
    assert b'"path":"/remote.php/dav/files/anna/%C3%9Cber%20uns"' in answer.body
    assert [entry.method for entry in emulator.log.requests] == [method]


def test_files_arrive_byte_by_byte_under_the_condition_that_was_set(
    session: NextcloudSession, emulator: Echo, gate: WriteGate
) -> None:
    seen: list[Request] = []
    emulator.faults.hook(before=seen.append)
    with gate.opened(OPEN):
        session.dav("PUT", "/remote.php/dav/files/anna/x.md", content=b"\xc3\x9c\n", headers={"If-None-Match": "*"})
    assert (seen[0].body, seen[0].headers["if-none-match"]) == (b"\xc3\x9c\n", "*")


def test_files_and_the_rest_share_one_login(session: NextcloudSession) -> None:
    session.ocs("GET", PATH)
    assert b'"cookies":{"session":"one"}' in session.dav("GET", "/x").body


@pytest.mark.parametrize("strike", ["reset_before", "reset_after"])
def test_a_file_whose_answer_is_lost_may_have_been_written(
    session: NextcloudSession, emulator: Echo, gate: WriteGate, strike: str
) -> None:
    getattr(emulator.faults, strike)(times=2)
    with pytest.raises(Transient):
        session.dav("GET", "/x")
    with gate.opened(OPEN), pytest.raises(OutcomeUnknown):
        session.dav("PUT", "/x", content=b"text")


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("which", ["adapter", "adapter_dav"])
@pytest.mark.parametrize("method", [*WRITING, "MKCOL", "MOVE", "PROPPATCH"])
def test_the_gate_is_in_both_adapters_also_in_those_that_nc_py_api_makes_anew(
    session: NextcloudSession, emulator: Echo, which: str, method: str, restart: bool
) -> None:
    session.ocs("GET", PATH)
    emulator.log.clear()
    inner = session._client._session

    async def write() -> object:
        if restart:
            await inner.adapter.close()
            inner.init_adapter(restart=True)
            inner.init_adapter_dav(restart=True)
        return await getattr(inner, which).request(method, "/x")

    assert session._portal is not None
    with pytest.raises(WriteRefused):
        session._portal.call(write)
    assert emulator.log.requests == []


def test_cookies_are_kept_until_they_are_dropped(session: NextcloudSession) -> None:
    def cookies() -> object:
        value = session.ocs("GET", PATH).value
        assert isinstance(value, dict)
        return value["cookies"]

    assert cookies() == {}
    assert cookies() == {"session": "one"}
    session.forget_cookies()
    assert cookies() == {}


def test_a_quoted_path_arrives_as_it_was_quoted(session: NextcloudSession) -> None:
    value = session.ocs("GET", "/ocs/v2.php/cloud/groups/A%26B%2FC%2523%3F/users", params={"limit": 5}).value
    assert isinstance(value, dict)
    assert value["path"].startswith("/ocs/v2.php/cloud/groups/A%26B%2FC%2523%3F/users?limit=5")


@pytest.mark.parametrize(
    ("strike", "read", "write"),
    [
        (lambda faults: faults.reset_before(), Transient, OutcomeUnknown),
        (lambda faults: faults.reset_after(), Transient, OutcomeUnknown),
        (lambda faults: faults.truncate(keep=3), Transient, OutcomeUnknown),
    ],
)
def test_no_foreign_error_escapes_when_a_connection_breaks(
    session: NextcloudSession,
    emulator: Echo,
    gate: WriteGate,
    strike: Callable[[Faults], object],
    read: type[TargetError],
    write: type[TargetError],
) -> None:
    strike(emulator.faults)
    with pytest.raises(read):
        session.ocs("GET", PATH)
    strike(emulator.faults)
    with gate.opened(OPEN), pytest.raises(write):
        session.ocs("POST", PATH, json={})


def test_a_read_that_takes_too_long_may_be_repeated_and_a_write_is_in_doubt(emulator: Echo, gate: WriteGate) -> None:
    hasty = NextcloudSession(gate, emulator.url, "anna", SecretStr("x"), timeout=0.2)
    emulator.faults.latency(0.5, times=2)
    with pytest.raises(Transient):
        hasty.ocs("GET", PATH)
    with gate.opened(OPEN), pytest.raises(OutcomeUnknown):
        hasty.ocs("POST", PATH, json={})
    hasty.close()


@pytest.mark.parametrize("status", [200, 401, 404, 429, 500, 503])
def test_an_html_page_of_any_status_is_an_answer_that_is_not_json(
    session: NextcloudSession, emulator: Echo, status: int
) -> None:
    emulator.faults.maintenance_page(status)
    answer = session.ocs("GET", PATH)
    assert (answer.status, answer.value) == (status, NOT_JSON)


def test_headers_come_with_every_answer(session: NextcloudSession, emulator: Echo) -> None:
    emulator.faults.status(503, retry_after=12)
    assert session.ocs("GET", PATH).headers["retry-after"] == "12"


def test_a_write_does_not_follow_a_redirect(session: NextcloudSession, emulator: Echo, gate: WriteGate) -> None:
    emulator.faults.hook(after=lambda _request, response: _redirect(response))
    with gate.opened(OPEN):
        answer = session.ocs("POST", PATH, json={})
    assert (answer.status, answer.headers["location"]) == (302, "/elsewhere")
    assert len(emulator.log.requests) == 1


def _redirect(response: Response) -> None:
    response.status, response.body = 302, b""
    response.headers.append(("Location", "/elsewhere"))


def test_a_server_that_is_gone_was_never_sent_anything(
    session: NextcloudSession, emulator: Echo, gate: WriteGate
) -> None:
    emulator.stop()
    with gate.opened(OPEN), pytest.raises(NeverSent):
        session.ocs("POST", PATH, json={})


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew_before_a_write(
    session: NextcloudSession, emulator: Echo, gate: WriteGate
) -> None:
    session.ocs("GET", PATH)
    emulator.stop()
    emulator.start()
    with gate.opened(OPEN):
        assert session.ocs("POST", PATH, json={}).status == 200


def test_sessions_share_one_loop_and_the_last_one_ends_it(emulator: Echo, gate: WriteGate) -> None:
    before = threading.active_count()
    sessions = [NextcloudSession(gate, emulator.url, "anna", SecretStr("x"), timeout=5.0) for _ in range(3)]
    portals = set()
    for one in sessions:
        one.ocs("GET", PATH)
        portals.add(one._portal)
    assert len(portals) == 1
    for one in sessions:
        one.close()
        one.close()
    assert all(one._portal is None for one in sessions)
    assert threading.active_count() <= before + len(sessions)  # the emulator's own connections may linger


def test_the_password_is_in_no_representation_and_no_error(session: NextcloudSession, emulator: Echo) -> None:
    session.ocs("GET", PATH)
    emulator.stop()
    with pytest.raises(TargetError) as caught:
        session.ocs("GET", PATH)
    for text in (repr(session), str(vars(session)), repr(caught.value), str(caught.value)):
        assert "geheim-42" not in text


def test_neither_a_dotenv_file_nor_the_environment_is_taken_over(tmp_path: Path) -> None:
    # nc-py-api looks for a .env in the folders above its own and in the present one: give it both chances.
    (tmp_path / ".env").write_text("NEXTCLOUD_URL=http://evil.example\nREADI_PLANTED=1\nNPA_NC_CERT=False\n")
    program = (
        "import os, sys, dotenv\n"
        "dotenv.find_dotenv = lambda *a, **k: '.env'\n"
        "import dotenv.main; dotenv.main.find_dotenv = dotenv.find_dotenv\n"
        "from pydantic import SecretStr\n"
        "from provisioner.transport.gate import WriteGate\n"
        "from provisioner.transport.portal import NextcloudSession\n"
        "session = NextcloudSession(WriteGate(), 'http://127.0.0.1:9', 'anna', SecretStr('x'), timeout=1.0)\n"
        "session._open()\n"
        "config = session._client._session.cfg\n"
        "print(config.endpoint, config.auth[0], config.options.nc_cert, 'READI_PLANTED' in os.environ)\n"
        "session.close()\n"
        "dotenv.load_dotenv()\n"
        "print('READI_PLANTED' in os.environ)\n"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "NEXTCLOUD_URL": "http://env.example",
        "NC_AUTH_USER": "eve",
        "NPA_NC_CERT": "False",
    }
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    # The last line proves that the file would have been found.
    assert ran.stdout.split("\n")[:2] == ["http://127.0.0.1:9 anna True False", "True"]


def test_importing_the_portal_does_not_import_nc_py_api() -> None:
    program = "import provisioner.transport.portal, connectors.nextcloud, sys; print('nc_py_api' in sys.modules)"
    root = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
