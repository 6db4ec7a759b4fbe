"""A real Mailman 3 as a fixture: Debian's core in a temporary folder, its REST runner alone, up in some seconds."""

import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from tests.support.slapd import free_port

BINARIES = Path("/usr/lib/mailman3/bin")
ADMIN = ("restadmin", "only-for-tests")
DOMAIN = "lists.musterstadt.example"

_RUNNERS = ("archive", "bad", "bounces", "command", "in", "lmtp", "nntp", "out", "pipeline", "retry", "shunt", "task")
_ALSO = ("virgin", "digest")

_CONF = """\
[mailman]
layout: here
site_owner: owner@musterstadt.example

[paths.here]
var_dir: {folder}/var
bin_dir: {binaries}

[database]
class: mailman.database.sqlite.SQLiteDatabase
url: sqlite:///{folder}/mailman.db

[webservice]
hostname: 127.0.0.1
port: {port}
use_https: no
admin_user: {user}
admin_pass: {password}
workers: 1

[mta]
incoming: mailman.mta.null.NullMTA
outgoing: mailman.mta.deliver.deliver
smtp_host: 127.0.0.1
smtp_port: {smtp_port}

{runners}
"""


class MailmanMissing(AssertionError):
    """Mailman is not installed; the tests need the real one."""


@dataclass
class MailmanServer:
    """One core. ``runners``: those that run besides the REST runner; mail goes to ``smtp_port``, where nobody is."""

    folder: Path
    runners: tuple[str, ...] = ()
    smtp_port: int = field(default_factory=free_port)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Write the configuration and wait until it answers. Raises MailmanMissing with what to install."""
        if not (BINARIES / "master").exists():
            raise MailmanMissing("mailman3 is missing: apt-get install mailman3 (scripts/test does it)")
        self.folder.mkdir(parents=True, exist_ok=True)
        conf, log = self.folder / "mailman.cfg", self.folder / "master.log"
        conf.write_text(self._configuration())
        environment = {**os.environ, "HOME": str(self.folder), "MAILMAN_CONFIG_FILE": str(conf)}
        with log.open("ab") as out:
            command = [str(BINARIES / "master"), "-C", str(conf)]
            self.process = subprocess.Popen(command, stdout=out, stderr=out, env=environment, cwd=self.folder)
        for _ in range(600):
            if self.process.poll() is not None:
                raise AssertionError(f"Mailman did not start: {log.read_text()}")
            if self._answers():
                return self
            time.sleep(0.05)
        raise AssertionError("Mailman did not answer within thirty seconds")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process = None

    def add_domain(self) -> None:
        body = {"mail_host": DOMAIN}
        assert requests.post(f"{self.url}/3.1/domains", json=body, auth=ADMIN, timeout=30).status_code == 201

    def wipe(self) -> None:
        """Leave no domain, no list and nobody."""
        with requests.Session() as session:
            session.auth = ADMIN
            for path, key in (("domains", "mail_host"), ("users", "user_id"), ("addresses", "email")):
                for entry in session.get(f"{self.url}/3.1/{path}", timeout=30).json().get("entries", []):
                    assert session.delete(f"{self.url}/3.1/{path}/{entry[key]}", timeout=30).ok

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/3.1/system/versions", auth=ADMIN, timeout=5).ok
        except requests.ConnectionError:
            return False

    def _configuration(self) -> str:
        idle = [name for name in (*_RUNNERS, *_ALSO) if name not in self.runners]
        return _CONF.format(
            folder=self.folder,
            binaries=BINARIES,
            port=self.port,
            user=ADMIN[0],
            password=ADMIN[1],
            smtp_port=self.smtp_port,
            runners="\n".join(f"[runner.{name}]\nstart: no\n" for name in idle),
        )
