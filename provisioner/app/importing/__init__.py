"""Draws up a first registry from what stands in a target. Reads through the connector alone, and writes only files.

The result is proved before it is written: the files are loaded and planned for in memory. What that plan holds beside
adoptions is announced.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from policies.document import Policy
from provisioner.app.importing.bodies import BodiesDrawer
from provisioner.app.importing.drawn import Drawing
from provisioner.app.importing.files import Say
from provisioner.app.importing.foresight import Foresight, foresee
from provisioner.app.importing.organisations import draw_organisations
from provisioner.app.importing.outcome import (
    Imported,
    ImportRefused,
    finish,
    new_ids,
    policy_of,
    private,
    usual_language,
)
from provisioner.app.importing.people import Circumstances, PeopleDrawer
from provisioner.app.importing.roles import draw_roles
from provisioner.app.importing.rooms import kinds_of_rooms
from provisioner.app.observing import View, everybody, observe
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.inventory import Completeness, Inventory, Level, Partial
from provisioner.model.resources import Kind
from provisioner.model.text import Text
from provisioner.registry.fresh import refuse_filled
from provisioner.registry.loading import Loaded

__all__ = ["ImportRefused", "Imported", "import_registry", "target_for"]


def target_for(site: Site, product: str, named: str | None = None) -> str:
    """The target to read: the one named, else the only one with that connector, else the one of that name.

    Raises `SettingsError` when there is none, or more than one.
    """
    sections = site.section.targets
    if named is not None:
        (target,) = site.target_names([named])
        if product not in (target, sections[target].get("connector")):
            raise SettingsError(Text.of("app.import_other_connector", target=target, product=product))
        return target
    if product in sections:
        return product
    fitting = [name for name, section in sections.items() if section.get("connector") == product]
    if len(fitting) != 1:
        code = "app.import_which_target" if fitting else "app.import_no_target"
        raise SettingsError(Text.of(code, product=product, known=", ".join(fitting or sections)))
    return fitting[0]


def import_registry(site: Site, target: str, folder: Path, say: Say, private_domains: Iterable[str] = ()) -> Imported:
    """Write a first registry into ``folder``. ``say`` speaks the language of the comments.

    ``private_domains``: domains besides the usual mail providers that belong to no organisation. Raises
    `FolderNotEmpty`, `ImportRefused`, `WriteFailed`, `SettingsError`, and what keeps the target from being read.
    """
    refuse_filled(folder)
    policy = policy_of(site)
    with site.targets([target]) as targets:
        view = observe(site, targets, everybody)[target]
    if view.error is not None:
        raise view.error
    assert view.inventory is not None  # noqa: S101 - for the type checker: without an error it is there
    assert view.capabilities is not None  # noqa: S101
    if view.ties.bindings:
        raise ImportRefused(Text.of("app.import_tied", target=target, count=len(view.ties.bindings)))
    _refuse_partial(view.inventory, say)
    drawing = _draw(view, view.inventory, policy, private(private_domains))
    inventory, ties, capabilities = view.inventory, view.ties, view.capabilities

    def ahead(loaded: Loaded) -> Foresight:
        today = site.today(loaded.registry.time_zone)
        return foresee(loaded.registry, policy, today, inventory, ties, capabilities)

    return finish(site, drawing, target, folder, say, ahead)


def _refuse_partial(inventory: Inventory, say: Say) -> None:
    """A registry of a part would take the rest for strangers, and a group's unread members for people who left."""
    why = next(_gaps(inventory), None)
    if why is not None:
        raise ImportRefused(Text.of("app.import_partial", target=inventory.target), say(why))


def _gaps(inventory: Inventory) -> Iterator[Text]:
    evidence: list[Completeness] = [inventory.of(kind).completeness for kind in (Kind.ACCOUNT, Kind.GROUP)]
    for remote_id, group in inventory.of(Kind.GROUP).objects.items():
        if (Kind.GROUP, remote_id) in inventory.rosters:
            evidence.append(inventory.rosters[Kind.GROUP, remote_id].completeness)
        else:
            yield Text.of("app.import_no_members", group=group.name)
    for one in evidence:
        if isinstance(one, Partial):
            yield one.why
        elif one.level < Level.FIELDS:
            yield Text.of("app.import_keys_only", kind=str(one.scope.kind))


def _draw(view: View, inventory: Inventory, policy: Policy, private_domains: frozenset[str]) -> Drawing:
    assert view.capabilities is not None  # noqa: S101 - for the type checker; the caller looked
    circumstances = Circumstances(
        ties=view.ties,
        canonical_name=view.capabilities.canonical_name,
        protected_accounts=frozenset(policy.accounts.protected),
        protected_groups=frozenset(policy.groups.protected),
        private_domains=private_domains,
    )
    people, left_out = PeopleDrawer(inventory, circumstances, new_ids()).draw()
    organisations = draw_organisations(people)
    guests = [left.guest for left in left_out if left.guest is not None]
    kinds = kinds_of_rooms(inventory, view.capabilities)
    drawer = BodiesDrawer(inventory, circumstances, policy, people, guests, organisations, kinds)
    bodies = drawer.draw()
    roles = draw_roles(inventory, view.capabilities, policy, people)
    return Drawing(
        language=usual_language(person.language for person in people),
        organisations=tuple(organisations),
        bodies=tuple(sorted(bodies, key=lambda body: (body.kind != "project", body.name.casefold(), body.id))),
        people=tuple(people),
        left_out=(*left_out, *drawer.left_out, *roles),
    )
