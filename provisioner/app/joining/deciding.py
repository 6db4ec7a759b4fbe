"""Deciding from the mail: a link by which one moderator answers one request, once, without logging in first.

Such a link opens nothing else. Whoever has it is the person whom it was sent to, with what they are at that moment.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from provisioner.app.joining.acting import acting
from provisioner.app.joining.places import decide_one
from provisioner.app.joining.viewing import viewer_for
from provisioner.app.picture import Picture, Pictures
from provisioner.app.site import Site
from provisioner.lifecycle.rights import Right, Viewer, may
from provisioner.model.enrolments import JoinRequest, RequestState
from provisioner.model.registry import Body
from provisioner.state import Link, Links, Purpose, Requests, Within


class Standing(StrEnum):
    """What can still be done with a link."""

    OPEN = "open"
    LATE = "late"  # used or too old, while the request still waits
    DECIDED = "decided"  # somebody did meanwhile


@dataclass(frozen=True, slots=True)
class Question:
    """What a moderator is asked by a link."""

    decider: Viewer
    request: JoinRequest
    body: Body
    standing: Standing


_Asked = tuple[Viewer, JoinRequest, Body]
"""Who is asked what, and about what."""


class Deciding:
    """Of one network. Safe for many threads. All methods raise `StateError`, `SettingsError`."""

    def __init__(self, site: Site, pictures: Pictures) -> None:
        self._site = site
        self._pictures = pictures

    def look(self, word: str) -> Question | None:
        """What is asked, without answering. None: no such link, or its owner has nothing to decide here any more."""
        now, network = self._site.clock.now(), self._site.network
        links, requests = Links(self._site.database, network), Requests(self._site.database, network)
        opened = links.look(word, now)
        link = opened or links.recall(word)
        if link is None:
            return None
        found = _question(self._pictures.now(fresh=True), network, link, requests)
        if found is None:
            return None
        decider, request, body = found
        if request.state is RequestState.WAITING:
            return Question(decider, request, body, Standing.LATE if opened is None else Standing.OPEN)
        return Question(decider, request, body, Standing.DECIDED) if link.expires > now else None

    def decide(self, word: str, approve: bool, answer: str = "") -> bool:
        """Use the link to say yes or no. False: it can't be used (any more), and nothing was done.

        Raises `Refused` as `Places.decide` does; the link can be used again then.
        """
        with acting(self._site, self._pictures) as act:
            link = Links(Within(act.connection), self._site.network).use(word, act.now, {Purpose.DECIDE})
            found = None if link is None else _question(act.picture, self._site.network, link, act.requests)
            if found is None:
                return False
            decider, request, _ = found
            decide_one(act, decider, request.id, approve, answer, via="mail")
        return True


def make_decision_link(site: Site, request: int, person: str, now: datetime, lifetime: timedelta) -> str:
    """The word of a new link for this person about this request; it is kept hashed. Raises `StateError`."""
    return Links(site.database, site.network).make(Purpose.DECIDE, f"{request}:{person}", now, lifetime)


def _question(picture: Picture, network: str, link: Link, requests: Requests) -> _Asked | None:
    """If they may decide it now."""
    number, _, person = link.subject.partition(":")
    if link.purpose is not Purpose.DECIDE:
        return None
    viewer, request = viewer_for(picture, network, person), requests.get(int(number))
    body = None if request is None else picture.registry.bodies.get(request.body)
    if viewer is None or request is None or body is None or not may(viewer, Right.DECIDE, body=body):
        return None
    return viewer, request, body
