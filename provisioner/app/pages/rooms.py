"""Which rooms a body has and which accounts a person, and where people open them. Asks no target."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from policies.desire import body_key, person_key
from provisioner.app.addresses import address
from provisioner.app.site import Site
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Kind
from provisioner.state import TiedTo

ROOMS: Final = (
    Kind.MEETING_ROOM,
    Kind.TEAM_FOLDER,
    Kind.CONVERSATION,
    Kind.FORUM_CATEGORY,
    Kind.WIKI_SPACE,
    Kind.CALENDAR,
    Kind.MAILING_LIST,
)
"""What people know of a body, in the order in which it is shown; groups are the administrators' business."""


@dataclass(frozen=True, slots=True)
class Room:
    """One room of a body, as it is over there since the last apply."""

    kind: Kind
    target: str
    name: str
    address: str | None
    """Where people open it; None: it has no page."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a person."""

    target: str
    name: str
    enabled: bool
    """False: suspended."""
    borrowed: bool
    """Another network owns it."""


def rooms_of(site: Site, bodies: Collection[str], kinds: Collection[Kind] = ROOMS) -> Mapping[str, tuple[Room, ...]]:
    """By body, in the order of ``kinds``. Raises `SettingsError`, `StateError`."""
    capabilities = _capabilities(site)
    of_key = {body_key(body): body for body in bodies}
    found: defaultdict[str, list[Room]] = defaultdict(list)
    for one in TiedTo(site.database, site.network, capabilities.keys()).find(of_key.keys(), kinds):
        binding = one.binding
        where = address(site, capabilities[one.target], binding.id, binding.remote_id, binding.name)
        found[of_key[binding.id.key]].append(Room(binding.id.kind, one.target, binding.name, where))
    order = tuple(kinds)
    return {body: tuple(sorted(rooms, key=lambda room: order.index(room.kind))) for body, rooms in found.items()}


def accounts_of(site: Site, person: str) -> tuple[Account, ...]:
    """In the order of the targets. Raises `SettingsError`, `StateError`."""
    found = TiedTo(site.database, site.network, site.target_names()).find((person_key(person),), (Kind.ACCOUNT,))
    return tuple(
        Account(one.target, one.binding.name, one.binding.applied.get("enabled") is not False, one.borrowed)
        for one in found
    )


def _capabilities(site: Site) -> dict[str, Capabilities]:
    with site.targets() as targets:
        return {target.name: target.connector.capabilities() for target in targets}
