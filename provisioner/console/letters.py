"""Letters that nobody knows of whether they went, that were refused, or that wait: sent again, or given up."""

from typing import Annotated, Final

from fastapi import APIRouter
from starlette.responses import Response

from provisioner.app.joining.refusing import Refused
from provisioner.console.deps import Visit, allow
from provisioner.console.pages import go, render
from provisioner.console.refusals import NotThere
from provisioner.console.saying import named_for, why_for
from provisioner.lifecycle.rights import Right
from provisioner.model.messages import LetterState
from provisioner.model.text import Text
from provisioner.state import Audit, Outbox, Within

router = APIRouter()

LETTERS: Final = 100
STATES: Final = (LetterState.UNKNOWN, LetterState.REFUSED, LetterState.WAITING, LetterState.SENDING)
"""What is listed, in this order; of what went only the number is told."""
_DECIDABLE: Final = (LetterState.UNKNOWN, LetterState.REFUSED)


@router.get("/letters")
def letters(visit: Annotated[Visit, allow(Right.LETTERS)]) -> Response:
    """Those that wait for a ranger first. Nothing of what they say is kept, so nothing of it is shown."""
    outbox = Outbox(visit.network.site.database, visit.network.name, visit.now)
    found = [letter for state in STATES for letter in outbox.find(state, limit=LETTERS)][:LETTERS]
    return render(
        visit,
        "letters.html",
        letters=found,
        counts=outbox.counts(),
        named=named_for(visit),
        why=why_for(visit),
        decidable=_DECIDABLE,
    )


@router.post("/letters/{letter}/again")
def again(visit: Annotated[Visit, allow(Right.LETTERS)], letter: int) -> Response:
    """It goes once more: perhaps somebody gets it twice."""
    return _decided(visit, letter, again=True)


@router.post("/letters/{letter}/give-up")
def give_up(visit: Annotated[Visit, allow(Right.LETTERS)], letter: int) -> Response:
    """It does not go again."""
    return _decided(visit, letter, again=False)


def _decided(visit: Visit, letter: int, *, again: bool) -> Response:
    network, said = visit.network, "letter_again" if again else "letter_given_up"
    if not 0 < letter < 2**31:
        raise NotThere
    with network.site.database.writing() as connection:
        within = Within(connection)
        outbox = Outbox(within, network.name, visit.now)
        if outbox.get(letter) is None:
            raise NotThere
        if not outbox.decide(letter, again=again, error="" if again else "console.letter_given_up"):
            raise Refused(Text.of("console.letter_decided"))
        Audit(within, network.name).note(visit.now, visit.who.actor, said, f"letter:{letter}")
    return go(visit, "letters", said=said)
