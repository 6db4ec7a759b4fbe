"""The command ``readi``: global options, and errors turned into words and exit codes."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
import typer.exceptions

from provisioner.cli import (
    admin_link,
    adopting,
    alerts,
    bounces,
    bridge,
    demo,
    editing,
    enrolments,
    erasing,
    importing,
    jitsi,
    leavers,
    links,
    log,
    looking,
    mailing,
    meetings,
    planning,
    plans,
    privacy,
    registry,
    rooms,
    serving,
    sources,
    state,
    targets,
)
from provisioner.cli.context import FAILED, USAGE, Context
from provisioner.model.errors import ReadiError
from provisioner.registry.editing import EditRefused

app = typer.Typer(
    name="readi",
    help="One registry of organisations, people, roles and bodies; every system kept equal to it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for commands in (
    registry,
    planning,
    plans,
    adopting,
    looking,
    bounces,
    mailing,
    targets,
    sources,
    links,
    enrolments,
    meetings,
    state,
    editing,
    erasing,
    leavers,
    privacy,
    importing,
    demo,
    serving,
    bridge,
    alerts,
    admin_link,
    rooms,
    jitsi,
):
    commands.register(app)


@app.callback()
def options(
    ctx: typer.Context,
    settings: Annotated[
        Path | None, typer.Option(help="The settings file; else READI_SETTINGS, else ./settings.yaml.")
    ] = None,
    network: Annotated[str | None, typer.Option(help="Which network, where the settings name several.")] = None,
    lang: Annotated[Literal["de", "en"] | None, typer.Option(help="Language of texts.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only results and errors.")] = False,
    log_format: Annotated[Literal["text", "json"], typer.Option(help="How log lines look, on stderr.")] = "text",
) -> None:
    """Hand the global options on to the command."""
    log.set_up(log_format, quiet=quiet)
    given = ctx.obj if isinstance(ctx.obj, Context) else Context()
    given.settings, given.network, given.language, given.quiet = settings, network, lang, quiet
    given.log_format = log_format
    ctx.obj = given


def run(arguments: list[str], context: Context | None = None) -> int:
    """Run one command; its exit code. Nothing that this project raises on purpose ends in a traceback."""
    context = context or Context()
    try:
        result = app(arguments, standalone_mode=False, obj=context)
    except typer.Exit as ended:
        return ended.exit_code
    except typer.exceptions.TyperException as wrong:  # a wrong option, a missing argument
        show = getattr(wrong, "show", None)  # all that typer raises can show themselves; its base type does not say so
        if show is not None:
            show(sys.stderr)
        return USAGE
    except typer.Abort:  # asked, and not answered
        context.err.print(context.tell("aborted"), markup=False)
        return FAILED
    except KeyboardInterrupt:  # of an apply the second one: the first lets the step in hand finish
        context.err.print(context.tell("broken_off"), markup=False)
        return FAILED
    except EditRefused as refused:
        context.err.print(context.say.error(refused), style="red", markup=False)
        for problem in refused.problems:
            # Not where: the line was never written.
            context.err.print(f"  {context.say(problem.what)}", markup=False)
            context.err.print(f"      {context.say(problem.mend)}", markup=False)
        return FAILED
    except ReadiError as error:
        context.err.print(context.say.error(error), style="red", markup=False)
        return FAILED
    finally:
        context.close()
    return result if isinstance(result, int) else 0


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))
