"""readi links: who may be one human twice, and what somebody says about it."""

from typing import Annotated

import typer

from provisioner.app.link_reports import links_report
from provisioner.app.links import Link, confirm, links_of, reject
from provisioner.cli.context import NOTHING_TO_DO, PENDING, Context, context_of
from provisioner.cli.editing import edited, tell_problems
from provisioner.cli.planning import AsJson

LinkIds = Annotated[list[str], typer.Argument(metavar="ID…", help="Ids as `readi links` shows them.")]
By = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="PERSON",
        help="Who says so: registry id of a ranger, or of an administrator of the organisations concerned.",
    ),
]

links = typer.Typer(invoke_without_command=True, help="Entries of sources that may be people of the registry.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(links, name="links")


@links.callback()
def links_command(ctx: typer.Context, as_json: AsJson = False) -> int:
    """Which entries of sources may be whom in the registry, with all that speaks for and against it.

    Exit code 0: nothing to decide; 2: somebody has to. Asks no source and no target.
    """
    if ctx.invoked_subcommand is not None:
        return NOTHING_TO_DO
    context = context_of(ctx)
    site = context.open_site()
    found = links_of(site)
    if as_json:
        context.print_json(links_report(site.network, found, context.say))
    elif not found:
        context.out.print(context.tell("no_links"), markup=False)
    else:
        for link in found:
            tell_link(context, link)
        context.out.print(context.tell("links_to_decide", count=len(found)), markup=False)
    return PENDING if found else NOTHING_TO_DO


@links.command("confirm")
def confirm_command(ctx: typer.Context, identities: LinkIds, by: By) -> int:
    """Both are one human: written into the person's entry; the person keeps id, account and memberships."""
    context = context_of(ctx)
    site = context.open_site()
    for identity in identities:
        edited(context, confirm(site, identity, by))
    return NOTHING_TO_DO


@links.command("reject")
def reject_command(ctx: typer.Context, identities: LinkIds, by: By) -> int:
    """They are two humans: noted with who said so, and never asked again."""
    context = context_of(ctx)
    site = context.open_site()
    for identity in identities:
        told = reject(site, identity, by)
        names = {"name": told.proposal.name, "person": told.proposal.person_name, "id": told.proposal.person}
        context.out.print(context.tell("told_apart", **names), markup=False)
        tell_problems(context, told.errors)
    return NOTHING_TO_DO


def tell_link(context: Context, link: Link) -> None:
    """One proposal: who, whom, why, why not, and what to type."""
    one, out = link.proposal, context.out
    told = {"name": one.name, "source": one.source, "person": one.person_name, "id": one.person}
    out.print(f"{one.id}  {context.tell('link', **told)}", style="bold", markup=False)
    for text in one.evidence:
        out.print(f"    + {context.say(text)}", markup=False)
    for text in one.against:
        out.print(f"    - {context.say(text)}", style="yellow", markup=False)
    if link.accounts:
        out.print(f"    {context.tell('link_accounts', id=one.person, targets=', '.join(link.accounts))}", markup=False)
    out.print(f"    → readi links confirm {one.id} --by ID", style="cyan", markup=False)
    out.print(f"    → readi links reject {one.id} --by ID", style="cyan", markup=False)
