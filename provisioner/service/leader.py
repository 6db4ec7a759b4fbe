"""Whatever only the leader does, for all networks: workers and their dispatchers, the schedule, watchers, postmen."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from provisioner.app.letters.delivering import OF_OTHERS, Postman
from provisioner.app.letters.noticing import notice_given_up
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.app.work.progress import ProgressStore
from provisioner.model.errands import Errand, Job
from provisioner.model.errors import ReadiError
from provisioner.model.registry import Registry
from provisioner.service.crontab import Crontab
from provisioner.service.dispatching import Dispatcher
from provisioner.service.looping import Loop
from provisioner.service.scheduling import Schedule, Ticking, crontabs
from provisioner.service.watching import Watcher
from provisioner.service.worker import Worker

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Served:
    """One network of this process, and how its worker is made."""

    site: Site
    pictures: Pictures
    worker: Callable[[], Worker]


class _Network:
    """One network's threads."""

    def __init__(self, served: Served, jobs: Mapping[Job, Crontab]) -> None:
        site, worker = served.site, served.worker()
        self._site, self._worker, self._pictures = site, worker, served.pictures
        dispatcher = Dispatcher(site, worker, self._given_up)
        self.errands = Loop(f"errands {site.network}", dispatcher.turn, at_last=worker.close)
        self._watcher = Loop(f"watcher {site.network}", Watcher(site, self.errands.wake).turn)
        kinds = None if site.section.bridge is None else OF_OTHERS  # wherever that bridge runs
        self._postman = Loop(f"post {site.network}", Postman(site, served.pictures, kinds=kinds).turn)
        zone = _Zone(served.pictures)
        self.schedule = Schedule(site.database, site.network, site.clock, jobs, zone, self.errands.wake)

    def start(self) -> None:
        ProgressStore(self._site).clear()  # of whoever led before, and was killed
        self.schedule.check()
        for loop in self._loops():
            loop.start()

    def stop(self) -> None:
        """Tell all; wait for none."""
        for loop in self._loops():
            loop.stop()
        self._worker.stop()

    def join(self) -> None:
        for loop in self._loops():
            loop.join()

    def wake(self) -> None:
        """Something was put down, or posted."""
        self.errands.wake()
        self._postman.wake()

    def _given_up(self, errands: Sequence[Errand]) -> None:
        notice_given_up(self._site, self._pictures.now(), [errand.id for errand in errands])

    def _loops(self) -> Iterator[Loop]:
        yield from (self.errands, self._watcher, self._postman)


class Leader:
    """Starts and ends all of it. Raises `SettingsError` for a schedule that never comes."""

    def __init__(self, networks: Sequence[Served]) -> None:
        self._served = {one.site.network: one for one in networks}
        self._jobs = {name: crontabs(one.site.section.schedule) for name, one in self._served.items()}
        self._running: dict[str, _Network] = {}
        self._ticking: Ticking | None = None

    def begin(self) -> None:
        """This instance leads from now on. Raises `StateError`: then nothing of it runs."""
        self._running = {name: _Network(one, self._jobs[name]) for name, one in self._served.items()}
        try:
            for network in self._running.values():
                network.start()
        except BaseException:
            self.end()
            raise
        self._ticking = Ticking({name: one.schedule for name, one in self._running.items()}, self._jobs)
        self._ticking.start()

    def end(self) -> None:
        """Stop all, after the step in hand; nothing of it is left when this returns."""
        ticking, self._ticking = self._ticking, None
        running, self._running = self._running, {}
        for network in running.values():
            network.stop()
        if ticking is not None:
            ticking.stop()
        for network in running.values():
            network.join()

    def wake(self) -> None:
        """An errand may have been put down."""
        for network in list(self._running.values()):
            network.wake()

    def look_at_clock(self) -> None:
        """It may have been set."""
        if self._ticking is not None:
            self._ticking.wake()


class _Zone:
    """The network's time zone, as its registry says; while that can't be read, as it said last."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self._last = ZoneInfo(Registry("", "").time_zone)

    def __call__(self) -> ZoneInfo:
        try:
            self._last = ZoneInfo(self._pictures.now().registry.time_zone)
        except ReadiError as error:
            _log.warning("time zone not read", extra={"why": error.text.code})
        return self._last
