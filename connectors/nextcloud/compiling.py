"""From changes to the fewest writes, pure: each room compiles its kind, and the stages put them into one order."""

from collections.abc import Iterable, Sequence

from connectors.nextcloud.room import Batch, Room
from provisioner.model.changes import Change
from provisioner.model.ports import Resolve
from provisioner.model.steps import Step


def compile_steps(changes: Sequence[Change], resolve: Resolve, rooms: Iterable[Room]) -> list[Step]:
    """The steps of all changes, in a valid order. Raises `KeyError` for an account or group that nobody knows."""
    batch = Batch(changes, resolve)
    staged = [one for room in rooms for one in room.compile(batch)]
    return [step for _, step in sorted(staged, key=lambda one: one.stage)]
