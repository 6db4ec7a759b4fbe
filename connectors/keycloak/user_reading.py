"""Reading accounts: all of them, one, or the few that somebody asks about; and which groups and roles one has."""

from collections.abc import Iterable, Mapping

from connectors.keycloak.client import Client, segment
from connectors.keycloak.listing import Item, identifier_of, rest_of_list, whole_list
from connectors.keycloak.token import MANAGEMENT, Bearer
from connectors.keycloak.users import Evidence, is_federated, objection, remote_of
from connectors.kit.answers import Refusal
from provisioner.model.errors import Garbled
from provisioner.model.inventory import Complete, Observation, Partial, Remote, Scope
from provisioner.model.ports import Sought
from provisioner.model.resources import Kind
from provisioner.model.text import Text

ENOUGH: frozenset[str] = frozenset({"manage-users", "view-users"})
"""Who has one of these rights is shown everybody. With less, lists come back short or empty, with 200 (observed)."""


class Users:
    """The accounts of one realm. Service accounts are in no list (observed)."""

    def __init__(self, client: Client, target: str) -> None:
        self._client = client
        self._scope = Scope(target, Kind.ACCOUNT)
        self.evidence = Evidence()

    def observe(self, bearer: Bearer, expected: bool) -> Observation:
        """All accounts: max(1, ⌈P / page size⌉) requests, and at most two.

        ``expected``: some are tied to the registry, so that an empty list is an odd one.
        """
        listed = whole_list(self._client, "/users", {"briefRepresentation": "false"})
        items, why = dict(listed.items), listed.gap
        if any(is_federated(item) for item in items.values()):
            # A directory's people are checked after a page was cut: a short page need not be the last (read in source).
            count = self._count()
            if len(items) < count:
                items = rest_of_list(self._client, "/users", items, {"briefRepresentation": "false"})
            if len(items) < count:
                why = Text.of("keycloak.list_short", count=count - len(items))
        if ENOUGH.isdisjoint(bearer.rights):
            why = Text.of("keycloak.sees_few", rights="manage-users")
        elif expected and not items:
            why = Text.of("keycloak.nobody_left")
        found = self._remotes(items.values())
        if len(found) < len(items):
            why = why or self._client.garbled("/users").text
        return Observation(Complete(self._scope) if why is None else Partial(self._scope, why), found)

    def observe_only(self, bearer: Bearer, sought: Iterable[Sought]) -> Observation:
        """The accounts that are tied to, called, or addressed as those that are sought: one or two requests each."""
        asked = tuple(sought)
        items: dict[str, Item] = {}
        for one in asked:
            items |= {identifier_of(item): item for item in self._candidates(one)}
        found = self._remotes(items.values())
        if ENOUGH.isdisjoint(bearer.rights):
            return Observation(Partial(self._scope, Text.of("keycloak.sees_few", rights="manage-users")), found)
        only = frozenset(one.id.key for one in asked)
        return Observation(Complete(Scope(self._scope.target, Kind.ACCOUNT, only=only)), found)

    def read(self, remote_id: str) -> Item | None:
        """One account as it stands there, with its links; None when the server says that there is none."""
        item = self._client.find(f"/users/{segment(remote_id)}", {"userProfileMetadata": "true"})
        if item is not None and identifier_of(item) != remote_id:
            raise self._client.garbled("/users/{id}")
        return item

    def remote(self, item: Item) -> Remote:
        """Of one that was read alone. Raises `Garbled`."""
        found = self._remotes([item]).get(identifier_of(item))
        if found is None:
            raise self._client.garbled("/users/{id}")
        return found

    def named(self, name: str) -> list[Item]:
        """Who has exactly this username, in any case. At most one."""
        items = self._search({"username": name, "exact": "true"})
        return [item for item in items if str(item.get("username", "")).lower() == name.lower()]

    def marked(self, marker: str) -> list[Item]:
        """Who carries exactly this mark (quoted: it holds colons, which the server takes for its own)."""
        return self._search({"q": f'readi:"{marker}"'})

    def linked(self, alias: str, foreign_id: str) -> list[Item]:
        """Who is linked to this account at an identity provider. The server hinders nobody from linking it twice."""
        return self._search({"idpAlias": alias, "idpUserId": foreign_id})

    def groups_of(self, remote_id: str) -> Mapping[str, Item] | None:
        """The groups that somebody is in, by id, whole; None: there is no such account."""
        try:
            path = f"/users/{segment(remote_id)}/groups"
            listed = whole_list(self._client, path, {"briefRepresentation": "true"})
        except Refusal as refusal:
            if self._client.is_gone(refusal):
                return None
            raise
        if listed.gap is not None:
            raise Garbled(listed.gap)
        return listed.items

    def roles_of(self, remote_id: str) -> Mapping[str, Item] | None:
        """The realm roles that somebody was given themselves, by id, in one request; None: no such account."""
        try:
            items = self._client.items(f"/users/{segment(remote_id)}/role-mappings/realm")
        except Refusal as refusal:
            if self._client.is_gone(refusal):
                return None
            raise
        return {identifier_of(item): item for item in items}

    def administers(self, remote_id: str, own: str) -> bool:
        """Whether somebody has a right to administer the realm, be it through a role or a group. Two requests."""
        mappings = self._client.get(f"/users/{segment(own)}/role-mappings")
        value: object = mappings
        for key in ("clientMappings", MANAGEMENT, "id"):
            value = value.get(key) if isinstance(value, dict) else None
        if not isinstance(value, str):  # we ourselves have ours through a group: nothing can be ruled out
            return True
        path = f"/users/{segment(remote_id)}/role-mappings/clients/{segment(value)}/composite"
        return bool(self._client.items(path))

    def _count(self) -> int:
        count = self._client.get("/users/count")
        if not isinstance(count, int):
            raise self._client.garbled("/users/count")
        return count

    def _candidates(self, one: Sought) -> list[Item]:
        if one.remote_id is not None:
            item = self.read(one.remote_id)
            return [] if item is None else [item]
        found = self.named(one.name) if objection(one.name) is None else []
        if one.email:
            found += self._search({"email": one.email, "exact": "true"})
        return found

    def _search(self, params: Mapping[str, str]) -> list[Item]:
        most = self._client.settings.page_size
        return self._client.items("/users", {**params, "briefRepresentation": "false", "first": 0, "max": most})

    def _remotes(self, items: Iterable[Item]) -> dict[str, Remote]:
        """By id. Asks for the realm's user profile unless the accounts themselves tell enough of it."""
        seen = tuple(items)
        self.evidence.learn_from(seen)
        if not self.evidence.is_enough:
            profile = self._client.get("/users/profile")
            if not isinstance(profile, dict):
                raise self._client.garbled("/users/profile")
            self.evidence.learn_profile(profile)
        kept = self.evidence.kept()
        found = (remote_of(item, kept) for item in seen)
        return {remote.remote_id: remote for remote in found if remote is not None}
