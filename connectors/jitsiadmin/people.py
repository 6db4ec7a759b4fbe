"""People as Jitsi-Admin knows them: addresses. It lists nobody, so what there is to say of somebody we say ourselves.

An account of ours is a tie alone: an id that we draw, and the address under which somebody was last invited, which the
tie keeps as the account's name. Making one sends no request; Jitsi-Admin makes its own the first time that somebody is
put into a conference.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from secrets import token_hex
from typing import Final

from provisioner.model.changes import Change, Create, Erase, Update
from provisioner.model.errors import Permanent
from provisioner.model.inventory import UNKNOWN, Complete, Observation, Remote, Scope
from provisioner.model.ports import Interest
from provisioner.model.resources import FieldName, Kind, Mode, Value
from provisioner.model.steps import Cost, Done, Effects, Step
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {"email": Mode.MANAGED}

CREATE: Final = "create-account"
MOVE: Final = "move-account"
ERASE: Final = "erase-account"
OPERATIONS: Final = frozenset({CREATE, MOVE, ERASE})

_ADDRESS: Final = re.compile(
    r"[-0-9a-z!#$%&'*+./=?^_`{|}~]+@[a-z0-9][-a-z0-9]*(?:\.[a-z0-9][-a-z0-9]*)+", re.IGNORECASE
)
"""What PHP's FILTER_VALIDATE_EMAIL lets through, and a little less: ASCII alone."""


def objection(email: str) -> Text | None:
    """Why nobody can be invited under this address."""
    usable = _ADDRESS.fullmatch(email) and ".." not in email and not email.startswith(".") and ".@" not in email
    return None if usable else Text.of("jitsiadmin.address_unusable", email=email)


def left_behind(email: str) -> Text:
    """What stays of somebody who is erased: Jitsi-Admin has no way to delete whom it knows."""
    return Text.of("jitsiadmin.account_stays", name=email)


def canonical(field: FieldName, value: Value) -> Value:
    """Addresses are compared in small letters."""
    return value.lower() if field == "email" and isinstance(value, str) else value


class People:
    """The addresses of those who are ours, by the ids that we drew. Remembers what this run made and changed."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._emails: dict[str, str] = {}

    def observe(self, interest: Interest) -> Observation:
        """Whoever is tied, under the address of the last apply. No request."""
        kind = Kind.ACCOUNT
        self._emails |= {
            remote_id: name.lower()
            for (of, remote_id), name in interest.called.items()
            if of is kind and remote_id not in self._emails
        }
        tied = {remote_id for of, remote_id in interest.bound if of is kind}
        only: frozenset[str] | None = None
        if interest.only is not None:
            sought = [one for one in interest.only if one.id.kind is kind]
            tied = {one.remote_id for one in sought if one.remote_id is not None}
            only = frozenset(one.id.key for one in sought)
        return Observation(Complete(Scope(self._target, kind, only=only)), {one: self._remote(one) for one in tied})

    def email_of(self, remote_id: str) -> str:
        """The address of somebody; "" where nothing tells."""
        return self._emails.get(remote_id, "")

    def at(self, emails: Collection[str]) -> frozenset[str]:
        """The ids of those who have one of these addresses."""
        return frozenset(remote_id for remote_id, email in self._emails.items() if email in emails)

    def create(self, email: str) -> Done:
        """An id for somebody. Raises `Permanent` for an address that nobody can be invited under."""
        why = objection(email)
        if why is not None:
            raise Permanent(why)
        remote_id = token_hex(16)
        self.remember(remote_id, email)
        return Done(remote_id, remote_id)

    def remember(self, remote_id: str, email: str) -> None:
        """Somebody who is new, or has a new address."""
        self._emails[remote_id] = email

    def _remote(self, remote_id: str) -> Remote:
        email = self._emails.get(remote_id)
        return Remote(remote_id, email or remote_id, {"email": UNKNOWN if email is None else email}, remote_id)


def compile_people(changes: Collection[Change], attending: Mapping[str, int]) -> Iterator[Step]:
    """One step a change. ``attending``: in how many conferences to come an address is."""
    for change in changes:
        if isinstance(change, Create):
            yield _step(change, CREATE, None, change.wanted.fields.get("email"), Cost(requests=0))
        elif isinstance(change, Update) and "email" in change.after:
            before = change.before.get("email")
            count = attending.get(before, 0) if isinstance(before, str) else 0
            yield _step(
                change, MOVE, change.remote_id, change.after["email"], Cost(requests=4 * count, mails=2 * count)
            )
        elif isinstance(change, Erase):
            yield Step(
                target=change.target,
                operation=ERASE,
                id=change.id,
                name=change.name,
                changes=(change.digest(),),
                remote_id=change.remote_id,
                effects=Effects(fields={"name": change.remote_id}, erased=True),
                cost=Cost(requests=0),
            )


def _step(change: Change, operation: str, remote_id: str | None, wished: Value, cost: Cost) -> Step:
    email = str(canonical("email", wished or ""))
    return Step(
        target=change.target,
        operation=operation,
        id=change.id,
        name=email or change.name,
        changes=(change.digest(),),
        remote_id=remote_id,
        payload={"email": email},
        effects=Effects(fields={"email": email, "name": email}),
        repeatable=cost.mails == 0,
        cost=cost,
    )
