"""readi demo serve: the whole service to try out, on emulators, with invented people."""

import threading
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.context import NOTHING_TO_DO, Context, context_of
from provisioner.model.words import role_word

if TYPE_CHECKING:  # the emulators are loaded by those who want to see them
    from provisioner.app.demo.demo_mailbox import Mail
    from provisioner.app.demo.demo_service import Tour


def serve_command(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Of the console; 0: any that is free.")] = 8765,
) -> int:
    """The service to try out until Ctrl-C: the example network on emulators, everybody's login, each mail shown.

    Touches nothing but loopback and a temporary folder, which is gone afterwards.
    """
    from provisioner.app.demo.demo_service import DemoService
    from provisioner.service import logs
    from provisioner.service.serve import Options, serve

    context = context_of(ctx)
    screen = _Screen(context)
    context.out.print(context.tell("demo_serve_preparing"), markup=False)
    with DemoService(context.clock, screen.mail, port) as demo:
        logs.set_up("text", quiet=True)
        serve(Options(demo.settings, "text", quiet=True), lambda _: screen.tour(demo.tour))
    context.out.print(context.tell("demo_serve_gone"), markup=False)
    return NOTHING_TO_DO


class _Screen:
    """What a tired volunteer reads. Links are never broken: one clicks them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._one_at_a_time = threading.Lock()

    def tour(self, tour: "Tour") -> None:
        """Where it is, whom to log in as, how to join."""
        self._head("demo_serve_head")
        self._line("demo_serve_where", url=tour.url)
        self._head("demo_serve_guises")
        for guise in tour.guises:
            role = self._context.say(role_word(guise.role))
            self._line("demo_serve_guise", role=role, name=guise.person.display_name, address=guise.person.email)
            self._plain(f"    {guise.link}")
        self._line("demo_serve_again", url=f"{tour.url}login")
        self._head("demo_serve_newcomer")
        self._line("demo_serve_join", url=f"{tour.url}login", address=tour.newcomer)
        self._head("demo_serve_end")

    def mail(self, mail: "Mail") -> None:
        """One mail, whole, as it came."""
        with self._one_at_a_time:
            self._head("demo_serve_mail", to=mail.to)
            self._plain(f"  {mail.subject}", style="bold")
            for line in mail.text.strip().splitlines():
                self._plain(f"  │ {line.rstrip()}")

    def _head(self, code: str, **arguments: str) -> None:
        self._context.out.print()
        self._plain(self._context.tell(code, **arguments), style="bold cyan")

    def _line(self, code: str, **arguments: str) -> None:
        self._plain(f"  {self._context.tell(code, **arguments)}")

    def _plain(self, line: str, style: str | None = None) -> None:
        self._context.out.print(line, style=style, markup=False, soft_wrap=True)
