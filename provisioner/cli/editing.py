"""readi org, body, person: edit the registry's YAML in place, comments kept."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated

import typer

from provisioner.app.site import Site
from provisioner.cli.context import NOTHING_TO_DO, Context, context_of
from provisioner.model.registry import BodyKind, JoinMode, OrganisationKind, Role
from provisioner.registry import editing
from provisioner.registry.problems import Problem

Day = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%d.%m.%Y"], metavar="DAY", help="A day: 2027-03-31 or 31.03.2027."),
]
Identity = Annotated[str, typer.Argument(metavar="ID", help="Its id in the registry.")]

organisations = typer.Typer(no_args_is_help=True, help="Organisations join and leave the network.")
bodies = typer.Typer(no_args_is_help=True, help="Bodies come into being, are renamed, become history.")
people = typer.Typer(no_args_is_help=True, help="People join, move, leave, are absent.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(organisations, name="org")
    app.add_typer(bodies, name="body")
    app.add_typer(people, name="person")


def site_of(ctx: typer.Context) -> tuple[Context, Site, date]:
    """What every edit needs; the day is the network's."""
    context = context_of(ctx)
    site = context.open_site()
    return context, site, site.today(site.read_registry().registry.time_zone)


def edited(context: Context, edit: editing.Edit) -> int:
    """Say what was done, in which files, and what to look at now."""
    context.out.print(context.say(edit.summary), markup=False)
    for file in edit.files:
        context.out.print(f"  {file}", style="dim", markup=False)
    tell_problems(context, edit.warnings)
    return NOTHING_TO_DO


def tell_problems(context: Context, problems: Iterable[Problem]) -> None:
    """What the registry has to say about an edit or a decision, and how to mend it."""
    for problem in problems:
        context.out.print(f"  {context.say(problem.what)}", style="yellow", markup=False)
        context.out.print(f"      {context.say(problem.mend)}", markup=False)


def _day(given: datetime | None, today: date) -> date:
    return today if given is None else given.date()


@organisations.command("add")
def org_add(
    ctx: typer.Context,
    identity: Identity,
    name: Annotated[str, typer.Argument(help='As people read it, e.g. "Stadt Bretten".')],
    kind: Annotated[OrganisationKind, typer.Option(help="What it is.")] = OrganisationKind.CITY,
    domain: Annotated[list[str] | None, typer.Option(help="Domain of its e-mail addresses.")] = None,
    part_of: Annotated[str | None, typer.Option(help="The city that a utility belongs to.")] = None,
    joined: Day = None,
) -> int:
    """A new organisation."""
    context, site, _ = site_of(ctx)
    edit = editing.add_organisation(
        site.files(),
        organisation_id=identity,
        name=name,
        kind=kind,
        domains=domain or (),
        part_of=part_of,
        joined=None if joined is None else joined.date(),
    )
    return edited(context, edit)


@organisations.command("leave")
def org_leave(ctx: typer.Context, identity: Identity, on: Day = None) -> int:
    """The organisation's last day in the network (today, unless --on says another): its people leave with it."""
    context, site, today = site_of(ctx)
    return edited(context, editing.leave_organisation(site.files(), identity, _day(on, today)))


@bodies.command("create")
def body_create(
    ctx: typer.Context,
    identity: Identity,
    name: Annotated[str, typer.Argument(help='As people read it, e.g. "Sensorik".')],
    kind: Annotated[BodyKind, typer.Option(help="What it is.")] = BodyKind.PROJECT,
    lead: Annotated[str | None, typer.Option(help="Id of the lead organisation.")] = None,
    join: Annotated[JoinMode, typer.Option(help="Who may join.")] = JoinMode.APPROVAL,
    purpose: Annotated[str, typer.Option(help="One sentence for newcomers.")] = "",
) -> int:
    """A new body; the next apply gives it its groups."""
    context, site, _ = site_of(ctx)
    edit = editing.create_body(
        site.files(), body_id=identity, name=name, kind=kind, lead=lead, join=join, purpose=purpose
    )
    return edited(context, edit)


@bodies.command("rename")
def body_rename(
    ctx: typer.Context, identity: Identity, name: Annotated[str, typer.Argument(help="The new name.")]
) -> int:
    """Another name; the id stays, and everything of it is renamed in place."""
    context, site, _ = site_of(ctx)
    return edited(context, editing.rename_body(site.files(), identity, name))


@bodies.command("archive")
def body_archive(ctx: typer.Context, identity: Identity, on: Day = None) -> int:
    """From this day (today, unless --on says another) the body is history: readable, moderated by nobody."""
    context, site, today = site_of(ctx)
    return edited(context, editing.archive_body(site.files(), identity, _day(on, today)))


@people.command("add")
def person_add(
    ctx: typer.Context,
    given_name: Annotated[str, typer.Argument(help='Given name; "" for people with one name only.')],
    family_name: Annotated[str, typer.Argument(help="Family name.")],
    email: Annotated[str, typer.Argument(help="E-mail address.")],
    organisation: Annotated[str, typer.Argument(help="Id of the organisation.")],
    role: Annotated[list[Role] | None, typer.Option(help="A role there or in the network.")] = None,
    body: Annotated[list[str] | None, typer.Option(help="Id of a body to join.")] = None,
    joined: Day = None,
) -> int:
    """A new person, with a new opaque id."""
    context, site, _ = site_of(ctx)
    edit = editing.add_person(
        site.files(),
        given_name=given_name,
        family_name=family_name,
        email=email,
        organisation=organisation,
        roles=role or (),
        bodies=body or (),
        joined=None if joined is None else joined.date(),
    )
    return edited(context, edit)


@people.command("move")
def person_move(
    ctx: typer.Context,
    identity: Identity,
    organisation: Annotated[str, typer.Argument(help="Id of the new organisation.")],
    on: Day = None,
    email: Annotated[str | None, typer.Option(help="The new address.")] = None,
) -> int:
    """To another organisation from this day on (today, unless --on says another). The account stays the same."""
    context, site, today = site_of(ctx)
    edit = editing.move_person(site.files(), identity, organisation, _day(on, today), email=email)
    return edited(context, edit)


@people.command("leave")
def person_leave(
    ctx: typer.Context,
    identity: Identity,
    on: Day = None,
    body: Annotated[str | None, typer.Option(help="Only this body, not the network.")] = None,
) -> int:
    """The person's last day (today, unless --on says another) in the network, or in one body."""
    context, site, today = site_of(ctx)
    return edited(context, editing.leave_person(site.files(), identity, _day(on, today), body=body))


@people.command("absent")
def person_absent(ctx: typer.Context, identity: Identity, since: Day = None, until: Day = None) -> int:
    """Away for a while: nothing is taken away for want of activity."""
    context, site, today = site_of(ctx)
    ends = None if until is None else until.date()
    return edited(context, editing.absent_person(site.files(), identity, _day(since, today), ends))
