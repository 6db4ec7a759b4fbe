"""Reading accounts: all of them page by page, or the few that are asked for."""

from collections.abc import Iterator
from typing import Final

from connectors.kit.paging import Listing, Page, numbered
from connectors.nodebb.accounts import listed_account, number_of, shown_account
from connectors.nodebb.client import Client, Entry, Params, part
from provisioner.model.inventory import Complete, Completeness, Observation, Partial, Remote, Scope
from provisioner.model.ports import Sought
from provisioner.model.resources import Kind
from provisioner.model.text import Text

A_PAGE: Final = 500
READINGS: Final = 2


def ties_path(provider: str) -> str:
    """Where our companion plugin answers."""
    return f"/plugins/readi-ties/{part(provider)}"


class Accounts:
    """The accounts of one forum."""

    def __init__(self, client: Client, target: str) -> None:
        self._client = client
        self._target = target
        self.provider = client.settings.login_provider

    def observe(self) -> Observation:
        """Everybody: max(1, ⌈P / 500⌉) requests."""
        scope = Scope(self._target, Kind.ACCOUNT)
        listing = self._listed()
        completeness: Completeness = Complete(scope) if listing.gap is None else Partial(scope, listing.gap)
        objects: dict[str, Remote] = {}
        for identifier, item in listing.items.items():
            remote = shown_account(item, None) if self.provider is None else listed_account(item)
            if remote is None:
                completeness = Partial(scope, Text.of("nodebb.malformed_account", uid=identifier))
            else:
                objects[identifier] = remote
        return Observation(completeness, objects)

    def observe_few(self, sought: tuple[Sought, ...]) -> Observation:
        """One request for each that is tied; for others up to three: by name, by address, by the login's id."""
        objects = {remote.remote_id: remote for one in sought for remote in self._few(one)}
        only = frozenset(one.id.key for one in sought)
        return Observation(Complete(Scope(self._target, Kind.ACCOUNT, only=only)), objects)

    def read(self, uid: str) -> Entry | None:
        """One account as the forum shows it; None: the server says that there is none."""
        return self._client.find_v3(f"/users/{part(uid)}")

    def remote(self, item: Entry) -> Remote:
        """An account that was read by itself. Raises `Garbled`."""
        remote = shown_account(item, self.provider)
        if remote is None:
            raise self._client.garbled("/users/{uid}")
        return remote

    def named(self, username: str) -> Remote | None:
        """By exactly this username."""
        item = self._client.find_page(f"/user/username/{part(username)}")
        remote = None if item is None else self.remote(item)
        return remote if remote is not None and remote.name == username else None

    def with_address(self, email: str) -> Remote | None:
        """Whoever has confirmed this address."""
        item = self._client.find_page(f"/user/email/{part(email)}")
        return None if item is None else self.remote(item)

    def ties(self) -> dict[str, str]:
        """By the login's id the number of the account, by our companion: one request."""
        if self.provider is None:
            return {}
        found = self._client.v3(ties_path(self.provider)).get("ties")
        if not isinstance(found, dict):
            raise self._client.garbled("/plugins/readi-ties/{provider}")
        return {str(login): str(uid) for login, uid in found.items()}

    def _few(self, one: Sought) -> Iterator[Remote]:
        if one.remote_id is not None:
            item = self.read(one.remote_id)
            if item is not None:
                yield self.remote(item)
            return
        if one.name:
            named = self.named(one.name)
            if named is not None:
                yield named
        if one.email:
            holder = self.with_address(one.email)
            if holder is not None:
                yield holder

    def _listed(self) -> Listing:
        def page(number: int) -> Page:
            if self.provider is not None:
                answer = self._client.v3(f"{ties_path(self.provider)}/users", {"page": number})
                return _page(self._client, answer, "accounts", number)
            order: Params = {"page": number, "resultsPerPage": A_PAGE, "sortBy": "joindate", "sortDirection": "asc"}
            return _page(self._client, self._client.page("/admin/manage/users", order), "users", number)

        return numbered(page, number_of, readings=READINGS)


def _page(client: Client, answer: Entry, key: str, number: int) -> Page:
    entries, count = answer.get(key), answer.get("pageCount")
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries) or not isinstance(count, int):
        raise client.garbled(f"/users ({key})")
    return Page(entries, is_last=number >= count)
