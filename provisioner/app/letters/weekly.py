"""The summary of the week for rangers: counts, no names. They read it on Monday and need nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from provisioner.app.joining.offices import rangers
from provisioner.app.pages.overview import DRIFTED
from provisioner.app.pages.plan_pages import last_kept
from provisioner.app.picture import Picture
from provisioner.app.site import Site
from provisioner.app.work.progress import ProgressStore
from provisioner.lifecycle.ladder import Leaver, Rung
from provisioner.lifecycle.succession import Succession
from provisioner.model.errands import Job
from provisioner.model.messages import Channel, Letter, LetterKind, LetterState
from provisioner.state import Audit, Confirmations, Errands, Outbox, Outcome, Requests, Runs, SavedPlans

_A_WEEK = timedelta(days=7)


def weekly(
    site: Site, picture: Picture, leavers: Sequence[Leaver], vacancies: Sequence[Succession]
) -> Iterator[Letter]:
    """One a ranger and week, on Monday; where nobody looked on Monday, on the next day somebody does."""
    if not picture.policy.mails.weekly:
        return
    year, week, _ = picture.today.isocalendar()
    about = summary(site, picture, leavers, vacancies)
    for ranger in rangers(picture):
        once = f"weekly:{year}-{week:02}:{ranger}"
        yield Letter(LetterKind.WEEKLY, Channel.MAIL, f"person:{ranger}", about, once)


def summary(
    site: Site, picture: Picture, leavers: Sequence[Leaver], vacancies: Sequence[Succession]
) -> Mapping[str, str | int]:
    """What happened in the seven days before the Monday of this week, and what waits now.

    ``since``, ``until``: first and last of these days. ``came``: people whose time began; ``joined``: places taken in
    bodies; ``left``: people whose last day it was; ``runs_failed``. Now: ``leaving``, ``hand_over``, ``erasable``,
    ``vacancies``, ``requests``, ``confirmations`` (lists asked about), ``plans`` (saved and undecided), ``waits``
    (changes that need a ranger), ``drift`` (of these: what somebody changed over there), ``troubles`` (targets and
    sources), ``letters_unknown``, ``letters_refused``, ``errands``.
    """
    monday = picture.today - timedelta(days=picture.today.weekday())
    first, last = monday - _A_WEEK, monday - timedelta(days=1)
    since, until = (_begin_of(day, picture) for day in (first, monday))
    database, network = site.database, site.network
    rungs = [leaver.rung for leaver in leavers]
    deeds = Audit(database, network).counts(since, until)
    letters = Outbox(database, network, site.clock.now()).counts()
    plan, jobs = last_kept(site), ProgressStore(site).last()
    left = [] if plan is None else [change for target in plan.plan.targets for change in target.changes]
    endings = [leaver.ending.day for leaver in leavers if leaver.ending is not None]
    begun = [person.period.since for person in picture.registry.people.values()]
    sync = jobs.get(Job.SYNC)
    return {
        "since": first.isoformat(),
        "until": last.isoformat(),
        "came": sum(1 for day in begun if day is not None and first <= day <= last),
        "joined": deeds.get("joined", 0) + deeds.get("approved", 0),
        "left": sum(1 for day in endings if first <= day <= last),
        "runs_failed": sum(1 for run in _runs(site, since, until) if run not in (None, Outcome.DONE)),
        "leaving": rungs.count(Rung.LEAVING),
        "hand_over": rungs.count(Rung.HAND_OVER),
        "erasable": rungs.count(Rung.ERASABLE),
        "vacancies": len(vacancies),
        "requests": len(Requests(database, network).waiting()),
        "confirmations": len(Confirmations(database, network).all(waiting=True)),
        "plans": len(SavedPlans(database).heads(network)),
        "waits": 0 if plan is None else plan.changes,
        "drift": sum(1 for change in left if change.reason.code in DRIFTED),
        "troubles": 0 if sync is None else len(sync.troubles),
        "letters_unknown": letters.get(LetterState.UNKNOWN, 0),
        "letters_refused": letters.get(LetterState.REFUSED, 0),
        "errands": Errands(database, network).count(),
    }


def _runs(site: Site, since: datetime, until: datetime) -> Iterator[Outcome | None]:
    for run in Runs(site.database).latest(site.network, limit=1_000):
        if since <= run.started < until:
            yield run.outcome


def _begin_of(day: date, picture: Picture) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(picture.registry.time_zone))
