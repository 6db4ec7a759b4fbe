"""readi alerts, readi sensors: what goes on, trying rules, taking alerts on, muting."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from babel.dates import format_datetime

from provisioner.alerts.amounts import amount
from provisioner.alerts.book import Book
from provisioner.alerts.replay import Replayed
from provisioner.alerts.wording import words
from provisioner.app.alerting.alert_reports import alerts_report, sensors_report
from provisioner.app.alerting.books import Books
from provisioner.app.alerting.mouths import Floor
from provisioner.app.alerting.muting import ALL, Muting, Scope
from provisioner.app.alerting.status import last_status
from provisioner.app.alerting.taking import Taking
from provisioner.app.alerting.times import written_moment
from provisioner.app.alerting.trying import fire, rule_of, tried, uplinks_of_file, uplinks_of_storage
from provisioner.app.joining.viewing import viewer_for
from provisioner.app.pages.alert_pages import AlertCard, alert_cards, alerts_going_on
from provisioner.app.pages.sensor_pages import SensorLine, entry_for, sensor_lines
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.cli.context import NOTHING_TO_DO, PENDING, Context, context_of
from provisioner.cli.planning import AsJson
from provisioner.lifecycle.rights import Viewer
from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.registry.durations import duration
from provisioner.senders.parsing import REFUSALS
from provisioner.state import AlertSilences, UnknownDevices

alerts = typer.Typer(invoke_without_command=True, help="Alerts of sensors and monitoring.")

_Rule = Annotated[str, typer.Argument(metavar="RULE", help="Id of a rule.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(alerts, name="alerts")
    app.command("sensors")(sensors_command)


@alerts.callback()
def alerts_command(ctx: typer.Context, as_json: AsJson = False) -> int:
    """What goes on at this moment. Exit code 0: nothing; 2: at least one alert is open."""
    if ctx.invoked_subcommand is not None:
        return NOTHING_TO_DO
    context = context_of(ctx)
    site, book = _opened(context)
    cards = alert_cards(site, book, alerts_going_on(site, None))
    if as_json:
        context.print_json(alerts_report(site, book))
    elif not cards:
        context.out.print(context.tell("no_alerts"), markup=False)
    if not as_json:
        for card in cards:
            _tell_alert(context, book, card)
        _tell_silences(context, site, book)
    return PENDING if cards else NOTHING_TO_DO


@alerts.command("test")
def try_command(
    ctx: typer.Context,
    rule: _Rule,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Messages of a sender or its storage, one a line.")
    ] = None,
    sender: Annotated[
        str | None,
        typer.Option(
            "--sender",
            help="Whose messages they are, else the one whose they can be; without --from its storage is read.",
        ),
    ] = None,
    lasts: Annotated[str, typer.Option("--last", help="How much of the storage, e.g. `6 h`.")] = "24 h",
) -> int:
    """When a rule would have fired, by messages that were stored, and what would have been said. Nobody is told."""
    context = context_of(ctx)
    site, book = _opened(context)
    found = rule_of(book, rule)
    if source is not None:
        messages = uplinks_of_file(site, source, sender)
    elif sender is not None:
        messages = uplinks_of_storage(site, sender, _duration(context, lasts))
    else:
        raise typer.BadParameter(context.tell("alerts_test_source"))
    lines = [_replayed(context, book, one) for one in tried(book, messages.told, found.id)]
    for line in lines:
        context.out.print(line, markup=False)
    context.out.print(context.tell("alerts_tested", uplinks=len(messages.told), count=len(lines)), markup=False)
    for why, count in messages.refused.items():
        unread = context.tell("alerts_test_unread", count=count, why=REFUSALS[why])
        context.err.print(unread, style="yellow", markup=False)
    if messages.told and not messages.concerning(book, found):
        context.err.print(context.tell("alerts_test_of_others", rule=found.name), style="yellow", markup=False)
    return NOTHING_TO_DO


@alerts.command("fire")
def fire_command(
    ctx: typer.Context,
    rule: _Rule,
    body: Annotated[list[str] | None, typer.Option("--body", help="Only to this body.")] = None,
) -> int:
    """Send a test message to those whom a rule tells; the bridge that runs says it."""
    context = context_of(ctx)
    site, book = _opened(context)
    told = fire(site, book, rule_of(book, rule), body or ())
    names = ", ".join(book.registry.bodies[one].name for one in told)
    context.out.print(context.tell("alerts_fired", bodies=names), markup=False)
    status = last_status(site)
    if status is None or status.is_stale(site.clock.now()):
        context.err.print(context.tell("alerts_fired_later"), style="yellow", markup=False)
    floor = Floor(site)
    for one in told:
        if floor.place_of(one) is None:
            warning = context.tell("alerts_fired_nowhere", body=book.registry.bodies[one].name)
            context.err.print(warning, style="yellow", markup=False)
    return NOTHING_TO_DO


@alerts.command("take")
def take_command(
    ctx: typer.Context,
    alert: Annotated[int, typer.Argument(metavar="ID", min=1, help="Number of an alert.")],
    by: Annotated[str, typer.Option("--by", metavar="PERSON", help="Registry id of whoever has it now.")],
    back: Annotated[bool, typer.Option("--back", help="Instead: they have it no more.")] = False,
) -> int:
    """Somebody has an alert from now on; those who were told of it are told so."""
    context = context_of(ctx)
    site = context.open_site()
    pictures = Pictures(site)
    viewer = viewer_for(pictures.now(), site.network, by)
    if viewer is None:
        raise SettingsError(Text.of("cli.alerts_nobody", person=by))
    taking = Taking(site, Books(pictures))
    if back:
        taking.give_back(viewer, alert)
        context.out.print(context.tell("alerts_given_back"), markup=False)
    else:
        until = taking.take_on(viewer, alert)
        zone = ZoneInfo(pictures.now().registry.time_zone)
        context.out.print(context.tell("alerts_taken", at=_moment(context, until, zone)), markup=False)
    return NOTHING_TO_DO


@alerts.command("silence")
def silence_command(
    ctx: typer.Context,
    scope: Annotated[str, typer.Argument(metavar="SCOPE", help="`all`, `rule:…`, `sensor:…`, `body:…`, …")],
    lasts: Annotated[str, typer.Argument(metavar="DURATION", help="E.g. `2 h` or `3 d`.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; those who may see it read it.")] = "",
    begin: Annotated[
        str,
        typer.Option(
            "--begin", metavar="MOMENT", help="For planned work: from then on, `2026-12-01 08:00`, local time."
        ),
    ] = "",
) -> int:
    """Say nothing of it for a while: alerts are kept and shown. What still goes on at the end is said then.

    Scopes: `all`, `rule:ID`, `sensor:ID`, `body:ID`, `body:ID/rule:ID`, `organisation:ID`.
    """
    context = context_of(ctx)
    site = context.open_site()
    pictures = Pictures(site)
    zone, now = ZoneInfo(pictures.now().registry.time_zone), site.clock.now()
    since = written_moment(begin, zone)
    made = Muting(site, Books(pictures)).mute(_operator(site), scope, _duration(context, lasts), reason, since)
    until = _moment(context, made.until, zone)
    if made.since > now:
        facts = {"since": _moment(context, made.since, zone), "at": until}
        context.out.print(context.tell("alerts_silenced_later", number=made.id, **facts), markup=False)
    else:
        context.out.print(context.tell("alerts_silenced", number=made.id, at=until), markup=False)
    return NOTHING_TO_DO


@alerts.command("unsilence")
def unsilence_command(
    ctx: typer.Context, silence: Annotated[int, typer.Argument(metavar="ID", min=1, help="Number of a silence.")]
) -> int:
    """End a silence now."""
    context = context_of(ctx)
    site = context.open_site()
    Muting(site, Books(Pictures(site))).unmute(_operator(site), silence)
    context.out.print(context.tell("alerts_unsilenced"), markup=False)
    return NOTHING_TO_DO


def sensors_command(
    ctx: typer.Context,
    unknown: Annotated[bool, typer.Option("--unknown", help="Instead: devices that nobody entered, as YAML.")] = False,
    as_json: AsJson = False,
) -> int:
    """Sensors with what they said last, their batteries, and when they were heard."""
    context = context_of(ctx)
    site, book = _opened(context)
    if as_json:
        context.print_json(sensors_report(site, book))
        return NOTHING_TO_DO
    devices = UnknownDevices(site.database, site.network).all()
    if unknown:
        if devices:
            context.out.print(entry_for(*devices), markup=False)
        return NOTHING_TO_DO
    for line in sensor_lines(site, book, None):
        context.out.print(_sensor(context, book, line), style="yellow" if line.late else None, markup=False)
    for problem in book.problems:
        context.err.print(context.say(problem), style="yellow", markup=False)
    if devices:
        context.out.print(context.tell("sensors_unknown", count=len(devices)), markup=False)
    return NOTHING_TO_DO


def _opened(context: Context) -> tuple[Site, Book]:
    site = context.open_site()
    return site, Books(Pictures(site)).now()


def _operator(site: Site) -> Viewer:
    """Whoever may run commands here may do what rangers may; it is nobody of the registry."""
    return Viewer(site.network, ranger=True)


def _duration(context: Context, written: str) -> timedelta:
    try:
        return duration(written)
    except ValueError:
        raise typer.BadParameter(context.tell("bad_duration", written=written)) from None


def _moment(context: Context, at: datetime, zone: ZoneInfo) -> str:
    return format_datetime(at, "short", tzinfo=zone, locale=context.say.language)


def _tell_alert(context: Context, book: Book, card: AlertCard) -> None:
    body = card.body_name or context.tell("alert_tells_nobody")
    facts = {"name": card.name, "body": body, "at": _moment(context, card.began, book.zone)}
    severity = context.tell(f"severity_{card.severity}")
    line = context.tell("alert_line", severity=severity, **facts)
    context.out.print(f"{card.id:>5}  {line}", style="bold", markup=False)
    for one in card.members:
        value = "" if one.value is None else f": {amount(one.value, one.quantity, context.say.language)}"
        context.out.print(f"       {one.name}{value}", markup=False)
    if card.more:
        context.out.print(f"       {context.tell('and_more', count=card.more)}", markup=False)
    if card.taken_until is not None:
        until = _moment(context, card.taken_until, book.zone)
        context.out.print(f"       {context.tell('alert_is_taken', at=until)}", style="green", markup=False)


def _tell_silences(context: Context, site: Site, book: Book) -> None:
    for quiet in AlertSilences(site.database, site.network).to_come(site.clock.now()):
        scope = Scope.parse(quiet.scope)
        called = context.tell("alerts_all") if scope is None or scope.kind == ALL else scope.called(book)
        since, until = (_moment(context, at, book.zone) for at in (quiet.since, quiet.until))
        line = context.tell("alerts_muted", number=quiet.id, what=called, scope=quiet.scope, since=since, until=until)
        context.out.print(f"{line} {quiet.reason}".rstrip(), style="yellow", markup=False)


def _replayed(context: Context, book: Book, one: Replayed) -> str:
    at = _moment(context, one.at, book.zone)
    if one.happened is not None:
        station, turn = book.station(one.happened.sensor), context.tell(f"turn_{one.happened.turn}")
        return f"{at}  {turn}: {one.happened.sensor if station is None else station.name}"
    if one.saying is None:
        return f"{at}  {_undecided(context, book, one)}"
    said = words(one.saying.kind, one.saying.about, book.rules.get(one.rule), book, context.say, markup=False)
    body = book.registry.bodies.get(one.body)
    shown = "\n".join(f"      {line}" for line in said.splitlines())
    return f"{at}  → {one.body if body is None else body.name}\n{shown}"


def _undecided(context: Context, book: Book, one: Replayed) -> str:
    station = book.station(one.sensor)
    known = {} if station is None else station.model.quantities
    names = sorted(
        f"{known[name].label} ({name})" if name in known and known[name].label else name for name in one.undecided
    )
    name = one.sensor if station is None else station.name
    return context.tell("alerts_undecided", sensor=name, quantities=", ".join(names))


def _sensor(context: Context, book: Book, line: SensorLine) -> str:
    language = context.say.language
    values = ", ".join(
        f"{one.label} {one.value if isinstance(one.value, str) else amount(one.value, one.quantity, language)}"
        for one in line.values
    )
    heard = context.tell("sensor_never") if line.heard is None else _moment(context, line.heard, book.zone)
    battery = "" if line.battery is None else f"  {context.tell('sensor_battery', percent=round(line.battery))}"
    return f"{line.key}  {line.name}  {heard}  {values}{battery}"
