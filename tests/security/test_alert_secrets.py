"""Of the bridge's secrets, and of what people write to each other, nothing is told."""

import io
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from provisioner.service.bridge_serving import BridgeService
from provisioner.service.logs import OURS, handler
from provisioner.service.serve import Options
from tests.service.bridges import Running
from tests.support.alert_rooms import SECRET as BOT
from tests.support.alert_rooms import another, first_sync
from tests.support.alerting import eui, uplink_bytes
from tests.support.serving import wait_until
from tests.support.site import Installation

MQTT = "Geheimwort-des-Brokers-Xa1"
STORAGE = "NNSXS.GEHEIMSCHLUESSELDERABLAGEXA2"
GATEWAYS = "NNSXS.GEHEIMSCHLUESSELDERGATEWAYSXA3"
HOOK = "Geheimwort-der-Absender-mit-Ueberlaenge-Xa4"
BEAT = "geheime-adresse-des-lebenszeichens-xa6"
SECRETS = (MQTT, STORAGE, GATEWAYS, HOOK, BOT, BEAT)
GOSSIP = "Zwischenmenschliches-Xb1"
"""What people write to each other where the bot hears it."""
VALUE = "Messwertgeheimnis-Xb2"
"""What a device tells that nobody mapped."""


class Echo(BaseHTTPRequestHandler):
    """A server that refuses everybody, and repeats in its words what it was sent."""

    def do_GET(self) -> None:
        self._refuse()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self._refuse()

    def _refuse(self) -> None:
        words = f"error: bad key {self.headers.get('authorization')} for {self.path}"
        body = json.dumps({"code": 7, "message": words, "details": [words]}).encode()
        self.send_response(403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def echo() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def installation(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, echo: str) -> Iterator[Installation]:
    with another(tmp_path, first_sync(tmp_path_factory.mktemp("alert-secrets"))) as found:
        files = {"broker": MQTT, "storage": STORAGE, "bot": BOT, "beat": f"{echo}/{BEAT}"}
        for name, secret in files.items():
            (found.settings.parent / f"{name}.secret").write_text(f"{secret}\n")
        mqtt = {"host": "127.0.0.1", "port": 1, "tls": False, "user": "app@ttn", "password_file": "broker.secret"}
        storage = {"url": echo, "application": "messnetz", "key_file": "storage.secret"}
        gateways = {"url": echo, "ids": ["gw-1"], "key": GATEWAYS}
        ttn = {"kind": "things-stack", "mqtt": mqtt, "storage": storage, "gateways": gateways}
        found.more_network = {
            "bridge": {
                "senders": {"ttn": {**ttn, "webhook": {"secret": HOOK}}},
                "bot": {"name": "re@di", "secret_file": "bot.secret"},
                "heartbeat": {"url_file": "beat.secret", "every_seconds": 10},
            }
        }
        found.write()
        yield found


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that the service's log says, and of ours also what it is quiet about."""
    written, made, root = io.StringIO(), handler("json"), logging.getLogger()
    made.setStream(written)
    before = {name: logging.getLogger(name).level for name in OURS}
    root.addHandler(made)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield written
    root.removeHandler(made)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def files(installation: Installation) -> Iterator[str]:
    """The database, with all that lies in its files."""
    for path in Path(installation.database).parent.glob("readi.db*"):
        if path.is_file():
            yield path.read_bytes().decode("utf-8", "replace")


def test_no_secret_and_nothing_that_people_write_is_told_by_log_table_metric_or_command(
    installation: Installation, log: io.StringIO
) -> None:
    service = BridgeService(Options(installation.settings, clock=installation.clock), "127.0.0.1:0")
    said: list[str] = []
    service.start()
    try:
        base = f"http://{service.address}"
        running = Running(installation, None, "", service)  # type: ignore[arg-type]  # no broker is there
        payload = json.loads(uplink_bytes(eui(1), 1, 250, installation.clock.now()))
        payload["uplink_message"]["decoded_payload"] |= {"note": VALUE, "deep": {"more": VALUE}}
        told = requests.post(
            f"{base}/redi/senders/ttn", json=payload, headers={"Authorization": f"Bearer {HOOK}"}, timeout=30
        )
        assert told.status_code == 204
        for headers in ({"Authorization": f"Bearer {HOOK}x"}, {"Authorization": "Basic eA=="}, {"X-Key": HOOK}, {}):
            answer = requests.post(f"{base}/redi/senders/ttn", data=GOSSIP, headers=headers, timeout=30)
            said.append(f"{answer.headers}{answer.text}")
            assert answer.status_code in (401, 403)
        first = running.wait_for("Hochwasser")
        for words in (GOSSIP, f"@bot {GOSSIP}", f"@bot stumm {GOSSIP}", f"übernehme, {GOSSIP}"):
            running.says("p-ben", words)
            running.says("p-ben", words, first)
        running.says("p-ben", "@bot übernehme")
        wait_until(lambda: running.taker() == "p-ben", "ben has it")
        account = running.account("p-ben")
        for body in (GOSSIP.encode(), json.dumps({"type": "Create", "actor": GOSSIP}).encode(), b"\xff" + BOT.encode()):
            answer = requests.post(f"{base}/redi/hooks/talk", data=body, timeout=30)
            said.append(f"{answer.status_code}{answer.headers}{answer.text}")
        for words in ("storage not read", "gateways not asked", "heartbeat"):
            wait_until(lambda words=words: words in log.getvalue(), words)
        said += [requests.get(f"{base}{path}", timeout=30).text for path in ("/metrics", "/health/ready", "/redi/x")]
    finally:
        service.stop()
    told_by_us = [log.getvalue(), *said, *_ran(installation)]
    for secret in (*SECRETS, GOSSIP, VALUE):
        assert [one[:200] for one in told_by_us if secret in one] == [], secret
        assert [len(one) for one in files(installation) if secret in one] == [], secret
    for who in ("p-ben", "Ben ", account):
        assert who not in log.getvalue(), who
        assert who not in "".join(said), who


def _ran(installation: Installation) -> Iterator[str]:
    for words in ("alerts", "alerts --json", "sensors", "sensors --json", "doctor", "plan", "plan --json", "history"):
        yield installation.run(*words.split()).all
