"""Forms that only our own pages can send: a word that belongs to the browser's cookie, and where it came from."""

import base64
import hmac
from typing import Final

from fastapi import Request

from provisioner.console.refusals import Forged

FIELD: Final = "csrf"
HEADER: Final = "X-CSRF"
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def csrf_word(cookie: str) -> str:
    """The word of the forms of one browser; whoever has it can't tell the cookie."""
    return base64.urlsafe_b64encode(hmac.digest(cookie.encode(), b"readi-form", "sha256")).decode().rstrip("=")


async def demand_own_form(request: Request, cookie: str | None, origin: str) -> None:
    """Raise `Forged` for a writing request that none of our pages sent.

    ``cookie``: the browser's session, or what stands for one before a login. Browsers that say where a form comes from
    have to say that it is ours; others are known by the word alone.
    """
    if request.method in READING:
        return
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forged
    if request.headers.get("origin", origin) != origin:
        raise Forged
    given = request.headers.get(HEADER) or (await request.form()).get(FIELD)
    if cookie is None or not isinstance(given, str):
        raise Forged
    if not hmac.compare_digest(given.encode(), csrf_word(cookie).encode()):
        raise Forged
