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
from connectors.kit.answers import Entry, Means, Refusal
from connectors.kit.client import JsonClient
from connectors.kit.login import bearer
from provisioner.model.errors import Garbled, OutcomeUnknown, Permanent
from provisioner.model.ports import Wiring
from provisioner.model.text import Text
from provisioner.transport.answer import Answer, is_reading
from provisioner.transport.patience import patiently

PRODUCT: Final = "Jitsi-Admin"
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


class _NotTold(Garbled):
    """A bare HTTP 500: it may be gone, called off, or broken."""


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


class _Wire(JsonClient[JitsiAdminSettings]):
    """Requests and their meaning."""

    product = PRODUCT
    api = API

    def login(self) -> Mapping[str, str]:
        """The server's key. Raises `Permanent` for one that could not be right."""
        key = self.settings.secret()
        if not _KEY.fullmatch(key.get_secret_value()):
            raise Permanent(Text.of("jitsiadmin.unusable_key"))
        return bearer(key)

    def succeeded(self, answer: Answer, method: str) -> bool:  # noqa: ARG002 - all methods alike
        """Only its own word says so."""
        return answer.status == 200 and isinstance(answer.value, dict) and answer.value.get("error") is False

    def words(self, answer: Answer) -> str | None:
        """English or German."""
        value = answer.value
        if answer.status != 200 or not isinstance(value, dict) or value.get("error") is not True:
            return None
        return why.strip() or None if isinstance(why := value.get("text"), str) else None

    def refusal(self, answer: Answer, words: str) -> Refusal:
        """With its words."""
        return Refusal(Text.of("jitsiadmin.refused", why=words), answer.status, words, words)

    def meaning(self, answer: Answer) -> Means | None:
        """It refuses nobody by a status: whoever does stands in front of it. Its own 500 is any mishap."""
        if answer.status == 401:
            return Means.NOT_ALLOWED
        return None if answer.status >= 500 and answer.status not in _PASSING else super().meaning(answer)

    def judge(self, answer: Answer, method: str, path: str) -> None:
        """As all do; of a read, a bare 500 is told apart."""
        if answer.status == 500 and is_reading(method):
            raise _NotTold(Text.of("kit.garbled", path=path, product=PRODUCT), "HTTP 500")
        super().judge(answer, method, path)

    def told(self, path: str, parameters: Mapping[str, str], *, as_stranger: bool = False) -> Entry:
        """What a question by GET is answered with, once."""
        value = self.call("GET", path, params=parameters, as_stranger=as_stranger).value
        return value if isinstance(value, dict) else {}


class Client:
    """Reads and writes of one Jitsi-Admin, judged. Not shared between threads. Makes no request before it is asked to.

    The key is only sent where it is asked for.
    """

    def __init__(self, settings: JitsiAdminSettings, wiring: Wiring) -> None:
        self.settings = settings
        self._clock = wiring.clock
        self._wire = _Wire(settings, wiring)

    def find(self, uid: str) -> Conference | None:
        """One conference, fresh; None when Jitsi-Admin does not tell, be it gone, called off, or broken.

        Failures that pass are tried again after a while. Raises `TargetError`.
        """
        path = f"/info/{quote(usable_uid(uid), safe='')}"
        try:
            return _conference(uid, patiently(lambda: self._wire.told(path, {}, as_stranger=True), self._clock), path)
        except _NotTold:
            return None

    def servers_of(self, email: str) -> frozenset[str]:
        """The addresses of the servers that somebody can plan on; none for whom Jitsi-Admin does not know.

        It may name more than it lets through: who has a server by a group, by the domain of the address or because
        everybody has it, is not linked to it, and `create` is refused (Service/ServerUserManagment.php beside
        Repository/ServerRepository.php).
        """
        path = "/serverInfo"
        try:
            told = patiently(lambda: self._wire.told(path, {"email": email}, as_stranger=True), self._clock)
        except _NotTold:  # nobody has this address
            return frozenset()
        return _texts(told.get("server"), path)

    def upcoming(self, minutes: int) -> frozenset[str]:
        """Ids of the conferences on our server that begin within so many minutes, called-off ones among them.

        Raises `Refusal` for a key that is no server's.
        """
        path = "/server/getRooms"
        told = patiently(lambda: self._wire.told(path, {"minutes": str(minutes)}), self._clock)
        return _texts(told.get("room_ids"), path)

    def create(self, organiser: str, start: str, minutes: int, name: str) -> str:
        """The id of a new conference. Writes a mail to the organiser.

        Whatever else than a refusal in words comes back, it may exist: ``{"error": true}`` without a word is also the
        answer when the mail failed after the conference was kept. Raises `Refusal` when it was not made.
        """
        form = self._planned(start, minutes, name) | {"email": organiser}
        uid = self._write("POST", "/room", form).get("uid")
        if not isinstance(uid, str) or not _UID.fullmatch(uid):
            raise OutcomeUnknown(Text.of("kit.garbled_write", path="/room", product=PRODUCT))
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
        self._wire.close()

    def _planned(self, start: str, minutes: int, name: str) -> dict[str, str]:
        return {"server": self.settings.meeting_server, "start": start, "duration": str(minutes), "name": name}

    def _write(self, method: str, path: str, form: Mapping[str, str], uid: str | None = None) -> Entry:
        """One write, once. ``uid``: in the address, since not every way of running PHP reads the form of a DELETE."""
        where = path if uid is None else f"{path}?uid={quote(usable_uid(uid), safe='')}"
        value = self._wire.write(method, where, form=form).value
        return value if isinstance(value, dict) else {}


def _conference(uid: str, entry: Entry, path: str) -> Conference:
    name, start, organiser = (entry.get(key) for key in ("name", "start", "moderator"))
    if not isinstance(name, str) or not isinstance(start, str) or not isinstance(organiser, str):
        raise Garbled(Text.of("kit.garbled", path=path, product=PRODUCT))
    duration = entry.get("duration")
    minutes = int(duration) if isinstance(duration, int | float) and float(duration).is_integer() else None
    people = frozenset(email.lower() for email in _texts(entry.get("teilnehmer"), path))
    return Conference(uid, name, start, minutes, people, organiser.lower())


def _texts(values: object, path: str) -> frozenset[str]:
    """Those of a list; an address that is missing is null there."""
    if not isinstance(values, list) or not all(value is None or isinstance(value, str) for value in values):
        raise Garbled(Text.of("kit.garbled", path=path, product=PRODUCT))
    return frozenset(value for value in values if value is not None)
