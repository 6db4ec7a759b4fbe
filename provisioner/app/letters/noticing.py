"""What rangers are told of runs and letters: counts and links, never a name, never the same twice."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from provisioner.app.applying import Applied
from provisioner.app.joining.offices import rangers
from provisioner.app.letters.notice_facts import DONE, FAILED
from provisioner.app.letters.speaking import Speaking
from provisioner.app.picture import Picture
from provisioner.app.planning import unread
from provisioner.app.site import Site
from provisioner.app.work.certificates import ending
from provisioner.model.changes import ChangeClass
from provisioner.model.messages import Channel, Letter, LetterKind, LetterState, Posted
from provisioner.model.registry import BodyKind
from provisioner.model.text import Text
from provisioner.state import Meta, Outbox, StepState, Within
from provisioner.state.codec import dump, load

_SETTLED: Final = ("recipient_gone", "decided", "moot", "meeting_over", "alert_forgotten")
MOOT: Final = frozenset({*(f"messages.{why}" for why in _SETTLED), "console.letter_given_up"})
"""Why letters were not sent that nobody misses: they settled themselves, or a ranger said so."""

_BAD: Final = (StepState.FAILED, StepState.UNKNOWN)
_SINGLE: Final = frozenset({"enrolment", "console"})
"""Causes of runs about a person or two, of which the audit tells."""
_AN_HOUR: Final = timedelta(hours=1)
_THREE_DAYS: Final = timedelta(days=3)
_FAILING, _WAITING, _LETTERS = "notice.failing", "notice.waiting", "notice.letters"
"""Names under which it is kept what rangers know already."""

About = dict[str, str | int]


def after_run(site: Site, picture: Picture, applied: Applied, cause: str) -> None:
    """Post what rangers should know of a run. Raises `StateError`, `SettingsError`."""
    to = _Rangers(site, picture)
    with site.database.writing() as connection:
        within = Within(connection)
        meta = Meta(within)
        for about, once in (
            *_changed(applied, cause),
            *_refused(applied),
            *_waiting(meta, site.network, applied),
            *_failing(meta, site.network, applied, site.clock.now()),
        ):
            to.tell(within, about, once)
    notice_letters(site, picture, to)


def notice_given_up(site: Site, picture: Picture, errands: Collection[int]) -> None:
    """Tell of errands that failed too often; by their ids. Raises `StateError`, `SettingsError`."""
    once = _digest("given_up", map(str, sorted(errands)))
    _tell(site, picture, {"what": "given_up", "count": len(errands)}, once)


def notice_not_pulled(site: Site, picture: Picture, why: Text) -> None:
    """Tell that the registry's folder was left as it is; of each reason once a day.

    Raises `StateError`, `SettingsError`.
    """
    _tell(site, picture, {"what": "not_pulled"}, _digest("not_pulled", [why.code, picture.today.isoformat()]))


def notice_unsaid(site: Site, picture: Picture, body: str) -> None:
    """Tell that alerts can't be said where a body reads; of each body once a day.

    Raises `StateError`, `SettingsError`.
    """
    known = picture.registry.bodies.get(body)
    about: About = {"what": "unsaid", "body": body if known is None else known.name}
    _tell(site, picture, about, _digest("unsaid", [body, picture.today.isoformat()]))


def _tell(site: Site, picture: Picture, about: About, once: str) -> None:
    to = _Rangers(site, picture)
    with site.database.writing() as connection:
        to.tell(Within(connection), about, once)


def notice_letters(site: Site, picture: Picture, to: "_Rangers | None" = None) -> None:
    """Tell of letters that may not have gone, or were refused, since this was told last; at most once an hour.

    Raises `StateError`, `SettingsError`.
    """
    now = site.clock.now()
    bad = [
        posted
        for posted in Outbox(site.database, site.network, now).find(LetterState.UNKNOWN, LetterState.REFUSED)
        if posted.error not in MOOT and posted.letter.kind is not LetterKind.NOTICE
    ]
    if not bad:
        return
    meta = Meta(site.database)
    told = load(meta.get(site.network, _LETTERS) or "{}")
    new = [posted for posted in bad if posted.id not in told.get("ids", [])]
    last = datetime.fromisoformat(told["at"]) if "at" in told else None
    if not new or (last is not None and last <= now < last + _AN_HOUR):
        return
    to = to or _Rangers(site, picture)
    with site.database.writing() as connection:
        within = Within(connection)
        ids = [posted.id for posted in bad]
        Meta(within).put(site.network, _LETTERS, dump({"at": now.isoformat(), "ids": ids}))
        to.tell(within, {"what": "letters", **_counts(bad)}, _digest("letters", map(str, ids)))


def notice_credentials(site: Site, picture: Picture) -> None:
    """Tell of certificates that run out: when that comes near, and once more in the last days.

    Asks the targets' servers for them. Raises `StateError`, `SettingsError`.
    """
    found = list(ending(site, site.target_names(), picture.registry.time_zone))
    if not found:
        return
    to = _Rangers(site, picture)
    with site.database.writing() as connection:
        within = Within(connection)
        for target, day in found:
            stage = "now" if day - picture.today <= _THREE_DAYS else "soon"
            about: About = {"what": "credential", "target": target, "until": day.isoformat()}
            to.tell(within, about, _digest("credential", [target, day.isoformat(), stage]))


def _counts(bad: Collection[Posted]) -> Mapping[str, int]:
    unknown = sum(1 for posted in bad if posted.state is LetterState.UNKNOWN)
    return {"unknown": unknown, "refused": len(bad) - unknown}


class _Rangers:
    """Their conversations, if a target speaks there; else each of them by mail."""

    def __init__(self, site: Site, picture: Picture) -> None:
        self._site = site
        bodies = [
            body.id
            for body in picture.registry.bodies.values()
            if body.kind is BodyKind.RANGERS and not body.is_archived(picture.today)
        ]
        self._to: list[tuple[Channel, str]] = []
        if bodies:
            with Speaking(site) as speaking:
                self._to = [(Channel.CONVERSATION, f"body:{one}") for one in bodies if speaking.place_of(one)]
        if not self._to:
            self._to = [(Channel.MAIL, f"person:{one}") for one in rangers(picture)]

    def tell(self, within: Within, about: About, once: str) -> None:
        outbox = Outbox(within, self._site.network, self._site.clock.now())
        for channel, to in self._to:
            outbox.post(Letter(LetterKind.NOTICE, channel, to, about, f"notice:{once}:{to}"))


def _changed(applied: Applied, cause: str) -> Iterator[tuple[About, str]]:
    """What was done and what failed, a target; not of each single join."""
    report = applied.report
    if report is None or not report.counts:
        return
    about: About = {"what": "changed"}
    failures = False
    for part in report.targets:
        states = [result.state for result in part.results]
        done, failed = states.count(StepState.DONE), sum(states.count(state) for state in _BAD)
        failures |= bool(failed)
        if done or failed:
            about[f"{DONE}{part.target}"] = done
            about[f"{FAILED}{part.target}"] = failed
    if len(about) > 1 and (failures or cause not in _SINGLE):
        yield about, _digest("changed", [str(report.run)])


def _refused(applied: Applied) -> Iterator[tuple[About, str]]:
    """A guard's no; the same one is told once."""
    refusals = applied.planned.plan.refusals
    if refusals:
        which = [f"{one.guard} {one.target} {one.word} {' '.join(one.objects)}" for one in refusals]
        yield {"what": "refused", "count": len(refusals)}, _digest("refused", sorted(which))


