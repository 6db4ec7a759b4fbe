"""The service's HTTP: the console, webhooks, health and metrics, served in a thread of this process."""

import os
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from provisioner.app.picture import Pictures
from provisioner.app.service_settings import ServiceSettings
from provisioner.app.site import Site
from provisioner.console.application import build
from provisioner.console.network import Network
from provisioner.model.errors import SettingsError
from provisioner.model.ports import Clock
from provisioner.model.text import Text
from provisioner.service import bot_calls, health, meeting_calls, sender_calls, webhooks
from provisioner.service.bridging import Bridge
from provisioner.service.metrics import Metrics
from provisioner.service.metrics import router as metrics_router
from provisioner.service.observing import Observed

_GRACE: Final = 5
"""Seconds that requests in hand have when the service ends."""
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Waking:
    """Wakes the dispatchers after each request that may have put an errand down. A standby's have nothing to do."""

    def __init__(self, app: ASGIApp, wake: Callable[[], None]) -> None:
        self._app, self._wake = app, wake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "http" and scope["method"] not in _READING:
                self._wake()


def application(
    sites: Mapping[str, Site],
    pictures: Mapping[str, Pictures],
    settings: ServiceSettings,
    clock: Clock,
    leads: Callable[[], bool],
    is_warm: Callable[[], bool],
    wake: Callable[[], None],
    bridge: Bridge,
) -> ASGIApp:
    """All that is served. Raises `SettingsError`, `StateError`."""
    console = build({name: Network(site, pictures[name]) for name, site in sites.items()}, settings, clock)
    metrics = Metrics(sites, leads, bridge)
    prefix = urlsplit(settings.address).path.rstrip("/")
    console.include_router(webhooks.router(sites, prefix))
    console.include_router(meeting_calls.router(sites, pictures, prefix))
    _take_calls(console, bridge, clock, prefix)
    console.include_router(health.router(sites.values(), is_warm, leads))
    console.include_router(metrics_router(metrics))
    return Waking(Observed(console, metrics), wake)


def bridge_application(
    sites: Mapping[str, Site], bridge: Bridge, settings: ServiceSettings, clock: Clock, is_warm: Callable[[], bool]
) -> ASGIApp:
    """What `readi bridge` serves: senders and Talk's bot call, health and metrics; no page. Raises `SettingsError`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    metrics = Metrics(sites, bridge.leads, bridge)
    _take_calls(app, bridge, clock, urlsplit(settings.address).path.rstrip("/"))
    app.include_router(health.router(sites.values(), is_warm, bridge.leads))
    app.include_router(metrics_router(metrics))
    return Observed(app, metrics)


def _take_calls(app: FastAPI, bridge: Bridge, clock: Clock, prefix: str) -> None:
    app.include_router(sender_calls.router(bridge.doors, clock, prefix))
    app.include_router(bot_calls.router(bridge.hearing, prefix))


class HttpServer:
    """uvicorn in a thread. Whoever starts it listens to signals, not it."""

    def __init__(self, app: ASGIApp, listener: socket.socket, trusted: tuple[str, ...]) -> None:
        config = uvicorn.Config(
            app,
            proxy_headers=True,
            forwarded_allow_ips=list(trusted),
            server_header=False,
            date_header=True,
            access_log=False,  # paths hold ids and links' words; what is logged of requests is our own
            log_config=None,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=_GRACE,
        )
        self._server, self._listener = uvicorn.Server(config), listener
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests, finish those in hand."""
        self._server.should_exit = True
        self._thread.join(_GRACE + 5)

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])


def listen(address: str) -> socket.socket:
    """Take the address, so that whoever starts the service hears at once when that is not possible.

    Raises `SettingsError`.
    """
    host, colon, port = address.rpartition(":")
    host = host.strip("[]")
    if not colon or not port.isdecimal():
        raise SettingsError(Text.of("service.bad_address", address=address))
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, int(port)), family=family, backlog=256)
    except (OSError, OverflowError) as fault:
        number = fault.errno if isinstance(fault, OSError) else None  # what Python says beside it repeats the address
        detail = os.strerror(number) if number is not None and number > 0 else ""
        raise SettingsError(Text.of("service.cannot_listen", address=address), detail=detail) from None
