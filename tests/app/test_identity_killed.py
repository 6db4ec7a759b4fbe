"""An apply that is really killed at writes of Keycloak and Mailman: the next run ends right, nobody is there twice."""

from pathlib import Path

import pytest

from tests.support.identity_change import Known, Undisturbed, another, assert_ends_right
from tests.support.killing import killed_while_applying

WRITES = {"login": 15, "lists": 22}
"""Of `tests.support.identity_change.wish_anew`, counted by a test below."""

AFTER = {"login": (1, 3, 4, 7, 8, 12, 14, 15), "lists": (1, 2, 3, 6, 8, 11, 14, 21)}
"""Of each kind one: a group, an account, a join, a role, an account's fields, a leave, a farewell, the epoch;
a user, a list, its settings, an address that moves, a subscription, who leaves."""
BEFORE = {"login": (3,), "lists": (2, 6)}


def test_the_change_has_every_kind_of_write(identity_undisturbed: Undisturbed) -> None:
    assert {name: len(writes) for name, writes in identity_undisturbed.writes.items()} == WRITES


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
    tmp_path: Path, identity_known: Known, identity_undisturbed: Undisturbed, target: str, moment: str, number: int
) -> None:
    with another(tmp_path, identity_known) as setup:
        killed_while_applying(setup, number, moment, setup.servers[target])
        assert_ends_right(setup, identity_undisturbed)
