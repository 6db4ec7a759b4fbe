"""What WebDAV says alike of files and of calendars."""

from __future__ import annotations

from typing import Final

from connectors.nextcloud.emulation.dav.words import DavError
from provisioner.emulation import Request

ALLOWED: Final = "OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT, LOCK, UNLOCK"
BROWSER: Final = (
    "This is the WebDAV interface. It can only be accessed by WebDAV clients such as the Nextcloud desktop sync client."
)


def check_preconditions(request: Request, etag: str | None, marks: list[tuple[str, str]]) -> None:
    """Raise DavError when what is there is not what the client expects. ``etag`` without quotes; None: nothing is."""
    unless, wanted = request.headers.get("if-none-match"), request.headers.get("if-match")
    if unless is not None and etag is not None and (unless == "*" or f'"{etag}"' in unless):
        text = "An If-None-Match header was specified, but the ETag matched (or * was specified)."
        raise DavError(412, "PreconditionFailed", text, about="If-None-Match")
    if wanted is not None and (etag is None or (wanted != "*" and f'"{etag}"' not in wanted)):
        text = "An If-Match header was specified, but none of the specified ETags matched."
        if etag is None:
            text = "An If-Match header was specified and the resource did not exist"
        raise DavError(412, "PreconditionFailed", text, about="If-Match", headers=marks)


def stumble(request: Request) -> None:
    """Fail as the server does when its database is locked, where a fault asked for that."""
    if request.mishap is not None:
        raise DavError(500, "ServiceUnavailable", "database is locked")
