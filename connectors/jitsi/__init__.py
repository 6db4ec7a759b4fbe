"""Jitsi: rooms whose names nobody guesses, and the tokens that open them.

Importing this package is cheap: the emulator is loaded when one is started.
"""

from operator import attrgetter

from connectors.jitsi.settings import JitsiSettings
from provisioner.model.meetings import MeetingDoor
from provisioner.model.ports import Clock, Connector, ConnectorType, Sandbox, Wiring
from provisioner.model.resources import Kind
from provisioner.model.text import Text


def _open(target: str, settings: JitsiSettings, wiring: Wiring) -> Connector:
    from connectors.jitsi.connector import JitsiConnector

    return JitsiConnector(target, settings, wiring)


def _door(settings: JitsiSettings) -> MeetingDoor:
    from connectors.jitsi.door import JitsiDoor

    return JitsiDoor(settings)


def _emulator(clock: Clock, port: int) -> Sandbox:
    from connectors.jitsi.emulator import SECRET, JitsiEmulator
    from connectors.kit.sandbox import EmulatorSandbox

    return EmulatorSandbox(JitsiEmulator(clock=clock, port=port), credentials={"secret": SECRET})


JITSI = ConnectorType(
    product="jitsi",
    settings=JitsiSettings,
    open=_open,
    server=JitsiSettings.identity,
    account=attrgetter("issuer"),
    kinds=frozenset({Kind.MEETING_ROOM}),
    emulator=_emulator,
    texts="connectors.jitsi",
    door=_door,
    could_read=Text.of("jitsi.could_read"),
    keeps=Text.of("jitsi.keeps"),
)
