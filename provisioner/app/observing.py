"""Reads the targets, each with what the database knows of it, and settles what earlier runs left open."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from provisioner.app.connectors import Target
from provisioner.app.focus import Focused, found_again, seen, whole
from provisioner.app.site import Site
from provisioner.execution import settle, settled
from provisioner.model.bindings import Binding, Ties
from provisioner.model.errors import LoginRefused, TargetError
from provisioner.model.inventory import Inventory, Present
from provisioner.model.ports import Capabilities, Interest, Known
from provisioner.model.resources import Desired, Kind, ResourceId
from provisioner.model.text import Text
from provisioner.state import Bindings, Entry, Epochs, Remembered, Runs, Settlement, StepState

MEMBER_KINDS: Final = (Kind.ACCOUNT, Kind.GROUP)
"""What can be a member of something."""

Aim = Callable[[Target, Ties], Focused]
"""From a target and all that is tied there to what is looked at."""


@dataclass(frozen=True, slots=True)
class View:
    """One target as this plan saw it. ``inventory`` is None when it could not be observed at all.

    ``known``: all that is tied there; ``ties``, ``desired``: as far as this plan is about it (see
    `provisioner.app.focus`).
    """

    target: Target
    known: Ties
    ties: Ties
    desired: Desired
    inventory: Inventory | None = None
    capabilities: Capabilities | None = None
    error: TargetError | None = None
    settlements: tuple[Settlement, ...] = ()
    """What became of steps that earlier runs left open; known here, written down by apply."""
    missing: tuple[ResourceId, ...] = ()
    """See `provisioner.app.focus.Focused`."""
    behind: Text | None = None
    """Why nothing may be written there: a newer database was at work, or another one."""
    restored: Text | None = None
    """The target is older than what we last left in it."""
    reading: Mapping[str, int] = field(default_factory=dict)
    """What the reading took of what the server limits, by the limit's name."""
    remembered: Mapping[ResourceId, Binding] = field(default_factory=dict)
    """What earlier runs borrowed; of a view with a plan ``ties.borrowed`` is what this plan borrows."""


def everything(target: Target, ties: Ties) -> Focused:
    """An `Aim`: look at all that there is."""
    return whole(Desired(), ties, target.type.kinds)


def everybody(target: Target, ties: Ties) -> Focused:
    """An `Aim`: look at all that there is, with the members of everything, whatever is tied or wanted."""
    focused = everything(target, ties)
    return replace(focused, interest=replace(focused.interest, everybody=True))


def ties_of(site: Site, targets: Sequence[Target]) -> dict[str, Ties]:
    """All that the database knows of these targets. Raises `StateError`."""
    bindings = Bindings(site.database)
    return {target.name: bindings.ties(site.network, target.name, target.server) for target in targets}


@contextmanager
def everywhere(site: Site, targets: Sequence[Target]) -> Iterator[list[Target]]:
    """All targets of the network in the order of the settings; those that are not open yet are opened meanwhile.

    Raises `SettingsError`.
    """
    opened = {target.name: target for target in targets}
    others = [name for name in site.target_names() if name not in opened]
    if not others:
        yield [opened[name] for name in site.target_names()]
        return
    with site.targets(others) as more:
        opened |= {target.name: target for target in more}
        yield [opened[name] for name in site.target_names()]


def observe(
    site: Site, targets: Sequence[Target], aim: Aim = everything, known: Mapping[str, Ties] | None = None
) -> dict[str, View]:
    """Read every target, several at once. ``known``: the `ties_of` them, when they were read already.

    Targets with the same account on the same server are read one by one: when its log-in is refused for one, it is
    not tried for the others, since a server locks an address that keeps trying. Raises `StateError`.
    """
    tied = known if known is not None else ties_of(site, targets)

    def look_in_turn(doors: Sequence[Target]) -> list[View]:
        found: list[View] = []
        for target in doors:
            ties = tied[target.name]
            refused = next((view.error for view in found if isinstance(view.error, LoginRefused)), None)
            if refused is None:
                found.append(_look(site, target, ties, aim(target, ties)))
            else:
                found.append(View(target, ties, ties, Desired(), error=refused))
        return found

    if not targets:
        return {}
    doors: dict[tuple[str, str], list[Target]] = {}
    for target in targets:
        doors.setdefault((target.server, target.account), []).append(target)
    with ThreadPoolExecutor(max_workers=len(doors), thread_name_prefix="observe") as pool:
        views = {view.target.name: view for found in pool.map(look_in_turn, doors.values()) for view in found}
    return {target.name: views[target.name] for target in targets}


