"""Containers in which nothing is to be done are read in turns, where policy says so: some in each run, all in so many.

Only of what is well known is anything left out: it is as it was last applied, and the last reading found nothing. What
was found stays in every plan until it is done. Nothing is ever taken away without a reading.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

import msgspec

from provisioner.app.connectors import Target
from provisioner.app.observing import View
from provisioner.app.site import Site
from provisioner.model.bindings import Binding, Ties
from provisioner.model.inventory import NOBODY, Complete
from provisioner.model.plan import Notice, NoticeKind, TargetPlan
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, FieldName, Kind, Mode, Resource, ResourceId, Value
from provisioner.model.text import Text
from provisioner.planning.late import Address
from provisioner.planning.rosters import SORTS
from provisioner.state import Meta

Where = tuple[Kind, str]
"""(kind, remote id) of a container."""


class _Told(msgspec.Struct):
    """What is kept of one target."""

    turn: int = 0
    """Counts the readings of the whole target."""
    read: dict[Kind, dict[str, int]] = {}
    """By kind and remote id: the turn at which a container was read last, and nothing was to be done."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Of one network. ``runs``: target → in how many runs all of its containers are read."""

    site: Site
    runs: Mapping[str, int]

    approved: frozenset[ResourceId] = frozenset()
    """What somebody agreed to change is read whenever its turn is."""

    def applies_to(self, target: str) -> bool:
        return self.runs.get(target, 1) > 1

    def resting(self, target: Target, desired: Desired, ties: Ties, address: Address) -> frozenset[Where]:
        """The containers that need not be read this time. ``address``: of everything that is tied anywhere.

        Raises `StateError`.
        """
        runs, told = self.runs[target.name], self._told(target.name)
        known = ((kind, at, turn) for kind, read in told.read.items() for at, turn in read.items())
        idle = _Known(desired, ties, target.connector.capabilities(), address).idle(self.approved)
        waiting = sorted((turn, kind, at) for kind, at, turn in known if (kind, at) in idle)
        due = -(-len(waiting) // runs)
        return frozenset((kind, at) for _, kind, at in waiting[due:])

    def note(self, view: View, part: TargetPlan) -> None:
        """Remember what was read, and that nothing was to be said or done about it. Raises `StateError`."""
        if not self.applies_to(view.target.name) or view.inventory is None:
            return
        before = self._told(view.target.name)
        turn, inventory = before.turn + 1, view.inventory
        concerned = {change.id for change in part.changes} | {notice.id for notice in part.notices}
        read: dict[Kind, dict[str, int]] = {}
        for identity, binding in view.ties.bindings.items():
            where = (identity.kind, binding.remote_id)
            roster = inventory.rosters.get(where)
            last = before.read.get(identity.kind, {}).get(binding.remote_id)
            if identity in concerned:
                continue
            if where in inventory.resting and last is not None:
                read.setdefault(identity.kind, {})[binding.remote_id] = last
            elif roster is not None and isinstance(roster.completeness, Complete):
                read.setdefault(identity.kind, {})[binding.remote_id] = turn
        kept = msgspec.json.encode(_Told(turn, read)).decode()
        Meta(self.site.database).put(self.site.network, _name(view.target.name), kept)

    def notices(self, view: View) -> Iterator[Notice]:
        """How many were not looked at."""
        resting = view.inventory.resting if view.inventory is not None else frozenset()
        if resting:
            name = view.target.name
            why = Text.of("app.resting", count=len(resting), runs=self.runs.get(name, 1))
            yield Notice(NoticeKind.RESTING, name, None, name, why)

    def _told(self, target: str) -> _Told:
        stored = Meta(self.site.database).get(self.site.network, _name(target))
        return _Told() if stored is None else msgspec.json.decode(stored, type=_Told)


def _name(target: str) -> str:
    return f"turns:{target}"


class _Known:
    """What the database alone tells of one target: which of its containers are as they should be."""

    def __init__(self, desired: Desired, ties: Ties, capabilities: Capabilities, address: Address) -> None:
        self._desired, self._ties, self._can, self._address = desired, ties, capabilities, address
        seats = desired.edges.keys() | ties.edges.keys()
        self._differing = {
            one.container for one in seats if desired.edges.get(one, NOBODY) != ties.edges.get(one, NOBODY)
        }

    def idle(self, besides: Set[ResourceId]) -> Set[Where]:
        """Containers that want nothing; ``besides``: which are not meant."""
        ours = ((one, binding) for one, binding in self._ties.bindings.items() if one not in besides)
        return {(one.kind, binding.remote_id) for one, binding in ours if self._is_idle(binding)}

    def _is_idle(self, binding: Binding) -> bool:
        desired, identity = self._desired, binding.id
        wanted = desired.resources.get(identity)
        if wanted is None or identity.kind not in SORTS or identity.kind not in self._can.fields:
            return False
        if identity in self._differing - desired.login_writes or identity in self._ties.unsettled:
            return False
        return identity.key not in desired.blocked and self._is_applied(wanted, binding)

    def _is_applied(self, wanted: Resource, binding: Binding) -> bool:
        """Name, fields and texts, in the form in which the product gives them back."""
        can, kind = self._can, wanted.id.kind
        modes = can.fields[kind]
        named = modes.get("name") is not Mode.MANAGED or (
            can.canonical_name(kind, wanted.name) == can.canonical_name(kind, binding.name)
        )
        return named and all(
            name in binding.applied
            and (can.canonical(kind, name, binding.applied[name]) or None) == (can.canonical(kind, name, wish) or None)
            for name, wish in self._wishes(wanted)
            if modes.get(name) in (Mode.MANAGED, Mode.WRITE_ONLY)
        )

    def _wishes(self, wanted: Resource) -> Iterable[tuple[FieldName, Value]]:
        yield from wanted.fields.items()
        for name, text in wanted.late.items():
            yield name, text.written(self._address)
