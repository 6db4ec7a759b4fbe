"""Containers of groups with a role each (folders, categories, spaces), and what stands below another. Pure."""

from collections.abc import Iterable, Mapping

from provisioner.model.inventory import Completeness, Roster
from provisioner.model.ports import Resolve
from provisioner.model.resources import PUBLIC, EdgeRole, Kind, ResourceId, Value


def seated(groups: Iterable[tuple[str, EdgeRole]]) -> Mapping[tuple[EdgeRole, Kind], frozenset[str]]:
    """Groups by their role, from the remote id and the role of each: for `Roster`."""
    found: dict[tuple[EdgeRole, Kind], set[str]] = {}
    for group, role in groups:
        found.setdefault((role, Kind.GROUP), set()).add(group)
    return {seat: frozenset(those) for seat, those in found.items()}


def roster_of_groups(completeness: Completeness, groups: Iterable[tuple[str, EdgeRole]]) -> Roster:
    """Who is in such a container, from the remote id and the role of each group."""
    return Roster(completeness, seated(groups))


def openness(*, strangers: bool, logged_in: bool) -> Value:
    """The field "open" as it is observed: `PUBLIC` where strangers read, else whether whoever logs in there does."""
    return PUBLIC if strangers else logged_in


# --- what stands below another of its kind ---------------------------------------------------------------------------


def parent_key(kind: Kind, remote_id: str | None, keys: Mapping[tuple[Kind, str], str]) -> str:
    """The field "parent" as it is observed: our key (``Interest.keys``), "#12" for what is not ours, "" for none."""
    return "" if remote_id is None else keys.get((kind, remote_id), f"#{remote_id}")


def parent_needed(kind: Kind, parent: Value) -> tuple[ResourceId, ...]:
    """For ``Step.refers``: a parent of ours. Of somebody else's its remote id is known."""
    is_ours = isinstance(parent, str) and parent and not parent.startswith("#")
    return (ResourceId(kind, str(parent)),) if is_ours else ()


def parent_id(kind: Kind, parent: Value, resolve: Resolve) -> str | None:
    """Remote id of a parent; None for none. Raises `KeyError` for one of ours that nobody knows."""
    if not isinstance(parent, str) or not parent:
        return None
    return parent[1:] if parent.startswith("#") else resolve(ResourceId(kind, parent))
