"""A big network that is in order, and was never synchronised over HTTP: server and database are filled at once."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from connectors.nextcloud.emulator import NextcloudEmulator
from policies.desire import desire
from provisioner.app.site import Site
from provisioner.model.bindings import Binding
from provisioner.model.ports import Capabilities
from provisioner.model.registry import Registry
from provisioner.model.resources import Desired, Edge, FieldName, Kind, ResourceId, Value
from provisioner.registry.loading import Loaded
from provisioner.state.bindings import BindingWriter
from tests.support.holding import hold
from tests.support.networks import held
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
        wanted = desire(registry, self.site.inputs().policy, self.site.today(registry.time_zone))
        with self.site.targets() as [target]:
            capabilities, server = target.connector.capabilities(), target.server
        desired = held(wanted, capabilities)
        found = hold(cloud, desired, SERVICE[0], capabilities.address)
        self._tie(desired, capabilities, server, found)

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
