"""Networks of any size, made of invented people: the same arguments, the same network."""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from provisioner.model.registry import (
    Affiliation,
    Body,
    BodyKind,
    Membership,
    Organisation,
    OrganisationKind,
    Person,
    Registry,
    Role,
    Selector,
)

_GIVEN = (
    "Änne",
    "Björn",
    "Carla",
    "Deniz",
    "Emre",
    "Frauke",
    "Gül",
    "Hans-Jörg",
    "İlkay",
    "Jana",
    "Kübra",
    "Lars",
    "Mária",
    "Nuri",
    "Özlem",
    "Piotr",
)
_STARTS = (
    "Acker",
    "Birken",
    "Dorn",
    "Eichen",
    "Feld",
    "Garten",
    "Hof",
    "Insel",
    "Kirsch",
    "Linden",
    "Mühl",
    "Nuss",
    "Oster",
    "Quell",
    "Rosen",
    "Stein",
)
_ENDS = (
    "bauer",
    "brecht",
    "dorf",
    "egger",
    "fuß",
    "gruber",
    "hauser",
    "kamp",
    "lehner",
    "meier",
    "rieder",
    "schäfer",
    "thaler",
    "ulmer",
    "wälder",
    "zinner",
)
_PEOPLE_A_CITY = 1_000
_PEOPLE_A_FILE = 2_000


def build_registry(people: int, bodies: int, edges: int, seed: int = 1) -> Registry:
    """So many people and bodies; ``edges`` counts every place in a group, the moderators' groups included.

    The first body is the plenum with everybody in it; every other one has one moderator. Raises ValueError when
    that alone is more than ``edges``, or when the rest does not fit.
    """
    chance = random.Random(seed)
    cities = [
        Organisation(f"stadt-{number}", f"Stadt {number}", OrganisationKind.CITY, (f"stadt-{number}.example",))
        for number in range(max(1, people // _PEOPLE_A_CITY))
    ]
    ids = [f"p-{number:07d}" for number in range(people)]
    written = _memberships(ids, bodies, edges, chance)
    return Registry(
        network="redi",
        name="re@di",
        organisations={city.id: city for city in cities},
        people={
            identity: _person(identity, number, cities[number % len(cities)], written[number], chance)
            for number, identity in enumerate(ids)
        },
        bodies={body.id: body for body in _bodies(bodies, cities)},
    )


def _memberships(ids: list[str], bodies: int, edges: int, chance: random.Random) -> list[list[Membership]]:
    """By number of the person. Each body but the plenum has one moderator, who has a place in both its groups."""
    others, people = bodies - 1, len(ids)
    left = edges - people - 2 * others
    if left < 0 or left + others > others * people:
        raise ValueError(f"{edges} edges do not fit {people} people and {bodies} bodies")
    found: list[list[Membership]] = [[] for _ in ids]
    inside: list[set[int]] = [set() for _ in range(bodies)]
    shared = {number: (Membership(f"b-{number:05d}"), Membership(f"b-{number:05d}", Role.MODERATOR))
              for number in range(1, bodies)}  # fmt: skip
    for number in range(1, bodies):
        moderator = chance.randrange(people)
        inside[number].add(moderator)
        found[moderator].append(shared[number][1])
    while left:
        number, person = chance.randrange(1, bodies), chance.randrange(people)
        if person not in inside[number]:
            inside[number].add(person)
            found[person].append(shared[number][0])
            left -= 1
    return found


def _person(
    identity: str, number: int, city: Organisation, memberships: Iterable[Membership], chance: random.Random
) -> Person:
    given = chance.choice(_GIVEN)
    family = chance.choice(_STARTS) + chance.choice(_ENDS)
    return Person(
        id=identity,
        given_name=given,
        family_name=family,
        email=f"person-{number}@{city.domains[0]}",
        affiliations=(Affiliation(city.id),),
        memberships=tuple(memberships),
    )


def _bodies(count: int, cities: list[Organisation]) -> Iterator[Body]:
    yield Body("b-00000", "Plenum", BodyKind.PLENUM, selectors=(Selector(everybody=True),))
    for number in range(1, count):
        yield Body(f"b-{number:05d}", f"Thema {number}", BodyKind.PROJECT, lead=cities[number % len(cities)].id)


def write_registry(registry: Registry, folder: Path) -> None:
    """The registry as YAML files, as rangers would keep it: bodies in one, people in several."""
    folder.mkdir(parents=True, exist_ok=True)
    network = {"id": registry.network, "name": registry.name}
    organisations = [
        {"id": one.id, "name": one.name, "kind": str(one.kind), "domains": list(one.domains)}
        for one in registry.organisations.values()
    ]
    _write(folder / "network.yaml", {"network": network, "organisations": organisations})
    _write(folder / "bodies.yaml", {"bodies": [_body_entry(body) for body in registry.bodies.values()]})
    people = [_person_entry(person) for person in registry.people.values()]
    for start in range(0, len(people), _PEOPLE_A_FILE):
        content = {"people": people[start : start + _PEOPLE_A_FILE]}
        _write(folder / "people" / f"{start // _PEOPLE_A_FILE:03d}.yaml", content)


def _body_entry(body: Body) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": body.id, "name": body.name, "kind": str(body.kind)}
    if body.lead:
        entry["lead"] = body.lead
    if body.selectors:
        entry["members"] = [{"everybody": True}]
    return entry


def _person_entry(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "organisation": person.affiliations[0].organisation,
        "bodies": [
            one.body if one.role is Role.MEMBER else {"id": one.body, "role": str(one.role)}
            for one in person.memberships
        ],
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(content, file, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
