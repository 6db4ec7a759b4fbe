"""Nextcloud: accounts, groups, team folders, conversations, calendars and the meetings in them."""

from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.ports import Clock, Connector, ConnectorType, Sandbox, Wiring
from provisioner.model.resources import Kind
from provisioner.model.text import Text


def _open(target: str, settings: NextcloudSettings, wiring: Wiring) -> Connector:
    from connectors.nextcloud.connector import NextcloudConnector

    return NextcloudConnector(target, settings, wiring)


def _emulator(clock: Clock, port: int) -> Sandbox:
    from connectors.nextcloud.sandbox import NextcloudSandbox

    return NextcloudSandbox(clock, port)


NEXTCLOUD = ConnectorType(
    product="nextcloud",
    settings=NextcloudSettings,
    open=_open,
    server=NextcloudSettings.identity,
    kinds=frozenset({Kind.ACCOUNT, Kind.GROUP, Kind.TEAM_FOLDER, Kind.CONVERSATION, Kind.CALENDAR, Kind.MEETING}),
    emulator=_emulator,
    texts="connectors.nextcloud",
    could_read=Text.of("nextcloud.could_read"),
)
