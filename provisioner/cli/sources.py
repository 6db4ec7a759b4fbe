"""readi sources: cities' directories and lists; how they are, reading them, and what is believed only on a word."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from provisioner.app.site import Site
from provisioner.app.source_reports import (
    NAMED,
    SourcesReport,
    Status,
    filled_words,
    names_in,
    source_report,
    status_of,
)
from provisioner.app.sources import News, accept, forget, name_of, preview, refresh
from provisioner.app.values import NOTHING
from provisioner.cli.context import FAILED, NOTHING_TO_DO, PENDING, REFUSED, Context, context_of, working
from provisioner.cli.leavers import aligned
from provisioner.cli.planning import AsJson, agrees
from provisioner.model.text import Text

Name = Annotated[str, typer.Argument(metavar="NAME", help="A source, as the settings name it.")]

sources = typer.Typer(invoke_without_command=True, help="Sources of identities: cities' directories and lists.")

_KINDS = {
    "new": Text.of("cli.news_new"),
    "changed": Text.of("cli.news_changed"),
    "back": Text.of("cli.news_back"),
    "off": Text.of("cli.news_off"),
    "missing": Text.of("cli.news_missing"),
}


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(sources, name="sources")


@sources.callback()
def sources_command(ctx: typer.Context, as_json: AsJson = False) -> int:
    """Every source: people, last readings, what waits for your word. Asks no source.

    Exit code 0: all well; 2: somebody has to do something.
    """
    if ctx.invoked_subcommand is not None:
        return NOTHING_TO_DO
    context = context_of(ctx)
    site = context.open_site()
    statuses = status_of(site)
    if as_json:
        found = [source_report(status, context.say) for status in statuses]
        context.print_json(SourcesReport(network=site.network, sources=found))
    else:
        tell_statuses(context, statuses)
    return PENDING if any(status.next_command for status in statuses) else NOTHING_TO_DO


@sources.command("read")
def read_command(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME…", help="Which sources; none named: all.")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Everybody, also where changes alone would do.")] = False,
    only_preview: Annotated[
        bool, typer.Option("--preview", help="Only show what a whole reading would change; nothing is kept.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Read sources now. Targets are left alone; what follows from it, `readi plan` shows.

    Exit code 0: read; 2: something of it waits for your word; 1: a source could not be read.
    """
    context = context_of(ctx)
    site = context.open_site()
    with working(context, "reading_sources"):
        if only_preview:
            news = [preview(site, name) for name in site.source_names(names or ())]
        else:
            news = refresh(site, names or (), whole=whole)
    return _tell_news(context, site, news, previewed=only_preview, as_json=as_json)


@sources.command("accept")
def accept_command(
    ctx: typer.Context,
    name: Name,
    word: Annotated[str, typer.Option(metavar="WORD", help="The word that `readi sources` shows.")],
    as_json: AsJson = False,
) -> int:
    """Take for true that exactly those are gone whom `readi sources` named. The source is read again before.

    Exit code 0: believed, or nothing waits any more; 3: it is not the same any more, so nothing was believed.
    """
    context = context_of(ctx)
    site = context.open_site()
    with working(context, "reading_sources"):
        news = accept(site, name, word)
    code = _tell_news(context, site, [news], as_json=as_json)
    if news.mirror.held is not None:
        context.err.print(context.tell("other_news", source=name), style="red", markup=False)
        return REFUSED
    return code


