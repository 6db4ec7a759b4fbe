"""What a directory keeps from us, or breaks off, must never look like people who left."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from provisioner.model.errors import Transient
from tests.ldap.rig import Lacks
from tests.security.hostile import listening
from tests.sources.directory.city import City, emails, gap
from tests.support.slapd import BASE

Lacking = Callable[[Lacks], City]


def test_a_limit_over_all_pages_is_a_gap(lacking: Lacking) -> None:
    city = lacking(Lacks(size_limit=7, page_limit=True))
    city.many(12)
    read = city.read()
    assert gap(read) == "transport.directory_size_limit"
    assert 0 < len(read.people) < 12
    assert read.mark == ""


def test_a_limit_of_five_hundred_does_not_matter_when_paging(lacking: Lacking) -> None:
    city = lacking(Lacks(size_limit=500))
    city.many(620)
    read = city.read(page_size=500)
    assert (len(read.people), gap(read)) == (620, "")


def test_a_base_that_we_may_not_see_is_no_empty_one(lacking: Lacking) -> None:
    city = lacking(Lacks(hidden_branch=True))
    city.add("anna")
    assert (gap(city.read()), city.read().people) == ("base_hidden", ())


@pytest.mark.parametrize("base", [f"ou=poeple,{BASE}", f"uid=anna,ou=people,{BASE}"])
def test_a_mistyped_base_is_no_empty_one(city: City, base: str) -> None:
    city.add("bert")
    assert gap(city.read(base=base)) == "base_hidden"


def test_people_whom_we_may_no_longer_see_are_not_gone(lacking: Lacking) -> None:
    city = lacking(Lacks(hidden_people=True))
    city.add("anna")
    assert (gap(city.read()), city.read().mark) == ("emptied", "")


@pytest.mark.parametrize(
    "condition", ["(objectClass=person2)", "(employeeTyp=*)", "(&(objectClass=person)(!(mail=*)))", "(!(foo=bar))"]
)
def test_a_filter_that_fits_nobody_is_no_empty_directory(city: City, condition: str) -> None:
    city.many(3)
    assert gap(city.read(filter=condition)) == "emptied"


def test_a_base_that_says_itself_that_nothing_is_below_it_is_empty(city: City) -> None:
    read = city.read()
    assert (gap(read), read.people, read.whole) == ("", (), True)


def test_an_unreadable_key_is_a_gap(lacking: Lacking) -> None:
    city = lacking(Lacks(hidden_attributes=("entryUUID",)))
    city.many(3)
    read = city.read()
    assert (gap(read), read.people, len(read.unusable)) == ("key_hidden", (), 3)


@pytest.mark.parametrize(("attribute", "field"), [("sn", "family_name"), ("givenName", "given_name")])
def test_a_field_that_nobody_shows_any_more_is_a_gap_and_not_said_to_be_empty(
    lacking: Lacking, attribute: str, field: str
) -> None:
    city = lacking(Lacks(hidden_attributes=(attribute,)))
    city.many(3)
    read = city.read()
    assert (gap(read), len(read.people)) == ("attribute_hidden", 3)
    assert all(field not in person.fields for person in read.people)


def test_addresses_that_nobody_shows_any_more_leave_everybody_as_they_are(lacking: Lacking) -> None:
    city = lacking(Lacks(hidden_attributes=("mail",)))
    city.many(3)
    read = city.read()
    assert (gap(read), read.people) == ("attribute_hidden", ())
    assert {one.key for one in read.unusable} == set(city.keys().values())


def test_a_field_that_a_city_does_not_have_can_be_left_out(lacking: Lacking) -> None:
    city = lacking(Lacks(hidden_attributes=("givenName",)))
    city.many(3)
    assert gap(city.read(mapping={"given_name": None})) == ""


def test_a_group_that_is_not_there_or_shows_nobody_is_a_gap(city: City) -> None:
    anna = city.add("anna")
    assert gap(city.read(members_of=f"cn=nobody,{city.server.groups}")) == "group_hidden"
    group = city.server.add_group("g", [f"cn=x,{BASE}"])
    assert gap(city.read(members_of=group)) == "emptied"
    assert anna


def test_hidden_memberships_are_not_ended_ones(lacking: Lacking) -> None:
    city = lacking(Lacks(hidden_attributes=("memberOf",)))
    group = city.server.add_group("g", [city.add("anna")])
    assert gap(city.read(members_of=group)) == "emptied"


def test_a_part_on_another_server_is_a_gap(city: City) -> None:
    city.add("anna")
    referral = {"objectClass": ["referral", "extensibleObject"], "ref": "ldap://elsewhere.example/dc=x"}
    name = f"ou=elsewhere,{city.server.people}"
    city.server.do("add", name, None, {**referral, "ou": "elsewhere"})
    manage = [("2.16.840.1.113730.3.4.2", True, None)]
    read = city.read()
    with city.server.admin() as connection:
        connection.delete(name, controls=manage)
    assert (gap(read), emails(read)) == ("transport.directory_referral", {"anna@stadt.example"})


@contextmanager
def cut_after(port: int, most: int) -> Iterator[int]:
    """A way to a server that dies after so many bytes of its answers."""

    def converse(client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:
            asking = threading.Thread(target=_pass_on, args=(client, server, 1 << 30), daemon=True)
            asking.start()
            _pass_on(server, client, most)
            asking.join(timeout=10)

    with listening(converse) as way:
        yield way


def _pass_on(source: socket.socket, target: socket.socket, most: int) -> None:
    try:
        while most > 0 and (data := source.recv(min(most, 4096))):
            target.sendall(data)
            most -= len(data)
    except OSError:
        pass  # one side is gone; the other is told below
    for line in (source, target):
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("most", [10, 100, 1_000, 2_000, 3_000])
def test_a_server_that_dies_in_the_middle_gives_no_short_list(city: City, most: int) -> None:
    city.many(40)
    port = int(city.server.url.rpartition(":")[2])
    with cut_after(port, most) as way, pytest.raises(Transient):
        city.read(url=f"ldap://127.0.0.1:{way}")


def test_the_way_that_is_cut_leads_to_everybody_when_it_is_not(city: City) -> None:
    city.many(40)
    with cut_after(int(city.server.url.rpartition(":")[2]), 1 << 30) as way:
        assert len(city.read(url=f"ldap://127.0.0.1:{way}").people) == 40
