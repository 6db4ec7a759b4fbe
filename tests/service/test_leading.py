"""Who leads: whatever goes wrong at the end, the next one can lead."""

from pathlib import Path

import pytest

from provisioner.emulation import VirtualClock
from provisioner.model.errors import StateError
from provisioner.model.text import Text
from provisioner.service.leading import Leading
from provisioner.state import Database, LockTaken


def test_who_cannot_end_in_good_order_lets_another_one_lead_all_the_same(tmp_path: Path) -> None:
    clock = VirtualClock()

    def cannot() -> None:
        raise StateError(Text.of("state.in_memory"))

    with Database.open(tmp_path / "state.db") as database:
        leading = Leading(database, clock, lambda: None, cannot, "work")
        leading.turn()
        assert leading.leads()
        with pytest.raises(LockTaken):
            database.lock("work", clock.now())
        with pytest.raises(StateError):
            leading.give_up()
        assert not leading.leads()
        database.lock("work", clock.now()).release()
