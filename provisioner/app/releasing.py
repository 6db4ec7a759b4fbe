"""Unties what belongs to an id, by command: the way out when something of ours is lost over there."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from provisioner.app.applying import lock_servers
from provisioner.app.focus import is_named
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.resources import ResourceId
from provisioner.model.text import Text
from provisioner.state import Bindings


@dataclass(frozen=True, slots=True)
class Released:
    """One object that is no longer tied to the registry."""

    target: str
    id: ResourceId
    name: str


def release(site: Site, identity: str, only_targets: Sequence[str] = ()) -> list[Released]:
    """Forget the ties of a person, a body or an organisation. Asks no target and changes nothing over there.

    What still exists is offered for adoption by the next plan, what is gone is planned anew. Raises `SettingsError`
    when nothing of that id is tied, `LockTaken` while a run is under way, `StateBehind` for an old database.
    """
    bindings = Bindings(site.database)
    found: list[Released] = []
    with ExitStack() as stack:
        targets = stack.enter_context(site.targets(only_targets))
        lock_servers(site, targets, stack)
        site.ties_log.check()
        for target in targets:
            ties = bindings.ties(site.network, target.name, target.server)
            for resource, binding in (*ties.bindings.items(), *ties.borrowed.items()):
                if is_named(resource.key, frozenset((identity,))):
                    bindings.release(site.network, target.name, resource)
                    found.append(Released(target.name, resource, binding.name))
        site.ties_log.keep()
    if not found:
        raise SettingsError(Text.of("app.nothing_tied", id=identity))
    return found