@sources.command("forget")
def forget_command(
    ctx: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Drop all that is kept of a source's people here; for one that the settings no longer name.

    Of one that they still name everything is read anew. Accounts are not touched by this.
    """
    context = context_of(ctx)
    site = context.open_site()
    status = next((one for one in status_of(site) if one.source == name), None)
    people = 0 if status is None else status.people + status.missing
    if not yes and people and not agrees(context, context.tell("really_forget", source=name, count=people)):
        context.err.print(context.tell("nothing_changed"), markup=False)
        return PENDING
    count = forget(site, name)
    context.out.print(context.tell("source_forgotten", source=name, count=count), style="bold", markup=False)
    return NOTHING_TO_DO


def tell_statuses(context: Context, statuses: Sequence[Status]) -> None:
    """A table, and below each source what is the matter with it."""
    if not statuses:
        context.out.print(context.tell("no_sources"), markup=False)
        return
    tell = context.tell
    heads = (
        *(tell("column_source"), tell("column_organisation"), tell("column_people")),
        *(tell("column_missing"), tell("column_held"), tell("column_whole")),
    )
    rows = [_row(context, status) for status in statuses]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    context.out.print(aligned(heads, widths), style="dim", markup=False)
    for status, row in zip(statuses, rows, strict=True):
        context.out.print(aligned(row, widths), markup=False)
        _tell_status(context, status)


def _row(context: Context, status: Status) -> tuple[str, ...]:
    mirror, held = status.mirror, status.mirror.held
    return (
        status.source,
        status.organisation or NOTHING,
        str(status.people),
        str(status.missing),
        NOTHING if held is None else str(len(held.missing) + len(held.off)),
        NOTHING if mirror.whole_at is None else context.tell("moment", at=mirror.whole_at),
    )


def _tell_status(context: Context, status: Status, *, failure_told: bool = False) -> None:
    out, held, failure = context.out, status.mirror.held, status.failure
    if failure is not None and not failure_told:
        line = context.tell("source_failed", at=failure[0], why=failure[1])
        out.print(f"    {line}", style="red", markup=False)
    if held is not None:
        for why in held.why:
            out.print(f"    {context.say(why)}", style="yellow", markup=False)
        if held.missing:
            line = context.tell("held_missing", count=len(held.missing), names=_listed(status, held.missing))
            out.print(f"    {line}", markup=False)
        if held.off:
            line = context.tell("held_off", count=len(held.off), names=_listed(status, held.off))
            out.print(f"    {line}", markup=False)
    step = status.next_step
    if step is not None:
        out.print(f"    {context.say(step)}", style="dim", markup=False)
    if status.next_command is not None:
        out.print(f"    → {status.next_command}", style="cyan", markup=False)


def _listed(status: Status, keys: Sequence[str]) -> str:
    """All of them: whoever gives their word has to have read every name."""
    names = status.names or {}
    return ", ".join(sorted(names.get(key, key) for key in keys))


def _tell_news(context: Context, site: Site, news: Sequence[News], *, as_json: bool, previewed: bool = False) -> int:
    """What the readings came to; the exit code."""
    known = {status.source: status for status in status_of(site)}
    told = [(_previewed(known[each.source], each) if previewed else known[each.source], each) for each in news]
    if as_json:
        found = [source_report(status, context.say, each, named=previewed) for status, each in told]
        context.print_json(SourcesReport(network=site.network, preview=previewed, sources=found))
    else:
        for status, each in told:
            _tell_one(context, status, each, previewed=previewed)
        if not told:
            context.out.print(context.tell("no_sources"), markup=False)
    if any(each.error is not None for each in news):
        return FAILED
    return PENDING if any(status.mirror.held is not None for status, _ in told) else NOTHING_TO_DO


def _previewed(status: Status, news: News) -> Status:
    """As it would be if the news were kept; what of it would be held is not to be accepted yet."""
    held = None if news.judgement is None else news.judgement.held
    names = {key: name_of(kept.person) for key, kept in news.known.items()}
    return replace(status, mirror=replace(status.mirror, held=held, failed_at=None), names=names)


def _tell_one(context: Context, status: Status, news: News, *, previewed: bool) -> None:
    out, found = context.out, news.judgement
    out.print(status.source, style="bold", markup=False)
    if news.error is not None:
        out.print(f"    {context.say.error(news.error)}", style="red", markup=False)
    if news.beaten:
        out.print(f"    {context.tell('source_beaten')}", markup=False)
    if found is not None:
        names = names_in(news) if previewed else {}
        counts = {kind: len(getattr(found, kind)) for kind in _KINDS}
        out.print(f"    {context.tell('source_read', count=news.read)}", markup=False)
        for kind, word in _KINDS.items():
            if counts[kind]:
                line = context.tell("source_news", what=word, count=counts[kind])
                rest = counts[kind] - len(names.get(kind, ()))
                more = f", {context.tell('and_more', count=rest)}" if names and rest > 0 else ""
                out.print(f"    {line}{': ' if names else ''}{', '.join(names.get(kind, ()))}{more}", markup=False)
        if not any(counts.values()):
            out.print(f"    {context.tell('source_nothing_new')}", markup=False)
        if previewed:
            for field, count in filled_words(news):
                out.print(f"    {context.tell('source_filled', field=field, count=count)}", style="dim", markup=False)
        for unusable in found.unusable[:NAMED]:
            out.print(f"    {unusable.where}: {context.say(unusable.why)}", style="yellow", markup=False)
        if len(found.unusable) > NAMED:
            out.print(f"    {context.tell('and_more', count=len(found.unusable) - NAMED)}", markup=False)
    _tell_status(context, status, failure_told=news.error is not None)
