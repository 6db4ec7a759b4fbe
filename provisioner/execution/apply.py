"""Applying the steps of all targets: several servers at once, the steps of one server one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeAlias

from provisioner.execution.interruption import Interruption
from provisioner.execution.report import Progress, Report, Silent, StepResult
from provisioner.execution.rules import Retries
from provisioner.execution.target import Assignment, TargetRun
from provisioner.model.errors import StateError
from provisioner.model.ports import Clock
from provisioner.model.steps import Step
from provisioner.state import Database, Epochs, Journal, Outcome, Runs, StepState, TiesLog

_MOST_THREADS: Final = 8

Then: TypeAlias = Callable[[Report], Mapping[str, Sequence[Step]]]
"""From what came of the first steps (`TargetReport.made` has the remote ids) to further ones, by target."""


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
    then: Then | None = None,
) -> Report:
    """Perform the steps and finish the run in the history. The locks stay the caller's to release.

    ``then`` is asked once the steps of all targets are done, or not; what it answers, for targets among the
    assignments, is done as part of the same run. It may raise `StateError`.

    At last the run's epoch is left in every target that was written and does not have it yet. By then the file of
    ties is on disk: no target is ever ahead of it.

    Never raises for what a target or the database does: `Report.targets` and `Report.error` tell. Ctrl-C and
    SIGTERM (in the main thread) let each server finish the step in hand.
    """
    progress = progress or Silent()
    retries = retries or Retries()
    interruption = interruption or Interruption()
    runs = [
        TargetRun(
            assignment,
            Journal(assignment.lock, network, assignment.lock.server, run, ties_log),
            clock,
            progress,
            retries,
            interruption,
        )
        for assignment in assignments
    ]
    by_server: dict[str, list[TargetRun]] = {}
    for assignment, target_run in zip(assignments, runs, strict=True):
        by_server.setdefault(assignment.lock.server, []).append(target_run)

    with interruption.on_signals(), ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="apply") as pool:

        def everywhere(work: Callable[[TargetRun], None]) -> None:
            def in_turn(server: Iterable[TargetRun]) -> None:
                for target_run in server:
                    work(target_run)

            list(pool.map(in_turn, by_server.values()))

        everywhere(TargetRun.run)
        try:
            if then is not None and interruption.error is None:
                further = then(_report(run, runs, interruption))
                everywhere(lambda target_run: target_run.run_also(further.get(target_run.target, ())))
            everywhere(TargetRun.settle)
            epoch = Epochs(database).head()  # first: the file is on disk up to here, then
            if ties_log is not None:
                ties_log.keep()
            if interruption.error is None:
                everywhere(lambda target_run: target_run.leave_epoch(epoch, network))
        except StateError as error:
            interruption.broke(error)
    report = _report(run, runs, interruption)
    try:
        Runs(database).finish(run, report.outcome, report.counts, clock.now())
    except StateError as error:
        return Report(run, Outcome.BROKEN, report.targets, report.error or error)
    return report


def _report(run: int, runs: Sequence[TargetRun], interruption: Interruption) -> Report:
    targets = tuple(target_run.report() for target_run in runs)
    outcome = _outcome([result for target in targets for result in target.results], interruption)
    return Report(run, outcome, targets, interruption.error)


def _outcome(results: Sequence[StepResult], interruption: Interruption) -> Outcome:
    if interruption.error is not None:
        return Outcome.BROKEN
    if all(result.state is StepState.DONE for result in results):
        return Outcome.DONE
    return Outcome.INTERRUPTED if interruption.is_wanted else Outcome.PARTLY
