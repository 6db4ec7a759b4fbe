"""readi import: a first registry from what stands in a target."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from provisioner.app.importing import Imported, import_registry, target_for
from provisioner.app.importing.drawn import TITLES, LeftOut
from provisioner.app.importing.report import import_report
from provisioner.cli.context import NOTHING_TO_DO, Context, context_of, working
from provisioner.cli.planning import AsJson
from provisioner.model.resources import Kind
from provisioner.model.text import Text

_SHOWN = 6
"""How many names stand behind a reason before "and N more"."""


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("import")(import_command)


def import_command(
    ctx: typer.Context,
    product: Annotated[str, typer.Argument(metavar="CONNECTOR", help="nextcloud, ldap, or a target's name.")],
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="A new or empty folder; else the network's registry.")
    ] = None,
    target: Annotated[str | None, typer.Option("--target", help="Which one, where several have the connector.")] = None,
    private: Annotated[
        list[str] | None,
        typer.Option("--no-organisation", metavar="DOMAIN", help="Addresses there belong to no organisation."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Write a first registry from what stands there: accounts, groups, memberships. Changes nothing over there.

    A folder that holds registry files already is refused. What can't stand in a registry is left out, and named.
    """
    context = context_of(ctx)
    site = context.open_site()
    chosen = target_for(site, product, target)
    where = folder if folder is not None else site.registry_folder
    with working(context, "reading"):
        imported = import_registry(site, chosen, where, context.say, private or ())
    if as_json:
        context.print_json(import_report(site.network, imported, context.say))
    else:
        _tell(context, imported)
        if where.resolve() != site.registry_folder.resolve():
            context.out.print(context.tell("import_not_the_registry", folder=str(where)), style="yellow", markup=False)
    return NOTHING_TO_DO


_LEFT_OUT: Final[Mapping[Kind, str]] = {
    Kind.ACCOUNT: "cli.import_left_out_account",
    Kind.GROUP: "cli.import_left_out_group",
    Kind.TEAM_FOLDER: "cli.import_left_out_team_folder",
    Kind.CONVERSATION: "cli.import_left_out_conversation",
    Kind.ROLE: "cli.import_left_out_role",
    Kind.MAILING_LIST: "cli.import_left_out_mailing_list",
}


def _tell(context: Context, imported: Imported) -> None:
    out = context.out
    for path in imported.files:
        out.print(f"  {path}", style="dim", markup=False)
    counts = {name: getattr(imported, name) for name in ("organisations", "people", "bodies", "memberships")}
    out.print(context.tell("imported", folder=str(imported.folder), **counts), style="bold", markup=False)
    for kind, code in _LEFT_OUT.items():
        if left_out := [left for left in imported.left_out if left.kind is kind]:
            out.print(context.say(Text.of(code, count=len(left_out))), markup=False)
            _tell_left_out(context, left_out)
    _tell_first_plan(context, imported)


def _tell_left_out(context: Context, left_out: list[LeftOut]) -> None:
    by_reason: defaultdict[str, list[LeftOut]] = defaultdict(list)
    for left in left_out:
        by_reason[left.why.code].append(left)
    for code, alike in by_reason.items():
        names = ", ".join(left.name for left in alike[:_SHOWN])
        more = f" {context.tell('and_more', count=len(alike) - _SHOWN)}" if len(alike) > _SHOWN else ""
        title = context.say(TITLES[code])
        context.out.print(f"  {title} ({len(alike)}): {names}{more}", style="yellow", markup=False)


def _tell_first_plan(context: Context, imported: Imported) -> None:
    foresight, out = imported.foresight, context.out
    counts = {f"{kind}s".replace("-", "_"): foresight.adoptions.get(kind, 0) for kind in Kind}
    out.print(context.tell("import_first_plan", **counts), style="bold", markup=False)
    for expected in foresight.expected:
        out.print(f"  {context.say(expected.what)}", style="yellow", markup=False)
    if foresight.unwritable:
        out.print(f"  {context.tell('import_unwritable', count=foresight.unwritable)}", markup=False)
    for why in (*foresight.unclear, *foresight.refusals):
        out.print(f"  {context.say(why)}", style="red", markup=False)
    out.print(context.tell("import_next", target=imported.target), markup=False)
