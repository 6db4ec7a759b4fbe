"""readi privacy: what the law wants to be written down, from what is set up."""

import sys

import typer

from provisioner.app.privacy.privacy_report import markdown_of, privacy_report
from provisioner.app.privacy.record import record_of
from provisioner.cli.context import NOTHING_TO_DO, context_of
from provisioner.cli.planning import AsJson
from provisioner.texts import harmless

privacy = typer.Typer(no_args_is_help=True, help="What is written down about data protection.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(privacy, name="privacy")


@privacy.command("record")
def record_command(ctx: typer.Context, as_json: AsJson = False) -> int:
    """The record of processing activities (Art. 30 DSGVO): purposes, data, recipients, time limits, measures.

    Markdown, to be printed and filed; --lang de or en. It names nobody and asks no target.
    """
    context = context_of(ctx)
    site = context.open_site()
    inputs = site.inputs()
    record = record_of(site, inputs.loaded.registry, inputs.policy)
    if as_json:
        context.print_json(privacy_report(record, context.say))
    else:
        sys.stdout.write(harmless(markdown_of(record, context.say), lines=True))
    return NOTHING_TO_DO
