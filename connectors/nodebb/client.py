"""The protocol: NodeBB's write API below /api/v3, and what its pages tell below /api. Observed on 4.15.

The write API answers ``{"status": {"code", "message"}, "response": …}``; its messages are display text, so English is
asked for. A token that is wrong reads as a guest, with 200: whoever is logged in is told ``cache-control: private``,
and every reading answer without it counts as a refused login.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from connectors.kit.answers import Entry, Means, Params, Refusal, segment, text
from connectors.kit.client import JsonClient
from connectors.nodebb.settings import NodeBBSettings
from provisioner.model.errors import LoginRefused
from provisioner.model.text import Text
from provisioner.transport.answer import Answer, is_reading

V3: Final = "/api/v3"
UNKNOWN_ADDRESS: Final = "Invalid API call"
"""The message of a 404 that says nothing of any object."""
NO_SUCH_USER: Final = "Invalid User ID"
"""The message of a 401 that says nothing of our login: the account that was meant does not exist."""


class Client(JsonClient[NodeBBSettings]):
    """Reads and writes of one forum, judged."""

    product = "NodeBB"

    def login(self) -> Mapping[str, str]:
        """The token. Where only JSON is accepted, what is not there is told as plain text (observed)."""
        return {**super().login(), "Accept": "*/*"}

    def v3(self, path: str, params: Params | None = None) -> Entry:
        """What an object's address of the write API holds; {} for most of what is not there. Raises `TargetError`."""
        entry = self.entry(V3 + path, self._as(params))
        return self._response(entry, path)

    def find_v3(self, path: str, params: Params | None = None) -> Entry | None:
        """The same; None where the product says that there is none, or says nothing. Raises `TargetError`."""
        entry = self.find(V3 + path, self._as(params))
        return (self._response(entry, path) or None) if entry is not None else None

    def page(self, path: str, params: Params | None = None) -> Entry:
        """What a page shows. Raises `TargetError`."""
        return self.entry(f"/api{path}", self._as(params))

    def find_page(self, path: str, params: Params | None = None) -> Entry | None:
        """The same; None where there is no such page. Raises `TargetError`."""
        return self.find(f"/api{path}", self._as(params))

    def change(self, method: str, path: str, body: object = None) -> Entry:
        """A write; what it answers. Raises as `write` does."""
        written = self.write(method, self._addressed(path), {} if body is None else body)
        return self._response(written.value, path, method)

    def make(self, path: str, body: object, name: str) -> Entry:
        """A creation. Raises `OutcomeUnknown` where it may have been made."""
        return self._response(self.create(self._addressed(path), body, name).value, path, "POST")

    # --- what is different with NodeBB -------------------------------------------------------------------------

    def words(self, answer: Answer) -> str | None:
        """The message of the envelope, or the title of a page that says what is missing."""
        value = answer.value
        if isinstance(value, str):
            return value
        if not isinstance(value, dict):
            return None
        status = value.get("status")
        if isinstance(status, dict) and isinstance(status.get("message"), str):
            return text(status, "message")
        return text(value, "title") or None

    def is_gone(self, refusal: Refusal) -> bool:
        """A 404 in the product's words that is about an object."""
        return super().is_gone(refusal) and refusal.words != UNKNOWN_ADDRESS

    def meaning(self, answer: Answer) -> Means | None:
        """A master token without a number is no login; that somebody else does not exist says nothing of ours."""
        words = self.words(answer) or ""
        if answer.status == 400 and words.startswith("A master token"):
            return Means.NO_LOGIN
        if answer.status == 401 and words == NO_SUCH_USER:
            return None
        return super().meaning(answer)

    def judge(self, answer: Answer, method: str, path: str) -> None:
        """A reading has to be answered to us, not to a guest: else raises `LoginRefused`."""
        super().judge(answer, method, path)
        if is_reading(method) and path.startswith(V3) and "private" not in answer.headers.get("cache-control", ""):
            raise LoginRefused(Text.of("kit.login_refused", product=self.product), "answered as to a guest")

    def made(self, answer: Answer) -> str:
        """The id of what was made, by whatever name it goes."""
        response = answer.value.get("response") if isinstance(answer.value, dict) else None
        if isinstance(response, dict):
            found = (response.get(key) for key in ("tid", "cid", "uid", "createtime"))  # a topic tells of all of these
            return next((str(one) for one in found if isinstance(one, int)), "")
        return ""

    # --- how it is done ----------------------------------------------------------------------------------------

    def _as(self, params: Params | None) -> Params:
        """English words; with a master token, as whom. In a body it would be kept as a field (observed)."""
        own: dict[str, str | int] = {"lang": "en-GB"}
        if self.settings.uid is not None:
            own["_uid"] = self.settings.uid
        return {**(params or {}), **own}

    def _addressed(self, path: str) -> str:
        return f"{V3}{path}?{urlencode(self._as(None))}"

    def _response(self, value: object, path: str, method: str = "GET") -> Entry:
        response = value.get("response") if isinstance(value, dict) else None
        if not isinstance(response, dict):
            raise self.garbled(path, method)
        return response


def part(identifier: str) -> str:
    """An id, a slug or a name as one segment of a path. Raises `Permanent` for what none can hold."""
    return segment(identifier, Client.product, forbidden="/")


def number_of(item: Entry, key: str = "uid") -> str:
    """A number of the server's, as a text; "" where there is none."""
    value = item.get(key)
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    told = str(value)
    return told if told.isascii() and told.isdigit() and int(told) > 0 else ""


__all__ = ["NO_SUCH_USER", "UNKNOWN_ADDRESS", "Client", "Entry", "Params", "Refusal", "number_of", "part", "text"]
