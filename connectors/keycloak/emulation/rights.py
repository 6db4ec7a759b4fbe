"""What a service account may do, by its roles of realm-management. Each role was tried alone on Keycloak 26.4."""

from __future__ import annotations

from collections.abc import Iterable

_BRINGS = {"view-users": ("query-users", "query-groups"), "view-clients": ("query-clients",)}


class Rights:
    """Of one token: what its roles allow. Roles given or taken later change nothing until the next token (observed)."""

    def __init__(self, roles: Iterable[str]) -> None:
        given = set(roles)
        self.roles = frozenset(given.union(*(_BRINGS.get(role, ()) for role in given)))

    def _any(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)

    @property
    def some(self) -> bool:
        """Whether it is let in at all."""
        return bool(self.roles)

    @property
    def manage_users(self) -> bool:
        """Users, groups, links, memberships, mappings."""
        return self._any("manage-users")

    @property
    def view_users(self) -> bool:
        """The same, to read."""
        return self._any("manage-users", "view-users")

    @property
    def query_users(self) -> bool:
        """May list users: without the right to view them the list is empty."""
        return self._any("manage-users", "view-users", "query-users")

    @property
    def query_groups(self) -> bool:
        """May list groups: without the right to view them the list is empty."""
        return self._any("manage-users", "view-users", "query-groups")

    @property
    def view_realm(self) -> bool:
        return self._any("view-realm", "manage-realm")

    @property
    def manage_realm(self) -> bool:
        """Realm roles and the user profile."""
        return self._any("manage-realm")

    @property
    def list_roles(self) -> bool:
        return self.view_realm or self._any("query-users", "query-groups", "query-realms", "query-clients")

    @property
    def view_providers(self) -> bool:
        return self._any("view-identity-providers", "manage-identity-providers")

    @property
    def view_clients(self) -> bool:
        return self._any("view-clients", "manage-clients")

    @property
    def query_clients(self) -> bool:
        return self._any("view-clients", "manage-clients", "query-clients")
