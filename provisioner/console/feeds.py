"""A person's calendar feed: the file that calendars fetch, and the page on which people get its address or end it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from provisioner.console.deps import LoggedIn, Visit, network_of
from provisioner.console.network import Network
from provisioner.console.pages import go, render
from provisioner.console.refusals import NotThere

files = APIRouter()
"""Asked for by programs, of whom nobody knows anything but the word."""
router = APIRouter()


class Calendar(Response):
    """Dates as calendars read them (RFC 5545)."""

    media_type = "text/calendar"


@files.get(
    "/feed/{word}.ics",
    response_class=Calendar,
    responses={
        200: {"description": "All dates.", "content": {Calendar.media_type: {"schema": {"type": "string"}}}},
        304: {"description": "They are those that the program has."},
    },
)
def feed(
    request: Request, network: Annotated[Network, Depends(network_of)], word: Annotated[str, Path(max_length=100)]
) -> Response:
    """All dates of somebody's bodies."""
    found = network.feeds.calendar(word, network.now())
    if found is None:
        raise NotThere
    headers = {"ETag": found.etag, "Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer"}
    if found.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Calendar(found.content, headers=headers)


@router.get("/me/calendar")
def my_calendar(visit: LoggedIn) -> Response:
    """Whether there is an address, and since when."""
    return _page(visit)


@router.post("/me/calendar")
def new_address(visit: LoggedIn) -> Response:
    """A new address, shown on this answer and never again; the one from before is over."""
    word = visit.network.feeds.word_for(visit.who)
    return _page(visit, visit.network.url("feed", f"{word}.ics"))


@router.post("/me/calendar/end")
def end(visit: LoggedIn) -> Response:
    """Nobody reads it any more."""
    visit.network.feeds.end(visit.who)
    return go(visit, "me", "calendar", said="feed_ended")


def _page(visit: Visit, address: str | None = None) -> Response:
    _ = visit.me  # somebody of the registry
    if not visit.picture.policy.meetings.feeds:
        raise NotThere
    return render(visit, "feed.html", since=visit.network.feeds.since(visit.who), address=address)
