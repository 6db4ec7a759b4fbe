"""Where people log in elsewhere, an account is theirs by its name: never by an address, hardly by another case."""

from dataclasses import replace

import pytest

from provisioner.model.resources import Kind
from tests.support.planning import World, capabilities, noticed, person, told

ERIKA = person("p1", "Erika Muster")


def world(*, exact: bool = False, name: str = "", email: str | None = "p1@bretten.example") -> World:
    """One account stands there; ``exact``: its backend tells letters by their case."""
    able = replace(capabilities(), named_by_login=True, canonical_name=lambda _, name: name.lower())
    made = World(capabilities=able)
    made.put(ERIKA)
    remote_id = made.server.add(Kind.ACCOUNT, name, email=email, display_name="Erika Muster")
    remote = made.server.objects[Kind.ACCOUNT][remote_id]
    made.server.objects[Kind.ACCOUNT][remote_id] = replace(remote, exact=exact)
    return made


def test_one_that_only_has_the_address_is_disputed_and_no_second_one_is_made() -> None:
    plan = world(name="emuster").plan()
    assert noticed(plan) == [("person:p1", "planning.other_name_at_login")]
    assert not any("person:p1" in line for line in told(plan))


def test_the_same_without_such_a_login_is_taken_over_once_a_ranger_agrees() -> None:
    made = world(name="emuster")
    made.capabilities = replace(made.capabilities, named_by_login=False)
    assert told(made.plan())[0] == "adopt person:p1 (queued)"


@pytest.mark.parametrize("exact", [True, False])
def test_one_of_the_very_name_is_hers(exact: bool) -> None:
    assert told(world(name="erika.muster", exact=exact).plan())[0] == "adopt person:p1 (queued)"


def test_one_in_another_case_is_hers_where_case_means_nothing() -> None:
    assert told(world(name="ERIKA.muster").plan())[0] == "adopt person:p1 (queued)"


def test_one_in_another_case_is_not_hers_where_it_means_another() -> None:
    assert told(world(name="ERIKA.muster", exact=True, email=None).plan())[0] == "create person:p1"


def test_one_in_another_case_with_her_address_is_somebody_to_ask_about() -> None:
    plan = world(name="ERIKA.muster", exact=True).plan()
    assert noticed(plan) == [("person:p1", "planning.other_name_at_login")]
