"""The emulator as `readi sandbox` and the demo start it: with one mail domain and no list."""

from collections.abc import Mapping

from connectors.mailman.emulator import SERVICE, MailmanEmulator
from provisioner.model.ports import Clock


class MailmanSandbox:
    """See `provisioner.model.ports.Sandbox`. ``emulator`` may be looked into and tampered with."""

    def __init__(self, clock: Clock, port: int = 0) -> None:
        self.name = "mailman"
        self.emulator = MailmanEmulator(clock=clock, port=port)

    @property
    def url(self) -> str:
        """Where it listens; raises RuntimeError while it is stopped."""
        return self.emulator.url

    @property
    def credentials(self) -> Mapping[str, str]:
        """Those of the REST address."""
        return {"user": SERVICE[0], "password": SERVICE[1]}

    @property
    def settings(self) -> Mapping[str, str]:
        """The mail domain whose lists are ours."""
        return {"domain": self.emulator.domain}

    def prepare_for_demo(self) -> None:
        """Nothing: lists are silent as we make them."""

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
