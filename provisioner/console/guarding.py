"""What holds for every answer, whatever made it: headers that keep browsers careful, and bodies that stay small."""

import re
from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_FORM: Final = 64 * 1024
"""Bytes."""
FORM: Final = "application/x-www-form-urlencoded"


def policy_with(form_ends: Collection[str] = ()) -> str:
    """The content security policy of a page. ``form_ends``: origins to which its forms may lead in the end.

    Browsers hold it against where an answer to a form redirects, too (observed on Chromium 156).
    """
    forms = " ".join(["'self'", *form_ends])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
    )


POLICY: Final = policy_with()
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": browsers would then call the origin of our own forms "null" (Fetch, "append a request Origin
    # header"). Other sites are told nothing either way.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


_OWN: Final = frozenset({"Content-Security-Policy", "Referrer-Policy"})
"""Of these an answer that leads to another site may have its own."""


class CarefulAnswers:
    """Puts the headers on. What has no rule of its own about being kept is kept nowhere."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = {**HEADERS, **({"Strict-Transport-Security": "max-age=31536000"} if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def careful(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    if name not in _OWN or name not in headers:
                        headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, careful if scope["type"] == "http" else send)


class SmallBodies:
    """Refuses what is longer than a form can be, said beforehand or found out while it comes in; and other forms.

    With a page of ours, which FastAPI's own limit knows nothing of. Ours have no files: those that could have some say
    in which of Python's codecs they are written, and with some of them 64 kB keep all others waiting for seconds.

    ``longer``: paths' endings whose bodies may be longer, with how long, and of any kind; ``*`` is any one segment.
    """

    def __init__(self, app: ASGIApp, longer: dict[str, int]) -> None:
        self._app = app
        self._longer = [
            (re.compile(re.escape(end).replace(r"\*", "[^/]+") + r"\Z"), size) for end, size in longer.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        own_limit = next((size for end, size in self._longer if end.search(scope["path"])), None)
        limit = LONGEST_FORM if own_limit is None else own_limit
        headers = Headers(scope=scope)
        said = headers.get("content-length", "0")
        is_form = headers.get("content-type", FORM).partition(";")[0].strip().lower() == FORM
        come = 0

        async def counted() -> Message:
            nonlocal come
            message = await receive()
            come += len(message.get("body", b""))
            if come > limit or not said.isdecimal() or int(said) > limit:
                raise HTTPException(413)
            if come and own_limit is None and not is_form:
                raise HTTPException(400)
            return message

        await self._app(scope, counted, send)
