"""The protocol: a key and a name in two headers, few requests a minute, and answers of 200 that mean failure.

Refusals are ``{"errors": […], "error_type": …}`` (app/controllers/application_controller.rb, read). A typed 404 is also
said of addresses that do not exist, and of all below /admin to whoever is no administrator: it means that something is
gone only once we know that we are one (`Client.who`).
"""

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import quote

from connectors.discourse.settings import DiscourseSettings
from connectors.kit.client import Entry, JsonClient, Pace, Params, Refusal, text
from provisioner.model.errors import LoginRefused, NotAllowed, RateLimited
from provisioner.model.ports import Wiring
from provisioner.model.steps import Cost
from provisioner.model.text import Text
from provisioner.transport.answer import LONGEST_WAIT, Answer

PRODUCT: Final = "Discourse"
REQUESTS: Final = "discourse-requests"
"""The limit that plans are told in minutes by: reads and writes alike."""
_BURST: Final = "discourse-burst"
_TURNS: Final = 30
"""How often a read waits for its turn anew because somebody else spent it."""


def cost(requests: int, mails: int = 0) -> Cost:
    """What a step asks: each request counts with the limit."""
    return Cost(requests, mails, {REQUESTS: requests})


class Whoami(NamedTuple):
    """Who the key asks as."""

    id: str
    name: str
    is_admin: bool


class Client(JsonClient[DiscourseSettings]):
    """Reads and writes of one forum, each in its turn. Not shared between threads."""

    product = PRODUCT

    def __init__(self, settings: DiscourseSettings, wiring: Wiring) -> None:
        super().__init__(settings, wiring, Pace(REQUESTS, settings.requests_per_minute, 60.0))

    def who(self) -> Whoami:
        """Raises `LoginRefused` for a wrong key: a forum says so by 403, whatever was asked."""
        try:
            found = self.entry("/session/current.json").get("current_user")
        except NotAllowed as error:
            raise LoginRefused(Text.of("kit.login_refused", product=PRODUCT), error.detail) from error
        if not isinstance(found, dict) or not identifier_of(found):
            raise self.garbled("/session/current.json")
        return Whoami(identifier_of(found), text(found, "username"), found.get("admin") is True)

    def get(self, path: str, params: Params | None = None) -> object:
        """As ever, but that a limit only slows it: each further try waits for its turn first."""
        for _ in range(_TURNS):
            try:
                return super().get(path, params)
            except RateLimited:
                continue
        return super().get(path, params)

    def call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        form: Mapping[str, str] | None = None,
        params: Params | None = None,
        as_stranger: bool = False,
    ) -> Answer:
        """One request, once, in its turn; see `JsonClient.call`."""
        self._ledger.acquire(_BURST, self.settings.requests_per_10_seconds, 10.0)
        return super().call(method, path, json=json, form=form, params=params, as_stranger=as_stranger)

    def login(self) -> Mapping[str, str]:
        """The key, and as whom it asks."""
        return {"Api-Key": self.settings.secret().get_secret_value(), "Api-Username": quote(self.settings.user)}

    def succeeded(self, answer: Answer, method: str) -> bool:
        """A success that says that it failed is none (``failed_json``, and the POST of a user)."""
        value = answer.value
        failed = isinstance(value, dict) and (value.get("success") is False or "failed" in value)
        return super().succeeded(answer, method) and not failed

    def words(self, answer: Answer) -> str | None:
        """Which fields are wrong, else the sentence, after the kind of error. Never values: they are people's data."""
        value = answer.value
        if not isinstance(value, dict):
            return None
        errors, kind = value.get("errors"), text(value, "error_type")
        if isinstance(errors, dict):
            return " ".join((kind, "refused:", *sorted(map(str, errors)))).strip()
        sentences = [one for one in errors if isinstance(one, str)] if isinstance(errors, list) else []
        said = "; ".join(sentences) or text(value, "message")
        return f"{kind} {said}".strip() if said or kind or "failed" in value else None

    def is_gone(self, refusal: Refusal) -> bool:
        """A 404 of its own words."""
        return refusal.status == 404 and refusal.words.startswith("not_found")

    def wait(self, answer: Answer) -> float | None:
        """What the body says, else the header."""
        extras = answer.value.get("extras") if isinstance(answer.value, dict) else None
        seconds = extras.get("wait_seconds") if isinstance(extras, dict) else None
        if isinstance(seconds, int | float) and not isinstance(seconds, bool):
            return min(max(float(seconds), 0.0), LONGEST_WAIT)
        return super().wait(answer)


def identifier_of(entry: Entry) -> str:
    """A number as the id that we keep; "" where there is none."""
    number = entry.get("id")
    return str(number) if isinstance(number, int) and not isinstance(number, bool) else ""
