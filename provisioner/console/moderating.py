"""Looking after a body: who asks to join, who is on the list, a mail to all."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Path
from starlette.responses import Response

from provisioner.app.joining.acting import LONGEST_WORD
from provisioner.app.joining.confirming import confirm
from provisioner.app.joining.refusing import Refused
from provisioner.app.joining.viewing import is_guest
from provisioner.app.letters.mailing import LONGEST_SUBJECT, LONGEST_TEXT, mail_body
from provisioner.console.deps import LoggedIn, Visit
from provisioner.console.joining import BodyId, Page, RequestId, Word
from provisioner.console.pages import go, render
from provisioner.console.refusals import NotThere
from provisioner.lifecycle.rights import Right
from provisioner.model.enrolments import JoinRequest, RequestState
from provisioner.model.registry import Body, Role
from provisioner.model.text import Text

router = APIRouter()

PersonId = Annotated[str, Path(max_length=200)]
_Ids = Annotated[list[str], Form(max_length=2000)]
_ROLES: Final = {"member": Role.MEMBER, "moderator": Role.MODERATOR, "guest": Role.GUEST}
_SHOWN: Final = 200
_A_PAGE: Final = 100
_MOST_TO_STRIKE: Final = 500
"""On one form; longer lists are struck from page by page before they are confirmed."""


@router.get("/requests")
def requests(visit: LoggedIn) -> Response:
    """What waits for this moderator, oldest first."""
    visit.need(Right.DECIDE)
    waiting = [one for one in visit.network.requests.waiting() if _decides(visit, one)]
    more = max(0, len(waiting) - _SHOWN)
    return render(visit, "requests.html", waiting=waiting[:_SHOWN], more=more, **_known(visit))


@router.get("/requests/{request}")
def one_request(visit: LoggedIn, request: RequestId) -> Response:
    """Who asks, with what word."""
    return _request(visit, _mine(visit, request))


@router.post("/requests/{request}")
def decide(
    visit: LoggedIn, request: RequestId, decision: Annotated[Literal["approve", "decline"], Form()], answer: Word = ""
) -> Response:
    """Agree or decline, with a word."""
    found = _mine(visit, request)
    try:
        visit.network.places.decide(visit.who, request, decision == "approve", answer)
    except Refused as refused:
        return _request(visit, _mine(visit, found.id), answer, {"answer": refused.text})
    return go(visit, "requests", said="approved" if decision == "approve" else "declined")


@router.get("/bodies/{body}/members")
def members(visit: LoggedIn, body: BodyId, page: Page = 1) -> Response:
    """The list, with what can be done about it."""
    return _members(visit, _looked_after(visit, body), page=page)


@router.post("/bodies/{body}/members/{person}/strike")
def strike(visit: LoggedIn, body: BodyId, person: PersonId) -> Response:
    """Take one off the list."""
    found = _looked_after(visit, body)
    try:
        visit.network.places.strike(visit.who, body, person)
    except Refused as refused:
        return _members(visit, found, refused.text)
    return go(visit, "bodies", body, "members", said="struck")


@router.post("/bodies/{body}/appoint")
def appoint(
    visit: LoggedIn,
    body: BodyId,
    person: Annotated[str, Form(max_length=300)] = "",
    role: Annotated[Literal["member", "moderator", "guest"], Form()] = "moderator",
) -> Response:
    """Give somebody a role. ``person``: an id, or the address of somebody in the network."""
    found = visit.body(body)
    visit.need(Right.APPOINT, body=found)
    identity = person.strip()
    if "@" in identity:
        identity = visit.picture.person_with(identity) or ""
    try:
        visit.network.places.appoint(visit.who, body, identity, _ROLES[role])
    except Refused as refused:
        return _members(visit, found, refused.text, typed=person)
    return go(visit, "bodies", body, "members", said="appointed")


@router.get("/bodies/{body}/confirm")
def confirm_page(visit: LoggedIn, body: BodyId) -> Response:
    """The list, with a mark beside everybody who is no longer a part."""
    return _confirm(visit, _looked_after(visit, body), ())


@router.post("/bodies/{body}/confirm")
def confirm_list(visit: LoggedIn, body: BodyId, struck: _Ids = []) -> Response:  # noqa: B006 (FastAPI copies it)
    """The list is right but for these."""
    found = _looked_after(visit, body)
    try:
        confirm(visit.network.site, visit.network.pictures, visit.who, body, struck)
    except Refused as refused:
        return _confirm(visit, found, struck, refused.text)
    return go(visit, "bodies", body, "members", said="confirmed")


@router.get("/bodies/{body}/mail")
def mail_page(visit: LoggedIn, body: BodyId) -> Response:
    """A mail to all of a body."""
    return _mail(visit, _mailed(visit, body), {"subject": "", "text": "", "to": "members", "show_address": ""}, {})


@router.post("/bodies/{body}/mail")
def mail(
    visit: LoggedIn,
    body: BodyId,
    subject: Annotated[str, Form(max_length=4 * LONGEST_SUBJECT)] = "",
    text: Annotated[str, Form(max_length=4 * LONGEST_TEXT)] = "",
    to: Annotated[Literal["members", "moderators"], Form()] = "members",
    show_address: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Send it, to each alone."""
    found, network = _mailed(visit, body), visit.network
    typed = {"subject": subject, "text": text, "to": to, "show_address": show_address}
    missing = {name: Text.of("console.missing") for name in ("subject", "text") if not typed[name].strip()}
    if missing:
        return _mail(visit, found, typed, missing)
    try:
        shown = show_address == "yes"
        mail_body(network.site, visit.picture, visit.who, body, subject, text, to, show_address=shown)
    except Refused as refused:
        return _mail(visit, found, typed, {"text": refused.text})
    return go(visit, "bodies", body, said="mailed")


