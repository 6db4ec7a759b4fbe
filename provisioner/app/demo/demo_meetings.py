"""The demo's meetings: who enters the room of a body with a pass of ours, at the emulated Jitsi."""

from datetime import datetime
from urllib.parse import urlsplit

from connectors.jitsi.emulation.rooms import Entered
from connectors.jitsi.emulator import JitsiEmulator
from connectors.kit.sandbox import EmulatorSandbox
from provisioner.app.joining.refusing import Forbidden
from provisioner.app.joining.viewing import viewer_for
from provisioner.app.meetings.agenda import agenda
from provisioner.app.meetings.doors import Doors
from provisioner.app.meetings.rotating import meeting_targets, note_access, rotate_due
from provisioner.app.picture import Picture, Pictures
from provisioner.app.sandbox import Sandboxes
from provisioner.app.site import Site


class DemoMeetings:
    """Nobody asks anybody: passes are made here, and shown at the emulator's door."""

    def __init__(self, site: Site, sandboxes: Sandboxes) -> None:
        self._site = site
        emulators = [one.emulator for one in sandboxes.running if isinstance(one, EmulatorSandbox)]
        self._jitsi = next(one for one in emulators if isinstance(one, JitsiEmulator))
        self._doors = Doors(site, Pictures(site))

    def dates(self, body: str, after: datetime, before: datetime) -> list[datetime]:
        """When a body meets, in local time."""
        picture = self._picture()
        found = agenda(picture, [picture.registry.bodies[body]], after, before)
        return [one.starts for one in found]

    def enters(self, body: str, person: str) -> str | None:
        """Open the link as this person: the role inside, by the emulator's own words; None: turned away."""
        viewer = viewer_for(self._picture(), self._site.network, person)
        if viewer is None:
            return None
        try:
            address = self._doors.enter(viewer, body).url.get_secret_value()
        except Forbidden:
            return None
        outcome = self._jitsi.visit(address).outcome
        return outcome.role if isinstance(outcome, Entered) else None

    def turns_away(self, body: str, person: str) -> bool:
        """Open the room's bare address, without a pass, as somebody does to whom it was forwarded."""
        viewer = viewer_for(self._picture(), self._site.network, person)
        assert viewer is not None  # noqa: S101 - the story chose them
        address = urlsplit(self._doors.enter(viewer, body).url.get_secret_value())
        return not self._jitsi.visit(address._replace(fragment="").geturl()).entered

    def renamed(self) -> int:
        """How many rooms get other names, since somebody lost access to them after this was asked last."""
        picture = self._picture()
        note_access(self._site, picture, meeting_targets(self._site))
        return sum(one.waits_until is None for one in rotate_due(self._site, picture))

    def _picture(self) -> Picture:
        return Pictures(self._site).now(fresh=True)
