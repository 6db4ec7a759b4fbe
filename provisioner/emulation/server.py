"""A small threaded HTTP/1.1 server on loopback: keep-alive, no Nagle, one write per answer.

The standard library's handler parses headers with the e-mail package and flushes in pieces, which costs more
than most of the answers here; so this one reads the few things HTTP/1.1 clients on loopback really send.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import BinaryIO, NamedTuple, cast

from provisioner.emulation.messages import REASONS, Request, Response

HOST = "127.0.0.1"
MAX_LINE = 65_536
MAX_HEADERS = 200
MAX_BODY = 64 * 1024 * 1024


class Delivery(NamedTuple):
    """How to send an answer: whole, cut after `keep` bytes of the body, or (response None) not at all."""

    response: Response | None
    keep: int | None = None


class BadRequest(Exception):
    """The bytes on the connection are no HTTP request."""


class LoopbackServer:
    """Serves `respond(request) -> Delivery` on 127.0.0.1, a thread a connection."""

    def __init__(self, respond: Callable[[Request], Delivery], port: int = 0) -> None:
        self._respond = respond
        self._wanted_port = port
        self._listener: socket.socket | None = None
        self._connections: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        """The port it listens on. Raises RuntimeError while it is stopped."""
        if self._listener is None:
            raise RuntimeError("the server is not running")
        return int(self._listener.getsockname()[1])

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._listener is not None

    def start(self) -> None:
        """Listen and serve in background threads. Raises OSError when the port is taken."""
        if self._listener is not None:
            raise RuntimeError("the server is running already")
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, self._wanted_port))
            listener.listen(512)
        except OSError:
            listener.close()
            raise
        self._listener = listener
        # A restart keeps the address, as a real server does.
        self._wanted_port = self.port
        self._spawn(lambda: self._accept(listener), "emulator-accept")

    def stop(self) -> None:
        """Stop listening and cut all connections; returns when no thread works any more. Idempotent."""
        with self._lock:
            listener, self._listener = self._listener, None
            connections = list(self._connections)
        if listener is None:
            return
        # close() alone doesn't wake a thread that is blocked in accept() or recv(); shutdown() does.
        for open_socket in (listener, *connections):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        listener.close()
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(timeout=5)

    def _spawn(self, work: Callable[[], None], name: str) -> None:
        def run() -> None:
            try:
                work()
            finally:
                with self._lock:
                    self._threads.discard(thread)

        thread = threading.Thread(target=run, name=name, daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                if self._listener is not listener:
                    connection.close()
                    return
                self._connections.add(connection)
            self._spawn(lambda taken=connection: self._converse(taken), "emulator-connection")  # type: ignore[misc]

    def _converse(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection.makefile("rb", buffering=65_536) as reader:
                while (received := self._receive(connection, cast(BinaryIO, reader))) is not None:
                    request, keep_alive = received
                    # Not under the net of _receive and _send: a bug in an emulator has to be seen.
                    delivery = self._respond(request)
                    if not self._send(connection, request, delivery, keep_alive=keep_alive):
                        return
        except OSError:  # stop() or the client was quicker than the first line
            return
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()

    def _receive(self, connection: socket.socket, reader: BinaryIO) -> tuple[Request, bool] | None:
        """The next request and whether to keep the connection; None when it is over."""
        try:
            return read_request(connection, reader)
        except BadRequest as problem:
            with contextlib.suppress(OSError):
                connection.sendall(_render(Response.html(f"{problem}\n", 400), "GET", keep_alive=False))
            return None
        except (OSError, ValueError):  # the client went away, or stop() cut the connection
            return None

    def _send(self, connection: socket.socket, request: Request, delivery: Delivery, *, keep_alive: bool) -> bool:
        """Send an answer, or what is to arrive of it; whether the connection lives on."""
        response, keep = delivery
        try:
            if response is None:
                # Linger 0 makes close() send RST, so that the client sees a reset and not a tidy end.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            message = _render(response, request.method, keep_alive=keep_alive)
            if keep is not None:
                message = message[: message.index(b"\r\n\r\n") + 4 + keep]
            connection.sendall(message)
        except OSError:
            return False
        return keep_alive and keep is None


def read_request(connection: socket.socket, reader: BinaryIO) -> tuple[Request, bool] | None:
    """The next request and whether the client wants to keep the connection; None when there is no more.

    Raises BadRequest for what is no HTTP/1 request.
    """
    line = reader.readline(MAX_LINE)
    while line in (b"\r\n", b"\n"):  # RFC 9112 2.2: empty lines before a request are to be ignored
        line = reader.readline(MAX_LINE)
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest("not a request line")
    method, target, version = parts
    headers = _read_headers(reader)
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = _read_chunks(reader)
    else:
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            raise BadRequest("bad Content-Length")
        body = reader.read(int(length)) if length != "0" else b""
        if len(body) < int(length):
            return None
    wish = headers.get("connection", "").lower()
    keep_alive = "close" not in wish and (version != "HTTP/1.0" or "keep-alive" in wish)
    if not target.startswith("/"):  # the absolute form, as sent to a proxy
        target = "/" + target.partition("://")[2].partition("/")[2]
    return Request(method.upper(), target, headers, body), keep_alive


def _read_headers(reader: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(MAX_HEADERS):
        line = reader.readline(MAX_LINE)
        if line in (b"\r\n", b"\n", b""):
            return headers
        name, colon, content = line.decode("latin-1").partition(":")
        if not colon:
            raise BadRequest("not a header line")
        key = name.strip().lower()
        content = content.strip()
        if key in headers:  # RFC 9110 5.3, and RFC 6265 5.4 for cookies
            content = f"{headers[key]}{'; ' if key == 'cookie' else ', '}{content}"
        headers[key] = content
    raise BadRequest("too many headers")


def _read_chunks(reader: BinaryIO) -> bytes:
    chunks: list[bytes] = []
    total = 0
    while True:
        try:
            size = int(reader.readline(MAX_LINE).partition(b";")[0], 16)
        except ValueError:
            raise BadRequest("bad chunk size") from None
        total += size
        if size < 0 or total > MAX_BODY:
            raise BadRequest("bad chunk size")
        if size == 0:
            _read_headers(reader)
            return b"".join(chunks)
        chunks.append(reader.read(size))
        reader.readline(MAX_LINE)


def _render(response: Response, method: str, *, keep_alive: bool) -> bytes:
    bodiless = response.status in (204, 304) or response.status < 200
    lines = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Unknown')}"]
    if response.content_type is not None and not bodiless:
        lines.append(f"Content-Type: {response.content_type}")
    lines.extend(f"{name}: {content}" for name, content in response.headers)
    if not bodiless:
        lines.append(f"Content-Length: {len(response.body)}")
    lines.append(f"Connection: {'keep-alive' if keep_alive else 'close'}")
    head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
    return head if method == "HEAD" or bodiless else head + response.body
