"""How many requests a NodeBB is sent. Exact counts on the emulator.

Goals: a body complete in 25 requests (75 without a locked template to copy), members apart.
"""

from collections.abc import Iterator
from typing import Final

from pydantic import SecretStr

from connectors.kit.bench import TARGET, WHY, Bench
from connectors.nodebb.connector import NodeBBConnector
from connectors.nodebb.emulator import PROVIDER, TOKEN, NodeBBEmulator
from connectors.nodebb.settings import NodeBBSettings
from provisioner.model.changes import Change, Write
from provisioner.model.ports import Interest
from provisioner.model.resources import EdgeRole, Kind, LateText, ResourceId
from scripts.benches.figures import Figure, Say, bench

PEOPLE: Final = 1_000
BODIES: Final = 45
_ALONE: Final = 2 + 1 + 32 + 8 + 11 + 1 + 2
"""Requests for a body whose category is locked by hand: groups, a category, what everybody has of it taken away, what
two groups get, its name, its topic."""


@bench("nodebb.body_requests", "nodebb.first_body_requests", "nodebb.unchanged_requests")
def forum(say: Say) -> Iterator[Figure]:
    """Bodies made one after another; then a look at all of them, with their people."""
    say(f"a NodeBB of {PEOPLE:,} people and {BODIES} bodies …")
    with NodeBBEmulator() as emulator:
        settings = NodeBBSettings(url=emulator.url, token=SecretStr(TOKEN), login_provider=PROVIDER)
        with Bench(lambda name, wiring: NodeBBConnector(name, settings, wiring), emulator.clock) as made:
            made.observe()
            asked = []
            for number in range(BODIES):
                before = len(emulator.log.requests)
                made.apply(*_body(made, number))
                made.apply(_topic(number))
                asked.append(len(emulator.log.requests) - before)
            groups = [group for group in emulator.world.groups.values() if not group.system]
            for number in range(PEOPLE):
                user = emulator.world.add_user(f"user{number}", email=f"u{number}@stadt.example", confirmed=True)
                groups[number % len(groups)].members[user.uid] = None
            emulator.log.clear()
            bound = frozenset((identity.kind, remote_id) for identity, remote_id in made.ids.items())
            keys = {(identity.kind, remote_id): identity.key for identity, remote_id in made.ids.items()}
            made.observe(interest=Interest(bound=bound, keys=keys))
            unchanged = len(emulator.log.requests)
    first, rest = asked[0], max(asked[1:])
    words = "two groups, category, rights, moderators, topic; baseline: locked by hand"
    yield Figure("nodebb.body_requests", rest, "requests", _ALONE, 25, words)
    yield Figure("nodebb.first_body_requests", first, "requests", _ALONE, 75, "the same, with the template; made once")
    naive = PEOPLE + 2 * len(groups) + 3 * BODIES
    words = f"{PEOPLE:,} people, {len(groups)} groups, {BODIES} categories; baseline: one each"
    yield Figure("nodebb.unchanged_requests", unchanged, "requests", naive, None, words)


def _body(made: Bench, number: int) -> list[Change]:
    members, chiefs, category = _ids(number)
    name = f"PG {number}"
    return [
        made.create(members, f"PG_{number}", {}),
        made.create(chiefs, f"PG_{number}-Administratoren", {}),
        made.create(category, name, {"parent": "", "open": False, "description": "Zweck"}),
        made.join(category, name, members, role=EdgeRole.WRITER),
        made.join(category, name, chiefs, role=EdgeRole.MANAGER),
    ]


def _topic(number: int) -> Change:
    category = _ids(number)[2]
    words = f"Wozu es PG {number} gibt\n\nZweck\n\nreadi:{category.key}"
    lines = LateText(tuple((line,) for line in words.split("\n")))
    return Write(
        target=TARGET,
        id=category,
        name=f"PG {number}",
        reason=WHY,
        field="first_topic",
        text=lines,
        before=None,
        written=words,
    )


def _ids(number: int) -> tuple[ResourceId, ResourceId, ResourceId]:
    key = f"body:pg-{number}"
    return (
        ResourceId(Kind.GROUP, key),
        ResourceId(Kind.GROUP, f"{key}:administrators"),
        ResourceId(Kind.FORUM_CATEGORY, key),
    )
