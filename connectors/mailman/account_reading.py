"""Reading users: all addresses in pages, and who they belong to."""

from collections.abc import Iterable, Mapping

from connectors.kit.answers import text
from connectors.mailman.accounts import Account, Address, address_of, by_user
from connectors.mailman.client import Client, segment
from provisioner.model.inventory import (
    Complete,
    Completeness,
    Observation,
    Partial,
    Remote,
    Scope,
)
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import Kind
from provisioner.model.text import Text


class AccountReader:
    """The users of one Mailman, whatever domain their lists are in: there is one address book for all.

    Remembers who has which address, for as long as the connector is open: whoever is put on a list is asked for by it.
    """

    def __init__(self, client: Client, target: str) -> None:
        self._client = client
        self._scope = Scope(target, Kind.ACCOUNT)
        self._known: dict[str, Account] = {}

    def observe(self, interest: Interest) -> Observation:
        """max(1, ⌈addresses / page size⌉) requests, and one for each user with several. Raises `TargetError`."""
        listing = self._client.pages("/addresses", "email")
        found = {
            user: self._account(user, addresses)
            for user, addresses in by_user(map(address_of, listing.entries)).items()
        }
        ours = {remote_id for kind, remote_id in interest.bound if kind is Kind.ACCOUNT}
        completeness: Completeness = Complete(self._scope)
        if listing.gap is not None:
            completeness = Partial(self._scope, listing.gap)
        elif ours and not found:
            completeness = Partial(self._scope, Text.of("mailman.accounts_emptied"))
        self._known |= found
        return Observation(completeness, {user: account.remote() for user, account in found.items()})

    def observe_few(self, sought: Iterable[Sought]) -> Observation:
        """No more than these: by their ids, and by address whoever is not tied. Raises `TargetError`."""
        sought = tuple(sought)
        scope = Scope(self._scope.target, Kind.ACCOUNT, only=frozenset(one.id.key for one in sought))
        objects: dict[str, Remote] = {}
        for one in sought:
            account = self.read(one.remote_id) if one.remote_id is not None else self._with_address(one.email)
            if account is not None:
                objects[account.id] = account.remote()
        return Observation(Complete(scope), objects)

    def read(self, user: str) -> Account | None:
        """One user, fresh; None when Mailman itself says that there is no such. Raises `TargetError`."""
        if self._client.find(f"/users/{segment(user)}") is None:
            self._known.pop(user, None)
            return None
        addresses = self._client.whole(f"/users/{segment(user)}/addresses", "email")
        account = self._account(user, tuple(map(address_of, addresses)))
        self._known[user] = account
        return account

    def email_of(self, user: str) -> str:
        """The address that somebody is put on lists with; "" for none. Asks only for those who were not read yet."""
        account = self._known.get(user) or self.read(user)
        primary = None if account is None else account.primary
        return "" if primary is None else primary.email

    def known(self) -> Mapping[str, Account]:
        """Those who were read."""
        return self._known

    def remember(self, account: Account) -> None:
        """Somebody who was just made."""
        self._known[account.id] = account

    def forget(self, user: str) -> None:
        """Its addresses changed."""
        self._known.pop(user, None)

    def address(self, email: str) -> Address | None:
        """One address, fresh; None when Mailman itself says that there is no such."""
        entry = self._client.find(f"/addresses/{segment(email)}")
        return None if entry is None else address_of(entry)

    def _with_address(self, email: str | None) -> Account | None:
        found = self.address(email.lower()) if email else None
        return None if found is None or not found.user else self.read(found.user)

    def _account(self, user: str, addresses: tuple[Address, ...]) -> Account:
        if len(addresses) < 2:
            return Account(user, addresses)
        chosen = self._client.find(f"/users/{segment(user)}/preferred_address")
        return Account(user, addresses, "" if chosen is None else text(chosen, "email"))
