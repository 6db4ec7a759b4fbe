"""A body that meets, its conversation on an emulated Nextcloud, and the two who speak there: whoever posts reminders,
and the postman. On a clock that can be put anywhere."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.app.letters.delivering import Postman
from provisioner.app.meetings.reminding import post_reminders
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.model.bindings import Binding
from provisioner.model.messages import LetterKind, LetterState
from provisioner.model.resources import Kind, ResourceId
from provisioner.state import BindingWriter, Outbox
from provisioner.state.tie_facts import Facts
from tests.support.desk import AnyClock
from tests.support.rooms import room_of
from tests.support.site import Installation, body, person

ROOM: Final = "re-0123456789abcdef0123456789abcdef"
BERLIN: Final = ZoneInfo("Europe/Berlin")


def tie_room(site: Site) -> None:
    """As a sync would have done it, had "Sensorik" a meeting room."""
    binding = Binding(ResourceId(Kind.MEETING_ROOM, "body:pg-sensorik"), ROOM, "Sensorik", "", {})
    with site.database.writing() as connection:
        facts = Facts(connection, run=None)
        BindingWriter(connection, "redi", "cloud", "jitsi:meet.example", facts).bind(binding, site.clock.now())
        facts.note()


class Meeting:
    """ "Sensorik" meets; all that is said in its conversation is kept with the moment at which it was said."""

    def __init__(self, folder: Path, cloud: NextcloudEmulator, clock: AnyClock) -> None:
        self.clock = clock
        self.installation = Installation(folder, cloud)
        wish = self.installation.wish
        wish.policy = {"folders": {"names": {"project": None}}}
        wish.add(body("pg-sensorik", "Sensorik"), person("Mona", {"id": "pg-sensorik", "role": "moderator"}))
        self.installation.apply()
        self.said: list[tuple[datetime, str]] = []
        self._open()

    def _open(self) -> None:
        self.site = Site.open(self.installation.settings, clock=self.clock)
        self.pictures = Pictures(self.site)
        self.postman = Postman(self.site, self.pictures)

    def meets(self, *series: dict[str, Any], remind: tuple[int, ...] = (60,)) -> None:
        """From now on the registry and the policy say so."""
        wish = self.installation.wish
        wish.bodies["pg-sensorik"]["meetings"] = {"series": list(series)}
        wish.policy["meetings"] = {"reminders": list(remind)}
        self.installation.write()

    def at(self, local: str) -> None:
        """It is then: the clock is set, ahead or back, and nothing else happens."""
        self.clock.moment = datetime.fromisoformat(local).replace(tzinfo=BERLIN).astimezone(ZoneInfo("UTC"))

    def post(self) -> int:
        """What the daily job, and each sync, does."""
        return post_reminders(self.site, self.pictures.now(fresh=True))

    def deliver(self) -> None:
        """What the postman does each second."""
        before = len(self._comments())
        self.postman.deliver()
        now = self.clock.now().astimezone(BERLIN)
        self.said += [(now, text) for text in self._comments()[before:]]

    def live(self, until: str, minutes: int = 10, *, posting: bool = True) -> None:
        """Let time pass in steps of so many minutes."""
        end = datetime.fromisoformat(until).replace(tzinfo=BERLIN)
        while self.clock.now() < end:
            if posting:
                self.post()
            self.deliver()
            self.clock.moment += timedelta(minutes=minutes)

    def restart(self) -> None:
        """The service ends, and begins anew."""
        self.site.close()
        self._open()

    def moments(self) -> list[str]:
        """When something was said."""
        return [f"{at:%m-%d %H:%M}" for at, _ in self.said]

    def states(self) -> list[tuple[LetterState, str]]:
        """What became of the reminders, oldest first."""
        found = Outbox(self.site.database, "redi", self.clock.now()).find(*LetterState, limit=1000)
        return [(one.state, one.error) for one in reversed(found) if one.letter.kind is LetterKind.MEETING_REMINDER]

    def _comments(self) -> list[str]:
        return [one for one in room_of(self.installation, "Sensorik").comments if "Erinnerung" in one]


def fortnightly(**more: Any) -> dict[str, Any]:
    """Tuesdays at ten."""
    return {"id": "jf", "title": "Jour fixe", "first": "2026-01-13T10:00", "every": "2 weeks", **more}
