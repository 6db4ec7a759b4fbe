"""readi plan, apply."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from provisioner.app.applying import Applied, Approval, apply
from provisioner.app.carrying_out import How, Started
from provisioner.app.leavers import waiting_for_hands
from provisioner.app.planning import Planned, make_plan, unread
from provisioner.app.queue import keep_queue
from provisioner.app.reporting import plan_report, refusal_report, result_report, text_report
from provisioner.app.reports import ApplyReport
from provisioner.app.saved import read_plan, write_plan
from provisioner.app.site import Site
from provisioner.cli.context import FAILED, NOTHING_TO_DO, PENDING, REFUSED, Context, context_of, working
from provisioner.cli.names import PersonNames
from provisioner.cli.progress import ApplyProgress
from provisioner.cli.reading import read_first
from provisioner.cli.render import PlanText, nothing_to_do
from provisioner.cli.state import warn_of_ties
from provisioner.execution import Interruption, Report
from provisioner.model.plan import Plan
from provisioner.model.text import Text
from provisioner.state import Outcome, StepState
from provisioner.transport.ledger import Waiter

Targets = Annotated[list[str] | None, typer.Option("--target", help="Only this target; may be given more than once.")]
Only = Annotated[list[str] | None, typer.Option("--only", help="Only this person, body or organisation.")]
Allow = Annotated[list[str] | None, typer.Option("--allow", help="The word by which a guard lets this one plan pass.")]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON as the last of standard output.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("plan")(plan_command)
    app.command("apply")(apply_command)


def plan_command(
    ctx: typer.Context,
    target: Targets = None,
    only: Only = None,
    allow: Allow = None,
    out: Annotated[Path | None, typer.Option(help="Save the plan: applying that file is its approval.")] = None,
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown, e.g. for a merge request.")] = False,
) -> int:
    """What would be changed, and why. Writes nothing.

    Exit code 0: nothing to do; 2: changes pending; 3: a guard refuses; 1: an error.
    """
    context = context_of(ctx)
    site = context.open_site()
    warn_of_ties(context, site)
    read_first(context, site)
    with working(context, "reading"), site.targets(target or ()) as targets:
        planned = make_plan(site, targets, frozenset(only or ()), frozenset(allow or ()))
    if out is not None or as_json:
        report = plan_report(planned.plan, site.clock.now(), context.say)
        if out is not None:
            write_plan(out, report)
        if as_json:
            context.print_json(report)
    if not as_json:
        _print_plan(context, planned, markdown=markdown)
    return exit_code_of(planned.plan)


def exit_code_of(plan: Plan) -> int:
    """What `plan` and `apply` end with before anything is done."""
    if plan.refusals:
        return REFUSED
    if unread(plan):
        return FAILED
    return NOTHING_TO_DO if plan.is_empty() else PENDING


def _print_plan(context: Context, planned: Planned, *, markdown: bool = False) -> None:
    text = PlanText(planned.plan, context.say, PersonNames.of(planned))
    problems = [problem for problem in planned.inputs.problems if problem.is_error]
    if problems:
        context.err.print(context.tell("registry_has_mistakes", count=len(problems)), style="yellow", markup=False)
    if proposals := planned.inputs.loaded.proposals:
        context.err.print(context.tell("links_wait", count=len(proposals)), style="yellow", markup=False)
    if markdown:
        for line in text.markdown():
            context.out.print(line, markup=False)
        return
    context.print_lines(text.lines())


def apply_command(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A saved plan; exactly its changes are made.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; without FILE only the class auto.")] = False,
    target: Targets = None,
    only: Only = None,
    allow: Allow = None,
    as_json: AsJson = False,
) -> int:
    """Make a plan true. Without FILE and --yes the plan is shown first, and asked about.

    Exit code 0: done; 2: changes are left for a ranger to read; 3: a guard refused; 1: something failed.
    """
    context = context_of(ctx)
    site = context.open_site()
    warn_of_ties(context, site)
    words = frozenset(allow or ())
    approval = Approval(allowed=words)
    if file is not None:
        approval = read_plan(file, site.network, words)
    elif not yes:
        asked = _ask(context, site, target or (), frozenset(only or ()), words)
        if isinstance(asked, int):
            return asked
        approval = asked
    else:
        read_first(context, site)
    started = Started(actor_id(), "apply file" if file else "apply --yes" if yes else "apply")
    with watched(context, site) as how:
        applied = apply(site, approval, started, target or (), frozenset(only or ()), how)
    if yes and file is None and not (target or only or applied.planned.plan.refusals):
        keep_queue(site, applied.planned, context.say)
    return tell_applied(context, site, applied, as_json=as_json)


def tell_applied(context: Context, site: Site, applied: Applied, *, as_json: bool) -> int:
    """Say what came of an apply; the exit code."""
    if as_json:
        context.print_json(_apply_report(context, site, applied))
    else:
        _tell_applied(context, applied)
        hand_over, erasable = waiting_for_hands(site, applied.planned)
        if hand_over or erasable:
            line = context.tell("leavers_wait", hand_over=hand_over, erasable=erasable)
            context.out.print(line, style="magenta", markup=False)
    return _exit_code(applied)


@contextmanager
def watched(context: Context, site: Site) -> Iterator[How]:
    """Progress, and waiting that Ctrl-C ends, for one apply."""
    interruption, progress = Interruption(), ApplyProgress(context)
    site.waiter = lambda name: Waiter(
        site.clock, lambda seconds, why: progress.waiting(name, seconds, why), interruption.is_set
    )
    with progress:
        yield How(progress, interruption=interruption)


def _ask(
    context: Context, site: Site, targets: list[str] | tuple[str, ...], only: frozenset[str], words: frozenset[str]
) -> Approval | int:
    """Show the plan and ask. What is then approved are exactly the changes that were shown.

    As with a saved plan no source is read again for these: with somebody new in it, it would be another registry.
    """
    read_first(context, site)
    with working(context, "reading"), site.targets(targets) as opened:
        planned = make_plan(site, opened, only, words)
    _print_plan(context, planned)
    if planned.plan.refusals:
        return REFUSED
    if planned.plan.is_empty():
        return exit_code_of(planned.plan)
    if not agrees(context, context.tell("really_apply")):
        context.err.print(context.tell("nothing_changed"), markup=False)
        return PENDING
    return Approval.of_all(planned.plan, words)


def agrees(context: Context, question: str) -> bool:
    """Yes, in either language; anything else, the end of input included, is no."""
    context.err.print(f"{question} ", end="", markup=False)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "j", "ja")


def actor_id() -> str:
    """Who started this, without a name: READI_ACTOR (e.g. a registry id), else the number of the Unix user."""
    return os.environ.get("READI_ACTOR") or f"uid:{os.getuid()}"


def _apply_report(context: Context, site: Site, applied: Applied) -> ApplyReport:
    plan, report = applied.planned.plan, applied.report
    bad = (StepState.FAILED, StepState.UNKNOWN, StepState.SKIPPED, StepState.MOVED)
    return ApplyReport(
        network=site.network,
        run=None if report is None else report.run,
        outcome="refused" if plan.refusals else str(report.outcome) if report is not None else str(Outcome.DONE),
        counts={} if report is None else dict(report.counts),
        waiting=applied.waiting,
        moved=list(applied.moved),
        found=list(applied.found),
        failed=[] if report is None else [result_report(result, context.say) for result in report.results(*bad)],
        refusals=[refusal_report(refusal, context.say) for refusal in plan.refusals],
        errors={target: text_report(why, context.say) for target, why in _troubles(applied).items()},
    )


def _tell_applied(context: Context, applied: Applied) -> None:
    plan, report, out = applied.planned.plan, applied.report, context.out
    if plan.refusals:
        _print_plan(context, applied.planned)
        return
    for name, reason in _troubles(applied).items():
        out.print(f"{name}: {context.say(reason)}", style="red", markup=False)
    if applied.adopted:
        out.print(context.tell("adopted", count=applied.adopted), style="bold", markup=False)
    if report is None:
        left = applied.waiting or applied.moved or _troubles(applied)
        out.print(context.tell("nothing_changed") if left else context.say(nothing_to_do(plan)), markup=False)
    else:
        for line in failures(context, report):
            out.print(f"  {line}", style="red", markup=False)
        done = report.counts.get(str(StepState.DONE), 0)
        out.print(context.tell(f"outcome_{report.outcome}", done=done, run=report.run), style="bold", markup=False)
        if report.error is not None:
            out.print(context.say.error(report.error), style="red", markup=False)
    if applied.found:
        names = ", ".join(applied.found[:20])
        out.print(context.tell("found", count=len(applied.found), names=names), style="yellow", markup=False)
    if applied.moved:
        names = ", ".join(applied.moved[:20])
        out.print(context.tell("moved", count=len(applied.moved), names=names), style="yellow", markup=False)
    if applied.waiting:
        out.print(context.tell("waiting", count=applied.waiting), style="magenta", markup=False)


def _troubles(applied: Applied) -> dict[str, Text]:
    """Targets that were not, or not wholly, dealt with, with why."""
    return {**unread(applied.planned.plan), **applied.behind}


def failures(context: Context, report: Report) -> Iterator[str]:
    """What did not go as planned; steps that were left out for one and the same reason are counted, not listed."""
    for result in report.results(StepState.FAILED, StepState.UNKNOWN, StepState.MOVED):
        why = "" if result.why is None else context.say(result.why)
        yield f"{result.step.target} {result.step.name}: {context.tell(f'state_{result.state}')}. {why}"
    skipped = Counter((result.step.target, result.why) for result in report.results(StepState.SKIPPED))
    for (target, reason), count in skipped.items():
        why = "" if reason is None else context.say(reason)
        yield f"{target}: {context.tell('skipped', count=count)} {why}"
    for part in report.targets:
        if part.stopped is not None and (part.target, part.stopped) not in skipped:
            yield f"{part.target}: {context.say(part.stopped)}"
        if part.no_epoch is not None:
            yield context.tell("no_epoch", target=part.target, why=part.no_epoch)


def _exit_code(applied: Applied) -> int:
    plan, report = applied.planned.plan, applied.report
    if plan.refusals:
        return REFUSED
    if _troubles(applied):
        return FAILED
    if report is not None and report.outcome is not Outcome.DONE:
        return FAILED
    return PENDING if applied.waiting or applied.moved or applied.found else NOTHING_TO_DO
