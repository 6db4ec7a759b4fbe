"""The protocol: Jitsi-Admin's API v1, and what each answer means.

Parameters are those of a form. Most errors are HTTP 200 ``{"error": true, "text": …}``; the rest are pages of HTML:
``/info`` of an id that nobody has, and of a conference that was called off, is a bare HTTP 500 (read in
Controller/api/APIUserController.php and Service/api/RoomService.php of Jitsi-Admin 1.0). So neither a page nor a
status of it means anything; only its own words do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from connectors.jitsiadmin.settings import JitsiAdminSettings
from provisioner.model.errors import (
    Garbled,
    NotAllowed,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    Transient,
)
from provisioner.model.ports import Clock, Gate
from provisioner.model.text import Text
from provisioner.transport.answer import Answer, is_reading
from provisioner.transport.http import HttpSession
from provisioner.transport.patience import patiently

API: Final = "/api/v1"
NO_SERVER: Final = "No Server found"
"""Said when the key is no server's, when the server has another address, and when the organiser is not linked to it."""
NO_ROOM: Final = frozenset({"Room not found", "Room no found", "no Room found"})
"""Said of an id that nobody has, and of a conference that was called off. The first has a blank behind it."""
NOT_IN_IT: Final = "User incorrect"
"""Said when somebody is to be taken out who is not in it, or who has a second account with the same address."""

_PASSING: Final = frozenset({502, 503, 504})
_UID: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_KEY: Final = re.compile(r"[!-~]+")
"""Jitsi-Admin takes no key with a blank in it (Helper/BearerTokenAuthHelper.php)."""

Entry = Mapping[str, object]


