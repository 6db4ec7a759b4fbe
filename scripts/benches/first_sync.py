"""What a first sync costs: writes, and its time beside a bare loop that does the same writes."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Final

from provisioner.model.registry import BodyKind
from scripts.benches import bare
from scripts.benches.children import EmulatorProcess
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.sites import Installation, Size, installation

SIZE = Size(1_000, 50, 6_000)
LATENCY = 0.05
TURNS = 2
WITHOUT_ROOMS: Final = {
    section: {"names": dict.fromkeys(map(str, BodyKind))} for section in ("folders", "conversations")
}
OURS: Final = "readi-provisioner"


@bench("main.first_sync_writes_account", "main.first_sync_writes_group")
def writes(say: Say) -> Iterator[Figure]:
    """Writes an account (its groups included), and a group."""
    say(f"first sync of {SIZE.people:,} people, without latency …")
    written, groups = _first_sync(SIZE)
    each = "the first sync has no other writes about them"
    yield Figure("main.first_sync_writes_account", written["account"].total() / SIZE.people, "writes", 1, 1, each)
    yield Figure("main.first_sync_writes_group", written["group"].total() / groups, "writes", 1, 1, each)


ROOMS: Final = Size(200, 40, 1_200)


@bench("rooms.first_sync_writes_folder", "rooms.first_sync_writes_conversation", "rooms.first_sync_writes_texts")
def rooms(say: Say) -> Iterator[Figure]:
    """Writes a team folder, a conversation, and the texts of a body that link its rooms; the dearest body's."""
    say(f"first sync of {ROOMS.bodies} bodies with their rooms, without latency …")
    written, _ = _first_sync(ROOMS)
    folders, layouts, conversations = written["folder"], written["layout"], written["conversation"]
    texts = [max(written[sort].values()) for sort in ("note", "description")]
    one = "writes"
    note = f"the dearest of {len(folders)}; {layouts.total() / len(folders):g} sub-folders each come on top; baseline: "
    least = "made, quota, advanced permissions, two groups and ours let in, the members' rights, the managers'"
    yield Figure("rooms.first_sync_writes_folder", max(folders.values()), one, 8, 10, note + least)
    moderators = f"{written['moderator'].total()} in {len(conversations)}"
    note = f"the dearest; one a moderator ({moderators}) comes on top; baseline: made, greeted"
    yield Figure("rooms.first_sync_writes_conversation", max(conversations.values()), one, 2, 3, note)
    note = "the dearest of all bodies; baseline: a description and a note"
    yield Figure("rooms.first_sync_writes_texts", sum(texts), one, 2, 2, note)


_SORTS: Final = (
    ("account", r"/cloud/users$"),
    ("group", r"/cloud/groups$"),
    ("folder", r"/groupfolders/folders(?:/(\d+))?"),
    ("layout", r"^MKCOL (.*)/[^/]*$"),
    ("note", r"^PUT (.*)/[^/]*\.md$"),
    ("description", r"/room/(\w+)/description$"),
    ("moderator", r"/room/(\w+)/moderators$"),
    ("conversation", r"/api/v4/room$|/room/(\w+)|/chat/(\w+)"),
    ("epoch", rf"/cloud/users/{OURS}$"),
)
"""What a write is about, by method and path, and which one."""


def _first_sync(size: Size) -> tuple[Mapping[str, Counter[str]], int]:
    """Writes by sort and object, and how many groups came of it. A creation counts for each of its sort.

    Raises RuntimeError when somebody is missing afterwards, or a write is of no known sort.
    """
    made = installation(size)
    with EmulatorProcess() as server:
        made.target(server.address)
        made.readi("apply", "--yes")
        log = [entry for entry in server.log() if entry["write"]]
        there = bare.read(server.address)
    if there.accounts - 2 != size.people:
        raise RuntimeError(f"{there.accounts - 2} accounts came of {size.people} people")
    written: dict[str, Counter[str]] = {sort: Counter() for sort, _ in _SORTS}
    created: Counter[str] = Counter()
    for entry in log:
        sort, which = _sorted(f"{entry['method']} {entry['path'].partition('?')[0]}")
        if which or sort in ("account", "group", "epoch"):
            written[sort][which] += 1
        else:
            created[sort] += 1
    for sort, count in created.items():
        if count != len(written[sort]):
            raise RuntimeError(f"{count} creations, {len(written[sort])} objects: {sort}")
        written[sort].update(list(written[sort]))
    return written, there.groups - 2  # admin, provisioners


