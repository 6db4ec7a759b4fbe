"""A real Mosquitto as a fixture: its own folder, a free loopback port, up in a tenth of a second."""

import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.certificates import Certificates
from tests.support.slapd import free_port

USER = "readi"
PASSWORD = "only-for-tests"

_CONF = """\
listener {port} 127.0.0.1
{access}
{tls}
persistence true
persistence_location {folder}/
autosave_interval 0
max_inflight_messages {inflight}
max_queued_messages 0
log_dest file {folder}/mosquitto.log
log_type error
log_type warning
log_type notice
{more}
"""


class MosquittoMissing(AssertionError):
    """mosquitto is not installed; the tests need the real one."""


def demand_mosquitto() -> str:
    """Its path. Raises MosquittoMissing with what to install: a skip would hide that nothing was proved."""
    found = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if found is None:
        raise MosquittoMissing("mosquitto is missing: apt-get install mosquitto (scripts/test does it)")
    return found


@dataclass
class Mosquitto:
    """One broker. With ``locked`` only `USER` may use it; with ``certificates`` it speaks TLS alone.

    ``inflight``: how many messages a client may have without having acknowledged them. ``acl``: lines of its ACL file.
    """

    folder: Path
    locked: bool = False
    certificates: Certificates | None = None
    demands_certificates: bool = False
    inflight: int = 1000
    acl: str = ""
    more: str = ""
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Write the configuration and wait until it answers. What was kept for clients is there again."""
        mosquitto = demand_mosquitto()
        (self.folder / "mosquitto.conf").write_text(self._configuration())
        self.process = subprocess.Popen(
            [mosquitto, "-c", str(self.folder / "mosquitto.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(500):
            if self.process.poll() is not None:
                log = self.folder / "mosquitto.log"
                raise AssertionError(f"mosquitto did not start: {log.read_text() if log.exists() else 'no log'}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except ConnectionRefusedError:
                time.sleep(0.02)
            else:
                return self
        raise AssertionError("mosquitto did not answer within ten seconds")

    def stop(self) -> None:
        """What it holds for clients is written down first."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _configuration(self) -> str:
        access = "allow_anonymous true"
        if self.locked:
            access = f"allow_anonymous false\npassword_file {self._passwords()}"
        if self.acl:
            (self.folder / "acl").write_text(self.acl)
            access += f"\nacl_file {self.folder}/acl"
        tls = ""
        if self.certificates:
            tls = f"certfile {self.certificates.certificate}\nkeyfile {self.certificates.key}"
            if self.demands_certificates:
                tls += f"\ncafile {self.certificates.authority}\nrequire_certificate true"
        return _CONF.format(
            port=self.port,
            access=access,
            tls=tls,
            folder=self.folder,
            inflight=self.inflight,
            # As root it would become "mosquitto", which may not read the test's folder.
            more=f"user root\n{self.more}",
        )

    def _passwords(self) -> Path:
        path = self.folder / "passwords"
        path.write_text(f"{USER}:{PASSWORD}\n")
        subprocess.run(["mosquitto_passwd", "-U", str(path)], check=True, capture_output=True, timeout=60)
        return path
