"""Coming in: newcomers say who they are; bodies to join; what somebody asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Path, Query
from starlette.responses import Response

from provisioner.app.joining.acting import LONGEST_WORD
from provisioner.app.joining.refusing import Refused
from provisioner.calendars.words import rhythm
from provisioner.console.deps import AnyVisit, LoggedIn, Visit, allow
from provisioner.console.pages import go, render
from provisioner.console.refusals import NotLoggedIn, NotThere
from provisioner.lifecycle.rights import Right
from provisioner.model.enrolments import JoinRequest, RequestState
from provisioner.model.registry import Body, JoinMode, Person, Role
from provisioner.model.text import Text

router = APIRouter()

BodyId = Annotated[str, Path(max_length=200)]
RequestId = Annotated[int, Path(ge=1, le=2**53)]
Word = Annotated[str, Form(max_length=4 * LONGEST_WORD)]
"""What somebody writes; how long it may be in the end is said in words."""
Page = Annotated[int, Query(ge=1, le=100_000)]
_A_PAGE: Final = 60
_NAME: Final = 300
_Name = Annotated[str, Form(max_length=_NAME)]


@dataclass(frozen=True, slots=True)
class Offer:
    """A body that somebody may wonder about joining."""

    body: Body
    lead: str | None
    moderators: list[Person]
    members: int
    role: Role | None
    """What they are in it; None: nothing yet."""
    request: JoinRequest | None
    """Theirs, which waits."""
    meets: tuple[Text, ...] = ()
    """How often, in words."""


@router.get("/register")
def register_page(visit: AnyVisit) -> Response:
    """Where a newcomer says who they are."""
    return _register(visit)


@router.post("/register")
def register(
    visit: AnyVisit, given_name: _Name = "", family_name: _Name = "", agreed: Annotated[str, Form(max_length=10)] = ""
) -> Response:
    """They are somebody from now on."""
    if visit.viewer is None or visit.session is None:
        raise NotLoggedIn
    if not visit.viewer.is_newcomer:
        return go(visit, "join")
    typed = {"given_name": given_name.strip(), "family_name": family_name.strip()}
    errors = {name: Text.of("console.name_missing") for name, value in typed.items() if not value}
    if agreed != "yes":
        errors["agreed"] = Text.of("console.notice_unread")
    if errors:
        return _register(visit, {**typed, "agreed": agreed}, errors)
    try:
        visit.network.reception.register(visit.session, **typed, language=visit.language)
    except Refused as refused:
        return _register(visit, {**typed, "agreed": agreed}, {"refused": refused.text})
    return go(visit, "join", said="registered")


@router.get("/join")
def to_join(visit: Annotated[Visit, allow(Right.JOIN)], page: Page = 1) -> Response:
    """Bodies that can be joined, with what they do and who leads them."""
    mine = {place.body.id for place in visit.picture.places_of(visit.who.person or "")}
    open_to = [one for one in _bodies(visit) if one.join is not JoinMode.CLOSED and one.id not in mine]
    pages = max(1, -(-len(open_to) // _A_PAGE))
    page = min(page, pages)
    offers = _offers(visit, open_to[(page - 1) * _A_PAGE : page * _A_PAGE])
    return render(visit, "join.html", offers=offers, page=page, pages=pages)


@router.get("/bodies/{body}/ask")
def ask_page(visit: LoggedIn, body: BodyId) -> Response:
    """Where somebody writes a word to the moderators."""
    found = _joinable(visit, body)
    return render(visit, "ask.html", offer=_offer(visit, found), word="", errors={}, longest=LONGEST_WORD)


@router.post("/bodies/{body}/ask")
def ask(visit: LoggedIn, body: BodyId, word: Word = "") -> Response:
    """Ask to join."""
    found = _joinable(visit, body)
    try:
        visit.network.places.ask(visit.who, body, word)
    except Refused as refused:
        context = {"offer": _offer(visit, found), "word": word, "errors": {"word": refused.text}}
        return render(visit, "ask.html", status=422, longest=LONGEST_WORD, **context)
    return go(visit, "join", said="asked")


@router.post("/bodies/{body}/join")
def join(visit: LoggedIn, body: BodyId) -> Response:
    """Join an open body, at once."""
    visit.network.places.join(visit.who, body)
    return go(visit, "me", said="joined")


@router.get("/bodies/{body}/leave")
def leave_page(visit: LoggedIn, body: BodyId) -> Response:
    """What leaving means, before it is done."""
    found = visit.body(body)
    visit.need(Right.LEAVE, body=found)
    return render(visit, "leave.html", body=found)


@router.post("/bodies/{body}/leave")
def leave(visit: LoggedIn, body: BodyId) -> Response:
    """Leave it."""
    visit.network.places.leave(visit.who, body)
    return go(visit, "me", said="left")


@router.post("/requests/{request}/withdraw")
def withdraw(visit: LoggedIn, request: RequestId) -> Response:
    """Take one's own request back."""
    visit.network.places.withdraw(visit.who, request)
    return go(visit, "me", said="withdrawn")


def _offers(visit: Visit, bodies: list[Body]) -> list[Offer]:
    """Bodies as somebody sees them who may join or be in them."""
    picture, person = visit.picture, visit.who.person or ""
    places = {one.body.id: one for one in picture.places_of(person)}
    asked = {one.body: one for one in visit.network.requests.of_person(person) if one.state is RequestState.WAITING}
    everybody, organisations = picture.belongings.of_bodies(), picture.registry.organisations
    found = []
    for body in bodies:
        lead, place = organisations.get(body.lead or ""), places.get(body.id)
        moderators, members = picture.moderators_of(body.id), len(everybody[body.id].members)
        role = None if place is None else place.role
        meets = tuple(_rhythms(body, picture.today))
        found.append(
            Offer(body, None if lead is None else lead.name, moderators, members, role, asked.get(body.id), meets)
        )
    return found


def _rhythms(body: Body, today: date) -> Iterator[Text]:
    """Of series that go on."""
    for series in body.meetings.series if body.meetings is not None else ():
        if (series.until is None or series.until >= today) and (words := rhythm(series)) is not None:
            yield words


def _offer(visit: Visit, body: Body) -> Offer:
    return _offers(visit, [body])[0]


def _bodies(visit: Visit) -> list[Body]:
    """Those that are not archived, by name."""
    bodies, today = visit.picture.registry.bodies.values(), visit.picture.today
    return sorted((one for one in bodies if not one.is_archived(today)), key=lambda one: (one.name.casefold(), one.id))


def _joinable(visit: Visit, body: str) -> Body:
    found = visit.body(body)
    visit.need(Right.JOIN, body=found)
    if found.is_archived(visit.picture.today):
        raise NotThere
    return found


def _register(visit: Visit, typed: dict[str, str] | None = None, errors: dict[str, Text] | None = None) -> Response:
    if visit.viewer is None:
        raise NotLoggedIn
    if not visit.viewer.is_newcomer:
        return go(visit, "join")
    address = visit.viewer.newcomer_address or ""
    context: dict[str, Any] = {
        "typed": typed or {"given_name": "", "family_name": "", "agreed": ""},
        "errors": errors or {},
        "address": address,
        "organisation": visit.picture.organisation_of_address(address),
        "contact": visit.picture.policy.joining.contact,
        "longest": _NAME,
    }
    return render(visit, "register.html", status=422 if errors else 200, **context)
