"""readi admin-link: the way in before anybody has a role."""

import sys
from datetime import timedelta
from typing import Final

import typer

from provisioner.app.letters.page_links import page
from provisioner.cli.context import FAILED, NOTHING_TO_DO, context_of
from provisioner.cli.planning import actor_id
from provisioner.state import Audit, Links, Purpose, Within

LASTS: Final = timedelta(minutes=15)


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("admin-link")(admin_link_command)


def admin_link_command(ctx: typer.Context) -> int:
    """A link that lets whoever opens it in with all rights of a ranger, once, within 15 minutes. On a terminal only."""
    context = context_of(ctx)
    if not sys.stdout.isatty():  # a pipe ends in a file or a journal, where the link could be read afterwards
        context.err.print(context.tell("admin_link_no_terminal"), style="red", markup=False)
        return FAILED
    site = context.open_site()
    now = site.clock.now()
    with site.database.writing() as connection:
        within = Within(connection)
        word = Links(within, site.network).make(Purpose.ADMIN, "", now, LASTS)
        Audit(within, site.network).note(now, actor_id(), "made_admin_link", "network")
    context.out.print(context.tell("admin_link"), markup=False)
    sys.stdout.write(page(site, "link", word) + "\n")  # in one piece, however narrow the terminal is
    return NOTHING_TO_DO
