"""Says something in a conversation: a write there that is no step of a plan, and changes nothing that is managed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from provisioner.model.offers import Speaks, Talks
from provisioner.state import ServerLock
from provisioner.transport.gate import WriteGate


def say(
    conversation: str, text: str, reference: str, since: datetime, lock: ServerLock, gate: WriteGate, speaker: Speaks
) -> bool:
    """See `Speaks.say`. ``lock``: of whoever alone speaks there; the gate is open for this one message only."""
    with gate.opened(lock.token()):
        return speaker.say(conversation, text, reference, since)


@contextmanager
def allowed_to_speak(lock: ServerLock, gate: WriteGate, talks: Talks) -> Iterator[Talks]:
    """The gate is open within the block: for a single message. ``lock``: of whoever alone posts on that server."""
    with gate.opened(lock.token()):
        yield talks
