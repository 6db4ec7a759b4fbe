"""NodeBB: accounts, hidden groups, and a category a body.

Importing this package is cheap: the emulator is loaded when one is started.
"""

from connectors.kit.sandbox import EmulatorSandbox
from connectors.nodebb.settings import NodeBBSettings
from provisioner.model.ports import Clock, Connector, ConnectorType, Sandbox, Wiring
from provisioner.model.resources import Kind
from provisioner.model.text import Text


def _open(target: str, settings: NodeBBSettings, wiring: Wiring) -> Connector:
    from connectors.nodebb.connector import NodeBBConnector

    return NodeBBConnector(target, settings, wiring)


def _emulator(clock: Clock, port: int) -> Sandbox:
    from connectors.nodebb.emulator import NodeBBEmulator

    return EmulatorSandbox(
        NodeBBEmulator(clock=clock, port=port),
        settings=lambda emulator: emulator.settings,
    )


NODEBB = ConnectorType(
    product="nodebb",
    settings=NodeBBSettings,
    open=_open,
    server=NodeBBSettings.identity,
    kinds=frozenset({Kind.ACCOUNT, Kind.GROUP, Kind.FORUM_CATEGORY}),
    account=NodeBBSettings.account,
    emulator=_emulator,
    texts="connectors.nodebb",
    could_read=Text.of("nodebb.could_read"),
)
