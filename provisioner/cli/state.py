"""readi state: the database and its file of ties; no target is asked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from provisioner.app.recovering import back_up_state, recover_state, show
from provisioner.app.site import Site
from provisioner.cli.context import FAILED, NOTHING_TO_DO, Context, context_of
from provisioner.model.resources import Kind
from provisioner.model.text import Text
from provisioner.model.words import resource_word
from provisioner.state import Standing

_UNSOUND = (Standing.AHEAD, Standing.STRANGE)
_STANDINGS = {
    Standing.OFF: Text.of("cli.standing_off"),
    Standing.EQUAL: Text.of("cli.standing_equal"),
    Standing.BEHIND: Text.of("cli.standing_behind"),
    Standing.MISSING: Text.of("cli.standing_missing"),
    Standing.AHEAD: Text.of("cli.standing_ahead"),
    Standing.STRANGE: Text.of("cli.standing_strange"),
}
_WARNINGS = {
    Standing.MISSING: "cli.warn_missing",
    Standing.AHEAD: "cli.warn_ahead",
    Standing.STRANGE: "cli.warn_strange",
}

state = typer.Typer(no_args_is_help=True, help="The database that knows what is ours, and the file of ties beside it.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(state, name="state")


@state.command("show")
def show_command(ctx: typer.Context) -> int:
    """Where it is, how big, its epoch, ties per target, the last run. Exit code 1 when it must not be written with."""
    context = context_of(ctx)
    shown = show(context.open_site())
    size = context.tell("state_size", kib=(shown.size + 1023) // 1024) if shown.size is not None else ""
    context.out.print(context.tell("state_database", where=shown.where, size=size), markup=False)
    context.out.print(context.tell("state_epoch", epoch=shown.epoch, seq=shown.seq), markup=False)
    if shown.file is not None:
        size = "" if shown.file_size is None else context.tell("state_size", kib=(shown.file_size + 1023) // 1024)
        context.out.print(context.tell("state_file", file=str(shown.file), size=size), markup=False)
    style = "red" if shown.standing in _UNSOUND else None
    context.out.print(context.say(_STANDINGS[shown.standing]), style=style, markup=False)
    _tell_ties(context, shown.ties)
    if shown.last is not None:
        outcome = context.tell(f"run_{shown.last.outcome or 'open'}")
        line = context.tell("state_last_run", run=shown.last.id, started=shown.last.started, outcome=outcome)
        context.out.print(line, markup=False)
    return FAILED if shown.standing in _UNSOUND else NOTHING_TO_DO


@state.command("recover")
def recover_command(
    ctx: typer.Context,
    source: Annotated[Path | None, typer.Option("--from", help="Another file of ties than the settings'.")] = None,
) -> int:
    """Replay the file of ties into a database that was lost or is an old copy. Then read `readi plan`."""
    context = context_of(ctx)
    done, ties = recover_state(context.open_site(), source)
    for tie in done.released:
        _tell_tie(context, "recovered_released", *tie[1:])
    for fact in done.bound if done.unchanged else ():  # all of them, where the database was empty, would say nothing
        _tell_tie(context, "recovered_bound", fact.target, fact.kind, fact.name)
    counts = {"bound": len(done.bound), "released": len(done.released), "unchanged": done.unchanged}
    context.out.print(context.tell("recovered", **counts, epoch=done.epoch), style="bold", markup=False)
    if done.decided:
        context.out.print(context.tell("recovered_decided", count=done.decided), markup=False)
    _tell_ties(context, ties)
    context.out.print(context.tell("recovered_next"), markup=False)
    return NOTHING_TO_DO


@state.command("backup")
def backup_command(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(help="A new file; nothing is overwritten.")]
) -> int:
    """A consistent copy of the SQLite database, also during a run."""
    context = context_of(ctx)
    back_up_state(context.open_site(), file)
    context.out.print(context.tell("backed_up", file=str(file)), markup=False)
    return NOTHING_TO_DO


def warn_of_ties(context: Context, site: Site) -> None:
    """Say on standard error what is wrong between the database and its file of ties, before a plan is made."""
    code = _WARNINGS.get(site.ties_log.standing())
    if code is not None:
        line = Text.of(code, file=str(site.ties_log.path), database=site.database.where)
        context.err.print(context.say(line), style="yellow", markup=False)


def _tell_tie(context: Context, code: str, target: str, kind: str, name: str) -> None:
    context.out.print(
        context.tell(code, target=target, kind=context.say(resource_word(Kind(kind))), name=name), markup=False
    )


def _tell_ties(context: Context, ties: Mapping[tuple[str, str], int]) -> None:
    for (network, target), count in ties.items():
        context.out.print(context.tell("state_ties", network=network, target=target, count=count), markup=False)
