"""What Talk's bot calls: ``POST /{network}/hooks/talk``. Talk waits 5 s and calls once, whatever it is answered.

Nothing of it is kept or logged but what `provisioner.app.alerting.hearing` makes of it.
"""

from collections.abc import Callable, Mapping
from typing import Final

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from provisioner.service.callers import TooLong, bounded_body

MOST_BYTES: Final = 128 * 1024
"""Of one event: a message has up to 32,000 characters."""

Hear = Callable[[Mapping[str, str], bytes], bool]
"""(headers, body) → whether the bot sent it."""


def router(hearing: Mapping[str, Hear], prefix: str = "") -> APIRouter:
    """The route. ``hearing``: by network, of those with a bot."""
    made = APIRouter()

    @made.post(f"{prefix}/{{network}}/hooks/talk", include_in_schema=False)
    async def told(network: str, request: Request) -> Response:
        hear = hearing.get(network)
        if hear is None:
            return Response(status_code=404)
        try:
            body = await bounded_body(request, MOST_BYTES)
        except TooLong:
            return Response(status_code=413)
        is_known = await to_thread.run_sync(hear, dict(request.headers), body)
        return Response(status_code=200 if is_known else 403)

    return made
