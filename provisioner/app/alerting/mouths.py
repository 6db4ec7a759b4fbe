"""Speaks for alerts in the conversations of bodies, by whichever target has them: one mouth a worker."""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Final, NamedTuple, Self

from policies.keys import body_key, person_key
from provisioner.app.connectors import Target
from provisioner.app.site import Site
from provisioner.execution.saying import allowed_to_speak
from provisioner.model.errors import LoginRefused, Transient, WriteRefused
from provisioner.model.offers import Message, Talks
from provisioner.model.resources import Kind
from provisioner.model.text import Text
from provisioner.state import LockTaken, Said, ServerLock, TiedTo
from provisioner.transport.ledger import WaitEnded

AFTER_REFUSED: Final = 600.0
"""Seconds for which nothing is tried on a target that refused our password: servers lock whoever goes on."""

_REMEMBERED: Final = 10.0
"""Seconds for which it is known where bodies read, and who has an account."""
_SOON: Final = 1.0
"""The same of a body of which nothing is known: its conversation may just have been made."""


class Place(NamedTuple):
    """Where a body reads."""

    target: str
    conversation: str
    """Its remote id."""


class Floor:
    """The right to speak for one network's alerts: whoever has it speaks alone. Shared by all its mouths."""

    def __init__(self, site: Site) -> None:
        """Raises `SettingsError`."""
        self._site = site
        with site.targets() as opened:
            talking = [target for target in opened if isinstance(target.connector, Talks)]
            self.targets = tuple(target.name for target in talking)
            self.accounts = {target.name: target.account for target in talking}
            """Our account in each."""
            self._servers = {target.name: target.server for target in talking}
        self._locks: dict[str, ServerLock] = {}
        self._taking = threading.Lock()
        self._refused_until: dict[str, float] = {}
        self._places: Mapping[str, Place] = {}
        self._insiders: frozenset[tuple[str, str]] = frozenset()
        self._places_at = self._accounts_at = -math.inf

    def place_of(self, body: str) -> Place | None:
        """None: it has no conversation in which we speak. Raises `StateError`."""
        if not self.targets:
            return None
        place = self._map().get(body_key(body))
        return place if place is not None else self._map(max_age=_SOON).get(body_key(body))

    def has_account(self, place: Place, person: str) -> bool:
        """Whether somebody can read there, as far as we know. Raises `StateError`."""
        moment = self._site.clock.monotonic()
        if not 0 <= moment - self._accounts_at < _REMEMBERED:
            tied = TiedTo(self._site.database, self._site.network, self.targets)
            self._insiders = frozenset((target, key) for target, key, _ in tied.of_kind(Kind.ACCOUNT))
            self._accounts_at = moment
        return (place.target, person_key(person)) in self._insiders

    def forget_places(self) -> None:
        """Some body may read elsewhere by now."""
        self._places_at = -math.inf

    def _map(self, max_age: float = _REMEMBERED) -> Mapping[str, Place]:
        """Where bodies read, by their keys; of several targets the first."""
        moment = self._site.clock.monotonic()
        if not 0 <= moment - self._places_at < max_age:
            tied = TiedTo(self._site.database, self._site.network, self.targets)
            found = reversed(tied.of_kind(Kind.CONVERSATION))
            self._places = {key: Place(target, conversation) for target, key, conversation in found}
            self._places_at = moment
        return self._places

    def take(self) -> bool:
        """Have it: True when somebody else may have had it since we had it last. Raises `LockTaken`, `StateError`."""
        is_new = False
        with self._taking:
            for server in sorted(set(self._servers.values())):
                held = self._locks.get(server)
                if held is not None and held.is_held():
                    continue
                if held is not None:
                    self._locks.pop(server).release()
                name = f"{server} alerts {self._site.network}"
                self._locks[server] = self._site.database.lock(name, self._site.clock.now())
                is_new = True
        return is_new

    def leave(self) -> None:
        """Let somebody else speak. Idempotent."""
        with self._taking:
            while self._locks:
                self._locks.popitem()[1].release()

    def lock(self, target: str) -> ServerLock:
        """Raises `Transient` when somebody else has the floor."""
        held = self._locks.get(self._servers[target])
        if held is None:
            raise Transient(Text.of("alerting.no_floor"))
        return held

    def check(self, target: str) -> None:
        """Raise `Transient` for as long as nothing is to be tried there, since our password was refused."""
        left = self._refused_until.get(target, 0.0) - self._site.clock.monotonic()
        if 0 < left <= AFTER_REFUSED:
            raise Transient(Text.of("alerting.login_refused", target=target), retry_after=left)

    def refused(self, target: str) -> None:
        """Our password was."""
        self._refused_until[target] = self._site.clock.monotonic() + AFTER_REFUSED


