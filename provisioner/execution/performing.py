"""One step against a target: tried, tried again, looked up. Knows no database."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass, replace

from provisioner.execution.rules import Retries
from provisioner.execution.settling import is_somebody_elses
from provisioner.model.errors import (
    Garbled,
    LoginRefused,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    ReadiError,
    StateError,
    TargetError,
    Transient,
    WriteRefused,
)
from provisioner.model.inventory import Absent, Present, Reading, Unreadable
from provisioner.model.ports import Connector, Resolve
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text
from provisioner.state import StepState
from provisioner.transport.gate import WriteGate, WriteToken
from provisioner.transport.ledger import WaitEnded, Waiter

_log = logging.getLogger(__name__)

_STOPS_TARGET = (LoginRefused, NotAllowed, WriteRefused)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a step ended.

    DONE comes with ``done``, or with ``found`` where a creation's answer was lost and the object looked up.
    """

    state: StepState
    why: Text | None = None
    done: Done | None = None
    found: Present | None = None
    stops: Text | None = None
    """Why nothing more may be tried on this target."""
    target_ailing: bool = False
    """The target, not the step, seems to be what is wrong."""


@dataclass(slots=True)
class _Attempts:
    """What happened to one step so far."""

    failures: int = 0
    limited: int = 0
    doubtful: bool = False
    """An earlier attempt may have happened."""
    writing: bool = False
    """The present attempt has come as far as the write."""


