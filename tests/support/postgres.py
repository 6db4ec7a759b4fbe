"""A throw-away PostgreSQL on loopback: one a test process, a fresh database a test."""

import atexit
import itertools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql

_NEEDED = "tests of the database need PostgreSQL's server programs: apt-get install postgresql"


class ThrowAwayPostgres:
    """Started by `shared`. Nothing in it is kept; it ends with this process."""

    def __init__(self) -> None:
        self._programs = _programs()
        self._home = Path(tempfile.mkdtemp(prefix="readi-postgres-"))
        self._data = self._home / "data"
        self._password = secrets.token_hex(8)
        self._numbers = itertools.count(1)
        # initdb and postgres refuse to run as root.
        self._as_somebody = self._give_away() if os.geteuid() == 0 else []
        secret = self._home / "password"
        secret.write_text(self._password)
        secret.chmod(0o644)
        self._call("initdb", "-D", self._data, "-U", "readi", "--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync")
        self.port = _free_port()
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "fsync": "off"}
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._log = (self._home / "log").open("wb")
        # Ended by the kernel, should this process be killed before it can end the server itself.
        ends_with_us = ["setpriv", "--pdeathsig", "QUIT", *self._as_somebody[1:]]
        self._server = subprocess.Popen(
            [*ends_with_us, self._programs / "postgres", "-D", self._data, *arguments],
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self._wait()

    def _give_away(self) -> list[str]:
        for name in ("postgres", "nobody"):
            try:
                user = pwd.getpwnam(name)
            except KeyError:
                continue
            self._home.chmod(0o755)
            os.chown(self._home, user.pw_uid, user.pw_gid)
            return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]
        raise RuntimeError("there is neither a user postgres nor nobody")

    def _call(self, program: str, *arguments: object) -> None:
        command = [*self._as_somebody, str(self._programs / program), *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, cwd=self._home)

    def _wait(self) -> None:
        for _ in range(600):
            try:
                psycopg.connect(self._address("postgres"), connect_timeout=1).close()
            except psycopg.OperationalError:
                if self._server.poll() is not None:
                    raise RuntimeError((self._home / "log").read_text()) from None
                time.sleep(0.05)
            else:
                return
        raise RuntimeError("PostgreSQL did not come up within 30 s")

    def _address(self, database: str) -> str:
        return f"postgresql://readi:{self._password}@127.0.0.1:{self.port}/{database}"

    def administrator(self) -> psycopg.Connection:
        """A connection of a superuser, each statement a transaction of its own."""
        return psycopg.connect(self._address("postgres"), autocommit=True)

    def new_database(self) -> str:
        """Make an empty database; its URL."""
        name = f"readi_{next(self._numbers)}"
        with self.administrator() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._address(name)

    def end_connections(self, url: str, application: str = "readi") -> int:
        """Have the server end the connections to a database, as its administrator would; how many."""
        query = (
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND application_name = %s"
        )
        with self.administrator() as connection:
            return len(connection.execute(query, (url.rsplit("/", 1)[1], application)).fetchall())

    def end_listeners(self, url: str, channel: str) -> int:
        """The same to those alone that listen to a channel and have done nothing else since; how many."""
        query = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND query = %s"
        with self.administrator() as connection:
            return len(connection.execute(query, (url.rsplit("/", 1)[1], f"LISTEN {channel}")).fetchall())

    def wait_for_no_lock(self, url: str) -> None:
        """Until the server has noticed that a killed process is gone; it needs a moment."""
        query = (
            "SELECT count(*) FROM pg_locks JOIN pg_database ON oid = database"
            " WHERE datname = %s AND locktype = 'advisory'"
        )
        with self.administrator() as connection:
            for _ in range(3000):
                held = connection.execute(query, (url.rsplit("/", 1)[1],)).fetchone()
                if held == (0,):
                    return
                connection.execute("SELECT pg_sleep(0.01)")
        raise RuntimeError("an advisory lock outlived its process")

    def stop(self) -> None:
        """End the server at once and remove all it had."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(30)
        self._log.close()
        shutil.rmtree(self._home, ignore_errors=True)


@cache
def shared() -> ThrowAwayPostgres:
    """The one of this process."""
    postgres = ThrowAwayPostgres()
    atexit.register(postgres.stop)
    return postgres


def _programs() -> Path:
    """Debian keeps them out of the path, one folder a version."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    for place in places:
        if (place / "initdb").exists():
            return place
    found = shutil.which("initdb")
    if found is None:
        raise RuntimeError(_NEEDED)
    return Path(found).parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
