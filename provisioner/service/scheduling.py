"""The schedule of one network. It only puts errands down; when each job was last put down stands in the database.

So a restart neither repeats nor skips: what came due while nobody led is put down once, right at the start.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]

from provisioner.app.service_settings import ScheduleSettings
from provisioner.model.errands import Job
from provisioner.model.errors import ReadiError
from provisioner.model.ports import Clock
from provisioner.service.crontab import Crontab
from provisioner.state import Database, Errands, Meta, Within

_log = logging.getLogger(__name__)

ACTOR: Final = "schedule"
_NAME: Final = "service.schedule."
_AHEAD: Final = timedelta(hours=26)
"""A clock that was put back by less than this repeats nothing; one that was wrong by more is not waited for."""


def crontabs(settings: ScheduleSettings) -> Mapping[Job, Crontab]:
    """The jobs that are on. Raises `SettingsError`."""
    lines = {
        Job.SYNC: settings.sync,
        Job.SOURCES: settings.sources,
        Job.REMIND: settings.remind,
        Job.TIDY: settings.tidy,
    }
    return {job: Crontab.parse(line) for job, line in lines.items() if line is not None}


class Schedule:
    """Of one network. ``zone`` tells its time zone; ``added`` is called after an errand was put down."""

    def __init__(
        self,
        database: Database,
        network: str,
        clock: Clock,
        jobs: Mapping[Job, Crontab],
        zone: Callable[[], ZoneInfo],
        added: Callable[[], None] = lambda: None,
    ) -> None:
        self._database, self._network, self._clock = database, network, clock
        self._jobs, self._zone, self._added = jobs, zone, added

    def check(self) -> None:
        """Put down what is due, each job once however often it was missed. Raises `StateError`."""
        for job in self._jobs:
            self.check_one(job)

    def check_one(self, job: Job) -> bool:
        """Whether it was due, and put down. Done twice it does nothing. Raises `StateError`."""
        now = self._clock.now()
        with self._database.writing() as connection:
            within = Within(connection)
            due = self._is_due(job, self._last(Meta(within), job), now)
            if due is None:
                return False
            Meta(within).put(self._network, f"{_NAME}{job}", now.isoformat())
            errands = Errands(within, self._network)
            waits = any(errand.job is job and errand.actor == ACTOR for errand in errands.all())
            if due and not waits:
                errands.add(job, "schedule", ACTOR, now)
        if due:
            _log.info("job due", extra={"network": self._network, "job": str(job)})
            self._added()
        return due

    def next_after(self, job: Job, moment: datetime) -> datetime | None:
        """When it is due next."""
        return self._jobs[job].after(moment, self._zone())

    def _last(self, meta: Meta, job: Job) -> datetime | None:
        stored = meta.get(self._network, f"{_NAME}{job}")
        return None if stored is None else datetime.fromisoformat(stored)

    def _is_due(self, job: Job, last: datetime | None, now: datetime) -> bool | None:
        """None: nothing is to be noted, either. A network that was never served is synchronised at once."""
        if last is None:
            return job is Job.SYNC
        if last > now + _AHEAD:
            return False
        following = self.next_after(job, last)
        return True if following is not None and following <= now else None


class Ticking:
    """Calls every network's schedule in time, with APScheduler. Its memory is enough: the database has the times."""

    def __init__(self, schedules: Mapping[str, Schedule], jobs: Mapping[str, Mapping[Job, Crontab]]) -> None:
        self._scheduler = BackgroundScheduler(timezone=UTC)
        for network, schedule in schedules.items():
            for job in jobs[network]:
                self._scheduler.add_job(
                    _checking(schedule, job),
                    _Trigger(schedule, job),
                    id=f"{network}/{job}",
                    max_instances=1,
                    coalesce=True,
                    misfire_grace_time=None,  # however late: whether it is due is asked once more, then
                )

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._scheduler.start()

    def stop(self) -> None:
        """End, when nothing runs."""
        self._scheduler.shutdown()

    def wake(self) -> None:
        """Look at the clock again: it may have been set meanwhile."""
        self._scheduler.wakeup()


class _Trigger(BaseTrigger):  # type: ignore[misc]  # without types of its own
    """The times of one job."""

    def __init__(self, schedule: Schedule, job: Job) -> None:
        self._schedule, self._job = schedule, job

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """See APScheduler."""
        return self._schedule.next_after(self._job, max(previous, now) if previous is not None else now)


def _checking(schedule: Schedule, job: Job) -> Callable[[], Any]:
    def check() -> None:
        try:
            schedule.check_one(job)
        except ReadiError as error:  # it is due still, at the next look
            _log.warning("schedule not noted", extra={"job": str(job), "why": error.text.code})

    return check