class Performer:
    """Performs the steps of one target, one after another."""

    def __init__(
        self,
        connector: Connector,
        gate: WriteGate,
        token: WriteToken,
        waiter: Waiter,
        retries: Retries,
        resolve: Resolve,
    ) -> None:
        self._connector = connector
        self._gate = gate
        self._token = token
        self._waiter = waiter
        self._retries = retries
        self._resolve = resolve

    def perform(self, step: Step, *, creates: bool) -> Ended:
        """Make one step true, or say why not. Raises `StateError` alone: what was counted or locked broke."""
        attempts = _Attempts()
        while True:
            ended = self._guarded(step, creates, attempts)
            if ended is not None:
                return ended

    def _guarded(self, step: Step, creates: bool, attempts: _Attempts) -> Ended | None:
        """One attempt, every error told apart by its type; None: try again."""
        attempts.writing = False
        try:
            try:
                return self._attempt(step, attempts)
            except RateLimited as error:
                attempts.limited += 1
                attempts.writing = False
                self._waiter.wait(self._retries.pause(attempts.limited, error.retry_after), error.text)
                return None
            except (OutcomeUnknown, Garbled) as error:
                if not attempts.writing:  # a read that can't be understood: nothing was written
                    return Ended(self._failed(attempts), error.text)
                return self._doubt(step, creates, attempts, error)
            except Transient as error:
                attempts.writing = False
                return self._again(attempts, error, error.retry_after)
        except _STOPS_TARGET as error:
            return Ended(self._failed(attempts), error.text, stops=error.text)
        except WaitEnded as error:
            return self._given_up(step, creates, attempts, error)
        except StateError:
            raise
        except TargetError as error:  # Permanent, and whatever else a connector may think of
            if attempts.doubtful and creates:  # "exists already" may well be our own first attempt
                reading = self._look_up(step)
                if isinstance(reading, Present):
                    return Ended(StepState.DONE, found=reading)
            return Ended(self._failed(attempts), error.text)
        except Exception as error:  # noqa: BLE001 - a defect of a connector stops its target, not the others
            why = defect(step.operation, step.target, error)
            return Ended(StepState.UNKNOWN if attempts.writing else self._failed(attempts), why, stops=why)

    def _attempt(self, step: Step, attempts: _Attempts) -> Ended:
        verified: Verified | None = None
        if step.expects is not None or step.expects_edge is not None:
            reading = self._connector.verify(step, self._resolve)
            if isinstance(reading, Moved):
                return self._moved(step, attempts, reading)
            verified = reading
        attempts.writing = True
        with self._gate.opened(self._token):
            return Ended(StepState.DONE, done=self._connector.perform(step, verified, self._resolve))

    def _moved(self, step: Step, attempts: _Attempts, moved: Moved) -> Ended:
        """Not as the plan saw it; unless that is our own doing, by an attempt whose answer was lost."""
        if attempts.doubtful:
            remote_id = step.remote_id or self._resolve(step.id)
            done = Ended(StepState.DONE, done=Done(remote_id, note=Text.of("execution.done_after_lost_answer")))
            if step.expects is None:  # the edge to take away is gone
                return done
            if step.effects.erased and isinstance(self._look_up(step), Absent):
                return done
            wished = {name: step.effects.fields.get(name, old) for name, old in step.expects.items()}
            after = replace(step, expects=wished, expects_edge=None)
            if wished != dict(step.expects) and isinstance(self._connector.verify(after, self._resolve), Verified):
                return done
        return Ended(StepState.MOVED, moved.why)

    def _again(self, attempts: _Attempts, error: TargetError, told: float | None) -> Ended | None:
        """Pause and try again, or give the step up."""
        attempts.failures += 1
        if attempts.failures >= self._retries.attempts:
            return Ended(self._failed(attempts), error.text, target_ailing=True)
        self._waiter.wait(self._retries.pause(attempts.failures, told), error.text)
        return None

    def _doubt(self, step: Step, creates: bool, attempts: _Attempts, error: TargetError) -> Ended | None:
        """The write may have happened: look before anything else."""
        attempts.doubtful = True
        if not creates:
            return self._again(attempts, error, None) if step.repeatable else Ended(StepState.UNKNOWN, error.text)
        self._waiter.wait(self._retries.first_pause, error.text)  # the server may still be at it
        reading = self._look_up(step)
        if isinstance(reading, Present):
            return Ended(StepState.DONE, found=reading)
        if isinstance(reading, Unreadable):
            return Ended(StepState.UNKNOWN, reading.why, target_ailing=True)
        attempts.doubtful = False
        if not step.repeatable:
            return Ended(StepState.FAILED, error.text)
        ended = self._again(attempts, error, None)
        attempts.doubtful = True  # proved absent, and yet a slow server may make it still
        return ended

    def _look_up(self, step: Step) -> Reading:
        """Is the object there? A read that fails for a while is tried again; one that fails for good tells nothing."""
        failures = 0
        while True:
            try:
                return self._of_ours(step, self._connector.look_up(step.id, step.name))
            except Transient as error:
                failures += 1
                if failures >= self._retries.attempts:
                    return Unreadable(error.text)
                self._waiter.wait(self._retries.pause(failures, error.retry_after), error.text)
            except _STOPS_TARGET:
                raise
            except TargetError as error:
                return Unreadable(error.text)

    @staticmethod
    def _of_ours(step: Step, reading: Reading) -> Reading:
        """What has the name and is somebody else's is not what we made."""
        theirs = isinstance(reading, Present) and is_somebody_elses(reading.remote, step.effects.fields)
        return Absent() if theirs else reading

    def _given_up(self, step: Step, creates: bool, attempts: _Attempts, error: WaitEnded) -> Ended:
        """A wait was given up. Between attempts nothing was written; within one, part of it may have been."""
        if not attempts.doubtful and not (creates and attempts.writing):
            return Ended(StepState.SKIPPED, error.text, stops=error.text)
        if not creates:
            return Ended(StepState.UNKNOWN, error.text, stops=error.text)
        try:
            reading = self._of_ours(step, self._connector.look_up(step.id, step.name))
        except ReadiError as unreadable:
            reading = Unreadable(unreadable.text)
        if isinstance(reading, Present):
            return Ended(StepState.DONE, found=reading, stops=error.text)
        absent = isinstance(reading, Absent) and not attempts.doubtful
        return Ended(StepState.SKIPPED if absent else StepState.UNKNOWN, error.text, stops=error.text)

    @staticmethod
    def _failed(attempts: _Attempts) -> StepState:
        return StepState.UNKNOWN if attempts.doubtful else StepState.FAILED


def defect(operation: str, target: str, error: Exception) -> Text:
    """What is said of an error that nobody foresaw. The log gets its frames only: a message may quote people's data."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    _log.error("step %s of %s broke: %s\n%s", operation, target, type(error).__name__, frames)
    return Text.of("execution.defect", operation=operation, error=type(error).__name__)
