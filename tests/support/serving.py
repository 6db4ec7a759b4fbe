"""The service as its users start it: ``readi serve`` in a process of its own, on an emulated Nextcloud."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import requests

from provisioner.app.site import Site
from provisioner.app.work.progress import ProgressStore
from provisioner.emulation import RequestLog
from provisioner.model.enrolments import EnrolledMembership, EnrolledPerson
from provisioner.model.errands import Job
from provisioner.model.registry import Period
from provisioner.state import EnrolmentStore, Errands, Within
from tests.support.site import ROOT, Installation

DEADLINE = 180.0
"""Seconds after which waiting is given up. Generous: it is passed only when something is broken."""


class Serving:
    """One instance. What it logs is JSON, a line each, in ``log``. ``command``: the one that serves."""

    def __init__(
        self, installation: Installation, name: str = "service", command: tuple[str, ...] = ("serve",)
    ) -> None:
        self.installation, self.command = installation, command
        self.log_file = installation.folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        if error is not None:
            print(self.log_file.read_text(encoding="utf-8"))  # noqa: T201 - shown by pytest with what failed

    def start(self) -> None:
        """Without writing the installation's files anew."""
        command = [sys.executable, "-m", "provisioner", "--settings", str(self.installation.settings)]
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--log-format", "json", *self.command],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
            )

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process

    def kill(self) -> None:
        """SIGKILL, and see that it is dead. Nothing when it is already."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def end(self) -> int:
        """SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)

    def log(self) -> list[dict[str, Any]]:
        """All that it said."""
        lines = self.log_file.read_text(encoding="utf-8").splitlines() if self.log_file.exists() else []
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of one kind."""
        return [line for line in self.log() if line["event"] == event]

    def wait_for(self, event: str, times: int = 1) -> list[dict[str, Any]]:
        """Until it said so."""

        def enough() -> bool:
            assert self.process.poll() is None, self.log_file.read_text(encoding="utf-8")
            return len(self.said(event)) >= times

        wait_until(enough, f"{event}\n{self.log_file.read_text(encoding='utf-8') if self.log_file.exists() else ''}")
        return self.said(event)

    @property
    def url(self) -> str:
        """Where it listens."""
        [line] = self.wait_for("serving")[-1:]
        return f"http://{line['address']}"

    def get(self, path: str, **more: Any) -> requests.Response:
        """One request."""
        return requests.get(f"{self.url}{path}", timeout=30, **more)

    def post(self, path: str, **more: Any) -> requests.Response:
        """One request."""
        return requests.post(f"{self.url}{path}", timeout=30, **more)

    def workers(self) -> list[int]:
        """Process ids of its children that live."""
        return [pid for pid in (int(line["pid"]) for line in self.said("worker started")) if lives(pid)]


def lives(pid: int) -> bool:
    """Whether there is such a process that has not ended (one that nobody waited for has)."""
    try:
        return (
            " Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").partition(")")[2][:4]
        )
    except OSError:
        return False


def wait_until(met: Callable[[], bool], what: str = "") -> None:
    """Look again and again. Raises AssertionError after `DEADLINE`: something is broken then."""
    end = time.monotonic() + DEADLINE
    while not met():
        assert time.monotonic() < end, f"did not come: {what}"
        time.sleep(0.02)


@contextmanager
def opened(installation: Installation, network: str = "redi") -> Iterator[Site]:
    """The same state, seen by the test."""
    site = Site.open(installation.settings, network)
    try:
        yield site
    finally:
        site.close()


def join(site: Site, given: str, body: str, now: datetime | None = None) -> str:
    """Somebody new comes and joins a body, as the console has it: all in one transaction. Their id."""
    identity, now = f"p-{given.lower()}", now or datetime.now(UTC)
    person = EnrolledPerson(identity, given, "Neu", f"{given.lower()}@bretten.example", "bretten", date(2026, 1, 5))
    with site.database.writing() as connection:
        within = Within(connection)
        store = EnrolmentStore(within, site.network)
        assert store.enrol(person)
        store.place(EnrolledMembership(identity, body, Period(), by=identity), now)
        Errands(within, site.network).add(Job.SYNC, "enrolment", identity, now, only=identity)
    return identity


def drained(site: Site) -> bool:
    """Whether nothing is to be done, and nothing is being done."""
    return Errands(site.database, site.network).count() == 0 and ProgressStore(site).current() is None


def made(log: RequestLog) -> Counter[str]:
    """How often each account was created over there, by user id."""
    posts = [one for one in log.writes if one.method == "POST" and urlsplit(one.path).path.endswith("/cloud/users")]
    return Counter(json.loads(one.body)["userid"] for one in posts if one.outcome == "answered" and one.status == 200)
