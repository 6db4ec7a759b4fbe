"""CalDAV below `/remote.php/dav/calendars/{user}`, as far as calendars that are shared with groups need it.

Statuses, headers and messages observed on Nextcloud 34, with its traps: a share with a group that nobody knows, or in a
form that lets nobody in, is 200; a deleted calendar stays where it is, keeps its address and takes what is written
into it; creations are limited, but only in sessions that last. `expand` is not imitated.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote

from icalendar import Calendar as Parsed

from connectors.nextcloud.emulation.accounts.state import User
from connectors.nextcloud.emulation.calendars import words
from connectors.nextcloud.emulation.calendars.state import BIRTHDAYS, Calendar, etag_of
from connectors.nextcloud.emulation.calls import World
from connectors.nextcloud.emulation.dav.common import ALLOWED, BROWSER, check_preconditions, stumble
from connectors.nextcloud.emulation.dav.words import BadXml, DavError
from provisioner.emulation import Request, Response

MAX_URI: Final = 255
MAX_SHARES: Final = 10
_BOXES: Final = (
    ("inbox", "<cal:schedule-inbox/>"),
    ("outbox", "<cal:schedule-outbox/>"),
    ("trashbin", f'<x1:trash-bin xmlns:x1="{words.NC}"/>'),
)
_CALENDAR_QUERY: Final = "{urn:ietf:params:xml:ns:caldav}calendar-query"
_CALENDAR_MULTIGET: Final = "{urn:ietf:params:xml:ns:caldav}calendar-multiget"
_TOO_MANY: Final = '  <o:hint xmlns:o="o:">too many requests</o:hint>\n'
_TWICE: Final = (
    "An exception occurred while executing a query: SQLSTATE[23000]: Integrity constraint violation: 19 UNIQUE"
    " constraint failed: oc_calendarobjects.calendarid, oc_calendarobjects.calendartype, oc_calendarobjects.uid"
)
_NOT_HERE: Final = "The {DAV:}resourcetype you specified is not supported here."
_WRONG_COMPONENT: Final = '  <cal:supported-calendar-component xmlns:cal="urn:ietf:params:xml:ns:caldav"/>\n'
_NO_TRASH: Final = "x-nc-caldav-no-trashbin"


class CalDav:
    """The calendars of one server over HTTP; whoever asks is logged in."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calendars = world.calendars
        self._in_session = False
        self._verbs: dict[str, Callable[[Request, User], Response]] = {
            "PROPFIND": self._propfind,
            "PROPPATCH": self._proppatch,
            "MKCALENDAR": self._mkcalendar,
            "POST": self._post,
            "REPORT": self._report,
            "GET": self._get,
            "HEAD": self._get,
            "PUT": self._put,
            "DELETE": self._delete,
        }

    def answer(self, request: Request, user: User, *, in_session: bool) -> Response:
        """Answer one request of somebody who is logged in. ``in_session``: by a cookie that holds, not by password."""
        self._in_session = in_session
        verb = self._verbs.get(request.method)
        if verb is None:
            raise DavError(501, "NotImplemented", f"There was no handler found for this {request.method}")
        return verb(request, user)

    # --- where things are --------------------------------------------------------------------------------------

    def _names(self, request: Request, user: User) -> list[str]:
        """What follows the home in the path. Raises DavError for somebody else's home."""
        # Split before decoding would be kinder: the real server does it the other way round.
        names = [one for one in unquote(request.raw_path[len(words.ROOT) :]).split("/") if one]
        if not names:
            text = "Listing members of this collection is disabled"
            raise DavError(405, "MethodNotAllowed", text, headers=[("Allow", ALLOWED)])
        owner = self._world.accounts.find(names[0])
        if owner is None:
            what = f"Principal with name {names[0]} not found"
            raise DavError(404, "NotFound", what, is_nameless=request.method != "PROPFIND")
        if owner is not user:
            what = f"Node with name '{names[-1 if request.method in ('GET', 'HEAD') else 0]}'"
            if len(names) > 1 and request.method == "PROPFIND":
                what = f"Calendar with name '{names[1]}'"
            raise DavError(404, "NotFound", f"{what} could not be found", is_nameless=request.method != "PROPFIND")
        return names[1:]

    def _find(self, user: User, uri: str) -> tuple[Calendar, bool]:
        """A calendar as an account sees it, and whether the account may write there."""
        mine = self._calendars.of(user.id).get(uri)
        if mine is not None:
            return mine, uri != BIRTHDAYS
        for called, calendar, writes in self._calendars.shared_with(user):
            if called == uri:
                return calendar, writes
        raise DavError(404, "NotFound", f"Node with name '{uri}' could not be found")

    def _to_write(self, user: User, uri: str) -> Calendar:
        calendar, writes = self._find(user, uri)
        if not writes:  # what may not be written is not there
            raise DavError(404, "NotFound", f"Calendar with name '{uri}' could not be found")
        return calendar

    # --- reading -----------------------------------------------------------------------------------------------

    def _propfind(self, request: Request, user: User) -> Response:
        names, deep = self._names(request, user), request.headers.get("depth", "infinity") != "0"
        wanted = words.asked(request.body)
        if not names:
            return words.multistatus(self._home(user, wanted) if deep else self._home(user, wanted)[:1])
        calendar, _ = self._find(user, names[0])
        if len(names) > 1:
            content = self._content(calendar, names[1])
            return words.multistatus([self._event(user, names[0], names[1], content, wanted)])
        told = [self._told(user, names[0], calendar, wanted)]
        if deep:
            told += [self._event(user, names[0], uri, content, wanted) for uri, content in calendar.events.items()]
        return words.multistatus(told)

    def _home(self, user: User, wanted: list[str]) -> list[words.Told]:
        told = [words.Told(words.address(user.id), words.home_properties(wanted, user.id, ""))]
        mine = self._calendars.of(user.id).items()
        told += [self._told(user, uri, one, wanted) for uri, one in mine if one.deleted_at is None]
        told += [self._told(user, uri, one, wanted) for uri, one, _ in self._calendars.shared_with(user)]
        told += [self._told(user, uri, one, wanted) for uri, one in mine if one.deleted_at is not None]
        told += [
            words.Told(words.address(user.id, box), words.home_properties(wanted, user.id, kind))
            for box, kind in _BOXES
        ]
        return told

    def _told(self, user: User, uri: str, calendar: Calendar, wanted: list[str]) -> words.Told:
        properties = words.calendar_properties(wanted, calendar, self._calendars, user.id)
        return words.Told(words.address(user.id, uri), properties)

    def _event(self, user: User, calendar: str, uri: str, content: bytes, wanted: list[str]) -> words.Told:
        owner = self._find(user, calendar)[0].owner
        href = words.address(user.id, calendar, uri, folder=False)
        return words.Told(href, words.event_properties(wanted, content, owner))

    def _content(self, calendar: Calendar, uri: str) -> bytes:
        if uri not in calendar.events:
            raise DavError(404, "NotFound", "Calendar object not found")
        return calendar.events[uri]

    def _report(self, request: Request, user: User) -> Response:
        names = self._names(request, user)
        calendar, _ = self._find(user, names[0] if names else "")
        try:
            root = words.parsed(request.body)
        except BadXml as problem:
            raise DavError(500, "Sabre\\Xml\\LibXMLException", str(problem), plain=True) from None
        if root.tag not in (_CALENDAR_QUERY, _CALENDAR_MULTIGET):
            raise DavError(415, "ReportNotSupported", "", more="  <d:supported-report/>\n")
        prop = root.find("{DAV:}prop")
        wanted = [] if prop is None else [one.tag for one in prop]
        chosen = sorted(calendar.events)
        if root.tag == _CALENDAR_MULTIGET:  # what is not there is not spoken of
            hrefs = {unquote(one.text or "").rpartition("/")[2] for one in root.findall("{DAV:}href")}
            chosen = [uri for uri in chosen if uri in hrefs]
        return words.multistatus([self._event(user, names[0], uri, calendar.events[uri], wanted) for uri in chosen])

    def _get(self, request: Request, user: User) -> Response:
        names = self._names(request, user)
        if len(names) < 2:
            if names:
                self._find(user, names[0])
            return Response(200, BROWSER.encode())
        content = self._content(self._find(user, names[0])[0], names[1])
        return Response(200, content, "text/calendar; charset=utf-8; component=vevent", _marks(content))

    # --- changing calendars ------------------------------------------------------------------------------------

    def _mkcalendar(self, request: Request, user: User) -> Response:
        names = self._names(request, user)
        if len(names) > 1:
            self._find(user, names[0])
            raise DavError(403, "InvalidResourceType", _NOT_HERE, more="  <d:valid-resourcetype/>\n")
        uri = names[0] if names else ""
        name, components = words.wanted_calendar(request.body, uri)
        mine = self._calendars.of(user.id)
        if not uri or uri in mine:
            text = "The resource you tried to create already exists"
            raise DavError(405, "MethodNotAllowed", text, headers=[("Allow", ALLOWED)])
        if self._in_session:
            self._count(user, "caldav-create-calendar", self._calendars.creations, "Too many calendars created")
            counted = [one for one in mine if one != BIRTHDAYS]
            if 0 <= self._calendars.most <= len(counted):
                raise DavError(403, "Forbidden", "Calendar limit reached")
        if len(uri) > MAX_URI:
            text = "URI too long. Calendar not created"
            raise DavError(500, "OCP\\Calendar\\Exceptions\\CalendarException", text, plain=True)
        stumble(request)
        self._calendars.add(user.id, uri, name, components)
        return Response(201)

    def _post(self, request: Request, user: User) -> Response:
        names = self._names(request, user)
        if "xml" not in request.content_type:
            text = "There was no plugin in the system that was willing to handle this POST method."
            raise DavError(501, "NotImplemented", text)
        calendar = self._to_write(user, names[0] if names else "")
        try:
            let_in, shut_out = words.sharing(request.body)
        except BadXml as problem:
            raise DavError(500, "Sabre\\Xml\\LibXMLException", str(problem), plain=True) from None
        too_many = "Too many addressbook or calendar share requests"
        self._count(user, "share-addressbook-or-calendar", self._calendars.sharings, too_many)
        share = "{http://owncloud.org/ns}share"
        if not let_in and not shut_out:
            raise DavError(400, "BadRequest", f"{share} needs at least one set or remove element")
        if len(let_in) + len(shut_out) > MAX_SHARES:
            raise DavError(400, "BadRequest", f"{share} is limited to {MAX_SHARES} set or remove elements")
        stumble(request)
        for href, writes in let_in:
            self._calendars.share(calendar, href.removeprefix("principal:"), writes)
        for href in shut_out:
            calendar.shares.pop(href.removeprefix("principal:"), None)
        return Response(200)

    def _proppatch(self, request: Request, user: User) -> Response:
        names = self._names(request, user)
        calendar = self._to_write(user, names[0] if names else "")
        changed = words.patched(request.body)
        stumble(request)
        for name, value in changed.items():
            if name == "{DAV:}displayname":
                calendar.rename(value)
            else:
                calendar.properties[name] = value
        changes: list[words.Property] = [(name, "") for name in changed]
        return words.multistatus([words.Told(words.address(user.id, names[0], folder=False), changes)], bare=True)

    def _count(self, user: User, name: str, limit: tuple[int, float], message: str) -> None:
        if not self._world.limits.allow(name, user.id, *limit):
            name = "OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests"
            raise DavError(429, name, message, plain=True, more=_TOO_MANY)

    # --- changing events ---------------------------------------------------------------------------------------

    def _put(self, request: Request, user: User) -> Response:
        names = self._names(request, user)
        calendar = self._to_write(user, names[0] if names else "")
        uri = names[1] if len(names) > 1 else ""
        old = calendar.events.get(uri)
        check_preconditions(request, *_told(old))
        uid = _checked(request.body, calendar)
        others = {_uid_of(content) for other, content in calendar.events.items() if other != uri}
        if uid in others:
            raise DavError(400, "BadRequest", "Calendar object with uid already exists in this calendar collection.")
        if uid in map(_uid_of, calendar.bin.values()):
            raise DavError(500, "OC\\DB\\Exceptions\\DbalException", _TWICE, plain=True)
        stumble(request)
        calendar.put(uri, request.body)
        return Response(201 if old is None else 204, headers=_marks(request.body))

    def _delete(self, request: Request, user: User) -> Response:
        names = self._names(request, user)
        calendar, writes = self._find(user, names[0] if names else "")
        if len(names) < 2:
            stumble(request)
            if calendar.owner != user.id:  # only out of one's own sight (observed)
                calendar.shares[f"-principals/users/{user.id}"] = False
            elif request.headers.get(_NO_TRASH) == "1" or calendar.deleted_at is not None:
                del self._calendars.of(user.id)[calendar.uri]
            else:
                now = datetime.fromtimestamp(self._world.now(), UTC)
                calendar.deleted_at = now.isoformat(timespec="seconds")
            return Response(204)
        if not writes:
            raise DavError(404, "NotFound", f"Calendar with name '{names[0]}' could not be found")
        content = self._content(calendar, names[1])
        check_preconditions(request, *_told(content))
        stem, dot, suffix = names[1].rpartition(".")
        binned = f"{stem}-deleted{dot}{suffix}" if dot else f"{names[1]}-deleted"
        if binned in calendar.bin:
            text = (
                f"A calendar object with URI {binned} already exists in calendar 1, therefore this object can't be"
                " moved into the trashbin"
            )
            raise DavError(403, "Forbidden", text)
        stumble(request)
        calendar.bin[binned] = content
        calendar.remove(names[1])
        return Response(204)


