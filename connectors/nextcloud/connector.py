"""One Nextcloud as the core sees it: puts client, accounts, groups and memberships together."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from connectors.nextcloud import account_steps as writing
from connectors.nextcloud import accounts, groups, memberships
from connectors.nextcloud.account_steps import Manner
from connectors.nextcloud.accounts import Accounts
from connectors.nextcloud.client import Client
from connectors.nextcloud.compiling import PATCH_SINCE, compile_steps
from connectors.nextcloud.doctor import examine
from connectors.nextcloud.groups import Groups
from connectors.nextcloud.quota import UNLIMITED, bytes_of, stored
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.changes import Change
from provisioner.model.errors import Garbled, Permanent, Uncertain
from provisioner.model.inventory import (
    Absent,
    Complete,
    Completeness,
    Epoch,
    Inventory,
    Level,
    Observation,
    Partial,
    Present,
    Reading,
    Remote,
    Roster,
    Scope,
)
from provisioner.model.ports import EVERYTHING, Capabilities, Finding, Interest, Resolve, Wiring
from provisioner.model.resources import Edge, FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text
from provisioner.model.words import field_word


class NextcloudConnector:
    """A target that is a Nextcloud; see `provisioner.model.ports.Connector`."""

    def __init__(self, target: str, settings: NextcloudSettings, wiring: Wiring) -> None:
        self._target = target
        self._settings = settings
        self._wiring = wiring
        default = bytes_of(settings.default_quota)
        self._default_quota = UNLIMITED if default is None else stored(default)
        self._client = Client(settings, wiring.gate, wiring.clock)
        self._accounts = Accounts(self._client, target, settings.page_size, self._default_quota)
        self._groups = Groups(self._client, target, settings.page_size)
        self._writer = writing.AccountWriter(self._client, settings, wiring.ledger)

    def capabilities(self) -> Capabilities:
        """What a Nextcloud can hold. User ids are one in any case, group ids are not (observed)."""
        return Capabilities(
            fields={Kind.ACCOUNT: accounts.FIELDS, Kind.GROUP: groups.FIELDS},
            canonical_name=lambda kind, name: name.lower() if kind is Kind.ACCOUNT else name,
            objection=lambda kind, name: (accounts if kind is Kind.ACCOUNT else groups).objection(name),
            canonical=self._canonical,
            limits={writing.EDIT_BUCKET: (self._settings.edit_limit, self._settings.edit_window)},
        )

    def examine(self) -> Iterator[Finding]:
        """What doctor asks. Never writes, never raises `TargetError`, sends the password to no stranger."""
        return examine(self._settings, self._client, self._wiring)

    def observe(self, kinds: Collection[Kind], interest: Interest = EVERYTHING) -> Inventory:  # noqa: ARG002 - reads all
        """All of these kinds; groups' members only together with the accounts, which tell them.

        ⌈P / page size⌉ + ⌈G / page size⌉ + 6 requests. Raises `LoginRefused`, or whatever kept even the first
        request from being answered; later failures make what they hit Partial.
        """
        self._client.learn_version()
        own = self._accounts.own()
        observations: dict[Kind, Observation] = {}
        rosters: Mapping[tuple[Kind, str], Roster] = {}
        groups_of: Mapping[str, frozenset[str]] | None = None
        if Kind.ACCOUNT in kinds:
            observations[Kind.ACCOUNT], groups_of = self._accounts.observe(own)
        if Kind.GROUP in kinds:
            observations[Kind.GROUP] = self._groups.observe()
            rosters = self._rosters(observations[Kind.GROUP].objects, groups_of)
        return Inventory(self._target, observations, rosters, own.id)

    def compile(self, changes: Sequence[Change], resolve: Resolve) -> Sequence[Step]:
        """Groups, accounts with all they need in one POST, joins, updates, leaves, switches. Pure.

        Without an observation before it, updates are compiled to PUTs, which every version has.
        """
        manner = Manner(
            patches=(self._client.major or 0) >= PATCH_SINCE,
            mails_password=self._settings.first_password == "mail",  # noqa: S105 - a way of making one
            welcome_mail=self._settings.welcome_mail,
            default_quota=self._default_quota,
        )
        return compile_steps(changes, resolve, manner)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """Read the step's object afresh, typed, and hold it against what the plan saw. Raises `TargetError`."""
        if step.expects_edge is not None:
            return self._verify_edge(step, step.expects_edge, resolve)
        identifier = step.remote_id or ""
        remote = self._fresh(step.id.kind, identifier)
        if remote is None:
            return Moved(Text.of("nextcloud.gone", name=identifier))
        for field, expected in (step.expects or {}).items():
            if remote.fields.get(field) != expected:
                return Moved(Text.of("nextcloud.field_moved", name=identifier, field=field_word(field)))
        return Verified(remote)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """Do it. Raises `OutcomeUnknown` when the write may have happened, else the fitting `TargetError`."""
        if verified is None and (step.expects is not None or step.expects_edge is not None):
            raise Uncertain(Text.of("nextcloud.not_verified", name=step.name))
        match step.operation:
            case groups.CREATE:
                return self._groups.create(step)
            case groups.RENAME:
                return self._groups.rename(step)
            case writing.CREATE:
                return self._writer.create(step, resolve)
            case writing.PATCH:
                return self._writer.patch(step)
            case writing.PUT:
                return self._writer.put(step)
            case writing.ENABLE:
                return self._writer.switch(step, "enable")
            case writing.DISABLE:
                return self._writer.switch(step, "disable")
            case memberships.JOIN:
                return memberships.join(self._client, step, resolve)
            case memberships.LEAVE:
                return memberships.leave(self._client, step, resolve)
        raise Permanent(Text.of("nextcloud.unknown_operation", operation=step.operation))

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """Does it exist under exactly this name? Raises `TargetError` when that can't be known."""
        if identity.kind is Kind.GROUP:
            remote = self._groups.read_group(name)
            return Absent() if remote is None else Present(remote)
        account = self._accounts.read_account(name)
        return Absent() if account is None else Present(account.remote, account.groups)

    def leave_epoch(self, epoch: Epoch) -> None:
        """Nothing yet: no room was found for it."""

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._client.close()

    def _canonical(self, kind: Kind, field: FieldName, value: Value) -> Value:
        if kind is Kind.GROUP:
            return groups.canonical(field, value)
        return accounts.canonical(field, value, self._default_quota)

    def _rosters(
        self, found: Mapping[str, Remote], groups_of: Mapping[str, frozenset[str]] | None
    ) -> Mapping[tuple[Kind, str], Roster]:
        """The members of each group, turned round from the accounts; of none completely unless of all accounts."""
        members: dict[str, set[str]] = {identifier: set() for identifier in found}
        for account, containers in (groups_of or {}).items():
            for container in containers & members.keys():
                members[container].add(account)
        rosters: dict[tuple[Kind, str], Roster] = {}
        for identifier, inside in members.items():
            scope = Scope(self._target, Kind.GROUP, identifier)
            completeness: Completeness = Complete(scope, Level.FIELDS)
            if groups_of is None:
                completeness = Partial(scope, Text.of("nextcloud.members_unknown", group=identifier))
            rosters[Kind.GROUP, identifier] = Roster.of_accounts(completeness, frozenset(inside))
        return rosters

    def _verify_edge(self, step: Step, edge: Edge, resolve: Resolve) -> Verified | Moved:
        user_id = resolve(ResourceId(edge.seats.member, edge.member))
        account = self._accounts.read_account(user_id)
        if account is None:
            return Moved(Text.of("nextcloud.gone", name=user_id))
        if account.groups is None:
            raise Garbled(Text.of("nextcloud.malformed", id=user_id))
        if (step.remote_id or "") not in account.groups:
            return Moved(Text.of("nextcloud.edge_gone", name=user_id, group=step.remote_id or ""))
        return Verified(account.remote)

    def _fresh(self, kind: Kind, identifier: str) -> Remote | None:
        if kind is Kind.GROUP:
            return self._groups.read_group(identifier)
        account = self._accounts.read_account(identifier)
        return None if account is None else account.remote
