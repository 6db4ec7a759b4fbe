"""Bodies: which there are, and one with its people, its rooms and what waits there."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query
from starlette.responses import HTMLResponse, Response

from provisioner.app.joining.bodymaking import archive_body, change_body
from provisioner.app.joining.refusing import Refused
from provisioner.app.pages.paging import paged
from provisioner.app.pages.rooms import rooms_of
from provisioner.app.picture import sorted_as
from provisioner.console.agenda import dates_for
from provisioner.console.deps import Visit, allow
from provisioner.console.pages import go, render
from provisioner.console.people import own_organisations
from provisioner.console.refusals import NotThere
from provisioner.lifecycle.rights import Right
from provisioner.model.enrolments import SOURCE
from provisioner.model.registry import Body, JoinMode, Role
from provisioner.model.text import Text
from provisioner.model.words import resource_word, role_word
from provisioner.state import Confirmations, Requests

router = APIRouter()

PER_PAGE: Final = 50
_DATES: Final = 6
_ROLES: Final = (Role.MODERATOR, Role.MEMBER, Role.GUEST)
_Page = Annotated[int, Query(ge=1, le=100_000)]
_Short = Annotated[str, Query(max_length=100)]


@router.get("/bodies")
def bodies(
    visit: Annotated[Visit, allow(Right.BODIES)],
    q: _Short = "",
    lead: _Short = "",
    state: _Short = "",
    page: _Page = 1,
) -> Response:
    """Those that are active, or (``state`` "archived") were. Guests see their own."""
    picture, words = visit.picture, q.casefold().split()
    organisations = picture.registry.organisations
    found = [
        body
        for body in picture.registry.bodies.values()
        if body.is_archived(picture.today) is (state == "archived")
        and (not lead or body.lead == lead)
        and all(word in f"{body.name}\n{body.purpose}\n{body.id}".casefold() for word in words)
        and visit.may(Right.BODIES, body=body)
    ]
    found.sort(key=lambda body: (sorted_as(body.name), body.id))
    asked = {name: value for name, value in (("q", q), ("lead", lead), ("state", state)) if value}
    requests = Requests(visit.network.site.database, visit.network.name).waiting()
    return render(
        visit,
        "bodies_part.html" if visit.is_fragment else "bodies.html",
        found=paged(found, page, PER_PAGE),
        asked=asked,
        q=q,
        lead=lead,
        state=state,
        lead_choices=sorted(
            ((one.id, one.name) for one in organisations.values()), key=lambda choice: sorted_as(choice[1])
        ),
        organisations=organisations,
        belongings=picture.belongings.of_bodies(),
        moderators_of=picture.moderators_of,
        waiting=Counter(request.body for request in requests),
        decides=lambda body: visit.may(Right.DECIDE, body=body),
        may_make=visit.may(Right.CREATE_BODY),
    )


@router.get("/bodies/{identity}")
def body(visit: Annotated[Visit, allow(Right.BODIES)], identity: str, page: _Page = 1) -> Response:
    """One body, as far as whoever visits may see it."""
    found = _body_to_see(visit, identity)
    site, picture, viewer = visit.network.site, visit.picture, visit.who
    sees_members = visit.may(Right.MEMBERS, body=found)
    members = picture.members_of(identity)
    own = next((member for member in members if member.person.id == viewer.person), None)
    # Its people by role, moderators first; the list is by name already, and sorting keeps that.
    members.sort(key=lambda member: _ROLES.index(member.role))
    decides, confirms = visit.may(Right.DECIDE, body=found), visit.may(Right.CONFIRM, body=found)
    opens_rooms = identity in viewer.member_of or viewer.ranger or viewer.coordinator
    requests = Requests(site.database, site.network).waiting(identity) if decides or viewer.person else []
    confirmations = Confirmations(site.database, site.network).of_body(identity) if confirms else []
    return render(
        visit,
        "body.html",
        body=found,
        archived=found.is_archived(picture.today),
        organisations=picture.registry.organisations,
        people=picture.registry.people,
        role_word=role_word,
        own=own,
        asked=next((one for one in requests if one.person == viewer.person), None),
        moderators=picture.moderators_of(identity),
        count=len(members),
        found=paged(members, page, PER_PAGE) if sees_members else None,
        organisations_of=picture.organisations_of,
        opens=lambda person, homes: visit.may(Right.PERSON, organisations=homes, person=person),
        sees_origin=visit.may(Right.PEOPLE),
        dates=dates_for(visit, [found], _DATES),
        rooms=rooms_of(site, [identity]).get(identity, ()) if opens_rooms else (),
        opens_rooms=opens_rooms,
        resource_word=resource_word,
        requests=requests if decides else [],
        confirmations=confirmations[:3],
        may_join=visit.may(Right.JOIN, body=found),
        may_leave=own is not None and not own.by_rule and visit.may(Right.LEAVE, body=found),
        may_look_after=confirms or visit.may(Right.APPOINT, body=found),
        may_mail=visit.may(Right.MAIL, body=found),
        may_invite=visit.network.meets and visit.may(Right.INVITE, body=found),
        guest_rooms=visit.network.inviting.open_rooms(identity) if identity in viewer.member_of else [],
        may_change=visit.may(Right.CHANGE_BODY, body=found) and is_made_here(found),
        made_here=is_made_here(found),
    )


@router.get("/bodies/{identity}/change")
def change_form(visit: Annotated[Visit, allow(Right.CHANGE_BODY)], identity: str) -> Response:
    """What is said of a body that was made by form, to be changed."""
    found = _body_to_change(visit, identity)
    fields = {"name": found.name, "purpose": found.purpose, "lead": found.lead or "", "join": str(found.join)}
    return _form(visit, found, fields, {}, 200)


@router.post("/bodies/{identity}/change")
def change(
    visit: Annotated[Visit, allow(Right.CHANGE_BODY)],
    identity: str,
    name: Annotated[str, Form(max_length=200)],
    join: Annotated[JoinMode, Form()],
    purpose: Annotated[str, Form(max_length=2000)] = "",
    lead: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Change it."""
    found = _body_to_change(visit, identity)
    network = visit.network
    try:
        change_body(
            network.site,
            network.pictures,
            visit.who,
            identity,
            name=name,
            purpose=purpose,
            lead=lead or None,
            join=join,
        )
    except Refused as refused:
        fields = {"name": name, "purpose": purpose, "lead": lead, "join": str(join)}
        return _form(visit, found, fields, {"name": refused.text}, 422)
    return go(visit, "bodies", identity, said="body_changed")


