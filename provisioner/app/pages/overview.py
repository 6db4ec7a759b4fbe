"""What a ranger sees first: how every target is, what the last sync did, and what waits for somebody."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from provisioner.app.pages.gatherings import Meeting, meetings_now
from provisioner.app.pages.leaver_pages import leavers_of_picture, vacancies_of
from provisioner.app.pages.plan_pages import LastKept, OneTarget, Said, last_kept
from provisioner.app.picture import Picture
from provisioner.app.site import Site
from provisioner.app.work.progress import JobResult, ProgressStore
from provisioner.lifecycle.ladder import Rung
from provisioner.model.errands import Job
from provisioner.model.messages import LetterState
from provisioner.model.plan import NoticeKind
from provisioner.state import (
    AlertOutbox,
    Alerts,
    Confirmations,
    Errands,
    Mirrors,
    Outbox,
    Requests,
    Run,
    Runs,
    SavedPlans,
)
from provisioner.state.alert_outbox import SaidState

DRIFTED: Final = frozenset(
    {
        "planning.changed_there",
        "planning.switched_there",
        "planning.put_in",
        "planning.taken_out",
        "planning.raised",
        "planning.lowered",
        "planning.regraded",
    }
)
"""Reasons of changes that take back what somebody did over there."""

DUES: Final = (
    *("alerts", "untold"),
    *("plans", "requests", "confirmations", "links", "held", "letters", "delayed"),
    *("hand_over", "erasable", "successors", "mistakes"),
)
"""All that can wait: ``due_<code>`` in the console's texts."""

_LETTERS: Final = 100
"""Of those that wait so many are looked at: whether one was tried in vain."""
_A_DAY: Final = timedelta(days=1)
_DRIFT_NOTICES: Final = (NoticeKind.KEPT, NoticeKind.LOST)


@dataclass(frozen=True, slots=True)
class Card:
    """One target, as the last look found it."""

    name: str
    product: str
    looked: bool
    """False: no look at it was kept."""
    error: Said | None
    """Why it could not be read."""
    waits: int
    """Changes that the last look left."""
    to_read: int
    """Those among them that a ranger has to read."""
    drift: int
    """What somebody changed over there."""
    notices: Mapping[str, int]
    """What else is to be known, by kind of notice."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something that waits for somebody. ``code`` names its sentence, ``path`` where one acts (parts of a path)."""

    code: str
    count: int
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it, from the database and the picture alone: no target is asked."""

    cards: tuple[Card, ...]
    looked_at: datetime | None
    dues: tuple[Due, ...]
    results: Mapping[Job, JobResult]
    last_run: Run | None
    errands: int
    """What is asked for and not done yet."""
    meetings: tuple[Meeting, ...] | None
    """Who meets at this moment; None: no meeting server tells."""


def overview_of(site: Site, picture: Picture, *, alerts: bool = False) -> Overview:
    """``alerts``: for somebody who may know of all of them. Raises `SettingsError`, `StateError`."""
    kept = last_kept(site)
    results = ProgressStore(site).last()
    return Overview(
        tuple(_cards(site, kept)),
        None if kept is None else kept.at,
        tuple(due for due in (*(_alerts(site) if alerts else ()), *_dues(site, picture)) if due.count),
        results,
        next(iter(Runs(site.database).latest(site.network, 1)), None),
        Errands(site.database, site.network).count(),
        None if site.section.meetings.events is None else meetings_now(site, picture),
    )


def _cards(site: Site, kept: LastKept | None) -> list[Card]:
    parts = {} if kept is None else {part.target: part for part in kept.plan.targets}
    return [
        _card(name, str(section.get("connector", "")), parts.get(name))
        for name, section in site.section.targets.items()
    ]


def _card(name: str, product: str, part: OneTarget | None) -> Card:
    if part is None:
        return Card(name, product, False, None, 0, 0, 0, {})
    notices = Counter(notice.kind for notice in part.notices)
    drift = sum(change.reason.code in DRIFTED for change in part.changes)
    drift += sum(notices.pop(str(kind), 0) for kind in _DRIFT_NOTICES)
    to_read = sum(change.change_class != "auto" for change in part.changes)
    return Card(name, product, True, part.error, len(part.changes), to_read, drift, notices)


def _alerts(site: Site) -> list[Due]:
    """Alerts that go on, and what nobody could be told of them today."""
    if site.section.bridge is None:
        return []
    outbox, yesterday = AlertOutbox(site.database, site.network), site.clock.now() - _A_DAY
    waiting = outbox.latest(SaidState.WAITING, limit=_LETTERS)
    refused = outbox.latest(SaidState.REFUSED, limit=_LETTERS)
    untold = sum(one.tries > 0 for one in waiting)
    untold += sum(one.created is not None and one.created > yesterday for one in refused)
    going_on = Alerts(site.database, site.network).going_on()
    return [Due("alerts", len(going_on), ("alerts",)), Due("untold", untold, ("senders",))]


def _dues(site: Site, picture: Picture) -> list[Due]:
    database, network, now = site.database, site.network, site.clock.now()
    outbox = Outbox(database, network, now)
    letters, waiting = outbox.counts(), outbox.find(LetterState.WAITING, limit=_LETTERS)
    rungs = Counter(leaver.rung for leaver in leavers_of_picture(site, picture))
    held = sum(mirror.held is not None for mirror in Mirrors(database).all(network).values())
    return [
        Due("plans", len(SavedPlans(database).heads(network)), ("plan",)),
        Due("requests", len(Requests(database, network).waiting()), ("requests",)),
        Due("confirmations", len(Confirmations(database, network).all(waiting=True)), ("bodies",)),
        Due("links", len(picture.proposals), ("links",)),
        Due("held", held, ("links",)),
        Due("letters", letters.get(LetterState.UNKNOWN, 0) + letters.get(LetterState.REFUSED, 0), ("letters",)),
        Due("delayed", sum(one.tries > 0 or bool(one.error) for one in waiting), ("letters",)),
        Due("hand_over", rungs[Rung.HAND_OVER], ("leavers",)),
        Due("erasable", rungs[Rung.ERASABLE], ("leavers",)),
        Due("successors", len(vacancies_of(picture)), ("leavers",)),
        Due("mistakes", sum(problem.is_error for problem in picture.problems), ("mistakes",)),
    ]
