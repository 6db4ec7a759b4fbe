"""Users as a room: read by `account_reading`, written by `account_writing`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.kit.batch import Batch, located
from connectors.kit.rooms import Look, Room, Rosters, Stage, Staged, erased_already, held_against
from connectors.mailman import accounts
from connectors.mailman.account_reading import AccountReader
from connectors.mailman.account_writing import AccountWriter
from connectors.mailman.accounts import Account, compile_account
from connectors.mailman.client import PRODUCT, Client, segment
from provisioner.model.errors import Permanent, Uncertain
from provisioner.model.inventory import Absent, Observation, Present, Reading, Remote
from provisioner.model.ports import Resolve
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text

_STAGES = {accounts.CREATE: Stage.ACCOUNTS, accounts.UPDATE: Stage.ACCOUNTS, accounts.ERASE: Stage.ERASURES}
"""A new address comes before whoever is put on a list with it."""


@dataclass(frozen=True, slots=True)
class _Read(Verified):
    """A fresh read of a user with all addresses."""

    account: Account


class AccountRoom(Room[Look]):
    """The users of one Mailman. Nobody is suspended over there: who is suspended leaves the lists."""

    kind = Kind.ACCOUNT
    operations = accounts.OPERATIONS

    def __init__(self, client: Client, reader: AccountReader) -> None:
        self._client = client
        self._reader = reader
        self._writer = AccountWriter(client, reader)

    @property
    def fields(self) -> Mapping[FieldName, Mode]:
        """No name of their own."""
        return accounts.FIELDS

    def canonical_name(self, name: str) -> str:
        """Addresses are compared in small letters."""
        return name.lower()

    def canonical(self, field: FieldName, value: Value) -> Value:
        """See `accounts.canonical`."""
        return accounts.canonical(field, value)

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """All, or those who are sought."""
        if look.interest.only is None:
            return self._reader.observe(look.interest), {}
        return self._reader.observe_few(look.sought(self.kind)), {}

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """One step a change."""
        for change in batch.of(self.kind):
            for step in compile_account(batch, change):
                yield Staged(_STAGES[step.operation], step)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The user with all addresses. Raises `Permanent` rather than let a chief of the server be erased."""
        user = located(step, resolve)
        if step.operation == accounts.ERASE:
            return self._verify_erased(step, user)
        account = self._reader.read(user)
        remote = None if account is None else account.remote()
        held = held_against(step, remote, PRODUCT, unknown_may_differ=True)
        return held if isinstance(held, Moved) or account is None else _Read(held.remote, account)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:  # noqa: ARG002 - a room's door
        """Nobody is told of any of it."""
        if step.operation == accounts.CREATE:
            return self._writer.create(step)
        if step.operation == accounts.ERASE:
            gone = verified is not None and verified.remote is None
            return erased_already(step, PRODUCT) if gone else self._writer.erase(step)
        if not isinstance(verified, _Read):
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        return self._writer.update(step, verified.account)

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - Mailman keeps no mark of ours
        """By an address."""
        address = self._reader.address(name)
        account = None if address is None or not address.user else self._reader.read(address.user)
        return Absent() if account is None else Present(account.remote())

    def _verify_erased(self, step: Step, user: str) -> Verified:
        """What is gone already is done."""
        entry = self._client.find(f"/users/{segment(user)}")
        if entry is None:
            return Verified(None)
        if entry.get("is_server_owner") is not False:
            raise Permanent(Text.of("mailman.never_erased", name=step.name))
        return Verified(Remote(user, step.name, {}, user))
