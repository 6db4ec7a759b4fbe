"""Making a body with one form, and watching its rooms come into being."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import Response

from provisioner.app.joining.bodymaking import make_body
from provisioner.app.joining.refusing import Refused
from provisioner.app.pages.rooms import rooms_of
from provisioner.console.deps import LoggedIn, Visit, allow
from provisioner.console.joining import BodyId
from provisioner.console.my_page import is_being_set_up
from provisioner.console.pages import go, render
from provisioner.lifecycle.rights import Right
from provisioner.model.registry import BodyKind, JoinMode, Organisation
from provisioner.model.text import Text

router = APIRouter()

_EMPTY = {"name": "", "purpose": "", "lead": "", "join": str(JoinMode.APPROVAL), "moderators": ""}


@router.get("/bodies/new")
def new_page(visit: Annotated[Visit, allow(Right.CREATE_BODY)]) -> Response:
    """The form."""
    leads = _leads(visit)
    own = sorted(visit.who.administers)
    me = "" if visit.who.person is None else visit.me.email
    return _form(visit, {**_EMPTY, "lead": own[0] if own else leads[0].id if leads else "", "moderators": me}, {})


@router.post("/bodies/new")
def make(
    visit: Annotated[Visit, allow(Right.CREATE_BODY)],
    name: Annotated[str, Form(max_length=1000)] = "",
    purpose: Annotated[str, Form(max_length=8000)] = "",
    lead: Annotated[str, Form(max_length=200)] = "",
    join: Annotated[str, Form(max_length=20)] = "",
    moderators: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    """Make it. Moderators are named by their addresses."""
    typed = {"name": name, "purpose": purpose, "lead": lead, "join": join, "moderators": moderators}
    errors: dict[str, Text] = {}
    people = {address: visit.picture.person_with(address) for address in moderators.replace(",", " ").split()}
    unknown = [address for address, person in people.items() if person is None]
    if not name.strip():
        errors["name"] = Text.of("console.missing")
    if join not in set(JoinMode):
        errors["join"] = Text.of("console.missing")
    if unknown:
        errors["moderators"] = Text.of("console.moderators_unknown", addresses=", ".join(unknown))
    elif not people:
        errors["moderators"] = Text.of("console.missing")
    if errors:
        return _form(visit, typed, errors)
    site, pictures = visit.network.site, visit.network.pictures
    chosen = [person for person in people.values() if person is not None]
    try:
        made = make_body(
            site,
            pictures,
            visit.who,
            name=name,
            purpose=purpose,
            lead=lead or None,
            join=JoinMode(join),
            moderators=chosen,
            kind=BodyKind.PROJECT,
        )
    except Refused as refused:
        return _form(visit, typed, {"refused": refused.text})
    return go(visit, "bodies", made, "progress")


@router.get("/bodies/{body}/progress")
def progress(visit: LoggedIn, body: BodyId) -> Response:
    """A body's rooms as they come into being: a page, and for htmx the part that moves."""
    found = visit.body(body)
    visit.need(Right.BODIES, body=found)
    rooms = rooms_of(visit.network.site, [body]).get(body, ())
    template = "body_progress_part.html" if visit.is_fragment else "body_progress.html"
    return render(visit, template, body=found, rooms=rooms, setting_up=is_being_set_up(visit, body))


def _leads(visit: Visit) -> list[Organisation]:
    """Organisations that may lead what somebody makes."""
    here = (one for one in visit.picture.registry.organisations.values() if one.period.holds(visit.picture.today))
    mine = (one for one in here if visit.may(Right.CREATE_BODY, organisations={one.id}))
    return sorted(mine, key=lambda one: (one.name.casefold(), one.id))


def _form(visit: Visit, typed: dict[str, str], errors: dict[str, Text]) -> Response:
    leads: list[tuple[str, Any]] = [(one.id, one.name) for one in _leads(visit)]
    free = visit.who.ranger or visit.who.coordinator
    status = 422 if errors else 200
    return render(visit, "body_new.html", status=status, typed=typed, errors=errors, leads=leads, free=free)
