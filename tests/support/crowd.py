"""A big network that is in order, and was never synchronised over HTTP: server and database are filled at once."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from connectors.nextcloud.emulation.talk_state import MODERATOR
from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.folders import RIGHTS
from connectors.nextcloud.quota import words
from policies.desire import desire
from provisioner.app.site import Site
from provisioner.model.bindings import Binding
from provisioner.model.ports import Capabilities
from provisioner.model.registry import Registry
from provisioner.model.resources import Desired, Edge, EdgeRole, FieldName, Kind, Resource, ResourceId, Value
from provisioner.registry.loading import Loaded
from provisioner.state.bindings import BindingWriter
from tests.support.site import SERVICE, Installation

TARGET: Final = "cloud"


class Crowd:
    """The network on the emulator. ``registry`` may be exchanged; nothing of it is ever written to a file."""

    def __init__(self, folder: Path, cloud: NextcloudEmulator, registry: Registry) -> None:
        installation = Installation(folder, cloud)
        installation.wish.network = registry.network
        installation.write()
        self.cloud = cloud
        self.registry = registry
        self.site = Site.open(installation.settings, clock=cloud.clock)
        self.site.read_registry = lambda: Loaded(self.registry, (), "")  # type: ignore[method-assign]
        desired = desire(registry, self.site.inputs().policy, self.site.today(registry.time_zone))
        with self.site.targets() as [target]:
            capabilities, server = target.connector.capabilities(), target.server
        with cloud.lock:
            found = self._fill(desired)
        for resource in desired.resources.values():  # once all are there that texts link to
            if "description" in resource.late:
                cloud.talk.rooms[found[resource.id]].description = resource.late["description"].written(
                    lambda link: capabilities.address(link.kind, found[link], desired.resources[link].name)
                )
        self._tie(desired, capabilities, server, found)

    def _fill(self, desired: Desired) -> dict[ResourceId, str]:
        """Remote ids of everything."""
        cloud, found = self.cloud, dict[ResourceId, str]()
        names = {one.id: one.name for one in desired.resources.values()}
        for resource in desired.resources.values():
            if resource.id.kind is Kind.GROUP:
                shown = resource.fields["display_name"]
                cloud.accounts.add_group(resource.name, shown if isinstance(shown, str) else None)
                found[resource.id] = resource.name
        groups_of: dict[str, list[str]] = {}
        for seats, members in desired.edges.items():
            if seats.container.kind is Kind.GROUP:
                for key in sorted(members):
                    groups_of.setdefault(key, []).append(names[seats.container])
        for resource in desired.resources.values():
            if resource.id.kind is Kind.ACCOUNT:
                self._add_account(resource, groups_of.get(resource.id.key, []))
                found[resource.id] = resource.name
        for resource in desired.resources.values():
            if resource.id.kind is Kind.TEAM_FOLDER:
                folder = cloud.folders.add(resource.name, acl=bool(resource.fields.get("advanced_permissions")))
                quota = resource.fields.get("quota")
                folder.quota = quota if isinstance(quota, int) else folder.quota
                found[resource.id] = str(folder.id)
            elif resource.id.kind is Kind.CONVERSATION:
                found[resource.id] = cloud.talk.add_room(resource.name, SERVICE[0]).token
        self._let_in(desired, found)
        return found

    def _add_account(self, resource: Resource, groups: list[str]) -> None:
        text = {name: str(resource.fields[name]) for name in ("display_name", "email", "language")}  # type: ignore[index]
        quota = resource.fields.get("quota")
        room = words(quota) if isinstance(quota, int) and quota > 0 else "none"
        self.cloud.accounts.add_user(
            resource.name, "", text["display_name"], text["email"], groups, quota=room, language=text["language"]
        )

    def _let_in(self, desired: Desired, found: dict[ResourceId, str]) -> None:
        edges = [
            (seats, ResourceId(seats.member, key)) for seats, keys in desired.edges.items() for key in sorted(keys)
        ]
        for seats, member in edges:
            if seats.container.kind is Kind.TEAM_FOLDER:
                folder = self.cloud.folders.all[int(found[seats.container])]
                folder.groups[found[member]] = RIGHTS[seats.role]
                if seats.role is EdgeRole.MANAGER:
                    folder.managers.add(("group", found[member]))
            elif seats.container.kind is Kind.CONVERSATION and member.kind is Kind.GROUP:
                self.cloud.talk.add_people(self.cloud.talk.rooms[found[seats.container]], groups=[found[member]])
        for seats, member in edges:
            if seats.container.kind is Kind.CONVERSATION and seats.role is EdgeRole.MODERATOR:
                attendee = self.cloud.talk.rooms[found[seats.container]].find("users", found[member])
                assert attendee is not None
                attendee.type = MODERATOR

    def _tie(self, desired: Desired, capabilities: Capabilities, server: str, found: dict[ResourceId, str]) -> None:
        now = datetime(2026, 1, 5, tzinfo=UTC)
        with self.site.database.writing() as connection:
            writer = BindingWriter(connection, self.site.network, TARGET, server)
            for resource in desired.resources.values():
                kind = resource.id.kind
                applied: dict[FieldName, Value] = {
                    name: capabilities.canonical(kind, name, resource.fields.get(name))
                    for name in capabilities.fields[kind]
                    if name in resource.fields
                }
                if kind is Kind.CONVERSATION:
                    applied["description"] = self.cloud.talk.rooms[found[resource.id]].description
                writer.bind(Binding(resource.id, found[resource.id], resource.name, "", applied), now)
            writer.join(Edge(seats, key) for seats, keys in desired.edges.items() for key in keys)
            writer._facts.note()
        self.site.ties_log.keep()
