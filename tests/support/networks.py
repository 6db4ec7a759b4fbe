"""Invented networks of any size, for tests and measurements. The same numbers and seed give the same network."""

import json
import random
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from provisioner.model.ports import Capabilities
from provisioner.model.registry import (
    Affiliation,
    Body,
    BodyKind,
    JoinMode,
    Membership,
    Organisation,
    OrganisationKind,
    Person,
    Registry,
    Role,
    Selector,
)
from provisioner.model.resources import Desired

CITIES: Final = (
    "Baden-Baden",
    "Bretten",
    "Bruchsal",
    "Bühl",
    "Ettlingen",
    "Gaggenau",
    "Rastatt",
    "Rheinstetten",
    "Stutensee",
)
GIVEN: Final = (
    "Änne",
    "Björn",
    "Clara",
    "Dörte",
    "Emre",
    "Fatma",
    "Günter",
    "Hülya",
    "Ivo",
    "Jörg",
    "Käthe",
    "Lars",
    "Mia",
    "Noé",
    "Özlem",
    "Paul",
)
FAMILY: Final = (
    "Müller",
    "Weiß",
    "O'Hara",
    "Süß-Krämer",
    "Yilmaz",
    "Groß",
    "d'Angelo",
    "Köhler",
    "Schäfer",
    "Öztürk",
    "Nguyễn",
    "Höß",
    "Kurz",
    "Vogt",
    "Bär",
    "Lang",
)
_LETTERS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_CORE_BODIES: Final = 3
_PEOPLE_A_FILE: Final = 2_000


def build_registry(people: int, bodies: int, edges: int, seed: int = 1) -> Registry:
    """A network of nine cities in memory.

    ``edges`` written memberships are spread evenly; three of the ``bodies`` (if there are as many) are a plenum, a
    circle of moderators and the rangers, whose members come by selector on top.
    """
    dice = random.Random(seed)
    organisations = {one.id: one for one in map(_city, CITIES)}
    places = list(organisations)
    known_bodies = {one.id: one for one in _bodies(bodies, places, dice)}
    joinable = [body for body in known_bodies if body.startswith("pg-")]
    as_member = [Membership(body) for body in joinable]  # shared: a million memberships are only references
    as_moderator = [Membership(body, Role.MODERATOR) for body in joinable]
    affiliations = {
        (place, roles): (Affiliation(place, roles),)
        for place in places
        for roles in (frozenset[Role](), frozenset({Role.COORDINATOR}), frozenset({Role.DIGITAL_GUIDE}))
    }
    ranger = frozenset({Role.RANGER})
    nothing = frozenset[Role]()
    each, more = divmod(edges, people) if people and joinable else (0, 0)
    known_people: dict[str, Person] = {}
    for number in range(people):
        person_id = f"p-{number:07d}"
        place = places[number % len(places)]
        given, family = dice.choice(GIVEN), dice.choice(FAMILY)
        count = min(each + (number < more), len(joinable))
        chosen = dice.sample(range(len(joinable)), count) if count else []
        first = 0 if number % 20 == 0 else -1
        roles = nothing
        if number % 40 == 1:
            roles = frozenset({Role.COORDINATOR})
        elif number % 40 == 2:
            roles = frozenset({Role.DIGITAL_GUIDE})
        known_people[person_id] = Person(
            id=person_id,
            given_name=given,
            family_name=family,
            email=f"{_ascii(given)}.{_ascii(family)}.{number}@{place}.example",
            affiliations=affiliations[place, roles],
            roles=ranger if number % 500 == 0 else nothing,
            memberships=tuple(
                (as_moderator if position == first else as_member)[index]
                for position, index in enumerate(sorted(chosen))
            ),
        )
    return Registry("bench", "Messnetz", organisations=organisations, people=known_people, bodies=known_bodies)


def _city(name: str) -> Organisation:
    place = _ascii(name)
    return Organisation(place, f"Stadt {name}", OrganisationKind.CITY, (f"{place}.example",))


def _bodies(count: int, places: list[str], dice: random.Random) -> list[Body]:
    core = (
        Body("plenum", "Plenum", BodyKind.PLENUM, selectors=(Selector(roles=frozenset({Role.COORDINATOR})),)),
        Body(
            "moderation", "Moderation", BodyKind.CIRCLE, selectors=(Selector(body_roles=frozenset({Role.MODERATOR})),)
        ),
        Body("rangers", "Ranger", BodyKind.RANGERS, selectors=(Selector(roles=frozenset({Role.RANGER})),)),
    )
    if count < _CORE_BODIES:
        return list(core[:count])
    groups = [
        Body(f"pg-{n:05d}", f"Projektgruppe {n}", BodyKind.PROJECT, lead=dice.choice(places), join=JoinMode.OPEN)
        for n in range(count - _CORE_BODIES)
    ]
    return [*core, *groups]


