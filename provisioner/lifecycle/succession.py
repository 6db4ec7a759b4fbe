"""Bodies that need a successor: their lead organisation leaves, or the last of their moderators does. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from policies.membership import Belongings
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


_Ends = Mapping[str, date | None]
"""Id of a moderator → the last day in office; None: no end is written."""


def successions(registry: Registry, belongings: Belongings, today: date) -> Iterator[Succession]:
    """Offices of active bodies that fall vacant by a written date, or did; soonest first.

    A body that never had a lead or a moderator needs none; who is to moderate later counts as a successor.
    """
    moderators = _moderators(registry, belongings)
    found: list[Succession] = []
    for body in registry.bodies.values():
        if body.is_archived(today):
            continue
        for vacancy in (_lead(body, registry), _moderation(body, registry, moderators.get(body.id, {}), today)):
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


def _moderation(body: Body, registry: Registry, ends: _Ends, today: date) -> Succession | None:
    days = [day for day in ends.values() if day is not None]
    if not days or len(days) < len(ends):
        return None
    last = max(days)
    names = ", ".join(registry.people[person].display_name for person, day in ends.items() if day == last)
    code = "lifecycle.moderators_left" if last < today else "lifecycle.moderators_leave"
    return Succession(body.id, body.name, Office.MODERATION, day_after(last), Text.of(code, names=names, day=last))


def _moderators(registry: Registry, belongings: Belongings) -> Mapping[str, _Ends]:
    """Body → its moderators by what is written and, today, by selectors: these are in office until they leave."""
    last_days = {person.id: _last_day_of(person.id, registry) for person in registry.people.values()}
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
