"""What a directory answers to plain LDAP: the emulator gives slapd's result codes and words."""

from collections.abc import Iterator
from typing import Any

import pytest

from provisioner.transport.directory import ldap3
from tests.ldap.rig import Server, settled

PERSON = {"objectClass": b"inetOrgPerson", "cn": b"x", "sn": b"x"}
Told = tuple[int, str]


@pytest.fixture(params=["slapd", "emulator"])
def make(request: pytest.FixtureRequest) -> str:
    """Never a live directory: its words depend on rights that only we give, and some names lie outside our branch."""
    return str(request.param)


@pytest.fixture
def technical(directory: Server) -> Iterator[Any]:
    server = ldap3.Server(directory.url, get_info=ldap3.NONE)
    connection = ldap3.Connection(
        server, directory.user, directory.password, check_names=False, return_empty_attributes=False
    )
    assert connection.bind()
    yield connection
    connection.unbind()


def told(connection: Any) -> Told:
    return connection.result["result"], connection.result["message"]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"sn": []}, (65, "object class 'inetOrgPerson' requires attribute 'sn'")),
        ({"foo": b"1"}, (17, "foo: attribute type undefined")),
        ({"member": b"cn=x"}, (65, "attribute 'member' not allowed")),
        ({"objectClass": b"fooBar"}, (21, "objectClass: value #0 invalid per syntax")),
        ({"displayName": [b"a", b"b"]}, (19, "displayName: multiple values provided")),
        ({"o": [b"a", b"A"]}, (20, "o: value #1 provided more than once")),
        ({"displayName": b""}, (21, "displayName: value #0 invalid per syntax")),
        ({"mail": "ü@x.example".encode()}, (21, "mail: value #0 invalid per syntax")),
        ({"sn": b"\xff"}, (21, "sn: value #0 invalid per syntax")),
        ({"manager": b"nonsense"}, (21, "manager: value #0 invalid per syntax")),
        ({"pager": b"1"}, (0, "")),
        ({"uid": b"another"}, (0, "")),
    ],
    ids=str,
)
def test_adding_a_person(technical: Any, directory: Server, attributes: dict[str, Any], expected: Told) -> None:
    given = {name: value for name, value in {**PERSON, **attributes}.items() if value != []}
    technical.add(f"uid=neu,{directory.people}", None, given)
    code, words = told(technical)
    assert (code, words.replace("value #0 provided", "value #1 provided")) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("uid=a,ou=nope,ou=people,{base}", (32, "")),
        ("uid=a,{base}", (50, "no write access to parent")),
        ("uid=a,dc=other", (53, "no global superior knowledge")),
        ("rubbish", (34, "invalid DN")),
        ("uid=standing,ou=people,{base}", (68, "")),
        ("UID=Standing, ou=people,{base}", (68, "")),
    ],
)
def test_adding_under_a_name(technical: Any, directory: Server, name: str, expected: Told) -> None:
    directory.add_person("standing")
    technical.add(name.format(base=directory.base), None, PERSON)
    assert told(technical) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"member": ("MODIFY_ADD", ["UID=A, {people}"])}, (20, "modify/add: member: value #0 already exists")),
        ({"member": ("MODIFY_DELETE", ["uid=zz,{people}"])}, (16, "modify/delete: member: no such value")),
        ({"member": ("MODIFY_REPLACE", [])}, (65, "object class 'groupOfNames' requires attribute 'member'")),
        ({"description": ("MODIFY_DELETE", [])}, (16, "modify/delete: description: no such attribute")),
        ({"description": ("MODIFY_REPLACE", [])}, (0, "")),
        ({"cn": ("MODIFY_REPLACE", ["other"])}, (64, "value of naming attribute 'cn' is not present in entry")),
        ({"member": ("MODIFY_ADD", ["nonsense"])}, (21, "member: value #0 invalid per syntax")),
        ({"foo": ("MODIFY_REPLACE", ["b"])}, (17, "foo: attribute type undefined")),
        ({"mail": ("MODIFY_REPLACE", ["b"])}, (65, "attribute 'mail' not allowed")),
        ({"member": ("MODIFY_ADD", ["cn=who,dc=else"])}, (0, "")),
    ],
    ids=str,
)
def test_changing_a_group(technical: Any, directory: Server, changes: dict[str, Any], expected: Told) -> None:
    directory.add_group("g", [directory.add_person("a")])
    filled = {
        name: [(what, [value.format(people=directory.people).encode() for value in values])]
        for name, (what, values) in changes.items()
    }
    technical.modify(f"cn=g,{directory.groups}", filled)
    assert told(technical) == expected


