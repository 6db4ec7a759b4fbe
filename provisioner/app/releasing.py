"""Unties what belongs to an id, by command: the way out when something of ours is lost over there.

Also when nobody but a ranger can tell what came of a creation whose answer was lost.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from provisioner.app.applying import lock_servers
from provisioner.app.focus import is_named
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.resources import ResourceId
from provisioner.model.text import Text
from provisioner.state import Bindings, Journal, Runs, Settlement, StepState


@dataclass(frozen=True, slots=True)
class Released:
    """One object that is no longer tied to the registry, or that counts as never made."""

    target: str
    id: ResourceId
    name: str


def release(site: Site, identity: str, only_targets: Sequence[str] = ()) -> list[Released]:
    """Forget the ties of a person, a body or an organisation. Asks no target and changes nothing over there.

    What still exists is offered for adoption by the next plan, what is gone is planned anew; so is what may have been
    created and could not be looked up. Raises `SettingsError` when nothing of that id is tied, `LockTaken` while a
    run is under way, `StateBehind` for an old database.
    """
    bindings, only = Bindings(site.database), frozenset((identity,))
    found: list[Released] = []
    with ExitStack() as stack:
        targets = stack.enter_context(site.targets(only_targets))
        locks = lock_servers(site, targets, stack)
        site.ties_log.check()
        for target in targets:
            ties = bindings.ties(site.network, target.name, target.server)
            for resource, binding in (*ties.bindings.items(), *ties.borrowed.items()):
                if is_named(resource.key, only):
                    bindings.release(site.network, target.name, resource)
                    found.append(Released(target.name, resource, binding.name))
            pending = [
                entry
                for entry in Runs(site.database).open_entries(site.network, target.name)
                if entry.creates and is_named(entry.resource.key, only)
            ]
            if pending:
                journal = Journal(locks[target.server], site.network, target.server, pending[-1].run)
                journal.settle([Settlement(entry, StepState.ABSENT) for entry in pending], site.clock.now())
            found += [
                Released(target.name, entry.resource, entry.name)
                for entry in pending
                if entry.resource not in ties.bindings
            ]
        site.ties_log.keep()
    if not found:
        raise SettingsError(Text.of("app.nothing_tied", id=identity))
    return found
