"""What stands around the service: its unit, and the proxy in front of it, held against the real programs."""

import http.server
import socket
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import make
from tests.support.slapd import free_port

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "examples" / "systemd" / "readi.service"
PROXY = ROOT / "examples" / "nginx" / "readi.conf"
NGINX = "/usr/sbin/nginx"


def test_systemd_takes_the_unit_and_finds_it_well_locked_in(tmp_path: Path) -> None:
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text("utf-8").replace("/srv/readi/app/.venv/bin/readi", sys.executable), "utf-8")
    checks = (["verify"], ["security", "--offline=true", "--threshold=20", "--no-pager"])
    for arguments in checks:
        ran = subprocess.run(["systemd-analyze", *arguments, copy], capture_output=True, text=True, timeout=60)
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr


@dataclass(frozen=True)
class Proxy:
    """nginx as the example sets it up, in front of an upstream that says what it was asked."""

    port: int
    trust: ssl.SSLContext
    logs: Path

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        """Status and body of one answer."""
        request = urllib.request.Request(f"https://localhost:{self.port}{path}", body, headers)
        try:
            with urllib.request.urlopen(request, context=self.trust, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("nginx")
    certificates, port = make(folder, "DNS:localhost"), free_port()
    with _upstream() as upstream:
        config = PROXY.read_text("utf-8")
        config = config.replace("127.0.0.1:8765", f"127.0.0.1:{upstream}").replace("/var/log/nginx", str(folder))
        live = "/etc/letsencrypt/live/mitmachen.redi.example"
        config = config.replace(f"{live}/fullchain.pem", str(certificates.certificate))
        config = config.replace(f"{live}/privkey.pem", str(certificates.key))
        lines = [line for line in config.splitlines() if "listen [::]" not in line]
        config = "\n".join(lines).replace("listen 443", f"listen 127.0.0.1:{port}")
        config = config.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
        folders = "".join(f"{name}_temp_path {folder}/{name};" for name in ("proxy", "fastcgi", "uwsgi", "scgi"))
        folders += f"client_body_temp_path {folder}/body;"
        whole = f"pid {folder}/pid; daemon off; events {{}}\nhttp {{ access_log off; {folders}\n{config}\n}}\n"
        (folder / "nginx.conf").write_text(whole, "utf-8")
        command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
        tested = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=60)
        assert tested.returncode == 0, tested.stderr
        assert "[warn]" not in tested.stderr
        server = subprocess.Popen(command)
        try:
            found = Proxy(port, ssl.create_default_context(cafile=str(certificates.authority)), folder)
            _wait_for(port)
            yield found
        finally:
            server.terminate()
            server.wait(timeout=30)


@contextmanager
def _upstream() -> Iterator[int]:
    class Echo(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = f"{self.path} for {self.headers.get_all('X-Forwarded-For')} by {self.headers['X-Forwarded-Proto']}"
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said.encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def _wait_for(port: int) -> None:
    """Until somebody listens there; a machine under load takes a while."""
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            threading.Event().wait(0.05)
        else:
            return
    raise AssertionError("nginx does not come up")


def test_what_a_client_claims_about_itself_does_not_reach_the_service(proxy: Proxy) -> None:
    status, said = proxy.ask("/redi/", None, **{"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"})
    assert (status, said) == (200, "/redi/ for ['127.0.0.1'] by https")


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz", "/metrics?x=1", "//metrics", "/%6detrics"])
def test_what_is_for_monitoring_alone_is_closed_to_the_world(proxy: Proxy, path: str) -> None:
    assert proxy.ask(path)[0] == 404


def test_big_bodies_are_taken_of_git_servers_alone(proxy: Proxy) -> None:
    body = b"x" * 200_000
    assert proxy.ask("/redi/bodies/new", body)[0] == 413
    assert proxy.ask("/redi/hooks/registry", body)[0] == 200
    assert proxy.ask("/redi/hooks/registry", body * 6)[0] == 413


def test_neither_the_words_of_links_nor_senders_are_logged_and_a_flood_is_cut(proxy: Proxy) -> None:
    codes = [proxy.ask("/redi/link/Geheimwort?from=erika")[0] for _ in range(120)]
    assert (codes[0], codes.count(429) > 0) == (200, True)
    logs = "".join(file.read_text("utf-8") for file in proxy.logs.glob("*.log"))
    assert " GET 200 " in logs
    for marker in ("Geheimwort", "erika", "127.0.0.1"):
        assert marker not in logs
