"""readi serve, and what asks the running service for something."""

from typing import Annotated

import typer

from provisioner.cli.context import NOTHING_TO_DO, Context, context_of
from provisioner.cli.planning import actor_id
from provisioner.model.errands import Job
from provisioner.state import Errands


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("serve")(serve_command)
    app.command("trigger")(trigger_command)
    app.command("worker", hidden=True)(worker_command)


def serve_command(ctx: typer.Context) -> int:
    """The service: pages, the schedule, joining, mails; until Ctrl-C or SIGTERM. For all networks of the settings."""
    from provisioner.app.settings import find_settings  # what serves pages is loaded by those who serve
    from provisioner.service import logs
    from provisioner.service.serve import Options, serve

    context = context_of(ctx)
    logs.set_up(context.log_format, quiet=context.quiet)
    serve(
        Options(find_settings(context.settings), context.log_format, context.quiet, context.clock),
        lambda address: _tell_address(context, address),
    )
    return NOTHING_TO_DO


def _tell_address(context: Context, address: str) -> None:
    if not context.quiet:
        context.err.print(context.tell("serving", address=address), markup=False)


def trigger_command(
    ctx: typer.Context,
    job: Annotated[Job, typer.Argument(help="What is to be done.")],
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Of a sync: only this person, body or organisation.")
    ] = None,
) -> int:
    """Ask the running service to do something now; it stays asked until it is done. Does not wait for it."""
    context = context_of(ctx)
    site = context.open_site()
    if job is Job.APPLY:
        raise typer.BadParameter(context.tell("trigger_no_apply"))
    errands = Errands(site.database, site.network)
    asked: tuple[str | None, ...] = tuple(only or ()) if job is Job.SYNC else ()
    for one in asked or (None,):
        errands.add(job, "command", actor_id(), site.clock.now(), only=one)
    context.out.print(context.tell("triggered"), markup=False)
    return NOTHING_TO_DO


def worker_command(ctx: typer.Context, pipe: Annotated[int, typer.Argument()]) -> int:
    """A process of the service; it starts this by itself."""
    from provisioner.service import logs
    from provisioner.service.child import work

    context = context_of(ctx)
    logs.set_up(context.log_format, quiet=context.quiet)
    work(context.open_site(), pipe)
    return NOTHING_TO_DO
