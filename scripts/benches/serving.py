"""``readi serve`` in a process of its own, without a schedule that comes in between."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, Self

import requests
import yaml

from scripts.benches.children import READI, ROOT
from scripts.benches.sites import Installation

_PATIENCE: Final = 300.0
_NOTHING: Final[Mapping[str, Any]] = {}


class ServiceProcess:
    """On an installation. ``targets``: those that it gets besides; ``service``: settings of the service."""

    def __init__(
        self,
        made: Installation,
        targets: Mapping[str, Any] = _NOTHING,
        service: Mapping[str, Any] = _NOTHING,
    ) -> None:
        self._made = made
        settings = yaml.safe_load(made.settings.read_text(encoding="utf-8"))
        settings["service"] = {**service, "listen": "127.0.0.1:0"}
        network = settings["networks"]["redi"]
        network["schedule"] = dict.fromkeys(("sync", "sources", "remind", "tidy"))
        network["targets"].update(targets)
        made.settings.write_text(yaml.safe_dump(settings), encoding="utf-8")
        self._log = made.folder / "service.log"
        self.url = ""

    def __enter__(self) -> Self:
        from provisioner.app.site import Site

        with self._log.open("wb") as log:
            command = [*READI, "--settings", str(self._made.settings), "--log-format", "json", "serve"]
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        self.site = Site.open(self._made.settings)
        self.wait(lambda: '"event": "serving"' in self._read(), "the service did not start")
        lines = (json.loads(line) for line in self._read().splitlines() if line.startswith("{"))
        self.url = next(f"http://{line['address']}" for line in lines if line["event"] == "serving")
        self.wait(lambda: requests.get(f"{self.url}/readyz", timeout=30).status_code == 200, "it is not ready")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.site.close()
        self._process.terminate()
        self._process.wait(60)

    def wake(self) -> None:
        """A request that is refused wakes it as one of a page does that was not."""
        requests.post(f"{self.url}/redi/hooks/registry", timeout=30)

    def wait_until_drained(self) -> None:
        """Until all that was put down is done."""
        from provisioner.state import Errands

        errands = Errands(self.site.database, self.site.network)
        self.wait(lambda: errands.count() == 0, "errands were left")

    def wait(self, met: Callable[[], bool], otherwise: str) -> None:
        """Until it is met. Raises RuntimeError with the end of the log after a long time, or when the service ended."""
        end = time.monotonic() + _PATIENCE
        while not met():
            if time.monotonic() > end or self._process.poll() is not None:
                raise RuntimeError(f"{otherwise}:\n{self._read()[-3000:]}")
            time.sleep(0.01)

    def _read(self) -> str:
        return self._log.read_text(encoding="utf-8")
