"""The console as browsers reach it: an application behind uvicorn, in a thread, on loopback."""

import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType

import uvicorn
from fastapi import FastAPI

_PATIENCE = 30.0


class Served:
    """Serves until the `with` block ends. The port is known before, since an application has to know its address."""

    def __init__(self, build: Callable[[str], FastAPI]) -> None:
        """``build`` is given the address, e.g. ``http://127.0.0.1:4711``."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        # Only what the test asked for may be said on its screen; everything else is as the service has it.
        config = uvicorn.Config(
            build(self.origin), log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=2
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), name="console", daemon=True)

    def __enter__(self) -> "Served":
        self._thread.start()
        give_up = time.monotonic() + _PATIENCE
        while not self._server.started:  # the listener takes connections from the beginning: this is for its errors
            if not self._thread.is_alive() or time.monotonic() > give_up:
                raise RuntimeError("the console did not start")
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(_PATIENCE)
        self._listener.close()
