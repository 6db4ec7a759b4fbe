"""Whom the console's list of people shows: found by words and filters, in an index made once a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from policies.membership import Standing
from provisioner.app.pages.paging import OncePerPicture
from provisioner.app.picture import Picture, sorted_as
from provisioner.model.registry import Organisation, Person

NO_ORGANISATION: Final = "none"
"""As a filter: people who are in no organisation today (guests). No id of the registry has so few letters."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list."""

    person: Person
    organisations: tuple[Organisation, ...]
    """Those in which the person is today, by name."""
    standing: Standing
    bodies: frozenset[str]
    """Ids of the bodies that the person is in, by whatever way."""
    words: str
    """All that can be searched for, in small letters."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; empty fields ask for nothing."""

    words: str = ""
    """All of them have to be found in name, address, id, organisations' or bodies' names."""
    organisation: str = ""
    """Id of an organisation, or `NO_ORGANISATION`."""
    body: str = ""
    standing: Standing | None = None


class People:
    """All people of one picture, by family name."""

    def __init__(self, picture: Picture) -> None:
        registry = picture.registry
        bodies_of = _bodies_of(picture)
        names = {body.id: body.name.casefold() for body in registry.bodies.values()}
        standings, nowhere = picture.belongings.standings, frozenset[str]()
        shown = []
        for person in registry.people.values():
            bodies = bodies_of.get(person.id, nowhere)
            found = (registry.organisations[one] for one in picture.organisations_of(person.id))
            organisations = tuple(sorted(found, key=lambda one: one.name))
            words = [person.display_name, person.email, person.id, *(one.name for one in organisations)]
            text = "\n".join(words).casefold() + "\n" + "\n".join(map(names.__getitem__, bodies))
            shown.append(Listed(person, organisations, standings[person.id], bodies, text))
        shown.sort(key=lambda one: (sorted_as(one.person.family_name), sorted_as(one.person.given_name), one.person.id))
        self.all: Sequence[Listed] = shown

    def find(self, wanted: Wanted, only: frozenset[str] | None = None) -> list[Listed]:
        """Who fits. ``only``: of these organisations' people alone."""
        words = wanted.words.casefold().split()
        return [
            one
            for one in self.all
            if (only is None or any(each.id in only for each in one.organisations))
            and (wanted.standing is None or one.standing is wanted.standing)
            and (not wanted.body or wanted.body in one.bodies)
            and (not wanted.organisation or _is_of(one, wanted.organisation))
            and all(word in one.words for word in words)
        ]


def _bodies_of(picture: Picture) -> Mapping[str, frozenset[str]]:
    """By person."""
    found: dict[str, list[str]] = {}
    for body, belonging in picture.belongings.of_bodies().items():
        for person in belonging.members:
            found.setdefault(person, []).append(body)
    return {person: frozenset(bodies) for person, bodies in found.items()}


def _is_of(one: Listed, organisation: str) -> bool:
    if organisation == NO_ORGANISATION:
        return not one.organisations
    return any(each.id == organisation for each in one.organisations)


PEOPLE: Final = OncePerPicture(People)
"""The index of each network's newest picture."""
