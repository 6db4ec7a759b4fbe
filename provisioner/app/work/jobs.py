"""What the service's worker does: errands of one network, put together to one job, and what came of each of them."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from provisioner.app.applying import Applied, Approval, PlanOutdated, apply
from provisioner.app.carrying_out import How, Started
from provisioner.app.connectors import text_packages
from provisioner.app.focus import is_named
from provisioner.app.letters import first_login, noticing
from provisioner.app.letters.reminding import remind
from provisioner.app.meetings.reminding import post_reminders
from provisioner.app.meetings.rotating import note_access, rotate_due
from provisioner.app.picture import Pictures
from provisioner.app.planning import make_plan, unread
from provisioner.app.queue import approve, keep_queue
from provisioner.app.site import Site
from provisioner.app.sources import News, accept, refresh
from provisioner.app.work.last_plan import keep_plan
from provisioner.app.work.progress import READING, JobResult, JobState, ProgressStore, Watch
from provisioner.app.work.pulling import PullRefused, pull
from provisioner.app.work.tidying import tidy
from provisioner.app.work.watched import content, note_seen
from provisioner.execution import Interruption, Report
from provisioner.model.errands import Errand, Job
from provisioner.model.errors import ReadiError, SettingsError
from provisioner.model.plan import Refusal
from provisioner.model.text import Text
from provisioner.state import Errands, LockTaken, Outcome, StepState
from provisioner.texts import Catalogue
from provisioner.transport.ledger import Waiter

_log = logging.getLogger(__name__)

PULL = "pull"
"""In an errand's ``about``: bring the registry's folder up to date before."""
ACCEPT = "accept"
"""In an errand's ``about``: the source whose held news a ranger takes for true, by their ``word``."""
_BAD = (StepState.FAILED, StepState.UNKNOWN, StepState.SKIPPED, StepState.MOVED)


@dataclass(frozen=True, slots=True)
class Control:
    """How whoever asked for a job can end it, and is told that writing begins."""

    interruption: Interruption = field(default_factory=Interruption)
    applying: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class JobReport:
    """What came of one job. Errands that are in none of the sets stay as they are, and are due."""

    result: JobResult
    done: frozenset[int] = frozenset()
    again: frozenset[int] = frozenset()
    """These failed, and are to be tried again later."""
    locked: Text | None = None
    """Somebody else writes to one of the servers at this moment: nothing was done, nothing failed."""
    split: bool = False
    """Of many errands one may be why nothing came of it: to be tried in smaller parts."""


@dataclass(frozen=True, slots=True)
class _Came:
    """What one kind of job came to."""

    outcome: str = str(Outcome.DONE)
    again: Collection[int] = ()
    applied: Applied | None = None
    refused: tuple[Refusal, ...] = ()
    troubles: Mapping[str, Text] = field(default_factory=dict)


def perform(site: Site, pictures: Pictures, errands: Sequence[Errand], control: Control | None = None) -> JobReport:
    """Do errands of one job together; they are neither taken away nor put off here. Never raises an `Exception`."""
    control = control or Control()
    started, job, cause = site.clock.now(), errands[0].job, _cause(errands)
    store, all_ids = ProgressStore(site), frozenset(errand.id for errand in errands)
    try:
        watch = Watch(store, JobState(job, cause, READING, 0, 0, started, len(errands)), control.applying)
        try:
            came = _Work(site, pictures, errands, control, watch).came()
            result = _result(came, errands, started, site.clock.now())
            store.keep(result)
        finally:
            store.clear()
    except LockTaken as taken:
        return JobReport(_failed(errands, started, site.clock.now(), "locked", taken.text), locked=taken.text)
    except Exception as fault:  # noqa: BLE001 - whatever it is, the service goes on, and rangers are told
        return _broken(site, store, errands, started, fault)
    if came.outcome == Outcome.INTERRUPTED:
        return JobReport(result)
    if came.refused and job is Job.SYNC and result.only and len(errands) > 1:
        return JobReport(result, split=True)
    again = frozenset(came.again)
    return JobReport(result, all_ids - again, again)


