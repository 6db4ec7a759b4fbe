"""Says something in a conversation: a write there that is no step of a plan, and changes nothing that is managed."""

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


class Voice:
    """Who alone posts on a server, through one connector: the gate is open for each single message only.

    Not shared between threads; ``lock`` is.
    """

    def __init__(self, lock: ServerLock, gate: WriteGate, talks: Talks) -> None:
        self._lock, self._gate, self._talks = lock, gate, talks

    def post(
        self,
        conversation: str,
        text: str,
        reference: str,
        *,
        reply_to: int | None = None,
        calls: bool = False,
        silent: bool = False,
        not_again_since: datetime | None = None,
    ) -> int:
        """See `Talks.post`."""
        with self._gate.opened(self._lock.token()):
            return self._talks.post(
                conversation,
                text,
                reference,
                reply_to=reply_to,
                calls=calls,
                silent=silent,
                not_again_since=not_again_since,
            )

    def show(self, conversation: str, picture: bytes, name: str, reference: str, caption: str, reply_to: int) -> int:
        """See `Talks.show`."""
        with self._gate.opened(self._lock.token()):
            return self._talks.show(conversation, picture, name, reference, caption, reply_to)

    def listen(self, conversation: str, bot: str) -> bool:
        """See `Talks.listen`."""
        with self._gate.opened(self._lock.token()):
            return self._talks.listen(conversation, bot)