def test_a_refused_modify_changes_nothing(technical: Any, directory: Server) -> None:
    group = directory.add_group("g", [directory.add_person("a"), directory.add_person("b")])
    changes = {"description": [("MODIFY_REPLACE", [b"new"])], "member": [("MODIFY_DELETE", [b"cn=nobody-here"])]}
    technical.modify(group, changes)
    assert told(technical)[0] == 16
    assert "description" not in directory.entries(directory.groups)[group]


def test_names_of_groups_and_people_can_be_taken(technical: Any, directory: Server) -> None:
    one = directory.add_person("one")
    directory.add_person("two")
    technical.modify_dn(one, "uid=two")
    assert told(technical) == (68, "")
    technical.modify_dn(f"uid=nobody,{directory.people}", "uid=x")
    assert told(technical)[0] == 32
    technical.modify_dn(one, "cn=one")
    assert told(technical) == (0, "")
    assert directory.entries(directory.people)[f"cn=one,{directory.people}"]["cn"] == [b"one"]


def test_deleting_a_person_takes_it_out_of_its_groups(technical: Any, directory: Server) -> None:
    directory.add_group("g", [directory.add_person("a"), directory.add_person("b")])
    directory.do("delete", f"uid=a,{directory.people}")
    directory.do("delete", f"uid=b,{directory.people}")
    nobody = [f"cn=nobody,{directory.base}".encode()]
    settled(lambda: [group["member"] for group in directory.entries(directory.groups).values()], [nobody])


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("(uid=anna)", {"anna"}),
        ("(UID=ANNA)", {"anna"}),
        ("(userid=anna)", {"anna"}),
        ("(uid=an*a)", {"anna"}),
        ("(uid=*n*)", {"anna", "ben"}),
        ("(uid=*a)", {"anna"}),
        ("(|(uid=anna)(uid=cem))", {"anna", "cem"}),
        ("(&(objectClass=inetOrgPerson)(!(uid=anna)))", {"ben", "cem"}),
        ("(mail=*)", {"cem"}),
        ("(!(mail=*))", {"anna", "ben"}),
        ("(foo=bar)", set()),
        ("(!(foo=bar))", set()),
        ("(uid>=ben)", set()),
        ("(memberOf=cn=g,{groups})", {"anna"}),
        ("(entryUUID=rubbish)", set()),
        ("(entryDN=uid=anna,{people})", {"anna"}),
    ],
)
def test_filters_find(technical: Any, directory: Server, condition: str, found: set[str]) -> None:
    anna = directory.add_person("anna")
    directory.add_person("ben")
    directory.add_person("cem", mail="cem@stadt.example")
    directory.add_group("g", [anna])
    filled = condition.format(groups=directory.groups, people=directory.people)
    technical.search(directory.people, filled, ldap3.LEVEL, attributes=["uid"])
    assert {entry["raw_attributes"]["uid"][0].decode() for entry in technical.response} == found


@pytest.mark.parametrize(("scope", "count"), [(ldap3.BASE, 1), (ldap3.LEVEL, 2), (ldap3.SUBTREE, 3)])
def test_scopes_reach_as_far_as_they_should(technical: Any, directory: Server, scope: Any, count: int) -> None:
    directory.add_person("anna")
    directory.add_person("ben")
    technical.search(directory.people, "(objectClass=*)", scope)
    assert len(technical.response) == count


