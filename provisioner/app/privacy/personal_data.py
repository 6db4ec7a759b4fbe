"""Everything that is kept about one person, for the person to see. Asks no target."""

import msgspec
from pydantic import JsonValue as Json

from provisioner.app.ladder_reports import PersonReport
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.registry import Person
from provisioner.model.text import Text
from provisioner.registry.merging import person_id_of
from provisioner.registry.mistakes import mend_word
from provisioner.state import Mirrors, Persons


def export(site: Site, person: str) -> PersonReport:
    """The registry's entry, and every row of the database about the person.

    Raises `SettingsError` for an id about which nothing at all is kept, `StateError`.
    """
    people = site.inputs().loaded.registry.people
    entry = people.get(person)
    names = () if entry is None else (entry.display_name, entry.email)
    kept = Persons(site.database).export(site.network, person, identities_of(site, person, entry), names)
    guests = sorted(each.id for each in people.values() if each.guest is not None and each.guest.sponsor == person)
    if entry is None and not kept and not guests:
        raise SettingsError(Text.of("lifecycle.no_such_person", id=person, mend=mend_word(person, people.keys())))
    return PersonReport(
        network=site.network,
        id=person,
        entry=None if entry is None else _plain(entry),
        guests=guests,
        kept=_plain(kept),
    )


def identities_of(site: Site, person: str, entry: Person | None) -> frozenset[tuple[str, str]]:
    """(source, key) of somebody in all sources, also in those that the settings no longer name.

    ``entry``: the registry's, which knows what was linked; what a source brings by itself is known by its id.
    """
    linked = frozenset((one.source, one.key) for one in (entry.identities if entry is not None else ()))
    return linked | {pair for pair in Mirrors(site.database).keys(site.network) if person_id_of(*pair) == person}


def _plain(value: object) -> Json:
    """As JSON has it: days as text, sets in order."""
    plain: Json = msgspec.json.decode(msgspec.json.encode(value, order="deterministic"))
    return plain
