"""An apply that is really killed at writes of forums and a wiki: the next run ends right, nothing is there twice."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.support.killing import killed_while_applying
from tests.support.site import Snapshot
from tests.support.spaces_change import Known, another, first_sync, snapshot

WRITES = {"forum": 23, "board": 72, "wiki": 10}
"""Of `tests.support.spaces_change.wish_anew`, counted by a test below."""

AFTER = {"forum": (2, 5, 8, 15, 18), "board": (3, 7, 10, 15, 20, 45, 51, 62, 69, 70), "wiki": (1, 2, 8)}
"""A group, a common category, one that moves below the archive, an account, a pin; an account, a category that is made
and shown to nobody yet, a right in it, the next one, a right in that, one that moves, a right that goes, the last
but one of a group's, a topic, and its pin; the note of a space, its first right, its first page."""
BEFORE = {"forum": (7,), "board": (14, 35), "wiki": (2,)}
"""A category; one that is complete and to be shown now; a space that is noted and has no rights yet."""

Begun = Callable[[str], tuple[Known, Snapshot, int]]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Begun:
    """By target: the first sync, what an undisturbed run makes of the change, and by how many writes."""

    @cache
    def begin(target: str) -> tuple[Known, Snapshot, int]:
        known = first_sync(tmp_path_factory.mktemp(f"{target}-known"), target)
        with another(tmp_path_factory.mktemp(f"{target}-undisturbed"), known) as setup:
            setup.apply()
            assert setup.run("plan").code == 0
            return known, snapshot(setup), len(setup.servers[target].log.writes)

    return begin


@pytest.mark.parametrize("target", WRITES)
def test_the_change_has_every_kind_of_write(begun: Begun, target: str) -> None:
    assert begun(target)[2] == WRITES[target]


@pytest.mark.parametrize(
    ("target", "moment", "number"),
    [
        (target, moment, number)
        for moment, chosen in (("after", AFTER), ("before", BEFORE))
        for target, numbers in chosen.items()
        for number in numbers
    ],
)
def test_after_kill_9_at_any_write_the_next_apply_ends_in_the_right_state(
    tmp_path: Path, begun: Begun, target: str, moment: str, number: int
) -> None:
    known, undisturbed, _ = begun(target)
    with another(tmp_path, known) as setup:
        killed_while_applying(setup, number, moment, setup.servers[target])
        setup.apply()
        assert snapshot(setup) == undisturbed
        assert setup.run("plan").code == 0
        assert setup.run("drift").code == 0
        assert setup.open_entries() == 0
        assert (setup.forum.mails, setup.board.mails) == ([], [])
