"""Lists that are confirmed, and whoever waits for an answer: moderators are asked, reminded, and then the lead is.

Silence takes nothing away from anybody. All that is due by a date can be called for as often as anybody likes.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from provisioner.app.joining.acting import acting, acting_moderators, deciders, refuse_last_moderator
from provisioner.app.joining.offices import administrators
from provisioner.app.joining.places import strike_one
from provisioner.app.joining.refusing import Forbidden
from provisioner.app.picture import Picture, Pictures
from provisioner.app.site import Site
from provisioner.lifecycle.rights import Right, Viewer, may
from provisioner.model.enrolments import Confirmation, JoinRequest
from provisioner.model.messages import Channel, Letter, LetterKind
from provisioner.model.registry import Body, JoinMode
from provisioner.state import Confirmations, Meta, Outbox, Requests, Within

ARCHIVED: Final = "archived"
"""Who is done with the list of a body that nobody needs any more."""
REMINDED_AFTER: Final = (timedelta(days=3), timedelta(days=7))
"""Of a request that waits."""

_ROUND: Final = "confirmations"
"""Under this name it is kept for which day moderators were asked last."""


def confirm(site: Site, pictures: Pictures, viewer: Viewer, body: str, struck: Collection[str] = ()) -> int:
    """The list of a body is right but for these, who leave that body alone; how many left.

    Whoever is on the list no longer, or came to it meanwhile, is not touched. Raises `Forbidden`, `Refused` (then
    nobody is struck), `StateError`, `SettingsError`.
    """
    with acting(site, pictures) as act:
        who, found = act.who(viewer), act.body(body)
        if not may(who, Right.CONFIRM, body=found):
            raise Forbidden
        refuse_last_moderator(act.picture, found, struck, who)
        count = sum(strike_one(act, who, found, person) for person in sorted(set(struck)))
        if act.confirmations.finish(body, who.actor, count, act.now):
            act.note(who.actor, "confirmed", f"body:{body}", struck=count)
    return count


def due_confirmations(site: Site, picture: Picture, now: datetime) -> int:
    """Ask for, remind of and pass on what is due by policy; how many letters were taken. Raises `StateError`.

    A day on which nobody called is made up for, until the lead would have been asked.
    """
    if picture.policy.confirmations.months is None:
        return 0
    with site.database.writing() as connection:
        return _Round(site, picture, now, Within(connection)).go_on()


class _Round:
    """One look at all bodies' lists, in one transaction."""

    def __init__(self, site: Site, picture: Picture, now: datetime, within: Within) -> None:
        self._network, self._picture, self._now = site.network, picture, now
        self._rules = picture.policy.confirmations
        self._confirmations = Confirmations(within, site.network)
        self._meta = Meta(within)
        self._outbox = Outbox(within, site.network, now)

    def go_on(self) -> int:
        latest = {one.body: one for one in self._confirmations.all()}  # by body and date
        letters = sum(self._remind(one) for one in latest.values() if one.done_at is None)
        return letters + self._begin(latest)

    def _begin(self, latest: dict[str, Confirmation]) -> int:
        """Ask all, once, for the latest day on which they are to be asked."""
        due = latest_due(self._rules.months or (), self._picture.today)
        asked = self._meta.get(self._network, _ROUND)
        last = None if asked is None else date.fromisoformat(asked)
        # A day to come is no round: the clock was ahead. One after ``due`` is: the months were changed.
        done_with = last is not None and due <= last <= self._picture.today
        if done_with or self._picture.today - due > timedelta(days=self._rules.escalate_after_days):
            return 0
        self._meta.put(self._network, _ROUND, due.isoformat())
        return sum(
            self._ask(body, due)
            for body in self._picture.registry.bodies.values()
            if not body.is_archived(self._picture.today) and not self._is_being_asked(latest.get(body.id))
        )

    def _is_being_asked(self, last: Confirmation | None) -> bool:
        if last is None or last.done_at is not None:
            return False
        return timedelta(0) <= self._age(last) <= timedelta(days=self._rules.escalate_after_days)

    def _ask(self, body: Body, due: date) -> int:
        moderators = [person.id for person in acting_moderators(self._picture, body.id)]
        if not moderators or not self._confirmations.ask(body.id, due, self._now):
            return 0
        return self._write(LetterKind.CONFIRM, body.id, due, moderators)

    def _remind(self, one: Confirmation) -> int:
        """Whoever moderates by now is reminded; where nobody does, the lead is asked at once."""
        body = self._picture.registry.bodies.get(one.body)
        if body is None:
            return 0
        if body.is_archived(self._picture.today):
            self._confirmations.finish(body.id, ARCHIVED, 0, self._now)
            return 0
        letters, age = 0, self._age(one)
        moderators = [person.id for person in acting_moderators(self._picture, body.id)]
        if one.reminded_at is None and age >= timedelta(days=self._rules.remind_after_days):
            self._confirmations.remind(one.body, one.due, self._now)
            letters += self._write(LetterKind.CONFIRM_REMINDER, one.body, one.due, moderators)
        too_long = age >= timedelta(days=self._rules.escalate_after_days)
        if one.escalated_at is None and (too_long or (not moderators and age >= timedelta(0))):
            self._confirmations.escalate(one.body, one.due, self._now)
            recipients = administrators(self._picture, body.lead)
            letters += self._write(LetterKind.CONFIRM_ESCALATED, one.body, one.due, recipients)
        return letters

    def _write(self, kind: LetterKind, body: str, due: date, people: Iterable[str]) -> int:
        about: dict[str, str | int] = {"body": body, "due": due.isoformat()}
        return sum(
            self._outbox.post(Letter(kind, Channel.MAIL, f"person:{person}", about, f"{kind}:{body}:{due}:{person}"))
            for person in people
        )

    def _age(self, one: Confirmation) -> timedelta:
        return self._picture.today - local_day(self._picture, one.asked_at)


