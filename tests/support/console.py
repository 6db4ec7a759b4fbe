"""The console on two small networks, with somebody in every role, and no target that could be reached.

"redi": Bretten and Bruchsal. "ortenau" shares the installation and nothing else. The same ids are in both.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import yaml
from fastapi import FastAPI
from starlette.testclient import TestClient

from provisioner.app.picture import Pictures
from provisioner.app.settings import load_settings
from provisioner.app.site import Site
from provisioner.console.application import build
from provisioner.console.csrf import csrf_word
from provisioner.console.network import Network
from provisioner.emulation import VirtualClock
from provisioner.state import Database
from tests.support.site import LONG_AGO, Wish, body, person

URL: Final = "https://redi.example"
MAIL: Final = {"server": "smtp.redi.example", "sender": "readi@redi.example"}
ADMIN: Final = "admin-link"
"""Instead of a person: the session of the first start."""
NEWCOMER: Final = "neu@bretten.example"

RANGER, COORDINATOR = "p-rita", "p-konrad"
ADMIN_BRETTEN, ADMIN_BRUCHSAL = "p-carla", "p-doris"
MODERATOR_SENSORIK, MODERATOR_AKTE = "p-mona", "p-moritz"
MEMBER, OTHER, GUEST, SUSPENDED = "p-ben", "p-ole", "p-gerd", "p-udo"

ROLES: Final[Mapping[str, str]] = {
    "ranger": RANGER,
    "coordinator": COORDINATOR,
    "administrator of the lead": ADMIN_BRETTEN,
    "administrator of another city": ADMIN_BRUCHSAL,
    "moderator": MODERATOR_SENSORIK,
    "moderator of another body": MODERATOR_AKTE,
    "member": MEMBER,
    "member of nothing": OTHER,
    "guest": GUEST,
    "suspended": SUSPENDED,
    "newcomer": NEWCOMER,
    "first start": ADMIN,
}
"""Who is who, seen from the body pg-sensorik."""


def _official(given: str, city: str, *roles: str, **more: object) -> dict[str, Any]:
    entry = person(given, email=f"{given.lower()}@{city}.example", **more)
    del entry["organisation"]
    return {**entry, "affiliations": [{"organisation": city, "roles": list(roles)}]}


def wish(network: str) -> Wish:
    """Everybody and everything of one network."""
    found = Wish(network, cities={"bretten": "Stadt Bretten", "bruchsal": "Stadt Bruchsal"})
    found.add(
        body("pg-sensorik", "Sensorik", purpose="Wir messen.", lead="bretten", join="approval"),
        body("pg-akte", "E-Akte", purpose="Wir heften ab.", lead="bruchsal", join="open"),
        body("pg-kreis", "Kreis", purpose="Wir bleiben unter uns.", join="closed"),
        body("pg-alt", "Altes", purpose="Wir sind fertig.", archived=LONG_AGO),
        person("Rita", roles=["ranger"]),
        _official("Konrad", "bretten", "coordinator"),
        _official("Carla", "bretten", "city-administrator"),
        _official("Doris", "bruchsal", "city-administrator"),
        person("Mona", {"id": "pg-sensorik", "role": "moderator"}),
        _official("Moritz", "bruchsal", bodies=[{"id": "pg-akte", "role": "moderator"}]),
        person("Ben", "pg-sensorik"),
        _official("Ole", "bruchsal"),
        {
            "id": GUEST,
            "given_name": "Gerd",
            "family_name": "Gast",
            "email": "gerd@anderswo.example",
            "guest": {"sponsor": RANGER, "until": "2099-12-31"},
            "bodies": ["pg-sensorik"],
        },
        person("Udo", "pg-sensorik", leaves=LONG_AGO),
    )
    return found


@cache
def empty_state() -> bytes:
    """A database as it is when it was just made: making one takes longer than a page."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "readi.db"
        with Database.open(path) as database:
            database.fold()
        return path.read_bytes()


