"""What people are told because of a date, day by day: leavers, sponsors, whoever has to name a successor, rangers.

Done as often as anybody likes: each letter has a word of its own (`Letter.once`), so that nobody is told twice. What a
day was missed for is said later, for as long as it matters: `_LATE`, which is shorter than letters are remembered.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec

from provisioner.app.joining.confirming import due_confirmations, remind_requests
from provisioner.app.joining.offices import administrators, rangers
from provisioner.app.leavers import accounts_held, ladder_of
from provisioner.app.letters.weekly import weekly
from provisioner.app.picture import Picture
from provisioner.app.site import Site
from provisioner.lifecycle.days import day_after
from provisioner.lifecycle.ladder import Leaver, Rung
from provisioner.lifecycle.succession import Office, Succession, successions
from provisioner.model.messages import Channel, Letter, LetterKind
from provisioner.state import Departure, Departures, Meta, Outbox, Within

SOON, TOMORROW, ENDED, ERASING = "soon", "tomorrow", "ended", "erasing"
"""Stages of a LEAVING letter (``stage`` in its ``about``): two weeks, and a day, before the last day; access has ended;
the account may be erased soon."""

_TWO_WEEKS, _A_WEEK, _A_DAY = timedelta(days=14), timedelta(days=7), timedelta(days=1)
_LATE = timedelta(days=14)
_AHEAD = timedelta(days=30)
"""How long before an office falls vacant a successor is asked for."""
_TOLD = "remind.hand-over"
"""Under this name it is kept of whose files the rangers know already."""


@dataclass(frozen=True, slots=True)
class Reminded:
    """How many letters were taken that had not been before."""

    letters: int


def remind(site: Site, picture: Picture) -> Reminded:
    """Post what is due today. Raises `StateError`, `SettingsError`."""
    now, departures = site.clock.now(), Departures(site.database).of(site.network)
    with site.targets() as targets:
        held = accounts_held(site, targets)
    leavers = list(ladder_of(site, picture.registry, picture.policy, picture.today, held))
    vacancies = list(successions(picture.registry, picture.belongings, picture.today))
    letters = [
        *_to_leavers(picture, leavers, {one.person: one for one in departures.values()}),
        *_to_sponsors(picture),
        *_to_successors(picture, vacancies),
        *weekly(site, picture, leavers, vacancies),
    ]
    with site.database.writing() as connection:
        within = Within(connection)
        outbox = Outbox(within, site.network, now)
        letters += _to_hands(Meta(within), site.network, picture, leavers)
        posted = sum(outbox.post(letter) for letter in letters)
    return Reminded(posted + due_confirmations(site, picture, now) + remind_requests(site, picture, now))


def _to_leavers(picture: Picture, leavers: Iterable[Leaver], departures: dict[str, Departure]) -> Iterator[Letter]:
    """``about``: ``stage``; ``last_day``; ``erasable_on``, the day on which the account may be erased; as far as known.

    To whom nothing is known for sure nothing is said.
    """
    for leaver in leavers:
        if leaver.person not in picture.registry.people or leaver.person in picture.registry.blocked:
            continue
        last_day = None if leaver.ending is None else leaver.ending.day
        departure = departures.get(leaver.person)
        if leaver.rung is Rung.LEAVING and last_day is not None:
            left = last_day - picture.today
            if left <= _TWO_WEEKS:
                stage = TOMORROW if left <= _A_DAY else SOON
                yield _leaving(leaver.person, stage, last_day, last_day=last_day)
        elif departure is not None and departure.suspended_on is not None and leaver.rung in _GONE:
            since = departure.suspended_on
            if last_day is not None:
                since = max(since, day_after(last_day))
            erasable_on = leaver.next_on if leaver.rung is Rung.WAITING else None
            if timedelta(0) <= picture.today - since <= _LATE:
                yield _leaving(leaver.person, ENDED, since, last_day=last_day, erasable_on=erasable_on)
            elif erasable_on is not None and erasable_on - picture.today <= _A_WEEK:
                yield _leaving(leaver.person, ERASING, erasable_on, last_day=last_day, erasable_on=erasable_on)


_GONE = (Rung.WAITING, Rung.HAND_OVER, Rung.ERASABLE)


def _leaving(person: str, stage: str, of: date, **days: date | None) -> Letter:
    about = {"stage": stage, **{name: day.isoformat() for name, day in days.items() if day is not None}}
    return _mail(LetterKind.LEAVING, person, about, f"leaving:{person}:{stage}:{of}")


def _to_sponsors(picture: Picture) -> Iterator[Letter]:
    """``about``: ``guest``, ``until``. A guest whose sponsor is gone is the administrators' or rangers' business."""
    for guest in picture.registry.people.values():
        until = guest.period_in_network().until
        if guest.guest is None or until is None or not picture.active(guest.id):
            continue
        if until - picture.today <= _TWO_WEEKS:
            for recipient in _answering_for(picture, guest.guest.sponsor):
                word = f"guest-ends:{guest.id}:{until}:{recipient}"
                about = {"guest": guest.id, "until": until.isoformat()}
                yield _mail(LetterKind.GUEST_ENDS, recipient, about, word)


def _answering_for(picture: Picture, sponsor: str) -> list[str]:
    if picture.active(sponsor):
        return [sponsor]
    known = picture.registry.people.get(sponsor)
    homes = [] if known is None else [one.organisation for one in known.affiliations]
    return administrators(picture, homes[0] if homes else None)


def _to_successors(picture: Picture, vacancies: Iterable[Succession]) -> Iterator[Letter]:
    """``about``: ``body``, ``office`` (an `Office`), ``vacant_on``. Asked ahead, and once more when it came to that."""
    for vacancy in vacancies:
        left = vacancy.vacant_on - picture.today
        if not -_LATE <= left <= _AHEAD:
            continue
        lead = picture.registry.bodies[vacancy.body].lead
        # The lead that leaves itself names nobody.
        recipients = rangers(picture) if vacancy.office is Office.LEAD else administrators(picture, lead)
        # Of moderators who vanished the day is always today.
        stage = "vacant" if left <= timedelta(0) else f"{vacancy.vacant_on}"
        about = {"body": vacancy.body, "office": str(vacancy.office), "vacant_on": vacancy.vacant_on.isoformat()}
        for recipient in recipients:
            word = f"successor:{vacancy.body}:{vacancy.office}:{stage}:{recipient}"
            yield _mail(LetterKind.SUCCESSOR, recipient, about, word)


def _to_hands(meta: Meta, network: str, picture: Picture, leavers: Sequence[Leaver]) -> list[Letter]:
    """``about``: ``count`` (whose files wait), ``new`` (since the last letter). One letter, however many they are."""
    waiting = sorted(leaver.person for leaver in leavers if leaver.rung is Rung.HAND_OVER)
    told = msgspec.json.decode(meta.get(network, _TOLD) or "[]", type=frozenset[str])
    new = [person for person in waiting if person not in told]
    if frozenset(waiting) != told:
        meta.put(network, _TOLD, msgspec.json.encode(waiting).decode())
    if not new:
        return []
    which = hashlib.sha256(" ".join(new).encode()).hexdigest()[:16]
    about: dict[str, str | int] = {"count": len(waiting), "new": len(new)}
    return [
        _mail(LetterKind.HAND_OVER, ranger, about, f"hand-over:{picture.today}:{which}:{ranger}")
        for ranger in rangers(picture)
    ]


def _mail(kind: LetterKind, person: str, about: dict[str, str] | dict[str, str | int], once: str) -> Letter:
    return Letter(kind, Channel.MAIL, f"person:{person}", about, once)