class JitsiAdminRefusal(Permanent):
    """Jitsi-Admin said no in its own words, which are English or German. ``why`` has them."""

    def __init__(self, why: str) -> None:
        super().__init__(Text.of("jitsiadmin.refused", why=why), why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Conference:
    """One conference as ``/info`` tells it, to everybody who knows its id."""

    uid: str
    name: str
    start: str
    """As it came, with the short name of the zone in it: "2026-01-13CET10:00:00"."""
    minutes: int | None
    """None: a number that is none of ours."""
    people: frozenset[str]
    """Addresses in small letters, the organiser's among them as long as nobody took it out."""
    organiser: str
    """An address in small letters; "": it was called off."""


def usable_uid(uid: str) -> str:
    """Raises `Permanent` for what no conference can be called.

    An id that is missing or empty must never be sent: Jitsi-Admin would take any room of that server that has none.
    """
    if not _UID.fullmatch(uid):
        raise Permanent(Text.of("jitsiadmin.unusable_id"))
    return uid


class Client:
    """Reads and writes of one Jitsi-Admin, judged. Not shared between threads. Makes no request before it is asked to.

    The key is only sent where it is asked for.
    """

    def __init__(self, settings: JitsiAdminSettings, gate: Gate, clock: Clock) -> None:
        self.settings = settings
        self._gate = gate
        self._clock = clock
        self._session: HttpSession | None = None

    def find(self, uid: str) -> Conference | None:
        """One conference, fresh; None when Jitsi-Admin does not tell, be it gone, called off, or broken.

        Failures that pass are tried again after a while. Raises `TargetError`.
        """
        path = f"/info/{quote(usable_uid(uid), safe='')}"

        def ask() -> Conference | None:
            answer = self._ask("GET", path, {}, with_key=False)
            return None if answer.status == 500 else _conference(uid, self._judged(answer, "GET", path), path)

        return patiently(ask, self._clock)

    def servers_of(self, email: str) -> frozenset[str]:
        """The addresses of the servers that somebody can plan on; none for whom Jitsi-Admin does not know.

        It may name more than it lets through: who has a server by a group, by the domain of the address or because
        everybody has it, is not linked to it, and `create` is refused (Service/ServerUserManagment.php beside
        Repository/ServerRepository.php).
        """
        path = "/serverInfo"

        def ask() -> frozenset[str]:
            answer = self._ask("GET", path, {"email": email}, with_key=False)
            if answer.status == 500:  # nobody has this address
                return frozenset()
            return _texts(self._judged(answer, "GET", path).get("server"), path)

        return patiently(ask, self._clock)

    def upcoming(self, minutes: int) -> frozenset[str]:
        """Ids of the conferences on our server that begin within so many minutes, called-off ones among them.

        Raises `JitsiAdminRefusal` for a key that is no server's.
        """
        path = "/server/getRooms"

        def ask() -> frozenset[str]:
            answer = self._judged(self._ask("GET", path, {"minutes": str(minutes)}), "GET", path)
            return _texts(answer.get("room_ids"), path)

        return patiently(ask, self._clock)

    def create(self, organiser: str, start: str, minutes: int, name: str) -> str:
        """The id of a new conference. Writes a mail to the organiser.

        Whatever else than a refusal in words comes back, it may exist: ``{"error": true}`` without a word is also the
        answer when the mail failed after the conference was kept. Raises `JitsiAdminRefusal` when it was not made.
        """
        form = self._planned(start, minutes, name) | {"email": organiser}
        uid = self._write("POST", "/room", form).get("uid")
        if not isinstance(uid, str) or not _UID.fullmatch(uid):
            raise OutcomeUnknown(Text.of("jitsiadmin.garbled_write", path="/room"))
        return uid

    def change(self, uid: str, start: str, minutes: int, name: str) -> None:
        """PUT of everything, since what is left out becomes empty, or now. Writes a mail to everybody in it."""
        self._write("PUT", "/room", self._planned(start, minutes, name) | {"uid": usable_uid(uid)})

    def call_off(self, uid: str) -> None:
        """Writes a mail to everybody in it, takes them out, and ends it for good: it can't be taken back."""
        self._write("DELETE", "/room", {}, uid)

    def add(self, uid: str, email: str) -> None:
        """Writes a mail to somebody who was not in it yet. Whom nobody knows gets an account."""
        self._write("POST", "/user", {"uid": usable_uid(uid), "email": email})

    def remove(self, uid: str, email: str) -> None:
        """Writes them a mail."""
        self._write("DELETE", "/user", {"email": email}, uid)

    def close(self) -> None:
        """Close the connections. Idempotent."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _planned(self, start: str, minutes: int, name: str) -> dict[str, str]:
        return {"server": self.settings.meeting_server, "start": start, "duration": str(minutes), "name": name}

    def _write(self, method: str, path: str, form: Mapping[str, str], uid: str | None = None) -> Entry:
        """One write, once. ``uid``: in the address, since not every way of running PHP reads the form of a DELETE."""
        where = path if uid is None else f"{path}?uid={quote(usable_uid(uid), safe='')}"
        return self._judged(self._ask(method, where, form), method, path)

    def _ask(self, method: str, path: str, parameters: Mapping[str, str], *, with_key: bool = True) -> Answer:
        settings = self.settings
        if settings.is_open_to_listeners:
            raise Permanent(Text.of("jitsiadmin.not_encrypted", url=settings.url))
        headers = {"Accept": "application/json"}
        if with_key:
            key = settings.secret().get_secret_value()
            if not _KEY.fullmatch(key):
                raise Permanent(Text.of("jitsiadmin.unusable_key"))
            headers["Authorization"] = f"Bearer {key}"
        if self._session is None:
            self._session = HttpSession(self._gate, timeout=settings.timeout, ca_file=settings.ca_file)
        url = f"{settings.url}{API}{path}"
        if is_reading(method):
            return self._session.call(method, url, params=dict(parameters), headers=headers)
        return self._session.call(method, url, form=parameters, headers=headers)

    def _judged(self, answer: Answer, method: str, path: str) -> Entry:
        """The answer of a success; else the error that says what may be done about it."""
        detail, wait, value = f"HTTP {answer.status}", answer.retry_after(self._clock.now()), answer.value
        if answer.status == 429:
            raise RateLimited(Text.of("jitsiadmin.rate_limited"), detail, wait)
        if answer.status in (401, 403):
            raise NotAllowed(Text.of("jitsiadmin.not_allowed"), detail)
        if 300 <= answer.status < 400:
            raise Permanent(Text.of("jitsiadmin.redirected", to=answer.headers.get("location", "")), detail)
        if answer.status == 200 and isinstance(value, dict) and isinstance(value.get("error"), bool):
            if not value["error"]:
                return value
            if isinstance(why := value.get("text"), str) and why.strip():
                raise JitsiAdminRefusal(why.strip())
        if not is_reading(method):
            raise OutcomeUnknown(Text.of("jitsiadmin.garbled_write", path=path), detail)
        if answer.status in _PASSING:
            raise Transient(Text.of("jitsiadmin.server_error"), detail, wait)
        raise Garbled(Text.of("jitsiadmin.garbled", path=path), detail)


def _conference(uid: str, entry: Entry, path: str) -> Conference:
    name, start, organiser = (entry.get(key) for key in ("name", "start", "moderator"))
    if not isinstance(name, str) or not isinstance(start, str) or not isinstance(organiser, str):
        raise Garbled(Text.of("jitsiadmin.garbled", path=path))
    duration = entry.get("duration")
    minutes = int(duration) if isinstance(duration, int | float) and float(duration).is_integer() else None
    people = frozenset(email.lower() for email in _texts(entry.get("teilnehmer"), path))
    return Conference(uid, name, start, minutes, people, organiser.lower())


def _texts(values: object, path: str) -> frozenset[str]:
    """Those of a list; an address that is missing is null there."""
    if not isinstance(values, list) or not all(value is None or isinstance(value, str) for value in values):
        raise Garbled(Text.of("jitsiadmin.garbled", path=path))
    return frozenset(value for value in values if value is not None)
