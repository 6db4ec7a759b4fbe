"""What doctor asks: can tokens be made, and does the server let in nobody without one."""

from collections.abc import Iterator

from connectors.jitsi.door import JitsiDoor
from connectors.jitsi.settings import JitsiSettings
from provisioner.model.errors import SettingsError
from provisioner.model.meetings import Entrant, Standing
from provisioner.model.ports import Finding, Severity, Wiring
from provisioner.model.text import Text


def examine(settings: JitsiSettings, door: JitsiDoor, wiring: Wiring) -> Iterator[Finding]:
    """The findings, in the order in which one would mend them. Never raises `TargetError`."""
    try:
        door.admit(door.new_room(), "", Entrant("readi", "", Standing.MEMBER), wiring.clock.now())
    except SettingsError as error:
        yield Finding(Severity.ERROR, error.text, Text.of("jitsi.mend_signing"))
        return
    yield Finding(Severity.OK, Text.of("jitsi.can_sign", url=settings.url, count=len(door.published_keys())))
