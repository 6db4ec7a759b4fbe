"""``readi serve``: everything in one process, and a worker process a network."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final, Protocol, TypeVar

from provisioner.app.picture import Pictures
from provisioner.app.settings import load_settings
from provisioner.app.site import Site
from provisioner.model.ports import Clock
from provisioner.service.bridging import Bridge
from provisioner.service.heap import collect_rarely
from provisioner.service.http import HttpServer, application, listen
from provisioner.service.leader import Leader
from provisioner.service.leader import Served as ServedNetwork
from provisioner.service.leading import Leading
from provisioner.service.looping import Loop
from provisioner.service.worker import ChildWorker, Command
from provisioner.transport.clock import SystemClock

_log = logging.getLogger(__name__)

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_REREAD: Final = 60.0
"""Seconds between two looks of an instance that shows pages whether its pictures are there."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the service is started."""

    settings: Path
    log_format: str = "json"
    quiet: bool = False
    """Only what goes wrong is logged."""
    clock: Clock = SystemClock()


class Service:
    """Made, started, stopped. Raises `SettingsError` and `StateError` on being made: nothing runs then."""

    def __init__(self, options: Options) -> None:
        settings = load_settings(options.settings)
        with ExitStack() as stack:
            self.sites = {name: Site.open(options.settings, name, options.clock) for name in settings.networks}
            for site in self.sites.values():
                stack.callback(site.close)
            self.pictures = {name: Pictures(site) for name, site in self.sites.items()}
            for one in self.pictures.values():
                stack.callback(one.wait)  # before the database is closed: whoever reads a registry reads there, too
            first = next(iter(self.sites.values()))
            self._leader = Leader(
                [ServedNetwork(site, self.pictures[name], _worker(options, name)) for name, site in self.sites.items()]
            )
            self._leading = Leading(first.database, options.clock, self._leader.begin, self._leader.end)
            self.bridge = Bridge(_bridged_here(self.sites), self.pictures)
            self._listener = listen(settings.service.listen)
            stack.callback(self._listener.close)
            app = application(
                self.sites,
                self.pictures,
                settings.service,
                options.clock,
                self.leads,
                self.is_warm,
                self._wake,
                self.bridge,
            )
            self._http = HttpServer(app, self._listener, settings.service.trusted_proxies)
            self._stack = stack.pop_all()
        self._warm = False
        self._read = 0
        """How often registries had been read when the heap was looked through last."""
        self._warming = Loop("pictures", self._warm_up)
        self._lead = Loop("leading", self._lead_turn, at_last=self._leading.give_up)

    @property
    def address(self) -> str:
        """Where it listens: host and port."""
        host, port, *_ = self._listener.getsockname()
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def leads(self) -> bool:
        """Whether this instance does the work at this moment."""
        return self._leading.leads()

    def is_warm(self) -> bool:
        """Whether every network's registry was read."""
        return self._warm

    def start(self) -> None:
        """Serve pages, and lead as soon as nobody else does."""
        self._warming.start()
        self.bridge.start()
        self._http.start()
        self._lead.start()

    def stop(self) -> None:
        """End: steps in hand finish, nothing new is begun."""
        self._lead.stop()
        self._warming.stop()
        self._http.stop()
        self.bridge.stop()
        self._lead.join()
        self._warming.join()
        self._stack.close()

    def _wake(self) -> None:
        """Something may have been put down, or may have to be said."""
        self._leader.wake()
        self.bridge.wake()

    def _lead_turn(self) -> float:
        self._leader.look_at_clock()
        return self._leading.turn()

    def _warm_up(self) -> float:
        for pictures in self.pictures.values():
            pictures.now()
        read = sum(pictures.readings for pictures in self.pictures.values())
        if read != self._read:
            self._read = read
            collect_rarely()
        self._warm = True
        return _REREAD


class Served(Protocol):
    """What is started, listens, and is stopped."""

    @property
    def sites(self) -> Mapping[str, Site]: ...

    @property
    def address(self) -> str: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


S = TypeVar("S", bound=Served)


def serve(options: Options, told: Callable[[Service], None] = lambda _: None) -> None:
    """Serve until SIGINT or SIGTERM. ``told`` is given the service once it listens.

    Raises `SettingsError`, `StateError`.
    """
    run(Service(options), told)


def run(service: S, told: Callable[[S], None]) -> None:
    """Start it, and stop it at SIGINT or SIGTERM."""
    with _until_told() as ended:
        service.start()
        _log.info("serving", extra={"address": service.address, "networks": len(service.sites)})
        told(service)
        try:
            ended.wait()
        finally:
            _log.info("ending")
            service.stop()
    _log.info("ended")


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """An event that the first SIGINT or SIGTERM sets; a second one does what it always did."""
    ended = threading.Event()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def told(number: int, frame: FrameType | None) -> None:
        ended.set()
        restore()

    for number in _SIGNALS:
        signal.signal(number, told)
    try:
        yield ended
    finally:
        restore()


def _bridged_here(sites: Mapping[str, Site]) -> dict[str, Site]:
    """Networks whose bridge runs in here, too."""
    found = ((name, site, site.section.bridge) for name, site in sites.items())
    return {name: site for name, site, bridge in found if bridge is not None and bridge.in_service}


def _worker(options: Options, network: str) -> Callable[[], ChildWorker]:
    return lambda: ChildWorker(Command(options.settings, network, options.log_format, options.quiet))
