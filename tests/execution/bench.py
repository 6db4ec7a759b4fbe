"""What the tests of the executor share: a database, a lock, a run."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from provisioner.emulation.clock import VirtualClock
from provisioner.execution import Assignment, Report, execute, settle
from provisioner.model.bindings import Ties
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.steps import Step
from provisioner.state import Bindings, Database, Entry, Journal, Runs, ServerLock
from tests.execution.fake import FakeConnector, T, wanted_steps

NETWORK = "readi"
SERVER = "https://cloud.example"


class Bench:
    """One installation: `apply` runs steps as the application would."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = VirtualClock()
        self.runs = Runs(database)

    def ties(self, target: str = T, server: str = SERVER) -> Ties:
        return Bindings(self.database).ties(NETWORK, target, server)

    def begin(self) -> int:
        return self.runs.begin(NETWORK, "p-ranger", "cli", "d" * 64, self.clock.now())

    @contextmanager
    def locked(self, run: int, server: str = SERVER) -> Iterator[ServerLock]:
        with self.database.lock(server, self.clock.now(), run) as lock:
            yield lock

    def assignment(
        self, connector: FakeConnector, lock: ServerLock, steps: Sequence[Step], **options: Any
    ) -> Assignment:
        bound = {binding.id: binding.remote_id for binding in self.ties(server=lock.server).bindings.values()}
        options = {"target": T, "bound": bound, **options}
        return Assignment(steps=steps, connector=connector, gate=connector.gate, lock=lock, **options)

    def apply(self, connector: FakeConnector, steps: Sequence[Step], **options: Any) -> Report:
        run = self.begin()
        with self.locked(run) as lock:
            assignment = self.assignment(connector, lock, steps)
            return execute([assignment], database=self.database, network=NETWORK, run=run, clock=self.clock, **options)

    def settle(self, connector: FakeConnector) -> None:
        run = self.begin()
        with self.locked(run) as lock:
            inventory = connector.observe(tuple(Kind))
            entries = Runs(lock).open_entries(NETWORK, T)
            settlements = settle(entries, inventory, self.ties(), lambda kind, name: name)
            Journal(lock, NETWORK, SERVER, run).settle(settlements, self.clock.now())

    def converge(self, connector: FakeConnector, wanted: dict[ResourceId, tuple[ResourceId, ...]]) -> Report:
        """What the next run does: settle what is open, plan, apply."""
        self.settle(connector)
        return self.apply(connector, wanted_steps(wanted, self.ties()))

    def entries(self, report: Report) -> list[Entry]:
        return self.runs.steps(report.run)
