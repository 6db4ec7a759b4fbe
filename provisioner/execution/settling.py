"""What the next run makes of steps whose outcome was never learnt."""

from collections.abc import Callable, Iterable

from provisioner.model.bindings import Ties
from provisioner.model.inventory import Complete, Inventory, Remote
from provisioner.model.resources import Kind
from provisioner.state import Entry, Settlement, StepState


def settle(
    entries: Iterable[Entry], inventory: Inventory, ties: Ties, canonical_name: Callable[[Kind, str], str]
) -> list[Settlement]:
    """Decide on each open step of one target what can be decided. Pure; entries that are not in the answer wait on.

    A creation: its object is there and nobody's: FOUND, with the object to tie. All objects of the kind were
    listed, and it is not among them or is somebody else's: ABSENT. Anything else that may be repeated is
    SUPERSEDED: the inventory is newer. Steps that must not be repeated wait for a ranger.

    To be called with the server's lock held, on an inventory read and ties loaded since: else a step in hand of
    another process would be taken for one that was left behind.
    """
    taken = {(str(binding.id.kind), binding.remote_id) for binding in ties.bindings.values()} | set(ties.foreign)
    tied = set(ties.bindings)
    by_name: dict[Kind, dict[str, Remote]] = {}
    settlements: list[Settlement] = []
    for entry in entries:
        if not entry.creates:
            if entry.repeatable:
                settlements.append(Settlement(entry, StepState.SUPERSEDED))
            continue
        if entry.resource in tied:
            settlements.append(Settlement(entry, StepState.FOUND))
            continue
        kind = entry.resource.kind
        observation = inventory.of(kind)
        if kind not in by_name:
            by_name[kind] = {canonical_name(kind, remote.name): remote for remote in observation.objects.values()}
        remote = by_name[kind].get(canonical_name(kind, entry.name))
        if remote is not None and not _is_taken(remote, kind, taken, inventory.own_account):
            settlements.append(Settlement(entry, StepState.FOUND, remote))
            taken.add((str(kind), remote.remote_id))
            tied.add(entry.resource)
        elif remote is not None or isinstance(observation.completeness, Complete):
            settlements.append(Settlement(entry, StepState.ABSENT))
    return settlements


def _is_taken(remote: Remote, kind: Kind, taken: set[tuple[str, str]], own_account: str | None) -> bool:
    return (str(kind), remote.remote_id) in taken or (kind is Kind.ACCOUNT and remote.remote_id == own_account)
