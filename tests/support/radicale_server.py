"""A real CalDAV server as a fixture: Radicale, in this process, on loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

from radicale import Application, config


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - a base class's name
        pass


@contextmanager
def radicale(folder: Path) -> Iterator[str]:
    """Its address; whatever it is given is in ``folder``."""
    configuration = config.load()
    wishes = {
        "auth": {"type": "none"},
        "rights": {"type": "authenticated"},
        "storage": {"filesystem_folder": str(folder)},
        "logging": {"level": "critical"},
    }
    configuration.update(wishes, "tests", privileged=True)
    server = make_server("127.0.0.1", 0, Application(configuration), handler_class=_Silent)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
