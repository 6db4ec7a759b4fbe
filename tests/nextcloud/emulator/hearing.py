"""A bot of Talk: it keeps what it is told, and believes only what is signed."""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

SECRET = "s" * 64


class Ears:
    """Listens on loopback. ``told``: the events, in the order in which they came; ``headers``: of the last one."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}
        self.status = 200
        """What it answers."""
        self.before = lambda: None
        """Called before it answers."""
        ears = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                drawn = self.headers["X-Nextcloud-Talk-Random"]
                right = hmac.new(SECRET.encode(), drawn.encode() + body, hashlib.sha256).hexdigest()
                assert hmac.compare_digest(right, self.headers["X-Nextcloud-Talk-Signature"])
                ears.told.append(json.loads(body))
                ears.headers = dict(self.headers.items())
                ears.before()
                self.send_response(ears.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