class House:
    """The installation and its application. ``clock`` is moved by tests, never waited for."""

    def __init__(self, folder: Path, wishes: Mapping[str, Wish] | None = None, **service: object) -> None:
        self.folder = folder
        self.clock = VirtualClock()
        self.wishes = dict(wishes) if wishes is not None else {name: wish(name) for name in ("redi", "ortenau")}
        self.service: dict[str, object] = {"url": URL, "mail": MAIL, **service}
        self.more: dict[str, dict[str, object]] = {name: {} for name in self.wishes}
        """Other settings of a network, by its name."""
        self.networks: dict[str, Network] = {}
        self._app: FastAPI | None = None

    @property
    def app(self) -> FastAPI:
        """Built when first asked for, from what is wished for then."""
        if self._app is None:
            self._app = self._built()
        return self._app

    def _built(self) -> FastAPI:
        sections: dict[str, object] = {}
        for name, one in self.wishes.items():
            one.write(self.folder / name)
            paths = {"registry": f"{name}/registry", "policy": f"{name}/policy.yaml"}
            sections[name] = {**paths, "targets": one.targets, **self.more[name]}
        state = self.folder / "state"
        state.mkdir(mode=0o700)
        (state / "readi.db").touch(mode=0o600)
        (state / "readi.db").write_bytes(empty_state())
        file = self.folder / "settings.yaml"
        file.touch(mode=0o600)
        file.write_text(yaml.safe_dump({"service": self.service, "networks": sections}), encoding="utf-8")
        settings = load_settings(file)
        for name in self.wishes:
            site = Site(settings, self.folder, name, self.clock)
            self.networks[name] = Network(site, Pictures(site))
        return build(self.networks, settings.service, self.clock)

    def client(self, **options: Any) -> TestClient:
        """A browser of its own. Follows no redirect, so that tests see them."""
        app = self.app
        return TestClient(app, **{"base_url": URL, "follow_redirects": False, **options})

    def log_in(self, client: TestClient, who: str, network: str = "redi", lifetime: timedelta | None = None) -> str:
        """Give the browser a session of a person, a newcomer (an address) or `ADMIN`; the session's word."""
        _ = self.app
        found = self.networks[network]
        via = "admin" if who == ADMIN else "link"
        person_id = who if who.startswith("p-") else None
        address = who if "@" in who else None
        word = found.sessions.begin(found.now(), lifetime or timedelta(hours=8), via, person_id, address)
        client.cookies.set(found.cookie(), word, domain="redi.example", path=found.base)
        return word

    def visitor(self, who: str | None, network: str = "redi", **options: Any) -> "Browser":
        """A browser in which somebody is logged in (None: nobody)."""
        client = self.client(**options)
        return Browser(self, network, client, None if who is None else self.log_in(client, who, network))

    def close(self) -> None:
        """Close the states."""
        for network in self.networks.values():
            network.close()
            network.site.close()


class Browser:
    """A browser that knows its forms' word, as if every form had been opened before."""

    def __init__(self, house: House, network: str, client: TestClient, word: str | None) -> None:
        self.house, self.network, self.client, self.word = house, network, client, word

    @property
    def csrf(self) -> str:
        """The word of its forms."""
        if self.word is None:
            found = self.house.networks[self.network]
            self.word = "a-browser-before-its-login"
            self.client.cookies.set(found.cookie("form"), self.word, domain="redi.example", path=found.base)
        return csrf_word(self.word)

    def get(self, *parts: str | int, **options: Any) -> Any:
        """A page of its network."""
        return self.client.get(self.house.networks[self.network].path(*parts), **options)

    def post(self, *parts: str | int, form: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """A form of its network, with the right word."""
        fields = {"csrf": self.csrf, **(form or {})}
        return self.client.post(self.house.networks[self.network].path(*parts), data=fields, **options)
