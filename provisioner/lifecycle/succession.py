"""Bodies that need a successor: their lead organisation leaves, or the last of their moderators does. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from policies.membership import Belongings, Standing
from provisioner.lifecycle.days import day_after, ending_of
from provisioner.model.registry import Body, Registry, Role
from provisioner.model.text import Text


class Office(StrEnum):
    """What somebody has to take over."""

    LEAD = "lead"
    MODERATION = "moderation"


@dataclass(frozen=True, slots=True)
class Succession:
    """One office of one body that nobody holds any more from ``vacant_on`` on."""

    body: str
    name: str
    office: Office
    vacant_on: date
    why: Text


_DAY = timedelta(days=1)
_Ends = Mapping[str, date | None]
"""Id of a moderator → the last day in office; None: no end is written."""


def successions(registry: Registry, belongings: Belongings, today: date) -> Iterator[Succession]:
    """Offices of active bodies that fall vacant by a written date, or did; soonest first.

    A body that never had a lead or a moderator needs none; who is to moderate later counts as a successor.
    """
    vanished = {person for person, now in belongings.standings.items() if now is Standing.VANISHED}
    moderators = _moderators(registry, belongings, dict.fromkeys(vanished, today - _DAY))
    found: list[Succession] = []
    for body in registry.bodies.values():
        if body.is_archived(today):
            continue
        moderation = _moderation(body, registry, moderators.get(body.id, {}), today, vanished)
        for vacancy in (_lead(body, registry), moderation):
            if vacancy is not None and (body.archived_on is None or vacancy.vacant_on < body.archived_on):
                found.append(vacancy)
    yield from sorted(found, key=lambda each: (each.vacant_on, each.body, each.office))


def _lead(body: Body, registry: Registry) -> Succession | None:
    organisation = registry.organisations.get(body.lead or "")
    until = None if organisation is None else organisation.period.until
    if organisation is None or until is None:
        return None
    why = Text.of("lifecycle.lead_leaves", organisation=organisation.name, day=until)
    return Succession(body.id, body.name, Office.LEAD, day_after(until), why)


def _moderation(body: Body, registry: Registry, ends: _Ends, today: date, vanished: Set[str]) -> Succession | None:
    days = [day for day in ends.values() if day is not None]
    if not days or len(days) < len(ends):
        return None
    last = max(days)
    people = [person for person, day in ends.items() if day == last]
    names = ", ".join(registry.people[person].display_name for person in people)
    if not vanished.isdisjoint(people):
        why = Text.of("lifecycle.moderators_vanished", names=names)
        return Succession(body.id, body.name, Office.MODERATION, today, why)
    code = "lifecycle.moderators_left" if last < today else "lifecycle.moderators_leave"
    return Succession(body.id, body.name, Office.MODERATION, day_after(last), Text.of(code, names=names, day=last))


def _moderators(registry: Registry, belongings: Belongings, vanished: Mapping[str, date]) -> Mapping[str, _Ends]:
    """Body → its moderators by what is written and, today, by selectors: these are in office until they leave.

    ``vanished``: who is no longer there, without a written date, and the day that stands in its place.
    """
    last_days = {person: vanished.get(person) or _last_day_of(person, registry) for person in registry.people}
    found: defaultdict[str, dict[str, date | None]] = defaultdict(dict)
    for person in registry.people.values():
        for membership in person.memberships:
            if membership.role is Role.MODERATOR:
                ends = [day for day in (membership.period.until, last_days[person.id]) if day is not None]
                until, before = min(ends, default=None), found[membership.body].get(person.id, date.min)
                latest = None if until is None or before is None else max(before, until)
                found[membership.body][person.id] = latest
    for body, belonging in belongings.of_bodies().items():
        for moderator in belonging.moderators:
            found[body].setdefault(moderator, last_days[moderator])
    return found


def _last_day_of(person: str, registry: Registry) -> date | None:
    ending = ending_of(registry.people[person], registry)
    return None if ending is None else ending.day
