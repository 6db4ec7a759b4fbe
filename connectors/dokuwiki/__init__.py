"""DokuWiki: a namespace a body for the groups that it finds in the directory, and one page that leads to all.

Importing this package is cheap: the emulator is loaded when one is started.
"""

from connectors.dokuwiki.settings import DokuwikiSettings
from provisioner.model.ports import Clock, Connector, ConnectorType, Sandbox, Wiring
from provisioner.model.resources import Kind
from provisioner.model.text import Text


def _open(target: str, settings: DokuwikiSettings, wiring: Wiring) -> Connector:
    from connectors.dokuwiki.connector import DokuwikiConnector

    return DokuwikiConnector(target, settings, wiring)


def _account(settings: DokuwikiSettings) -> str:
    return "token"


def _emulator(clock: Clock, port: int) -> Sandbox:
    from connectors.dokuwiki.emulator import DokuwikiEmulator
    from connectors.kit.sandbox import EmulatorSandbox

    return EmulatorSandbox(DokuwikiEmulator(clock=clock, port=port))


DOKUWIKI = ConnectorType(
    product="dokuwiki",
    settings=DokuwikiSettings,
    open=_open,
    server=DokuwikiSettings.identity,
    account=_account,
    kinds=frozenset({Kind.GROUP, Kind.WIKI_SPACE, Kind.WIKI_PAGE}),
    emulator=_emulator,
    texts="connectors.dokuwiki",
    could_read=Text.of("dokuwiki.could_read"),
    keeps=Text.of("dokuwiki.keeps"),
)
