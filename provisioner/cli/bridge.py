"""readi bridge: receives what sensors and monitoring tell, and tells people."""

from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.context import NOTHING_TO_DO, Context, context_of

if TYPE_CHECKING:  # what serves is loaded by those who serve
    from provisioner.service.bridging import Bridge


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("bridge")(bridge_command)


def bridge_command(
    ctx: typer.Context,
    listen: Annotated[
        str | None, typer.Option("--listen", help="Address and port, instead of `service.listen`; port 0: any.")
    ] = None,
) -> int:
    """The bridge alone: sensors and alerts into conversations; until Ctrl-C or SIGTERM. For all networks with a bridge.

    `readi serve` runs it, too, unless the settings say `in_service: false`. Several at once share the work.
    """
    from provisioner.app.settings import find_settings  # what serves is loaded by those who serve
    from provisioner.service import logs
    from provisioner.service.bridge_serving import BridgeService
    from provisioner.service.serve import Options, run

    context = context_of(ctx)
    logs.set_up(context.log_format, quiet=context.quiet)
    options = Options(find_settings(context.settings), context.log_format, context.quiet, context.clock)

    def told(service: BridgeService) -> None:
        print_left_out(context, service.bridge)
        if not context.quiet:
            context.err.print(context.tell("bridging", address=service.address), markup=False)

    run(BridgeService(options, listen), told)
    return NOTHING_TO_DO


def print_left_out(context: Context, bridge: "Bridge") -> None:
    """What the bridge could not read and goes on without; quiet or not."""
    for what in bridge.left_out():
        context.err.print(f"! {context.say(what)}", style="red", markup=False)
