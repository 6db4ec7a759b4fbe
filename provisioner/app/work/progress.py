"""What the service's worker does at this moment, and how its last jobs ended: in the database, for every instance."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from provisioner.app.site import Site
from provisioner.execution import StepResult
from provisioner.model.errands import Job
from provisioner.model.text import Text
from provisioner.state import Meta, Within
from provisioner.state.codec import dump, dump_text, load, load_text

_CURRENT: Final = "service.job"
_LAST: Final = "service.last."
_WELL: Final = "service.well."
_PAUSE: Final = 0.5
"""Seconds between two writes of a running job's count."""

READING, APPLYING = "reading", "applying"
"""Phases of a job: registry, sources and targets are looked at; writes are made."""


@dataclass(frozen=True, slots=True)
class JobState:
    """A job that runs. ``done`` of ``total`` steps; both 0 while registry and targets are read."""

    job: Job
    cause: str
    phase: str
    done: int
    total: int
    started: datetime
    errands: int


@dataclass(frozen=True, slots=True)
class JobResult:
    """How the last job of a kind ended.

    ``outcome``: "done", "partly" (something failed or could not be read), "refused" (by a guard), "interrupted",
    "failed". ``only``: of a sync, whether it was about a few ids alone.
    """

    job: Job
    cause: str
    outcome: str
    started: datetime
    ended: datetime
    run: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    """Steps by `provisioner.state.StepState`."""
    waiting: int = 0
    """Changes that were left for a ranger to read."""
    refusals: tuple[Text, ...] = ()
    troubles: Mapping[str, Text] = field(default_factory=dict)
    """Targets and sources that were not, or not wholly, dealt with, with why."""
    error: Text | None = None
    """Why nothing came of it at all."""
    only: bool = False


class ProgressStore:
    """That of one network. All methods raise `StateError`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def current(self) -> JobState | None:
        """The job that runs; None: none does."""
        raw = self._get(_CURRENT)
        if raw is None:
            return None
        numbers = (raw["done"], raw["total"], datetime.fromisoformat(raw["started"]), raw["errands"])
        return JobState(Job(raw["job"]), raw["cause"], raw["phase"], *numbers)

    def last(self) -> Mapping[Job, JobResult]:
        """How the last job of each kind ended that ever ran; of syncs the last one of everything."""
        found = ((job, self._get(f"{_LAST}{job}")) for job in Job)
        return {job: _result(raw) for job, raw in found if raw is not None}

    def went_well(self, job: Job) -> datetime | None:
        """When such a job last ended with nothing left to wish for; None: never yet."""
        at = self._get(f"{_WELL}{job}")
        return None if at is None else datetime.fromisoformat(at)

    def put(self, state: JobState) -> None:
        """This runs now."""
        started = state.started.isoformat()
        numbers = {"done": state.done, "total": state.total, "started": started, "errands": state.errands}
        self._put(_CURRENT, {"job": str(state.job), "cause": state.cause, "phase": state.phase, **numbers})

    def clear(self) -> None:
        """Nothing runs."""
        if self._get(_CURRENT) is not None:
            self._put(_CURRENT, None)

    def keep(self, result: JobResult) -> None:
        """A job ended. One about a few ids alone is not kept as the last: it says nothing about the rest."""
        if not result.only:
            self._put(f"{_LAST}{result.job}", _plain(result))
            if result.outcome == "done":
                self._put(f"{_WELL}{result.job}", result.ended.isoformat())

    def _get(self, name: str) -> Any:
        stored = Meta(self._site.database).get(self._site.network, name)
        return None if stored is None else load(stored)

    def _put(self, name: str, value: object) -> None:
        # Lost in a power cut at worst: nothing is decided by it.
        with self._site.database.writing(durable=False) as connection:
            Meta(Within(connection)).put(self._site.network, name, dump(value))


class Watch:
    """Tells the store of one job, no more than twice a second. A `provisioner.execution.Progress`; for threads."""

    def __init__(
        self,
        store: ProgressStore,
        state: JobState,
        applying: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``applying`` is called when the first step is about to be tried."""
        self._store, self._state, self._monotonic = store, state, monotonic
        self._applying = applying
        self._done = self._total = 0
        self._lock = threading.Lock()
        self._wrote = monotonic()
        store.put(state)

    def started(self, target: str, steps: int) -> None:  # noqa: ARG002 - the protocol's
        """So many more steps."""
        with self._lock:
            if steps and not self._total:
                self._applying()
            self._total += steps
            self._tell(at_once=True)

    def finished(self, target: str, result: StepResult) -> None:  # noqa: ARG002 - the protocol's
        """One step ended."""
        with self._lock:
            self._done += 1
            self._tell(at_once=self._done == self._total)

    def waiting(self, target: str, seconds: float, why: Text) -> None:
        """Nothing happens for a while; the count stands as it is."""

    def _tell(self, *, at_once: bool = False) -> None:
        now, state = self._monotonic(), self._state
        if not at_once and now - self._wrote < _PAUSE:
            return
        self._wrote = now
        self._store.put(
            JobState(state.job, state.cause, APPLYING, self._done, self._total, state.started, state.errands)
        )


def _plain(result: JobResult) -> dict[str, object]:
    return {
        "job": str(result.job),
        "cause": result.cause,
        "outcome": result.outcome,
        "started": result.started.isoformat(),
        "ended": result.ended.isoformat(),
        "run": result.run,
        "counts": dict(result.counts),
        "waiting": result.waiting,
        "refusals": [dump_text(why) for why in result.refusals],
        "troubles": {name: dump_text(why) for name, why in result.troubles.items()},
        "error": dump_text(result.error),
    }


def _result(raw: Any) -> JobResult:
    return JobResult(
        Job(raw["job"]),
        raw["cause"],
        raw["outcome"],
        datetime.fromisoformat(raw["started"]),
        datetime.fromisoformat(raw["ended"]),
        raw["run"],
        raw["counts"],
        raw["waiting"],
        tuple(why for why in map(load_text, raw["refusals"]) if why is not None),
        {name: why for name, why in ((name, load_text(stored)) for name, stored in raw["troubles"].items()) if why},
        load_text(raw["error"]),
    )
