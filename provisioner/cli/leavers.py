"""readi leavers, person handed-over, body lead, body moderator: who goes, and who takes over."""

from collections.abc import Sequence
from typing import Annotated

import typer

from provisioner.app.ladder_reports import leavers_report
from provisioner.app.leavers import NOTHING, Leavers, find_leavers, hand_over, next_command, succession_command
from provisioner.cli.context import NOTHING_TO_DO, PENDING, USAGE, Context, context_of
from provisioner.cli.editing import Identity, bodies, edited, people, site_of
from provisioner.cli.planning import AsJson, actor_id
from provisioner.lifecycle.ladder import Leaver, Rung
from provisioner.lifecycle.succession import Office
from provisioner.model.text import Text
from provisioner.registry import succeeding
from provisioner.texts import harmless

_RUNGS = {
    Rung.LEAVING: Text.of("cli.rung_leaving"),
    Rung.LEFT: Text.of("cli.rung_left"),
    Rung.WAITING: Text.of("cli.rung_waiting"),
    Rung.HAND_OVER: Text.of("cli.rung_hand_over"),
    Rung.ERASABLE: Text.of("cli.rung_erasable"),
    Rung.ERASED: Text.of("cli.rung_erased"),
}
_OFFICES = {Office.LEAD: Text.of("cli.office_lead"), Office.MODERATION: Text.of("cli.office_moderation")}
NOTHING_SHOWN = "\N{EN DASH}"
_ACT = (Rung.HAND_OVER, Rung.ERASABLE)
"""Rungs on which somebody has to do something that no apply does."""


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("leavers")(leavers_command)
    people.command("handed-over")(handed_over_command)
    bodies.command("lead")(body_lead)
    bodies.command("moderator")(body_moderator)


def leavers_command(ctx: typer.Context, as_json: AsJson = False) -> int:
    """Who is leaving or gone, how far, and what comes next; which bodies need a successor. Asks no target.

    Exit code 0: nothing to do by hand; 2: files to hand over, somebody to erase, or a successor to name.
    """
    context = context_of(ctx)
    site = context.open_site()
    leavers = find_leavers(site)
    if as_json:
        context.print_json(leavers_report(site.network, leavers, context.say))
    else:
        tell_leavers(context, leavers)
    to_do = leavers.vacancies or any(leaver.rung in _ACT for leaver in leavers.people)
    return PENDING if to_do else NOTHING_TO_DO


def tell_leavers(context: Context, leavers: Leavers) -> None:
    """Who goes, on which rung, what comes next; a command behind whatever somebody has to do."""
    out = context.out
    if not leavers.people and not leavers.vacancies:
        out.print(context.tell("no_leavers"), markup=False)
    rows = [_row(context, leaver) for leaver in leavers.people]
    tell = context.tell
    heads = (tell("column_person"), tell("column_rung"), tell("column_since"), tell("column_next"))
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    if rows:
        out.print(aligned(heads, widths), style="dim", markup=False)
    for leaver, row in zip(leavers.people, rows, strict=True):
        out.print(aligned(row, widths), markup=False)
        out.print(f"    {context.tell('waits_for', what=leaver.waits_for)}", style="dim", markup=False)
        if (command := next_command(leaver)) is not None:
            out.print(f"    → {command}", style="cyan", markup=False)
    for vacancy in leavers.vacancies:
        office = _OFFICES[vacancy.office]
        line = context.tell("vacancy", body=vacancy.name, id=vacancy.body, office=office, day=vacancy.vacant_on)
        out.print(line, style="yellow", markup=False)
        out.print(f"    {context.say(vacancy.why)}", style="dim", markup=False)
        out.print(f"    → {succession_command(vacancy)} ID", style="cyan", markup=False)


def _row(context: Context, leaver: Leaver) -> tuple[str, str, str, str]:
    since, then = (
        NOTHING_SHOWN if day is None else context.tell("day", day=day) for day in (leaver.since, leaver.next_on)
    )
    return harmless(f"{leaver.name} ({leaver.person})"), context.say(_RUNGS[leaver.rung]), since, then


def aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """One row of a table, each cell as wide as its column."""
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def handed_over_command(
    ctx: typer.Context,
    identity: Identity,
    to: Annotated[str | None, typer.Option("--to", metavar="ID", help="Who has the files now.")] = None,
    nothing: Annotated[bool, typer.Option("--nothing", help="There were no files to hand over.")] = False,
) -> int:
    """How a leaver's files get another owner; with --to ID (or --nothing) it is written down that they have one.

    Exit code 0: written down; 2: only told how.
    """
    context = context_of(ctx)
    if nothing and to is not None:
        context.err.print(context.tell("to_or_nothing"), style="red", markup=False)
        return USAGE
    recipient = NOTHING if nothing else to
    done = hand_over(context.open_site(), identity, recipient, actor_id())
    name = done.leaver.name
    if done.already:
        context.out.print(context.tell("handed_over_already", name=name, to=to or NOTHING_SHOWN), markup=False)
    elif done.noted:
        noted = context.tell("handed_over_noted", name=name, to=to) if to else context.tell("nothing_noted", name=name)
        context.out.print(noted, style="bold", markup=False)
    if not nothing and not done.already:
        for target, how in done.how.items():
            context.out.print(f"  {target}: {context.say(how)}", markup=False)
    if recipient is not None:
        return NOTHING_TO_DO
    if not done.how:
        context.out.print(context.tell("no_files_possible"), markup=False)
        return NOTHING_TO_DO
    command = f"readi person handed-over {identity} --to ID"
    context.out.print(context.tell("confirm_hand_over", command=command), markup=False)
    return PENDING


def body_lead(
    ctx: typer.Context,
    identity: Identity,
    organisation: Annotated[str, typer.Argument(help="Id of the organisation that leads it from now on.")],
) -> int:
    """Another organisation leads the body."""
    context, site, _ = site_of(ctx)
    return edited(context, succeeding.lead_body(site.files(), identity, organisation))


def body_moderator(
    ctx: typer.Context,
    identity: Identity,
    person: Annotated[str, typer.Argument(help="Id of the person who moderates from now on.")],
) -> int:
    """Somebody else, or somebody more, moderates the body."""
    context, site, today = site_of(ctx)
    return edited(context, succeeding.moderate_body(site.files(), identity, person, today))
