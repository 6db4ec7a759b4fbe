"""``readi bridge`` in a process of its own."""

import json
import subprocess
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from scripts.benches.alert_sites import AlertSite
from scripts.benches.children import READI, ROOT

_PATIENCE: Final = 120.0


class BridgeProcess:
    """On an installation. Ends in good order with its `with` block."""

    def __init__(self, site: AlertSite) -> None:
        self._site = site
        self._log = site.made.folder / "bridge.log"

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            command = [*READI, "--settings", str(self._site.made.settings), "--log-format", "json"]
            self._process = subprocess.Popen(
                [*command, "bridge", "--listen", "127.0.0.1:0"], cwd=ROOT, stdout=log, stderr=log
            )
        self.wait(lambda: '"event": "listening to sender"' in self._read(), "the bridge did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(60)

    def wait(self, met: Callable[[], bool], otherwise: str, patience: float = _PATIENCE) -> None:
        """Until it is met. Raises RuntimeError with the end of the log after a long time, or when the bridge ended."""
        end = time.monotonic() + patience
        while not met():
            if time.monotonic() > end or self._process.poll() is not None:
                raise RuntimeError(f"{otherwise}:\n{self._read()[-3000:]}")
            time.sleep(0.02)

    def complaints(self) -> list[str]:
        """What it logged as a warning or worse."""
        lines = [json.loads(line) for line in self._read().splitlines() if line.startswith("{")]
        return [json.dumps(line) for line in lines if line["level"] in ("warning", "error", "critical")]

    def _read(self) -> str:
        return self._log.read_text(encoding="utf-8")
