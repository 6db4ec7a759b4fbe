"""The emulator as `readi sandbox` and the demo start it: with a delegated service account, as README advises."""

from collections.abc import Mapping

from connectors.nextcloud.emulator import PROVISIONERS, NextcloudEmulator
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
        """Whether the server greets new accounts: the plan counts its mails. And the group that holds our account."""
        welcome = "true" if self.emulator.world.welcome_mails else "false"
        return {"welcome_mail": welcome, "working_group": PROVISIONERS}

    def prepare_for_demo(self) -> None:
        """As before a first sync of many: the server greets nobody (core newUser.sendEmail no)."""
        self.emulator.world.welcome_mails = False

    def traffic(self) -> tuple[int, int]:
        """Requests and, among them, writes."""
        log = self.emulator.log
        return len(log.requests), len(log.writes)

    def start(self) -> None:
        """Listen on loopback."""
        self.emulator.start()

    def stop(self) -> None:
        """Stop listening; the state stays."""
        self.emulator.stop()
