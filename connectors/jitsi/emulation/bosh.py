"""The door of a Jitsi server over BOSH, as Prosody 0.12 was observed to answer: log-ins, and no rooms.

Rooms are entered in the emulator by `JitsiEmulator.visit`; over the wire somebody logs in, and out.
"""

from dataclasses import dataclass
from typing import Final
from uuid import uuid4
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from connectors.jitsi.emulation.rooms import HOST_UNKNOWN, Guests, Rooms, Turned
from provisioner.emulation import Request, Response

_BOSH: Final = "http://jabber.org/protocol/httpbind"
_SASL: Final = "urn:ietf:params:xml:ns:xmpp-sasl"
_STREAMS: Final = " xmlns:stream='http://etherx.jabber.org/streams'"


@dataclass(slots=True)
class _Stream:
    """One session over HTTP, from its first request on."""

    host: str
    token: str | None


class BoshDoor:
    """Answers POST /http-bind. Not shared between threads without the emulator's lock."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms
        self.takes_header = True
        """False: an older mod_jitsi_session, which looks for the token in the address alone."""
        self._streams: dict[str, _Stream] = {}

    def answer(self, request: Request) -> Response:
        """One request; always status 200, whatever happened."""
        try:
            body = ElementTree.fromstring(request.body)  # noqa: S314 - a client of the emulator's own, on loopback
        except ElementTree.ParseError:
            return _closed("bad-request")
        if body.tag != f"{{{_BOSH}}}body":
            return _closed("bad-request")
        sid = body.get("sid")
        if sid is None:
            return self._opened(body, request)
        if sid not in self._streams:
            return _said(f"<body xmlns='{_BOSH}' type='terminate' condition='item-not-found'/>")
        if body.get("type") == "terminate":
            del self._streams[sid]
            return _said(f"<body xmlns='{_BOSH}' type='terminate'{_STREAMS}/>")
        if body.find(f"{{{_SASL}}}auth") is None:
            return _said(f"<body xmlns='{_BOSH}'{_STREAMS} sid='{sid}'/>")
        return self._authenticated(sid)

    def _opened(self, body: ElementTree.Element, request: Request) -> Response:
        host = body.get("to")
        setup = self.rooms.setup
        hosts = {setup.deployment.domain, *([setup.guest_domain] if setup.guests is not Guests.NONE else [])}
        if host not in hosts:
            return _closed("improper-addressing")
        if not (body.get("rid") or "").isdigit() or not (body.get("wait") or "").isdigit():
            return _closed("bad-request")
        sid = str(uuid4())
        header = request.headers.get("authorization", "") if self.takes_header else ""
        asked = dict(request.query).get("token")
        self._streams[sid] = _Stream(host or "", asked or (header[7:] or None))
        return _said(
            f"<body xmlns='{_BOSH}'{_STREAMS} sid='{sid}' wait={quoteattr(body.get('wait') or '')}"
            f" xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0' hold='1' ver='1.6' requests='2' secure='true'"
            f" from={quoteattr(host or '')} inactivity='60' authid='{sid}' polling='5'>"
            f"<stream:features xmlns='jabber:client'><mechanisms xmlns='{_SASL}'><mechanism>ANONYMOUS</mechanism>"
            "</mechanisms></stream:features></body>"
        )

    def _authenticated(self, sid: str) -> Response:
        stream = self._streams[sid]
        came = self.rooms.connect(stream.host, stream.token)
        if isinstance(came, Turned) and came.why == (HOST_UNKNOWN,):
            return _closed("improper-addressing")
        told = f"<success xmlns='{_SASL}'/>"
        if isinstance(came, Turned):
            condition, text = came.why
            told = f"<failure xmlns='{_SASL}'><{condition}/><text>{text}</text></failure>"
        return _said(f"<body xmlns='{_BOSH}'{_STREAMS} sid='{sid}'>{told}</body>")


def _closed(condition: str) -> Response:
    return _said(f"<body xmlns='{_BOSH}' type='terminate'{_STREAMS} condition='{condition}'/>")


def _said(body: str) -> Response:
    return Response(200, body.encode(), "text/xml; charset=utf-8")
