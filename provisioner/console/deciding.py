"""Answering a request by the link of a mail: without a session, for this one request alone."""

from collections.abc import Mapping

from starlette.responses import Response

from provisioner.app.joining.acting import LONGEST_WORD
from provisioner.app.joining.deciding import Question, Standing
from provisioner.app.joining.refusing import Refused
from provisioner.console.deps import Visit
from provisioner.console.pages import go, render
from provisioner.model.text import Text


def show_question(visit: Visit, word: str, question: Question) -> Response:
    """Who asks, and the form to answer; or who answered already; or the way to log in."""
    if question.standing is Standing.LATE:
        return go(visit, "requests", question.request.id)  # by the login, where they are not logged in
    return _page(visit, word, question, status=200 if question.standing is Standing.OPEN else 410)


def take_answer(visit: Visit, word: str, question: Question, decision: str, answer: str) -> Response | None:
    """Decide, and say thanks. None: the link can't be used any more."""
    if question.standing is not Standing.OPEN:
        return show_question(visit, word, question)
    if not decision:
        return _page(visit, word, question, answer, {"answer": Text.of("console.decision_missing")}, status=422)
    try:
        done = visit.network.deciding.decide(word, decision == "approve", answer)
    except Refused as refused:
        now = visit.network.deciding.look(word)
        if now is None or now.standing is not Standing.OPEN:
            return None if now is None else show_question(visit, word, now)
        return _page(visit, word, now, answer, {"answer": refused.text}, status=422)
    if not done:
        return None
    decided = "approved" if decision == "approve" else "declined"
    return render(visit, "decided.html", decided=decided, body=question.body)


def _page(
    visit: Visit,
    word: str,
    question: Question,
    answer: str = "",
    errors: Mapping[str, Text] | None = None,
    *,
    status: int,
) -> Response:
    picture, request = visit.picture, question.request
    organisations = sorted(picture.organisations_of(request.person))
    return render(
        visit,
        "decide.html",
        status=status,
        word=word,
        waits=question.standing is Standing.OPEN,
        body=question.body,
        request=request,
        person=picture.registry.people.get(request.person),
        deciding=picture.registry.people.get(question.decider.person or ""),
        decider=picture.registry.people.get(request.decided_by or ""),
        organisations=[picture.registry.organisations[one].name for one in organisations],
        answer=answer,
        errors=errors or {},
        longest=LONGEST_WORD,
    )
