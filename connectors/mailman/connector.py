"""One Mailman as the core sees it: its users, and the lists of one mail domain."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from connectors.mailman import accounts, lists
from connectors.mailman import list_compiling as compiling
from connectors.mailman.account_reading import AccountReader
from connectors.mailman.account_writing import AccountWriter
from connectors.mailman.accounts import Account, compile_account
from connectors.mailman.bounces import ailing_addresses
from connectors.mailman.client import Client, Entry, segment
from connectors.mailman.doctor import examine
from connectors.mailman.list_compiling import compile_lists
from connectors.mailman.list_reading import ListReader, Rosters
from connectors.mailman.list_writing import ListWriter
from connectors.mailman.settings import MailmanSettings
from provisioner.model.changes import Change
from provisioner.model.errors import LoginRefused, Permanent, TargetError, Uncertain
from provisioner.model.inventory import (
    Absent,
    Epoch,
    Inventory,
    Observation,
    Partial,
    Present,
    Reading,
    Remote,
    Scope,
    Unknown,
)
from provisioner.model.ports import EVERYTHING, AilingAddress, Capabilities, Finding, Interest, Resolve, Sought, Wiring
from provisioner.model.resources import EdgeRole, FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text
from provisioner.model.words import field_word

_KINDS = (Kind.ACCOUNT, Kind.MAILING_LIST)


@dataclass(frozen=True, slots=True)
class _ReadAccount(Verified):
    """A fresh read of a user with all addresses."""

    account: Account


@dataclass(frozen=True, slots=True)
class _ReadRoster(Verified):
    """A fresh read of everybody in one role of a list."""

    entries: tuple[Entry, ...]


class MailmanConnector:
    """A target that is a Mailman; see `provisioner.model.ports.Connector`."""

    def __init__(self, target: str, settings: MailmanSettings, wiring: Wiring) -> None:
        self._target = target
        self._settings = settings
        self._wiring = wiring
        self._client = Client(settings, wiring.gate, wiring.clock)
        self._accounts = AccountReader(self._client, target)
        self._account_writer = AccountWriter(self._client, self._accounts)
        self._lists = ListReader(self._client, target)
        self._list_writer = ListWriter(self._client, self._lists, self._accounts)

    def capabilities(self) -> Capabilities:
        """Users without names of their own, and lists."""
        return Capabilities(
            fields={Kind.ACCOUNT: accounts.FIELDS, Kind.MAILING_LIST: lists.FIELDS},
            canonical_name=_canonical_name,
            objection=_objection,
            canonical=_canonical,
            address=self._address,
            only_members=True,
            unique_emails=True,
        )

    def examine(self) -> Iterator[Finding]:
        """What doctor asks. Never writes, never raises `TargetError`, sends the password to no stranger."""
        return examine(self._settings, self._client, self._wiring)

    def ailing_addresses(self) -> Iterator[AilingAddress]:
        """Whoever gets no mail of our lists any more, because too much of it came back. Raises `TargetError`."""
        return ailing_addresses(self._client)

    def observe(self, kinds: Collection[Kind], interest: Interest = EVERYTHING) -> Inventory:
        """One request for the domain, and what the kinds cost (see the readers).

        Without the domain nothing is known of anything. Raises `LoginRefused`, or whatever kept even the first
        request from being answered; later failures make what they hit Partial.
        """
        if not self._lists.has_domain():
            gone = Text.of("mailman.domain_missing", domain=self._settings.domain)
            return Inventory(self._target, {kind: self._partial(kind, gone) for kind in kinds if kind in _KINDS})
        observations: dict[Kind, Observation] = {}
        rosters: Rosters = {}
        if Kind.ACCOUNT in kinds:
            observations[Kind.ACCOUNT] = self._observe_accounts(interest)
        if Kind.MAILING_LIST in kinds:
            try:
                observations[Kind.MAILING_LIST], rosters = self._observe_lists(interest)
            except LoginRefused:
                raise
            except TargetError as error:
                observations[Kind.MAILING_LIST] = self._partial(Kind.MAILING_LIST, error.text)
        return Inventory(self._target, observations, rosters)

    def compile(self, changes: Sequence[Change], resolve: Resolve) -> Sequence[Step]:
        """New users and lists, then who is put on them, then all else; what is erased goes last, lists first."""
        people = [step for change in changes if change.id.kind is Kind.ACCOUNT for step in compile_account(change)]
        of_lists = compile_lists(changes, resolve, self._lists.told_of_changes)
        return [
            *(step for step in people if step.operation == accounts.CREATE),
            *of_lists.creations,
            *(step for step in people if step.operation == accounts.UPDATE),
            *of_lists.subscriptions,
            *of_lists.updates,
            *of_lists.departures,
            *of_lists.erasures,
            *(step for step in people if step.operation == accounts.ERASE),
        ]

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """Read the step's object afresh, typed, and hold it against what the plan saw. Raises `TargetError`."""
        remote_id = step.remote_id if step.remote_id is not None else resolve(step.id)
        match step.operation:
            case accounts.UPDATE:
                account = self._accounts.read(remote_id)
                held = _held_against(step, None if account is None else account.remote())
                return held if isinstance(held, Moved) or account is None else _ReadAccount(held.remote, account)
            case compiling.SET:
                return _held_against(step, self._lists.read(remote_id))
            case compiling.UNSUBSCRIBE:
                remote = self._lists.read(remote_id)
                role = EdgeRole.MEMBER if step.payload["role"] == "member" else EdgeRole.MODERATOR
                if remote is None:
                    return Moved(Text.of("mailman.gone", name=step.name))
                return _ReadRoster(remote, self._lists.members(remote_id, role))
            case accounts.ERASE:
                return self._verify_erased_user(step, remote_id)
            case compiling.ERASE:
                remote = self._lists.read(remote_id)
                if remote is not None and remote.fingerprint != step.payload["fingerprint"]:
                    return Moved(Text.of("mailman.replaced", name=step.name))
                return Verified(remote)
        raise Permanent(Text.of("mailman.unknown_operation", operation=step.operation))

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """Do it. Raises `OutcomeUnknown` when the write may have happened, else the fitting `TargetError`."""
        if verified is None and step.expects is not None:
            raise Uncertain(Text.of("mailman.not_verified", name=step.name))
        if step.operation in (accounts.ERASE, compiling.ERASE) and verified is not None and verified.remote is None:
            return Done(step.remote_id or "", note=Text.of("mailman.erased_already", name=step.name))
        match step.operation:
            case accounts.CREATE:
                return self._account_writer.create(step)
            case accounts.UPDATE:
                if not isinstance(verified, _ReadAccount):
                    raise Uncertain(Text.of("mailman.not_verified", name=step.name))
                return self._account_writer.update(step, verified.account)
            case accounts.ERASE:
                return self._account_writer.erase(step)
            case compiling.CREATE:
                return self._list_writer.create(step)
        list_id = step.remote_id if step.remote_id is not None else resolve(step.id)
        match step.operation:
            case compiling.SET:
                return self._list_writer.set(step, list_id)
            case compiling.SUBSCRIBE:
                return self._list_writer.subscribe(step, list_id, resolve)
            case compiling.UNSUBSCRIBE:
                entries = verified.entries if isinstance(verified, _ReadRoster) else None
                return self._list_writer.unsubscribe(step, list_id, entries, resolve)
            case compiling.ERASE:
                return self._list_writer.erase(list_id)
        raise Permanent(Text.of("mailman.unknown_operation", operation=step.operation))

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """Does it exist? A list by its name, a user by an address. Raises `TargetError`."""
        if identity.kind is Kind.MAILING_LIST:
            remote = self._lists.read(self._lists.list_id(name))
            return Absent() if remote is None else Present(remote)
        address = self._accounts.address(name)
        account = None if address is None or not address.user else self._accounts.read(address.user)
        return Absent() if account is None else Present(account.remote())

    def leave_epoch(self, epoch: Epoch) -> None:
        """Nothing: Mailman has no place that is ours alone and that nobody sees."""

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._client.close()

    def _observe_accounts(self, interest: Interest) -> Observation:
        try:
            if interest.only is None:
                return self._accounts.observe(interest)
            return self._accounts.observe_few(one for one in interest.only if one.id.kind is Kind.ACCOUNT)
        except LoginRefused:
            raise
        except TargetError as error:
            return self._partial(Kind.ACCOUNT, error.text)

    def _observe_lists(self, interest: Interest) -> tuple[Observation, Rosters]:
        if interest.only is None:
            return self._lists.observe(interest)
        observation, rosters = self._lists.observe_few(one for one in interest.only if one.id.kind is Kind.MAILING_LIST)
        tied = {remote_id for kind, remote_id in interest.bound if kind is Kind.MAILING_LIST}
        others = sorted(tied - observation.objects.keys())
        sought = [one for one in interest.only if one.id.kind is Kind.ACCOUNT]
        return observation, {**self._lists.seats_of(self._people(sought), others), **rosters}

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

    def _verify_erased_user(self, step: Step, user: str) -> Verified:
        """What is gone already is done. Raises `Permanent` rather than let a chief of the server be erased."""
        entry = self._client.find(f"/users/{segment(user)}")
        if entry is None:
            return Verified(None)
        if entry.get("is_server_owner") is not False:
            raise Permanent(Text.of("mailman.never_erased", name=step.name))
        return Verified(Remote(user, step.name, {}, user))

    def _partial(self, kind: Kind, why: Text) -> Observation:
        return Observation(Partial(Scope(self._target, kind), why))

    def _address(self, kind: Kind, remote_id: str, name: str) -> str | None:
        return self._settings.address_of(remote_id, name) if kind is Kind.MAILING_LIST else None


def _canonical_name(kind: Kind, name: str) -> str:
    return name.lower() if kind in _KINDS else name


def _objection(kind: Kind, name: str) -> Text | None:
    return lists.objection(name) if kind is Kind.MAILING_LIST else None


def _canonical(kind: Kind, field: FieldName, value: Value) -> Value:
    if kind is Kind.ACCOUNT:
        return accounts.canonical(field, value)
    return lists.canonical(field, value) if kind is Kind.MAILING_LIST else value


def _held_against(step: Step, remote: Remote | None) -> Verified | Moved:
    """What a fresh read says about the fields that the step expects; what can't be read speaks for nothing."""
    if remote is None:
        return Moved(Text.of("mailman.gone", name=step.name))
    for field, expected in (step.expects or {}).items():
        seen = remote.fields.get(field)
        if seen != expected and not isinstance(seen, Unknown):
            return Moved(Text.of("mailman.field_moved", name=step.name, field=field_word(field)))
    return Verified(remote)
