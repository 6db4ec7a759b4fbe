"""readi mail: try the mail server, write to all of a body."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.letters.mail_doctor import try_mail
from provisioner.app.letters.mailing import mail_body
from provisioner.app.picture import Pictures
from provisioner.cli.context import FAILED, NOTHING_TO_DO, context_of
from provisioner.cli.planning import actor_id, agrees
from provisioner.model.errors import OutcomeUnknown, SettingsError, TargetError
from provisioner.model.text import Text

mail = typer.Typer(no_args_is_help=True, help="Mail: try the server, write to all of a body.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(mail, name="mail")


@mail.command("test")
def test_command(ctx: typer.Context, address: Annotated[str, typer.Argument(metavar="ADDRESS")]) -> int:
    """Send one mail at once, and say what the server answered."""
    context = context_of(ctx)
    site = context.open_site()
    try:
        try_mail(site, address, context.say)
    except OutcomeUnknown as unknown:
        context.err.print(context.say.error(unknown), style="yellow", markup=False)
        return FAILED
    except TargetError as error:
        context.err.print(context.say.error(error), style="red", markup=False)
        return FAILED
    context.out.print(context.tell("mail_taken", address=address), markup=False)
    return NOTHING_TO_DO


@mail.command("body")
def body_command(
    ctx: typer.Context,
    body: Annotated[str, typer.Argument(metavar="BODY", help="Id of the body.")],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="Holds the text, in UTF-8.")
    ],
    subject: Annotated[str, typer.Option(help="What it is about, in one line.")],
    to: Annotated[Literal["members", "moderators"], typer.Option(help="To whom.")] = "members",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Write to all of a body. Each gets a mail of their own; the running service sends them.

    The text is kept with the letters until these are forgotten; of the act itself only how many it went to.
    """
    context = context_of(ctx)
    site = context.open_site()
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(Text.of("cli.mail_file", file=str(file)), type(error).__name__) from error
    picture = Pictures(site).now()
    found = picture.registry.bodies.get(body)
    if found is None:
        raise Forbidden
    count = len(picture.members_of(body) if to == "members" else picture.moderators_of(body))
    if count and not yes and not agrees(context, context.tell("mail_body_ask", count=count, body=found.name)):
        return FAILED
    try:
        count = mail_body(site, picture, None, body, subject, text, to, actor=actor_id())
    except Refused as refused:
        context.err.print(context.say(refused.text), style="red", markup=False)
        return FAILED
    context.out.print(context.tell("mail_body_posted", count=count), markup=False)
    return NOTHING_TO_DO
