"""The invented networks that other tests measure with are sound, and survive being written and loaded."""

from dataclasses import replace
from pathlib import Path

from provisioner.registry import load
from provisioner.registry.digest import digest
from tests.support.networks import build_registry, write_registry


def test_a_built_network_has_what_was_asked_for_and_is_the_same_every_time() -> None:
    registry = build_registry(people=300, bodies=20, edges=1000, seed=7)
    assert (len(registry.people), len(registry.bodies)) == (300, 20)
    assert sum(len(person.memberships) for person in registry.people.values()) == 1000
    assert registry == build_registry(people=300, bodies=20, edges=1000, seed=7)


def test_a_built_network_loads_from_yaml_as_it_was(tmp_path: Path) -> None:
    registry = build_registry(people=50, bodies=8, edges=120)
    loaded = load(write_registry(tmp_path, registry))
    assert loaded.problems == ()
    assert loaded.digest == digest(registry)
    people = {key: replace(person, origin=None) for key, person in loaded.registry.people.items()}
    assert people == registry.people
