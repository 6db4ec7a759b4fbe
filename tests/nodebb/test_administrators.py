"""Accounts that administer the forum: never suspended or changed, and nobody else has to wait for that."""

import pytest

from connectors.kit.contract import Site
from connectors.nodebb.emulation.state import ADMINISTRATORS
from connectors.nodebb.emulator import NodeBBEmulator
from provisioner.model.errors import NotAllowed, Permanent
from tests.support.nodebb import person


def test_who_administers_the_forum_is_not_suspended_and_ends_no_run_for_others(
    forum: Site, emulator: NodeBBEmulator
) -> None:
    """The companion says of them what a forum says that lets us do nothing; after that nothing more is tried."""
    fields = {"display_name": "Anna", "email": "anna@stadt.example", "enabled": True, "login_id": "sub-anna"}
    forum.apply(forum.create(person("anna"), "anna.muster", fields))  # type: ignore[arg-type]
    uid = int(forum.ids[person("anna")])
    remote = forum.remote(person("anna"))
    emulator.world.groups[ADMINISTRATORS].members[uid] = None
    for change in (
        forum.suspend(person("anna"), remote),
        forum.update(person("anna"), remote, {"email": "a@b.example"}),
    ):
        with pytest.raises(Permanent, match="administrator_stays") as caught:
            forum.apply(change)
        assert not isinstance(caught.value, NotAllowed)
    assert not emulator.world.users[uid].banned
