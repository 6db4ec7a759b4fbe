"""/healthz: the process lives. /readyz: it can serve people. Both tell nothing of anybody."""

import logging
from collections.abc import Callable, Iterable

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy import select

from provisioner.app.site import Site
from provisioner.model.errors import ReadiError
from provisioner.state.schema import META

_log = logging.getLogger(__name__)


def router(sites: Iterable[Site], loaded: Callable[[], bool], leads: Callable[[], bool]) -> APIRouter:
    """Both. ``loaded``: whether every network's registry is in memory; ``leads``: whether this instance does the work.

    A standby is ready, too: it serves pages.
    """
    made, asked = APIRouter(), tuple(sites)

    @made.get("/healthz", include_in_schema=False)
    async def lives() -> Response:
        return JSONResponse({"status": "ok"}, headers=_FRESH)

    @made.get("/readyz", include_in_schema=False)
    def ready() -> Response:
        database, pictures = all(map(_answers, asked)), loaded()
        found = {"database": database, "registry": pictures, "role": "leader" if leads() else "standby"}
        return JSONResponse(found, status_code=200 if database and pictures else 503, headers=_FRESH)

    return made


_FRESH = {"Cache-Control": "no-store"}


def _answers(site: Site) -> bool:
    try:
        with site.database.reading() as connection:
            connection.execute(select(META.c.name).limit(1)).all()
    except ReadiError as error:
        _log.warning("database does not answer", extra={"network": site.network, "why": error.text.code})
        return False
    return True
