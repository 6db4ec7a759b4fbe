"""What attributes' values say, whatever stands in them."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.model.sources import PERSON_FIELDS, SourcePerson, Unusable
from provisioner.sources.directory.mapping import Mapping
from provisioner.sources.directory.settings import DirectorySettings
from provisioner.sources.directory.values import Unfit, day, email, language, person_name
from provisioner.transport.directory_answers import Entry

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("attribute", "written", "leaves", "joined"),
    [
        ("x", "2027-03-31", date(2027, 3, 31), date(2027, 3, 31)),
        ("x", "20270331", date(2027, 3, 31), date(2027, 3, 31)),
        ("x", "31.3.2027", date(2027, 3, 31), date(2027, 3, 31)),
        ("pwdEndTime", "20270331220000Z", date(2027, 3, 31), date(2027, 4, 1)),
        ("pwdEndTime", "202703312200Z", date(2027, 3, 31), date(2027, 4, 1)),
        ("x", "20270401000000+0200", date(2027, 3, 31), date(2027, 4, 1)),
        ("x", "20270401000001.5+02", date(2027, 4, 1), date(2027, 4, 1)),
        ("whenCreated", "20270331000000.0Z", date(2027, 3, 31), date(2027, 3, 31)),
        ("x", "20161231235960Z", date(2017, 1, 1), date(2017, 1, 1)),
        ("shadowExpire", "20910", date(2027, 4, 1), date(2027, 4, 1)),
        ("shadowExpire", "-1", None, None),
        ("ACCOUNTEXPIRES", "0", None, None),
    ],
)
def test_days_and_moments(attribute: str, written: str, leaves: date | None, joined: date | None) -> None:
    assert day("leaves", attribute, [written.encode()], BERLIN) == leaves
    assert day("joined", attribute, [written.encode()], BERLIN) == joined


@pytest.mark.parametrize("written", ["2027-02-30", "31/03/2027", "gestern", "", "0", "99999999999999", "2027", "\x00"])
def test_what_is_no_day(written: str) -> None:
    with pytest.raises(Unfit):
        day("leaves", "x", [written.encode()], BERLIN)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([b"de"], "de"),
        ([b"DE-AT"], "de"),
        ([b"en-GB, de;q=0.8"], "en"),
        ([b"Deutsch"], None),
        ([b"\xff"], None),
        ([], None),
        ([b"zz zz", b"fr"], "fr"),
    ],
)
def test_languages(values: list[bytes], expected: str | None) -> None:
    assert language(values) == expected


def test_several_values_in_any_order_give_the_same_one() -> None:
    names, mails = [b"Maria", b"Anna"], [b"b@stadt.example", b"A@stadt.example"]
    assert person_name("given_name", names) == person_name("given_name", names[::-1]) == "Anna"
    assert email(mails, ()) == email(mails[::-1], ()) == "A@stadt.example"


def test_a_domain_that_only_ends_alike_is_another_one() -> None:
    values = [b"a@notstadt.example", b"b@stadt.example"]
    assert email(values, ["stadt.example"]) == "b@stadt.example"


@given(
    st.dictionaries(
        st.sampled_from(
            ["entryuuid", "givenname", "sn", "mail", "preferredlanguage", "roomnumber", "pwdaccountlockedtime"]
        ),
        st.lists(st.binary(max_size=40) | st.text(max_size=40).map(str.encode), max_size=3).map(tuple),
    ),
    st.sampled_from(["openldap", "active-directory"]),
)
def test_no_entry_ends_in_anything_but_a_person_or_why_not(attributes: dict[str, tuple[bytes, ...]], kind: str) -> None:
    settings = DirectorySettings.model_validate(
        {
            "organisation": "stadt",
            "url": "ldaps://x.example",
            "user": "cn=x",
            "password": "x",
            "base": "dc=x",
            "kind": kind,
            "mapping": {"leaves": "roomNumber"},
        }
    )
    found = Mapping(settings).of(Entry("uid=x,dc=x", attributes))
    if isinstance(found, SourcePerson):
        assert found.key
        assert found.fields.keys() <= set(PERSON_FIELDS)
        assert not found.active or found.fields["email"]
        texts = [value for value in found.fields.values() if isinstance(value, str)]
        assert all(text.isprintable() and text == text.strip() for text in texts)
    else:
        assert isinstance(found, Unusable)
