"""Days that decide: somebody's last one in the network, and the one on which a wait is over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from policies.membership import Standing
from provisioner.model.registry import Affiliation, Period, Person, Registry

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ending:
    """Somebody's last day in the network, and what ends then: the stay, a guest's stay, or the organisation's."""

    day: date
    cause: Standing


def ending_of(person: Person, registry: Registry) -> Ending | None:
    """The written end of somebody's time in the network; None where none is written.

    The same as `policies.membership.standing` tells of today, told of any day: whose stay ends sooner than their
    organisation's leaves sooner. Of an organisation that could not be read nobody knows the end.
    """
    found: list[Ending] = []
    if person.guest is not None:
        found.append(Ending(person.guest.until, Standing.GUEST_ENDED))
    if person.period.until is not None:
        found.append(Ending(person.period.until, Standing.LEFT))
    if person.guest is None and person.affiliations:
        ends = [_end(affiliation, registry) for affiliation in person.affiliations]
        known = [end for end in ends if end is not None]
        if len(known) == len(ends):
            found.append(Ending(max(known), Standing.ORGANISATION_LEFT))
    return min(found, key=lambda ending: ending.day, default=None)


def _end(affiliation: Affiliation, registry: Registry) -> date | None:
    organisation = registry.organisations.get(affiliation.organisation)
    of_organisation = None if organisation is None else organisation.period.until
    ends = [end for end in (affiliation.period.until, of_organisation) if end is not None]
    return min(ends, default=None)


def day_after(day: date) -> date:
    """The next one; of the last day that there is, itself."""
    return day if day == date.max else day + _DAY


def wait_ends(begins: date, days: int, absences: Iterable[Period]) -> date | None:
    """The first day after a wait of ``days`` whole days from ``begins`` on, days of absence not counted.

    None: an absence without an end stands in between, so that nobody knows.
    """
    today, left = begins, days
    for first, last in _merged(absences):
        if last is not None and last < today:
            continue
        present = max((first - today).days, 0)
        if left <= present:
            break
        if last is None or last == date.max:
            return None
        left -= present
        today = last + _DAY
    return today + timedelta(days=left) if left <= (date.max - today).days else None


def is_absent(day: date, absences: Iterable[Period]) -> bool:
    """Whether the person is away on that day."""
    return any(absence.holds(day) for absence in absences)


def _merged(absences: Iterable[Period]) -> list[tuple[date, date | None]]:
    """First and last days of all absences, in order and apart from each other."""
    merged: list[tuple[date, date | None]] = []
    for first, last in sorted(
        ((absence.since or date.min, absence.until) for absence in absences),
        key=lambda period: (period[0], period[1] or date.max),
    ):
        if last is not None and last < first:
            continue
        if merged and (merged[-1][1] is None or first <= day_after(merged[-1][1])):
            before = merged[-1][1]
            merged[-1] = (merged[-1][0], None if before is None or last is None else max(before, last))
        else:
            merged.append((first, last))
    return merged
