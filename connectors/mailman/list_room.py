"""Lists as a room: read by `list_reading`, compiled by `list_compiling`, written by `list_writing`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.kit.answers import Entry
from connectors.kit.batch import Batch, located
from connectors.kit.rooms import Look, Room, Rosters, Staged, erased_already, held_against
from connectors.mailman import list_compiling as compiling
from connectors.mailman import lists
from connectors.mailman.account_reading import AccountReader
from connectors.mailman.client import PRODUCT, Client
from connectors.mailman.list_reading import ListReader
from connectors.mailman.list_writing import ListWriter
from connectors.mailman.settings import MailmanSettings
from provisioner.model.errors import Uncertain
from provisioner.model.inventory import Absent, Observation, Present, Reading
from provisioner.model.ports import Resolve, Sought
from provisioner.model.resources import EdgeRole, FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text


@dataclass(frozen=True, slots=True)
class _ReadRoster(Verified):
    """A fresh read of everybody in one role of a list."""

    entries: tuple[Entry, ...]


class ListRoom(Room[Look]):
    """The lists of one mail domain."""

    kind = Kind.MAILING_LIST
    operations = compiling.OPERATIONS

    def __init__(self, client: Client, reader: ListReader, accounts: AccountReader) -> None:
        self._settings: MailmanSettings = client.settings
        self._reader = reader
        self._accounts = accounts
        self._writer = ListWriter(client, reader, accounts)

    @property
    def fields(self) -> Mapping[FieldName, Mode]:
        """See `lists.FIELDS`."""
        return lists.FIELDS

    def canonical_name(self, name: str) -> str:
        """Addresses are compared in small letters."""
        return name.lower()

    def objection(self, name: str) -> Text | None:
        """See `lists.objection`."""
        return lists.objection(name)

    def canonical(self, field: FieldName, value: Value) -> Value:
        """See `lists.canonical`."""
        return lists.canonical(field, value)

    def address(self, remote_id: str, name: str) -> str | None:
        """Where people reach it."""
        return self._settings.address_of(remote_id, name)

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """All, or those that are sought, with the seats of the people who are sought."""
        if look.interest.only is None:
            return self._reader.observe(look.interest)
        observation, rosters = self._reader.observe_few(look.sought(self.kind))
        tied = {remote_id for kind, remote_id in look.interest.bound if kind is self.kind}
        others = sorted(tied - observation.objects.keys())
        return observation, {**self._reader.seats_of(self._people(look.sought(Kind.ACCOUNT)), others), **rosters}

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `list_compiling`."""
        return compiling.compile_lists(batch, self._reader.told_of_changes)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The list with its settings; where somebody is to leave, who is in that role."""
        list_id = located(step, resolve)
        remote = self._reader.read(list_id)
        if step.operation == compiling.ERASE:
            if remote is not None and remote.fingerprint != step.payload["fingerprint"]:
                return Moved(Text.of("mailman.replaced", name=step.name))
            return Verified(remote)
        held = held_against(step, remote, PRODUCT, unknown_may_differ=True)
        if isinstance(held, Moved) or step.operation != compiling.UNSUBSCRIBE:
            return held
        role = EdgeRole.MEMBER if step.payload["role"] == "member" else EdgeRole.MODERATOR
        return _ReadRoster(held.remote, self._reader.members(list_id, role))

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """Silently. Raises `Permanent` for an operation of somebody else's."""
        if step.operation == compiling.CREATE:
            return self._writer.create(step)
        list_id = located(step, resolve)
        match step.operation:
            case compiling.SET:
                return self._writer.set(step, list_id)
            case compiling.SUBSCRIBE:
                return self._writer.subscribe(step, list_id, resolve)
            case compiling.UNSUBSCRIBE if isinstance(verified, _ReadRoster):
                return self._writer.unsubscribe(step, list_id, verified.entries, resolve)
            case compiling.ERASE if verified is not None:
                return erased_already(step, PRODUCT) if verified.remote is None else self._writer.erase(list_id)
        raise Uncertain(Text.of("kit.not_verified", name=step.name))

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - the address tells it
        """By its name, which is its address."""
        remote = self._reader.read(self._reader.list_id(name))
        return Absent() if remote is None else Present(remote)

    def _people(self, sought: Sequence[Sought]) -> dict[ResourceId, tuple[str, tuple[str, ...]]]:
        """The few who were looked for and found, with all their addresses."""
        known = self._accounts.known()
        by_email = {address.email: account for account in known.values() for address in account.addresses}
        found: dict[ResourceId, tuple[str, tuple[str, ...]]] = {}
        for one in sought:
            account = known.get(one.remote_id or "") or by_email.get((one.email or "").lower())
            if account is not None:
                found[one.id] = account.id, tuple(address.email for address in account.addresses)
        return found
