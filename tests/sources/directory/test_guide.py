"""What docs/sources-ldap.md says of OpenLDAP is so: its rights suffice, and give no more than reading."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.model.ports import Severity
from tests.ldap.rig import Server
from tests.sources.directory.city import ANNA, City, emails, gap
from tests.support.slapd import ADMIN, BASE, TECHNICAL, Slapd

GUIDE = (Path(__file__).parents[3] / "docs" / "sources-ldap.md").read_text(encoding="utf-8")


def said(word: str) -> str:
    """The guide's own line of configuration, for the directory of these tests."""
    (line,) = re.findall(rf"^{word}: \{{0\}}(.*)$", GUIDE, re.MULTILINE)
    return (
        str(line).replace("cn=readi-leser,ou=services,dc=ulm,dc=example", TECHNICAL).replace("dc=ulm,dc=example", BASE)
    )


@pytest.fixture(scope="module")
def advised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    rules = [
        f"access {said('olcAccess')}",
        "access to attrs=userPassword by anonymous auth by * none",
        f'access to dn.subtree="ou=groups,{BASE}" attrs=entry,objectClass by dn.exact="{TECHNICAL}" read by * none',
        f'access to * by dn.exact="{ADMIN}" write by * none',
    ]
    overlays = ("memberof", "refint", "ppolicy", "syncprov")
    limits = f"sizelimit 5\nlimits {said('olcLimits')}\n"
    with Slapd(
        tmp_path_factory.mktemp("advised"), access="\n".join(rules) + "\n", overlays=overlays, limits=limits
    ) as up:
        city = City(Server(up.url))
        city.many(12)
        yield city
        city.close()


def test_the_rights_in_the_guide_suffice_to_read_people(advised: City) -> None:
    anna = advised.add("anna", departmentNumber="31.03.2027", **ANNA)
    source = advised.source(mapping={"leaves": "departmentNumber"})
    first = source.read()
    assert (len(first.people), gap(first), first.unusable) == (13, "", ())
    assert {one.severity for one in source.examine()} <= {Severity.OK, Severity.NOTE, Severity.WARNING}
    advised.change("p1", mail="neu@stadt.example")
    changed = source.read(first.mark)
    assert (changed.whole, emails(changed)) == (False, {"neu@stadt.example"})
    group = advised.server.add_group("redi", [anna])
    assert emails(advised.read(members_of=group)) == {"anna.beispiel@stadt.example"}


def test_an_account_locked_for_good_is_switched_off_and_one_that_pauses_is_not(advised: City) -> None:
    relax = [("1.3.6.1.4.1.4203.666.5.12", True, None)]  # of slapd: to set what only the server itself may set
    with advised.server.admin() as connection:
        for uid, value in {"p2": "000001010000Z", "p3": "20261122120000Z"}.items():
            changes = {"pwdAccountLockedTime": [("MODIFY_REPLACE", [value])]}
            connection.modify(f"uid={uid},{advised.server.people}", changes, controls=relax)
            assert connection.result["result"] == 0, connection.result
    states = {person.fields["email"]: person.active for person in advised.read().people}
    assert (states["p2@stadt.example"], states["p3@stadt.example"]) == (False, True)


def test_joining_a_group_leaves_ones_own_stamp_as_it_was(advised: City) -> None:
    """Why everything is read each time with members_of."""
    name = f"uid=p5,{advised.server.people}"

    def stamp() -> list[bytes]:
        (entry,) = advised.server.entries(advised.server.people, "(uid=p5)", "entryCSN").values()
        return entry["entryCSN"]

    before = stamp()
    advised.server.add_group("late", [name])
    found = advised.server.entries(advised.server.people, "(uid=p5)", "memberOf")[name]
    assert found["memberOf"] == [f"cn=late,{advised.server.groups}".encode()]
    assert stamp() == before
