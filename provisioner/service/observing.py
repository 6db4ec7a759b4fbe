"""Watches every request go by: one log line and one measurement each, by the page's template.

Neither ever holds what was asked for: paths carry ids and the words of links, queries what people typed.
"""

import logging
import secrets
import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from provisioner.service.metrics import Metrics

_log = logging.getLogger(__name__)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE: Final = "none"
"""Stands for every page that there isn't."""
OTHER: Final = "OTHER"


class Observed:
    """An application, watched. The answer carries the request's id as ``X-Request-Id``."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, began, status = secrets.token_hex(8), time.monotonic(), 0
        scope.setdefault("state", {})["request_id"] = request

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], (b"x-request-id", request.encode())]}
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            seconds = time.monotonic() - began
            method = scope["method"] if scope["method"] in _METHODS else OTHER
            route = str(getattr(scope.get("route"), "path", NO_ROUTE))
            self._metrics.answered(method, route, status or 500, seconds)
            fields = {"request": request, "method": method, "route": route, "status": status or 500}
            _log.info("answered", extra={**fields, "milliseconds": round(seconds * 1000)})
