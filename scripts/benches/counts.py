"""How many requests a run costs that has nothing to do. Exact counts, from the emulator's request log.

The goal: the pages of accounts and groups and 8 more; 2 for the lists of folders and conversations; one a conversation.
"""

from collections.abc import Iterator
from functools import partial
from math import ceil

from scripts.benches import bare
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.sites import Size, synchronised

# Two accounts (administrator, ours) and two groups (admin, provisioners) stand on every server besides these.
SIZES = {"70": Size(68, 9, 300), "1000": Size(998, 49, 6_000), "10000": Size(9_998, 249, 60_000)}
PAGE = 500


def _unchanged(name: str, size: Size, say: Say) -> Iterator[Figure]:
    """The more expensive of `readi plan` and `readi apply --yes`, by the size of the server."""
    say(f"nothing to do with {name} accounts …")
    made, server = synchronised(size)
    asked, written = [], 0
    for command in (("plan",), ("apply", "--yes")):
        server.empty_log()
        made.readi(*command)
        requests, writes = server.counts()
        asked.append(requests)
        written += writes
    there = bare.read(server.address)
    goal = ceil(there.accounts / PAGE) + ceil(there.groups / PAGE) + 8 + 2 + there.conversations
    holds = f"{there.accounts:,} accounts, {there.groups:,} groups, {there.conversations:,} folders and conversations"
    note = f"{holds}; plan {asked[0]}, apply {asked[1]}; baseline: the same read by a bare loop"
    yield Figure(f"main.unchanged_requests_{name}", max(asked), "requests", there.requests, goal, note)
    yield Figure(f"main.unchanged_writes_{name}", written, "writes", 0, 0, "plan and apply together")


for _name, _size in SIZES.items():
    bench(f"main.unchanged_requests_{_name}", f"main.unchanged_writes_{_name}")(partial(_unchanged, _name, _size))
