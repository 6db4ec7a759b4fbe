"""Jitsi-Admin: conferences that are planned there, with who is invited to them.

Importing this package is cheap: the emulator is loaded when one is started.
"""

from operator import attrgetter

from connectors.jitsiadmin.settings import JitsiAdminSettings
from provisioner.model.ports import Clock, Connector, ConnectorType, Sandbox, Wiring
from provisioner.model.resources import Kind
from provisioner.model.text import Text


def _open(target: str, settings: JitsiAdminSettings, wiring: Wiring) -> Connector:
    from connectors.jitsiadmin.connector import JitsiAdminConnector

    return JitsiAdminConnector(target, settings, wiring)


def _emulator(clock: Clock, port: int) -> Sandbox:
    from connectors.jitsiadmin.emulator import MEETING_SERVER, JitsiAdminEmulator
    from connectors.kit.sandbox import EmulatorSandbox

    emulator = JitsiAdminEmulator(clock=clock, port=port)
    return EmulatorSandbox(emulator, settings=lambda _: {"meeting_server": MEETING_SERVER})


JITSI_ADMIN = ConnectorType(
    product="jitsi-admin",
    settings=JitsiAdminSettings,
    open=_open,
    server=JitsiAdminSettings.identity,
    kinds=frozenset({Kind.ACCOUNT, Kind.CONFERENCE}),
    account=attrgetter("meeting_server"),
    emulator=_emulator,
    texts="connectors.jitsiadmin",
    could_read=Text.of("jitsiadmin.could_read"),
    keeps=Text.of("jitsiadmin.keeps"),
)
