"""The seams: what the core asks of sources, targets, people's messages and time."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, Protocol

from pydantic import BaseModel

from provisioner.model.changes import Change
from provisioner.model.inventory import Epoch, Inventory, Reading, Remote
from provisioner.model.meetings import MeetingDoor
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text


class Clock(Protocol):
    """Time, so that tests and rehearsals can make it pass at will."""

    def now(self) -> datetime:
        """The present as an aware datetime in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        ...

    def sleep(self, seconds: float) -> None: ...


class Gate(Protocol):
    """Stands in every transport before the wire. Closed unless apply holds the server's lock."""

    def check(self, method: str) -> None:
        """Raise `WriteRefused` when ``method`` writes and no valid write token is open."""
        ...


class Ledger(Protocol):
    """Counts the writes that a server limits, by acting account, across runs."""

    def acquire(self, bucket: str, limit: int, window: float) -> None:
        """Wait until fewer than ``limit`` writes of ``bucket`` lie within ``window`` seconds, then count one."""
        ...

    def exhausted(self, bucket: str, limit: int, window: float) -> None:
        """The server said that the limit is reached although we counted less: count it as full from now on."""
        ...


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a connector is given besides its settings."""

    gate: Gate
    clock: Clock
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Sought:
    """One resource that a plan about a few things alone asks for."""

    id: ResourceId
    name: str
    remote_id: str | None = None
    """None: not tied; it may exist all the same."""
    email: str | None = None
    """Of an account that is not tied: another one with this address may be the person's."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a container held at ``revision``: while the product still tells that one, nothing in it has changed."""

    revision: str
    objects: tuple[Remote, ...]


@dataclass(frozen=True, slots=True)
class Interest:
    """What will be asked of an observation, so that nothing is read in vain."""

    bound: frozenset[tuple[Kind, str]] = frozenset()
    """(kind, remote id) of what is tied."""
    names: frozenset[tuple[Kind, str]] = frozenset()
    """(kind, name) of what is wanted and not tied: candidates for adoption."""
    everybody: bool = False
    """Also the members of what is neither tied nor wanted: an import asks whose everything is."""
    called: Mapping[tuple[Kind, str], str] = field(default_factory=dict)
    """What that which is tied was called at the last apply, by (kind, remote id): all that there is to say of an
    object that its product does not keep."""
    keys: Mapping[tuple[Kind, str], str] = field(default_factory=dict)
    """The registry's key of what is tied, by (kind, remote id): fields that name another object hold it (`parent`)."""
    known: Mapping[tuple[Kind, str], Known] = field(default_factory=dict)
    """By (kind, remote id) of a container: what was in it when it was read last."""
    skip: frozenset[tuple[Kind, str]] = frozenset()
    """(kind, remote id) of tied containers whose turn it is not: no request need be made for one of them alone. What
    lists tell of it is given all the same; fields that they don't tell are Unknown, and it has no roster. A connector
    that would save nothing reads them as ever."""
    only: tuple[Sought, ...] | None = None
    """The few resources to look at; None: all there is. Completeness then speaks of these alone (`Scope.only`).

    Where an account tells its groups, every tied group (``bound``) that is not looked at itself gets a roster that
    speaks of these accounts alone. What is tied and shall have another name is asked for twice: by its remote id, and
    under that name.
    """


def _same_name(kind: Kind, name: str) -> str:
    return name


def _no_objection(kind: Kind, name: str) -> Text | None:
    return None


def _no_address(kind: Kind, remote_id: str, name: str) -> str | None:
    return None


