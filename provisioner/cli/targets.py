"""readi doctor, release, sandbox: the servers, what is tied to them, and emulators of them."""

import json
import sys
from collections.abc import Iterable
from typing import Annotated

import typer

from provisioner.app.alerting.doctor import examine_bridge
from provisioner.app.letters.mail_doctor import examine_mail
from provisioner.app.looking import examine
from provisioner.app.releasing import release
from provisioner.app.reporting import doctor_report
from provisioner.app.source_doctor import examine_sources
from provisioner.cli.context import FAILED, NOTHING_TO_DO, Context, context_of, working
from provisioner.cli.planning import AsJson, Targets
from provisioner.model.ports import Finding, Severity
from provisioner.model.words import resource_word

_STYLES = {Severity.OK: "green", Severity.NOTE: "blue", Severity.WARNING: "yellow", Severity.ERROR: "red"}
_SIGNS = {Severity.OK: "+", Severity.NOTE: "i", Severity.WARNING: "!", Severity.ERROR: "x"}


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("doctor")(doctor_command)
    app.command("release")(release_command)
    app.command("sandbox")(sandbox_command)


def doctor_command(ctx: typer.Context, target: Targets = None, as_json: AsJson = False) -> int:
    """Every target, source and the mail server: reachable, rights, limits; each finding with its mend. Writes nothing.

    With --target no source is examined, nor are mail and the bridge.
    """
    context = context_of(ctx)
    site = context.open_site()
    with working(context, "examining"):
        examined = list(examine(site, target or ()))
        sources = [] if target else list(examine_sources(site))
        mail = [] if target else list(examine_mail(site))
        unfit = [name for name, found in examined if any(one.severity is Severity.ERROR for one in found)]
        bridge = [] if target else list(examine_bridge(site, unfit))
    if as_json:
        context.print_json(doctor_report(examined, sources, mail, bridge, context.say))
    else:
        for name, findings in examined:
            _tell_findings(context, name, findings)
        for name, findings in sources:
            _tell_findings(context, context.tell("doctor_source", source=name), findings)
        if mail:
            _tell_findings(context, context.tell("doctor_mail"), mail)
        if bridge:
            _tell_findings(context, context.tell("doctor_bridge"), bridge)
    found = [*mail, *bridge, *(finding for _, each in (*examined, *sources) for finding in each)]
    failed = any(finding.severity is Severity.ERROR for finding in found)
    return FAILED if failed else NOTHING_TO_DO


def _tell_findings(context: Context, head: str, findings: Iterable[Finding]) -> None:
    context.out.print(head, style="bold", markup=False)
    for finding in findings:
        line = f"  {_SIGNS[finding.severity]} {context.say(finding.what)}"
        context.out.print(line, style=_STYLES[finding.severity], markup=False)
        if finding.mend is not None:
            context.out.print(f"      {context.say(finding.mend)}", markup=False)


def release_command(
    ctx: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="ID", help="A person, a body or an organisation.")],
    target: Targets = None,
) -> int:
    """Untie what is lost: what exists is offered for adoption, what is gone is made anew. Writes nothing over there."""
    context = context_of(ctx)
    for released in release(context.open_site(), identity, target or ()):
        kind = context.say(resource_word(released.id.kind))
        context.out.print(context.tell("released", target=released.target, kind=kind, name=released.name), markup=False)
    return NOTHING_TO_DO


def sandbox_command(
    ctx: typer.Context,
    name: Annotated[list[str] | None, typer.Argument(help="Which products; none named: all.")] = None,
    example: Annotated[bool, typer.Option("--example", help="Filled with the example network.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65_000, help="The first one's port; the next take the next.")] = 0,
    as_json: AsJson = False,
) -> int:
    """Emulators on loopback until Ctrl-C. Once they answer, one line says where and with which credentials."""
    context = context_of(ctx)
    from provisioner.app.sandbox import Sandboxes  # the emulators are loaded by those who want one

    with Sandboxes(context.clock, name or (), port) as sandboxes, sandboxes.until_ended() as ended:
        if example:
            sandboxes.fill_with_example()
        sys.stdout.write(json.dumps(sandboxes.addresses()) + "\n")
        sys.stdout.flush()
        if not as_json:
            for sandbox in sandboxes.running:
                more = ", ".join(f"{name}: {value}" for name, value in sandbox.settings.items())
                if more:
                    context.err.print(f"{sandbox.name}: {more}", markup=False)
            context.err.print(context.tell("sandbox_runs"), markup=False)
        ended.wait()
    return NOTHING_TO_DO
