"""readi meetings: when bodies meet."""

from typing import Annotated

import typer
from babel.dates import format_date

from provisioner.app.meetings.meeting_reports import MeetingReport, meetings_report
from provisioner.cli.context import NOTHING_TO_DO, Context, context_of
from provisioner.cli.planning import AsJson

meetings = typer.Typer(help="When bodies meet.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(meetings, name="meetings")


@meetings.callback()
def meetings_commands() -> None:
    """Keep `list` a word of its own."""


@meetings.command("list")
def list_command(
    ctx: typer.Context,
    body: Annotated[str | None, typer.Argument(metavar="[BODY]", help="Id of a body; without it all.")] = None,
    days: Annotated[int, typer.Option(min=1, max=800, help="How many days ahead.")] = 60,
    as_json: AsJson = False,
) -> int:
    """The next meetings by the registry; also what was moved, and what does not take place. Asks no target."""
    context = context_of(ctx)
    report = meetings_report(context.open_site(), body, days)
    if as_json:
        context.print_json(report)
        return NOTHING_TO_DO
    for one in report.meetings:
        context.out.print(_line(context, one), style="dim" if one.off else None, markup=False)
    if report.mistakes:
        told = context.tell("meetings_with_mistakes", count=report.mistakes)
        context.err.print(told, style="yellow", markup=False)
    if not report.meetings:
        context.out.print(context.tell("no_meetings", days=days), markup=False)
    return NOTHING_TO_DO


def _line(context: Context, one: MeetingReport) -> str:
    weekday = format_date(one.starts, "EE", locale=context.say.language)
    what = one.body_name if one.title == one.body_name else f"{one.body_name}: {one.title}"
    times = {"starts": f"{one.starts:%H:%M}", "ends": f"{one.ends:%H:%M}"}
    line = context.tell("meeting", weekday=weekday, day=one.starts.date(), what=what, **times)
    if one.holiday:
        return f"{line}  {context.tell('meeting_holiday', holiday=one.holiday)}"
    if one.off:
        return f"{line}  {context.tell('meeting_off')}"
    return line if one.planned is None else f"{line}  {context.tell('meeting_moved', planned=one.planned)}"
