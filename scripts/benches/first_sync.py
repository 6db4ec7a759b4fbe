"""What a first sync costs: writes, and its time beside a bare loop that does the same writes."""

from collections.abc import Iterator
from datetime import datetime
from statistics import median

from scripts.benches import bare
from scripts.benches.children import EmulatorProcess
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.sites import Installation, Size, installation

SIZE = Size(1_000, 50, 6_000)
LATENCY = 0.05
TURNS = 2


@bench("main.first_sync_writes_account", "main.first_sync_writes_group")
def writes(say: Say) -> Iterator[Figure]:
    """Writes an account (its groups included), and a group."""
    say(f"first sync of {SIZE.people:,} people, without latency …")
    made = installation(SIZE)
    with EmulatorProcess() as server:
        made.target(server.address)
        made.readi("apply", "--yes")
        log = [entry for entry in server.log() if entry["write"]]
        accounts, groups, _, _ = bare.read(server.address)
    groups -= 2  # admin, provisioners
    of_groups = sum(1 for entry in log if "/cloud/groups" in entry["path"])
    each = "the first sync has no other writes"
    if accounts - 2 != SIZE.people:
        raise RuntimeError(f"{accounts - 2} accounts came of {SIZE.people} people")
    yield Figure("main.first_sync_writes_account", (len(log) - of_groups) / SIZE.people, "writes", 1, 1, each)
    yield Figure("main.first_sync_writes_group", of_groups / groups, "writes", 1, 1, each)


@bench("main.first_sync_ratio", "main.first_sync_ratio_whole")
def ratio(say: Say) -> Iterator[Figure]:
    """`readi apply --yes` and the bare loop in turns, each on a fresh emulator of its own."""
    made = installation(SIZE)
    applies, commands, loops, count = [], [], [], 0
    for turn in range(1, TURNS + 1):
        say(f"first sync of {SIZE.people:,} people with {LATENCY * 1000:.0f} ms latency, turn {turn} of {TURNS} …")
        with EmulatorProcess() as server:
            made.target(server.address)
            server.slow_down(LATENCY)
            commands.append(made.readi("apply", "--yes").wall)
            applies.append(_seconds_of_run(made))
            log = [entry for entry in server.log() if entry["write"]]
        count = len(log)
        say(f"  {applies[-1]:.1f} s ({commands[-1]:.1f} s with reading and planning); now the bare loop …")
        with EmulatorProcess(LATENCY) as server:
            loops.append(bare.write(server.address, log))
            if server.counts()[1] != count:
                raise RuntimeError("the bare loop did not do the same writes")
        say(f"  {loops[-1]:.1f} s")
    apply, command, loop = median(applies), median(commands), median(loops)
    speeds = f"{count:,} writes; {SIZE.people / apply:.1f} people a second, the bare loop {SIZE.people / loop:.1f}"
    yield Figure("main.first_sync_ratio", apply / loop, "times", 1, 1.10, f"the run itself; {speeds}")
    whole = f"from the command's start to its end; {command:.1f} s, the bare loop {loop:.1f} s"
    yield Figure("main.first_sync_ratio_whole", command / loop, "times", 1, 1.10, whole)


def _seconds_of_run(made: Installation) -> float:
    """How long the run took, as the history has it."""
    last = made.report("history")["runs"][0]
    if last["outcome"] != "done":
        raise RuntimeError(f"the run ended as {last['outcome']}")
    return (datetime.fromisoformat(last["ended"]) - datetime.fromisoformat(last["started"])).total_seconds()