def _waiting(meta: Meta, network: str, applied: Applied) -> Iterator[tuple[About, str]]:
    """Changes that need somebody's eyes, when there are others than were told of."""
    if not applied.waiting or applied.planned.plan.refusals:
        return
    queued = {one.digest()[:16] for one in applied.planned.plan.changes() if one.change_class is not ChangeClass.AUTO}
    told = set(load(meta.get(network, _WAITING) or "[]"))
    if queued <= told:
        return
    # A run about a few things alone sees a few of those that wait.
    meta.put(network, _WAITING, dump(sorted(queued | told if _is_narrow(applied) else queued)))
    yield {"what": "waiting", "count": len(queued)}, _digest("waiting", sorted(queued - told))


def _is_narrow(applied: Applied) -> bool:
    return any(
        observation.completeness.scope.only is not None
        for view in applied.planned.views.values()
        if view.inventory is not None
        for observation in view.inventory.observations.values()
    )


def _failing(meta: Meta, network: str, applied: Applied, now: datetime) -> Iterator[tuple[About, str]]:
    """A target that can't be read, or written: once until it works again, and then that it does."""
    told: dict[str, str] = load(meta.get(network, _FAILING) or "{}")
    unreached = {*unread(applied.planned.plan), *applied.behind, *_stopped(applied)}
    before = dict(told)
    for part in applied.planned.plan.targets:
        name = part.target
        if name in unreached and name not in told:
            told[name] = now.isoformat()
            yield {"what": "failing", "target": name}, _digest("failing", [name, told[name]])
        elif name not in unreached and name in told:
            since = told.pop(name)
            yield {"what": "works", "target": name}, _digest("works", [name, since])
    if told != before:
        meta.put(network, _FAILING, dump(told))


def _stopped(applied: Applied) -> Iterator[str]:
    report = applied.report
    return (part.target for part in report.targets if part.stopped is not None) if report is not None else iter(())


def _digest(what: str, said: Iterable[str]) -> str:
    whole = "\n".join(said).encode()
    return f"{what}:{hashlib.sha256(whole).hexdigest()[:24]}"
