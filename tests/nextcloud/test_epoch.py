"""How far our database is stands in our own account's profile; what somebody else wrote there stays."""

import pytest

from connectors.nextcloud.accounts.steps import PUT_BUCKET
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.model.errors import Permanent, RateLimited, WriteRefused
from provisioner.model.inventory import Epoch
from tests.support.nextcloud import SERVICE, TOKEN, Bench

EPOCH = Epoch("3fa9c0de-9f1b-4d66-8a11-1f2e3d4c5b6a", 41)


def leave(bench: Bench, epoch: Epoch = EPOCH) -> None:
    with bench.gate.opened(TOKEN):
        bench.connector.leave_epoch(epoch)


def role(cloud: NextcloudEmulator) -> object:
    return cloud.users[SERVICE[0]].profile.get("role", "")


def test_nothing_was_left_at_first(bench: Bench) -> None:
    assert bench.observe().epoch is None


def test_what_was_left_is_found_with_no_request_more(cloud: NextcloudEmulator, bench: Bench) -> None:
    bench.observe()
    before = len(cloud.log.requests)
    leave(bench)
    cloud.log.clear()
    assert bench.observe().epoch == EPOCH
    assert len(cloud.log.requests) == before - 1, "the version is known by now"
    later = Epoch(EPOCH.database, 42)
    leave(bench, later)
    assert bench.observe().epoch == later


def test_it_is_one_limited_write_and_none_when_it_stands_there_already(cloud: NextcloudEmulator, bench: Bench) -> None:
    leave(bench)
    leave(bench)
    assert len(cloud.log.writes) == 1
    assert bench.ledger.taken == [PUT_BUCKET]


@pytest.mark.parametrize(
    "text", ["Verwaltet die Konten", "readi epoch viele 3fa9", "readi epoch 1", "x readi epoch 1 a"]
)
def test_somebodys_own_text_is_left_alone(cloud: NextcloudEmulator, bench: Bench, text: str) -> None:
    cloud.users[SERVICE[0]].profile["role"] = text
    assert bench.observe().epoch is None
    with pytest.raises(Permanent, match="note_not_ours"):
        leave(bench)
    assert role(cloud) == text


def test_nothing_is_left_through_a_closed_gate(cloud: NextcloudEmulator, bench: Bench) -> None:
    with pytest.raises(WriteRefused):
        bench.connector.leave_epoch(EPOCH)
    assert role(cloud) == ""


def test_the_ledger_is_told_when_the_server_counted_more(cloud: NextcloudEmulator, bench: Bench) -> None:
    cloud.world.edit_limit = (1, 600)
    leave(bench)
    with pytest.raises(RateLimited):
        leave(bench, Epoch(EPOCH.database, 42))
    assert bench.ledger.full == [PUT_BUCKET]
