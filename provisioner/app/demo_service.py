"""The service to try out: the example network on emulators, people who can log in, and a mailbox on the screen.

Nothing outside a temporary folder and loopback is touched; the folder is gone when it ends.
"""

import shutil
import socket
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from provisioner.app.applying import Approval, apply
from provisioner.app.carrying_out import Started
from provisioner.app.demo_mailbox import Mail, Mailbox
from provisioner.app.sandbox import Sandboxes, example_folder
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.ports import Clock
from provisioner.model.registry import OrganisationKind, Person, Registry, Role
from provisioner.model.text import Text
from provisioner.state import Links, Outcome, Purpose

NETWORK: Final = "redi"
_LIFETIME: Final = timedelta(hours=12)
"""Of the links on the screen: somebody may look at the demo for a whole day."""


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
            sandboxes = stack.enter_context(Sandboxes(self._clock))
            for sandbox in sandboxes.running:
                sandbox.prepare_for_demo()
            mailbox = stack.enter_context(Mailbox(self._show))
            address = f"127.0.0.1:{_free(self._port)}"
            self.settings = sandboxes.write_settings(
                folder, Path("registry"), Path("policy.yaml"), service=_service(address, mailbox.port)
            )
            self.tour = self._prepared(f"http://{address}/{NETWORK}/")
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _prepared(self, url: str) -> Tour:
        """The first sync, so that whoever comes finds a living network; and links to come in by."""
        site = Site.open(self.settings, clock=self._clock)
        try:
            applied = apply(site, Approval(), Started("demo", "demo serve"))
            if applied.report is None or applied.report.outcome is not Outcome.DONE:
                raise SettingsError(Text.of("app.example_failed"))
            registry = site.read_registry().registry
            links, now = Links(site.database, NETWORK), self._clock.now()
            guises = tuple(
                Guise(role, person, f"{url}link/{links.make(Purpose.LOGIN, person.email, now, _LIFETIME)}")
                for role, person in cast_of(registry, now.date()).items()
            )
        finally:
            site.close()
        cities = (one for one in registry.organisations.values() if one.kind is OrganisationKind.CITY and one.domains)
        return Tour(url, guises, f"vorname.nachname@{next(cities).domains[0]}")


_RANKS: Final = (
    Role.GUEST,
    Role.RANGER,
    Role.COORDINATOR,
    Role.CITY_ADMINISTRATOR,
    Role.MODERATOR,
    Role.MEMBER,
)


def cast_of(registry: Registry, today: date) -> Mapping[Role, Person]:
    """For each role somebody who has it and may no more than that, the one who may most first."""
    found: dict[Role, Person] = {}
    for _, person in sorted(registry.people.items()):
        if person.period_in_network().holds(today) and not person.absences:
            roles = set(_roles(person, today))
            found.setdefault(next((role for role in _RANKS if role in roles), Role.STUDENT), person)
    return {role: found[role] for role in (*_RANKS[1:], Role.GUEST) if role in found}


def _roles(person: Person, today: date) -> Iterable[Role]:
    yield from person.roles
    for affiliation in person.affiliations:
        if affiliation.period.holds(today):
            yield from affiliation.roles
    for membership in person.memberships:
        if membership.period.holds(today):
            yield membership.role


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
