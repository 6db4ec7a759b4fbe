"""readi serve, and what asks the running service for something."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.app.letters.page_links import page
from provisioner.app.site import Site
from provisioner.app.starting import lacking
from provisioner.app.work.progress import ProgressStore
from provisioner.cli.bridge import print_left_out
from provisioner.cli.context import FAILED, NOTHING_TO_DO, Context, context_of, working
from provisioner.cli.planning import actor_id
from provisioner.model.errands import Job
from provisioner.state import Errands

if TYPE_CHECKING:  # what serves pages is loaded by those who serve
    from provisioner.service.serve import Service

_LOOK_EVERY = 0.2
"""Seconds."""


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
        lambda service: _tell(context, service),
    )
    return NOTHING_TO_DO


def _tell(context: Context, service: "Service") -> None:
    """Where its pages are, and what keeps people out of them."""
    print_left_out(context, service.bridge)
    if context.quiet:
        return
    context.err.print(context.tell("serving", address=service.address), markup=False)
    for name, site in service.sites.items():
        context.err.print(f"  {page(site)}/", markup=False, soft_wrap=True)
        for what in lacking(site, service.pictures[name]):
            context.err.print(f"  ! {context.say(what)}", style="yellow", markup=False)


def trigger_command(
    ctx: typer.Context,
    job: Annotated[Job, typer.Argument(help="What is to be done.")],
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Of a sync: only this person, body or organisation.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until it is done, or fails for the first time.")] = False,
) -> int:
    """Ask the running service to do something now; it stays asked until it is done.

    Exit code 0: noted, or done; with --wait 1: something of it failed (`readi history` tells what).
    """
    context = context_of(ctx)
    site = context.open_site()
    if job is Job.APPLY:
        raise typer.BadParameter(context.tell("trigger_no_apply"))
    errands = Errands(site.database, site.network)
    asked: tuple[str | None, ...] = tuple(only or ()) if job is Job.SYNC else ()
    began = site.clock.now()
    put_down = [errands.add(job, "command", actor_id(), began, only=one) for one in asked or (None,)]
    context.out.print(context.tell("triggered"), markup=False)
    if not wait:
        return NOTHING_TO_DO
    with working(context, "trigger_waiting"):
        failed = _wait(site, put_down)
    last = None if asked else ProgressStore(site).last().get(job)
    failed |= last is not None and last.ended >= began and last.outcome != "done"
    context.out.print(context.tell("trigger_failed" if failed else "trigger_done"), markup=False)
    return FAILED if failed else NOTHING_TO_DO


def _wait(site: Site, put_down: Collection[int]) -> bool:
    """Until all are done, or one failed; whether one did. The service tries that again."""
    errands = Errands(site.database, site.network)
    while left := [errand for errand in errands.all() if errand.id in put_down]:
        if any(errand.tries for errand in left):
            return True
        site.clock.sleep(_LOOK_EVERY)
    return False


def worker_command(ctx: typer.Context, pipe: Annotated[int, typer.Argument()]) -> int:
    """A process of the service; it starts this by itself."""
    from provisioner.service import logs
    from provisioner.service.child import work

    context = context_of(ctx)
    logs.set_up(context.log_format, quiet=context.quiet)
    work(context.open_site(), pipe)
    return NOTHING_TO_DO