def _ascii(text: str) -> str:
    return "".join(
        letter
        for letter in text.lower().translate(_LETTERS)
        if (letter.isascii() and letter.isalnum()) or letter == "-"
    )


def write_registry(folder: Path, registry: Registry) -> Path:
    """Write a registry as a folder of YAML files, some thousand people a file. Returns the folder."""
    (folder / "people").mkdir(parents=True, exist_ok=True)
    network = {"id": registry.network, "name": registry.name, "time_zone": registry.time_zone}
    _write(folder / "network.yaml", "network: " + json.dumps({**network, "language": registry.language}))
    _write_list(
        folder / "organisations.yaml", "organisations", [_organisation(o) for o in registry.organisations.values()]
    )
    _write_list(folder / "bodies.yaml", "bodies", [_body(body) for body in registry.bodies.values()])
    people = [_person(person) for person in registry.people.values()]
    for start in range(0, len(people), _PEOPLE_A_FILE):
        file = folder / "people" / f"{start // _PEOPLE_A_FILE:04d}.yaml"
        _write_list(file, "people", people[start : start + _PEOPLE_A_FILE])
    return folder


def _write_list(path: Path, section: str, entries: list[dict[str, Any]]) -> None:
    """As people write it: a field a line; what is below a field as JSON, which is YAML too."""
    lines = [f"{section}:"]
    for entry in entries:
        dash = "  - "
        for name, value in entry.items():
            if value not in (None, [], "", {}):
                lines.append(f"{dash}{name}: {json.dumps(value, ensure_ascii=False, default=str)}")
                dash = "    "
    _write(path, "\n".join(lines))


def _write(path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")


def _dates(since: date | None, until: date | None) -> dict[str, str]:
    days = {"since": since, "until": until}
    return {name: day.isoformat() for name, day in days.items() if day is not None}


def _organisation(one: Organisation) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "kind": str(one.kind),
        "domains": list(one.domains),
        "part_of": one.part_of,
        "joined": one.period.since,
        "leaves": one.period.until,
    }


def _body(one: Body) -> dict[str, Any]:
    overrides = {name: getattr(one.overrides, name) for name in one.overrides.__slots__}
    meetings = one.meetings
    return {
        "id": one.id,
        "name": one.name,
        "kind": str(one.kind),
        "purpose": one.purpose,
        "lead": one.lead,
        "join": str(one.join),
        "members": [_selector(selector) for selector in one.selectors],
        "meetings": {name: value for name in meetings.__slots__ if (value := getattr(meetings, name)) is not None}
        if meetings
        else None,
        "archived": one.archived_on,
        "overrides": {name: value for name, value in overrides.items() if value is not None},
    }


def _selector(one: Selector) -> dict[str, Any]:
    lists = ("roles", "organisations", "organisation_kinds", "bodies", "body_roles")
    return {
        **{name: sorted(getattr(one, name)) for name in lists if getattr(one, name)},
        **({"everybody": True} if one.everybody else {}),
        **({"as_role": str(one.as_role)} if one.as_role is not Role.MEMBER else {}),
    }


def _person(one: Person) -> dict[str, Any]:
    return {
        "id": one.id,
        "given_name": one.given_name,
        "family_name": one.family_name,
        "email": one.email,
        "affiliations": [
            {
                "organisation": stay.organisation,
                **({"roles": sorted(stay.roles)} if stay.roles else {}),
                **_dates(stay.period.since, stay.period.until),
            }
            for stay in one.affiliations
        ],
        "roles": sorted(one.roles - {Role.GUEST}),
        "bodies": [
            {"id": membership.body, "role": str(membership.role), **dates}
            if (dates := _dates(membership.period.since, membership.period.until)) or membership.role is not Role.MEMBER
            else membership.body
            for membership in one.memberships
        ],
        "identities": [{"source": identity.source, "key": identity.key} for identity in one.identities],
        "user_id": one.user_id,
        "language": one.language,
        "joined": one.period.since,
        "leaves": one.period.until,
        "absences": [_dates(absence.since, absence.until) for absence in one.absences],
        "guest": {"sponsor": one.guest.sponsor, "until": one.guest.until.isoformat()} if one.guest else None,
    }


def held(wanted: Desired, capabilities: Capabilities) -> Desired:
    """What of it such a target can hold."""
    return replace(
        wanted,
        resources={one: what for one, what in wanted.resources.items() if one.kind in capabilities.fields},
        edges={seats: who for seats, who in wanted.edges.items() if seats.container.kind in capabilities.fields},
    )
