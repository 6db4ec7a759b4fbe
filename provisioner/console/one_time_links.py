"""Links that work once: the way in, and a moderator's answer to a request.

A link is shown by GET and used by POST alone: programs that look through mails open every link in them.
"""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Path
from starlette.responses import Response

from provisioner.app.joining.acting import LONGEST_WORD
from provisioner.app.joining.reception import Reply
from provisioner.console.deciding import show_question, take_answer
from provisioner.console.deps import AnyVisit, Visit
from provisioner.console.describing import page
from provisioner.console.entering import let_in
from provisioner.console.login import show_login
from provisioner.console.pages import render
from provisioner.model.text import Text
from provisioner.state import LOGINS, Purpose

router = APIRouter()
_OVER: Final[dict[int | str, dict[str, Any]]] = {410: page("The link was used, or is too old.")}

Word = Annotated[str, Path(max_length=100)]


@router.post("/login", responses={429: page("Asked too often.")})
def ask_for_link(visit: AnyVisit, address: Annotated[str, Form(max_length=300)] = "") -> Response:
    """Send a link. What is answered tells nobody whether the address is known."""
    sender = visit.request.client.host if visit.request.client is not None else ""
    reply = visit.network.reception.ask(address.strip(), sender)
    if reply is Reply.MALFORMED:
        return show_login(visit, address, {"address": Text.of("console.address_malformed")}, status=422)
    if reply is Reply.TOO_OFTEN:
        return show_login(visit, address, {"address": Text.of("console.asked_too_often")}, status=429)
    return render(
        visit,
        "login_sent.html",
        mail_goes=visit.network.mail_goes,
        foreign=reply is Reply.UNKNOWN_DOMAIN,
        contact=visit.picture.policy.joining.contact,
        minutes=visit.picture.policy.joining.link_minutes,
    )


@router.get("/link/{word}", responses=_OVER)
def show_link(visit: AnyVisit, word: Word) -> Response:
    """Who would be logged in, or what is to be decided, and the button that does it."""
    if (question := visit.network.deciding.look(word)) is not None:
        return show_question(visit, word, question)
    link = visit.network.reception.look(word)
    if link is None or link.purpose not in LOGINS:
        return _used_up(visit)
    return render(visit, "link.html", word=word, subject=link.subject, first_start=link.purpose is Purpose.ADMIN)


@router.post("/link/{word}", responses=_OVER)
def use_link(
    visit: AnyVisit,
    word: Word,
    decision: Annotated[Literal["", "approve", "decline"], Form()] = "",
    answer: Annotated[str, Form(max_length=4 * LONGEST_WORD)] = "",
) -> Response:
    """Log in, or decide. Of two at the same moment one does."""
    if (question := visit.network.deciding.look(word)) is not None:
        return take_answer(visit, word, question, decision, answer) or _used_up(visit)
    session = visit.network.reception.enter(word)
    return _used_up(visit) if session is None else let_in(visit, session)


def _used_up(visit: Visit) -> Response:
    return render(visit, "link_over.html", status=410)
