"""Short ways to say what was decided through the service."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from provisioner.model.enrolments import Ending, EnrolledBody, EnrolledMembership, EnrolledPerson, Enrolments
from provisioner.model.registry import Period, Person, Role
from provisioner.registry import load
from provisioner.registry.loading import Loaded
from tests.registry.conftest import Write

TODAY = date(2027, 3, 1)


def came(identity: str, name: str, email: str, organisation: str = "bretten", **more: Any) -> EnrolledPerson:
    given, _, family = name.rpartition(" ")
    return EnrolledPerson(identity, given, family, email, organisation, more.pop("joined", TODAY), **more)


OLE = came("p-ole", "Ole Ort", "ole@bretten.example")
BODY = EnrolledBody("pg-neu", {"id": "pg-neu", "name": "Neues", "kind": "project", "lead": "bretten", "join": "open"})


def place(
    person: str, body: str = "pg-sensorik", since: date | None = TODAY, until: date | None = None, **more: Any
) -> EnrolledMembership:
    return EnrolledMembership(person, body, Period(since, until), more.pop("role", Role.MEMBER), "p-mod")


def decided(
    people: Iterable[EnrolledPerson] = (),
    places: Iterable[EnrolledMembership] = (),
    endings: Iterable[tuple[str, date]] = (),
    bodies: Iterable[EnrolledBody] = (),
) -> Enrolments:
    return Enrolments(
        1,
        {one.id: one for one in people},
        tuple(places),
        {person: Ending(person, day, "p-admin") for person, day in endings},
        {one.id: one for one in bodies},
    )


def person_of(write: Write, identity: str, enrolments: Enrolments, **files: str) -> Person:
    return load(write(**files), enrolments=enrolments).registry.people[identity]


def codes(loaded: Loaded) -> list[str]:
    return [problem.what.code for problem in loaded.problems]
