"""The Nextcloud emulator as a process of its own: prints its address, and ends when its standard input does."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from connectors.nextcloud.emulator import NextcloudEmulator
from policies.desire import desire
from policies.document import Policy
from provisioner.emulation import LogEntry
from provisioner.transport.clock import SystemClock
from scripts.benches.offline import capabilities
from tests.support.holding import hold
from tests.support.networks import build_registry

_MANY = 1_000_000
_SERVICE = ("readi-provisioner", "emulated-Service-1")


def main() -> None:
    """Of what it is asked, nothing is written down but what ``--diary`` wants."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("latency", type=float, help="seconds that a request takes")
    parser.add_argument("size", type=int, nargs="*", help="people, bodies and edges of the network that it has already")
    parser.add_argument("--diary", type=Path, help="a file for what was written, with the moment at which it was done")
    arguments = parser.parse_args()
    emulator = NextcloudEmulator(clock=SystemClock(), latency=arguments.latency, service=_SERVICE, rights="delegated")
    if arguments.diary is not None:
        emulator.log.hook = _diary(arguments.diary)
    # As connectors/nextcloud/README.md advises for many bodies.
    emulator.calendars.creations = emulator.calendars.sharings = (_MANY, 3600.0)
    emulator.calendars.most = -1
    with emulator:
        if arguments.size:
            desired = desire(build_registry(*arguments.size), Policy(), datetime.now(UTC).date())
            hold(emulator, desired, _SERVICE[0], capabilities(emulator.url).address)
        print(json.dumps({"url": emulator.url, "user": _SERVICE[0], "password": _SERVICE[1]}), flush=True)
        sys.stdin.read()


def _diary(path: Path) -> Callable[[LogEntry], None]:
    """A line of JSON for each write, before its answer leaves."""
    file = path.open("a", encoding="utf-8", buffering=1)

    def write(entry: LogEntry) -> None:
        if entry.write:
            told = {"at": time.time(), "path": entry.path, "status": entry.status, "body": entry.body}
            file.write(json.dumps(told) + "\n")

    return write


if __name__ == "__main__":
    main()
