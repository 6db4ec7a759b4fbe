"""The console as browsers reach it: served on loopback as the service serves it, lived in as the demo is."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fastapi import FastAPI

from provisioner.app.demo.demo_service import NETWORK, DemoService
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.console.application import build
from provisioner.console.network import Network
from provisioner.emulation import VirtualClock
from provisioner.model.registry import Role
from provisioner.service.http import HttpServer, listen

MONDAY: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""When it is for whoever looks at the pages: the same in every run."""

NOBODY, NEWCOMER, FIRST_START = "nobody", "newcomer", "first-start"
WHO: Final = (
    *(str(role) for role in Role if role not in (Role.DIGITAL_GUIDE, Role.STUDENT)),
    NEWCOMER,
    FIRST_START,
    NOBODY,
)
"""Everybody that a page may look different for."""


@contextmanager
def served(app: FastAPI, listener: socket.socket) -> Iterator[str]:
    """The address under which browsers reach it, e.g. ``http://127.0.0.1:4711``, until the block ends."""
    server = HttpServer(app, listener, ())
    server.start()
    try:
        yield "http://{}:{}".format(*listener.getsockname())
    finally:
        server.stop()


@dataclass
class Lived:
    """The example network a while after its first sync, served; and everybody's way in."""

    demo: DemoService
    network: Network
    app: FastAPI
    origin: str

    def cookies(self, who: str, language: str = "de") -> list[Mapping[str, Any]]:
        """Of a browser in which ``who`` (one of `WHO`) is logged in and speaks that language."""
        found = {self.network.cookie("language"): language}
        if who != NOBODY:
            found[self.network.cookie()] = self._session(who)
        return [
            {"name": name, "value": value, "url": f"{self.origin}{self.network.base}/"} for name, value in found.items()
        ]

    def _session(self, who: str) -> str:
        persons = {str(guise.role): guise.person.id for guise in self.demo.tour.guises}
        sessions, now = self.network.sessions, self.network.now()
        if who == FIRST_START:
            return sessions.begin(now, timedelta(days=1), "admin")
        if who == NEWCOMER:
            return sessions.begin(now, timedelta(days=1), "link", address=self.demo.tour.newcomer)
        return sessions.begin(now, timedelta(days=1), "link", persons[who])


@contextmanager
def lived() -> Iterator[Lived]:
    """It takes some eight seconds."""
    clock = VirtualClock(MONDAY)
    with DemoService(clock, lambda _: None) as demo:
        site = Site.open(demo.settings, clock=clock)
        try:
            network = Network(site, Pictures(site))
            app = build({NETWORK: network}, site.settings.service, clock)
            with served(app, listen(site.settings.service.listen)) as origin:
                yield Lived(demo, network, app, origin)
        finally:
            site.close()
