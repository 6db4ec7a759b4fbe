"""Asking a Jitsi server whether it would let somebody in: the first words of XMPP, over HTTP (BOSH, XEP-0124).

Only the login is tried, then the session is closed: no room is entered, so nobody notices. Prosody answers each request
at once as long as it has something to say (observed on Prosody 0.12).
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from connectors.jitsi.settings import JitsiSettings
from provisioner.model.errors import Garbled, OutcomeUnknown, Permanent, TargetError, Transient
from provisioner.model.text import Text
from provisioner.transport.answer import Answer
from provisioner.transport.http import HttpSession

_BOSH: Final = "http://jabber.org/protocol/httpbind"
_SASL: Final = "urn:ietf:params:xml:ns:xmpp-sasl"
_MOST: Final = 65_536
"""Bytes of an answer."""
_WAIT: Final = 5
"""Seconds that the server may hold a request."""


class Came(StrEnum):
    """What became of somebody who wanted to log in."""

    IN = "in"
    REFUSED = "refused"
    NO_ANONYMOUS = "no anonymous"  # people log in by password there
    NO_DOMAIN = "no domain"


@dataclass(frozen=True, slots=True)
class Login:
    """The server's answer to one who logs in."""

    came: Came
    said: str = ""
    """Why it refused, in its own words."""


class _AsksOnly:
    """The gate of a session that logs in and out: that changes nothing over there."""

    def check(self, method: str) -> None:
        """Let it pass: the session sends nothing else."""


class Bosh:
    """Tries log-ins. Not shared between threads."""

    def __init__(self, settings: JitsiSettings) -> None:
        self._settings = settings
        self._session = HttpSession(_AsksOnly(), timeout=settings.timeout, ca_file=settings.ca_file)

    def login(self, domain: str, room: str, token: str | None = None, *, in_query: bool = False) -> Login:
        """Log in at a domain as a browser on the way to ``room`` does, and out again.

        ``in_query``: the token stands in the address, as older servers want it; else in a header, which is not logged.
        Raises `Transient`, `Permanent` (no such place, redirected) or `Garbled`.
        """
        query = {"room": room, **({"prefix": self._settings.tenant} if self._settings.tenant else {})}
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        if token is not None and in_query:
            query["token"] = token
        elif token is not None:
            headers["Authorization"] = f"Bearer {token}"
        numbers = iter(range(secrets.randbelow(1 << 30), 1 << 31))
        opened = self._ask(query, headers, _opening(domain, next(numbers)))
        sid = opened.get("sid")
        if opened.get("type") == "terminate" or sid is None:
            if opened.get("condition") in ("improper-addressing", "host-unknown", "host-gone"):
                return Login(Came.NO_DOMAIN)
            raise Garbled(Text.of("jitsi.no_bosh", url=self._settings.url), str(opened.get("condition")))
        del query["room"]  # only looked at when a session begins; neither is the token
        query.pop("token", None)
        try:
            return self._logged_in(opened, sid, numbers, query, headers)
        finally:
            self._leave(sid, next(numbers), query, headers)

    def page(self, path: str) -> Answer:
        """What the web server gives to everybody. Raises as `login` does."""
        return self._session.call("GET", f"{self._settings.url}{path}")

    def close(self) -> None:
        """Close the connection. Idempotent."""
        self._session.close()

    def _logged_in(
        self,
        opened: ElementTree.Element,
        sid: str,
        numbers: Iterator[int],
        query: dict[str, str],
        headers: dict[str, str],
    ) -> Login:
        offered = opened if _offers(opened) else self._ask(query, headers, _body(sid, next(numbers)))
        if "ANONYMOUS" not in _offers(offered):
            return Login(Came.NO_ANONYMOUS)
        auth = f'<auth xmlns="{_SASL}" mechanism="ANONYMOUS"/>'
        answer = self._ask(query, headers, _body(sid, next(numbers), auth))
        if answer.find(f".//{{{_SASL}}}success") is not None:
            return Login(Came.IN)
        failure = answer.find(f".//{{{_SASL}}}failure")
        if failure is None:
            raise Garbled(Text.of("jitsi.no_bosh", url=self._settings.url), "no answer to a login")
        said = failure.findtext(f"{{{_SASL}}}text") or ""
        return Login(Came.REFUSED, said or next((_name(part) for part in failure), ""))

    def _leave(self, sid: str, number: int, query: dict[str, str], headers: dict[str, str]) -> None:
        """Whatever comes of it: a session that nobody asks for ends by itself after a minute."""
        try:
            self._call(query, headers, _body(sid, number, more=' type="terminate"'))
        except TargetError:
            return

    def _ask(self, query: dict[str, str], headers: dict[str, str], body: str) -> ElementTree.Element:
        answer = self._call(query, headers, body)
        url = self._settings.url
        if 300 <= answer.status < 400:
            raise Permanent(Text.of("jitsi.redirected", to=answer.headers.get("location", "")))
        if answer.status in (429, 502, 503, 504):
            raise Transient(Text.of("jitsi.server_error", url=url), f"HTTP {answer.status}")
        if answer.status != 200 or len(answer.body) > _MOST:
            raise Garbled(Text.of("jitsi.no_bosh", url=url), f"HTTP {answer.status}")
        try:
            # Small, and expat itself limits what entities grow to.
            found = ElementTree.fromstring(answer.body)  # noqa: S314
        except ElementTree.ParseError as error:
            raise Garbled(Text.of("jitsi.no_bosh", url=url), "no XML") from error
        if found.tag != f"{{{_BOSH}}}body":
            raise Garbled(Text.of("jitsi.no_bosh", url=url), "another XML")
        return found

    def _call(self, query: dict[str, str], headers: dict[str, str], body: str) -> Answer:
        tenant = f"/{self._settings.tenant}" if self._settings.tenant else ""
        where = f"{self._settings.url}{tenant}/http-bind"
        try:
            return self._session.call("POST", f"{where}?{urlencode(query)}", content=body.encode(), headers=headers)
        except TargetError as error:
            # The address may hold a token: what failed is told without it.
            if isinstance(error, OutcomeUnknown):
                raise Transient(Text.of("transport.interrupted", url=where), error.detail) from None
            raise type(error)(Text.of(error.text.code, url=where), error.detail) from None


def _opening(domain: str, number: int) -> str:
    return (
        f'<body xmlns="{_BOSH}" xmlns:xmpp="urn:xmpp:xbosh" xmpp:version="1.0" ver="1.6" to={quoteattr(domain)}'
        f' rid="{number}" wait="{_WAIT}" hold="1" content="text/xml; charset=utf-8"/>'
    )


def _body(sid: str, number: int, content: str = "", *, more: str = "") -> str:
    return f'<body xmlns="{_BOSH}" sid={quoteattr(sid)} rid="{number}"{more}>{content}</body>'


def _offers(answer: ElementTree.Element) -> frozenset[str]:
    return frozenset((part.text or "").strip() for part in answer.iter(f"{{{_SASL}}}mechanism"))


def _name(part: ElementTree.Element) -> str:
    return part.tag.rpartition("}")[2]
