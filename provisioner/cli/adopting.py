"""readi adopt: what exists already, and whether it is ours."""

from typing import Annotated

import typer

from provisioner.app.adopting import Adopted, Adoptions, Choice, Dispute, adopt, find_adoptions
from provisioner.app.carrying_out import Started
from provisioner.app.ladder_reports import adoptions_report
from provisioner.app.values import shown_value
from provisioner.cli.context import FAILED, NOTHING_TO_DO, PENDING, USAGE, Context, context_of, working
from provisioner.cli.names import PersonNames
from provisioner.cli.planning import AsJson, Targets, actor_id, agrees, watched
from provisioner.cli.reading import read_first
from provisioner.cli.state import warn_of_ties
from provisioner.model.resources import Kind
from provisioner.model.words import field_word, resource_word


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("adopt")(adopt_command)


def adopt_command(
    ctx: typer.Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID…", help="People, bodies or organisations to adopt; none: list all."),
    ] = None,
    kind: Annotated[Kind | None, typer.Option(help="Only objects of this kind.")] = None,
    remote: Annotated[
        str | None, typer.Option(metavar="REMOTE_ID", help="The very object that is meant, where that is disputed.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is undisputed, after a question.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    take_over: Annotated[
        bool,
        typer.Option("--take-over", help="The database that was at work there is lost for good; go on with this one."),
    ] = False,
    target: Targets = None,
    as_json: AsJson = False,
) -> int:
    """Tie what exists already to the registry; nothing is written there. Without ID and --all: list what there is.

    Exit code 0: adopted, or nothing to decide; 2: something waits for a decision; 1: an error.
    """
    context = context_of(ctx)
    if (everything and ids) or (remote is not None and not ids) or (as_json and (ids or everything)):
        context.err.print(context.tell("adopt_usage"), style="red", markup=False)
        return USAGE
    site = context.open_site()
    warn_of_ties(context, site)
    read_first(context, site)
    choice = Choice(tuple(ids or ()), kind, tuple(target or ()), remote)
    with working(context, "reading"):
        found = find_adoptions(site, choice)
    if as_json:
        context.print_json(adoptions_report(site.network, found, context.say))
    else:
        _tell(context, found)
    waiting = PENDING if found.candidates or found.disputes else NOTHING_TO_DO
    if not (ids or everything) or not (found.candidates or take_over):
        return FAILED if found.unread else waiting
    if everything and not yes and not agrees(context, context.tell("really_adopt", count=len(found.candidates))):
        context.err.print(context.tell("nothing_changed"), markup=False)
        return PENDING
    wanted = [candidate.change for candidate in found.candidates]
    with watched(context, site) as how:
        adopted = adopt(site, wanted, choice, Started(actor_id(), "adopt"), how, take_over=take_over)
    return _tell_adopted(context, found, adopted)


def _tell(context: Context, found: Adoptions) -> None:
    out, names = context.out, PersonNames.of(found.planned)
    for name, why in found.unread.items():
        out.print(f"{name}: {context.say(why)}", style="red", markup=False)
    for candidate in found.candidates:
        change = candidate.change
        line = context.tell(
            "adoptable",
            target=change.target,
            kind=resource_word(change.id.kind),
            name=change.name,
            id=change.id.key,
            called=names(change.id.key),
        )
        out.print(f"= {line}", style="cyan", markup=False)
        out.print(f"    {context.say(change.reason)}", style="dim", markup=False)
        for field, (seen, wish) in candidate.differs.items():
            there, here = (shown_value(field, value, context.say) for value in (seen, wish))
            out.print(
                f"    {context.tell('adopt_differs', field=field_word(field), there=there, here=here)}", markup=False
            )
    for dispute in found.disputes:
        _tell_dispute(context, dispute, names)
    if found.candidates or found.disputes:
        counts = {"count": len(found.candidates), "disputed": len(found.disputes)}
        out.print(context.tell("adopt_summary", **counts), style="bold", markup=False)
    elif not found.unread:
        out.print(context.tell("nothing_to_adopt"), markup=False)


def _tell_dispute(context: Context, dispute: Dispute, names: PersonNames) -> None:
    key, kind = dispute.id.key, dispute.id.kind
    line = context.tell(
        "disputed", target=dispute.target, kind=resource_word(kind), name=dispute.name, id=key, called=names(key)
    )
    context.out.print(f"? {line}", style="red", markup=False)
    context.out.print(f"    {context.say(dispute.why)}", markup=False)
    for remote in dispute.candidates:
        command = f"readi adopt {key} --kind {kind} --target {dispute.target} --remote {remote.remote_id}"
        context.out.print(f"    → {command}  ({remote.name})", style="cyan", markup=False)


def _tell_adopted(context: Context, found: Adoptions, adopted: Adopted) -> int:
    out = context.out
    if adopted.done:
        out.print(context.tell("adopted", count=len(adopted.done)), style="bold", markup=False)
        out.print(context.tell("adopted_next"), markup=False)
    for target in adopted.taken_over:
        out.print(context.tell("taken_over", target=target), markup=False)
    if adopted.moved:
        names = ", ".join(adopted.moved[:20])
        out.print(context.tell("moved", count=len(adopted.moved), names=names), style="yellow", markup=False)
    if found.unread:
        return FAILED
    return PENDING if adopted.moved or found.disputes else NOTHING_TO_DO
