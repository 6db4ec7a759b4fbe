"""How many requests and minutes a forum costs that takes 60 requests a minute.

Exact counts on the emulator, whose clock passes as the connector waits. The goal of an unchanged sync of P people, g
groups of ours among G, and B categories: ⌈G/36⌉ + ⌈P/100⌉ + g + 2B + 4 requests.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import ceil
from typing import Final

import requests
from pydantic import SecretStr

from connectors.discourse.client import REQUESTS
from connectors.discourse.connector import DiscourseConnector
from connectors.discourse.emulator import KEY, USER, DiscourseEmulator
from connectors.discourse.settings import DiscourseSettings
from connectors.kit.bench import Bench
from provisioner.model.ports import Interest, Wiring
from provisioner.model.resources import Kind, ResourceId
from provisioner.transport.gate import WriteGate
from provisioner.transport.ledger import MemoryRates, RateLedger
from scripts.benches.figures import Figure, Say, bench

PEOPLE: Final = 1_000
GROUPS: Final = 60
FOREIGN: Final = 20
CATEGORIES: Final = 45
TURNS: Final = 4
NEW: Final = 200
_KINDS: Final = frozenset({Kind.ACCOUNT, Kind.GROUP, Kind.FORUM_CATEGORY})


@bench("forum.unchanged_requests", "forum.unchanged_minutes", "forum.rotated_requests")
def unchanged(say: Say) -> Iterator[Figure]:
    """An observation of all that is ours, with nothing to do; and a quarter of it."""
    say(f"a forum of {PEOPLE:,} people, {GROUPS} groups and {CATEGORIES} categories of ours …")
    with DiscourseEmulator() as emulator:
        ours = _filled(emulator)
        shown = len(emulator.world.groups) - 1  # all but "everyone", which no list holds
        goal = ceil(shown / 36) + ceil(PEOPLE / 100) + GROUPS + 2 * CATEGORIES + 4
        with _connected(emulator) as connector:
            started = emulator.clock.monotonic()
            connector.observe(_KINDS, Interest(bound=ours))
            minutes = (emulator.clock.monotonic() - started) / 60
            asked = len(emulator.log.requests)
            emulator.log.clear()
            containers = sorted(one for one in ours if one[0] is not Kind.ACCOUNT)
            skipped = frozenset(one for number, one in enumerate(containers) if number % TURNS)
            connector.observe(_KINDS, Interest(bound=ours, skip=skipped))
            turn = len(emulator.log.requests)
        naive = _naively(emulator, ours)
    what = f"{PEOPLE:,} people, {GROUPS} groups of ours among {shown}, {CATEGORIES} categories"
    yield Figure("forum.unchanged_requests", asked, "requests", naive, goal, f"{what}; baseline: one each")
    words = "the same at 60 a minute; baseline: one request each"
    yield Figure("forum.unchanged_minutes", minutes, "minutes", naive / 60, goal / 60, words)
    words = f"the same, a {TURNS}th of groups and categories a run; baseline: all in one"
    yield Figure("forum.rotated_requests", turn, "requests", asked, ceil(goal / 2), words)


@bench("forum.first_sync_minutes", "forum.first_sync_mails")
def first_sync(say: Say) -> Iterator[Figure]:
    """What a plan says beforehand of accounts to make and to put into a group, and what it takes."""
    say(f"making {NEW} accounts in a forum …")
    with DiscourseEmulator() as emulator:
        emulator.world.site.send_welcome_message = False
        with Bench(lambda _, wiring: _connector(emulator, wiring, welcomes=False), emulator.clock) as made:
            group = ResourceId(Kind.GROUP, "body:pg")
            people = [ResourceId(Kind.ACCOUNT, f"person:{number}") for number in range(NEW)]
            creating = [
                made.create(one, f"user.{number}", {"email": f"u{number}@stadt.example", "login_id": f"sub-{number}"})
                for number, one in enumerate(people)
            ]
            grouped = made.create(group, "PG_Sensorik", {"display_name": "Sensorik"})
            steps = made.compile(grouped, *creating, made.join(group, "PG_Sensorik", *people))
            limit, window = made.connector.capabilities().limits[REQUESTS]
            told = sum(step.cost.limited[REQUESTS] for step in steps) * window / limit / 60
            mails = sum(step.cost.mails for step in steps)
            started = emulator.clock.monotonic()
            for step in steps:
                made.perform(step)
            taken = (emulator.clock.monotonic() - started) / 60
        sent = len(emulator.mails)
    words = f"{NEW} accounts into one group, at 60 requests a minute; baseline: as told beforehand"
    yield Figure("forum.first_sync_minutes", taken, "minutes", told, told + 1, words)
    yield Figure("forum.first_sync_mails", sent, "mails", mails, 0, "that were sent; baseline: as told beforehand")


def _filled(emulator: DiscourseEmulator) -> frozenset[tuple[Kind, str]]:
    """All that is there and ours."""
    world = emulator.world
    for number in range(PEOPLE):
        world.add_user(f"user{number:05}", f"user{number}@stadt.example")
    members = [one.id for one in world.users.values() if one.is_human]
    groups = [world.add_group(f"PG_{number}", *members[number::GROUPS]) for number in range(GROUPS)]
    for number in range(FOREIGN):
        world.add_group(f"andere{number}")
    parent = world.add_category("Projektgruppen", {one.id: 3 for one in groups})
    for number in range(CATEGORIES - 1):
        world.add_category(f"PG {number}", {groups[number].id: 1}, parent.id)
    containers = {(Kind.GROUP, str(one.id)) for one in groups}
    places = {(Kind.FORUM_CATEGORY, str(one)) for one in world.categories}
    return frozenset({(Kind.ACCOUNT, str(one)) for one in members} | containers | places)


def _connector(emulator: DiscourseEmulator, wiring: Wiring, **more: bool) -> DiscourseConnector:
    """One that waits for its turn by the emulator's clock."""
    settings = DiscourseSettings.model_validate({"url": emulator.url, "token": SecretStr(KEY), **more})
    ledger = RateLedger(MemoryRates(), settings.identity(), settings.user, emulator.clock)
    return DiscourseConnector("forum", settings, Wiring(wiring.gate, emulator.clock, ledger))


@contextmanager
def _connected(emulator: DiscourseEmulator) -> Iterator[DiscourseConnector]:
    gate = WriteGate()
    connector = _connector(emulator, Wiring(gate, emulator.clock, RateLedger(MemoryRates(), "", "", emulator.clock)))
    try:
        yield connector
    finally:
        connector.close()


def _naively(emulator: DiscourseEmulator, ours: frozenset[tuple[Kind, str]]) -> int:
    """Requests of a loop that reads everything of ours by itself; sent, and counted."""
    emulator.world.site.per_minute = None
    emulator.log.clear()
    headers: Mapping[str, str] = {"Api-Key": KEY, "Api-Username": USER}
    world = emulator.world
    paths = {
        Kind.ACCOUNT: lambda one: [f"/admin/users/{one}.json"],
        Kind.GROUP: lambda one: [f"/groups/by-id/{one}.json", f"/groups/{world.groups[int(one)].name}/members.json"],
        Kind.FORUM_CATEGORY: lambda one: [f"/c/{one}/show.json", f"/t/{world.categories[int(one)].topic}.json"],
    }
    with requests.Session() as session:
        session.trust_env = False
        for kind, remote_id in sorted(ours):
            for path in paths[kind](remote_id):
                session.get(f"{emulator.url}{path}", headers=headers, timeout=30).raise_for_status()
    return len(emulator.log.requests)
