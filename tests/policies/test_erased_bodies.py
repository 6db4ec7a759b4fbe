"""What was erased is not wanted anew for as long as its entry still stands in the registry."""

from dataclasses import replace

from policies.desire import Assigned, desire
from policies.document import Policy
from provisioner.model.registry import Body, BodyKind, Membership, Person, Registry
from tests.support.planning import TODAY, YESTERDAY

ARCHIVED = Body("pg-x", "Sensorik", BodyKind.PROJECT, archived_on=YESTERDAY)
NOTHING = Assigned()
READER = Person("p-ada", "Ada", "Muster", "ada@bretten.example", memberships=(Membership("pg-x"),))


def keys(registry: Registry, assigned: Assigned = NOTHING) -> set[str]:
    wanted = desire(registry, Policy(), TODAY, assigned).resources
    return {str(identity) for identity in wanted if identity.key.startswith("body:")}


def test_an_archived_body_of_which_nothing_is_left_gets_nothing() -> None:
    registry = Registry("redi", "re@di", bodies={"pg-x": ARCHIVED})
    assert keys(registry) == set()
    active = replace(ARCHIVED, archived_on=None)
    assert "group/body:pg-x" in keys(replace(registry, bodies={"pg-x": active}))


def test_an_archived_body_keeps_what_it_has_and_its_readers_theirs() -> None:
    registry = Registry("redi", "re@di", bodies={"pg-x": ARCHIVED})
    assert "group/body:pg-x" in keys(registry, Assigned(groups={"body:pg-x": "PG_Sensorik"}))
    assert "group/body:pg-x" in keys(registry, Assigned(conversations={"body:pg-x": "PG Sensorik"}))
    assert "group/body:pg-x" in keys(replace(registry, people={"p-ada": READER}))