def latest_due(months: Collection[int], today: date) -> date:
    """The last first day of one of these months that is not in the future."""
    past = [date(year, month, 1) for year in (today.year - 1, today.year) for month in months]
    return max(day for day in past if day <= today)


def local_day(picture: Picture, at: datetime) -> date:
    """The day that it was for the network's people."""
    return at.astimezone(ZoneInfo(picture.registry.time_zone)).date()


def remind_requests(site: Site, picture: Picture, now: datetime) -> int:
    """Remind those who decide of requests that wait; how many letters were taken. Raises `StateError`.

    The second time a body's lead is told, too. What nobody could agree to any more is left alone.
    """
    letters = 0
    with site.database.writing() as connection:
        within = Within(connection)
        requests, outbox = Requests(within, site.network), Outbox(within, site.network, now)
        for request in requests.waiting():
            body = picture.registry.bodies.get(request.body)
            if body is None or body.is_archived(picture.today) or body.join is JoinMode.CLOSED:
                continue
            if (stage := _stage(picture, request)) is None or not picture.active(request.person):
                continue
            recipients = deciders(picture, body, but=(request.person,))
            if stage > 0:
                recipients = sorted({*recipients, *administrators(picture, body.lead)} - {request.person})
            requests.remind(request.id, now)
            letters += sum(map(outbox.post, _reminders(request.id, stage, recipients)))
    return letters


def _stage(picture: Picture, request: JoinRequest) -> int | None:
    """Which reminder is due: the first, the second; None: none, or it was sent."""
    asked = local_day(picture, request.asked_at)
    reached = [stage for stage, after in enumerate(REMINDED_AFTER) if picture.today - asked >= after]
    if not reached:
        return None
    reminded = None if request.reminded_at is None else local_day(picture, request.reminded_at) - asked
    return None if reminded is not None and reminded >= REMINDED_AFTER[reached[-1]] else reached[-1]


def _reminders(request: int, stage: int, people: Iterable[str]) -> Iterable[Letter]:
    for person in people:
        once = f"request_reminder:{request}:{stage}:{person}"
        yield Letter(LetterKind.REQUEST_REMINDER, Channel.MAIL, f"person:{person}", {"request": request}, once)
