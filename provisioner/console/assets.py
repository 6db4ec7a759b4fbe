"""The few files that pages bring along, from memory: no path ever leads into a folder."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from provisioner.console.refusals import NotThere

_TYPES: Final = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "htmx.LICENSE.txt": "text/plain; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_A_YEAR: Final = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@cache
def _content(name: str) -> bytes:
    return (files("provisioner.console") / "static" / name).read_bytes()


@cache
def asset_query(name: str) -> str:
    """Changes with the file, so that browsers can keep it for ever."""
    return hashlib.sha256(_content(name)).hexdigest()[:12]


@router.get("/static/{name}")
def asset(request: Request, name: str) -> Response:
    """One file."""
    kind = _TYPES.get(name)
    if kind is None:
        raise NotThere
    known = request.url.query == asset_query(name)
    return Response(_content(name), media_type=kind, headers={"Cache-Control": _A_YEAR if known else "no-cache"})
