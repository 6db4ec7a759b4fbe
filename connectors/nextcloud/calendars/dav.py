"""Calendars and events by CalDAV, below our own account's calendars; statuses as observed on Nextcloud 34.

An answer counts when it bears CalDAV's own marks: its statuses, its XML, its ETags. A page of a proxy is no calendar.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from connectors.kit.outcomes import perhaps_created
from connectors.nextcloud.calendars.shape import Event
from connectors.nextcloud.client import Client, garbled, garbled_write, segment
from connectors.nextcloud.multistatus import DAV, parsed, responses
from provisioner.model.errors import Garbled, Permanent, RateLimited, Transient
from provisioner.model.text import Text
from provisioner.transport.answer import Answer, NeverSent

CALENDARS: Final = "/remote.php/dav/calendars"

_SPACES: Final = (
    'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/"'
    ' xmlns:oc="http://owncloud.org/ns"'
)
_CAL: Final = "{urn:ietf:params:xml:ns:caldav}"
_OC: Final = "{http://owncloud.org/ns}"
_CTAG: Final = "{http://calendarserver.org/ns/}getctag"
_ASK_CALENDARS: Final = (
    f'<?xml version="1.0"?><d:propfind {_SPACES}><d:prop><d:resourcetype/><d:displayname/><cs:getctag/>'
    "<d:owner/><oc:invite/></d:prop></d:propfind>"
).encode()
_ASK_EVENTS: Final = (
    f'<?xml version="1.0"?><c:calendar-query {_SPACES}><d:prop><d:getetag/><c:calendar-data/></d:prop>'
    '<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT"/></c:comp-filter></c:filter>'
    "</c:calendar-query>"
).encode()
MOST_SHARED: Final = 10
"""Groups that one request can let in or shut out; the server refuses more."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar of our own account. ``revision`` is another one after each change of what is in it."""

    address: str
    name: str
    revision: str
    shares: Mapping[str, bool] = field(default_factory=dict)
    """Who is let in, in the server's words → whether they may write."""


