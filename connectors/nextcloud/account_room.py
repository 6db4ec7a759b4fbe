"""Accounts as a room of the connector; see `connectors.nextcloud.room`."""

from collections.abc import Iterator
from typing import Final

from connectors.nextcloud import account_steps as steps
from connectors.nextcloud import accounts
from connectors.nextcloud.account_reading import Accounts
from connectors.nextcloud.account_steps import AccountWriter, Manner
from connectors.nextcloud.client import CLOUD, Client, segment
from connectors.nextcloud.erasing import erase, erase_step, still_meant
from connectors.nextcloud.groups import ADMIN
from connectors.nextcloud.quota import UNLIMITED, bytes_of, stored
from connectors.nextcloud.room import Batch, Look, Rosters, Stage, Staged, held_against, located
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.changes import Create, Erase, Resume, Suspend, Update
from provisioner.model.errors import Permanent
from provisioner.model.inventory import Absent, Epoch, Observation, Present, Reading
from provisioner.model.ports import Ledger, Resolve
from provisioner.model.resources import FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text

PATCH_SINCE: Final = 34
"""The first major version that takes all fields of an account in one PATCH; before, each is a PUT of its own."""


class AccountRoom:
    """An account is made with its groups, fields and quota in one POST."""

    kind = Kind.ACCOUNT
    fields = accounts.FIELDS
    app: str | None = None
    operations = frozenset({steps.CREATE, steps.PATCH, steps.PUT, steps.ENABLE, steps.DISABLE, steps.ERASE})
    sharing: frozenset[str] = frozenset()

    def __init__(self, client: Client, target: str, settings: NextcloudSettings, ledger: Ledger) -> None:
        self._client = client
        self._settings = settings
        default = bytes_of(settings.default_quota)
        self._default_quota = UNLIMITED if default is None else stored(default)
        self.reader = Accounts(client, target, settings.page_size, self._default_quota)
        self._writer = AccountWriter(client, settings, ledger)

    def objection(self, name: str) -> Text | None:
        """Why the server would refuse this user id."""
        return accounts.objection(name)

    def canonical_name(self, name: str) -> str:
        """User ids are one in any case (observed)."""
        return name.lower()

    def canonical(self, field: FieldName, value: Value) -> Value:
        """With the server's default quota in place of none."""
        return accounts.canonical(field, value, self._default_quota)

    def address(self, remote_id: str, name: str) -> str | None:  # noqa: ARG002 - a port's signature
        """Nowhere: accounts are not linked to."""
        return None

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """All accounts, or the few that are sought; notes the groups that each is in."""
        if look.interest.only is None:
            observation, look.groups_of = self.reader.observe(look.own)
        else:
            observation, look.groups_of = self.reader.observe_only(look.own, look.sought(self.kind))
        return observation, {}

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """Without an observation before it, updates are compiled to PUTs, which every version has."""
        manner = Manner(
            patches=(self._client.major or 0) >= PATCH_SINCE,
            mails_password=self._settings.first_password == "mail",  # noqa: S105 - a way of making one
            welcome_mail=self._settings.welcome_mail,
            default_quota=self._default_quota,
        )
        for change in batch.of(self.kind):
            digest = batch.digest(change)
            if isinstance(change, Create):
                into = [
                    (join.id, batch.digest(join)) for join in batch.joins_of(change.id) if join.id.kind is Kind.GROUP
                ]
                yield Staged(Stage.ACCOUNTS, steps.create_step(change, digest, into, manner))
            elif isinstance(change, Update):
                for step in steps.update_steps(change, digest, manner.patches, manner.default_quota):
                    yield Staged(Stage.UPDATES, step)
            elif isinstance(change, Suspend | Resume):
                left = tuple(leave.id for leave in batch.leaves_of(change.id))
                yield Staged(Stage.SWITCHES, steps.switch_step(change, digest, left))
            elif isinstance(change, Erase):
                name = self.canonical_name(change.remote_id)
                yield Staged(Stage.ERASURES, erase_step(change, digest, steps.ERASE, name))

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """One account, read afresh. Raises `Permanent` rather than let an administrator or ourselves be erased."""
        account = self.reader.read_account(located(step, resolve))
        remote = None if account is None else account.remote
        if step.operation != steps.ERASE:
            return held_against(step, remote)
        if account is not None and (
            account.groups is None or ADMIN in account.groups or account.remote.remote_id == self.reader.own().id
        ):
            raise Permanent(Text.of("nextcloud.never_erased", name=step.name))
        return still_meant(step, remote)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write; a creation that is to be suspended is two."""
        match step.operation:
            case steps.CREATE:
                return self._writer.create(step, resolve)
            case steps.PATCH:
                return self._writer.patch(step)
            case steps.PUT:
                return self._writer.put(step)
            case steps.ENABLE:
                return self._writer.switch(step, "enable")
            case steps.DISABLE:
                return self._writer.switch(step, "disable")
            case steps.ERASE:
                return erase(self._client, f"{CLOUD}/users/{segment(step.remote_id or '')}", step, verified)
        raise Permanent(Text.of("nextcloud.unknown_operation", operation=step.operation))

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - there is no room for a marker
        """By exactly this user id."""
        account = self.reader.read_account(name)
        return Absent() if account is None else Present(account.remote, account.groups)

    def leave_epoch(self, epoch: Epoch) -> None:
        """Two requests, the write limited. What somebody else wrote there is never overwritten: `Permanent`."""
        own = self.reader.own()
        if not own.note_is_ours:
            raise Permanent(Text.of("nextcloud.note_not_ours", user=own.id))
        if own.epoch != epoch:
            self._writer.leave_note(own.id, accounts.note_of(epoch))

    def forget(self) -> None:
        """Nothing is kept."""
