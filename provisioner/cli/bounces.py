"""readi bounces: whose mail comes back."""

import typer

from provisioner.app.bounces import Bounced, bounces_report, find_bounces
from provisioner.cli.context import FAILED, NOTHING_TO_DO, Context, context_of, working
from provisioner.cli.names import PersonNames
from provisioner.cli.planning import AsJson, Targets


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("bounces")(bounces_command)


def bounces_command(ctx: typer.Context, target: Targets = None, as_json: AsJson = False) -> int:
    """Addresses to which mailing lists no longer write, because mail came back, and whose they are. Changes nothing."""
    context = context_of(ctx)
    site = context.open_site()
    with working(context, "examining"):
        found = find_bounces(site, target or ())
    if as_json:
        context.print_json(bounces_report(site.network, found, context.say))
        return FAILED if found.unread else NOTHING_TO_DO
    names = PersonNames(site.read_registry().registry)
    for one in found.items:
        context.out.print(_line(context, one, names), markup=False)
    for name, why in found.unread.items():
        context.out.print(f"{name}: {context.say(why)}", style="red", markup=False)
    if found.items:
        context.out.print(context.tell("bounces_summary", count=len(found.items)), markup=False)
    elif not found.unread:
        context.out.print(context.tell("no_bounces" if found.asked else "no_bounces_told"), markup=False)
    return FAILED if found.unread else NOTHING_TO_DO


def _line(context: Context, one: Bounced, names: PersonNames) -> str:
    ailing = one.ailing
    place, address = f"{one.target}  {ailing.container}", ailing.address
    who = (
        context.tell("bounces_nobody")
        if one.person is None
        else f"{names(one.person)} ({one.person.partition(':')[2]})"
    )
    if ailing.since is None:
        return context.tell("bounced", place=place, address=address, who=who, score=ailing.score)
    since = ailing.since.date()
    return context.tell("bounced_since", place=place, address=address, who=who, score=ailing.score, since=since)
