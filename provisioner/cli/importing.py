"""readi import: a first registry from what stands in a target, or in the database of the earlier tool."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from provisioner.app.importing import Imported, import_registry, target_for
from provisioner.app.importing.cockpit_import import import_cockpit
from provisioner.app.importing.drawn import TITLES, LeftOut
from provisioner.app.importing.foresight import Foresight
from provisioner.app.importing.report import import_report
from provisioner.cli.context import NOTHING_TO_DO, Context, context_of, working
from provisioner.cli.planning import AsJson
from provisioner.model.resources import Kind
from provisioner.model.text import Text

COCKPIT: Final = "cockpit"
"""What stands in a connector's place for the database of readi-cockpit."""
_SHOWN = 6
"""How many names stand behind a reason before "and N more"."""


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("import")(import_command)


def import_command(
    ctx: typer.Context,
    product: Annotated[
        str, typer.Argument(metavar="CONNECTOR", help="nextcloud, keycloak, ldap, a target's name, or cockpit.")
    ],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE] DIR",
            help="FILE: of cockpit alone, its SQLite database. DIR: new or empty; else the network's registry.",
        ),
    ] = None,
    target: Annotated[str | None, typer.Option("--target", help="Which one, where several have the connector.")] = None,
    private: Annotated[
        list[str] | None,
        typer.Option("--no-organisation", metavar="DOMAIN", help="Addresses there belong to no organisation."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Write a first registry from what stands there: accounts, groups, memberships. Changes nothing over there.

    From "cockpit" it is read from the database of the network's earlier tool, readi-cockpit.

    A folder that holds registry files already is refused. What can't stand in a registry is left out, and named.
    """
    context = context_of(ctx)
    site = context.open_site()
    file, folder = _paths(product, paths or [])
    where = folder if folder is not None else site.registry_folder
    if file is None:
        chosen = target_for(site, product, target)
        with working(context, "reading"):
            imported = import_registry(site, chosen, where, context.say, private or ())
    else:
        imported = import_cockpit(site, file, where, context.say, private or ())
    if as_json:
        context.print_json(import_report(site.network, imported, context.say))
    else:
        _tell(context, imported)
        if where.resolve() != site.registry_folder.resolve():
            context.out.print(context.tell("import_not_the_registry", folder=str(where)), style="yellow", markup=False)
    return NOTHING_TO_DO


def _paths(product: str, paths: list[Path]) -> tuple[Path | None, Path | None]:
    """(the cockpit's file, the registry's folder). Raises `typer.BadParameter`."""
    file, rest = (None, paths) if product != COCKPIT else (next(iter(paths), None), paths[1:])
    if (file is None and product == COCKPIT) or len(rest) > 1:
        raise typer.BadParameter(f"readi import {product} {'FILE ' if product == COCKPIT else ''}[DIR]")
    return file, next(iter(rest), None)


_LEFT_OUT: Final[Mapping[Kind, str]] = {
    Kind.ACCOUNT: "cli.import_left_out_account",
    Kind.GROUP: "cli.import_left_out_group",
    Kind.TEAM_FOLDER: "cli.import_left_out_team_folder",
    Kind.CONVERSATION: "cli.import_left_out_conversation",
    Kind.ROLE: "cli.import_left_out_role",
    Kind.MAILING_LIST: "cli.import_left_out_mailing_list",
    Kind.FORUM_CATEGORY: "cli.import_left_out_forum_category",
    Kind.WIKI_SPACE: "cli.import_left_out_wiki_space",
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
    _tell_remarks(context, imported)
    if imported.foresight is None:
        out.print(context.tell("import_next_cockpit"), markup=False)
    else:
        _tell_first_plan(context, imported.foresight)
        out.print(context.tell("import_next", target=imported.target), markup=False)


def _tell_remarks(context: Context, imported: Imported) -> None:
    for remark in imported.remarks:
        said = f"{context.say(remark.what)} {_shortened(context, remark.about)}"
        context.out.print(said.rstrip(), style="yellow", markup=False)


def _tell_left_out(context: Context, left_out: list[LeftOut]) -> None:
    by_reason: defaultdict[str, list[LeftOut]] = defaultdict(list)
    for left in left_out:
        by_reason[left.why.code].append(left)
    for code, alike in by_reason.items():
        names = _shortened(context, [left.name for left in alike])
        title = context.say(TITLES[code])
        context.out.print(f"  {title} ({len(alike)}): {names}", style="yellow", markup=False)


def _shortened(context: Context, names: Sequence[str]) -> str:
    more = f" {context.tell('and_more', count=len(names) - _SHOWN)}" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


def _tell_first_plan(context: Context, foresight: Foresight) -> None:
    out = context.out
    counts = {f"{kind}s".replace("-", "_").replace("ys", "ies"): foresight.adoptions.get(kind, 0) for kind in Kind}
    out.print(context.tell("import_first_plan", **counts), style="bold", markup=False)
    for expected in foresight.expected:
        out.print(f"  {context.say(expected.what)}", style="yellow", markup=False)
    if foresight.unwritable:
        out.print(f"  {context.tell('import_unwritable', count=foresight.unwritable)}", markup=False)
    for why in (*foresight.unclear, *foresight.refusals):
        out.print(f"  {context.say(why)}", style="red", markup=False)
