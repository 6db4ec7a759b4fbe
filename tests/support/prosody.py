"""A real Prosody as a fixture: Debian's, with hosts that let everybody in or nobody, on a free loopback port.

Jitsi's own modules are not in Debian: without them it is what a Jitsi is whose tokens are switched off.
"""

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.slapd import free_port

OPEN, CLOSED = "meet.jitsi", "closed.meet.jitsi"
"""A domain where everybody may log in, and one where people have passwords."""

_CONF = """\
daemonize = false
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}"
certificates = "{folder}"
log = {{ {{ levels = {{ min = "warn" }}, to = "console" }} }}
modules_enabled = {{ "saslauth", "bosh" }}
modules_disabled = {{ "c2s", "s2s", "offline", "tls" }}
http_interfaces = {{ "127.0.0.1" }}
http_ports = {{ {port} }}
https_ports = {{}}
http_paths = {{ bosh = "/http-bind" }}
http_default_host = "{open}"
consider_bosh_secure = true

VirtualHost "{open}"
    authentication = "anonymous"

VirtualHost "{closed}"
    authentication = "internal_hashed"
"""


class ProsodyMissing(AssertionError):
    """Prosody is not installed; the tests need the real one."""


def demand_prosody() -> str:
    """The path of Prosody. Raises ProsodyMissing with what to install: a skip would hide that nothing was proved."""
    found = shutil.which("prosody", path="/usr/bin:/usr/local/bin")
    if found is None:
        raise ProsodyMissing("prosody is missing: apt-get install prosody (scripts/test does it)")
    return found


@dataclass
class Prosody:
    """One server, in a folder of its own, run by whoever runs the tests."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        conf = self.folder / "prosody.cfg.lua"
        conf.write_text(_CONF.format(folder=self.folder, port=self.port, open=OPEN, closed=CLOSED))
        log = self.folder / "prosody.log"
        # As with a service of the system, nothing of the caller's Lua gets in.
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8"}
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [demand_prosody(), "--config", str(conf), "-F"], stdout=out, stderr=out, env=environment
            )
        self._wait(log)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)

    def _wait(self, log: Path) -> None:
        assert self.process is not None
        for _ in range(1500):
            if self.process.poll() is not None:
                raise AssertionError(f"prosody did not start: {log.read_text()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except ConnectionRefusedError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError(f"prosody did not answer within thirty seconds: {log.read_text()}")
