"""The order of files and of entries, comments and layout make no difference to the registry and its digest."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.registry import Registry
from provisioner.registry import Loaded, load
from tests.registry.conftest import Write

NAMES = st.sampled_from(["Änne", "Björn", "Zoë", "NO", "012", "O'Neill", "مريم", "null"])
PERSON = st.fixed_dictionaries(
    {"given_name": NAMES, "family_name": NAMES, "organisation": st.sampled_from(["o0", "o1", "nowhere"])},
    optional={
        "bodies": st.lists(st.sampled_from(["b0", "b1", {"id": "b2", "role": "moderator"}]), unique_by=str),
        "roles": st.lists(st.sampled_from(["ranger", "coordinator", "rangr"]), unique=True),
        "identities": st.lists(
            st.builds(lambda key: {"source": "keycloak", "key": key}, st.sampled_from(["k1", "k2", "k3"])), max_size=1
        ),
        "leaves": st.sampled_from(["2026-12-31", "tomorrow"]),
    },
)


def sections(people: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Every entry of a registry apart, as (section, entry)."""
    entries: list[tuple[str, Any]] = [("network", {"id": "n", "name": "N"})]
    entries += [("organisations", {"id": f"o{n}", "name": f"O{n}", "kind": "city"}) for n in range(2)]
    entries += [("bodies", {"id": f"b{n}", "name": f"B{n}", "kind": "project", "lead": "o0"}) for n in range(3)]
    for n, person in enumerate(people):
        entries.append(("people", {"id": f"p-{n}", "email": f"p{n // 2 if n == 1 else n}@o.example", **person}))
    return entries


def write_shuffled(folder: Path, entries: list[tuple[str, Any]], seed: int) -> None:
    """Throw the entries into some files in some order and layout."""
    dice = random.Random(seed)
    dice.shuffle(entries)
    files: list[dict[str, Any]] = [{} for _ in range(dice.randint(1, 4))]
    for section, entry in entries:
        file = dice.choice(files)
        if section == "network":
            file["network"] = entry
        else:
            file.setdefault(section, []).append(entry)
    for number, file in enumerate(files):
        text = yaml.safe_dump(deepcopied(file), allow_unicode=True, default_flow_style=dice.choice([True, False, None]))
        (folder / f"{dice.randint(0, 9)}{number}.yaml").write_text("# a comment\n" + text)


def deepcopied(file: dict[str, Any]) -> Any:
    """Without shared parts, for which PyYAML would write anchors."""
    return json.loads(json.dumps(file))


def without_origins(registry: Registry) -> Registry:
    def strip(things: Mapping[str, Any]) -> dict[str, Any]:
        return {key: replace(thing, origin=None) for key, thing in things.items()}

    return replace(
        registry,
        organisations=strip(registry.organisations),
        people=strip(registry.people),
        bodies=strip(registry.bodies),
    )


def load_shuffled(entries: list[tuple[str, Any]], seed: int) -> Loaded:
    with TemporaryDirectory() as folder:
        write_shuffled(Path(folder), list(entries), seed)
        return load(Path(folder))


@settings(deadline=None, max_examples=60)
@given(people=st.lists(PERSON, min_size=1, max_size=6), seeds=st.tuples(st.integers(), st.integers()))
def test_the_order_of_files_and_entries_makes_no_difference(
    people: list[dict[str, Any]], seeds: tuple[int, int]
) -> None:
    one, other = (load_shuffled(sections(people), seed) for seed in seeds)
    assert without_origins(one.registry) == without_origins(other.registry)
    assert one.digest == other.digest
    assert sorted(p.what.code for p in one.problems) == sorted(p.what.code for p in other.problems)
    assert len(one.registry.people) + sum(blocked.startswith("p-") for blocked in one.registry.blocked) == len(people)


def test_any_content_makes_another_digest(write: Write) -> None:
    before = load(write()).digest
    changed = {
        load(write(network="network: {id: redi, name: redi}\n")).digest,
        load(write(bodies="bodies: [{id: pg-sensorik, name: Sensoren, kind: project}]\n")).digest,
        load(write(bodies="bodies: [{id: pg-sensorik, name: Sensorik, kind: unknown}]\n")).digest,
    }
    assert len(changed | {before}) == 4


def test_comments_and_layout_make_no_other_digest(write: Write) -> None:
    before = load(write()).digest
    folder = write(bodies="bodies: [{join: open, lead: bretten, kind: project, name: 'Sensorik', id: pg-sensorik}]\n")
    (folder / "network.yaml").write_text("# ours\nnetwork:\n\n  name: re@di  # with an at\n  id: redi\n")
    assert load(folder).digest == before
