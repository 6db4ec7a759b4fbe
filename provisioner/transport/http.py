"""A guarded session over `requests`: asks the gate, never follows a redirect, raises only our own errors."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from provisioner.model.errors import Garbled, OutcomeUnknown
from provisioner.model.ports import Gate
from provisioner.model.text import Text
from provisioner.transport.answer import LONGEST_ANSWER, MOST_BYTES, Answer, TooLong, failure, is_reading, parsed

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


def _body(response: requests.Response, end: float) -> bytes:
    """The body, unpacked. Raises `TooLong` for one that has no end in sight."""
    body = bytearray()
    for chunk in response.iter_content(1 << 16):
        body += chunk
        if len(body) > MOST_BYTES or time.monotonic() > end:
            raise TooLong
    return bytes(body)


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
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Answer:
        """The server's answer, whatever its status. No retries.

        ``form``: a body as browsers send it, instead of JSON; ``content``: a body as it is; ``headers`` tell its type.

        Raises `WriteRefused` (gate closed), `Transient` (never sent, or a read that broke off), `Permanent`
        (certificate, malformed address), `OutcomeUnknown` (a write without an answer), `Garbled` (broken encoding).
        """
        end = time.monotonic() + LONGEST_ANSWER
        try:
            response = self._session.request(
                method,
                url,
                json=json,
                data=form if content is None else content,
                params=params,
                headers=headers,
                auth=auth or _as_nobody,
                timeout=self._timeout,
                verify=self._verify,
                allow_redirects=False,
                stream=True,
            )
            with response:
                body = _body(response, end)
        except (requests.exceptions.ContentDecodingError, TooLong) as error:
            if not is_reading(method):
                raise OutcomeUnknown(Text.of("transport.interrupted_write", url=url), type(error).__name__) from error
            raise Garbled(Text.of("transport.garbled", url=url), type(error).__name__) from error
        except requests.exceptions.RequestException as error:
            raise failure(error, method, url) from error
        headers_seen = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers_seen, parsed(body.decode("utf-8", "replace")), body)

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._session.close()