def _look(site: Site, target: Target, known: Ties, focused: Focused) -> View:
    ties, before = focused.ties, dict(target.spent)
    try:
        inventory = _read(site, target, focused.interest)
    except TargetError as error:
        return View(target, known, ties, focused.desired, error=error)
    capabilities = target.connector.capabilities()
    open_entries = [
        entry for entry in Runs(site.database).open_entries(site.network, target.name) if focused.has(entry.resource)
    ]
    settlements: tuple[Settlement, ...] = ()
    if open_entries:
        try:
            settlements = tuple(_settlements(target, open_entries, inventory, known))
            if any(made.remote is not None for made in settlements):
                inventory = _read(site, target, found_again(focused.interest, settled(ties, settlements)))
        except TargetError as error:
            return View(target, known, ties, focused.desired, error=error)
    desired, ties, inventory = seen(focused, inventory)
    return View(
        target,
        settled(known, settlements),
        settled(ties, settlements),
        desired,
        inventory,
        capabilities,
        settlements=settlements,
        missing=focused.missing,
        behind=_behind(site, target, inventory),
        restored=_restored(site, inventory),
        reading={name: count - before.get(name, 0) for name, count in target.spent.items()},
        remembered=ties.borrowed,
    )


def _settlements(target: Target, entries: Sequence[Entry], inventory: Inventory, known: Ties) -> Iterator[Settlement]:
    """What the inventory tells; of what seems not to be there the product is asked once more.

    What was cut short in the midst of being made may stand there under another name. Raises `TargetError`.
    """
    tied = {(one.id.kind, one.remote_id) for one in known.bindings.values()}
    foreign = {(Kind(kind), at) for kind, at in known.foreign}
    for made in settle(entries, inventory, known, target.connector.capabilities().canonical_name):
        if made.state is StepState.ABSENT and made.entry.creates:
            resource = made.entry.resource
            reading = target.connector.look_up(resource, made.entry.name)
            if isinstance(reading, Present) and (resource.kind, reading.remote.remote_id) not in tied | foreign:
                yield replace(made, state=StepState.FOUND, remote=reading.remote)
                continue
        yield made


def _read(site: Site, target: Target, interest: Interest) -> Inventory:
    """What is there. What was in containers is kept, so that those in which nothing changed need not be read again.

    What is kept of a container that is gone, or of a target that was put back to an earlier time, tells nothing: there
    revisions count anew. Raises `TargetError`, `StateError`.
    """
    remembered = Remembered(site.database, site.network, target.name)
    known = remembered.all()
    inventory = target.connector.observe(target.type.kinds, replace(interest, known=known))
    if known and _restored(site, inventory) is not None:
        remembered.forget(known)
        known = {}
        inventory = target.connector.observe(target.type.kinds, interest)
    if interest.only is None:
        remembered.forget(known.keys() - inventory.revisions.keys())
    anew = {
        where: Known(revision, inventory.inside.get(where, ()))
        for where, revision in inventory.revisions.items()
        if where not in known or known[where].revision != revision
    }
    remembered.keep(anew)
    return replace(inventory, resting=interest.skip - inventory.rosters.keys())


def _behind(site: Site, target: Target, inventory: Inventory) -> Text | None:
    """Whether a newer database than this one changed the target, or another one."""
    epoch = inventory.epoch
    if epoch is None:
        return None
    epochs = Epochs(site.database)
    if epoch.database != epochs.head().database:
        return Text.of("app.another_database", target=target.name)
    if epoch.number > (reached := epochs.reached(target.server)):
        return Text.of("app.database_behind", target=target.name, there=epoch.number, here=reached)
    return None


def _restored(site: Site, inventory: Inventory) -> Text | None:
    """Whether the target was put back to a time before our last run there."""
    epoch, left = inventory.epoch, Epochs(site.database).left(site.network, inventory.target)
    if epoch is None or left is None or epoch.number >= left:
        return None
    if epoch.database != Epochs(site.database).head().database:
        return None
    return Text.of("app.target_restored", there=epoch.number, left=left)


def remote_ids(ties: Ties) -> dict[ResourceId, str]:
    """Of all that is ours or borrowed, looked at or not."""
    known = (*ties.assumed.items(), *ties.borrowed.items(), *ties.bindings.items())
    return {identity: binding.remote_id for identity, binding in known}


def names_tied(everywhere: Iterable[Ties]) -> dict[str, str]:
    """What our accounts and groups, and those that are borrowed, are called over there, by their keys."""
    called: dict[str, str] = {}
    for ties in everywhere:
        for known in (ties.borrowed, ties.bindings):
            called |= {one.key: binding.name for one, binding in known.items() if one.kind in MEMBER_KINDS}
    return called
