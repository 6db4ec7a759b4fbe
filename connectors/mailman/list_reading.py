"""Reading lists: which there are in our domain, how they are set, and who is on them."""

from collections.abc import Iterable, Mapping
from typing import Final

from connectors.kit.answers import Entry, text
from connectors.mailman.client import Client, segment, user_of
from connectors.mailman.lists import ROLES, remote_of
from provisioner.model.errors import LoginRefused, TargetError
from provisioner.model.inventory import (
    Complete,
    Completeness,
    Observation,
    Partial,
    Remote,
    Roster,
    Scope,
)
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import EdgeRole, Kind, ResourceId
from provisioner.model.text import Text

Rosters = dict[tuple[Kind, str], Roster]

_KIND: Final = Kind.MAILING_LIST


class ListReader:
    """The lists of one mail domain."""

    def __init__(self, client: Client, target: str) -> None:
        self._client = client
        self._domain = client.settings.domain
        self._scope = Scope(target, _KIND)
        self._styles: frozenset[str] | None = None
        self._languages: frozenset[str] | None = None
        self.told_of_changes: dict[str, int] = {}
        """List → how many owners get a mail whenever somebody is put on it, as of the last look."""

    def has_domain(self) -> bool:
        """Whether Mailman still knows our domain: without it every list is "not found"."""
        return self._client.find(f"/domains/{segment(self._domain)}") is not None

    def observe(self, interest: Interest) -> tuple[Observation, Rosters]:
        """All lists of the domain; settings and members of those alone that somebody asked about.

        max(1, ⌈lists / page size⌉) requests, and for each list of interest one for its settings and one a page of
        its members and of its owners. Raises `TargetError`.
        """
        listing = self._client.pages(f"/domains/{segment(self._domain)}/lists", "list_id")
        ours = {remote_id for kind, remote_id in interest.bound if kind is _KIND}
        completeness: Completeness = Complete(self._scope)
        if listing.gap is not None:
            completeness = Partial(self._scope, listing.gap)
        elif ours and not listing.entries:
            completeness = Partial(self._scope, Text.of("mailman.lists_emptied", domain=self._domain))
        objects: dict[str, Remote] = {}
        rosters: Rosters = {}
        for entry in listing.entries:
            list_id, name = text(entry, "list_id"), text(entry, "list_name")
            if list_id in ours or (_KIND, name) in interest.names or interest.everybody:
                objects[list_id], rosters[_KIND, list_id] = self._whole(entry, list_id)
            else:
                objects[list_id] = remote_of(entry, None)
        return Observation(completeness, objects), rosters

    def observe_few(self, sought: Iterable[Sought]) -> tuple[Observation, Rosters]:
        """No more than these, by id or name: three requests each, and further pages of members."""
        sought = tuple(sought)
        scope = Scope(self._scope.target, _KIND, only=frozenset(one.id.key for one in sought))
        objects: dict[str, Remote] = {}
        rosters: Rosters = {}
        for list_id in dict.fromkeys(one.remote_id or self.list_id(one.name) for one in sought):
            entry = self._entry(list_id)
            if entry is not None:
                objects[list_id], rosters[_KIND, list_id] = self._whole(entry, list_id)
        return Observation(Complete(scope), objects), rosters

    def seats_of(self, people: Mapping[ResourceId, tuple[str, tuple[str, ...]]], lists: Iterable[str]) -> Rosters:
        """Rosters of these lists that speak of a few people alone. ``people``: their user ids and all their addresses.

        One request a page for each address: it tells all that somebody is in. Raises `TargetError`.
        """
        seated: dict[tuple[str, str], set[str]] = {}
        for user, emails in people.values():
            for email in emails:
                for entry in self._client.whole("/members/find", "member_id", {"subscriber": email}):
                    seated.setdefault((text(entry, "list_id"), text(entry, "role")), set()).add(user)
        only = frozenset(identity.key for identity in people)
        return {
            (_KIND, list_id): Roster(
                Complete(Scope(self._scope.target, _KIND, list_id, only)),
                {(role, Kind.ACCOUNT): frozenset(seated.get((list_id, word), ())) for role, word in ROLES.items()},
            )
            for list_id in lists
        }

    def list_id(self, name: str) -> str:
        """What a list of this name is called, or would be."""
        return f"{name.lower()}.{self._domain}"

    def read(self, list_id: str) -> Remote | None:
        """One list with its settings, fresh; None when Mailman itself says that there is no such."""
        entry = self._entry(list_id)
        return None if entry is None else remote_of(entry, self._config(list_id))

    def members(self, list_id: str, role: EdgeRole) -> tuple[Entry, ...]:
        """Everybody in a role, fresh. Raises `TargetError`, also where somebody came or went meanwhile."""
        return self._client.whole(f"/lists/{segment(list_id)}/roster/{ROLES[role]}", "member_id")

    def styles(self) -> frozenset[str]:
        """The styles that new lists can have; asked for once."""
        if self._styles is None:
            found = self._client.entry("/lists/styles").get("style_names")
            self._styles = frozenset(map(str, found)) if isinstance(found, list) else frozenset()
        return self._styles

    def languages(self) -> frozenset[str]:
        """The languages that lists can have; asked for once. One that is not known is refused with all else."""
        if self._languages is None:
            found = self._client.entry("/system/configuration").get("sections")
            sections = [str(one) for one in found] if isinstance(found, list) else []
            self._languages = frozenset(one.partition(".")[2] for one in sections if one.startswith("language."))
        return self._languages

    def _entry(self, list_id: str) -> Entry | None:
        """One list of our domain; one of another is none of ours."""
        entry = self._client.find(f"/lists/{segment(list_id)}")
        return entry if entry is not None and text(entry, "mail_host") == self._domain else None

    def _config(self, list_id: str) -> Entry:
        return self._client.entry(f"/lists/{segment(list_id)}/config")

    def _whole(self, entry: Entry, list_id: str) -> tuple[Remote, Roster]:
        """One list of interest; what can't be read of it is its own trouble."""
        config: Entry | None = None
        scope = Scope(self._scope.target, _KIND, list_id)
        try:
            config = self._config(list_id)
            seated = {role: self.members(list_id, role) for role in ROLES}
        except LoginRefused:
            raise
        except TargetError as error:
            return remote_of(entry, config), Roster(Partial(scope, error.text))
        self.told_of_changes[list_id] = (
            len(seated[EdgeRole.MODERATOR]) if config.get("admin_notify_mchanges") is True else 0
        )
        members = {
            (role, Kind.ACCOUNT): frozenset(user for entry in entries if (user := user_of(entry)))
            for role, entries in seated.items()
        }
        return remote_of(entry, config), Roster(Complete(scope), members)
