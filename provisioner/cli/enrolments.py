"""readi enrolments: what was decided through the service, and its way into the registry's files."""

from pathlib import Path
from typing import Annotated

import typer

from provisioner.app.enrolments import EnrolmentsReport, enrolments_report, export, settle_enrolments
from provisioner.cli.context import NOTHING_TO_DO, USAGE, Context, context_of
from provisioner.cli.planning import AsJson
from provisioner.model.text import Text
from provisioner.model.words import role_word

enrolments = typer.Typer(invoke_without_command=True, help="What was decided through the service.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(enrolments, name="enrolments")


@enrolments.callback()
def enrolments_command(ctx: typer.Context, as_json: AsJson = False) -> int:
    """Who came by themselves, who joined or left what, who goes, which bodies were made by form."""
    return NOTHING_TO_DO if ctx.invoked_subcommand is not None else _list(ctx, as_json)


@enrolments.command("list")
def list_command(ctx: typer.Context, as_json: AsJson = False) -> int:
    """The same as `readi enrolments`."""
    return _list(ctx, as_json)


@enrolments.command("export")
def export_command(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A new file for people and bodies that stand in no file.")
    ] = None,
    settle: Annotated[
        bool,
        typer.Option("--settle", help="Write everything into the registry's own files, and keep it there alone."),
    ] = False,
) -> int:
    """Write it as the registry's files have it: into a file to look at, or with --settle into the registry."""
    context = context_of(ctx)
    if settle == (file is not None):
        context.err.print(context.tell("export_where"), markup=False)
        return USAGE
    site = context.open_site()
    if file is not None:
        found = export(site, file)
        people, bodies = len(found.people), len(found.bodies)
        told = context.tell("enrolments_exported", file=str(file), people=people, bodies=bodies)
        context.out.print(told, markup=False)
        return NOTHING_TO_DO
    settled, count = settle_enrolments(site)
    for name in settled.files:
        context.out.print(f"  {site.registry_folder / name}", style="dim", markup=False)
    context.out.print(context.tell("settled", count=count, files=len(settled.files)), markup=False)
    left = site.enrolments()
    if left.people or left.memberships or left.endings or left.bodies:
        context.out.print(context.tell("settled_rest"), markup=False)
    return NOTHING_TO_DO


def _list(ctx: typer.Context, as_json: bool) -> int:
    context = context_of(ctx)
    report = enrolments_report(context.open_site())
    if as_json:
        context.print_json(report)
    else:
        _tell(context, report)
    return NOTHING_TO_DO


def _tell(context: Context, report: EnrolmentsReport) -> None:
    lines: list[Text] = []
    for one in report.people:
        code = "cli.enrolled_in_files" if one.in_files else "cli.enrolled"
        lines.append(Text.of(code, id=one.id, name=one.name, organisation=one.organisation, joined=one.joined))
    for made in report.bodies:
        made_code = "cli.enrolled_body_in_files" if made.in_files else "cli.enrolled_body"
        lines.append(Text.of(made_code, id=made.id, name=made.name))
    for place in report.places:
        person, body, by = place.person, place.body, place.by
        if place.until is not None:
            lines.append(Text.of("cli.enrolled_out", person=person, body=body, until=place.until, by=by))
        else:
            role, since = role_word(place.role), place.since or "…"
            lines.append(Text.of("cli.enrolled_place", person=person, body=body, role=role, since=since, by=by))
    lines += [Text.of("cli.enrolled_end", person=end.person, leaves=end.leaves, by=end.by) for end in report.endings]
    for line in lines or [Text.of("cli.enrolled_nothing")]:
        context.out.print(context.say(line), markup=False)
