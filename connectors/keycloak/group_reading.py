"""Reading groups: the children of our parent group, and nothing outside of it."""

from collections.abc import Mapping
from typing import Final

from connectors.keycloak.attributes import DISPLAY_NAME, attribute, marker_in
from connectors.keycloak.client import Client, segment
from connectors.keycloak.listing import Item, identifier_of, whole_list
from connectors.keycloak.token import MANAGEMENT
from connectors.kit.answers import Params, Refusal
from connectors.kit.paging import Listing
from provisioner.model.errors import Permanent
from provisioner.model.inventory import Remote
from provisioner.model.resources import FieldName, Mode, Value
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {"name": Mode.CREATE_ONLY, "display_name": Mode.MANAGED}
"""The name is what other systems read in the token: given once."""
LONGEST: Final = 255
"""Characters of a name; from 256 on the server fails (500, observed)."""


def objection(name: str) -> Text | None:
    """Why we do not make a group of this name. Most of these the server would accept."""
    if not name or name != name.strip() or not name.isprintable():
        return Text.of("keycloak.group_name_unprintable", name=name)
    if len(name) > LONGEST:
        return Text.of("keycloak.name_too_long", name=name, most=LONGEST)
    return None


def canonical(field: FieldName, value: Value) -> Value:
    """An attribute has no empty value."""
    return value or None if isinstance(value, str) else value


def gives_power(item: Item) -> bool:
    """Whether who is in this group may administer the realm by it (roles are told with the group, observed)."""
    roles = item.get("clientRoles")
    return isinstance(roles, dict) and bool(roles.get(MANAGEMENT))


def remote_of(item: Item, *, writable: bool = True) -> Remote | None:
    """One group as the planner knows it; None where it does not tell id and name.

    Without a display name of its own, people read its name. One that gives power over the realm is only shown: neither
    its fields nor its members are ours to write.
    """
    identifier, name = identifier_of(item), item.get("name")
    if not identifier or not isinstance(name, str) or not name:
        return None
    return Remote(
        remote_id=identifier,
        name=name,
        fields={"name": name, "display_name": attribute(item, DISPLAY_NAME) or name},
        fingerprint=identifier,
        writable=None if writable and not gives_power(item) else frozenset(),
        marker=marker_in(item),
    )


class Groups:
    """The groups below the parent group of one realm."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._names: dict[str, str] = {}
        """By id, as last read or made in this run."""

    def parent(self) -> Item | None:
        """The parent group with its attributes; None where there is none of this name, or none that we may see.

        Raises `TargetError`.
        """
        name = self._client.settings.parent_group
        params: Params = {"search": name, "exact": "true", "briefRepresentation": "false", "first": 0, "max": 101}
        found = [item for item in self._client.items("/groups", params) if item.get("name") == name]
        # A search finds groups at any depth, and gives the top ones with what it found below (observed).
        return found[0] if found else None

    def parent_id(self) -> str:
        """Raises `Permanent` where the parent group is not found."""
        parent = self.parent()
        if parent is None:
            raise Permanent(Text.of("keycloak.no_parent", group=self._client.settings.parent_group))
        return identifier_of(parent)

    def children(self, parent: str) -> Listing:
        """All of ours: max(1, ⌈G / page size⌉) requests."""
        listed = whole_list(self._client, f"/groups/{segment(parent)}/children", {"briefRepresentation": "false"})
        for identifier, item in listed.items.items():
            self.remember(identifier, item)
        return listed

    def named(self, parent: str, name: str) -> Item | None:
        """The child of exactly this name. Names differ by case (observed)."""
        params: Params = {"search": name, "exact": "true", "briefRepresentation": "false", "first": 0, "max": 101}
        found = self._client.items(f"/groups/{segment(parent)}/children", params)
        return next((item for item in found if item.get("name") == name), None)

    def read(self, identifier: str, parent: str | None = None) -> Item | None:
        """One group with its attributes; None when there is none, or it is not (any more) a child of ``parent``."""
        item = self._client.find(f"/groups/{segment(identifier)}")
        if item is None or (parent is not None and item.get("parentId") != parent):
            return None
        if identifier_of(item) != identifier:
            raise self._client.garbled("/groups/{id}")
        self.remember(identifier, item)
        return item

    def remember(self, identifier: str, item: Mapping[str, object]) -> None:
        """What a group is called, for paths."""
        name = item.get("name")
        if isinstance(name, str):
            self._names[identifier] = name

    def name_of(self, identifier: str) -> str:
        """Read, unless this run knows it. Raises `TargetError`."""
        if identifier not in self._names and self.read(identifier) is None:
            raise Permanent(Text.of("keycloak.gone", name=identifier))
        return self._names[identifier]

    def members(self, identifier: str) -> Listing | None:
        """Who is in it: max(1, ⌈m / page size⌉) requests; None when the server says that there is no such group."""
        return members_of(self._client, f"/groups/{segment(identifier)}/members")


def members_of(client: Client, path: str) -> Listing | None:
    """A container's members; None when the server says that there is no such container. Raises `TargetError`."""
    try:
        return whole_list(client, path, {"briefRepresentation": "true"})
    except Refusal as refusal:
        if client.is_gone(refusal):
            return None
        raise