def _broken(
    site: Site, store: ProgressStore, errands: Sequence[Errand], started: datetime, fault: Exception
) -> JobReport:
    known = isinstance(fault, ReadiError)
    why = fault.text if isinstance(fault, ReadiError) else Text.of("app.job_broken", fault=type(fault).__name__)
    about = {"network": site.network, "job": str(errands[0].job), "why": why.code}
    _log.error("job failed", extra=about, exc_info=None if known else fault)
    result = _failed(errands, started, site.clock.now(), "failed", why)
    try:
        store.keep(result)
    except ReadiError as error:  # most likely the database is what failed
        _log.error("result not kept", extra={"network": site.network, "why": error.text.code})
    ids = frozenset(errand.id for errand in errands)
    if isinstance(fault, PlanOutdated | SettingsError) and errands[0].job is Job.APPLY:
        return JobReport(result, done=ids)  # who approved it has to look again
    split = not known and len(errands) > 1
    return JobReport(result, again=frozenset() if split else ids, split=split)


class _Work:
    """One job."""

    def __init__(
        self, site: Site, pictures: Pictures, errands: Sequence[Errand], control: Control, watch: Watch
    ) -> None:
        self._site, self._pictures, self._errands = site, pictures, errands
        self._how = How(watch, interruption=control.interruption)
        self._cause = _cause(errands)
        actors = {errand.actor for errand in errands}
        self._started = Started(actors.pop() if len(actors) == 1 else "service", self._cause)
        self._say = Catalogue(site.settings.language, text_packages())
        site.waiter = lambda name: Waiter(
            site.clock, lambda seconds, why: watch.waiting(name, seconds, why), control.interruption.is_set
        )

    def came(self) -> _Came:
        """Do it."""
        job = self._errands[0].job
        if job is Job.SYNC:
            came = self._sync()
            post_reminders(self._site, self._pictures.now(fresh=True))  # what was moved has another time now
            note_access(self._site, self._pictures.now(fresh=True))
            return came
        if job is Job.APPLY:
            return self._apply()
        if job is Job.PLAN:
            return self._plan()
        if job is Job.SOURCES:
            return self._sources()
        if job is Job.REMIND:
            remind(self._site, self._pictures.now())
            noticing.notice_credentials(self._site, self._pictures.now())
            post_reminders(self._site, self._pictures.now(fresh=True))
        elif job is Job.ROOMS:
            rotate_due(self._site, self._pictures.now(fresh=True), errands=[errand.id for errand in self._errands])
        else:
            tidy(self._site, self._pictures.now(fresh=True))
            note_access(self._site, self._pictures.now(fresh=True))  # names that are old enough
        return _Came()

    def _sync(self) -> _Came:
        if any(errand.only is None for errand in self._errands):
            return self._sync_everything()
        only = frozenset(errand.only for errand in self._errands if errand.only is not None)
        while only:
            try:
                applied = apply(self._site, Approval(), self._started, only=only, how=self._how)
            except SettingsError as error:
                if error.text.code != "app.nothing_of_that_name":
                    raise
                only -= {str(error.text.arguments["id"])}  # gone in the meantime: there is nothing to do
            else:
                return self._told(applied)
        return _Came()

    def _sync_everything(self) -> _Came:
        troubles: dict[str, Text] = {}
        if any(PULL in errand.about for errand in self._errands):
            try:
                pull(self._site.registry_folder)
            except PullRefused as refused:
                troubles["registry"] = refused.text
                noticing.notice_not_pulled(self._site, self._pictures.now(), refused.text)
        troubles |= _troubled(refresh(self._site))
        note_seen(self._site.database, self._site.network, content(self._site))
        applied = apply(self._site, Approval(), self._started, how=self._how)
        if applied.planned.plan.refusals:
            keep_plan(self._site, applied.planned.plan, self._say)
        else:
            keep_queue(self._site, applied.planned, self._say)
            keep_plan(self._site, applied.planned.plan, self._say, _digests_done(applied.report))
        return self._told(applied, troubles)

    def _apply(self) -> _Came:
        [errand] = self._errands
        allowed = frozenset(errand.about.get("allow", "").split())
        applied = approve(self._site, errand.about["digest"], self._started, allowed, self._how)
        # Whole and fresh: what is left of it, or the guards' words when they refuse, is what people read next.
        keep_plan(self._site, applied.planned.plan, self._say, _digests_done(applied.report))
        return self._told(applied)

    def _plan(self) -> _Came:
        with self._site.targets() as targets:
            planned = make_plan(self._site, targets)
        keep_plan(self._site, planned.plan, self._say)
        return self._told(Applied(planned))

    def _sources(self) -> _Came:
        held = [errand for errand in self._errands if ACCEPT in errand.about]
        news = [accept(self._site, errand.about[ACCEPT], errand.about["word"]) for errand in held]
        if len(held) < len(self._errands):
            news += refresh(self._site, whole=True)
        if any(_brought_something(each) for each in news):
            errands = Errands(self._site.database, self._site.network)
            errands.add(Job.SYNC, self._cause, self._started.actor, self._site.clock.now())
        troubles = _troubled(news)
        return _Came("partly" if troubles else "done", troubles=troubles)

    def _told(self, applied: Applied, troubles: Mapping[str, Text] | None = None) -> _Came:
        """Tell rangers and newcomers, and judge what came of each errand."""
        plan, report = applied.planned.plan, applied.report
        picture = self._pictures.now()
        noticing.after_run(self._site, picture, applied, self._cause)
        first_login.after_run(self._site, picture, applied, self._cause)
        unreached = {**unread(plan), **applied.behind}
        told = {**(troubles or {}), **unreached}
        if plan.refusals:
            return _Came("refused", (), applied, plan.refusals, told)
        outcome = Outcome.DONE if report is None else report.outcome
        if outcome is Outcome.DONE and told:
            outcome = Outcome.PARTLY
        stopped = report is not None and any(part.stopped is not None for part in report.targets)
        touched = _touched(report)
        again = [
            errand.id
            for errand in self._errands
            if errand.job is Job.SYNC
            and (unreached or (stopped if errand.only is None else _concerns(errand.only, touched)))
        ]
        if outcome is Outcome.BROKEN and report is not None and report.error is not None:
            raise report.error
        return _Came(str(outcome), again, applied, troubles=told)