def _sorted(write: str) -> tuple[str, str]:
    for sort, pattern in _SORTS:
        found = re.search(pattern, write)
        if found is not None:
            return sort, next((which for which in found.groups() if which), "")
    raise RuntimeError(f"a write of no known sort: {write}")


@bench("main.first_sync_ratio", "main.first_sync_ratio_whole")
def ratio(say: Say) -> Iterator[Figure]:
    """Accounts and groups alone."""
    found = _in_turns(say, SIZE, WITHOUT_ROOMS)
    speeds = f"{SIZE.people / found.apply:.1f} people a second, the bare loop {SIZE.people / found.loop:.1f}"
    note = f"the run itself; {found.writes:,} writes; {speeds}"
    yield Figure("main.first_sync_ratio", found.apply / found.loop, "times", 1, 1.10, note)
    whole = f"from the command's start to its end; {found.command:.1f} s, the bare loop {found.loop:.1f} s"
    yield Figure("main.first_sync_ratio_whole", found.command / found.loop, "times", 1, 1.10, whole)


@bench("rooms.first_sync_ratio")
def ratio_with_rooms(say: Say) -> Iterator[Figure]:
    """Few people and many bodies: rooms make most of the writes, and before some of them something is read."""
    found = _in_turns(say, ROOMS, {})
    note = (
        f"{ROOMS.people} people, {ROOMS.bodies} bodies with rooms: {found.writes:,} writes, {found.requests:,} requests"
    )
    yield Figure("rooms.first_sync_ratio", found.apply / found.loop, "times", 1, None, f"{note}; baseline: the writes")


@dataclass(frozen=True, slots=True)
class Turns:
    """Medians in seconds: of the run itself, the whole command, the bare loop; counts of one turn."""

    apply: float
    command: float
    loop: float
    writes: int
    requests: int


def _in_turns(say: Say, size: Size, policy: Mapping[str, object]) -> Turns:
    """`readi apply --yes` and a bare loop that does the same writes, each on a fresh emulator of its own."""
    made = installation(size)
    applies, commands, loops, writes, requests = [], [], [], 0, 0
    for turn in range(1, TURNS + 1):
        say(f"first sync of {size.people:,} people with {LATENCY * 1000:.0f} ms latency, turn {turn} of {TURNS} …")
        with EmulatorProcess() as server:
            made.target(server.address, policy=policy)
            server.slow_down(LATENCY)
            commands.append(made.readi("apply", "--yes").wall)
            applies.append(_seconds_of_run(made))
            requests, writes = server.counts()
            log = [entry for entry in server.log() if entry["write"]]
        say(f"  {applies[-1]:.1f} s ({commands[-1]:.1f} s with reading and planning); now the bare loop …")
        with EmulatorProcess(LATENCY) as server:
            loops.append(bare.write(server.address, log))
            if server.counts()[1] != writes:
                raise RuntimeError("the bare loop did not do the same writes")
        say(f"  {loops[-1]:.1f} s")
    return Turns(median(applies), median(commands), median(loops), writes, requests)


def _seconds_of_run(made: Installation) -> float:
    """How long the run took, as the history has it."""
    last = made.report("history")["runs"][0]
    if last["outcome"] != "done":
        raise RuntimeError(f"the run ended as {last['outcome']}")
    return (datetime.fromisoformat(last["ended"]) - datetime.fromisoformat(last["started"])).total_seconds()
