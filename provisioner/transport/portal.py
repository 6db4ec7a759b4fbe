"""The one file that hides asynchronous nc-py-api: one event loop in a thread, for all sessions of the process.

nc-py-api speaks niquests. The gate is mounted into niquests' own ``send``, the last place before the wire, of each
session that nc-py-api ever makes (it makes new ones on its own account). What nc-py-api 0.30 does otherwise and must
not do here: load a ``.env`` file, read addresses and passwords from the environment, follow redirects with a write,
let errors of three libraries escape.
"""

import threading
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from anyio import CancelScope, fail_after
from anyio.from_thread import BlockingPortal, BlockingPortalProvider
from pydantic import SecretStr

from provisioner.model.errors import Garbled, OutcomeUnknown, ReadiError
from provisioner.model.ports import Gate
from provisioner.model.text import Text
from provisioner.transport.answer import (
    LONGEST_ANSWER,
    MOST_BYTES,
    Answer,
    TooLong,
    failure,
    is_reading,
    parsed,
    whole_letters,
)

_PORTAL: Final = BlockingPortalProvider(backend="asyncio")
_IMPORT_LOCK: Final = threading.Lock()


def load_nc_py_api() -> Any:
    """Import nc_py_api (half a second) without letting it load a ``.env`` file from a folder above its own."""
    import dotenv

    with _IMPORT_LOCK:
        original = dotenv.load_dotenv
        dotenv.load_dotenv = lambda *_args, **_more: False
        try:
            import nc_py_api  # type: ignore[import-untyped]
            from nc_py_api import options
        finally:
            dotenv.load_dotenv = original
        options.XDEBUG_SESSION = ""
    return nc_py_api