def _touched(report: Report | None) -> frozenset[str]:
    """Keys of whatever a step that was not done is about."""
    found: set[str] = set()
    for result in report.results(*_BAD) if report is not None else ():
        effects = result.step.effects
        found.add(result.step.id.key)
        found.update(edge.member for edge in (*effects.joins, *effects.leaves))
    return frozenset(found)


def _concerns(only: str, keys: Iterable[str]) -> bool:
    return any(is_named(key, frozenset((only,))) for key in keys)


def _digests_done(report: Report | None) -> frozenset[str]:
    """Of changes all of whose steps are done."""
    if report is None:
        return frozenset()
    done = {digest for result in report.results(StepState.DONE) for digest in result.step.changes}
    return frozenset(done - {digest for result in report.results(*_BAD) for digest in result.step.changes})


def _troubled(news: Iterable[News]) -> dict[str, Text]:
    """Sources that could not be read, with why."""
    return {each.source: each.error.text for each in news if each.error is not None}


def _brought_something(news: News) -> bool:
    found = news.judgement
    return found is not None and any((found.new, found.changed, found.back, found.off, found.missing))


def _cause(errands: Sequence[Errand]) -> str:
    causes = {errand.cause for errand in errands}
    return causes.pop() if len(causes) == 1 else "service"


def _is_narrow(errands: Sequence[Errand]) -> bool:
    return all(errand.only is not None for errand in errands)


def _result(came: _Came, errands: Sequence[Errand], started: datetime, now: datetime) -> JobResult:
    applied, report = came.applied, None if came.applied is None else came.applied.report
    return JobResult(
        errands[0].job,
        _cause(errands),
        came.outcome,
        started,
        now,
        None if report is None else report.run,
        {} if report is None else report.counts,
        0 if applied is None else applied.waiting,
        tuple(refusal.why for refusal in came.refused),
        came.troubles,
        only=_is_narrow(errands),
    )


def _failed(errands: Sequence[Errand], started: datetime, now: datetime, outcome: str, why: Text) -> JobResult:
    only = _is_narrow(errands)
    return JobResult(errands[0].job, _cause(errands), outcome, started, now, error=why, only=only)
