"""The protocol: Nextcloud's OCS envelope, paths, retries of reads, and what each answer means.

Everything goes to ``/ocs/v2.php`` (v1 answers HTTP 200 whatever happened), but for Team folders, which only answer
below ``/index.php``, with the same envelope. Bodies are JSON: a secret in a URL ends up in access logs. Meanings as
observed on Nextcloud 34.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.errors import (
    Garbled,
    LoginRefused,
    NotAllowed,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    TargetError,
    Transient,
)
from provisioner.model.ports import Clock, Gate
from provisioner.model.text import Text
from provisioner.transport.answer import Answer, is_reading
from provisioner.transport.patience import patiently
from provisioner.transport.portal import NextcloudSession

PRODUCT: Final = "Nextcloud"
"""What people call it."""
CLOUD: Final = "/ocs/v2.php/cloud"


class OcsRefusal(Permanent):
    """Nextcloud said no in its own words. ``code`` is the OCS status code, ``status`` the HTTP one.

    Where an app refuses without OCS's envelope (Team folders: ``{"message": …}``), both are the HTTP one.
    """

    def __init__(self, text: Text, detail: str, code: int, status: int, message: str = "", data: object = None) -> None:
        super().__init__(text, detail)
        self.code = code
        self.status = status
        self.message = message
        """In the server's own words, which are English whatever our language."""
        self.data = data
        """What came along, e.g. ``{"error": "invite"}``."""


def garbled(path: str, detail: str = "") -> Garbled:
    """What came back for a read is no answer of a Nextcloud, or has another shape."""
    return Garbled(Text.of("kit.garbled", path=path, product=PRODUCT), detail)


def garbled_write(path: str, detail: str = "") -> OutcomeUnknown:
    """The same of a write, which may have happened."""
    return OutcomeUnknown(Text.of("kit.garbled_write", path=path, product=PRODUCT), detail)


def segment(identifier: str) -> str:
    """An id as one segment of a path. Raises `Permanent` for "", "." and "..": a path can't hold them."""
    if identifier in ("", ".", ".."):
        raise Permanent(Text.of("nextcloud.unusable_id", id=identifier))
    return quote(identifier, safe="")


def group_segment(identifier: str) -> str:
    """A group's id as one segment below ``/cloud/groups``, where the server decodes once more than elsewhere.

    Observed: "A+B" singly encoded is not found, doubly encoded it is; without "+" and "%" both forms are one.
    """
    once = segment(identifier)
    return quote(once, safe="") if "%" in identifier or "+" in identifier else once


