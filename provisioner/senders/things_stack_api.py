"""Asking a Things Stack: what its answers mean. Never writes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from provisioner.model.errors import Garbled, LoginRefused, NotAllowed, Permanent, RateLimited, TargetError, Transient
from provisioner.model.ports import Clock
from provisioner.model.text import Text
from provisioner.transport.answer import Answer
from provisioner.transport.http import HttpSession
from provisioner.transport.patience import patiently

_LONGEST_WORDS: Final = 300


class _Questions:
    """The gate of a session that asks only; the one question that is sent by POST changes nothing over there."""

    def check(self, method: str) -> None:
        """Let it pass: `ThingsStackApi` knows no writing path."""


class ThingsStackApi:
    """One server with one API key. Not shared between threads."""

    def __init__(self, url: str, key: SecretStr | None, clock: Clock, ca_file: Path | None = None) -> None:
        """``url``: without ``/api/v3``."""
        self._url = url.rstrip("/") + "/api/v3"
        self._key = key
        self._clock = clock
        self._session = HttpSession(_Questions(), ca_file=ca_file)

    def read(self, path: str, params: Mapping[str, str | int]) -> Answer:
        """A good answer, whatever its body. Tried again after a while; raises `TargetError`."""
        headers = {"Accept": "text/event-stream"}
        return patiently(lambda: self._call("GET", path, params=params, headers=headers), self._clock)

    def ask(self, path: str, question: object) -> Mapping[str, object]:
        """The JSON object that answers a question by POST, which changes nothing. Raises `TargetError`."""
        answer = patiently(lambda: self._call("POST", path, json=question), self._clock)
        if not isinstance(answer.value, dict):
            raise self._garbled()
        return answer.value

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._session.close()

    def _call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        bearer = {"Authorization": f"Bearer {self._key.get_secret_value()}"} if self._key is not None else {}
        sent = {**bearer, **(headers or {})}
        answer = self._session.call(method, self._url + path, json=json, params=params, headers=sent)
        if answer.status != 200:
            raise self._refusal(answer)
        return answer

    def _refusal(self, answer: Answer) -> TargetError:
        words = _words(answer)
        status = answer.status
        if status == 429:
            wait = answer.retry_after(self._clock.now()) or _rate_limit_wait(answer)
            return RateLimited(Text.of("senders.stack_busy", url=self._url), words, wait)
        if status >= 500:
            text = Text.of("senders.stack_broken", url=self._url, status=status)
            return Transient(text, words, answer.retry_after(self._clock.now()))
        if not words:  # whoever answers, it is not The Things Stack
            return self._garbled()
        if status == 401:
            return LoginRefused(Text.of("senders.stack_key", url=self._url), words)
        if status == 403:
            return NotAllowed(Text.of("senders.stack_right", url=self._url), words)
        return Permanent(Text.of("senders.stack_refused", url=self._url, status=status), words)

    def _garbled(self) -> Garbled:
        return Garbled(Text.of("senders.stack_garbled", url=self._url))


def _words(answer: Answer) -> str:
    """What it says of a refusal: ``{"code": 7, "message": "error:…", "details": […]}``; "" from anybody else."""
    if isinstance(answer.value, dict) and "code" in answer.value:
        return str(answer.value.get("message", ""))[:_LONGEST_WORDS]
    return ""


def _rate_limit_wait(answer: Answer) -> float | None:
    """It tells the seconds in a header of its own."""
    said = answer.headers.get("x-rate-limit-retry", "")
    return min(float(said), 60.0) if said.isascii() and said.isdigit() else None
