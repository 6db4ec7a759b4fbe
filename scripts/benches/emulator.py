"""The Nextcloud emulator as a process of its own: prints its address, and ends when its standard input does."""

import json
import sys
from datetime import UTC, datetime

from connectors.nextcloud.emulator import NextcloudEmulator
from policies.desire import desire
from policies.document import Policy
from provisioner.transport.clock import SystemClock
from scripts.benches.offline import capabilities
from tests.support.holding import hold
from tests.support.networks import build_registry

_MANY = 1_000_000
_SERVICE = ("readi-provisioner", "emulated-Service-1")


def main() -> None:
    """Arguments: seconds of latency, and the people, bodies and edges of the network that it has already, if any."""
    emulator = NextcloudEmulator(clock=SystemClock(), latency=float(sys.argv[1]), service=_SERVICE, rights="delegated")
    # As connectors/nextcloud/README.md advises for many bodies.
    emulator.calendars.creations = emulator.calendars.sharings = (_MANY, 3600.0)
    emulator.calendars.most = -1
    with emulator:
        if len(sys.argv) > 2:
            desired = desire(build_registry(*map(int, sys.argv[2:5])), Policy(), datetime.now(UTC).date())
            hold(emulator, desired, _SERVICE[0], capabilities(emulator.url).address)
        print(json.dumps({"url": emulator.url, "user": _SERVICE[0], "password": _SERVICE[1]}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
