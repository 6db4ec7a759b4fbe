"""HTTP and JSON with one server: log-in, retries of reads, pace, and what each answer means.

Only the product's own words mean anything: a page of HTML, a bare 404, a login page concludes nothing.
"""

from collections.abc import Mapping
from typing import ClassVar, Final, Generic, NamedTuple, TypeVar

from connectors.kit.answers import Entry, Means, Params, Refusal, Written, segment, text
from connectors.kit.login import Reachable, basic, bearer
from connectors.kit.outcomes import creating, perhaps_created
from provisioner.model.errors import (
    Garbled,
    LoginRefused,
    NotAllowed,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    TargetError,
    Transient,
    WriteRefused,
)
from provisioner.model.ports import Gate, Wiring
from provisioner.model.text import Text
from provisioner.transport.answer import NOT_JSON, Answer, is_reading
from provisioner.transport.http import HttpSession
from provisioner.transport.patience import patiently

__all__ = [
    "Entry",
    "JsonClient",
    "Means",
    "Pace",
    "Params",
    "Reachable",
    "Refusal",
    "Written",
    "basic",
    "bearer",
    "segment",
    "text",
]


class Pace(NamedTuple):
    """How many requests, reads and writes alike, a server takes: ``limit`` within ``window`` seconds.

    ``bucket``: the limit's name, e.g. "board.requests", as in `Capabilities.limits` and `Cost.limited`.
    """

    bucket: str
    limit: int
    window: float


S = TypeVar("S", bound=Reachable)


class _Asking:
    """The gate of questions that are sent by POST and change nothing; what they are `JsonClient.asks` says."""

    def check(self, method: str) -> None:
        """Raise `WriteRefused` for any other method that writes."""
        if not is_reading(method) and method.upper() != "POST":
            raise WriteRefused(Text.of("transport.no_token", method=method))


