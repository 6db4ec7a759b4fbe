"""The console as one application: all its pages, for all networks of an installation."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from provisioner.app.service_settings import ServiceSettings
from provisioner.console import (
    alerts,
    assets,
    audit,
    bodies,
    bodymaking,
    errors,
    feeds,
    figures,
    history,
    inviting,
    joining,
    letters,
    links,
    login,
    matrix,
    meeting_guests,
    meeting_keys,
    meeting_room,
    moderating,
    my_page,
    one_time_links,
    openid_login,
    overview,
    people,
    plans,
    safety,
    sensors,
)
from provisioner.console.deps import own_form
from provisioner.console.describing import RESPONSES
from provisioner.console.guarding import CarefulAnswers, SmallBodies
from provisioner.console.network import Network
from provisioner.console.refusals import NotThere
from provisioner.model.ports import Clock

ROUTERS: Final[tuple[APIRouter, ...]] = (
    login.router,
    one_time_links.router,
    openid_login.router,
    joining.router,
    my_page.router,
    moderating.router,
    bodymaking.router,
    overview.router,
    figures.router,
    people.router,
    bodies.router,
    matrix.router,
    plans.router,
    history.router,
    audit.router,
    letters.router,
    links.router,
    safety.router,
    meeting_guests.router,
    inviting.router,
    feeds.router,
    alerts.router,
    sensors.router,
)
"""Every room's pages, each below /<network>. All of them take writing requests from our own forms alone."""

LONGER_BODIES: Final = {
    "/hooks/registry": 1024 * 1024,
    **dict.fromkeys(("/events/room/created", "/events/occupant/joined", "/events/occupant/left"), 64 * 1024),
    "/events/room/destroyed": 1024 * 1024,
    "/senders/*": 1024 * 1024,
    "/hooks/talk": 128 * 1024,
}
"""Paths whose requests may be longer than a form, in bytes."""


def build(networks: Mapping[str, Network], settings: ServiceSettings, clock: Clock) -> FastAPI:
    """Make it. ``networks`` by their names in the settings. The service adds its own routes."""
    prefix = urlsplit(settings.address).path.rstrip("/")
    app = FastAPI(
        title="re@di provisioner",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # Paths hold one-time words: they are told to nobody, whatever the environment says.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        redirect_slashes=False,  # it would lead to whatever host a request names
        middleware=[
            Middleware(CarefulAnswers, secure=settings.address.startswith("https:")),
            Middleware(SmallBodies, longer=dict(LONGER_BODIES)),
        ],
    )
    app.state.networks = dict(networks)
    app.state.clock = clock
    errors.install(app)
    shared: dict[str, Any] = {"responses": RESPONSES, "default_response_class": HTMLResponse}
    app.include_router(meeting_room.lean, prefix=f"{prefix}/{{network}}", **shared)  # the first that is looked through
    for router in ROUTERS:
        app.include_router(router, prefix=f"{prefix}/{{network}}", dependencies=[Depends(own_form)], **shared)
    app.include_router(feeds.files, prefix=f"{prefix}/{{network}}", **shared)
    app.include_router(meeting_keys.router, prefix=f"{prefix}/{{network}}", **shared)
    app.include_router(assets.router, prefix=f"{prefix}/{{network}}")

    @app.get(f"{prefix}/", include_in_schema=False)
    def only_network() -> Response:
        """Where there is one network alone, this is it. Of several none is named to strangers."""
        if len(app.state.networks) != 1:
            raise NotThere
        return RedirectResponse(next(iter(app.state.networks.values())).path(), 303)

    for name, network in networks.items():  # as people type its address; exactly these, so that nothing else is hidden
        app.add_route(f"{prefix}/{name}", _to(network.path()), include_in_schema=False)

    return app


def _to(path: str) -> Callable[[Request], Response]:
    return lambda _: RedirectResponse(path, 303)
