"""readi plans: what unattended runs left for a ranger to read, approve or reject."""

from typing import Annotated

import typer

from provisioner.app.carrying_out import Started
from provisioner.app.explaining import ties_by_target
from provisioner.app.queue import Waiting, approve, find_plan, reject, waiting_plans
from provisioner.app.reports import PlansReport, WaitingReport
from provisioner.cli.changes import ChangeText, created_by
from provisioner.cli.context import NOTHING_TO_DO, PENDING, context_of
from provisioner.cli.names import PersonNames
from provisioner.cli.planning import Allow, AsJson, actor_id, tell_applied, watched
from provisioner.model.resources import Kind
from provisioner.model.words import resource_word

Digest = Annotated[str, typer.Argument(metavar="PLAN", help="The beginning of its digest, as `plans list` shows it.")]

plans = typer.Typer(no_args_is_help=True, help="Plans that wait for a ranger.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(plans, name="plans")


@plans.command("list")
def list_command(ctx: typer.Context, as_json: AsJson = False) -> int:
    """What waits. Exit code 2 when something does."""
    context = context_of(ctx)
    site = context.open_site()
    waiting = list(waiting_plans(site))
    if as_json:
        context.print_json(PlansReport(network=site.network, waiting=[_report(plan) for plan in waiting]))
    elif not waiting:
        context.out.print(context.tell("no_plans"), markup=False)
    else:
        for plan in waiting:
            created = plan.saved.created
            line = context.tell("plan_waits", digest=plan.saved.digest[:12], created=created, count=plan.changes)
            context.out.print(line, markup=False)
    return PENDING if waiting else NOTHING_TO_DO


@plans.command("show")
def show_command(ctx: typer.Context, plan: Digest, as_json: AsJson = False) -> int:
    """Every change of a waiting plan, and why."""
    context = context_of(ctx)
    site = context.open_site()
    waiting = find_plan(site, plan)
    if as_json:
        report = _report(waiting).model_copy(update={"plan": waiting.report})
        context.print_json(PlansReport(network=site.network, waiting=[report]))
        return NOTHING_TO_DO
    names = PersonNames.of_saved(site.read_registry().registry, waiting.report, ties_by_target(site).values())
    text = ChangeText(context.say, names, created_by(waiting.report))
    for target in waiting.report.targets:
        for change in target.changes:
            kind, detail = context.say(resource_word(Kind(change.kind))), text.detail_of_saved(change)
            about = f"{change.verb} {kind} {change.name}{f': {detail}' if detail else ''}"
            context.out.print(f"{target.target}  {about}  ({change.reason.text})", markup=False)
    return NOTHING_TO_DO


@plans.command("approve")
def approve_command(ctx: typer.Context, plan: Digest, allow: Allow = None, as_json: AsJson = False) -> int:
    """Make exactly its changes, as far as they are still as it saw them. Exit codes as `readi apply`."""
    context = context_of(ctx)
    site = context.open_site()
    with watched(context, site) as how:
        applied = approve(site, plan, Started(actor_id(), "plans approve"), frozenset(allow or ()), how)
    return tell_applied(context, site, applied, as_json=as_json)


@plans.command("reject")
def reject_command(ctx: typer.Context, plan: Digest) -> int:
    """Decide against it. What differs over there is put forward again by the next unattended run."""
    context = context_of(ctx)
    site = context.open_site()
    rejected = reject(site, plan, actor_id())
    context.out.print(context.tell("plan_rejected", digest=rejected.saved.digest[:12]), markup=False)
    return NOTHING_TO_DO


def _report(plan: Waiting) -> WaitingReport:
    return WaitingReport(digest=plan.saved.digest, created=plan.saved.created, changes=plan.changes)
