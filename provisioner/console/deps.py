"""Who visits which network, and what they may see: what every page is given.

What asks the state runs in a thread of its own; what only looks at what is there does not (``async``).
A page asks for a `Visit` and says with `allow` who may see it; what is about one body or person it asks with
`Visit.need`. Roles are worked out anew for every request, so that whoever leaves is out at once.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request

from provisioner.app.joining.viewing import viewer_of
from provisioner.app.picture import Picture
from provisioner.console.csrf import csrf_word, demand_own_form
from provisioner.console.languages import known_language, wished_language
from provisioner.console.network import Network
from provisioner.console.refusals import NotLoggedIn, NotThere, Unregistered
from provisioner.lifecycle.rights import Right, Viewer, may
from provisioner.model.registry import Body, Person
from provisioner.state import Session
from provisioner.texts import Language


@dataclass
class Visit:
    """One request to one network."""

    request: Request
    network: Network
    now: datetime
    picture: Picture
    session: Session | None
    viewer: Viewer | None
    """None: not logged in, or nobody in the network (any more)."""
    language: Language
    cookie: str
    """What the words of this browser's forms belong to: the session, or what stands for one before a login."""
    new_cookie: bool
    """The browser does not have it yet."""
    set_cookies: dict[str, str | None] = field(default_factory=dict)
    """By what they are for: to be put, or (None) taken away, with the answer."""

    @property
    def who(self) -> Viewer:
        """Whoever is logged in. Raises `NotLoggedIn`."""
        if self.viewer is None:
            raise NotLoggedIn
        return self.viewer

    @property
    def me(self) -> Person:
        """The person who is logged in. Raises `NotThere` for the first start, which is nobody."""
        return self.person(self.who.person or "")

    @property
    def csrf(self) -> str:
        """The word of this browser's forms."""
        return csrf_word(self.cookie)

    @property
    def is_fragment(self) -> bool:
        """htmx asks for a part of a page."""
        return self.request.headers.get("hx-request") == "true"

    def body(self, identity: str) -> Body:
        """Raises `NotThere`."""
        found = self.picture.registry.bodies.get(identity)
        if found is None:
            raise NotThere
        return found

    def person(self, identity: str) -> Person:
        """Raises `NotThere`."""
        found = self.picture.registry.people.get(identity)
        if found is None:
            raise NotThere
        return found

    def may(
        self,
        right: Right,
        *,
        body: Body | None = None,
        organisations: Collection[str] = (),
        person: str | None = None,
    ) -> bool:
        """Whether whoever is logged in has a right; see `provisioner.lifecycle.rights.may`."""
        concerned = frozenset(organisations)
        return self.viewer is not None and may(self.viewer, right, body=body, organisations=concerned, person=person)

    def need(
        self,
        right: Right,
        *,
        body: Body | None = None,
        organisations: Collection[str] = (),
        person: str | None = None,
    ) -> None:
        """Raise `NotThere` for whoever has it not: alike for "not yours" and "not there"."""
        if not self.may(right, body=body, organisations=organisations, person=person):
            raise NotThere


async def network_of(request: Request, network: str) -> Network:
    """The network of a path. Raises `NotThere`."""
    found: Network | None = request.app.state.networks.get(network)
    if found is None:
        raise NotThere
    return found


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and by which picture that was found out."""

    now: datetime
    picture: Picture
    session: Session | None
    viewer: Viewer | None


def caller_of(request: Request, network: Network, *, at_door: bool = False) -> Caller:
    """Who is there. Raises `StateError`, `SettingsError`.

    ``at_door``: nobody is shown anything, but perhaps let in, by a picture that has every change of a file, too; of the
    viewer is said then who they are, and not which offices they have.
    """
    now, picture = network.now(), network.pictures.now(fresh=at_door)
    word = request.cookies.get(network.cookie())
    session = network.sessions.find(word, now) if word else None
    viewer = None if session is None else viewer_of(picture, session, offices=not at_door)
    return Caller(now, picture, session, viewer)


def visit_of(request: Request, network: Annotated[Network, Depends(network_of)]) -> Visit:
    """Who is there, and all that pages need besides."""
    caller = caller_of(request, network)
    now, picture, session, viewer = caller.now, caller.picture, caller.session, caller.viewer
    before = request.cookies.get(network.cookie("form"))
    basis = request.cookies.get(network.cookie()) if session is not None else before
    language = (
        known_language(request.cookies.get(network.cookie("language")))
        or (known_language(picture.registry.people[viewer.person].language) if viewer and viewer.person else None)
        or wished_language(request)
        or known_language(picture.registry.language)
        or "de"
    )
    visit = Visit(
        request, network, now, picture, session, viewer, language, basis or secrets.token_urlsafe(32), basis is None
    )
    request.state.visit = visit
    return visit


async def own_form(request: Request, visit: Annotated[Visit, Depends(visit_of)]) -> None:
    """Let nothing be written by a form that is not ours. Holds for every page of the console."""
    await demand_own_form(request, None if visit.new_cookie else visit.cookie, visit.network.origin)


AnyVisit = Annotated[Visit, Depends(visit_of)]
"""A page for everybody, logged in or not."""


async def _logged_in(visit: AnyVisit) -> Visit:
    if visit.viewer is None:
        raise NotLoggedIn
    if visit.viewer.newcomer_address is not None:
        raise Unregistered
    return visit


LoggedIn = Annotated[Visit, Depends(_logged_in)]
"""A page for whoever is logged in and registered."""


def allow(*rights: Right) -> Any:
    """A page for whoever has one of these rights in the network as a whole: ``visit: Annotated[Visit, allow(…)]``."""

    async def allowed(visit: LoggedIn) -> Visit:
        if not any(visit.may(right) for right in rights):
            raise NotThere
        return visit

    return Depends(allowed)
