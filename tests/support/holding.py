"""Makes an emulator hold exactly what is wanted, without one request: as if everything had been synchronised."""

from collections.abc import Callable
from typing import Final

from connectors.nextcloud.emulation.talk.state import MODERATOR
from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.folders.shape import RIGHTS
from connectors.nextcloud.quota import words
from provisioner.model.resources import Desired, EdgeRole, Kind, Resource, ResourceId

Address = Callable[[Kind, str, str], str | None]
"""As in `provisioner.model.ports.Capabilities`."""

_CREATED: Final = (Kind.GROUP, Kind.ACCOUNT, Kind.TEAM_FOLDER, Kind.CONVERSATION)


def hold(cloud: NextcloudEmulator, desired: Desired, owner: str, address: Address) -> dict[ResourceId, str]:
    """Fill it, and tell the remote ids of everything. ``owner``: the account that conversations belong to."""
    with cloud.lock:
        found = _Filling(cloud, desired, owner).done()
        for resource in desired.resources.values():  # once all are there that texts link to
            if resource.id.kind is Kind.CONVERSATION:
                cloud.talk.rooms[found[resource.id]].description = resource.late["description"].written(
                    # What has its place on another server leads nowhere from here.
                    lambda link: (
                        address(link.kind, found[link], desired.resources[link].name) if link in found else None
                    )
                )
    return found


class _Filling:
    def __init__(self, cloud: NextcloudEmulator, desired: Desired, owner: str) -> None:
        self._cloud, self._desired, self._owner = cloud, desired, owner
        self._found: dict[ResourceId, str] = {}
        self._groups_of: dict[str, list[str]] = {}
        for seats, members in desired.edges.items():
            if seats.container.kind is Kind.GROUP:
                for key in sorted(members):
                    self._groups_of.setdefault(key, []).append(desired.resources[seats.container].name)

    def done(self) -> dict[ResourceId, str]:
        for kind in _CREATED:
            for resource in self._desired.resources.values():
                if resource.id.kind is kind:
                    self._found[resource.id] = self._made(resource)
        self._let_in()
        return self._found

    def _made(self, resource: Resource) -> str:
        cloud, fields = self._cloud, resource.fields
        if resource.id.kind is Kind.GROUP:
            return cloud.accounts.add_group(resource.name, str(fields["display_name"])).id
        if resource.id.kind is Kind.ACCOUNT:
            quota = fields.get("quota")
            return cloud.accounts.add_user(
                resource.name,
                "",
                str(fields["display_name"]),
                str(fields["email"]),
                self._groups_of.get(resource.id.key, []),
                quota=words(quota) if isinstance(quota, int) and quota > 0 else "none",
                language=str(fields["language"]),
            ).id
        if resource.id.kind is Kind.TEAM_FOLDER:
            folder = cloud.folders.add(resource.name, acl=bool(fields.get("advanced_permissions")))
            quota = fields.get("quota")
            folder.quota = quota if isinstance(quota, int) else folder.quota
            return str(folder.id)
        switches = {"read_only": "read_only", "listable": "listed", "lobby": "lobby"}
        states = {theirs: int(fields.get(ours) is True) for theirs, ours in switches.items()}  # type: ignore[call-overload]
        return cloud.talk.add_room(resource.name, self._owner, **states).token

    def _let_in(self) -> None:
        edges = [
            (seats, ResourceId(seats.member, key))
            for seats, keys in self._desired.edges.items()
            for key in sorted(keys)
        ]
        for seats, member in edges:
            if seats.container.kind is Kind.TEAM_FOLDER:
                folder = self._cloud.folders.all[int(self._found[seats.container])]
                folder.groups[self._found[member]] = RIGHTS[seats.role]
                if seats.role is EdgeRole.MANAGER:
                    folder.managers.add(("group", self._found[member]))
            elif seats.container.kind is Kind.CONVERSATION and member.kind is Kind.GROUP:
                room = self._cloud.talk.rooms[self._found[seats.container]]
                self._cloud.talk.add_people(room, groups=[self._found[member]])
        for seats, member in edges:
            if seats.container.kind is Kind.CONVERSATION and seats.role is EdgeRole.MODERATOR:
                attendee = self._cloud.talk.rooms[self._found[seats.container]].find("users", self._found[member])
                if attendee is None:
                    raise ValueError(f"{member} moderates {seats.container} and is in none of its groups")
                attendee.type = MODERATOR
