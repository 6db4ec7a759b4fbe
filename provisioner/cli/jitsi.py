"""readi jitsi: how a Jitsi has to be set up for this service."""

import sys
from typing import Annotated

import typer

from connectors.jitsi.deployment import Ours, deployment, event_component
from provisioner.app.letters.page_links import page
from provisioner.app.meetings.servers import jitsi_of
from provisioner.cli.context import FAILED, NOTHING_TO_DO, context_of
from provisioner.model.text import Text

jitsi = typer.Typer(no_args_is_help=True, help="The meeting server that opens the rooms.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(jitsi, name="jitsi")


@jitsi.command("config")
def config_command(
    ctx: typer.Context,
    target: Annotated[str | None, typer.Option("--target", help="Which Jitsi, where there are several.")] = None,
    events: Annotated[
        bool, typer.Option("--events", help="Instead: the file by which its Prosody tells how many are inside.")
    ] = False,
    secrets: Annotated[
        bool, typer.Option("--secrets", help="With the secrets; without it, places are left for them.")
    ] = False,
) -> int:
    """The settings of docker-jitsi-meet that this network's rooms need, each with why. Asks no server.

    Whoever leaves one out may let everybody in, or make everybody a moderator; `readi doctor` finds that.
    """
    from provisioner.service.callers import long_secret_of  # brings the whole of the web along

    context = context_of(ctx)
    site = context.open_site()
    _, settings = jitsi_of(site, target)
    if site.settings.service.url is None:
        for text in ("app.no_way_in", "app.mend_no_way_in"):
            context.err.print(context.say(Text.of(text)), style="yellow", markup=False)
    ours = Ours(
        page(site),
        long_secret_of(site.section.meetings.events, site, "meetings.events"),
        long_secret_of(site.section.meetings.reservations, site, "meetings.reservations"),
    )
    if not events:
        sys.stdout.write(deployment(settings, ours, context.say, with_secrets=secrets))
        return NOTHING_TO_DO
    told = event_component(settings, ours, context.say, with_secrets=secrets)
    if told is None:
        context.err.print(context.tell("jitsi_no_events"), style="red", markup=False)
        return FAILED
    sys.stdout.write(told)
    return NOTHING_TO_DO
