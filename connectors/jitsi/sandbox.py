"""The emulator as `readi sandbox` and the demo start it: deployed as the connector advises."""

from collections.abc import Mapping

from connectors.jitsi.emulator import SECRET, JitsiEmulator
from provisioner.model.ports import Clock


class JitsiSandbox:
    """See `provisioner.model.ports.Sandbox`. ``emulator`` may be looked into and tampered with."""

    def __init__(self, clock: Clock, port: int = 0) -> None:
        self.name = "jitsi"
        self.emulator = JitsiEmulator(clock=clock, port=port)

    @property
    def url(self) -> str:
        """Where it listens; raises RuntimeError while it is stopped."""
        return self.emulator.url

    @property
    def credentials(self) -> Mapping[str, str]:
        """The secret that the server has as well."""
        return {"secret": SECRET}

    @property
    def settings(self) -> Mapping[str, str]:
        """Nothing else."""
        return {}

    def prepare_for_demo(self) -> None:
        """Nothing: it is set up as it should be."""

    def traffic(self) -> tuple[int, int]:
        """Requests and, among them, writes."""
        log = self.emulator.log
        return len(log.requests), len(log.writes)

    def start(self) -> None:
        """Listen on loopback."""
        self.emulator.start()

    def stop(self) -> None:
        """Stop listening; rooms stay."""
        self.emulator.stop()
