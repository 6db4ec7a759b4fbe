"""Who is leaving or gone, for pages: the ladder of a picture, without reading all that is tied to everybody."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from policies.desire import person_key
from policies.membership import Standing
from provisioner.app.leavers import Held, ladder_of
from provisioner.app.pages.paging import OncePerPicture
from provisioner.app.picture import Picture
from provisioner.app.site import Site
from provisioner.lifecycle.days import ending_of
from provisioner.lifecycle.ladder import Leaver
from provisioner.lifecycle.succession import Succession, successions
from provisioner.model.resources import Kind
from provisioner.state import TiedTo


def _concerned(picture: Picture) -> frozenset[str]:
    """Ids of those who have an end, or are gone without one."""
    registry, standings = picture.registry, picture.belongings.standings
    return frozenset(
        person.id
        for person in registry.people.values()
        if standings[person.id] is Standing.VANISHED or ending_of(person, registry) is not None
    )


_CONCERNED: Final = OncePerPicture(_concerned)
_VACANCIES: Final = OncePerPicture(
    lambda picture: tuple(successions(picture.registry, picture.belongings, picture.today))
)


def vacancies_of(picture: Picture) -> tuple[Succession, ...]:
    """Bodies that need a successor, soonest first."""
    return _VACANCIES.of(picture)


def leavers_of_picture(site: Site, picture: Picture) -> list[Leaver]:
    """Everybody on the ladder, as `provisioner.lifecycle.ladder` has them. Raises `SettingsError`, `StateError`."""
    registry, prefix = picture.registry, person_key("")
    tied = TiedTo(site.database, site.network, site.target_names())
    accounts = (key.removeprefix(prefix) for key in tied.account_keys() if key.startswith(prefix))
    strangers = {one for one in accounts if one not in registry.people and one not in registry.blocked}
    return _ladder(site, picture, _CONCERNED.of(picture), strangers)


def leaver_of(site: Site, picture: Picture, person: str) -> Leaver | None:
    """Where one person of the registry stands; None: not leaving."""
    if person not in _CONCERNED.of(picture):
        return None
    return next(iter(_ladder(site, picture, frozenset((person,)), ())), None)


def _ladder(site: Site, picture: Picture, people: frozenset[str], strangers: Collection[str]) -> list[Leaver]:
    registry = picture.registry
    some = replace(registry, people={one: registry.people[one] for one in people})
    return list(ladder_of(site, some, picture.policy, picture.today, _held(site, {*people, *strangers})))


def _held(site: Site, people: Collection[str]) -> Mapping[str, list[Held]]:
    found: dict[str, list[Held]] = {}
    with site.targets() as targets:
        capabilities = {target.name: target.connector.capabilities() for target in targets}
    keys = {person_key(person): person for person in people}
    for one in TiedTo(site.database, site.network, capabilities.keys()).find(keys.keys(), (Kind.ACCOUNT,)):
        if not one.borrowed:
            held = Held(one.target, one.binding, capabilities[one.target])
            found.setdefault(keys[one.binding.id.key], []).append(held)
    return found
