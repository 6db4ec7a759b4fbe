"""Two small networks on one database, without any target: for acts of people, and what is written down of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from provisioner.app.joining.deciding import Deciding
from provisioner.app.joining.places import Places
from provisioner.app.joining.reception import Reception
from provisioner.app.joining.viewing import viewer_for
from provisioner.app.picture import Picture, Pictures
from provisioner.app.settings import load_settings
from provisioner.app.site import Site
from provisioner.lifecycle.rights import Viewer
from provisioner.model.messages import Letter, LetterState
from provisioner.sources.types import SourceType
from provisioner.state import Audit, EnrolmentStore, Errands, Links, Outbox, Purpose, Requests, Session, Sessions
from tests.support.site import LONG_AGO, Wish, body, person

TODAY: Final = date(2026, 1, 5)
FIRST_START: Final = "first start"
ADDRESS: Final = "http://127.0.0.1:8765"
"""Where people open the service."""
NO_SOURCES: Final[Mapping[str, SourceType]] = {}


class AnyClock:
    """A clock that is put wherever a test wants it, also back."""

    def __init__(self) -> None:
        self.moment = datetime(TODAY.year, TODAY.month, TODAY.day, 8, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def official(given: str, city: str, *roles: str, **more: Any) -> dict[str, Any]:
    """Somebody of a city, with roles there."""
    entry = person(given, email=f"{given.lower()}@{city}.example", **more)
    del entry["organisation"]
    return {**entry, "affiliations": [{"organisation": city, "roles": list(roles)}]}


def moderating(identity: str) -> dict[str, str]:
    return {"id": identity, "role": "moderator"}


def small_network(network: str = "redi") -> Wish:
    """Somebody in every role; seen from pg-sensorik (led by Bretten, on approval)."""
    wish = Wish(network, cities={"bretten": "Stadt Bretten", "rastatt": "Stadt Rastatt"})
    wish.add(
        body("pg-sensorik", "Sensorik", lead="bretten", join="approval"),
        body("pg-lora", "LoRaWAN", lead="rastatt", join="open"),
        body("pg-kreis", "Kreis", join="closed"),
        body("pg-alle", "Alle", lead="bretten", join="open", members=[{"everybody": True}]),
        body("pg-alt", "Altes", join="open", archived=LONG_AGO),
        person("Rita", roles=["ranger"]),
        official("Konrad", "rastatt", "coordinator"),
        official("Carla", "bretten", "city-administrator"),
        official("Doris", "rastatt", "city-administrator"),
        person("Mona", moderating("pg-sensorik")),
        official("Moritz", "rastatt", bodies=[moderating("pg-lora")]),
        person("Ben", "pg-sensorik"),
        official("Ole", "rastatt"),
        person("Udo", "pg-sensorik", leaves=LONG_AGO),
        {
            "id": "p-gerd",
            "given_name": "Gerd",
            "family_name": "Gast",
            "email": "gerd@anderswo.example",
            "guest": {"sponsor": "p-rita", "until": "2099-12-31"},
            "bodies": ["pg-sensorik"],
        },
    )
    return wish


@dataclass
class Desk:
    """One network, and what was written down in it."""

    folder: Path
    wish: Wish
    clock: AnyClock
    source_types: Mapping[str, SourceType]
    site: Site = field(init=False)

    def open(self) -> "Desk":
        settings = load_settings(self.folder / "settings.yaml")
        self.site = Site(settings, self.folder, self.wish.network, self.clock, source_types=self.source_types)
        self.pictures = Pictures(self.site)
        self.places = Places(self.site, self.pictures)
        self.deciding = Deciding(self.site, self.pictures)
        self.reception = Reception(self.site, self.pictures)
        self._posted = 0
        return self

    @property
    def picture(self) -> Picture:
        return self.pictures.now(fresh=True)

    def rewrite(self) -> None:
        """The registry's files as they are wished for now."""
        self.wish.write(self.folder / self.wish.network)

    def viewer(self, name: str) -> Viewer:
        """As whom "mona" looks, at this moment."""
        if name == FIRST_START:
            return Viewer(self.site.network, ranger=True)
        found = viewer_for(self.picture, self.site.network, f"p-{name}")
        assert found is not None, name
        return found

    def belongs(self, name: str) -> dict[str, str]:
        """Body → role of somebody, selectors included."""
        return {place.body.id: str(place.role) for place in self.picture.places_of(f"p-{name}")}

    def members(self, identity: str) -> set[str]:
        return {member.person.id.removeprefix("p-") for member in self.picture.members_of(identity)}

    @property
    def requests(self) -> Requests:
        return Requests(self.site.database, self.site.network)

    @property
    def store(self) -> EnrolmentStore:
        return EnrolmentStore(self.site.database, self.site.network)

    @property
    def sessions(self) -> Sessions:
        return Sessions(self.site.database, self.site.network)

    def errands(self) -> list[str | None]:
        """What each errand that waits is about, oldest first."""
        due = Errands(self.site.database, self.site.network).due(self.clock.now())
        return [errand.only for errand in due]

    def letters(self, *states: LetterState) -> list[Letter]:
        """What was posted since somebody looked last, oldest first."""
        found = Outbox(self.site.database, self.site.network, self.clock.now()).find(
            *(states or LetterState), limit=10**4
        )
        new = [one for one in reversed(found) if one.id > self._posted]
        self._posted = max([self._posted, *(one.id for one in new)])
        return [one.letter for one in new]

    def told(self) -> list[tuple[str, str]]:
        """(kind, to whom) of these."""
        return [(str(one.kind), one.to.removeprefix("person:p-")) for one in self.letters()]

    def deeds(self) -> list[tuple[str, str, str]]:
        """(actor, action, subject) of the audit, oldest first."""
        audit = Audit(self.site.database, self.site.network)
        return [(deed.actor, deed.action, deed.subject) for deed in reversed(audit.latest(limit=10**4))]

    def written(self) -> tuple[object, ...]:
        """All that acts write: equal before and after what was refused."""
        waiting = [(one.person, one.body, one.state) for one in self.requests.waiting()]
        return self.store.all(), waiting, self.errands(), self.deeds()

    def link(self, address: str) -> str:
        """The word of a link that was sent there."""
        links = Links(self.site.database, self.site.network)
        return links.make(Purpose.LOGIN, address, self.clock.now(), timedelta(minutes=30))

    def session(self, address: str) -> Session:
        """Whoever opens such a link."""
        word = self.reception.enter(self.link(address))
        assert word is not None
        found = self.sessions.find(word, self.clock.now())
        assert found is not None
        return found


def desks(
    folder: Path, *wishes: Wish, state: str = "readi.db", source_types: Mapping[str, SourceType] = NO_SOURCES
) -> list[Desk]:
    """A desk for each network; all on one database."""
    networks, clock = {}, AnyClock()
    for wish in wishes:
        wish.write(folder / wish.network)
        networks[wish.network] = {
            "registry": f"{wish.network}/registry",
            "policy": f"{wish.network}/policy.yaml",
            "targets": wish.targets,
            "sources": wish.sources,
        }
    settings = folder / "settings.yaml"
    settings.touch(mode=0o600)
    everything = {"state": state, "service": {"url": ADDRESS}, "networks": networks}
    settings.write_text(yaml.safe_dump(everything), encoding="utf-8")
    return [Desk(folder, wish, clock, source_types).open() for wish in wishes]