def _same_value(kind: Kind, field_name: FieldName, value: Value) -> Value:
    return value


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a target can hold. Fields that are not named are unsupported. All functions are pure."""

    fields: Mapping[Kind, Mapping[FieldName, Mode]]
    canonical_name: Callable[[Kind, str], str] = _same_name
    """Two names with the same canonical form are one object over there (e.g. in lower case)."""
    objection: Callable[[Kind, str], Text | None] = _no_objection
    """Why the product would refuse this name, or None."""
    canonical: Callable[[Kind, FieldName, Value], Value] = _same_value
    """The form in which the product gives a value back."""
    address: Callable[[Kind, str, str], str | None] = _no_address
    """(kind, remote id, name) → where people open the object, for texts that link to it; None: nowhere. Of an account
    with which people log in elsewhere: the id that those places learn of it (`login_id`)."""
    hand_over: Callable[[str, str], Text] | None = None
    """(account's name, the other's name) → how the files of an account come to belong to another one, as people have
    to do it themselves; None: accounts own no files."""
    first_login: Callable[[str, bool], Text] | None = None
    """(account's name, whether the account of the person's organisation opens it) → how somebody gets in for the first
    time, for that very person to read; None: nobody logs in here."""
    holds_login: bool = False
    """People log in with accounts of this target: these, and who is in its groups, are ours to make, also where policy
    says that elsewhere the login brings both along."""
    before_login: bool = False
    """Accounts can be made before their people first log in, tied to the login by `login_id`: they, and who is in
    groups, are ours to make, also where policy says that elsewhere the login brings both along."""
    only_members: bool = False
    """Nobody needs an account here who is to be in nothing: such accounts are neither made nor adopted."""
    named_by_login: bool = False
    """People log in elsewhere, and come to the account here that has their name there: one of another name is never
    theirs, whatever its address."""
    alike: frozenset[Kind] = frozenset()
    """Kinds of which several may have the same name: it is only what people read, and nothing is found by it, kept free
    for somebody or refused because of it."""
    unique_emails: bool = False
    """No two accounts can have the same address: a successor who is given one waits until the other gave it up."""
    left_behind: Callable[[str], Text] | None = None
    """(account's name) → what the product keeps of somebody who is erased, and who could delete it; None: nothing. Such
    a product tells of no account whether it is there: only containers tell who is in them."""
    limits: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    """Rate limits by name: what `Cost.limited` counts, in so many seconds."""

    @property
    def made_by_us(self) -> bool:
        """Whether accounts, and who is in groups, are ours to make whatever the login brings along elsewhere."""
        return self.holds_login or self.before_login


class Severity(StrEnum):
    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that doctor saw, and what to do about it (None where nothing is to be done)."""

    severity: Severity
    what: Text
    mend: Text | None = None


Resolve = Callable[[ResourceId], str]
"""From a resource to its remote id; raises `KeyError` when it has none (yet)."""


EVERYTHING = Interest()


class Connector(Protocol):
    """One target, opened. Not shared between threads. Reads may raise `TargetError` in all its kinds."""

    def capabilities(self) -> Capabilities: ...

    def examine(self) -> Iterator[Finding]:
        """What doctor asks: reachable, version, rights, limits. Never writes, never raises `TargetError`."""
        ...

    def observe(self, kinds: Collection[Kind], interest: Interest = EVERYTHING) -> Inventory:
        """Read all objects of these kinds with their edges. What could not be read whole comes back Partial.

        With ``interest.only`` no more than these is read, in as few requests as the product allows.
        """
        ...

    def compile(self, changes: Sequence[Change], resolve: Resolve) -> Sequence[Step]:
        """The fewest writes that make ``changes`` true, in a valid order. Pure: no request, no clock.

        ``resolve`` knows what is bound already; what this plan creates is left in ``Step.refers``.
        """
        ...

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """Read the step's object afresh and hold it against ``expects`` and ``expects_edge``."""
        ...

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """Do it. ``verified`` is given exactly when the step expects something.

        Raises `OutcomeUnknown` when the write may have happened, else the fitting `TargetError`.
        """
        ...

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """Does this object exist, by its marker or its name? Asked after a creation whose outcome is unknown."""
        ...

    def leave_epoch(self, epoch: Epoch) -> None:
        """Leave it in the target, where the next observation finds it; nothing where the product has no room.

        A write like any other: raises what `perform` raises.
        """
        ...

    def close(self) -> None: ...


class Sandbox(Protocol):
    """An emulator that runs on loopback."""

    name: str

    @property
    def url(self) -> str: ...

    @property
    def credentials(self) -> Mapping[str, str]:
        """ "user" and "password", or "token"."""
        ...

    @property
    def settings(self) -> Mapping[str, str]:
        """What else a target's settings need to use it, e.g. a directory's base."""
        ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def traffic(self) -> tuple[int, int]:
        """Requests and, among them, writes since it was made."""
        ...

    def prepare_for_demo(self) -> None:
        """Set it up as the connector's README advises for a first sync (e.g. no welcome mails)."""
        ...


@dataclass(frozen=True, slots=True)
class ConnectorType:
    """What a connector package registers under the entry point group ``readi.connectors``."""

    product: str
    settings: type[BaseModel]
    """The target's section of the settings file, without ``connector``."""
    open: Callable[[str, Any, Wiring], Connector]
    """(target's name, settings, wiring) → connector. Makes no request yet."""
    server: Callable[[Any], str]
    """The server's identity, from the settings: two targets with the same one share lock and rate ledger."""
    kinds: frozenset[Kind]
    account: Callable[[Any], str] = attrgetter("user")
    """The technical account, from the settings: the rate ledger counts by it, as servers do."""
    emulator: Callable[[Clock, int], Sandbox] | None = None
    """(clock, port; 0 for any) → the product's emulator, not yet started."""
    texts: str = ""
    """The package that holds the connector's ``texts.yaml``."""
    door: Callable[[Any], MeetingDoor] | None = None
    """Of a product with meeting rooms: from the settings to who makes the tokens that open them. Makes no request."""
    could_read: Text | None = None
    """What the technical account could read and do with the rights that its README advises, and what is read of it."""
    keeps: Text | None = None
    """How long the product keeps what it gets of people; None: for as long as their accounts stand."""