class Client:
    """Reads and writes of one target, judged. Not shared between threads. Makes no request before it is asked to."""

    def __init__(self, settings: NextcloudSettings, gate: Gate, clock: Clock) -> None:
        self._settings = settings
        self._gate = gate
        self._clock = clock
        self._session: NextcloudSession | None = None
        self._locked_out: LoginRefused | None = None
        self._major: int | None = None
        self._apps: Mapping[str, object] = {}

    @property
    def major(self) -> int | None:
        """The server's major version, once `learn_version` was called."""
        return self._major

    def learn_version(self) -> int:
        """Ask for the server's version (one request, then remembered)."""
        if self._major is None:
            data = self.get(f"{CLOUD}/capabilities")
            version = data.get("version") if isinstance(data, dict) else None
            major = version.get("major") if isinstance(version, dict) else None
            apps = data.get("capabilities") if isinstance(data, dict) else None
            if not isinstance(major, int) or not isinstance(apps, dict):
                raise garbled(f"{CLOUD}/capabilities")
            self._major, self._apps = major, apps
        return self._major

    def has_app(self, app: str) -> bool:
        """Whether the app is installed and switched on for us, as the server's capabilities tell.

        Asks for them unless `learn_version` was called.
        """
        self.learn_version()
        return app in self._apps

    def told_by(self, app: str) -> Mapping[str, object]:
        """What an app's capabilities tell; nothing where it tells none."""
        self.learn_version()
        told = self._apps.get(app)
        return told if isinstance(told, dict) else {}

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> object:
        """The ``data`` of an answer. Transient failures are tried again after a while; raises `TargetError`."""
        return patiently(lambda: self._ask("GET", path, None, params), self._clock)

    def write(self, method: str, path: str, body: Mapping[str, object] | None = None) -> object:
        """One write, once; the ``data`` of its answer. Raises `TargetError` in all its kinds, `WriteRefused`."""
        return self._ask(method, path, body, None)

    def dav(self, method: str, path: str, content: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request of WebDAV; what WebDAV itself answered, its refusals included (see `…nextcloud.folders.dav`).

        Reads are tried again as in `get`, writes never. Raises `TargetError` for every other answer.
        """
        if not is_reading(method):
            return self._ask_dav(method, path, content, headers)
        return patiently(lambda: self._ask_dav(method, path, content, headers), self._clock)

    def close(self) -> None:
        """Close the connections. Idempotent."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _ask(
        self, method: str, path: str, body: Mapping[str, object] | None, params: Mapping[str, str | int] | None
    ) -> object:
        session = self._opened()
        answer = session.ocs(method, path, json=body, params=params)
        if _wants_confirmation(answer):
            # Half an hour after the login the kept cookies no longer confirm the password; a new login does.
            session.forget_cookies()
            answer = session.ocs(method, path, json=body, params=params)
        try:
            return self._judge(answer, method, path)
        except LoginRefused as refused:
            self._locked_out = refused
            raise

    def _ask_dav(self, method: str, path: str, content: bytes, headers: Mapping[str, str] | None) -> Answer:
        answer = self._opened().dav(method, path, content=content, headers=headers)
        if answer.status < 300 or _refused_by_dav(answer):
            return answer
        error = self._untyped(answer, method, path)
        if isinstance(error, LoginRefused):
            self._locked_out = error
        raise error

    def _opened(self) -> NextcloudSession:
        if self._locked_out is not None:
            raise LoginRefused(self._locked_out.text, "not tried again")
        if self._settings.is_open_to_listeners:
            raise Permanent(Text.of("nextcloud.not_encrypted", url=self._settings.url))
        if self._session is None:
            self._session = NextcloudSession(
                self._gate,
                self._settings.url,
                self._settings.user,
                self._settings.secret(),
                timeout=self._settings.timeout,
                ca_file=self._settings.ca_file,
            )
        return self._session

    def _judge(self, answer: Answer, method: str, path: str) -> object:
        """The data of a success; else the error that says what may be done about it."""
        if answer.status == 503 and "x-nextcloud-maintenance-mode" in answer.headers:
            wait = answer.retry_after(self._clock.now())
            raise Transient(Text.of("nextcloud.maintenance", url=self._settings.url), "HTTP 503", wait)
        if answer.status == 304 and is_reading(method):
            return None  # we never ask conditionally: so Talk's chat says that it holds nothing (more)
        envelope = _Envelope.of(answer.value)
        if envelope is None:
            raise self._untyped(answer, method, path)
        code, detail = envelope.code, f"{answer.status}/{envelope.code} {envelope.message}".strip()
        if answer.status < 300 and envelope.ok:
            return envelope.data
        if answer.status == 401 or code == 997:
            raise LoginRefused(Text.of("nextcloud.login_refused", user=self._settings.user), detail)
        if answer.status == 429 or code == 429:
            if "maximum delay" in envelope.message.lower():
                raise LoginRefused(Text.of("nextcloud.address_locked", user=self._settings.user), detail)
            raise RateLimited(Text.of("nextcloud.rate_limited"), detail, answer.retry_after(self._clock.now()))
        if answer.status == 403 or code == 403:
            if _wants_confirmation(answer):
                raise NotAllowed(Text.of("nextcloud.needs_real_password", user=self._settings.user), detail)
            raise NotAllowed(Text.of("nextcloud.not_allowed", user=self._settings.user), detail)
        if answer.status >= 500 or code == 996:
            raise Transient(Text.of("kit.server_error", product=PRODUCT), detail, answer.retry_after(self._clock.now()))
        if answer.status < 400:
            raise garbled(path, detail)
        fields = _refused_fields(envelope.data)
        if fields:
            text = Text.of("nextcloud.refused_fields", fields=", ".join(fields))
            detail = "; ".join((detail, *fields.values()))
            raise OcsRefusal(text, detail, code, answer.status, envelope.message, envelope.data)
        text = Text.of("nextcloud.refused", ocs=code)
        raise OcsRefusal(text, detail, code, answer.status, envelope.message, envelope.data)

    def _untyped(self, answer: Answer, method: str, path: str) -> TargetError:
        """An answer without OCS's envelope: from a proxy, a login page, maintenance, or the rate limit."""
        detail, wait = f"HTTP {answer.status}", answer.retry_after(self._clock.now())
        if answer.status == 429:
            return RateLimited(Text.of("nextcloud.rate_limited"), detail, wait)
        if answer.status == 401:
            return LoginRefused(Text.of("nextcloud.login_refused", user=self._settings.user), detail)
        if 300 <= answer.status < 400:
            return Permanent(Text.of("kit.redirected", to=answer.headers.get("location", "")), detail)
        if answer.status >= 500:
            return Transient(Text.of("kit.server_error", product=PRODUCT), detail, wait)
        message = _plain_refusal(answer)
        if message is not None:
            text = Text.of("nextcloud.refused", ocs=answer.status)
            return OcsRefusal(text, f"{detail} {message}", answer.status, answer.status, message)
        if is_reading(method):
            return garbled(path, detail)
        return garbled_write(path, detail)


