"""What a Nextcloud can hold, without asking one."""

from connectors.nextcloud.connector import NextcloudConnector
from connectors.nextcloud.emulator import PROVISIONERS
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.emulation import VirtualClock
from provisioner.model.ports import Capabilities, Wiring
from provisioner.transport.gate import WriteGate


class _NoLedger:
    """Nothing is written here, so nothing is counted."""

    def acquire(self, *wanted: object) -> None:
        raise AssertionError(wanted)

    exhausted = acquire


def capabilities(url: str = "https://cloud.example", target: str = "cloud") -> Capabilities:
    """With everything switched on: folders, what is laid out in them, conversations."""
    settings = NextcloudSettings(url=url, user="readi", password="x", working_group=PROVISIONERS)  # type: ignore[arg-type] # noqa: S106
    return NextcloudConnector(target, settings, Wiring(WriteGate(), VirtualClock(), _NoLedger())).capabilities()
