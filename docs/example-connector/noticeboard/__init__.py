"""A notice board: people, and boards that some of them read. An example of a connector in a package of its own.

Importing this package is cheap: connector and emulator are loaded when they are needed.
"""

from operator import attrgetter

from noticeboard.settings import NoticeBoardSettings
from provisioner.model.ports import Clock, Connector, ConnectorType, Sandbox, Wiring
from provisioner.model.resources import Kind
from provisioner.model.text import Text


def _open(target: str, settings: NoticeBoardSettings, wiring: Wiring) -> Connector:
    from noticeboard.connector import NoticeBoardConnector

    return NoticeBoardConnector(target, settings, wiring)


def _emulator(clock: Clock, port: int) -> Sandbox:
    from connectors.kit.sandbox import EmulatorSandbox
    from noticeboard.emulator import NoticeBoardEmulator

    return EmulatorSandbox(NoticeBoardEmulator(clock=clock, port=port))


NOTICEBOARD = ConnectorType(
    product="noticeboard",
    settings=NoticeBoardSettings,
    open=_open,
    server=NoticeBoardSettings.identity,
    account=attrgetter("url"),  # there is one token alone
    kinds=frozenset({Kind.ACCOUNT, Kind.GROUP}),
    emulator=_emulator,
    texts="noticeboard",
    could_read=Text.of("noticeboard.could_read"),
)
