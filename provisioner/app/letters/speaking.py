"""Speaks in the conversations of bodies, by whichever target has them."""

import hashlib
from contextlib import ExitStack
from datetime import datetime
from typing import Self

from policies.keys import body_key
from provisioner.app.connectors import Target
from provisioner.app.site import Site
from provisioner.execution.saying import say
from provisioner.model.errors import Permanent, Transient
from provisioner.model.offers import Speaks
from provisioner.model.resources import Kind
from provisioner.model.text import Text
from provisioner.state import LockTaken, ServerLock, TiedTo
from provisioner.transport.ledger import WaitEnded


class Speaking:
    """The conversations of one network, for one batch. Not shared between threads; to be closed by its `with` block.

    Syncs go on meanwhile: who speaks holds a lock of its own on the server, so that the same is never said twice at the
    same moment.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._stack = ExitStack()
        self._targets: dict[str, Target] = {}
        self._locks: dict[str, ServerLock] = {}

    def __enter__(self) -> Self:
        opened = self._stack.enter_context(self._site.targets())
        self._targets = {target.name: target for target in opened if isinstance(target.connector, Speaks)}
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def place_of(self, body: str) -> tuple[Target, str] | None:
        """The target, and the remote id there, of a body's conversation; None: it has none in which we speak."""
        tied = TiedTo(self._site.database, self._site.network, list(self._targets))
        found = tied.find((body_key(body),), (Kind.CONVERSATION,))
        return (self._targets[found[0].target], found[0].binding.remote_id) if found else None

    def say(self, body: str, text: str, reference: str, since: datetime) -> bool:
        """Say it, at most once; False: it was said before. ``reference``, ``since``: see `Speaks`.

        Raises `TargetError`: `Transient` also where our own count of messages, or whoever else speaks there, says to
        wait; `Permanent` where the body has no conversation.
        """
        place = self.place_of(body)
        if place is None:
            raise Permanent(Text.of("messages.no_conversation"))
        target, conversation = place
        speaker = target.connector
        if not isinstance(speaker, Speaks):  # `_targets` holds no others
            raise TypeError(target.name)
        word = hashlib.sha256(f"{self._site.network}/{reference}".encode()).hexdigest()
        try:
            with target.waiter.hurried():
                return say(conversation, text, word, since, self._lock(target), target.gate, speaker)
        except (WaitEnded, LockTaken) as error:
            raise Transient(Text.of("messages.not_now"), error.text.code) from error

    def _lock(self, target: Target) -> ServerLock:
        server = f"{target.server} speaking"
        if server not in self._locks:
            lock = self._site.database.lock(server, self._site.clock.now())
            self._locks[server] = self._stack.enter_context(lock)
        return self._locks[server]