def _checked(content: bytes, calendar: Calendar) -> str:
    """The UID of what is put into a calendar. Raises DavError for what it does not take."""
    try:
        found = Parsed.from_ical(content)
        parts = [one for one in found.subcomponents if one.name != "VTIMEZONE"]
    except (ValueError, IndexError, KeyError) as problem:
        text = f"This resource only supports valid iCalendar 2.0 data. Parse error: {problem}"
        raise DavError(415, "UnsupportedMediaType", text) from None
    wrong = None
    if "METHOD" in found:
        wrong = "A calendar object on a CalDAV server MUST NOT have a METHOD property."
    elif len({str(one.get("UID", "")) for one in parts}) > 1:
        wrong = "A calendar object on a CalDAV server may only have components with the same UID."
    if wrong is not None:
        raise DavError(415, "UnsupportedMediaType", f"Validation error in iCalendar: {wrong}")
    if not parts or parts[0].name not in calendar.components:
        text = f"iCalendar objects must at least have a component of type {', '.join(calendar.components)}"
        raise DavError(403, "Sabre\\CalDAV\\Exception\\InvalidComponentType", text, plain=True, more=_WRONG_COMPONENT)
    return str(parts[0].get("UID", ""))


def _uid_of(content: bytes) -> str:
    parts: list[Any] = Parsed.from_ical(content).subcomponents
    return next((str(one.get("UID", "")) for one in parts if one.name != "VTIMEZONE"), "")


def _told(content: bytes | None) -> tuple[str | None, list[tuple[str, str]]]:
    """An event's ETag without quotes, and what an answer says of it."""
    return (None, []) if content is None else (etag_of(content).strip('"'), _marks(content)[:1])


def _marks(content: bytes) -> list[tuple[str, str]]:
    return [("ETag", etag_of(content)), ("OC-ETag", etag_of(content))]
