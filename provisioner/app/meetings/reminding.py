"""Reminders of meetings, said in the body's conversation: each once, at its time, and never of one that is not.

They are put into the outbox ahead of time, each with the moment it goes at; so a service that is restarted, or busy,
forgets none. What the registry says in that moment decides whether it goes (`app/letters/meeting_facts.py`): one that
was moved is reminded of anew, at its new time, since a reminder is known by the moment at which its meeting begins.
"""

from datetime import UTC, timedelta
from typing import Final

from provisioner.app.letters.speaking import Speaking
from provisioner.app.meetings.agenda import Date, agenda
from provisioner.app.picture import Picture
from provisioner.app.site import Site
from provisioner.model.messages import Channel, Letter, LetterKind
from provisioner.state import Outbox, Within

_A_DAY: Final = timedelta(hours=26)
"""What is put down daily has to last until it is put down again: a day of 25 hours, and an hour of delay."""


def leads_of(picture: Picture) -> tuple[timedelta, ...]:
    """How long before a meeting its body is reminded of it, the longest first."""
    return tuple(timedelta(minutes=one) for one in sorted(picture.policy.meetings.reminders, reverse=True))


def post_reminders(site: Site, picture: Picture) -> int:
    """Put down those that are due within a day; how many were not before. Raises `StateError`, `SettingsError`."""
    now, leads = site.clock.now(), leads_of(picture)
    if not leads:
        return 0
    coming = agenda(picture, picture.registry.bodies.values(), now, now + _A_DAY + leads[0])
    due = [(one, lead) for one in coming for lead in leads if now < one.starts <= now + _A_DAY + lead]
    if not due:
        return 0
    with Speaking(site) as speaking:
        heard = {body for body in {one.body.id for one, _ in due} if speaking.place_of(body) is not None}
    with site.database.writing() as connection:
        outbox = Outbox(Within(connection), site.network, now)
        # In UTC: a local time less an hour is the clock's hour, which is none where clocks are changed.
        told = [(one, lead, one.starts.astimezone(UTC) - lead) for one, lead in due if one.body.id in heard]
        return sum(outbox.post(_letter(one, lead), at) for one, lead, at in told)


def _letter(date: Date, lead: timedelta) -> Letter:
    starts, minutes = date.starts.astimezone(UTC).isoformat(), lead // timedelta(minutes=1)
    about: dict[str, str | int] = {"series": date.series.id, "starts": starts, "minutes": minutes}
    once = f"meeting:{date.body.id}:{date.series.id}:{starts}:{minutes}"
    return Letter(LetterKind.MEETING_REMINDER, Channel.CONVERSATION, f"body:{date.body.id}", about, once)
