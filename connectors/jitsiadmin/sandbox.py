"""The emulator as `readi sandbox` and the demo start it: with one Jitsi server."""

from collections.abc import Mapping

from connectors.jitsiadmin.emulator import KEY, MEETING_SERVER, JitsiAdminEmulator
from provisioner.model.ports import Clock


class JitsiAdminSandbox:
    """See `provisioner.model.ports.Sandbox`. ``emulator`` may be looked into and tampered with."""

    def __init__(self, clock: Clock, port: int = 0) -> None:
        self.name = "jitsi-admin"
        self.emulator = JitsiAdminEmulator(clock=clock, port=port)

    @property
    def url(self) -> str:
        """Where it listens; raises RuntimeError while it is stopped."""
        return self.emulator.url

    @property
    def credentials(self) -> Mapping[str, str]:
        """The API key."""
        return {"password": KEY}

    @property
    def settings(self) -> Mapping[str, str]:
        """The Jitsi server that is entered there."""
        return {"meeting_server": MEETING_SERVER}

    def prepare_for_demo(self) -> None:
        """Nothing: who may plan there is linked to the server by hand."""

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
