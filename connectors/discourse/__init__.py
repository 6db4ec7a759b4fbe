"""Discourse: accounts tied to the login, groups, and categories with who may read, write and moderate in them."""

from connectors.discourse.settings import DiscourseSettings
from provisioner.model.ports import Clock, Connector, ConnectorType, Sandbox, Wiring
from provisioner.model.resources import Kind
from provisioner.model.text import Text


def _open(target: str, settings: DiscourseSettings, wiring: Wiring) -> Connector:
    from connectors.discourse.connector import DiscourseConnector

    return DiscourseConnector(target, settings, wiring)


def _emulator(clock: Clock, port: int) -> Sandbox:
    from connectors.discourse.emulator import DiscourseEmulator
    from connectors.kit.sandbox import EmulatorSandbox

    def prepare(emulator: DiscourseEmulator) -> None:
        with emulator.lock:
            emulator.world.site.send_welcome_message = False
            emulator.world.site.per_minute = None

    return EmulatorSandbox(DiscourseEmulator(clock=clock, port=port), prepare=prepare)


DISCOURSE = ConnectorType(
    product="discourse",
    settings=DiscourseSettings,
    open=_open,
    server=DiscourseSettings.identity,
    kinds=frozenset({Kind.ACCOUNT, Kind.GROUP, Kind.FORUM_CATEGORY}),
    emulator=_emulator,
    texts="connectors.discourse",
    could_read=Text.of("discourse.could_read"),
    keeps=Text.of("discourse.keeps"),
)