class Mouth:
    """Opened targets, kept open: connections are what costs time. Not shared between threads; to be closed by `with`.

    Nothing is waited for in here but a server's answer: what a ledger would wait for raises `Transient` at once.
    """

    def __init__(self, site: Site, floor: Floor) -> None:
        self._site, self._floor = site, floor
        self._stack = ExitStack()
        self._targets: dict[str, Target] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open; it is opened anew when it is needed."""
        self._stack.close()
        self._targets = {}

    def post(self, place: Place, message: Message) -> int:
        """Say it; the message's id. Raises `TargetError`, `SettingsError`, `StateError`."""
        with self._speaking(place.target) as talks:
            return talks.post(place.conversation, message)

    def show(self, place: Place, picture: bytes, name: str, reference: str, caption: str, reply_to: int) -> int:
        """Share a picture; its message's id. Raises as `post`."""
        with self._speaking(place.target) as talks:
            return talks.show(place.conversation, picture, name, reference, caption, reply_to)

    def listen(self, place: Place, bot: str) -> bool:
        """See `Talks.listen`. Raises as `post`."""
        with self._speaking(place.target) as talks:
            return talks.listen(place.conversation, bot)

    def forget_pictures(self, target: str, begins: str, before: datetime, most: int) -> int:
        """See `Talks.forget_pictures`. Raises as `post`."""
        with self._speaking(target) as talks:
            return talks.forget_pictures(begins, before, most)

    def talks(self, name: str) -> tuple[Target, Talks]:
        """A target for reading. Raises `SettingsError`, `Transient` after our password was refused."""
        self._floor.check(name)
        if not self._targets:
            opened = self._stack.enter_context(self._site.targets(self._floor.targets))
            self._targets = {target.name: target for target in opened}
        target = self._targets[name]
        if not isinstance(target.connector, Talks):  # the floor has no others
            raise TypeError(name)
        return target, target.connector

    @contextmanager
    def _speaking(self, name: str) -> Iterator[Talks]:
        """For one message. What means "not now" becomes `Transient`."""
        try:
            target, talks = self.talks(name)
            with target.waiter.hurried(), allowed_to_speak(self._floor.lock(name), target.gate, talks):
                yield talks
        except WaitEnded as error:
            raise Transient(Text.of("alerting.not_now"), error.text.code, error.needed) from error
        except (LockTaken, WriteRefused) as error:
            raise Transient(Text.of("alerting.not_now"), error.text.code) from error
        except LoginRefused:
            self.lost(name)
            raise

    def lost(self, name: str) -> None:
        """Our password was refused: nobody tries it for a while, and then with what stands in its file by then."""
        self._floor.refused(name)
        self.close()


def reference_of(network: str, said: Said, part: str = "saying") -> str:
    """By which a message is known among all: 64 letters, the same each time it is tried."""
    created = "" if said.created is None else f"{said.created.timestamp():.3f}"
    return hashlib.sha256(f"{network}/{part}/{said.id}/{created}".encode()).hexdigest()
