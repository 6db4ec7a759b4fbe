"""What is heard from a provider: soon, small, from where it was asked, and JSON."""

import time
from typing import Any, Final, TypeVar

import requests
from requests.adapters import HTTPAdapter

_SILENCE: Final = 5.0
_LONGEST: Final = 10.0
"""Seconds: without a sign, and for a whole answer."""
_MOST: Final = 256 * 1024
"""Bytes."""

_S = TypeVar("_S", bound=requests.Session)


class ProviderSilent(Exception):
    """No answer that can be used. Says why in our own words, for the log."""


class _Bounded(HTTPAdapter):
    """Reads no answer without end."""

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        """Raises `requests.exceptions.RequestException`."""
        end = time.monotonic() + _LONGEST
        response = super().send(request, **{**options, "stream": True, "timeout": _SILENCE})
        body = bytearray()
        with response:
            for chunk in response.iter_content(1 << 14):
                body += chunk
                if len(body) > _MOST or time.monotonic() > end:
                    raise requests.exceptions.ConnectionError("an answer without end")
        response._content = bytes(body)
        return response


def _as_nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No log-in at all: without this `requests` would take one from ``~/.netrc``."""
    return request


def bounded(session: _S, verify: bool | str) -> _S:
    """The same session, which hears no more than that. ``verify``: True, or a file of certificates to trust."""
    session.verify = verify
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Bounded())
    return session


def get_json(address: str, verify: bool | str) -> dict[str, Any]:
    """An object. Raises `ProviderSilent`."""
    try:
        with bounded(requests.Session(), verify) as session:
            answer = session.get(address, auth=_as_nobody, allow_redirects=False)
            found = answer.json() if answer.status_code == 200 else None
    except (requests.exceptions.RequestException, ValueError) as error:
        raise ProviderSilent(type(error).__name__) from error
    if not isinstance(found, dict):
        raise ProviderSilent(f"HTTP {answer.status_code}, or no object")
    return found
