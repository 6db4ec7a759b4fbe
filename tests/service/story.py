"""The product as its users live it: browsers that send forms, a mail server, a login, rooms and lists over there.

`Town` runs all parts of the service in this process, on a clock that is moved; at a `LivePlace` ``readi serve`` runs.
"""

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from connectors.keycloak.emulator import KeycloakEmulator
from connectors.mailman.emulator import SERVICE as RESTADMIN
from connectors.mailman.emulator import MailmanEmulator
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.app.letters.delivering import Postman
from provisioner.app.letters.noticing import notice_given_up
from provisioner.app.picture import Pictures
from provisioner.app.settings import load_settings
from provisioner.app.site import Site
from provisioner.app.work.jobs import JobReport, perform
from provisioner.emulation import VirtualClock
from provisioner.emulation.clock import EPOCH
from provisioner.model.errands import Errand
from provisioner.model.ports import Clock
from provisioner.service.bridging import Bridge
from provisioner.service.dispatching import Dispatcher
from provisioner.service.http import HttpServer, application, listen
from provisioner.service.scheduling import Schedule, crontabs
from provisioner.service.watching import Watcher
from provisioner.transport.clock import SystemClock
from tests.service.surfing import Browser
from tests.support.mailserver import Came, PostOffice
from tests.support.serving import Serving, wait_until
from tests.support.site import Installation, new_cloud

_LINK: Final = re.compile(r"https?://\S+")


class Place:
    """Targets "cloud", "login" and "lists" of an installation, and a mail server; all that is not the service."""

    def __init__(self, folder: Path, clock: Clock, stack: ExitStack) -> None:
        self.clock = clock
        self.cloud: NextcloudEmulator = stack.enter_context(new_cloud(clock))
        self.login = stack.enter_context(KeycloakEmulator(clock=clock))
        self.lists = stack.enter_context(MailmanEmulator(clock=clock))
        self.office = stack.enter_context(PostOffice())
        self.installation = Installation(folder, self.cloud)
        self.wish = self.installation.wish
        self.wish.targets["login"] = {
            "connector": "keycloak",
            "url": self.login.url,
            **self.login.credentials,
            **self.login.settings,
        }
        self.wish.targets["lists"] = {
            "connector": "mailman",
            "url": self.lists.url,
            "password": RESTADMIN[1],
            "domain": self.lists.domain,
        }
        self.wish.policy["login"] = {"required_actions": []}
        address = f"127.0.0.1:{_free_port()}"
        self.origin = f"http://{address}"
        self.installation.more_settings["service"] = {
            "listen": address,
            "url": self.origin,
            "mail": self.office.settings(),
        }
        self._stack = stack

    def until(self, met: Callable[[], object], what: str = "") -> None:
        """Until what was asked for is there; an AssertionError when it does not come."""
        raise NotImplementedError

    # -- people ------------------------------------------------------------------------------------------------------

    def mails(self, to: str, about: str = "") -> list[Came]:
        """What came for an address, oldest first; ``about``: letters of the subject."""
        return [one for one in self.office.came if one.recipients == [to] and about in str(one.message["Subject"])]

    def subjects(self, to: str) -> list[str]:
        """Of all that came for an address."""
        return [str(one.message["Subject"]) for one in self.mails(to)]

    def mail(self, to: str, about: str = "", number: int = 1) -> str:
        """The text of the last mail there, once there are so many."""
        self.until(lambda: len(self.mails(to, about)) >= number, f"mail {number} to {to}: {about}; {self.subjects(to)}")
        return self.mails(to, about)[-1].text

    def browser(self, network: str = "redi") -> Browser:
        """A new one; it is closed in the end."""
        found = Browser(self.origin, network)
        self._stack.callback(found.session.close)
        return found

    def link_for(self, address: str, browser: Browser) -> str:
        """Ask for a link and look into the mailbox."""
        before = len(self.mails(address, "Ihr Link"))
        browser.open("login")
        browser.send("/login", address=address)
        return links_of(self.mail(address, "Ihr Link", before + 1))[0]

    def come(self, address: str, browser: Browser | None = None, *, network: str = "redi") -> Browser:
        """Somebody's browser (a new one unless it is given), logged in by mail."""
        browser = browser or self.browser(network)
        browser.open(self.link_for(address, browser))
        browser.send(urlsplit(browser.answer.url).path)
        return browser

    def newcomer(self, given: str, family: str, network: str = "redi") -> Browser:
        """Somebody of Bretten whom nobody knows yet comes in."""
        browser = self.come(f"{given.lower()}@bretten.example", network=network)
        assert browser.path == "/register", browser.path
        browser.send("/register", given_name=given, family_name=family, press=[("agreed", "yes")])
        assert browser.path == "/join", browser.text
        return browser

    # -- over there --------------------------------------------------------------------------------------------------

    def cloud_groups(self, account: str) -> set[str]:
        """In which groups somebody is; none without an account."""
        found = self.cloud.users.get(account)
        return set() if found is None else set(found.groups)

    def login_groups(self, account: str) -> set[str]:
        """The same at the login."""
        realm = self.login.realm
        found = [user for user in list(realm.users.values()) if user.username == account]
        return {realm.groups[one].name for user in found for one in user.groups}

    def on_list(self, name: str) -> set[str]:
        """Addresses on a mailing list."""
        return {one.address.email for one in self.lists.world.find(f"{name}.{self.lists.domain}", "member")}

    def room(self, name: str) -> Any:
        """A conversation."""
        [found] = [one for one in list(self.cloud.world.talk.rooms.values()) if one.name == name]
        return found

    def said(self, room: str) -> list[str]:
        """What we said in a conversation, oldest first."""
        return [one.text for one in list(self.room(room).messages) if one.reference and not one.deleted]

    def folder(self, name: str) -> Any:
        """A team folder."""
        [found] = [one for one in list(self.cloud.world.folders.all.values()) if one.mount_point == name]
        return found

    def is_there(self, address: str) -> bool:
        """Whether a page that we link to in the cloud shows a conversation, or a folder, that exists."""
        parts = urlsplit(address)
        before, _, last = parts.path.rpartition("/")
        if before.endswith("/call"):
            return last in self.cloud.world.talk.rooms
        [folder] = parse_qs(parts.query)["dir"]
        return any(f"/{one.mount_point}" == folder for one in self.cloud.world.folders.all.values())


