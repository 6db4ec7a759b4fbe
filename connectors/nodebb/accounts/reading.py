"""Reading accounts: all of them page by page, or the few that are asked for."""

from collections.abc import Iterator
from typing import Final

from connectors.kit.paging import Listing, Page, numbered
from connectors.nodebb.accounts.shape import listed_account, shown_account
from connectors.nodebb.client import Client, Entry, Params, number_of, part
from provisioner.model.inventory import Complete, Observation, Partial, Remote, Scope
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
        completeness = listing.completeness(scope)
        objects: dict[str, Remote] = {}
        for identifier, item in listing.items.items():
            remote = shown_account(item) if self.provider is None else listed_account(item)
            if remote is None:
                completeness = Partial(scope, Text.of("nodebb.malformed_account", uid=identifier))
            else:
                objects[identifier] = remote
        return Observation(completeness, objects)

    def observe_few(self, sought: tuple[Sought, ...]) -> Observation:
        """One request for each that is tied; for others up to two: by name and by address."""
        objects = {remote.remote_id: remote for one in sought for remote in self._few(one)}
        only = frozenset(one.id.key for one in sought)
        return Observation(Complete(Scope(self._target, Kind.ACCOUNT, only=only)), objects)

    def read(self, uid: str) -> Remote | None:
        """One account; None: the server says that there is none."""
        if self.provider is not None:
            return self._asked("uid", uid)
        item = self._client.find_v3(f"/users/{part(uid)}")
        return None if item is None else self._shown(item)

    def named(self, username: str) -> Remote | None:
        """By exactly this username."""
        if self.provider is not None:
            return self._asked("username", username)
        item = self._client.find_page(f"/user/username/{part(username)}")
        remote = None if item is None else self._shown(item)
        return remote if remote is not None and remote.name == username else None

    def with_address(self, email: str) -> Remote | None:
        """Whoever has confirmed this address."""
        if self.provider is not None:
            return self._asked("email", email)
        item = self._client.find_page(f"/user/email/{part(email)}")
        return None if item is None else self._shown(item)

    def _asked(self, by: str, value: str) -> Remote | None:
        """One account, by the companion."""
        found = self._client.v3(f"{ties_path(self.provider or '')}/users", {by: value}).get("accounts")
        if not isinstance(found, list) or len(found) > 1:
            raise self._client.garbled("/plugins/readi-ties/{provider}/users")
        remote = listed_account(found[0]) if found and isinstance(found[0], dict) else None
        if found and remote is None:
            raise self._client.garbled("/plugins/readi-ties/{provider}/users")
        return remote

    def _shown(self, item: Entry) -> Remote:
        remote = shown_account(item)
        if remote is None:
            raise self._client.garbled("/users/{uid}")
        return remote

    def _few(self, one: Sought) -> Iterator[Remote]:
        if one.remote_id is not None:
            tied = self.read(one.remote_id)
            if tied is not None:
                yield tied
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
