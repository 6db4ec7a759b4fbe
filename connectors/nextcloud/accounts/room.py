"""Accounts as a room of the connector; see `connectors.kit.rooms`."""

from collections.abc import Iterator
from typing import Final

from connectors.kit.batch import Batch, located, text_of
from connectors.kit.rooms import Room, Rosters, Stage, Staged, held_against
from connectors.nextcloud.accounts import shape, steps
from connectors.nextcloud.accounts.oidc import steps as oidc_steps
from connectors.nextcloud.accounts.oidc.calls import OidcAccounts
from connectors.nextcloud.accounts.reading import Accounts
from connectors.nextcloud.accounts.steps import Manner
from connectors.nextcloud.accounts.writing import AccountWriter
from connectors.nextcloud.client import CLOUD, PRODUCT, Client, segment
from connectors.nextcloud.erasing import erase, erase_step, still_meant
from connectors.nextcloud.groups.shape import ADMIN
from connectors.nextcloud.look import NextcloudLook
from connectors.nextcloud.quota import UNLIMITED, bytes_of, stored
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.changes import Create, Erase, Join, Resume, Suspend, Update
from provisioner.model.errors import Permanent, Uncertain
from provisioner.model.inventory import Absent, Epoch, Observation, Present, Reading
from provisioner.model.ports import Ledger, Resolve
from provisioner.model.resources import FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text

PATCH_SINCE: Final = 34
"""The first major version that takes all fields of an account in one PATCH; before, each is a PUT of its own."""


class AccountRoom(Room[NextcloudLook]):
    """An account is made with its groups, fields and quota in one POST."""

    kind = Kind.ACCOUNT
    fields = shape.FIELDS
    operations = frozenset(
        {steps.CREATE, steps.PATCH, steps.PUT, steps.ENABLE, steps.DISABLE, steps.ERASE}
        | {oidc_steps.CREATE, oidc_steps.RENAME, oidc_steps.LANGUAGE}
    )

    def __init__(
        self, client: Client, target: str, settings: NextcloudSettings, ledger: Ledger, administrator: Client
    ) -> None:
        """``administrator``: for the calls of user_oidc alone."""
        self._client = client
        self._settings = settings
        default = bytes_of(settings.default_quota)
        self._default_quota = UNLIMITED if default is None else stored(default)
        provider = settings.user_oidc
        self.reader = Accounts(client, target, settings.page_size, self._default_quota, upserts=provider is not None)
        self._writer = AccountWriter(client, settings, ledger)
        self.oidc = None if provider is None else OidcAccounts(provider.provider_id, administrator, self.reader.whoever)
        self._upserted: set[str] = set()
        """Remote ids of those seen that user_oidc's call reaches."""

    def objection(self, name: str) -> Text | None:
        """Why the server would refuse this user id, or nobody could ever log in with it."""
        return shape.objection(name) if self.oidc is None else shape.objection_at_login(name)

    def canonical_name(self, name: str) -> str:
        """User ids are one in any case, but for those of user_oidc, which say so themselves (observed)."""
        return name.lower()

    def canonical(self, field: FieldName, value: Value) -> Value:
        """With the server's default quota in place of none."""
        return shape.canonical(field, value, self._default_quota)

    def observe(self, look: NextcloudLook) -> tuple[Observation, Rosters]:
        """All accounts, or the few that are sought; notes the groups that each is in."""
        if look.interest.only is None:
            observation, look.groups_of = self.reader.observe(look.own)
        else:
            observation, look.groups_of = self.reader.observe_only(look.own, look.sought(self.kind))
        if self.oidc is not None:
            seen = observation.objects.items()
            self._upserted |= {name for name, one in seen if shape.is_upserted(name, one.backend)}
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
                yield from self._compile_creation(change, digest, batch, manner)
            elif isinstance(change, Update):
                if "display_name" in change.after and change.remote_id in self._upserted:
                    yield Staged(Stage.UPDATES, oidc_steps.rename_step(change, digest, manner))
                    change = oidc_steps.without_name(change)
                for step in steps.update_steps(change, digest, manner.patches, manner.default_quota):
                    yield Staged(Stage.UPDATES, step)
            elif isinstance(change, Suspend | Resume):
                left = tuple(leave.id for leave in batch.leaves_of(change.id))
                yield Staged(Stage.SWITCHES, steps.switch_step(change, digest, left))
            elif isinstance(change, Erase):
                name = self.canonical_name(change.remote_id)
                yield Staged(Stage.ERASURES, erase_step(change, digest, steps.ERASE, name))

    def _compile_creation(self, change: Create, digest: str, batch: Batch, manner: Manner) -> Iterator[Staged]:
        joins = [
            (join, batch.digest(join))
            for join in batch.joins_of(change.id)
            if isinstance(join, Join) and join.id.kind is Kind.GROUP
        ]
        if self.oidc is None:
            into = [(join.id, its_digest) for join, its_digest in joins]
            yield Staged(Stage.ACCOUNTS, steps.create_step(change, digest, into, manner))
        else:
            yield from oidc_steps.create_steps(change, digest, joins, manner)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """One account, read afresh. Raises `Permanent` rather than let an administrator or ourselves be erased."""
        account = self.reader.read_account(located(step, resolve))
        remote = None if account is None else account.remote
        if step.operation != steps.ERASE:
            return held_against(step, remote, PRODUCT)
        if account is not None and (
            account.groups is None or ADMIN in account.groups or account.remote.remote_id == self.reader.own().id
        ):
            raise Permanent(Text.of("nextcloud.never_erased", name=step.name))
        return still_meant(step, remote)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write; a creation that is to be suspended is two."""
        match step.operation:
            case oidc_steps.CREATE | oidc_steps.RENAME | oidc_steps.LANGUAGE:
                return self._perform_for_login(step, verified, resolve)
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
        raise Permanent(Text.of("kit.unknown_operation", operation=step.operation))

    def _perform_for_login(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        if self.oidc is None:
            raise Permanent(Text.of("kit.unknown_operation", operation=step.operation))
        if step.operation == oidc_steps.CREATE:
            known = {key: text_of(step, key) for key in ("displayName", "email", "quota") if key in step.payload}
            name = self.oidc.create(text_of(step, "userid"), known)
            if step.payload.get("enabled") is False:
                self._writer.disable_at_once(name)
            return Done(name, fingerprint=shape.USER_OIDC)
        remote = None if verified is None else verified.remote
        if remote is None:
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        if step.operation == oidc_steps.RENAME:
            self.oidc.rename(remote, text_of(step, "displayName"))
        elif remote.fields.get("language") != step.effects.fields["language"]:
            language = text_of(step, "language")
            patches = (self._client.major or 0) >= PATCH_SINCE
            body = {"language": language} if patches else {"key": "language", "value": language}
            self._writer.edit(located(step, resolve), step.name, "PATCH" if patches else "PUT", body)
        return Done(located(step, resolve), fingerprint=remote.fingerprint)

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
            self._writer.leave_note(own.id, shape.note_of(epoch))
