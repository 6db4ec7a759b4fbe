"""CalDAV's words: what is asked in XML, and the answers in the shapes that Nextcloud 34 was observed to send."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from connectors.nextcloud.emulation.calendars.state import ALL_COMPONENTS, Calendar, Calendars, etag_of
from connectors.nextcloud.emulation.dav.words import BadXml, href_of
from provisioner.emulation import Response

ROOT: Final = "/remote.php/dav/calendars"
NC: Final = "http://nextcloud.com/ns"
SPACES: Final = {
    "DAV:": "d",
    "http://sabredav.org/ns": "s",
    "urn:ietf:params:xml:ns:caldav": "cal",
    "http://calendarserver.org/ns/": "cs",
    "http://owncloud.org/ns": "oc",
    "http://nextcloud.org/ns": "nc",
}
_DAV: Final = "{DAV:}"
_CAL: Final = "{urn:ietf:params:xml:ns:caldav}"
_OC: Final = "{http://owncloud.org/ns}"

Property = tuple[str, str | None]
"""A property's name with its namespace in braces, and its XML; None: it is not there."""


@dataclass(slots=True)
class Told:
    """One thing of an answer: its address and what it says."""

    href: str
    properties: list[Property] = field(default_factory=list)


def multistatus(things: list[Told], *, bare: bool = False) -> Response:
    """The answer to PROPFIND, REPORT and, ``bare``, PROPPATCH, which names properties alone."""
    told = []
    for one in things:
        have = [(name, value) for name, value in one.properties if value is not None]
        lack = [(name, "") for name, value in one.properties if value is None]
        parts = "".join(
            f"<d:propstat><d:prop>{''.join(_element(*each, bare=empty) for each in some)}</d:prop>"
            f"<d:status>HTTP/1.1 {status}</d:status></d:propstat>"
            for some, status, empty in ((have, "200 OK", bare), (lack, "404 Not Found", True))
            if some
        )
        told.append(f"<d:response><d:href>{escape(one.href)}</d:href>{parts}</d:response>")
    spaces = " ".join(f'xmlns:{short}="{space}"' for space, short in SPACES.items())
    body = f'<?xml version="1.0"?>\n<d:multistatus {spaces}>{"".join(told)}</d:multistatus>\n'
    return Response(207, body.encode(), "application/xml; charset=utf-8")


def parsed(body: bytes) -> ElementTree.Element:
    """Raises BadXml."""
    try:
        return ElementTree.fromstring(body)  # noqa: S314 - a client of the emulator's own, on loopback
    except ElementTree.ParseError:
        raise BadXml("Extra content at the end of the document\n on line 1, column 1") from None


def asked(body: bytes) -> list[str]:
    """The properties of a PROPFIND."""
    prop = parsed(body).find(f"{_DAV}prop") if body else None
    return [] if prop is None else [one.tag for one in prop]


def wanted_calendar(body: bytes, uri: str) -> tuple[str, tuple[str, ...]]:
    """Of a MKCALENDAR: name and components. Properties that nobody knows are passed over (observed)."""
    if not body:
        return uri, ALL_COMPONENTS
    root = parsed(body)
    name = root.findtext(f"{_DAV}set/{_DAV}prop/{_DAV}displayname", uri)
    found = root.find(f"{_DAV}set/{_DAV}prop/{_CAL}supported-calendar-component-set")
    return name, ALL_COMPONENTS if found is None else tuple(one.get("name", "") for one in found)


def sharing(body: bytes) -> tuple[list[tuple[str, bool]], list[str]]:
    """Of an oc:share: who is let in, and whether to write; who is shut out."""
    root = parsed(body)
    let_in = [
        (one.findtext(f"{_DAV}href", ""), one.find(f"{_OC}read-write") is not None) for one in root.findall(f"{_OC}set")
    ]
    return let_in, [one.findtext(f"{_DAV}href", "") for one in root.findall(f"{_OC}remove")]


def patched(body: bytes) -> dict[str, str]:
    """Of a PROPPATCH: property → text."""
    return {one.tag: one.text or "" for prop in parsed(body).findall(f"{_DAV}set/{_DAV}prop") for one in prop}


def home_properties(names: list[str], owner: str, kind: str) -> list[Property]:
    """Of a home, or one of the boxes in it, whose own ``kind`` is XML."""
    known = {f"{_DAV}resourcetype": f"<d:collection/>{kind}", f"{_DAV}owner": _principal(owner)}
    return [(name, known.get(name)) for name in names]


def calendar_properties(names: list[str], calendar: Calendar, calendars: Calendars, seen_by: str) -> list[Property]:
    """Of one calendar; only its owner is told whom it is shared with."""
    mine = calendar.owner == seen_by
    kind = "<cal:calendar/>"
    if calendar.deleted_at is not None:
        kind = f'<x1:deleted-calendar xmlns:x1="{NC}"/>'
    name = calendar.name if mine else f"{calendar.name} ({calendars.name_of(f'principals/users/{calendar.owner}')})"
    token = f"http://sabre.io/ns/sync/{calendar.token}"
    known = {
        f"{_DAV}resourcetype": f"<d:collection/>{kind}",
        f"{_DAV}displayname": escape(name),
        "{http://calendarserver.org/ns/}getctag": token,
        f"{_DAV}sync-token": token,
        f"{_DAV}owner": _principal(calendar.owner),
        f"{_OC}invite": _invite(calendar, calendars) if mine else "",
        f"{_CAL}supported-calendar-component-set": "".join(f'<cal:comp name="{one}"/>' for one in calendar.components),
        f"{{{NC}}}deleted-at": calendar.deleted_at,
        **{key: escape(value) for key, value in calendar.properties.items()},
    }
    return [(one, known.get(one)) for one in names]


def event_properties(names: list[str], content: bytes, owner: str) -> list[Property]:
    """Of one event; its text with line feeds alone (observed)."""
    known = {
        f"{_DAV}resourcetype": "",
        f"{_DAV}owner": _principal(owner),
        f"{_DAV}getetag": escape(etag_of(content), {'"': "&quot;"}),
        f"{_DAV}getcontenttype": "text/calendar; charset=utf-8; component=vevent",
        f"{_CAL}calendar-data": escape(content.decode().replace("\r\n", "\n")),
    }
    return [(name, known.get(name)) for name in names]


def address(*names: str, folder: bool = True) -> str:
    """What stands in an answer for a path below the calendars."""
    return href_of("/".join([ROOT, *names]) + ("/" if folder else ""))


def _principal(owner: str) -> str:
    return f"<d:href>/remote.php/dav/principals/users/{escape(owner)}/</d:href>"


def _invite(calendar: Calendar, calendars: Calendars) -> str:
    told = []
    for principal, writes in sorted(calendar.shares.items()):
        name = calendars.name_of(principal)
        if principal.startswith("-"):
            continue
        access = "<oc:read-write/>" if writes else "<oc:read/>"
        told.append(
            f"<oc:user><d:href>principal:{escape(principal)}</d:href><oc:common-name>{escape(name or '')}"
            f"</oc:common-name><oc:invite-accepted/><oc:access>{access}</oc:access></oc:user>"
        )
    return "".join(told)


def _element(name: str, value: str, *, bare: bool) -> str:
    space, _, local = name.removeprefix("{").partition("}")
    short = SPACES.get(space)
    opened = f"{short}:{local}" if short is not None else f'x1:{local} xmlns:x1="{space}"'
    closed = f"{short or 'x1'}:{local}"
    empty = not value and (bare or local != "displayname")
    return f"<{opened}/>" if empty else f"<{opened}>{value}</{closed}>"
