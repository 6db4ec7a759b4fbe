"""Reading accounts: all of them, one, or the few that somebody asks about."""

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Final

from connectors.nextcloud.accounts.shape import Account, Own, account_of, objection, own_of
from connectors.nextcloud.client import CLOUD, Client, OcsRefusal, garbled, segment
from connectors.nextcloud.listing import first_page, identifiers, pages, reconcile
from provisioner.model.errors import LoginRefused, TargetError
from provisioner.model.inventory import (
    Absent,
    Complete,
    Level,
    Observation,
    Partial,
    Present,
    Reading,
    Scope,
    Unreadable,
)
from provisioner.model.ports import Sought
from provisioner.model.resources import Kind
from provisioner.model.text import Text

TELLING: Final = 5
"""So many letters in common, and one search for them finds a user id and an address without finding everybody."""

DETAILS: Final = f"{CLOUD}/users/details"

Groups = Mapping[str, frozenset[str]]
"""The groups that each account is in."""


class Accounts:
    """The accounts of one target."""

    def __init__(
        self, client: Client, target: str, page_size: int, default_quota: int, *, upserts: bool = False
    ) -> None:
        self._client = client
        self._scope = Scope(target, Kind.ACCOUNT)
        self._page_size = page_size
        self._default_quota = default_quota
        self._upserts = upserts

    def own(self) -> Own:
        """Our technical account as the server sees it (one request). Raises `TargetError`."""
        path = f"{CLOUD}/user"
        item = self._client.get(path)
        own = own_of(item)
        if own is None:
            raise garbled(path)
        return own

    def observe(self, own: Own) -> tuple[Observation, Groups | None]:
        """All accounts, and for each the groups it is in (None: not known of everybody, so of no group's members).

        ⌈P / page size⌉ + 2 requests. Complete when pages and the list of all ids agree, our own account is among
        them, and we are not a mere sub-admin.
        """
        seen: dict[str, Account] = {}
        try:
            for _, item in pages(self._client, DETAILS, "users", self._page_size):
                account = self._account_of(item)
                if account is not None and account.groups is not None:  # else it is read by itself below
                    seen[account.remote.remote_id] = account
            stated = identifiers(self._client, f"{CLOUD}/users", "users")
            found, disputed = reconcile(seen, stated, self.read, _keep)
        except LoginRefused:
            raise
        except TargetError as error:
            return self._partial(seen, error.text)
        if disputed:
            return self._partial(found, Text.of("kit.list_moved", count=disputed))
        if own.sees_only_its_groups:
            return self._partial(found, Text.of("nextcloud.only_sub_admin", user=own.id))
        if own.id not in found:
            return self._partial(found, Text.of("nextcloud.own_account_missing", user=own.id))
        return self._complete(self._scope, found)

    def observe_only(self, own: Own, sought: Iterable[Sought]) -> tuple[Observation, Groups | None]:
        """The accounts that are tied to, called, or addressed as those that are sought, and no others.

        One request for what is tied. One more or two for what is not: whoever has its name or its address.
        """
        asked = tuple(sought)
        found: dict[str, Account] = {}
        try:
            for one in asked:
                found |= {account.remote.remote_id: account for account in self._candidates(one)}
        except LoginRefused:
            raise
        except TargetError as error:
            return self._partial(found, error.text)
        if own.sees_only_its_groups:
            return self._partial(found, Text.of("nextcloud.only_sub_admin", user=own.id))
        scope = Scope(self._scope.target, Kind.ACCOUNT, only=frozenset(one.id.key for one in asked))
        return self._complete(scope, found)

    def read(self, identifier: str) -> Reading:
        """One account with its groups, typed. Raises `LoginRefused` alone."""
        try:
            account = self.read_account(identifier)
        except LoginRefused:
            raise
        except TargetError as error:
            return Unreadable(error.text)
        return Absent() if account is None else Present(account.remote, account.groups)

    def read_account(self, identifier: str) -> Account | None:
        """One account; None when there is none of exactly this id.

        Another case or an e-mail address finds somebody too (observed): then the list of ids decides. Raises
        `TargetError`.
        """
        account = self.whoever(identifier)
        if account is None or account.remote.remote_id == identifier:
            return account
        if identifier in identifiers(self._client, f"{CLOUD}/users", "users", search=identifier):
            raise garbled(_path(identifier))
        return None

    def whoever(self, identifier: str) -> Account | None:
        """The account that the server finds for these letters: of this id, of it in another case, or by its address.

        Whom a login brings along is looked up just so. Raises `TargetError`.
        """
        path = _path(identifier)
        try:
            account = self._account_of(self._client.get(path))
        except OcsRefusal as refusal:
            # 404/404 "User does not exist"; 404/998 is what somebody without rights gets for those who do exist.
            if refusal.code == 404:
                return None
            raise
        if account is None:
            raise garbled(path)
        return account

    def _account_of(self, item: object) -> Account | None:
        return account_of(item, self._default_quota, upserts=self._upserts)

    def _candidates(self, one: Sought) -> list[Account]:
        """The account that is tied; or those that have the name or the address."""
        if one.remote_id is not None:
            account = self.read_account(one.remote_id)
            return [] if account is None else [account]
        address = (one.email or "").strip().lower()
        letters = _in_common(one.name.lower(), address)
        if letters:
            both = self._search(letters)
            if both is not None:
                return [account for account in both if account.remote.name == one.name or _has(account, address)]
        # A name that the server would refuse has nobody, and some of these would make a path that means something else.
        account = self.read_account(one.name) if objection(one.name) is None else None
        named = [] if account is None else [account]
        if not address:
            return named
        addressed = self._search(address)
        if addressed is None:
            raise garbled(DETAILS)
        return named + [account for account in addressed if _has(account, address)]

    def _search(self, letters: str) -> list[Account] | None:
        """All accounts whose id, display name or address holds these letters; None: more than a page of them.

        The server compares without regard to case and takes no letter for a wildcard (observed). Raises `TargetError`.
        """
        items = first_page(self._client, DETAILS, "users", self._page_size, letters)
        if items is None:
            return None
        found = [self._account_of(item) for item in items]
        if None in found:
            raise garbled(DETAILS)
        return [account for account in found if account is not None]

    def _complete(self, scope: Scope, found: Mapping[str, Account]) -> tuple[Observation, Groups | None]:
        objects = {identifier: account.remote for identifier, account in found.items()}
        groups = {identifier: account.groups for identifier, account in found.items() if account.groups is not None}
        whole = len(groups) == len(found)
        level = Level.FIELDS if whole else Level.KEYS
        return Observation(Complete(scope, level), objects), groups if whole else None

    def _partial(self, found: Mapping[str, Account], why: Text) -> tuple[Observation, Groups | None]:
        objects = {identifier: account.remote for identifier, account in found.items()}
        return Observation(Partial(self._scope, why), objects), None


def _path(identifier: str) -> str:
    return f"{CLOUD}/users/{segment(identifier)}"


def _keep(present: Present) -> Account:
    return Account(present.remote, present.edges)


def _has(account: Account, address: str) -> bool:
    return bool(address) and account.remote.fields["email"] == address


def _in_common(name: str, address: str) -> str:
    """The longest part that a user id and an address share, where it tells something; else ""."""
    at, _, size = SequenceMatcher(None, name, address, autojunk=False).find_longest_match()
    return name[at : at + size] if size >= TELLING else ""
