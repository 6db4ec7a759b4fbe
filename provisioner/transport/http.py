"""A guarded session over `requests`: asks the gate, never follows a redirect, raises only our own errors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from provisioner.model.errors import Garbled
from provisioner.model.ports import Gate
from provisioner.model.text import Text
from provisioner.transport.answer import Answer, failure, parsed

USER_AGENT = "readi-provisioner"


class GuardedSession(requests.Session):
    """`requests.Session` whose every sending passes the gate; redirects would pass it too, and are not followed."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self._gate = gate
        self.headers["User-Agent"] = USER_AGENT

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Raise `WriteRefused` before anything reaches the wire."""
        self._gate.check(request.method or "")
        return super().send(request, **kwargs)


def _as_nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No log-in at all: without this `requests` would take one from ``~/.netrc``."""
    return request


class HttpSession:
    """Typed requests to one server. Keeps its connection. Not shared between threads."""

    def __init__(self, gate: Gate, *, timeout: float = 30.0, ca_file: Path | None = None) -> None:
        """``timeout`` in seconds, for connecting and for each silence while reading."""
        self._session = GuardedSession(gate)
        self._timeout = timeout
        self._verify: bool | str = True if ca_file is None else str(ca_file)

    def call(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Answer:
        """The server's answer, whatever its status. No retries.

        Raises `WriteRefused` (gate closed), `Transient` (never sent, or a read that broke off), `Permanent`
        (certificate, malformed address), `OutcomeUnknown` (a write without an answer), `Garbled` (broken encoding).
        """
        try:
            response = self._session.request(
                method,
                url,
                json=json,
                params=params,
                headers=headers,
                auth=auth or _as_nobody,
                timeout=self._timeout,
                verify=self._verify,
                allow_redirects=False,
            )
        except requests.exceptions.ContentDecodingError as error:
            raise Garbled(Text.of("transport.garbled", url=url), type(error).__name__) from error
        except requests.exceptions.RequestException as error:
            raise failure(error, method, url) from error
        headers_seen = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers_seen, parsed(response.text))

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._session.close()
