"""Active Directory's ways, as [MS-ADTS] describes them and Samba 4.17 was seen to follow them."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from provisioner.emulation import VirtualClock
from provisioner.model.errors import Garbled, LoginRefused
from provisioner.model.sources import SourceRead
from provisioner.sources.directory.settings import DirectorySettings
from provisioner.sources.directory.source import DirectorySource
from provisioner.transport.gate import WriteGate
from tests.sources.directory.city import emails, gap, only, why
from tests.support.active_directory import DOMAIN, NEVER, PASSWORD, PEOPLE, USER, ActiveDirectory, running

DISABLED = 512 | 2


def ticks(moment: datetime) -> int:
    """Since 1601, in units of 100 nanoseconds."""
    return int((moment - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000


@pytest.fixture
def domain() -> Iterator[ActiveDirectory]:
    with running() as found:
        yield found


class Reading:
    """Sources on one domain, closed at the end."""

    def __init__(self, domain: ActiveDirectory) -> None:
        self._domain = domain
        self.opened: list[DirectorySource] = []

    def source(self, **more: Any) -> DirectorySource:
        given = {
            "organisation": "stadt",
            "kind": "active-directory",
            "url": self._domain.url,
            "user": USER,
            "password": PASSWORD,
            "base": PEOPLE,
        }
        settings = DirectorySettings.model_validate({**given, **more})
        self.opened.append(DirectorySource(settings, WriteGate(), VirtualClock()))
        return self.opened[-1]

    def read(self, **more: Any) -> SourceRead:
        return self.source(**more).read()


@pytest.fixture
def reading(domain: ActiveDirectory) -> Iterator[Reading]:
    found = Reading(domain)
    yield found
    for source in found.opened:
        source.close()


def test_somebody_is_known_by_the_object_guid_as_everybody_writes_it(domain: ActiveDirectory, reading: Reading) -> None:
    guid = uuid.UUID("7676a33f-9416-49b1-891f-84db2651d3b8")
    name = domain.user("anna", preferredLanguage=["de-DE"])
    domain.entries[name.lower()][1]["objectguid"] = [b"?\xa3vv\x16\x94\xb1I\x89\x1f\x84\xdb&Q\xd3\xb8"]
    person = only(reading.read())
    assert (person.key, person.active) == (str(guid), True)
    assert person.fields == {
        "given_name": "Anna",
        "family_name": "Beispiel",
        "email": "anna@stadt.example",
        "language": "de",
        "leaves": None,
    }


def test_an_account_that_is_disabled_is_not_active_even_without_an_address(
    domain: ActiveDirectory, reading: Reading
) -> None:
    domain.user("anna", userAccountControl=[DISABLED], mail=[])
    domain.user("bert", userAccountControl=[66048])  # its password never expires
    assert {person.fields["given_name"]: person.active for person in reading.read().people} == {
        "Anna": False,
        "Bert": True,
    }


def test_whoever_has_to_set_a_password_is_active(domain: ActiveDirectory, reading: Reading) -> None:
    domain.user("anna", pwdLastSet=[0])
    assert only(reading.read()).active


def test_a_state_that_can_t_be_read_leaves_everybody_as_they_are(domain: ActiveDirectory, reading: Reading) -> None:
    domain.user("anna")
    domain.hidden.add("useraccountcontrol")
    assert why(reading.read()) == {"cn=anna": "state_hidden"}


@pytest.mark.parametrize(
    ("expires", "day"),
    [
        (0, None),
        (NEVER, None),
        (ticks(datetime(2027, 3, 31, 22, tzinfo=UTC)), date(2027, 3, 31)),  # midnight in Berlin, summer
        (ticks(datetime(2027, 12, 31, 23, tzinfo=UTC)), date(2027, 12, 31)),  # midnight in Berlin, winter
        (ticks(datetime(2027, 6, 30, 12, tzinfo=UTC)), date(2027, 6, 30)),
        (134_509_176_000_000_000, date(2027, 3, 30)),
    ],
)
def test_the_last_day_is_the_one_before_the_moment_of_expiry(
    domain: ActiveDirectory, reading: Reading, expires: int, day: date | None
) -> None:
    domain.user("anna", accountExpires=[expires])
    assert only(reading.read()).fields["leaves"] == day


def test_the_last_day_is_that_of_the_time_zone_in_the_settings(domain: ActiveDirectory, reading: Reading) -> None:
    domain.user("anna", accountExpires=[ticks(datetime(2027, 3, 31, 22, tzinfo=UTC))])
    assert only(reading.read(time_zone="Pacific/Auckland")).fields["leaves"] == date(2027, 4, 1)


def test_an_expiry_that_can_t_be_read_is_not_said(domain: ActiveDirectory, reading: Reading) -> None:
    domain.user("anna")
    domain.hidden.add("accountexpires")
    assert "leaves" not in only(reading.read()).fields


@pytest.mark.parametrize("expires", ["-1", "bald", "99999999999999999999"])
def test_an_expiry_that_is_none_blocks_that_account_alone(
    domain: ActiveDirectory, reading: Reading, expires: str
) -> None:
    domain.user("anna", accountExpires=[expires])
    domain.user("bert")
    read = reading.read()
    assert (why(read), emails(read), gap(read)) == ({"cn=anna": "bad_date"}, {"bert@stadt.example"}, "")


def test_computers_and_contacts_are_no_people(domain: ActiveDirectory, reading: Reading) -> None:
    domain.user("anna")
    domain.user("pc1", objectClass=["user", "computer"], objectCategory=["computer"])
    domain.user("kontakt", objectClass=["contact"])
    assert emails(reading.read()) == {"anna@stadt.example"}


def test_pages_are_followed_beyond_the_limit_of_a_thousand(domain: ActiveDirectory, reading: Reading) -> None:
    domain.max_page = 100
    for number in range(250):
        domain.user(f"u{number}")
    read = reading.read(page_size=1000)
    assert (len(read.people), gap(read)) == (250, "")
    codes = {finding.what.code: finding.what.arguments for finding in reading.source(page_size=1000).examine()}
    assert codes["directory.doctor_page_limit"]["asked"] == 1000


def test_references_to_other_parts_of_the_forest_are_not_followed_and_no_gap(
    domain: ActiveDirectory, reading: Reading
) -> None:
    domain.user("anna")
    read = reading.read(base=DOMAIN)
    assert (emails(read), gap(read)) == ({"anna@stadt.example"}, "")
    findings = {finding.what.code for finding in reading.source(base=DOMAIN).examine()}
    assert "directory.doctor_references" in findings


def test_nobody_at_all_is_never_believed(domain: ActiveDirectory, reading: Reading) -> None:
    assert gap(reading.read()) == "emptied"


def test_members_are_those_of_the_group_of_groups_in_it_and_by_primary_group(
    domain: ActiveDirectory, reading: Reading
) -> None:
    direct, nested, _ = domain.user("direkt"), domain.user("tief"), domain.user("fremd")
    inner = domain.group("innen", nested)
    primary = domain.group("primär")
    domain.user("mit-primärer", primaryGroupID=[domain.rid(primary)])
    outer = domain.group("aussen", direct, inner, primary)
    assert emails(reading.read(members_of=outer)) == {"direkt@stadt.example", "tief@stadt.example"}


def test_a_primary_group_itself_has_members(domain: ActiveDirectory, reading: Reading) -> None:
    group = domain.group("Rathaus")
    domain.user("anna", primaryGroupID=[domain.rid(group)])
    domain.user("bert")
    assert emails(reading.read(members_of=group)) == {"anna@stadt.example"}


def test_a_group_of_another_domain_is_nobodys_primary_group(domain: ActiveDirectory, reading: Reading) -> None:
    group = domain.group("fern", domain.user("anna"))
    domain.put(group, objectSid=[bytes([1, 5, 0, 0, 0, 0, 0, 5]) + b"\x15\0\0\0" + b"\x09" * 12 + b"\x01\x02\0\0"])
    domain.user("bert", primaryGroupID=[513])
    assert emails(reading.read(members_of=group)) == {"anna@stadt.example"}


@pytest.mark.parametrize("name", ["*)(uid=*", "a\\,b\\+c", "x\\5cy(z)"])
def test_a_groups_name_is_quoted_in_the_filter(domain: ActiveDirectory, reading: Reading, name: str) -> None:
    group = domain.group(name, domain.user("anna"))
    domain.user("bert")
    assert emails(reading.read(members_of=group)) == {"anna@stadt.example"}


def test_a_domain_that_can_t_be_read_leaves_primary_groups_open(domain: ActiveDirectory, reading: Reading) -> None:
    group = domain.group("g", domain.user("anna"))
    domain.hidden.add("objectsid")
    read = reading.read(members_of=group)
    assert (gap(read), read.people) == ("domain_hidden", ())


def test_changes_are_told_by_the_controllers_own_count(domain: ActiveDirectory, reading: Reading) -> None:
    for number in range(60):
        domain.user(f"u{number}")
    source = reading.source()
    first = source.read()
    for number in range(10):
        domain.user(f"u{number}", sn=["Neu"])
    domain.sent = 0
    read = source.read(first.mark)
    assert {person.fields["family_name"] for person in read.people} == {"Neu"}
    assert (len(read.people), read.whole, read.deleted, read.present) == (10, False, frozenset(), None)
    assert domain.sent <= 10 + 5 + 2  # what the controller says of itself; whether anybody shows an unused attribute
    domain.remove(f"CN=u1,{PEOPLE}")
    later = source.read(read.mark)
    assert (later.people, later.deleted, later.whole) == ((), frozenset(), False)


def test_an_account_that_is_disabled_is_told_among_the_changes(domain: ActiveDirectory, reading: Reading) -> None:
    domain.user("anna")
    source = reading.source()
    first = source.read()
    domain.user("anna", userAccountControl=[DISABLED])
    assert [person.active for person in source.read(first.mark).people] == [False]


@pytest.mark.parametrize("other", ["another controller", "a restored controller", "a count that fell", "no count"])
def test_another_count_leads_to_a_whole_reading(domain: ActiveDirectory, reading: Reading, other: str) -> None:
    domain.user("anna")
    source = reading.source()
    first = source.read()
    match other:
        case "another controller":
            domain.controller = "DC2"
        case "a restored controller":
            domain.invocation = uuid.uuid4()
        case "a count that fell":
            domain.usn -= 100
        case "no count":
            first = SourceRead((), mark=json.dumps({**json.loads(first.mark), "at": "gestern"}))
    assert source.read(first.mark).whole


def test_where_the_count_is_hidden_everybody_is_read_each_time(domain: ActiveDirectory, reading: Reading) -> None:
    domain.user("anna")
    domain.hidden.add("usnchanged")
    assert reading.read().mark == ""


def test_values_that_come_in_ranges_are_read_to_their_end(domain: ActiveDirectory, reading: Reading) -> None:
    domain.max_values = 4
    members = [f"CN=u{number},{PEOPLE}" for number in range(11)]
    group = domain.group("gross", *members)
    source = reading.source()
    found = source._looking.directory.read(group, ("member", "sAMAccountName"))
    assert found is not None
    assert found.texts("member") == tuple(members)
    assert set(found.attributes) == {"member"}


def test_a_range_that_breaks_off_is_an_error_and_no_short_list(domain: ActiveDirectory, reading: Reading) -> None:
    domain.max_values = 4
    group = domain.group("gross", *(f"CN=u{number},{PEOPLE}" for number in range(11)))
    answer = domain._shown

    def breaking(name: str, values: Any, wanted: Any) -> Any:
        for kind, found in answer(name, values, wanted):
            if "range=4-" not in kind:
                yield kind, found

    domain._shown = breaking  # type: ignore[method-assign]
    with pytest.raises(Garbled):
        reading.source()._looking.directory.read(group, ("member",))


def test_a_changed_password_is_an_error(reading: Reading) -> None:
    with pytest.raises(LoginRefused):
        reading.read(password="geändert")


@pytest.mark.parametrize(
    ("may", "code"), [(False, "directory.doctor_reads_only"), (True, "directory.doctor_may_write")]
)
def test_doctor_sees_rights_to_write_without_writing(
    domain: ActiveDirectory, reading: Reading, may: bool, code: str
) -> None:
    domain.user("anna")
    domain.may_write = may
    findings = {finding.what.code: finding for finding in reading.source().examine()}
    assert code in findings
    assert findings["directory.doctor_way_usn"].mend is not None
