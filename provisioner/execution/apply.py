"""Applying the steps of all targets: several servers at once, the steps of one server one after another."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from provisioner.execution.interruption import Interruption
from provisioner.execution.report import Progress, Report, Silent, StepResult, TargetReport
from provisioner.execution.rules import Retries
from provisioner.execution.target import Assignment, TargetRun
from provisioner.model.errors import StateError
from provisioner.model.ports import Clock
from provisioner.state import Database, Journal, Outcome, Runs, StepState, TiesLog

_MOST_THREADS = 8


def execute(
    assignments: Sequence[Assignment],
    *,
    database: Database,
    network: str,
    run: int,
    clock: Clock,
    progress: Progress | None = None,
    retries: Retries | None = None,
    interruption: Interruption | None = None,
    ties_log: TiesLog | None = None,
) -> Report:
    """Perform the steps and finish the run in the history. The locks stay the caller's to release.

    Never raises for what a target or the database does: `Report.targets` and `Report.error` tell. Ctrl-C and
    SIGTERM (in the main thread) let each server finish the step in hand.
    """
    progress = progress or Silent()
    retries = retries or Retries()
    interruption = interruption or Interruption()

    by_server: dict[str, list[TargetRun]] = {}
    for assignment in assignments:
        server = assignment.lock.server
        journal = Journal(assignment.lock, network, server, run, ties_log)
        target_run = TargetRun(assignment, journal, clock, progress, retries, interruption)
        by_server.setdefault(server, []).append(target_run)

    def work(runs: list[TargetRun]) -> list[TargetReport]:
        return [target_run.run() for target_run in runs]

    with interruption.on_signals(), ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="apply") as pool:
        reports = [report for done in pool.map(work, by_server.values()) for report in done]

    order = {assignment.target: number for number, assignment in enumerate(assignments)}
    reports.sort(key=lambda report: order[report.target])
    outcome = _outcome([result for report in reports for result in report.results], interruption)
    report = Report(run, outcome, tuple(reports), interruption.error)
    runs = Runs(database)
    try:
        runs.finish(run, outcome, report.counts, clock.now())
        if ties_log is not None:
            try:
                ties_log.keep()
            except StateError:
                runs.finish(run, Outcome.BROKEN, report.counts, clock.now())
                raise
    except StateError as error:
        return Report(run, Outcome.BROKEN, tuple(reports), interruption.error or error)
    return report


def _outcome(results: Sequence[StepResult], interruption: Interruption) -> Outcome:
    if interruption.error is not None:
        return Outcome.BROKEN
    if all(result.state is StepState.DONE for result in results):
        return Outcome.DONE
    return Outcome.INTERRUPTED if interruption.is_wanted else Outcome.PARTLY