class NextcloudSession:
    """One logged-in session with a Nextcloud: keep-alive, cookies kept. Blocking. Not shared between threads."""

    def __init__(
        self, gate: Gate, url: str, user: str, password: SecretStr, *, timeout: float, ca_file: Path | None = None
    ) -> None:
        """``url`` without a trailing slash, ``timeout`` in seconds. Makes no request and loads nothing yet."""
        self._gate = gate
        self._url = url
        self._user = user
        self._password = password
        self._timeout = timeout
        self._verify: bool | str = True if ca_file is None else str(ca_file)
        # Said with each request, because REQUESTS_CA_BUNDLE in the environment beats what is said to the session.
        self._trust = {} if ca_file is None else {"verify": str(ca_file)}
        self._portal: BlockingPortal | None = None
        self._client: Any = None
        self._last = Answer(0)
        self._halves = False
        """Whether the last answer wrote letters as pairs of halves: then some may be alone."""

    def ocs(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, object] | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> Answer:
        """One request; the answer whatever its status. ``path`` is quoted already and holds no secret. No retries.

        Raises `WriteRefused` (gate closed), `Transient` (never sent, or a read that broke off), `Permanent`
        (certificate, malformed address), `OutcomeUnknown` (a write without an answer), `Garbled` (an answer without
        end).
        """
        portal = self._open()
        body = None if json is None else dict(json)
        send = partial(self._send_ocs, method, path, body, None if params is None else dict(params))
        return portal.call(self._ask, method, path, send)

    def dav(self, method: str, path: str, *, content: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request of WebDAV (PROPFIND, MKCOL, PUT …); the answer whatever its status, with its ``body``.

        ``path`` from the server's root on, quoted already. The same session, login and errors as `ocs`.
        """
        portal = self._open()
        return portal.call(self._ask, method, path, partial(self._send_dav, method, path, content, dict(headers or {})))

    def forget_cookies(self) -> None:
        """The next request logs in anew (about a second), which renews the password confirmation."""
        if self._client is not None:
            self._client._session.adapter.cookies.clear()

    def close(self) -> None:
        """Close the connections; the last session to close also ends the loop. Idempotent."""
        portal, self._portal = self._portal, None
        client, self._client = self._client, None
        if portal is None:
            return
        try:
            portal.call(_close, client)
        finally:
            _PORTAL.__exit__(None, None, None)

    def _open(self) -> BlockingPortal:
        if self._portal is None:
            portal = _PORTAL.__enter__()
            try:
                self._client = portal.call(self._build)
            except BaseException:
                _PORTAL.__exit__(None, None, None)
                raise
            self._portal = portal
        return self._portal

    def _build(self) -> Any:
        module = load_nc_py_api()
        client = module.AsyncNextcloud(
            nextcloud_url=self._url,
            nc_auth_user=self._user,
            nc_auth_pass=self._password.get_secret_value(),
            dav_url_suffix="remote.php/dav",
            npa_timeout=self._timeout,
            npa_timeout_dav=self._timeout,
            npa_nc_cert=self._verify,
            chunked_upload_v2=True,
            xdebug_session="",
        )
        _guard(client._session, self._gate, self._noted)
        return client

    async def _ask(self, method: str, path: str, send: Callable[[], Awaitable[Answer]]) -> Answer:
        from niquests.exceptions import RequestException

        self._last = Answer(0)
        try:
            with fail_after(LONGEST_ANSWER):
                return await send()
        except TooLong as error:
            await self._start_afresh()
            if is_reading(method):
                raise Garbled(Text.of("transport.garbled", url=self._url + path), "too long") from error
            raise OutcomeUnknown(Text.of("transport.interrupted_write", url=self._url + path), "too long") from error
        except TimeoutError as error:
            await self._start_afresh()
            raise failure(error, method, self._url + path) from error
        except ReadiError:
            raise
        except RequestException as error:
            raise failure(error, method, self._url + path) from error
        except (ValueError, TypeError, RecursionError) as error:
            if not self._last.status:
                raise failure(error, method, self._url + path) from error
            return self._last  # a success whose body is no JSON, or no text at all; or a redirect
        except OSError as error:
            raise failure(error, method, self._url + path) from error
        except Exception as error:
            # niquests lets some of urllib3-future's own errors through: an error we have no word for is still one
            # after which nobody knows what the server did.
            if not type(error).__module__.startswith(("urllib3", "niquests")):
                raise
            raise failure(error, method, self._url + path) from error

    async def _send_ocs(
        self, method: str, path: str, json: dict[str, object] | None, params: dict[str, str | int] | None
    ) -> Answer:
        from nc_py_api import NextcloudException

        try:
            value = await self._client.ocs(
                method, path, json=json, params=params, response_type="json", allow_redirects=False, **self._trust
            )
        except NextcloudException as error:
            if error.response is None:  # what nc-py-api makes of a read time-out
                raise failure(TimeoutError(), method, self._url + path) from None
            return Answer(self._last.status, self._last.headers, parsed(error.response.text or ""))
        return Answer(self._last.status, self._last.headers, whole_letters(value) if self._halves else value)

    async def _send_dav(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> Answer:
        # By the adapter that `ocs` uses: nc-py-api's own one for WebDAV would log in a second time, for a second.
        response = await self._client._session.adapter.request(
            method, path, data=content or None, headers=headers, allow_redirects=False, **self._trust
        )
        return Answer(self._last.status, self._last.headers, body=response.content or b"")

    def _noted(self, response: Any) -> None:
        headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
        self._last = Answer(response.status_code, headers)
        body = response.content or b""
        self._halves = b"\\ud" in body or b"\\uD" in body

    async def _start_afresh(self) -> None:
        """Nobody knows what still comes on the old connection."""
        await self._client._session.adapter.close()
        self._client._session.init_adapter(restart=True)


def _guard(session: Any, gate: Gate, noted: Callable[[Any], None]) -> None:
    """Put the gate into both adapters of an nc-py-api session and into all that it will make later."""
    create = session._create_adapter

    def create_guarded(dav: bool = False) -> Any:
        return _guard_adapter(create(dav), gate, noted)

    session._create_adapter = create_guarded
    session.init_adapter(restart=True)
    session.init_adapter_dav(restart=True)


def _guard_adapter(adapter: Any, gate: Gate, noted: Callable[[Any], None]) -> Any:
    """Wrap ``send``: `request`, `get`, redirects and streams all end there."""
    send = adapter.send

    async def send_guarded(request: Any, **kwargs: Any) -> Any:
        gate.check(request.method or "")
        request.register_hook("response", _read_whole)
        response = await send(request, **kwargs)
        noted(response)
        return response

    adapter.send = send_guarded
    return adapter


async def _read_whole(response: Any, **_: Any) -> None:
    """Read the body as far as there is room for it. niquests would read (and unpack) whatever comes."""
    response.encoding = "utf-8"  # else the encoding of a login page is guessed, letter by letter
    length = response.headers.get("content-length", "")
    if length.isdigit() and int(length) <= MOST_BYTES and "content-encoding" not in response.headers:
        return
    body = bytearray()
    try:
        async for chunk in await response.iter_content(1 << 16):
            body += chunk
            if len(body) > MOST_BYTES:
                raise TooLong
    except BaseException:  # the end of the time for it, too
        with CancelScope(shield=True):
            await response.raw.close()
        raise
    response._content = bytes(body)


async def _close(client: Any) -> None:
    await client._session.adapter.close()
    await client._session.adapter_dav.close()
