"""The emulator as `readi sandbox` and the demo start it: with a delegated service account, as README advises."""

from collections.abc import Mapping

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.model.ports import Clock

ACCOUNT = ("readi-provisioner", "emulated-Service-1")
"""Worth nothing elsewhere."""


class NextcloudSandbox:
    """See `provisioner.model.ports.Sandbox`. ``emulator`` may be looked into and tampered with."""

    def __init__(self, clock: Clock, port: int = 0) -> None:
        self.name = "nextcloud"
        self.emulator = NextcloudEmulator(clock=clock, port=port, service=ACCOUNT, rights="delegated")

    @property
    def url(self) -> str:
        """Where it listens; raises RuntimeError while it is stopped."""
        return self.emulator.url

    @property
    def credentials(self) -> Mapping[str, str]:
        """The service account's."""
        return {"user": ACCOUNT[0], "password": ACCOUNT[1]}

    @property
    def settings(self) -> Mapping[str, str]:
        """Nothing else is needed."""
        return {}

    def start(self) -> None:
        """Listen on loopback."""
        self.emulator.start()

    def stop(self) -> None:
        """Stop listening; the state stays."""
        self.emulator.stop()