class JsonClient(Generic[S]):
    """Reads and writes of one server, judged. Not shared between threads. Makes no request before it is asked to.

    A product says its name and its path, and overrides what is different with it: `login` (a bearer token unless told
    otherwise), `words` (a refusal in its own words), `is_gone`, `meaning`, `succeeded`, `wait`:

        class Client(JsonClient[BoardSettings]):
            product = "Notice board"
            api = "/api/v1"

            def words(self, answer: Answer) -> str | None:
                return text(answer.value, "message") if isinstance(answer.value, dict) else None

    Secrets go to no other machine in the open; after a refused log-in nothing more is sent: servers lock the address.
    """

    product: ClassVar[str]
    """What people call it."""
    api: ClassVar[str] = ""
    """What stands between the server's address and every path."""
    asks: ClassVar[frozenset[str]] = frozenset()
    """Paths to which a POST changes nothing (e.g. the reading methods of a JSON-RPC), for `ask`."""

    def __init__(self, settings: S, wiring: Wiring, pace: Pace | None = None) -> None:
        """``pace``: how many requests the server takes; then each waits for its turn, across runs."""
        self.settings = settings
        self._gate: Gate = wiring.gate
        self._clock = wiring.clock
        self._ledger = wiring.ledger
        self._pace = pace
        self._session: HttpSession | None = None
        self._asking: HttpSession | None = None
        self._locked_out: LoginRefused | None = None

    # --- what is asked of it -----------------------------------------------------------------------------------

    def get(self, path: str, params: Params | None = None) -> object:
        """The JSON value of an answer. Transient failures are tried again after a while; raises `TargetError`."""
        return patiently(lambda: self.call("GET", path, params=params).value, self._clock)

    def find(self, path: str, params: Params | None = None) -> Entry | None:
        """One object; None when the product itself says that there is none (`is_gone`). Raises `TargetError`."""
        try:
            return self.entry(path, params)
        except Refusal as refusal:
            if self.is_gone(refusal):
                return None
            raise

    def entry(self, path: str, params: Params | None = None) -> Entry:
        """One object that is there. Raises `TargetError`."""
        value = self.get(path, params)
        if not isinstance(value, dict):
            raise self.garbled(path)
        return value

    def items(self, path: str, params: Params | None = None) -> list[Entry]:
        """A list of objects. Raises `TargetError`."""
        value = self.get(path, params)
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.garbled(path)
        return value

    def ask(self, path: str, body: object = None) -> object:
        """A question by POST, of those that `asks` names; the JSON value of its answer. Tried again as reads are.

        Passes the gate while that is closed, since nothing changes. Raises `TargetError`; `WriteRefused` for any
        other path.
        """
        if path not in self.asks:
            raise WriteRefused(Text.of("transport.no_token", method="POST"))
        return patiently(lambda: self._asked(path, body).value, self._clock)

    def write(self, method: str, path: str, body: object = None, form: Mapping[str, str] | None = None) -> Written:
        """One write, done at most once, with a body in JSON or as a ``form``.

        Raises `WriteRefused`, and `TargetError` in all its kinds: `OutcomeUnknown` when it may have happened.
        """
        self._gate.check(method)  # before a token is asked for, or a turn waited for
        answer = self.call(method, path, json=body, form=form)
        return Written(answer.status, answer.value, self.made(answer))

    def create(self, path: str, body: object, name: str, method: str = "POST") -> Written:
        """The answer of a creation, which names what was made. Raises `OutcomeUnknown` where it may have been made."""
        written = creating(lambda: self.write(method, path, body), name)
        if not written.made:
            raise perhaps_created(name, f"HTTP {written.status}")
        return written

    def close(self) -> None:
        """Close the connections. Idempotent."""
        for session in (self._session, self._asking):
            if session is not None:
                session.close()
        self._session = self._asking = None

    # --- what a product overrides ------------------------------------------------------------------------------

    def login(self) -> Mapping[str, str]:
        """The headers that say who we are. Raises `TargetError`, `SettingsError`."""
        return bearer(self.settings.secret())

    def renew(self) -> bool:
        """Our log-in was refused, before anything was done: whether there is a fresh one to try, once."""
        return False

    def address(self, path: str) -> str:
        """Where a path leads."""
        return f"{self.settings.url}{self.api}{path}"

    def words(self, answer: Answer) -> str | None:  # noqa: ARG002 - products look at it
        """The product's own words in a refusal ("" where it gives none); None: this is not its answer."""
        return None

    def is_gone(self, refusal: Refusal) -> bool:
        """Whether this is the product's typed statement that there is no such object. A bare 404 never is."""
        return refusal.status == 404 and bool(refusal.words)

    def refusal(self, answer: Answer, words: str) -> Refusal:
        """The error for a refusal in the product's own words, which may be people's data: for the log alone."""
        return Refusal(Text.of("kit.refused", product=self.product, status=answer.status), answer.status, words)

    def meaning(self, answer: Answer) -> Means | None:
        """What an answer that is no success means by its status; None: it depends on its `words`."""
        status = answer.status
        if 300 <= status < 400:
            return Means.ELSEWHERE
        return _MEANINGS.get(status, Means.BROKEN if status >= 500 else None)

    def succeeded(self, answer: Answer, method: str) -> bool:
        """Whether it was done: JSON with 200 for a read; for a write also 201 and 204 without."""
        if is_reading(method):
            return answer.status == 200 and answer.value is not NOT_JSON
        return answer.status in (201, 204) or (200 <= answer.status < 300 and answer.value is not NOT_JSON)

    def made(self, answer: Answer) -> str:
        """The id of what a write made; "" where the answer tells none. The last part of ``Location`` unless told."""
        return answer.headers.get("location", "").rstrip("/").rpartition("/")[2]

    def wait(self, answer: Answer) -> float | None:
        """Seconds that the server asks us to wait; None: it does not say."""
        return answer.retry_after(self._clock.now())

    # --- how it is done ----------------------------------------------------------------------------------------

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
        """One request, once; its answer if that is a success. ``as_stranger``: without our log-in.

        Raises `TargetError` in all its kinds, `WriteRefused`.
        """
        if self._session is None:
            self._session = HttpSession(self._gate, timeout=self.settings.timeout, ca_file=self.settings.ca_file)
        return self._sent(self._session, method, path, json, form, params, as_stranger=as_stranger)

    def judge(self, answer: Answer, method: str, path: str) -> None:
        """Nothing for a success; else raises the error that says what may be done about it."""
        if self.succeeded(answer, method):
            return
        detail, product = f"HTTP {answer.status}", self.product
        match self.meaning(answer):
            case Means.NO_LOGIN:
                raise LoginRefused(Text.of("kit.login_refused", product=product), detail)
            case Means.NOT_ALLOWED:
                raise NotAllowed(Text.of("kit.not_allowed", product=product, path=path), detail)
            case Means.TOO_OFTEN:
                raise RateLimited(Text.of("kit.rate_limited", product=product), detail, self.wait(answer))
            case Means.ELSEWHERE:
                raise Permanent(Text.of("kit.redirected", to=answer.headers.get("location", "")), detail)
            case Means.BROKEN if not is_reading(method):
                raise OutcomeUnknown(Text.of("kit.server_error", product=product), detail)
            case Means.LATER | Means.BROKEN:
                raise Transient(Text.of("kit.server_error", product=product), detail, self.wait(answer))
        words = self.words(answer)
        if words is not None:
            raise self.refusal(answer, words)
        raise self.garbled(path, method, detail)

    def garbled(self, path: str, method: str = "GET", detail: str = "") -> TargetError:
        """Not the product's answer: from a proxy, a login page, of another shape."""
        if is_reading(method):
            return Garbled(Text.of("kit.garbled", path=path, product=self.product), detail)
        return OutcomeUnknown(Text.of("kit.garbled_write", path=path, product=self.product), detail)

    def _asked(self, path: str, body: object) -> Answer:
        if self._asking is None:
            self._asking = HttpSession(_Asking(), timeout=self.settings.timeout, ca_file=self.settings.ca_file)
        try:
            return self._sent(self._asking, "POST", path, body, None, None)
        except OutcomeUnknown as error:  # nothing was changed by asking
            raise Transient(error.text, error.detail) from error

    def _sent(
        self,
        session: HttpSession,
        method: str,
        path: str,
        json: object,
        form: Mapping[str, str] | None,
        params: Params | None,
        *,
        as_stranger: bool = False,
    ) -> Answer:
        if self._locked_out is not None and not as_stranger:
            raise LoginRefused(self._locked_out.text, "not tried again")
        if self.settings.is_open_to_listeners:
            raise Permanent(Text.of("kit.not_encrypted", url=self.settings.url))
        renewed = False
        while True:
            headers = {"Accept": "application/json", **({} if as_stranger else self.login())}
            if self._pace is not None:
                self._ledger.acquire(*self._pace)
            address = self.address(path)
            answer = session.call(method, address, json=json, form=form, params=params, headers=headers)
            if as_stranger or renewed or self.meaning(answer) is not Means.NO_LOGIN or not self.renew():
                break
            renewed = True
        try:
            self.judge(answer, method, path)
        except LoginRefused as refused:
            if not as_stranger:
                self._locked_out = refused
            raise
        except RateLimited:
            if self._pace is not None:  # somebody else spends of it too: count it as spent
                self._ledger.exhausted(*self._pace)
            raise
        return answer


_MEANINGS: Final[Mapping[int, Means]] = {401: Means.NO_LOGIN, 403: Means.NOT_ALLOWED, 429: Means.TOO_OFTEN}
