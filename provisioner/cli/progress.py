"""Progress of long work: a bar on a terminal, plain lines now and then elsewhere. Always on standard error."""

import threading
from collections.abc import Callable
from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from provisioner.cli.context import Context
from provisioner.execution import StepResult
from provisioner.model.text import Text
from provisioner.state import StepState

EVERY = 100
"""Steps between two plain lines."""


class ApplyProgress:
    """Told by several threads at once; see `provisioner.execution.Progress`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._done: dict[str, int] = {}
        self._total: dict[str, int] = {}
        self._tasks: dict[str, TaskID] = {}
        self._bars: Bars | None = None
        if context.err.is_terminal and not context.quiet:
            name = TextColumn("{task.description}", markup=False)
            columns = (name, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bars = Bars(*columns, console=context.err, transient=True)

    def __enter__(self) -> "ApplyProgress":
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def started(self, target: str, steps: int) -> None:
        """So many steps are about to be tried; further ones of the same target come on top."""
        with self._lock:
            again = target in self._total
            self._done.setdefault(target, 0)
            self._total[target] = self._total.get(target, 0) + steps
            if self._bars is not None and again:
                self._bars.update(self._tasks[target], total=self._total[target])
            elif self._bars is not None:
                self._tasks[target] = self._bars.add_task(target, total=steps)
            elif steps and not again:
                self._line(lambda tell: tell("progress_started", target=target, steps=steps))

    def finished(self, target: str, result: StepResult) -> None:
        """One step ended, in whatever way."""
        with self._lock:
            self._done[target] += 1
            if self._bars is not None:
                self._bars.advance(self._tasks[target])
            elif self._done[target] % EVERY == 0 or result.state is StepState.FAILED:
                done, total = self._done[target], self._total[target]
                self._line(lambda tell: tell("progress", target=target, done=done, steps=total))

    def waiting(self, target: str, seconds: float, why: Text) -> None:
        """Nothing will happen for so long."""
        if seconds < 1:
            return
        with self._lock:
            reason = self._context.say(why)
            self._line(lambda tell: tell("progress_waiting", target=target, seconds=round(seconds), why=reason))

    def _line(self, sentence: Callable[[Callable[..., str]], str]) -> None:
        if not self._context.quiet:
            self._context.err.print(sentence(self._context.tell), markup=False)