class CalDav:
    """The calendars of one account."""

    def __init__(self, client: Client, user: str) -> None:
        """``user``: the account's id, not what it logs in with."""
        self._client = client
        self._root = f"{CALENDARS}/{segment(user)}"
        self._owner = f"/remote.php/dav/principals/users/{user}"

    def all(self) -> Mapping[str, Calendar]:
        """By address; one request. What lies in the trash bin, and what others share with us, is not among them."""
        path = f"{self._root}/"
        answer = self._client.dav("PROPFIND", path, _ASK_CALENDARS, _xml(1))
        self._expect(answer, (207,), path)
        found: dict[str, Calendar] = {}
        is_home = False
        for href, properties in responses(answer, path):
            address = self._below(href, self._root)
            if address is None:
                raise garbled(path, "elsewhere")
            is_home = is_home or not address
            calendar = self._calendar(address, properties, path)
            if calendar is not None:
                found[address] = calendar
        if not is_home:
            raise garbled(path, "not the home")
        return found

    def events(self, calendar: str) -> Sequence[Event]:
        """All events of a calendar, one request. Raises `Garbled` for one that does not tell what it is."""
        path = self._path(calendar)
        answer = self._client.dav("REPORT", path, _ASK_EVENTS, _xml(1))
        self._expect(answer, (207,), path)
        found: list[Event] = []
        for href, properties in responses(answer, path):
            address = self._below(href, f"{self._root}/{segment(calendar)}")
            etag, data = properties.findtext(f"{DAV}getetag"), properties.findtext(f"{_CAL}calendar-data")
            if not address or not etag or data is None:
                raise garbled(path)
            found.append(Event.of(calendar, address, etag, data.encode()))
        return found

    def event(self, calendar: str, address: str) -> Event | None:
        """One event; None when CalDAV says that there is none."""
        path = self._path(calendar, address)
        answer = self._client.dav("GET", path)
        if answer.status == 404:
            return None
        self._expect(answer, (200,), path)
        etag = answer.headers.get("etag", "")
        if not etag or not answer.headers.get("content-type", "").startswith("text/calendar"):
            raise garbled(path)
        return Event.of(calendar, address, etag, answer.body)

    def create(self, calendar: str, name: str) -> bool:
        """Make a calendar for events; False when something has this address, be it in the trash bin.

        Raises `OutcomeUnknown` unless surely nothing was made.
        """
        body = (
            f'<?xml version="1.0"?><c:mkcalendar {_SPACES}><d:set><d:prop><d:displayname>{escape(name)}</d:displayname>'
            '<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>'
            "</d:prop></d:set></c:mkcalendar>"
        )
        path = self._path(calendar)
        answer = self._making("MKCALENDAR", path, body.encode(), _xml(), name)
        if answer.status == 405:
            return False
        if answer.status == 403 and b"limit reached" in answer.body:
            raise Permanent(Text.of("nextcloud.calendars_full", name=name), "HTTP 403")
        self._expect(answer, (201,), path, writing=True)
        return True

    def rename(self, calendar: str, name: str) -> None:
        """Change what people see."""
        body = (
            f'<?xml version="1.0"?><d:propertyupdate {_SPACES}><d:set><d:prop><d:displayname>{escape(name)}'
            "</d:displayname></d:prop></d:set></d:propertyupdate>"
        )
        path = self._path(calendar)
        answer = self._client.dav("PROPPATCH", path, body.encode(), _xml())
        self._expect(answer, (207,), path, writing=True)
        # 207 says that each property was answered, not that it was changed.
        statuses = [one.text or "" for one in parsed(answer, path).iter(f"{DAV}status")]
        if not statuses or any(" 200 " not in one for one in statuses):
            raise Permanent(Text.of("nextcloud.calendar_refused", name=name, status=207), " ".join(statuses))

    def share(self, calendar: str, let_in: Sequence[str] = (), shut_out: Sequence[str] = ()) -> None:
        """Let principals read, or shut them out; at most `MOST_SHARED` in all.

        Observed: what the server does not know, or will not share with, is answered 200 as well.
        """
        parts = [f"<oc:set><d:href>{escape(one)}</d:href></oc:set>" for one in let_in]
        parts += [f"<oc:remove><d:href>{escape(one)}</d:href></oc:remove>" for one in shut_out]
        body = f'<?xml version="1.0"?><oc:share {_SPACES}>{"".join(parts)}</oc:share>'
        path = self._path(calendar)
        self._expect(self._client.dav("POST", path, body.encode(), _xml()), (200,), path, writing=True)

    def add(self, calendar: str, address: str, content: bytes, name: str) -> bool:
        """Write an event where none is; False when one is, which stays as it is.

        Raises `OutcomeUnknown` unless surely nothing was written.
        """
        path = self._path(calendar, address)
        answer = self._making("PUT", path, content, {**_CALENDAR, "If-None-Match": "*"}, name)
        if answer.status == 412:
            return False
        self._expect(answer, (201,), path, writing=True)
        return True

    def replace(self, old: Event, content: bytes) -> bool:
        """Write an event anew if it is still ``old``; False when it is not, and it stays as it is."""
        path = self._path(old.calendar, old.address)
        answer = self._client.dav("PUT", path, content, {**_CALENDAR, "If-Match": old.etag})
        if answer.status == 412:
            return False
        self._expect(answer, (204,), path, writing=True)
        return True

    def delete(self, old: Event, name: str) -> bool:
        """Put an event into the trash bin if it is still ``old``; False when it is not.

        Raises `Permanent` where an event of this address lies in the bin already (403, observed): nothing but to
        empty the bin helps then.
        """
        path = self._path(old.calendar, old.address)
        answer = self._client.dav("DELETE", path, headers={"If-Match": old.etag})
        if answer.status in (404, 412):
            return False
        if answer.status == 403:
            raise Permanent(Text.of("nextcloud.meeting_in_bin", name=name), "HTTP 403")
        self._expect(answer, (204,), path, writing=True)
        return True

    def delete_calendar(self, calendar: str) -> None:
        """Put a calendar into the trash bin, from where it can be fetched back for thirty days."""
        path = self._path(calendar)
        answer = self._client.dav("DELETE", path)
        if answer.status != 404:
            self._expect(answer, (204,), path, writing=True)

    def _making(self, method: str, path: str, content: bytes, headers: Mapping[str, str], name: str) -> Answer:
        """A creation: a server's trouble in the middle of it leaves open whether it happened."""
        try:
            return self._client.dav(method, path, content, headers)
        except (NeverSent, RateLimited):
            raise
        except (Transient, Garbled) as error:
            raise perhaps_created(name, error.detail) from error

    def _calendar(self, address: str, properties: ElementTree.Element, path: str) -> Calendar | None:
        """None: no calendar, or none of ours to look after."""
        kinds = properties.find(f"{DAV}resourcetype")
        if not address or "/" in address or kinds is None or kinds.find(f"{_CAL}calendar") is None:
            return None
        owner = properties.findtext(f"{DAV}owner/{DAV}href", "")
        if not unquote(owner).rstrip("/").endswith(self._owner):
            return None
        name, revision = properties.findtext(f"{DAV}displayname"), properties.findtext(_CTAG)
        if name is None or not revision:
            raise garbled(path, address)
        return Calendar(address, name, revision, dict(_shares(properties.find(f"{_OC}invite"), path)))

    def _below(self, href: str, root: str) -> str | None:
        """What follows ``root`` in an address; "" for itself, None for something else."""
        _, is_there, rest = f"{unquote(href).rstrip('/')}/".partition(f"{unquote(root)}/")
        return rest.rstrip("/") if is_there else None  # what is before it: the server may stand below a path

    def _path(self, calendar: str, address: str = "") -> str:
        return f"{self._root}/{segment(calendar)}/{segment(address) if address else ''}"

    def _expect(self, answer: Answer, statuses: tuple[int, ...], path: str, *, writing: bool = False) -> None:
        """Raise what an answer with another status, or a success that is not CalDAV's, means."""
        detail = f"HTTP {answer.status}"
        if answer.status in statuses:
            if "text/html" not in answer.headers.get("content-type", "") or not answer.body:
                return
        elif answer.status == 423:
            raise Transient(Text.of("nextcloud.file_locked", path=path), detail)
        elif answer.status >= 400:
            raise Permanent(Text.of("nextcloud.calendar_refused", name=unquote(path), status=answer.status), detail)
        if writing:
            raise garbled_write(path, detail)
        raise garbled(path, detail)


_CALENDAR: Final = {"Content-Type": "text/calendar; charset=utf-8"}


def _xml(depth: int | None = None) -> dict[str, str]:
    headers = {"Content-Type": "application/xml; charset=utf-8"}
    return headers if depth is None else {**headers, "Depth": str(depth)}


def _shares(invite: ElementTree.Element | None, path: str) -> Iterator[tuple[str, bool]]:
    for user in () if invite is None else invite.iter(f"{_OC}user"):
        href, access = user.findtext(f"{DAV}href"), user.find(f"{_OC}access")
        if not href or access is None:
            raise garbled(path, "invite")
        yield href, access.find(f"{_OC}read-write") is not None