@pytest.mark.parametrize(("base", "code"), [("ou=nope,{base}", 32), ("dc=foreign", 32), ("rubbish", 34)])
def test_searching_where_nothing_is(technical: Any, directory: Server, base: str, code: int) -> None:
    technical.search(base.format(base=directory.base), "(objectClass=*)", ldap3.LEVEL)
    assert told(technical)[0] == code


def test_a_limit_of_the_clients_own_is_obeyed(technical: Any, directory: Server) -> None:
    directory.add_person("anna")
    directory.add_person("ben")
    technical.search(directory.people, "(objectClass=*)", ldap3.LEVEL, size_limit=1)
    assert (told(technical)[0], len(technical.response)) == (4, 1)


def test_comparing_answers_true_false_and_no_such_attribute(technical: Any, directory: Server) -> None:
    anna = directory.add_person("anna")
    answers = []
    for attribute, value in (("sn", "ANNA"), ("sn", "other"), ("mail", "x")):
        technical.compare(anna, attribute, value)
        answers.append(told(technical)[0])
    assert answers == [6, 5, 16]


def test_operational_attributes_come_only_when_asked_for(technical: Any, directory: Server) -> None:
    anna = directory.add_person("anna")

    def shown(*attributes: str) -> set[str]:
        technical.search(anna, "(objectClass=*)", ldap3.BASE, attributes=list(attributes))
        return set(technical.response[0]["raw_attributes"])

    assert shown("*") == {"objectClass", "uid", "cn", "sn"}
    assert shown("1.1") == set()
    assert shown("ENTRYuuid", "memberOf", "foo") == {"entryUUID"}
    assert {"entryUUID", "entryDN", "createTimestamp", "hasSubordinates"} <= shown("+")


@pytest.mark.parametrize(
    ("user", "password", "code"), [("{user}", "wrong", 49), ("cn=who,{base}", "x", 49), ("rubbish", "x", 34)]
)
def test_logging_in_wrongly(directory: Server, user: str, password: str, code: int) -> None:
    server = ldap3.Server(directory.url, get_info=ldap3.NONE)
    name = user.format(user=directory.user, base=directory.base)
    connection = ldap3.Connection(server, name, password)
    assert not connection.bind()
    assert told(connection)[0] == code
    connection.unbind()


def test_who_is_not_logged_in_sees_nothing(directory: Server) -> None:
    connection = ldap3.Connection(ldap3.Server(directory.url, get_info=ldap3.NONE))
    assert connection.bind()
    connection.search(directory.people, "(objectClass=*)", ldap3.LEVEL)
    assert told(connection)[0] == 32
    connection.extended("1.2.3")
    assert told(connection) == (2, "unsupported extended operation")
    connection.unbind()


def test_passwords_are_not_shown(technical: Any, directory: Server) -> None:
    directory.add_person("anna", userPassword="geheim")
    technical.search(directory.people, "(uid=anna)", ldap3.LEVEL, attributes=["userPassword", "uid"])
    assert set(technical.response[0]["raw_attributes"]) == {"uid"}


def test_an_assertion_that_fails_stops_the_write(technical: Any, directory: Server) -> None:
    anna = directory.add_person("anna")
    equal = b"\xa3\x0b\x04\x03uid\x04\x04anne"
    technical.modify(anna, {"sn": [("MODIFY_REPLACE", [b"b"])]}, controls=[("1.3.6.1.1.12", True, equal)])
    assert told(technical)[0] == 122


def test_an_assertion_on_a_group_keeps_member_of_from_following(technical: Any, directory: Server) -> None:
    """The reason why `Client.modify` ties only people to their ids."""
    group = directory.add_group("g", [f"cn=nobody,{directory.base}"])
    anna = directory.add_person("anna")
    equal = b"\xa3\x07\x04\x02cn\x04\x01g"
    changes = {"member": [("MODIFY_ADD", [anna.encode()])]}
    technical.modify(group, changes, controls=[("1.3.6.1.1.12", True, equal)])
    assert told(technical)[0] == 0
    assert "memberOf" not in directory.entries(directory.people, "(uid=anna)", "memberOf")[anna]
