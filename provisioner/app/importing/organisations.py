"""From e-mail domains to organisations."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from provisioner.app.importing.drawn import DrawnOrganisation, DrawnPerson
from provisioner.app.importing.names import domain_labels, name_of_domain, slug
from provisioner.registry.shapes import MAX_NAME


def draw_organisations(people: Iterable[DrawnPerson]) -> list[DrawnOrganisation]:
    """One for each domain, by id; everybody's ``organisation`` is set on the way."""
    by_domain: defaultdict[str, list[DrawnPerson]] = defaultdict(list)
    for person in people:
        by_domain[person.domain].append(person)
    ids = _ids(by_domain)
    organisations = []
    for domain, staff in by_domain.items():
        named = _agreed_name(staff)
        organisations.append(
            DrawnOrganisation(ids[domain], named or name_of_domain(domain), domain, len(staff), bool(named))
        )
        for person in staff:
            person.organisation = ids[domain]
    return sorted(organisations, key=lambda organisation: organisation.id)


def _ids(domains: Iterable[str]) -> dict[str, str]:
    """ "bretten.example" → "bretten"; where two would be called alike, their whole domains are taken."""
    short = {domain: slug("-".join(domain_labels(domain)[:-1])) for domain in sorted(domains)}
    counts = Counter(short.values())
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for domain, wish in short.items():
        base = wish if wish and counts[wish] == 1 else slug("-".join(domain_labels(domain))) or "organisation"
        ids[domain] = free_id(base, taken)
    return ids


def free_id(wish: str, taken: set[str]) -> str:
    """The wish, else with the first free number behind it; it is taken then."""
    made, number = wish, 1
    while made in taken:
        number += 1
        made = f"{wish}-{number}"
    taken.add(made)
    return made


def _agreed_name(staff: Iterable[DrawnPerson]) -> str | None:
    """The organisation's name in the accounts, if those that have one have the same."""
    names = {person.organisation_name for person in staff if person.organisation_name}
    if len({name.casefold() for name in names}) != 1:
        return None
    name = min(names)
    return name if len(name) <= MAX_NAME else None
