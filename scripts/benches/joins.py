"""Joining while the service runs, in a network of ten thousand: one by one, and two hundred within a minute.

Measured from the approval to the account with its group over there; folder and chat come with the group.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import quantiles
from typing import Any, Final

from scripts.benches import bare
from scripts.benches.children import EmulatorProcess
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.serving import ServiceProcess
from scripts.benches.sites import Installation, Size, brought

SIZE: Final = Size(10_000, 500, 60_000)
LATENCY: Final = 0.05
SPACED: Final = 25
AT_ONCE: Final = 200
MINUTE: Final = 60.0
GOAL: Final = 5.0
"""Seconds."""
_NAMES: Final = ("Ada", "Bea", "Cem", "Dana", "Elif", "Finn", "Gero", "Hanna")


@bench("service.join_seconds_p95", "service.join_requests", "service.joins_200_drained_seconds")
def joins(say: Say) -> Iterator[Figure]:
    """One network, brought to a server before."""
    say(f"bringing {SIZE.people:,} people and {SIZE.bodies} bodies to a server …")
    made, server = brought(SIZE)
    server.slow_down(LATENCY)
    with _Service(made) as service:
        yield from _spaced(service, server, say)
        yield _at_once(service, server, say)


def _spaced(service: "_Service", server: EmulatorProcess, say: Say) -> Iterator[Figure]:
    say(f"{SPACED} people join, one after another …")
    service.join(1)  # the first one finds caches as cold as they were left
    service.wait_until_drained()
    took, asked, log = [], [], []
    for number in range(SPACED):
        server.empty_log()
        time.sleep(0.37 * (number % 4))  # not in step with anything that looks now and then
        started = time.perf_counter()
        service.join(1)
        service.wait_until_drained()
        took.append(time.perf_counter() - started)
        asked.append(server.counts()[0])
        log += _creations(server)
    _check(log, SPACED)
    loop = _bare(log) / SPACED
    p95 = quantiles(took, n=20)[-1]
    note = f"from the approval to account, groups, folder and chat, {SPACED} joins spaced out; median "
    note += f"{sorted(took)[SPACED // 2]:.2f}, slowest {max(took):.2f}; baseline: the bare write alone"
    size = f"{SIZE.people:,} people, {SIZE.bodies} bodies, {LATENCY * 1000:.0f} ms latency"
    yield Figure("service.join_seconds_p95", p95, "s", loop, GOAL, f"{note}; {size}")
    worst = max(asked)
    words = f"of one such sync, the most of {SPACED}; baseline: the writes"
    yield Figure("service.join_requests", worst, "requests", 1, None, words)


def _at_once(service: "_Service", server: EmulatorProcess, say: Say) -> Figure:
    say(f"{AT_ONCE} people join within a minute …")
    server.empty_log()
    started = time.perf_counter()
    for number in range(AT_ONCE):
        while time.perf_counter() - started < number * MINUTE / AT_ONCE:
            time.sleep(0.01)
        service.join(1)
    accepted = time.perf_counter()
    service.wait_until_drained()
    ended = time.perf_counter()
    log = _creations(server)
    _check(log, AT_ONCE)
    loop, asked = _bare(log), server.counts()[0]
    note = f"after the last of {AT_ONCE} joins within {accepted - started:.0f} s, until all were there; "
    note += f"{asked:,} requests in all; baseline: the bare writes of all of them; none twice, none lost"
    return Figure("service.joins_200_drained_seconds", ended - accepted, "s", loop, None, note)


def _creations(server: EmulatorProcess) -> list[dict[str, Any]]:
    path = "/ocs/v2.php/cloud/users"
    return [one for one in server.log() if one["method"] == "POST" and one["path"].partition("?")[0] == path]


def _check(log: Sequence[Mapping[str, Any]], wanted: int) -> None:
    """None twice, none lost, each of them in groups from the beginning."""
    names = Counter(json.loads(one["body"])["userid"] for one in log)
    groups = [json.loads(one["body"]).get("groups") for one in log]
    if len(names) != wanted or set(names.values()) != {1} or not all(groups):
        raise RuntimeError(f"{len(names)} accounts for {wanted} joins; twice: {names.most_common(3)}")


def _bare(log: Sequence[Mapping[str, Any]]) -> float:
    """Seconds of the same writes on a server that has the same network."""
    with EmulatorProcess(LATENCY, (SIZE.people, SIZE.bodies, SIZE.edges)) as server:
        return bare.write(server.address, log)


@dataclass
class _Somebody:
    """Numbers those who come."""

    number: int = 0

    def next(self) -> tuple[str, str, str]:
        """Id, given and family name."""
        self.number += 1
        given = _NAMES[self.number % len(_NAMES)]
        return f"p-new{self.number}", given, f"Neu{self.number}"


class _Service(ServiceProcess):
    """Into which people come."""

    def __init__(self, made: Installation) -> None:
        super().__init__(made)
        self._people = _Somebody()
        self._body, self._organisation = "pg-00042", "bretten"

    def join(self, count: int) -> None:
        """As pages have it: everything in one transaction, and the service is told at once."""
        from provisioner.model.enrolments import EnrolledMembership, EnrolledPerson
        from provisioner.model.errands import Job
        from provisioner.model.registry import Period
        from provisioner.state import EnrolmentStore, Errands, Within

        now = datetime.now(UTC)
        for _ in range(count):
            identity, given, family = self._people.next()
            address = f"{family.lower()}@bretten.example"
            person = EnrolledPerson(identity, given, family, address, self._organisation, date.today())  # noqa: DTZ011
            with self.site.database.writing() as connection:
                within = Within(connection)
                store = EnrolmentStore(within, self.site.network)
                store.enrol(person)
                store.place(EnrolledMembership(identity, self._body, Period(), by=identity), now)
                Errands(within, self.site.network).add(Job.SYNC, "enrolment", identity, now, only=identity)
        self.wake()
