"""Discourse on loopback, never kinder than the real server as its source has it (see the README).

It answers as the source of 2025 and 2026 was read to: 60 requests a minute, a 200 that means failure, a tie to a login
that moves to whoever is made with it, categories that are public unless rights are sent, an empty map of rights that
counts as none, parents that need the groups of what stands below them. Mails that it would send are noted.
"""

import hmac
from collections import deque
from typing import ClassVar, Final

from connectors.discourse.emulation.circles import Circles
from connectors.discourse.emulation.pages import Pages
from connectors.discourse.emulation.people import People
from connectors.discourse.emulation.places import Places
from connectors.discourse.emulation.refusing import BAD_KEY, No, no_access, not_found
from connectors.discourse.emulation.state import World
from connectors.discourse.emulation.topics import Topics
from connectors.kit.emulation import Refused, RestEmulator
from provisioner.emulation import Credentials, Request, Response
from provisioner.model.ports import Clock

USER: Final = "system"
KEY: Final = "emulated-discourse-key"
"""Worth nothing elsewhere."""
_MINUTE: Final = 60.0


class DiscourseEmulator(RestEmulator):
    """A site without anybody. ``world`` may be looked into and tampered with, `lock` held."""

    name: ClassVar[str] = "discourse"

    def __init__(self, *, clock: Clock | None = None, latency: float = 0.0, port: int = 0) -> None:
        self.world = World()
        parts = [kind(self.world) for kind in (People, Circles, Places, Topics, Pages)]
        credentials = Credentials(user=USER, token=KEY)
        super().__init__(*parts, clock=clock, latency=latency, port=port, credentials=credentials)
        self.keys: dict[str, str | None] = {KEY: None}
        """API key → whom it is for; None: for all users, as ``Api-Username`` says."""
        self._asked: deque[float] = deque()

    @property
    def mails(self) -> list[tuple[str, str]]:
        """(to, about): what the real server would have sent."""
        return list(self.world.mails)

    def handle(self, request: Request) -> Response:
        """As `RestEmulator` does, but for requests beyond the limit."""
        if "api-key" in request.headers and (wait := self._wait()):
            return _too_often(wait)
        return super().handle(request)

    def who(self, request: Request) -> str | None:
        """A key of a user, or for all users; a wrong one is a 403 at any address."""
        key = request.headers.get("api-key")
        if key is None:
            return None
        owner = next((name for one, name in self.keys.items() if hmac.compare_digest(one, key)), "")
        username = owner if owner is not None else request.headers.get("api-username", "")
        user = self.world.user_named(username) if username else None
        if user is None:
            raise no_access(BAD_KEY)
        return user.username

    def refuse(self, refused: Refused) -> Response:
        """Sentences in JSON; what it does not know at all is a typed 404, too."""
        if isinstance(refused, No):
            return refused.response()
        return not_found().response()

    def _wait(self) -> int:
        """Seconds until another request with a key is let in; 0: now. What is refused is not counted."""
        limit, now = self.world.site.per_minute, self.clock.monotonic()
        while self._asked and now - self._asked[0] >= _MINUTE:
            self._asked.popleft()
        if limit is not None and len(self._asked) >= limit:
            oldest = self._asked[0] if self._asked else now  # a limit of 0 lets nobody in
            return max(1, round(_MINUTE - (now - oldest)))
        self._asked.append(now)
        return 0


def _too_often(wait: int) -> Response:
    words = f"You've performed this action too many times, please try again in {wait} seconds."
    extras = {"wait_seconds": wait, "time_left": f"{wait} seconds"}
    answer = Response.json({"errors": [words], "error_type": "rate_limit", "extras": extras}, 429)
    answer.headers.append(("Retry-After", str(wait)))
    return answer
