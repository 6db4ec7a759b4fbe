"""`readi import cockpit`: a first registry from the database of the network's earlier tool."""

from collections.abc import Iterable
from pathlib import Path

from policies.document import Policy
from provisioner.app.importing.cockpit import Cockpit, read_cockpit
from provisioner.app.importing.cockpit_bodies import CockpitBodies, usable_groups
from provisioner.app.importing.cockpit_people import draw_people, remarks, sort_rows
from provisioner.app.importing.drawn import Drawing, Remark
from provisioner.app.importing.files import FROM_COCKPIT, Say
from provisioner.app.importing.organisations import draw_organisations
from provisioner.app.importing.outcome import Imported, finish, new_ids, policy_of, private
from provisioner.app.site import Site
from provisioner.model.text import Text
from provisioner.registry.fresh import refuse_filled


def import_cockpit(site: Site, file: Path, folder: Path, say: Say, private_domains: Iterable[str] = ()) -> Imported:
    """Write a first registry into ``folder`` from the SQLite ``file``, which is only read.

    Raises `ImportRefused`, `FolderNotEmpty`, `WriteFailed`, `SettingsError`.
    """
    refuse_filled(folder)
    policy = policy_of(site)
    drawing = draw(read_cockpit(file), policy, private(private_domains))
    return finish(site, drawing, file.name, folder, say, headers=FROM_COCKPIT)


def draw(cockpit: Cockpit, policy: Policy, private_domains: frozenset[str]) -> Drawing:
    """A whole registry, and all that does not fit into one. Pure but for the ids, which are drawn by lot."""
    groups, left_out = usable_groups(cockpit)
    rows = sort_rows(cockpit, groups)
    people = draw_people(set().union(*rows.joined.values()), private_domains, new_ids())
    organisations = draw_organisations(people.people.values())
    drawer = CockpitBodies(groups, policy)
    bodies = drawer.draw(rows.joined, people)
    return Drawing(
        language="de",
        organisations=tuple(organisations),
        bodies=tuple(bodies),
        people=tuple(people.people.values()),
        left_out=(*people.left_out, *left_out, *drawer.left_out),
        remarks=(*drawer.remarks, *rows.remarks, *people.remarks, *_about_the_file(cockpit)),
    )


def _about_the_file(cockpit: Cockpit) -> Iterable[Remark]:
    yield from remarks(("app.cockpit_unknown_columns", cockpit.unknown_columns))
    if cockpit.list_passwords:
        yield Remark(Text.of("app.cockpit_passwords", count=cockpit.list_passwords))
