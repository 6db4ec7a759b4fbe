"""Whole runs of one installation against an emulated Nextcloud: observe, settle, plan, apply."""

from collections.abc import Collection

from provisioner.execution import Assignment, Report, execute, settle
from provisioner.execution.settling import settled
from provisioner.model.changes import Adopt, Change, ChangeClass, Write
from provisioner.model.plan import TargetPlan
from provisioner.model.ports import Interest
from provisioner.model.resources import Desired, Kind
from provisioner.model.rules import PlanningRules
from provisioner.planning.agreement import agreement
from provisioner.planning.late import with_late_texts
from provisioner.planning.planner import plan_target
from provisioner.state import Bindings, Database, Entry, Journal, Runs
from tests.support.nextcloud import TARGET, Bench

NETWORK, SERVER = "readi", "https://cloud.example"


class Killed(BaseException):
    """The process is gone: nothing catches it."""


class House:
    """One installation that runs as the application does, a connector and a database."""

    def __init__(self, bench: Bench, database: Database, kinds: Collection[Kind]) -> None:
        self.bench = bench
        self.database = database
        self.kinds = frozenset(kinds)
        self.part = TargetPlan(TARGET)
        """Of the last run."""

    def run(self, wish: Desired, *, approve: bool = False) -> Report | None:
        """Observe, settle, plan, write down, apply; None when there was nothing to do."""
        connector, clock = self.bench.connector, self.bench.clock
        run = Runs(self.database).begin(NETWORK, "p-ranger", "cli", "d" * 64, clock.now())
        with self.database.lock(SERVER, clock.now(), run) as lock:
            journal, capabilities = Journal(lock, NETWORK, SERVER, run), connector.capabilities()
            ties = Bindings(self.database).ties(NETWORK, TARGET, SERVER)
            bound = {(identity.kind, one.remote_id) for identity, one in ties.bindings.items()}
            wanted = {(one.id.kind, one.name) for one in wish.resources.values() if one.id not in ties.bindings}
            inventory = connector.observe(self.kinds, Interest(frozenset(bound), frozenset(wanted)))
            open_entries = Runs(lock).open_entries(NETWORK, TARGET)
            settlements = settle(open_entries, inventory, ties, capabilities.canonical_name)
            ties = settled(ties, settlements)
            rules = PlanningRules()
            part = plan_target(wish, inventory, ties, capabilities, rules)
            self.part = with_late_texts(part, wish, inventory, ties, capabilities, rules, lambda _: None)
            chosen = [one for one in self.part.changes if approve or one.change_class is ChangeClass.AUTO]
            adopted = [one for one in chosen if isinstance(one, Adopt)]
            ids = {identity: one.remote_id for identity, one in ties.bindings.items()}
            steps = connector.compile([one for one in chosen if not _comes_later(one)], ids.__getitem__)
            journal.settle(settlements, clock.now(), frozenset(step.id for step in steps))
            journal.adopt(adopted, capabilities.fields, clock.now())
            ties = Bindings(self.database).ties(NETWORK, TARGET, SERVER)
            ids = {identity: one.remote_id for identity, one in ties.bindings.items()}
            agreed = agreement(wish, inventory, ties, capabilities)
            pairs = [(ties.bindings[identity], values) for identity, values in agreed.fields.items()]
            journal.agree(TARGET, pairs, agreed.joined, agreed.left)
            if not steps:
                return None
            assignment = Assignment(
                target=TARGET, steps=steps, connector=connector, gate=self.bench.gate, lock=lock, bound=ids
            )
            return execute([assignment], database=self.database, network=NETWORK, run=run, clock=clock)

    def open_entries(self) -> list[Entry]:
        """Steps whose outcome nobody knows."""
        return Runs(self.database).open_entries(NETWORK, TARGET)

    def run_until_done(self, wish: Desired, most: int = 6) -> list[Report]:
        """Runs until nothing is left to do, or nothing that may run unattended."""
        reports: list[Report] = []
        for _ in range(most):
            report = self.run(wish)
            if report is None:
                return reports
            reports.append(report)
        raise AssertionError([(change.verb, change.id) for change in self.part.changes])


def _comes_later(change: Change) -> bool:
    """Texts of what the same plan makes; in this house the next run writes them."""
    return isinstance(change, Write) and change.remote_id is None
