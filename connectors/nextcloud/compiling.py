"""From changes to the fewest writes, pure: each room compiles its kind, and the stages put them into one order."""

from collections.abc import Iterable, Sequence

from connectors.batch import Batch
from connectors.nextcloud.room import Room, Stage, Staged
from provisioner.model.changes import Change
from provisioner.model.ports import Resolve
from provisioner.model.steps import Step


def compile_steps(changes: Sequence[Change], resolve: Resolve, rooms: Iterable[Room]) -> list[Step]:
    """The steps of all changes, in a valid order. Raises `KeyError` for an account or group that nobody knows."""
    batch = Batch(changes, resolve)
    staged = [(number, one) for number, room in enumerate(rooms) for one in room.compile(batch)]
    return [one.step for _, one in sorted(staged, key=_place)]


def _place(numbered: tuple[int, Staged]) -> tuple[int, int]:
    number, one = numbered
    return one.stage, -number if one.stage is Stage.ERASURES else number
