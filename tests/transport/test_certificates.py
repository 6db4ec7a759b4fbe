"""Both HTTP transports trust whom they are told to, and nobody else, whatever the environment says."""

import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from provisioner.model.errors import Permanent
from provisioner.transport.gate import WriteGate
from provisioner.transport.http import HttpSession
from provisioner.transport.portal import NextcloudSession
from tests.support.certificates import Certificates, make


class Hello(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.seen.append(self.headers.get("Authorization"))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    seen: list[str | None]

    def handle_error(self, *args: object) -> None:
        """A client that does not trust us hangs up in the middle."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server(certificates: Certificates) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    with Server(("127.0.0.1", 0), Hello) as running:
        running.seen = []
        running.daemon_threads = True
        running.socket = context.wrap_socket(running.socket, server_side=True)
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def by_requests(port: int, ca_file: Path | None) -> int:
    session = HttpSession(WriteGate(), ca_file=ca_file)
    try:
        return session.call("GET", f"https://127.0.0.1:{port}/status.php").status
    finally:
        session.close()


def by_nc_py_api(port: int, ca_file: Path | None) -> int:
    url = f"https://127.0.0.1:{port}"
    session = NextcloudSession(WriteGate(), url, "anna", SecretStr("geheim"), timeout=10.0, ca_file=ca_file)
    try:
        return session.ocs("GET", "/ocs/v2.php/cloud/user").status
    finally:
        session.close()


@pytest.fixture(params=[by_requests, by_nc_py_api])
def ask(request: pytest.FixtureRequest) -> Callable[[int, Path | None], int]:
    found: Callable[[int, Path | None], int] = request.param
    return found


def test_an_unknown_authority_is_not_trusted(server: Server, ask: Callable[[int, Path | None], int]) -> None:
    with pytest.raises(Permanent, match="certificate"):
        ask(server.server_port, None)
    assert server.seen == []


def test_plain_http_behind_an_https_address_is_not_called_a_bad_certificate(
    ask: Callable[[int, Path | None], int],
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hello) as plain:
        thread = threading.Thread(target=plain.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with pytest.raises(Permanent) as caught:
                ask(plain.server_port, None)
        finally:
            plain.shutdown()
            thread.join()
    assert caught.value.text.code == "transport.no_tls"


def test_the_settings_authority_is_trusted_whatever_the_environment_says(
    server: Server,
    certificates: Certificates,
    ask: Callable[[int, Path | None], int],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    other = make(tmp_path_factory.mktemp("other")).authority
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(other))
    assert ask(server.server_port, certificates.authority) == 200


def test_a_first_look_logs_in_as_nobody_even_where_a_netrc_knows_the_host(
    server: Server, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login eve password geheim\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    by_requests(server.server_port, certificates.authority)
    assert server.seen == [None]
