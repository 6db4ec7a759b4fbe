"""Tells the log what an apply does, for whoever reads logs instead of a terminal: ids and outcomes, no names."""

import logging

from provisioner.execution import Progress, StepResult
from provisioner.model.text import Text
from provisioner.state import StepState

_log = logging.getLogger(__name__)


class Logged:
    """Passes everything on to another `Progress`, and logs it."""

    def __init__(self, other: Progress) -> None:
        self._other = other

    def started(self, target: str, steps: int) -> None:
        """See `Progress`."""
        _log.info("target started", extra={"target": target, "steps": steps})
        self._other.started(target, steps)

    def finished(self, target: str, result: StepResult) -> None:
        """See `Progress`. What went wrong is said by its code: sentences may name people."""
        step = result.step
        fields = {"target": target, "operation": step.operation, "id": str(step.id), "state": str(result.state)}
        if result.why is not None:
            fields["why"] = result.why.code
        _log.log(logging.INFO if result.state is StepState.DONE else logging.WARNING, "step ended", extra=fields)
        self._other.finished(target, result)

    def waiting(self, target: str, seconds: float, why: Text) -> None:
        """See `Progress`."""
        _log.info("waiting", extra={"target": target, "seconds": round(seconds), "why": why.code})
        self._other.waiting(target, seconds, why)
