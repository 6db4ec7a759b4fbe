"""readi drift, explain, history: what is, and what was done."""

from collections.abc import Iterator
from typing import Annotated

import typer

from provisioner.app.explaining import Explainer
from provisioner.app.looking import Drifted, find_drift, past_run, past_runs
from provisioner.app.reporting import drift_report, explain_report, run_report
from provisioner.app.reports import HistoryReport
from provisioner.app.values import shown_pair, word_of_field
from provisioner.cli.context import FAILED, NOTHING_TO_DO, PENDING, Context, context_of, working
from provisioner.cli.names import Names, PersonNames
from provisioner.cli.planning import AsJson, Targets
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.rules import OnDrift
from provisioner.model.text import Text
from provisioner.model.words import edge_word, resource_word
from provisioner.planning.drift import Drift, DriftKind

_ANSWERS = {
    OnDrift.ASK: Text.of("cli.answer_ask"),
    OnDrift.KEEP: Text.of("cli.answer_keep"),
    OnDrift.REVERT: Text.of("cli.answer_revert"),
}


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("drift")(drift_command)
    app.command("explain")(explain_command)
    app.command("history")(history_command)


def drift_command(ctx: typer.Context, target: Targets = None, as_json: AsJson = False) -> int:
    """What was changed over there since the last apply, apart from what changed here."""
    context = context_of(ctx)
    site = context.open_site()
    with working(context, "reading"):
        drifted = find_drift(site, target or ())
    if as_json:
        context.print_json(drift_report(site.network, drifted))
    else:
        names = PersonNames.of_drift(site.read_registry().registry, drifted)
        lines = list(drift_lines(context, drifted, names))
        for line in lines:
            context.out.print(line, markup=False)
        for name, why in drifted.unread.items():
            context.out.print(f"{name}: {context.say(why)}", style="red", markup=False)
        if lines:
            context.out.print(context.tell("drift_summary", count=len(lines)), markup=False)
        elif not drifted.unread:
            context.out.print(context.tell("no_drift"), markup=False)
    if drifted.unread:
        return FAILED
    return PENDING if drifted.items else NOTHING_TO_DO


def drift_lines(context: Context, drifted: Drifted, names: Names) -> Iterator[str]:
    """What was changed over there, in words: by target and kind of object, with what policy does about it.

    Whose role was changed left one and came into another: that is said in one line.
    """
    left = {_place(item): item for item in drifted.items if item.kind is DriftKind.REMOVED}
    put_in = {_place(item) for item in drifted.items if item.kind is DriftKind.ADDED}
    for item in drifted.items:
        before = left.get(_place(item)) if item.kind is DriftKind.ADDED else None
        if item.kind is DriftKind.REMOVED and _place(item) in put_in:
            continue
        what = _drift(context, item, names) if before is None else _regrade(context, before, item, names)
        answer = drifted.answer(item)
        beside = "" if answer is None else f" [{context.say(_ANSWERS[answer])}]"
        kind = context.say(resource_word(item.id.kind))
        yield f"{item.target}  {kind} {item.name}: {what}{beside}"


def _place(item: Drift) -> tuple[str, ResourceId, str | None]:
    return item.target, item.id, item.account


def _drift(context: Context, item: Drift, names: Names) -> str:
    if item.field is not None:
        before, now = shown_pair(item.field, item.before, item.now, context.say)
        return context.tell("drift_field", field=word_of_field(item.id.kind, item.field), before=before, now=now)
    member = names(item.account or "")
    if item.edge is not None and item.id.kind is not Kind.GROUP:
        code = "drift_added_role" if item.kind is DriftKind.ADDED else "drift_removed_role"
        return context.tell(code, account=member, role=edge_word(item.edge.seats.role, item.id.kind))
    return context.tell(f"drift_{item.kind}", account=member)


def _regrade(context: Context, before: Drift, now: Drift, names: Names) -> str:
    roles = [edge_word(item.edge.seats.role, item.id.kind) for item in (before, now) if item.edge is not None]
    return context.tell("drift_regraded", account=names(now.account or ""), before=roles[0], now=roles[1])


def explain_command(
    ctx: typer.Context,
    identity: Annotated[
        str,
        typer.Argument(metavar="ID", help="A person's id, name or address, a body, or what it is called over there."),
    ],
    as_json: AsJson = False,
) -> int:
    """What a person, a body or a resource has, where, and why. Asks no target."""
    context = context_of(ctx)
    explanation = Explainer(context.open_site()).explain(identity)
    if as_json:
        context.print_json(explain_report(explanation, context.say))
        return NOTHING_TO_DO
    where = f"  ({explanation.origin})" if explanation.origin is not None else ""
    context.out.print(f"{explanation.name} · {explanation.id}{where}", style="bold", markup=False)
    for fact in explanation.facts:
        context.out.print(f"  {context.say(fact.what)}", markup=False)
        for why in fact.why:
            context.out.print(f"      {context.say(why)}", style="dim", markup=False)
    return NOTHING_TO_DO


def history_command(
    ctx: typer.Context,
    run: Annotated[int | None, typer.Argument(help="One run, with every step.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many runs.")] = 20,
    as_json: AsJson = False,
) -> int:
    """Past runs: what each changed, who or what started it."""
    context = context_of(ctx)
    site = context.open_site()
    if run is None:
        runs, steps = past_runs(site, limit), None
    else:
        found, steps = past_run(site, run)
        runs = [found]
    reports = [run_report(each, steps, context.say) for each in runs]
    if as_json:
        context.print_json(HistoryReport(network=site.network, runs=reports))
        return NOTHING_TO_DO
    for report in reports:
        counts = ", ".join(f"{context.tell(f'state_{state}')} {count}" for state, count in report.counts.items())
        outcome = context.tell(f"run_{report.outcome or 'open'}")
        started = report.started.astimezone().strftime("%Y-%m-%d %H:%M")
        context.out.print(
            f"{report.id:>5}  {started}  {report.actor}  {report.cause}: {outcome} ({counts})", markup=False
        )
        for step in report.steps or ():
            why = "" if step.why is None else f"  {step.why.text}"
            state = context.tell(f"state_{step.state}")
            context.out.print(f"       {step.target}  {step.operation} {step.name}: {state}{why}", markup=False)
    if not reports:
        context.out.print(context.tell("no_runs"), markup=False)
    return NOTHING_TO_DO
