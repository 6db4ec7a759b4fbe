"""What `--only` costs in a network of ten thousand. Exact counts, from the emulator's request log."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from scripts.benches.children import EmulatorProcess
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.sites import Installation, Size, brought

SIZE: Final = Size(9_998, 249, 60_000)
BODY: Final = "pg-00042"
CHANGED: Final = 8
"""So many come into the body, three of them as moderators; then the same number of them leave it again."""
OVER: Final = "2020-01-31"


@bench(
    "rooms.only_body_requests_unchanged",
    "rooms.only_body_requests",
    "rooms.only_person_requests_unchanged",
    "rooms.only_person_requests",
)
def narrow(say: Say) -> Iterator[Figure]:
    """`readi apply --yes --only ID`, each beside a whole run with nothing to do."""
    say(f"bringing {SIZE.people:,} people and {SIZE.bodies} bodies to a server …")
    made, server = brought(SIZE)
    site = _Site(made, server)
    whole = site.requests("plan")
    note = f"{SIZE.people:,} people, {SIZE.bodies} bodies; baseline: a whole plan"

    def figure(what: str, value: int, goal: int, words: str) -> Figure:
        return Figure(f"rooms.only_{what}", value, "requests", whole, goal, f"{words}; {note}")

    say("one body …")
    yield figure("body_requests_unchanged", site.requests("apply", "--yes", "--only", BODY), 15, "nothing to do")
    people = site.people_outside(BODY, CHANGED)
    roles = ["moderator" if number < CHANGED * 3 // 8 else "member" for number in range(CHANGED)]
    worst = 0
    for period in ({}, {"until": OVER}):
        for person, role in zip(people, roles, strict=True):
            site.change(person, {"id": BODY, "role": role, **period})
        worst = max(worst, site.requests("apply", "--yes", "--only", BODY))
    leading = roles.count("moderator")
    words = f"{CHANGED} members come, {leading} of them as moderators, or leave"
    yield figure("body_requests", worst, 15 + CHANGED + leading, words)
    site.check_done(BODY)

    say("one person …")
    person, bodies = site.somebody(6)
    goal = 4 + 2 * bodies
    unchanged = site.requests("apply", "--yes", "--only", person)
    yield figure("person_requests_unchanged", unchanged, goal, f"nothing to do, in {bodies} bodies")
    site.change(person, {"id": BODY})
    value = site.requests("apply", "--yes", "--only", person)
    yield figure("person_requests", value, goal + 2, f"comes into a body, as the {bodies + 1}th")
    site.check_done(person)


def _body(membership: Any) -> str:
    found: str = membership["id"] if isinstance(membership, dict) else membership
    return found


@dataclass(frozen=True, slots=True)
class _Site:
    made: Installation
    server: EmulatorProcess

    def requests(self, *command: str) -> int:
        """How many a command costs, which must end well."""
        self.server.empty_log()
        self.made.readi(*command)
        return self.server.counts()[0]

    def check_done(self, only: str) -> None:
        """Raises RuntimeError unless there is nothing to do about it any more."""
        self.made.readi("plan", "--only", only)

    def people_outside(self, body: str, count: int) -> list[str]:
        """Ids of people who are not in this body."""
        found = [one["id"] for _, _, one in self._people() if body not in str(one.get("bodies", []))]
        return found[-count:]

    def somebody(self, bodies: int) -> tuple[str, int]:
        """A plain member of so many bodies, and of no other."""
        return next(
            (one["id"], bodies)
            for _, _, one in self._people()
            if not one.get("roles") and "role" not in str(one) and len(one.get("bodies", [])) == bodies
        )

    def change(self, person: str, membership: dict[str, str]) -> None:
        """Give somebody this membership, in the place of another one in the same body."""
        for path, document, one in self._people():
            if one["id"] == person:
                others = [held for held in one.get("bodies", []) if _body(held) != membership["id"]]
                one["bodies"] = [*others, membership]
                path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8")
                return
        raise RuntimeError(f"there is no {person}")

    def _people(self) -> Iterator[tuple[Path, Any, dict[str, Any]]]:
        for path in sorted((self.made.folder / "registry" / "people").glob("*.yaml")):
            document = yaml.load(path.read_bytes(), yaml.CSafeLoader)
            for one in document["people"]:
                yield path, document, one
