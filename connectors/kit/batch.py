"""The changes of one `Connector.compile`, as every connector looks at them, and what steps are asked. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from provisioner.model.changes import Adopt, Change, Create, Join, Leave
from provisioner.model.ports import Resolve
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.steps import Step


class Batch:
    """All changes of one `compile`, of every kind, and what is known of what they speak of."""

    def __init__(self, changes: Sequence[Change], resolve: Resolve) -> None:
        self.changes = tuple(changes)
        self._resolve = resolve
        self._adopted = {change.id: change.remote.remote_id for change in changes if isinstance(change, Adopt)}
        self._digests = {id(change): change.digest() for change in changes}
        self._moves: dict[tuple[type[Change], ResourceId], list[Change]] = {}
        self._about: dict[ResourceId, list[Change]] = {}
        self.created = frozenset(change.id for change in changes if isinstance(change, Create))
        """What this batch creates: a step that needs its remote id names it in ``Step.refers``."""
        for change in changes:
            self._about.setdefault(change.id, []).append(change)
            if isinstance(change, Join | Leave):
                for key in change.members:
                    self._moves.setdefault((type(change), ResourceId(change.member, key)), []).append(change)

    def of(self, kind: Kind) -> Iterator[Change]:
        """The changes whose own object is of this kind, in their order; of an edge that is the container."""
        return (change for change in self.changes if change.id.kind is kind)

    def about(self, identity: ResourceId) -> Sequence[Change]:
        """The changes of this very object, in their order."""
        return self._about.get(identity, ())

    def digest(self, change: Change) -> str:
        """For ``Step.changes``."""
        return self._digests[id(change)]

    def digests(self, changes: Iterable[Change]) -> tuple[str, ...]:
        """The same of several that one step makes true."""
        return tuple(self.digest(change) for change in changes)

    def remote_id(self, identity: ResourceId) -> str | None:
        """Of what is bound, or adopted in this batch; None: this batch creates it.

        Raises `KeyError` for what nobody knows.
        """
        if identity in self.created:
            return None
        return self._adopted[identity] if identity in self._adopted else self._resolve(identity)

    def joins_of(self, member: ResourceId) -> list[Change]:
        """The joins that put this account or group somewhere."""
        return self._moves.get((Join, member), [])

    def leaves_of(self, member: ResourceId) -> list[Change]:
        """The leaves that take this account or group out of somewhere."""
        return self._moves.get((Leave, member), [])


def located(step: Step, resolve: Resolve) -> str:
    """The remote id of the step's own object, also when this run created it. Raises `KeyError`."""
    return resolve(step.id) if step.remote_id is None else step.remote_id


def text_of(step: Step, key: str) -> str:
    """A text of the step's payload; "" where there is none."""
    value = step.payload.get(key)
    return value if isinstance(value, str) else ""
