"""What came of an apply, and who is told while it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from provisioner.model.errors import StateError
from provisioner.model.resources import ResourceId
from provisioner.model.steps import Step
from provisioner.model.text import Text
from provisioner.state import Outcome, StepState


@dataclass(frozen=True, slots=True)
class StepResult:
    """What came of one step. ``why`` is None where all went well and there is nothing to tell."""

    step: Step
    state: StepState
    why: Text | None = None


@dataclass(frozen=True, slots=True)
class TargetReport:
    """What came of one target's steps, in the order in which they were tried."""

    target: str
    results: tuple[StepResult, ...]
    stopped: Text | None = None
    """Why the rest of the target was left alone, if it was."""
    made: Mapping[ResourceId, str] = field(default_factory=dict)
    """Remote ids, as they are now, of everything that a step was done to."""
    no_epoch: Text | None = None
    """Why this run's epoch could not be left over there; the next run that writes there does it."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run."""

    run: int
    outcome: Outcome
    targets: tuple[TargetReport, ...]
    error: StateError | None = None
    """The database failed: everything stopped at once."""
    counts: Mapping[str, int] = field(init=False)
    """Steps by `StepState`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", dict(Counter(str(result.state) for result in self.results())))

    def results(self, *states: StepState) -> Iterator[StepResult]:
        """The results in these states (none named: all), target by target."""
        for target in self.targets:
            for result in target.results:
                if not states or result.state in states:
                    yield result


class Progress(Protocol):
    """Told while an apply runs, from several threads."""

    def started(self, target: str, steps: int) -> None:
        """So many steps are about to be tried."""
        ...

    def finished(self, target: str, result: StepResult) -> None:
        """One step ended, in whatever way."""
        ...

    def waiting(self, target: str, seconds: float, why: Text) -> None:
        """Nothing will happen for so long."""
        ...


class Silent:
    """Progress that nobody watches."""

    def started(self, target: str, steps: int) -> None:
        """See `Progress`."""

    def finished(self, target: str, result: StepResult) -> None:
        """See `Progress`."""

    def waiting(self, target: str, seconds: float, why: Text) -> None:
        """See `Progress`."""
