"""What changed since: as a real OpenLDAP tells it with syncprov, and by its time stamps without."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.emulation import VirtualClock
from provisioner.model.sources import SourceRead
from provisioner.sources.directory.changes import Mark
from provisioner.transport.directory import ldap3
from tests.ldap.rig import Server
from tests.sources.directory.city import City, emails, gap
from tests.support.slapd import ADMIN, BASE, Slapd

MONITOR = f'database monitor\naccess to * by dn.exact="{ADMIN}" read by * none\n'


def way(read: SourceRead) -> str:
    return str(json.loads(read.mark)["way"]) if read.mark else ""


def with_cookie(mark: str, cookie: bytes) -> str:
    return json.dumps({**json.loads(mark), "at": base64.b64encode(cookie).decode()})


@contextmanager
def running(folder: Path, overlay: str) -> Iterator[tuple[City, Slapd]]:
    """A fresh server that counts the entries it sends."""
    with Slapd(folder, overlays=("memberof", "refint", overlay), globals_=MONITOR) as server:
        city = City(Server(server.url))
        yield city, server
        city.close()


def sent(city: City) -> int:
    """Entries sent so far, by the server's own count; this answer is one of the next."""
    with city.server.admin() as connection:
        connection.search(
            "cn=Entries,cn=Statistics,cn=Monitor", "(objectClass=*)", ldap3.BASE, attributes=["monitorCounter"]
        )
        return int(connection.response[0]["raw_attributes"]["monitorCounter"][0])


def test_ten_changes_are_ten_entries(tmp_path: Path) -> None:
    with running(tmp_path, "syncprov") as (city, _):
        city.many(60)
        source = city.source()
        first = source.read()
        for number in range(10):
            city.change(f"p{number}", sn="Neu")
        before = sent(city)
        read = source.read(first.mark)
        assert sent(city) - before == 10 + 2  # the base's own entry, and the answer that counted
        assert {person.fields["family_name"] for person in read.people} == {"Neu"}
        assert (len(read.people), read.whole, gap(read), read.deleted) == (10, False, "", frozenset())


def test_the_deleted_are_named_by_their_keys(telling: City) -> None:
    telling.many(8)
    source, keys = telling.source(), telling.keys()
    first = source.read()
    telling.remove("p1")
    telling.change("p2", mail="neu@stadt.example")
    telling.add("anna")
    read = source.read(first.mark)
    assert (way(first), read.whole, read.deleted, read.present) == ("sync", False, {keys["p1"]}, None)
    assert emails(read) == {"neu@stadt.example", "anna@stadt.example"}
    again = source.read(read.mark)
    assert (again.people, again.deleted, again.whole) == ((), frozenset(), False)


def test_who_no_longer_fits_is_gone_and_who_fits_again_is_back(telling: City) -> None:
    telling.many(8)
    telling.add("anna", employeeType="intern")
    source, keys = telling.source(filter="(&(objectClass=inetOrgPerson)(!(employeeType=extern)))"), telling.keys()
    first = source.read()
    telling.change("anna", employeeType="extern")
    gone = source.read(first.mark)
    assert (gone.deleted, gone.people) == ({keys["anna"]}, ())
    telling.change("anna", employeeType="intern")
    assert emails(source.read(gone.mark)) == {"anna@stadt.example"}


def test_a_server_that_started_anew_names_those_that_are_there(tmp_path: Path) -> None:
    with running(tmp_path, "syncprov") as (city, server):
        city.many(8)
        first, keys = city.source().read(), city.keys()
        city.remove("p1")
        city.change("p2", mail="neu@stadt.example")
        server.stop()
        server.start()
        read = city.source().read(first.mark)
        assert (emails(read), read.whole, read.deleted) == ({"neu@stadt.example"}, False, frozenset())
        assert read.present == set(keys.values()) - {keys["p1"]}


def test_a_server_without_a_log_names_those_that_are_there(tmp_path: Path) -> None:
    with running(tmp_path, "syncprov without log") as (city, _):
        city.many(8)
        source, keys = city.source(), city.keys()
        first = source.read()
        assert source.read(first.mark).present is None
        city.remove("p1")
        city.change("p2", mail="neu@stadt.example")
        read = source.read(first.mark)
        assert (emails(read), read.present) == ({"neu@stadt.example"}, set(keys.values()) - {keys["p1"]})


@pytest.mark.parametrize(
    "cookie",
    [
        b"garbage",
        b"rid=000,csn=garbage",
        b"\xff\x00",
        b"",
        b"rid=000,csn=20990101000000.000000Z#000000#000#000000",
        b"rid=000,csn=19990101000000.000000Z#000000#000#000000",
    ],
)
def test_a_cookie_that_means_nothing_to_the_server_leads_to_a_whole_reading(telling: City, cookie: bytes) -> None:
    telling.many(8)
    source = telling.source()
    first = source.read()
    telling.remove("p1")
    read = source.read(with_cookie(first.mark, cookie))
    assert (read.whole, len(read.people), gap(read)) == (True, 7, "")
    assert source.read(read.mark).whole is False


def test_where_a_change_would_be_kept_from_us_stamps_tell_it(tmp_path: Path) -> None:
    """Without entryCSN syncprov tells of nobody who changed, and does not say so."""
    hidden = f'access to dn.subtree="ou=people,{BASE}" attrs=entryCSN by * none\n'
    with Slapd(tmp_path, access=hidden, overlays=("syncprov",)) as server:
        city = City(Server(server.url))
        city.many(8)
        source = city.source()
        first = source.read()
        city.change("p2", mail="neu@stadt.example")
        assert way(first) == "time"
        assert "neu@stadt.example" in emails(source.read(first.mark))
        city.close()


