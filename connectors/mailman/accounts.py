"""People as Mailman knows them: users with addresses. Words, limits, and what the server's answers mean. Pure.

A user's id lasts; an address comes and goes. What is shown beside an address is the address's own name. Which one of
several is meant: the one that its person is leaving (it carries `MOVING`), else the preferred one, else the oldest.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from connectors.kit.answers import Entry, text
from connectors.kit.batch import Batch
from connectors.kit.rooms import known
from connectors.kit.steps import erasing_step, step_of
from connectors.mailman.client import user_of
from provisioner.model.changes import Change, Create, Erase, Update
from provisioner.model.inventory import UNKNOWN, Remote, Unknown
from provisioner.model.resources import FieldName, Mode, Value
from provisioner.model.steps import Cost, Effects, Json, Step
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {"display_name": Mode.MANAGED, "email": Mode.MANAGED}
"""No name: what an account is called over there is its address, whatever name policy made."""

CREATE: Final = "create-account"
UPDATE: Final = "update-account"
ERASE: Final = "erase-account"
OPERATIONS: Final = frozenset({CREATE, UPDATE, ERASE})

MOVING: Final = "readi:moving"
"""The shown name of an address while its person moves to another: a move cut short is known by it, and finished."""

_ADDRESS: Final = re.compile(r"[-0-9a-z!#$%&'*+.=?_`{}~]+@[a-z0-9][-a-z0-9]*(?:\.[a-z0-9][-a-z0-9]*)+", re.IGNORECASE)
"""Addresses that Mailman 3.3.8 takes and finds again: ASCII alone; with a slash it takes one and loses it."""


def objection(email: str) -> Text | None:
    """Why Mailman can't have this address."""
    return None if _ADDRESS.fullmatch(email) else Text.of("mailman.address_unusable", email=email)


def canonical(field: FieldName, value: Value) -> Value:
    """Addresses are compared in small letters, as Mailman itself does."""
    return value.lower() if field == "email" and isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Address:
    """One address."""

    email: str
    shown: str
    registered: str
    verified: bool
    user: str
    """Id of the user that it belongs to; "" for nobody's (somebody wrote to a list with it)."""


def address_of(entry: Entry) -> Address:
    """One entry of a list of addresses."""
    return Address(
        text(entry, "email"),
        text(entry, "display_name"),
        text(entry, "registered_on"),
        bool(text(entry, "verified_on")),
        user_of(entry),
    )


@dataclass(frozen=True, slots=True)
class Account:
    """One user with all its addresses."""

    id: str
    addresses: tuple[Address, ...]
    preferred: str = ""
    """The preferred address, where there are several and one of them was chosen."""

    @property
    def primary(self) -> Address | None:
        """The address that is meant; None: it has none at all."""
        moving = [one for one in self.addresses if one.shown == MOVING]
        chosen = [one for one in self.addresses if one.email == self.preferred]
        candidates = moving or chosen or self.addresses
        return min(candidates, key=lambda one: (one.registered, one.email), default=None)

    def has(self, email: str) -> Address | None:
        return next((one for one in self.addresses if one.email == email), None)

    def remote(self) -> Remote:
        primary = self.primary
        if primary is None:
            return Remote(self.id, self.id, {"email": None, "display_name": UNKNOWN}, self.id)
        shown: Value | Unknown = UNKNOWN if primary.shown == MOVING else primary.shown or None
        return Remote(self.id, primary.email, {"email": primary.email, "display_name": shown}, self.id)


def by_user(addresses: Iterable[Address]) -> Mapping[str, tuple[Address, ...]]:
    """The addresses of each user; those of nobody are left out."""
    found: dict[str, list[Address]] = {}
    for one in addresses:
        if one.user:
            found.setdefault(one.user, []).append(one)
    return {user: tuple(those) for user, those in found.items()}


def compile_account(batch: Batch, change: Change) -> Iterator[Step]:
    """One step a change; nobody is suspended over there: who is suspended leaves the lists."""
    if isinstance(change, Create):
        yield _creating(batch, change)
    elif isinstance(change, Update):
        yield _updating(batch, change)
    elif isinstance(change, Erase):
        yield erasing_step(batch, change, ERASE)


def _creating(batch: Batch, change: Create) -> Step:
    fields = {name: canonical(name, value) for name, value in change.wanted.fields.items() if name in FIELDS}
    email = fields.get("email")
    name = email if isinstance(email, str) and email else change.wanted.name
    effects, cost = Effects(fields=fields), Cost(requests=2)
    return step_of(batch, change, CREATE, name=name, payload=_payload(fields), effects=effects, cost=cost)


def _updating(batch: Batch, change: Update) -> Step:
    """A new address is one step, as often as it takes: each of its writes is looked for before it is made."""
    fields = {name: canonical(name, value) for name, value in change.after.items() if name in FIELDS}
    email = fields.get("email")
    named: dict[FieldName, Value] = {"name": email} if isinstance(email, str) and email else {}
    return step_of(
        batch,
        change,
        UPDATE,
        payload=_payload(fields),
        effects=Effects(fields={**fields, **named}),
        expects=known(change.before, frozenset(fields)),
        cost=Cost(requests=12 if "email" in fields else 3),
    )


def _payload(fields: Mapping[FieldName, Value]) -> dict[str, Json]:
    return {str(name): value for name, value in fields.items()}
