"""readi room: meeting rooms, the passes that open them, the names that they are given."""

import sys
from datetime import datetime
from typing import Annotated, Final, TextIO
from zoneinfo import ZoneInfo

import typer

from provisioner.app.meetings.ranging import RoomReport, body_known, check, pass_for, rooms_report
from provisioner.app.meetings.rotating import Rotated, rotate_body
from provisioner.app.meetings.servers import new_key
from provisioner.app.picture import Pictures
from provisioner.cli.context import FAILED, NOTHING_TO_DO, PENDING, Context, context_of
from provisioner.cli.planning import AsJson, actor_id
from provisioner.model.text import Text

_WHY: Final = {
    "access": Text.of("cli.room_due_access"),
    "guest": Text.of("cli.room_due_guest"),
    "age": Text.of("cli.room_due_age"),
    "command": Text.of("cli.room_due_command"),
}

Body = Annotated[str, typer.Argument(metavar="BODY", help="Id of a body in the registry.")]

rooms = typer.Typer(no_args_is_help=True, help="Meeting rooms: who may enter, and under which name.")
keys = typer.Typer(no_args_is_help=True, help="The keys that sign passes, where a server fetches their public halves.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    rooms.add_typer(keys, name="keys")
    app.add_typer(rooms, name="room")


@rooms.command("list")
def list_command(ctx: typer.Context, as_json: AsJson = False) -> int:
    """The bodies' rooms: how old their names are, how many are inside. The names themselves are shown nowhere."""
    context = context_of(ctx)
    site = context.open_site()
    report = rooms_report(site)
    if as_json:
        context.print_json(report)
        return NOTHING_TO_DO
    for room in report.rooms:
        context.out.print(_line(context, room, site.clock.now()), markup=False)
    if not report.rooms:
        context.out.print(context.tell("no_rooms"), markup=False)
    return NOTHING_TO_DO


@rooms.command("token")
def token_command(
    ctx: typer.Context,
    body: Body,
    person: Annotated[str, typer.Option("--for", metavar="PERSON", help="Registry id: whose name and rights it has.")],
) -> int:
    """A link that opens the body's room to this person for some minutes. On a terminal only; it stands in the audit."""
    context = context_of(ctx)
    if not _is_terminal(sys.stdout):  # a pipe ends in a file or a journal, where the token could be read afterwards
        context.err.print(context.tell("room_token_no_terminal"), style="red", markup=False)
        return FAILED
    site = context.open_site()
    found = pass_for(site, body, person, actor_id())
    zone = ZoneInfo(site.read_registry().registry.time_zone)
    context.out.print(context.tell("room_token", until=found.expires.astimezone(zone)), markup=False)
    sys.stdout.write(found.url.get_secret_value() + "\n")  # in one piece, however narrow the terminal is
    return NOTHING_TO_DO


@rooms.command("check")
def check_command(
    ctx: typer.Context,
    token: Annotated[
        str | None,
        typer.Argument(
            metavar="[TOKEN]",
            help="The token, or an address with one in its fragment. Left out, it is asked for, so that it is in no "
            "history of commands.",
        ),
    ] = None,
    room: Annotated[
        str | None, typer.Option("--room", help="A body's id, or a room's name or address; else the token's own.")
    ] = None,
) -> int:
    """What the meeting server would do with a token, and why. Asks no server. Exit code 0: it lets in; 2: not."""
    context = context_of(ctx)
    site = context.open_site()
    if token is None:
        asked = context.tell("room_token_asked")
        token = typer.prompt(asked, hide_input=True) if _is_terminal(sys.stdin) else sys.stdin.read()
    found = check(site, token, room)
    verdict = found.verdict
    style = "green" if verdict.accepted else "red"
    context.out.print(context.say(verdict.why), style=style, markup=False)
    for warning in verdict.warnings:
        context.out.print(f"  ! {context.say(warning)}", style="yellow", markup=False)
    if not found.room_named:
        context.out.print(context.tell("room_of_token"), style="dim", markup=False)
    return NOTHING_TO_DO if verdict.accepted else PENDING


@rooms.command("rotate")
def rotate_command(ctx: typer.Context, body: Body) -> int:
    """Give a body's rooms other names, so that the old ones lead nowhere; links stay. Exit code 2: people sit in one.

    Under people who sit together it is not done: as soon as the room is empty, the service does it.
    """
    context = context_of(ctx)
    site = context.open_site()
    picture = Pictures(site).now(fresh=True)
    body_known(picture, body)
    done = rotate_body(site, picture, body, actor_id())
    for one in done:
        context.out.print(_told(context, one), markup=False)
    if not done:
        context.out.print(context.tell("no_room_of_body", body=body), markup=False)
    return PENDING if any(one.waits_until is not None for one in done) else NOTHING_TO_DO


@keys.command("new")
def new_key_command(
    ctx: typer.Context,
    target: Annotated[str | None, typer.Option("--target", help="Which Jitsi, where there are several.")] = None,
) -> int:
    """Make a new key for signing passes (RS256). It is published at once, and signs once servers have fetched it."""
    context = context_of(ctx)
    site = context.open_site()
    made = new_key(site, target)
    zone = ZoneInfo(site.read_registry().registry.time_zone)
    since = made.signs_from.astimezone(zone)
    told = context.tell("room_key_made", kid=made.kid, folder=str(made.folder), since=since)
    context.out.print(told, markup=False)
    if made.superseded:
        old = ", ".join(f"{kid}.pem" for kid in made.superseded)
        context.out.print(context.tell("room_keys_superseded", keys=old), markup=False)
    return NOTHING_TO_DO


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty()


def _told(context: Context, one: Rotated) -> str:
    title = one.room.title
    if one.waits_until is None:
        return context.tell("room_renamed", title=title)
    if one.inside:
        return context.tell("room_waits_people", title=title, count=one.inside)
    return context.tell("room_waits_arriving", title=title)


def _line(context: Context, room: RoomReport, now: datetime) -> str:
    inside = context.tell("room_unheard") if room.inside is None else context.tell("room_inside", count=room.inside)
    days = max(0, (now - room.named_at).days)
    name = room.body if room.series is None else f"{room.body}/{room.series}"
    told = [f"{name}  {room.title}", context.tell("room_age", count=days), inside]
    if room.due_since is not None:
        told.append(context.tell("room_due", why=_WHY[room.due_why]))
    return "  ".join(told)