def test_when_most_have_changed_everybody_is_read(telling: City) -> None:
    telling.many(8)
    source = telling.source()
    first = source.read()
    for number in range(5):
        telling.change(f"p{number}", sn="Neu")
    read = source.read(first.mark)
    assert (read.whole, len(read.people)) == (True, 8)


def test_other_settings_lead_to_a_whole_reading(telling: City) -> None:
    telling.many(8)
    first = telling.source().read()
    other = telling.source(filter="(objectClass=person)")
    assert other.read(first.mark).whole
    assert telling.source(page_size=7).read(first.mark).whole is False


def test_an_entry_that_lost_its_address_stays_as_it_was(telling: City) -> None:
    telling.many(8)
    source, keys = telling.source(), telling.keys()
    first = source.read()
    telling.change("p1", mail=None)
    read = source.read(first.mark)
    assert (read.people, read.deleted, [one.key for one in read.unusable]) == ((), frozenset(), [keys["p1"]])


def test_a_day_that_was_taken_away_is_empty_only_where_somebody_still_shows_one(telling: City) -> None:
    telling.many(8)
    mapping = {"leaves": "roomNumber", "language": None}
    for uid in ("p1", "p2"):
        telling.change(uid, roomNumber="2027-03-31")
    source = telling.source(mapping=mapping)
    first = source.read()
    telling.change("p1", roomNumber=None)
    second = source.read(first.mark)
    assert [person.fields["leaves"] for person in second.people] == [None]
    telling.change("p2", roomNumber=None)
    third = source.read(second.mark)
    assert ["leaves" in person.fields for person in third.people] == [False]
    assert {person.fields["leaves"] for person in source.read().people} == {None}


def test_without_syncprov_stamps_tell_what_changed_and_say_nothing_of_the_deleted(city: City) -> None:
    city.many(8)
    source = city.source()
    first = source.read()
    assert (way(first), first.whole) == ("time", True)
    city.remove("p1")
    city.change("p2", mail="neu@stadt.example")
    read = source.read(first.mark)
    assert (read.whole, read.deleted, read.present, gap(read)) == (False, frozenset(), None, "")
    assert "neu@stadt.example" in emails(read)
    assert "p1@stadt.example" not in emails(read)


def test_a_clock_of_ours_that_is_wrong_makes_no_change_invisible(city: City) -> None:
    city.many(3)
    for hours in (-1000, 0, 1000):
        source = city.source(VirtualClock(datetime.now(UTC) + timedelta(hours=hours)))
        first = source.read()
        city.change("p2", mail=f"neu{hours}@stadt.example")
        assert f"neu{hours}@stadt.example" in emails(source.read(first.mark))


def test_a_server_that_knows_rfc_4533_but_not_for_this_database_tells_by_stamps(tmp_path: Path) -> None:
    with Slapd(tmp_path, globals_="moduleload syncprov") as server:
        city = City(Server(server.url))
        city.many(3)
        source = city.source()
        assert source.read(Mark("sync", base64.b64encode(b"rid=000").decode(), source.shape, 9).pack()).whole
        assert way(source.read()) == "time"
        city.close()


@settings(max_examples=50)
@given(
    st.text(max_size=300)
    | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(json.dumps)
)
def test_what_is_no_mark_is_none(text: str) -> None:
    assert Mark.unpack(text, "shape") is None


@given(
    st.fixed_dictionaries(
        {
            "v": st.sampled_from([1, 2, "1", None]),
            "way": st.sampled_from(["sync", "time", 1, None]),
            "at": st.text(max_size=5) | st.integers(),
            "shape": st.sampled_from(["shape", "other", 1]),
            "people": st.integers() | st.text(max_size=2) | st.booleans(),
            "server": st.text(max_size=3) | st.none(),
        }
    )
)
def test_a_mark_is_taken_only_with_all_in_its_place(said: dict[str, object]) -> None:
    mark = Mark.unpack(json.dumps(said), "shape")
    fits = said["v"] == 1 and said["shape"] == "shape" and type(said["people"]) is int
    fits = fits and all(isinstance(said[name], str) for name in ("way", "at", "server"))
    assert (mark is not None) == fits
    if mark is not None:
        assert Mark.unpack(mark.pack(), "shape") == mark


def test_a_mark_of_a_way_that_this_server_does_not_have_leads_to_a_whole_reading(city: City) -> None:
    city.many(3)
    source = city.source()
    for way_ in ("usn", "sync", "unheard of"):
        mark = Mark(way_, base64.b64encode(b"rid=000").decode(), source.shape, 9).pack()
        assert (source.read(mark).whole, len(source.read(mark).people)) == (True, 3)


def test_stamps_that_are_none_lead_to_a_whole_reading(city: City) -> None:
    city.many(3)
    source = city.source()
    for at in ("", "Z", "*)(uid=*", "20270101000000", "gestern"):
        assert source.read(Mark("time", at, source.shape, 3).pack()).whole


def test_the_base_is_looked_at_each_time(telling: City) -> None:
    telling.many(3)
    first = telling.source().read()
    lost = telling.source(base=f"ou=gone,{BASE}")
    mark = json.dumps({**json.loads(first.mark), "shape": lost.shape})
    assert gap(lost.read(mark)) == "base_hidden"
