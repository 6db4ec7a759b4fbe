"""readi person erase, body erase: deleting for good, by name, with proof; readi person show: what is kept of them."""

import os
from pathlib import Path
from typing import Annotated

import typer
import yaml

from provisioner.app.carrying_out import Started
from provisioner.app.ladder_reports import PersonReport
from provisioner.app.privacy import erasing
from provisioner.app.privacy.erasable import BODY, PERSON
from provisioner.app.privacy.erasing import Doomed, Erased, Erasure
from provisioner.app.privacy.personal_data import export
from provisioner.cli.context import FAILED, NOTHING_TO_DO, PENDING, REFUSED, Context, context_of, working
from provisioner.cli.editing import Identity, bodies, people
from provisioner.cli.planning import AsJson, actor_id, failures, watched
from provisioner.cli.reading import read_first
from provisioner.model.errors import SettingsError
from provisioner.model.resources import Kind
from provisioner.model.text import Text
from provisioner.model.words import resource_word

Confirm = Annotated[
    str | None,
    typer.Option("--confirm", metavar="NAME", help="The name, letter by letter; without it nothing goes."),
]
Also = Annotated[
    list[Path] | None,
    typer.Option("--also", metavar="FILE", help="Look through this file, too, e.g. a log; can be given several times."),
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    people.command("erase")(person_erase)
    bodies.command("erase")(body_erase)
    people.command("show")(person_show)


def person_erase(ctx: typer.Context, identity: Identity, confirm: Confirm = None, also: Also = None) -> int:
    """Delete somebody's accounts in every target, for good. Without --confirm: only say what would go.

    Afterwards every target, table and file is read again: the report says for each that nothing is left, or what is and
    why, and when the copies that still hold something are deleted.

    Exit code 0: erased, or nothing there; 2: shown only; 3: something stands in the way; 1: something failed.
    """
    return _erase(context_of(ctx), PERSON, identity, confirm, also or [])


def body_erase(ctx: typer.Context, identity: Identity, confirm: Confirm = None) -> int:
    """Delete an archived body's conversation, folder and groups, for good. Without --confirm: only say what would go.

    Exit code 0: erased, or nothing there; 2: shown only; 3: something stands in the way; 1: something failed.
    """
    return _erase(context_of(ctx), BODY, identity, confirm, [])


def _erase(context: Context, kind: str, identity: str, confirm: str | None, also: list[Path]) -> int:
    site = context.open_site()
    read_first(context, site)  # whoever came back is not to be erased
    if confirm is None:
        with working(context, "reading"):
            erasure = erasing.look(site, kind, identity)
        return _tell(context, kind, erasure)
    with watched(context, site) as how:
        erased = erasing.erase(site, kind, identity, confirm, Started(actor_id(), f"{kind} erase"), how, also)
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
        code = "nothing_to_erase_person" if kind == PERSON else "nothing_to_erase_body"
        out.print(context.tell(code, name=erasure.name, id=erasure.id), markup=False)
    if erasure.obstacles:
        out.print(context.tell("stands_in_the_way"), style="yellow", markup=False)
        for obstacle in erasure.obstacles:
            out.print(f"  {context.say(obstacle)}", style="yellow", markup=False)
        return REFUSED
    if not erasure.doomed and kind == BODY:
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
        _tell_proof(context, erased)
        return FAILED
    code = "person_erased" if kind == PERSON else "body_erased"
    out.print(context.tell(code, name=erasure.name, id=erasure.id), style="bold", markup=False)
    for doomed in erasure.doomed:
        if doomed.id.kind is Kind.CONVERSATION and not doomed.there:
            out.print(f"  - {_object(context, doomed)}", style="yellow", markup=False)
    _tell_proof(context, erased)
    _tell_entry(context, erasure)
    _tell_sources(context, erasure)
    return NOTHING_TO_DO


def _tell_proof(context: Context, erased: Erased) -> None:
    """Place by place: nothing left, or what and why."""
    if erased.proof:
        context.out.print(context.tell("looked_again"), markup=False)
    for looked in erased.proof:
        what = context.tell("nothing_left") if looked.left is None else context.say(looked.left)
        style = "red" if looked.fails else None if looked.left is None else "yellow"
        context.out.print(f"  {context.say(looked.where)}: {what}", style=style, markup=False)


def _tell_entry(context: Context, erasure: Erasure) -> None:
    """The registry is the ranger's: what remains there is said, never removed."""
    if erasure.origin is not None:
        context.out.print(context.tell("entry_remains", where=str(erasure.origin)), markup=False)


def _tell_sources(context: Context, erasure: Erasure) -> None:
    """What a city still says of somebody is the city's to delete."""
    if erasure.still_in:
        line = context.tell("still_in_sources", name=erasure.name, sources=", ".join(erasure.still_in))
        context.out.print(line, style="yellow", markup=False)


def person_show(
    ctx: typer.Context,
    identity: Identity,
    file: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Write all of it into a new file, as JSON.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Everything that is kept here about somebody: entry, accounts, memberships, requests, letters, history, departure.

    The file is for the person: it holds what is theirs, and of what others are in too their part alone.
    """
    context = context_of(ctx)
    report = export(context.open_site(), identity)
    if file is not None:
        _write(file, report)
        context.out.print(context.tell("exported", file=str(file)), markup=False)
    elif as_json:
        context.print_json(report)
    else:
        _tell_kept(context, report)
    return NOTHING_TO_DO


def _write(file: Path, report: PersonReport) -> None:
    """For its owner's eyes alone; nothing is overwritten. Raises `SettingsError`."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SettingsError(Text.of("app.cannot_write", file=str(file)), detail=error.strerror or "") from error
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(report.model_dump_json(by_alias=True, indent=2) + "\n")


def _tell_kept(context: Context, report: PersonReport) -> None:
    out = context.out
    out.print(context.tell("kept_of", id=report.id), style="bold", markup=False)
    lines = yaml.safe_dump({"entry": report.entry, "guests": report.guests}, allow_unicode=True, sort_keys=False)
    out.print(lines.rstrip(), markup=False)
    kept = report.kept if isinstance(report.kept, dict) else {}
    for part, rows in kept.items():
        count = len(rows) if isinstance(rows, list) else 1
        out.print(context.tell("kept_rows", what=Text.of(f"cli.kept_{part}"), count=count), markup=False)
    out.print(context.tell("kept_whole", command=f"readi person show {report.id} --export FILE"), markup=False)
