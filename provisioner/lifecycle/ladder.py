"""The ladder on which people leave: groups left and suspended, a wait, files handed over, erased by name.

Nobody is taken down it unseen: the first rungs are a written date's doing, the last one is a command that names the
person. Who comes back stands beside it again; nothing remains but what was erased.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from policies.membership import Standing, standing
from provisioner.lifecycle.days import Ending, day_after, ending_of, is_absent, wait_ends
from provisioner.model.registry import Period, Registry
from provisioner.model.text import Text


class Rung(StrEnum):
    """How far down somebody is; in this order."""

    LEAVING = "leaving"  # the last day is written, and not over
    LEFT = "left"  # it is over; groups are yet to be left, or an account to be suspended
    WAITING = "waiting"  # suspended; the wait runs, or is paused by an absence
    HAND_OVER = "hand-over"  # the files are still the leaver's
    ERASABLE = "erasable"  # may be erased by a command that names the person
    ERASED = "erased"  # has no account (any more)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What somebody has in all targets together."""

    name: str
    """What the account is called, for somebody who is in no registry any more."""
    suspended: bool
    """Nobody can log in with any of the accounts."""
    files: bool
    """One of the accounts can own files."""


class Departure(Protocol):
    """What was written down of somebody's leaving."""

    @property
    def suspended_on(self) -> date | None:
        """The day on which all accounts were first seen suspended."""
        ...

    @property
    def handed_on(self) -> date | None:
        """The day on which somebody said that the files have another owner."""
        ...


@dataclass(frozen=True, slots=True)
class Leaver:
    """Where one person stands.

    ``ending`` is None of somebody who vanished without a date: from the registry, or from a source that decides.
    """

    person: str
    name: str
    rung: Rung
    ending: Ending | None
    waits_for: Text
    since: date | None = None
    """The day on which this rung was reached; None: not known, or (leaving) not reached yet."""
    next_on: date | None = None
    """The first day on which the next rung can be reached; None: somebody has to do something first."""


def ladder(
    registry: Registry,
    today: date,
    wait_days: int,
    holdings: Mapping[str, Holdings],
    departures: Mapping[str, Departure],
) -> Iterator[Leaver]:
    """Everybody who is leaving or gone, soonest first among those of a rung, furthest down last. Pure.

    ``holdings``: of everybody who has an account of ours anywhere. Somebody with an account and without an entry is
    gone only as far as the registry was read whole; so is somebody whom a source no longer has.
    """
    found = []
    for person in registry.people.values():
        vanished = standing(person, registry, today) is Standing.VANISHED
        ending = None if vanished else ending_of(person, registry)
        if ending is not None or (vanished and registry.complete and person.id in holdings):
            to_approve = Text.of("lifecycle.source_lost", source=person.gone_from or "")
            facts = _Facts(ending, holdings.get(person.id), departures.get(person.id), person.absences, to_approve)
            found.append(_leaver(person.id, person.display_name, facts, today, wait_days))
    if registry.complete:
        for identity, held in holdings.items():
            if identity not in registry.people and identity not in registry.blocked:
                to_approve = Text.of("lifecycle.suspension_to_approve")
                facts = _Facts(None, held, departures.get(identity), (), to_approve)
                found.append(_leaver(identity, held.name, facts, today, wait_days))
    rungs = list(Rung)
    yield from sorted(
        found,
        key=lambda leaver: (
            rungs.index(leaver.rung),
            leaver.next_on or leaver.since or date.max,
            leaver.name.casefold(),
            leaver.person,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    ending: Ending | None
    held: Holdings | None
    departure: Departure | None
    absences: tuple[Period, ...]
    to_approve: Text
    """What the suspension of somebody without an ending waits for."""


def _leaver(person: str, name: str, facts: _Facts, today: date, wait_days: int) -> Leaver:
    ending, held = facts.ending, facts.held

    def at(rung: Rung, waits_for: Text, since: date | None = None, next_on: date | None = None) -> Leaver:
        return Leaver(person, name, rung, ending, waits_for, since, next_on)

    gone_since = None if ending is None else day_after(ending.day)
    if ending is not None and today <= ending.day:
        return at(Rung.LEAVING, _last_day(ending), next_on=gone_since)
    if held is None:
        return at(Rung.ERASED, Text.of("lifecycle.entry_to_remove"))
    if not held.suspended:
        waits_for = facts.to_approve if ending is None else Text.of("lifecycle.apply_to_come")
        return at(Rung.LEFT, waits_for, gone_since)
    return _suspended(at, facts, held, today, wait_days)


class _At(Protocol):
    def __call__(
        self, rung: Rung, waits_for: Text, since: date | None = None, next_on: date | None = None
    ) -> Leaver: ...


def _suspended(at: _At, facts: _Facts, held: Holdings, today: date, wait_days: int) -> Leaver:
    """The wait begins on the day of the suspension; one that nobody wrote down counts from today.

    A suspension of an earlier leaving, before the last day of this one, is none of this one.
    """
    noted = today if facts.departure is None else facts.departure.suspended_on or today
    begins = noted if facts.ending is None else max(noted, day_after(facts.ending.day))
    over = wait_ends(begins, wait_days, facts.absences)
    if over is None:
        code = "lifecycle.wait_paused" if is_absent(today, facts.absences) else "lifecycle.wait_will_pause"
        return at(Rung.WAITING, Text.of(code), begins)
    if today < over:
        if is_absent(today, facts.absences):
            return at(Rung.WAITING, Text.of("lifecycle.wait_paused_until", until=over), begins, over)
        return at(Rung.WAITING, Text.of("lifecycle.wait_until", until=over), begins, over)
    handed_on = None if facts.departure is None else facts.departure.handed_on
    if held.files and handed_on is None:
        return at(Rung.HAND_OVER, Text.of("lifecycle.files_to_hand_over"), over)
    return at(Rung.ERASABLE, Text.of("lifecycle.command_to_erase"), over if handed_on is None else max(over, handed_on))


def _last_day(ending: Ending) -> Text:
    if ending.cause is Standing.ORGANISATION_LEFT:
        return Text.of("lifecycle.organisation_leaves", day=ending.day)
    if ending.cause is Standing.GUEST_ENDED:
        return Text.of("lifecycle.guest_leaves", day=ending.day)
    return Text.of("lifecycle.leaves", day=ending.day)