class _Envelope:
    """``{"ocs": {"meta": {"status", "statuscode", "message"}, "data": …}}``."""

    __slots__ = ("code", "data", "message", "ok")

    def __init__(self, code: int, message: str, ok: bool, data: object) -> None:
        self.code, self.message, self.ok, self.data = code, message, ok, data

    @classmethod
    def of(cls, value: object) -> "_Envelope | None":
        ocs = value.get("ocs") if isinstance(value, dict) else None
        meta = ocs.get("meta") if isinstance(ocs, dict) else None
        if not isinstance(ocs, dict) or not isinstance(meta, dict) or "data" not in ocs:
            return None
        code = meta.get("statuscode")
        if not isinstance(code, int):
            return None
        return cls(code, str(meta.get("message") or ""), meta.get("status") == "ok", ocs["data"])


def _wants_confirmation(answer: Answer) -> bool:
    envelope = _Envelope.of(answer.value)
    return (
        envelope is not None
        and 403 in (answer.status, envelope.code)
        and "password confirmation" in envelope.message.lower()
    )


def _plain_refusal(answer: Answer) -> str | None:
    """The message of an app that refuses without the envelope: ``{"message": …}`` and nothing else (observed)."""
    value = answer.value
    if answer.status < 400 or not isinstance(value, dict) or value.keys() != {"message"}:
        return None
    message = value["message"]
    return message if isinstance(message, str) else None


def _refused_by_dav(answer: Answer) -> bool:
    """Whether this very request is refused in WebDAV's own words (observed: XML with SabreDAV's namespace).

    401 is the login's, 429 the rate limit's, 5xx the server's trouble; but for 507, which is a folder's that is full.
    """
    its_own = (400 <= answer.status < 500 and answer.status not in (401, 429)) or answer.status == 507
    return its_own and "xml" in answer.headers.get("content-type", "") and b"http://sabredav.org/ns" in answer.body


def _refused_fields(data: object) -> Mapping[str, str]:
    """The answer of a refused PATCH names the fields: ``{"errors": {"email": "Invalid email address"}}``."""
    errors = data.get("errors") if isinstance(data, dict) else None
    return {str(name): f"{name}: {why}" for name, why in errors.items()} if isinstance(errors, dict) else {}
