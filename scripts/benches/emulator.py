"""The Nextcloud emulator as a process of its own: prints its address, and ends when its standard input does."""

import json
import sys
from pathlib import Path

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.transport.clock import SystemClock

_SERVICE = ("readi-provisioner", "emulated-Service-1")


def main() -> None:
    """Arguments: seconds of latency, and the file of what it holds, if anything."""
    emulator = NextcloudEmulator(clock=SystemClock(), latency=float(sys.argv[1]), service=_SERVICE, rights="delegated")
    if len(sys.argv) > 2:
        contents = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
        for group in contents["groups"]:
            emulator.add_group(**group)
        for user in contents["users"]:
            emulator.add_user(**user)
    with emulator:
        print(json.dumps({"url": emulator.url, "user": _SERVICE[0], "password": _SERVICE[1]}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
