"""With `ppolicy: true` the directory itself refuses the log-ins of the suspended; only a real slapd can show it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provisioner.transport.directory import ldap3
from tests.ldap.rig import Rig, Server, anna, resume, suspend
from tests.support.slapd import Slapd


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Slapd(tmp_path, overlays=("memberof", "refint", "ppolicy")) as running:
        server = Server(running.url)
        policy = {"objectClass": ["organizationalRole", "pwdPolicy"], "pwdAttribute": "userPassword"}
        # Without pwdLockout slapd keeps the lock and ignores it (observed on OpenLDAP 2.5).
        server.do("add", f"cn=passwords,ou=services,{server.base}", None, {**policy, "pwdLockout": "TRUE"})
        yield server


def can_log_in(server: Server) -> bool:
    connection = ldap3.Connection(ldap3.Server(server.url, get_info=ldap3.NONE), f"uid=anna,{server.people}", "geheim")
    bound = bool(connection.bind())
    connection.unbind()
    return bound


def test_who_is_suspended_cannot_log_in_until_resumed(server: Server, rig_on: Callable[..., Rig]) -> None:
    rig = rig_on(server, ppolicy=True)
    rig.apply(anna())
    server.do("modify", f"uid=anna,{server.people}", {"userPassword": [("MODIFY_REPLACE", ["geheim"])]})
    assert can_log_in(server)
    rig.apply(suspend(rig, "anna"))
    assert not can_log_in(server)
    assert rig.people()["anna"]["enabled"] is False
    rig.apply(resume(rig, "anna"))
    assert can_log_in(server)
    assert rig.people()["anna"]["enabled"] is True


def test_who_was_locked_by_an_administrator_counts_as_suspended(server: Server, rig_on: Callable[..., Rig]) -> None:
    rig = rig_on(server, ppolicy=True)
    rig.apply(anna())
    lock = {"pwdAccountLockedTime": [("MODIFY_REPLACE", ["000001010000Z"])]}
    server.do("modify", f"uid=anna,{server.people}", lock)
    assert rig.people()["anna"]["enabled"] is False


def test_somebody_may_be_made_suspended(server: Server, rig_on: Callable[..., Rig]) -> None:
    rig = rig_on(server, ppolicy=True)
    rig.apply(anna(enabled=False))
    (entry,) = server.entries(server.people, "(uid=anna)", "pwdAccountLockedTime").values()
    assert (entry["pwdAccountLockedTime"], entry["employeeType"]) == ([b"000001010000Z"], [b"suspended"])


def test_a_new_password_unlocks_but_does_not_resume(server: Server, rig_on: Callable[..., Rig]) -> None:
    """slapd drops the lock with the old password; who reads employeeType still keeps them out."""
    rig = rig_on(server, ppolicy=True)
    rig.apply(anna(enabled=False))
    server.do("modify", f"uid=anna,{server.people}", {"userPassword": [("MODIFY_REPLACE", ["geheim"])]})
    assert can_log_in(server)
    assert rig.people()["anna"]["enabled"] is False