@router.post("/bodies/{identity}/archive")
def archive(visit: Annotated[Visit, allow(Right.CHANGE_BODY)], identity: str) -> Response:
    """It is no longer active; its rooms stay, to be read."""
    _body_to_change(visit, identity)
    archive_body(visit.network.site, visit.network.pictures, visit.who, identity)
    return go(visit, "bodies", identity, said="body_archived")


def is_made_here(body: Body) -> bool:
    """Whether it was made by form: what stands in files is changed in files."""
    return body.origin is not None and body.origin.file == SOURCE


def _body_to_see(visit: Visit, identity: str) -> Body:
    found = visit.body(identity)
    visit.need(Right.BODIES, body=found)
    return found


def _body_to_change(visit: Visit, identity: str) -> Body:
    found = visit.body(identity)
    visit.need(Right.CHANGE_BODY, body=found)
    if not is_made_here(found):
        raise NotThere
    return found


def _form(visit: Visit, body: Body, fields: Mapping[str, str], errors: Mapping[str, Text], status: int) -> HTMLResponse:
    own = own_organisations(visit)
    organisations = visit.picture.registry.organisations.values()
    leads = [(one.id, one.name) for one in organisations if own is None or one.id in own or one.id == body.lead]
    context = {"leads": sorted(leads, key=lambda choice: sorted_as(choice[1])), "joins": list(JoinMode)}
    return render(visit, "body_change.html", status=status, body=body, fields=fields, errors=errors, **context)
