"""Who is asking: passwords, app passwords, cookies, password confirmation, brute-force lock, rate limits."""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from connectors.nextcloud.emulation.accounts.state import Accounts, User
from connectors.nextcloud.emulation.ocs import UNAUTHORISED, OcsError
from provisioner.emulation import Request

CONFIRMED_SECONDS: Final = 30 * 60 + 15
"""How long after a log-in with the password a session may provision (read: 30 minutes and 15 seconds)."""
SESSION_SECONDS: Final = 24 * 3600
MAX_FAILURES: Final = 10
"""More failures than this in half an hour lock the address out (observed: 429 after eleven)."""
FAILURE_SECONDS: Final = 30 * 60
LOGIN_STEP_SECONDS: Final = 60
"""The last log-in is kept to the minute only (read)."""
SESSION_COOKIE: Final = "ocemulator01"
TEST_COOKIE: Final = "cookie_test"
MAX_SESSIONS: Final = 1000


@dataclass(slots=True)
class Session:
    """A log-in. Without a token (the client has not shown that it keeps cookies) it ends with the request."""

    user_id: str
    confirmed: float | None
    """When the password was last seen; None for an app password, which confirms nothing."""
    app_password: str | None
    lasting: bool
    seen: float


@dataclass(frozen=True, slots=True)
class Login:
    """The outcome of authentication for one request."""

    user: User | None = None
    confirmed: bool = False
    app_password: bool = False
    cookies: tuple[tuple[str, str], ...] = ()


class Doorkeeper:
    """Authenticates requests; all its times come from the clock it was given."""

    def __init__(self, accounts: Accounts, monotonic: Callable[[], float], now: Callable[[], float]) -> None:
        self._accounts = accounts
        self._monotonic = monotonic
        self._now = now
        self._sessions: dict[str, Session] = {}
        self._numbers = itertools.count(1)
        self.app_passwords: dict[str, str] = {}
        """App password to account id."""
        self.failures: deque[float] = deque()
        """When log-ins failed, in clock seconds."""
        self.brute_force_protection = True
        self.require_app_password = False
        """As two-factor or enforced tokens do: the real password opens nothing over Basic (read)."""

    def admit(self, request: Request) -> Login:
        """Find out who asks. Raises OcsError 997 for a wrong log-in, 429 once there were too many."""
        cookies = request.cookies
        session = self._sessions.get(cookies.get(SESSION_COOKIE, ""))
        if session is not None and (user := self._resume(session)) is not None:
            return self._login(user, session)
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            return self._basic(secret.strip(), keeps_cookies=TEST_COOKIE in cookies)
        if scheme.lower() == "bearer":
            found = self._accounts.users.get(self.app_passwords.get(secret.strip(), ""))
            if found is None or not found.enabled:
                return Login()
            return self._open(found, secret.strip(), keeps_cookies=False)
        return Login()

    def knows(self, request: Request) -> bool:
        """Whether the request brings a session that holds, so that no password has to be checked."""
        session = self._sessions.get(request.cookies.get(SESSION_COOKIE, ""))
        return session is not None and self._resume(session) is not None

    def _basic(self, encoded: str, *, keeps_cookies: bool) -> Login:
        try:
            name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return Login()
        if not name or not password:
            return Login()
        self._refuse_after_too_many()
        user = self._accounts.find(name)
        owner = self.app_passwords.get(password)
        if owner is not None:
            right = user is not None and user.id == owner
        else:
            right = user is not None and bool(user.password) and user.password == password
        if user is None or not right or (owner is None and self.require_app_password):
            self._fail()
            raise OcsError(UNAUTHORISED, "Unauthorised")
        if not user.enabled:
            raise OcsError(UNAUTHORISED, "Unauthorised")
        return self._open(user, password if owner is not None else None, keeps_cookies=keeps_cookies)

    def _open(self, user: User, app_password: str | None, *, keeps_cookies: bool) -> Login:
        now = int(self._now())
        if now - user.last_login > LOGIN_STEP_SECONDS:
            # -1: it logged in before the server began to note first log-ins (read)
            user.first_login = user.first_login or (now if user.last_login == 0 else -1)
            user.last_login = now
        moment = self._monotonic()
        confirmed = None if app_password is not None else moment
        lasting = app_password is not None or keeps_cookies
        session = Session(user.id, confirmed, app_password, lasting, moment)
        number = f"{user.id}:{next(self._numbers)}"
        key = hashlib.sha256(number.encode()).hexdigest()[:32]
        self._sessions[key] = session
        while len(self._sessions) > MAX_SESSIONS:  # clients that keep no cookies leave one behind each time
            del self._sessions[next(iter(self._sessions))]
        sent = [(SESSION_COOKIE, f"{key}; path=/; HttpOnly; SameSite=Lax")]
        if not keeps_cookies:
            sent.append((TEST_COOKIE, "test; Max-Age=3600"))
        return self._login(user, session, tuple(sent))

    def _resume(self, session: Session) -> User | None:
        """The account of a session that still holds; a valid cookie beats whatever Authorization says."""
        user = self._accounts.users.get(session.user_id)
        alive = session.lasting and self._monotonic() - session.seen <= SESSION_SECONDS
        if user is None or not user.enabled or not alive:
            return None
        if session.app_password is not None and session.app_password not in self.app_passwords:
            return None
        session.seen = self._monotonic()
        return user

    def _login(self, user: User, session: Session, cookies: tuple[tuple[str, str], ...] = ()) -> Login:
        confirmed = session.confirmed is not None and self._monotonic() - session.confirmed <= CONFIRMED_SECONDS
        return Login(user, confirmed, session.app_password is not None, cookies)

    def _fail(self) -> None:
        if self.brute_force_protection:
            self.failures.append(self._monotonic())

    def _refuse_after_too_many(self) -> None:
        horizon = self._monotonic() - FAILURE_SECONDS
        while self.failures and self.failures[0] < horizon:
            self.failures.popleft()
        if len(self.failures) > MAX_FAILURES:
            raise OcsError(429, "Reached maximum delay")


class RateLimits:
    """Sliding windows by name and account; a refused request is not counted (read)."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._hits: dict[tuple[str, str], deque[float]] = {}

    def allow(self, name: str, user_id: str, limit: int, period: float) -> bool:
        """Count one request; False when `limit` were made in the last `period` seconds."""
        hits = self._hits.setdefault((name, user_id), deque())
        moment = self._monotonic()
        while hits and hits[0] <= moment - period:
            hits.popleft()
        if len(hits) >= limit:
            return False
        hits.append(moment)
        return True

    def clear(self) -> None:
        """Forget all that was counted."""
        self._hits.clear()