def _decides(visit: Visit, request: JoinRequest) -> bool:
    body = visit.picture.registry.bodies.get(request.body)
    return body is not None and visit.may(Right.DECIDE, body=body)


def _mine(visit: Visit, request: int) -> JoinRequest:
    found = visit.network.requests.get(request)
    if found is None or not _decides(visit, found):
        raise NotThere
    return found


def _known(visit: Visit) -> Mapping[str, Any]:
    return {"people": visit.picture.registry.people, "bodies": visit.picture.registry.bodies}


def _request(
    visit: Visit, request: JoinRequest, answer: str = "", errors: Mapping[str, Text] | None = None
) -> Response:
    person = visit.picture.registry.people.get(request.person)
    organisations = visit.picture.organisations_of(request.person)
    context = {
        "request": request,
        "person": person,
        "organisations": [visit.picture.registry.organisations[one].name for one in sorted(organisations)],
        "decider": visit.picture.registry.people.get(request.decided_by or ""),
        "waits": request.state is RequestState.WAITING,
        "answer": answer,
        "errors": errors or {},
        "longest": LONGEST_WORD,
    }
    return render(visit, "request.html", status=422 if errors else 200, **context, **_known(visit))


def _looked_after(visit: Visit, body: str) -> Body:
    found = visit.body(body)
    visit.need(Right.CONFIRM, body=found)
    return found


def _mailed(visit: Visit, body: str) -> Body:
    found = visit.body(body)
    visit.need(Right.MAIL, body=found)
    return found


def _members(visit: Visit, body: Body, why: Text | None = None, typed: str = "", page: int = 1) -> Response:
    everybody = visit.picture.members_of(body.id)
    pages = max(1, -(-len(everybody) // _A_PAGE))
    page = min(page, pages)
    context = {
        "body": body,
        "members": everybody[(page - 1) * _A_PAGE : page * _A_PAGE],
        "count": len(everybody),
        "page": page,
        "pages": pages,
        "why": why,
        "typed": typed,
        "waiting": len(visit.network.requests.waiting(body.id)),
        "asked": [one for one in visit.network.confirmations.of_body(body.id) if one.done_at is None],
        "may_mail": visit.may(Right.MAIL, body=body),
        "archived": body.is_archived(visit.picture.today),
        "is_guest": is_guest,
        "organisation_names": _organisation_names(visit),
    }
    return render(visit, "members.html", status=422 if why else 200, **context)


def _confirm(visit: Visit, body: Body, struck: Any, why: Text | None = None) -> Response:
    everybody = visit.picture.members_of(body.id)
    decided = [one for one in everybody if not one.by_rule]
    context = {
        "body": body,
        "members": decided[:_MOST_TO_STRIKE],
        "by_rule": len(everybody) - len(decided),
        "more": max(0, len(decided) - _MOST_TO_STRIKE),
        "struck": frozenset(struck),
        "why": why,
        "organisation_names": _organisation_names(visit),
    }
    return render(visit, "confirm.html", status=422 if why else 200, **context)


def _mail(visit: Visit, body: Body, typed: Mapping[str, str], errors: Mapping[str, Text]) -> Response:
    belonging = visit.picture.belongings.of_bodies()[body.id]
    counts = {"members": len(belonging.members), "moderators": len(belonging.moderators)}
    limits = {"longest_subject": LONGEST_SUBJECT, "longest_text": LONGEST_TEXT}
    status = 422 if errors else 200
    return render(visit, "mail.html", status=status, body=body, typed=typed, errors=errors, counts=counts, **limits)


def _organisation_names(visit: Visit) -> Any:
    """Of a person: what their organisations are called, by commas."""
    known = visit.picture.registry.organisations

    def names(person: str) -> str:
        return ", ".join(known[one].name for one in sorted(visit.picture.organisations_of(person)))

    return names