class LivePlace(Place):
    """Where ``readi serve`` runs as a process: whatever somebody waits for comes by itself."""

    def until(self, met: Callable[[], object], what: str = "") -> None:
        wait_until(lambda: bool(met()), what)

    def serving(self) -> Serving:
        """The service, not yet started."""
        return Serving(self.installation)


@contextmanager
def live_place(folder: Path) -> Iterator[LivePlace]:
    """On the clock of the machine."""
    with ExitStack() as stack:
        yield LivePlace(folder, SystemClock(), stack)


class HandWorker:
    """A worker without a process of its own."""

    def __init__(self, settings: Path, network: str, clock: Clock) -> None:
        self.site = Site.open(settings, network, clock)
        self.pictures = Pictures(self.site)

    def keep(self) -> bool:
        return True

    def perform(self, errands: Sequence[Errand]) -> JobReport:
        return perform(self.site, self.pictures, errands)

    def stop(self) -> None: ...

    def close(self) -> None:
        self.site.close()


class _Led:
    """What a leader does for one network, a turn at a time."""

    def __init__(self, site: Site, pictures: Pictures, worker: HandWorker) -> None:
        self.site, self.worker = site, worker
        self._dispatcher = Dispatcher(
            site, worker, lambda errands: notice_given_up(site, pictures.now(), [one.id for one in errands])
        )
        self._postman = Postman(site, pictures)
        self._watcher = Watcher(site)
        jobs, zone = crontabs(site.section.schedule), ZoneInfo("Europe/Berlin")
        self._schedule = Schedule(site.database, site.network, site.clock, jobs, lambda: zone)

    def look(self) -> None:
        """At the clock, and at the registry's files: twice, as nobody takes a first look at changed files for true."""
        self._schedule.check()
        for _ in range(3):
            self._watcher.turn()

    def work(self) -> bool:
        """Whether there was anything to do."""
        return self._dispatcher.turn() == 0.0 or self._postman.deliver() > 0


class Town(Place):
    """The service in this process, on a clock that only moves when it is told to."""

    def __init__(self, folder: Path, clock: VirtualClock, stack: ExitStack) -> None:
        super().__init__(folder, clock, stack)
        self.virtual = clock
        self.led: dict[str, _Led] = {}

    def open(self) -> Self:
        """Start it on what is wished for now; what was never synchronised is."""
        self.installation.write()
        file, stack = self.installation.settings, self._stack
        settings = load_settings(file)
        sites, pictures = {}, {}
        for name in settings.networks:
            sites[name] = site = Site.open(file, name, self.clock)
            stack.callback(site.close)
            pictures[name] = Pictures(site)
            worker = HandWorker(file, name, self.clock)
            stack.callback(worker.close)
            self.led[name] = _Led(site, pictures[name], worker)
        service, yes = settings.service, lambda: True
        app = application(sites, pictures, service, self.clock, yes, yes, lambda: None, Bridge({}, {}))
        http = HttpServer(app, listen(service.listen), service.trusted_proxies)
        http.start()
        stack.callback(http.stop)
        self.work()
        return self

    def site(self, network: str = "redi") -> Site:
        """The service's own."""
        return self.led[network].site

    def work(self) -> None:
        """All that is due, until nothing is."""
        for led in self.led.values():
            led.look()
        for _ in range(1000):
            worked = [led.work() for led in self.led.values()]
            if not any(worked):
                return
        raise AssertionError("it never ends")

    def until(self, met: Callable[[], object], what: str = "") -> None:
        self.work()
        assert met(), what

    def pass_time(self, **time: float) -> None:
        """Let it become later (days=, hours=, minutes=), and what is due then be done."""
        self.virtual.advance(timedelta(**time).total_seconds())
        self.work()


@contextmanager
def town(folder: Path, start: datetime = EPOCH) -> Iterator[Town]:
    """Not yet open."""
    with ExitStack() as stack:
        yield Town(folder, VirtualClock(start), stack)


def links_of(text: str) -> list[str]:
    """All in a mail or a message."""
    return _LINK.findall(text)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
