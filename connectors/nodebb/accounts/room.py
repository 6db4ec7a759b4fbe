"""Accounts as a room of the connector."""

from collections.abc import Iterator, Mapping

from connectors.kit.batch import Batch, located
from connectors.kit.rooms import Look, Room, Rosters, Staged, erased_already, held_against
from connectors.nodebb.accounts import shape, steps
from connectors.nodebb.accounts.reading import Accounts
from connectors.nodebb.accounts.writing import Writer
from connectors.nodebb.client import Client, number_of
from connectors.nodebb.slugs import slug
from provisioner.model.errors import Permanent
from provisioner.model.inventory import Absent, Complete, Observation, Present, Reading
from provisioner.model.ports import Resolve
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text


class AccountRoom(Room[Look]):
    """Made by our companion plugin where it is there, else by the forum's own API."""

    kind = Kind.ACCOUNT
    operations = steps.OPERATIONS

    def __init__(self, client: Client, target: str) -> None:
        self._client = client
        self._target = target
        self._accounts = Accounts(client, target)
        self._companion = self._accounts.provider is not None
        self._writer = Writer(client, self._accounts)

    @property
    def fields(self) -> Mapping[FieldName, Mode]:
        """More of them with the companion."""
        return shape.FIELDS if self._companion else shape.PLAIN_FIELDS

    def objection(self, name: str) -> Text | None:
        """Why no account of this name is made."""
        return shape.objection(name)

    def canonical_name(self, name: str) -> str:
        """Two names with one slug are one: the second is given a suffix (observed)."""
        return slug(name)

    def canonical(self, field: FieldName, value: Value) -> Value:
        """See `shape.canonical`."""
        return shape.canonical(field, value)

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """Everybody, or the few that are sought."""
        if look.interest.only is None:
            return self._accounts.observe(), {}
        sought = look.sought(self.kind)
        if not sought:
            return Observation(Complete(look.scope(self._target, self.kind))), {}
        return self._accounts.observe_few(sought), {}

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `connectors.nodebb.accounts.steps`."""
        writable = frozenset(self.fields) - {"name"}
        return steps.Compiler(batch, writable, companion=self._companion).steps()

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """One account, read afresh. Raises `Permanent` rather than let our own be erased; the server keeps chiefs."""
        uid = located(step, resolve)
        if step.operation == steps.ERASE and uid == number_of(self._client.page("/self")):
            raise Permanent(Text.of("nodebb.never_erased", name=step.name))
        remote = self._accounts.read(uid)
        return Verified(remote) if step.operation == steps.ERASE else held_against(step, remote, Client.product)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write; of a creation without the companion a second one takes back what has another name."""
        if step.operation == steps.CREATE:
            return self._writer.create(step)
        if step.operation == steps.ERASE and verified is not None and verified.remote is None:
            return erased_already(step, Client.product)
        return self._writer.write(step, located(step, resolve))

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - accounts have no room for a mark
        """By exactly this username: one with a suffix is somebody else."""
        remote = self._accounts.named(name)
        return Absent() if remote is None else Present(remote)
