"""The real clock."""

import time
from datetime import UTC, datetime


class SystemClock:
    """Time as this machine has it; see `provisioner.model.ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)
