"""Mailman 3: the addresses of people, and mailing lists with who is on them.

Importing this package is cheap: the emulator is loaded when one is started.
"""

from connectors.mailman.settings import MailmanSettings
from provisioner.model.ports import Clock, Connector, ConnectorType, Sandbox, Wiring
from provisioner.model.resources import Kind
from provisioner.model.text import Text


def _open(target: str, settings: MailmanSettings, wiring: Wiring) -> Connector:
    from connectors.mailman.connector import MailmanConnector

    return MailmanConnector(target, settings, wiring)


def _emulator(clock: Clock, port: int) -> Sandbox:
    from connectors.kit.sandbox import EmulatorSandbox
    from connectors.mailman.emulator import MailmanEmulator

    return EmulatorSandbox(MailmanEmulator(clock=clock, port=port), settings=lambda made: {"domain": made.domain})


MAILMAN = ConnectorType(
    product="mailman",
    settings=MailmanSettings,
    open=_open,
    server=MailmanSettings.identity,
    kinds=frozenset({Kind.ACCOUNT, Kind.MAILING_LIST}),
    emulator=_emulator,
    texts="connectors.mailman",
    could_read=Text.of("mailman.could_read"),
)
