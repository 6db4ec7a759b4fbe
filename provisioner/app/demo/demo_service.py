"""The service to try out: the example network on emulators, people who can log in, and a mailbox on the screen.

Nothing outside a temporary folder and loopback is touched; the folder is gone when it ends.
"""

import shutil
import socket
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from provisioner.app.applying import Approval, apply
from provisioner.app.carrying_out import Started
from provisioner.app.demo.demo_cloud import cloud_of
from provisioner.app.demo.demo_mailbox import Mail, Mailbox
from provisioner.app.demo.demo_sensors import SENSOR_BRIDGE, measure
from provisioner.app.demo.products import PLAYED
from provisioner.app.joining.bodymaking import make_body
from provisioner.app.joining.places import Places
from provisioner.app.joining.viewing import viewer_for
from provisioner.app.picture import Picture, Pictures
from provisioner.app.sandbox import Sandboxes, example_folder
from provisioner.app.settings import FILE_NAME, load_settings
from provisioner.app.site import Site
from provisioner.app.work.jobs import perform
from provisioner.lifecycle.rights import Viewer
from provisioner.model.errands import Job
from provisioner.model.errors import SettingsError
from provisioner.model.ports import Clock
from provisioner.model.registry import JoinMode, OrganisationKind, Person, Role
from provisioner.model.text import Text
from provisioner.state import Errands, Links, Outcome, Purpose

NETWORK: Final = "redi"
_LIFETIME: Final = timedelta(hours=12)
"""Of the links on the screen: somebody may look at the demo for a whole day."""
_WORDS: Final = (
    "Bei uns stehen bald die ersten Leihräder; ich würde gern hören, wie es anderswo läuft.",
    "Frau Merkle hat mir von der Gruppe erzählt.",
)
"""What people write to moderators."""


@dataclass(frozen=True, slots=True)
class Guise:
    """Somebody to log in as."""

    role: Role
    person: Person
    link: str


@dataclass(frozen=True, slots=True)
class Tour:
    """What the screen says."""

    url: str
    guises: tuple[Guise, ...]
    newcomer: str
    """An address of nobody, in the domain of a city."""


class DemoService:
    """A folder with everything that the service needs, all of it running but the service itself.

    ``show`` is called with each mail. Raises `SettingsError` when the port is taken or the example does not work out.
    """

    def __init__(self, clock: Clock, show: Callable[[Mail], None], port: int = 0) -> None:
        self._clock, self._show, self._port = clock, show, port
        self._stack = ExitStack()

    def __enter__(self) -> "DemoService":
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="readi-demo-")))
            shutil.copytree(example_folder(), folder, dirs_exist_ok=True)
            sandboxes = stack.enter_context(Sandboxes(self._clock, PLAYED))
            for sandbox in sandboxes.running:
                sandbox.prepare_for_demo()
            mailbox = stack.enter_context(Mailbox(self._show))
            address = f"127.0.0.1:{_free(self._port)}"
            self.settings = sandboxes.write_settings(
                folder,
                Path("registry"),
                Path("policy.yaml"),
                load_settings(folder / FILE_NAME).networks[NETWORK].sources,
                _service(address, mailbox.port),
                SENSOR_BRIDGE,
            )
            site = Site.open(self.settings, clock=self._clock)
            stack.callback(site.close)
            pictures = Pictures(site)
            stack.callback(pictures.wait)
            _live_in(site, pictures, sandboxes)
            self.tour = _tour(site, pictures, f"http://{address}/{NETWORK}/")
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def _live_in(site: Site, pictures: Pictures, sandboxes: Sandboxes) -> None:
    """A network that works, and in which people do things: there is something to see, to decide, to approve."""
    applied = apply(site, Approval(), Started("demo", "demo serve"))
    if applied.report is None or applied.report.outcome is not Outcome.DONE:
        raise SettingsError(Text.of("app.example_failed"))
    cast = cast_of(site, pictures.now())
    _ask(site, pictures, cast[Role.MODERATOR])
    _found(site, pictures, cast[Role.CITY_ADMINISTRATOR])
    cloud_of(site, sandboxes).tamper("pg-sensorik")
    errands = Errands(site.database, site.network)
    errands.add(Job.SYNC, "schedule", "service", site.clock.now())
    done = perform(site, pictures, [one for one in errands.due(site.clock.now()) if one.job is Job.SYNC])
    errands.done(done.done)
    if done.result.outcome != Outcome.DONE:
        raise SettingsError(Text.of("app.example_failed"))
    measure(site, pictures)


def _found(site: Site, pictures: Pictures, administrator: Viewer) -> None:
    """A city makes a body by form; the sync that follows makes its rooms."""
    make_body(
        site,
        pictures,
        administrator,
        name="Klimaanpassung",
        purpose="Hitze, Schatten, Trinkbrunnen: was Städte im Sommer tun.",
        lead=min(administrator.administers),
        moderators=[administrator.actor],
    )


def _ask(site: Site, pictures: Pictures, moderator: Viewer) -> None:
    """Two people ask to join a body of which one can log in as its moderator."""
    picture = pictures.now()
    body = next(one for one in sorted(moderator.moderates) if picture.registry.bodies[one].join is JoinMode.APPROVAL)
    viewers = (viewer_for(picture, site.network, person) for person in sorted(picture.registry.people))
    curious = [one for one in viewers if one and _role_of(one) is Role.MEMBER and body not in one.member_of]
    for viewer, word in zip(curious, _WORDS, strict=False):
        Places(site, pictures).ask(viewer, body, word)


def cast_of(site: Site, picture: Picture) -> Mapping[Role, Viewer]:
    """For each role somebody who has it and may no more than that, the one who may most first."""
    found: dict[Role, Viewer] = {}
    for person in sorted(picture.registry.people):
        viewer = viewer_for(picture, site.network, person)
        if viewer is not None:
            found.setdefault(_role_of(viewer), viewer)
    return {role: found[role] for role in _ROLES if role in found}


_ROLES: Final = (
    Role.RANGER,
    Role.COORDINATOR,
    Role.CITY_ADMINISTRATOR,
    Role.MODERATOR,
    Role.MEMBER,
    Role.GUEST,
)


def _role_of(viewer: Viewer) -> Role:
    holds = (viewer.ranger, viewer.coordinator, viewer.administers, viewer.moderates, not viewer.guest)
    return next((role for role, has in zip(_ROLES, holds, strict=False) if has), Role.GUEST)


def _tour(site: Site, pictures: Pictures, url: str) -> Tour:
    picture, now, links = pictures.now(), site.clock.now(), Links(site.database, site.network)
    guises = []
    for role, viewer in cast_of(site, picture).items():
        person = picture.registry.people[viewer.person or ""]
        word = links.make(Purpose.LOGIN, person.email, now, _LIFETIME)
        guises.append(Guise(role, person, f"{url}link/{word}"))
    cities = (one for one in picture.registry.organisations.values() if one.kind is OrganisationKind.CITY)
    return Tour(url, tuple(guises), f"vorname.nachname@{next(cities).domains[0]}")


def _service(address: str, mail_port: int) -> dict[str, Any]:
    """The section of the settings."""
    mail = {"server": "127.0.0.1", "port": mail_port, "security": "none", "sender": "readi@redi.example"}
    return {"listen": address, "url": f"http://{address}", "mail": mail}


def _free(port: int) -> int:
    """The port, or any if it is 0. Raises `SettingsError` when somebody has it."""
    try:
        with socket.create_server(("127.0.0.1", port)) as probe:
            return int(probe.getsockname()[1])
    except OSError:
        raise SettingsError(Text.of("app.demo_port_taken", port=port)) from None
