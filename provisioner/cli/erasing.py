"""readi person erase, body erase: deleting for good, by name; readi person export: what is known of somebody."""

from typing import Annotated

import typer

from provisioner.app import erasing
from provisioner.app.carrying_out import Started
from provisioner.app.erasing import Doomed, Erased, Erasure
from provisioner.app.personal_data import export
from provisioner.cli.context import FAILED, NOTHING_TO_DO, PENDING, REFUSED, Context, context_of, working
from provisioner.cli.editing import Identity, bodies, people
from provisioner.cli.planning import actor_id, failures, watched
from provisioner.cli.reading import read_first
from provisioner.model.resources import Kind
from provisioner.model.words import resource_word

Confirm = Annotated[
    str | None,
    typer.Option("--confirm", metavar="NAME", help="The name, letter by letter; without it nothing goes."),
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    people.command("erase")(person_erase)
    bodies.command("erase")(body_erase)
    people.command("export")(person_export)


def person_erase(ctx: typer.Context, identity: Identity, confirm: Confirm = None) -> int:
    """Delete somebody's accounts in every target, for good. Without --confirm: only say what would go.

    Exit code 0: erased, or nothing there; 2: shown only; 3: something stands in the way; 1: something failed.
    """
    return _erase(context_of(ctx), erasing.PERSON, identity, confirm)


def body_erase(ctx: typer.Context, identity: Identity, confirm: Confirm = None) -> int:
    """Delete an archived body's conversation, folder and groups, for good. Without --confirm: only say what would go.

    Exit code 0: erased, or nothing there; 2: shown only; 3: something stands in the way; 1: something failed.
    """
    return _erase(context_of(ctx), erasing.BODY, identity, confirm)


def _erase(context: Context, kind: str, identity: str, confirm: str | None) -> int:
    site = context.open_site()
    read_first(context, site)  # whoever came back is not to be erased
    if confirm is None:
        with working(context, "reading"):
            erasure = erasing.look(site, kind, identity)
        return _tell(context, kind, erasure)
    with watched(context, site) as how:
        erased = erasing.erase(site, kind, identity, confirm, Started(actor_id(), f"{kind} erase"), how)
    if erased.erasure.obstacles:
        return _tell(context, kind, erased.erasure)
    return _tell_erased(context, kind, erased)


def _tell(context: Context, kind: str, erasure: Erasure) -> int:
    """What would go, what stands in the way, and the words to type."""
    out = context.out
    if erasure.doomed:
        out.print(context.tell("would_be_erased", name=erasure.name, id=erasure.id), style="bold", markup=False)
        for doomed in erasure.doomed:
            out.print(f"  - {_object(context, doomed)}", style="red" if doomed.there else "dim", markup=False)
    else:
        code = "nothing_to_erase_person" if kind == erasing.PERSON else "nothing_to_erase_body"
        out.print(context.tell(code, name=erasure.name, id=erasure.id), markup=False)
    if erasure.obstacles:
        out.print(context.tell("stands_in_the_way"), style="yellow", markup=False)
        for obstacle in erasure.obstacles:
            out.print(f"  {context.say(obstacle)}", style="yellow", markup=False)
        return REFUSED
    if not erasure.doomed and kind == erasing.BODY:
        _tell_entry(context, erasure)
        return NOTHING_TO_DO
    _tell_sources(context, erasure)
    out.print(context.tell("no_way_back"), style="red", markup=False)
    out.print(f'  readi {kind} erase {erasure.id} --confirm "{erasure.name}"', style="cyan", markup=False)
    return PENDING


def _object(context: Context, doomed: Doomed) -> str:
    kind = resource_word(doomed.id.kind)
    if not doomed.there:
        hidden = doomed.id.kind is Kind.CONVERSATION  # shown to those alone who are in it
        return context.tell("unseen" if hidden else "erased_already", target=doomed.target, kind=kind, name=doomed.name)
    if doomed.members:
        return context.tell("doomed_with", target=doomed.target, kind=kind, name=doomed.name, count=doomed.members)
    return context.tell("doomed", target=doomed.target, kind=kind, name=doomed.name)


def _tell_erased(context: Context, kind: str, erased: Erased) -> int:
    out, erasure = context.out, erased.erasure
    if erased.report is not None:
        for line in failures(context, erased.report):
            out.print(f"  {line}", style="red", markup=False)
    if not erased.finished:
        out.print(context.tell("not_all_erased", name=erasure.name), style="red", markup=False)
        return FAILED
    code = "person_erased" if kind == erasing.PERSON else "body_erased"
    out.print(context.tell(code, name=erasure.name, id=erasure.id), style="bold", markup=False)
    for doomed in erasure.doomed:
        if doomed.id.kind is Kind.CONVERSATION and not doomed.there:
            out.print(f"  - {_object(context, doomed)}", style="yellow", markup=False)
    _tell_entry(context, erasure)
    _tell_sources(context, erasure)
    return NOTHING_TO_DO


def _tell_entry(context: Context, erasure: Erasure) -> None:
    """The registry is the ranger's: what remains there is said, never removed."""
    if erasure.origin is not None:
        context.out.print(context.tell("entry_remains", where=str(erasure.origin)), markup=False)


def _tell_sources(context: Context, erasure: Erasure) -> None:
    """What a city still says of somebody is the city's to delete."""
    if erasure.still_in:
        line = context.tell("still_in_sources", name=erasure.name, sources=", ".join(erasure.still_in))
        context.out.print(line, style="yellow", markup=False)


def person_export(ctx: typer.Context, identity: Identity) -> int:
    """Everything that is kept here about somebody, as JSON: entry, accounts, memberships, history, departure."""
    context = context_of(ctx)
    context.print_json(export(context.open_site(), identity))
    return NOTHING_TO_DO
