"""Distinguished names survive being built, read and compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.transport.dn import leaf, normal, parent, parse, quote, quote_filter

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(TEXTS)
def test_every_value_comes_back_from_its_quoted_form(value: str) -> None:
    assert parse(f"uid={quote(value)},ou=people,dc=example") == (
        (("uid", value),),
        (("ou", "people"),),
        (("dc", "example"),),
    )


@given(TEXTS, TEXTS)
def test_no_value_can_reach_into_another_part_of_the_name(one: str, other: str) -> None:
    name = f"cn={quote(one)}+uid={quote(other)},dc=example"
    assert parse(name)[0] == (("cn", one), ("uid", other))
    assert len(parse(name)) == 2


@given(TEXTS)
def test_normal_forms_are_stable_and_keep_the_parent(value: str) -> None:
    name = f"uid={quote(value)},OU=People , dc=Example"
    assert normal(normal(name)) == normal(name)
    assert parent(name) == "ou=people,dc=example"


@given(TEXTS)
def test_a_filter_value_holds_nothing_that_a_filter_could_read(value: str) -> None:
    quoted = quote_filter(value)
    assert not set(quoted) & set("*()\x00")
    pairs = bytes.fromhex(quoted.replace("\\", "")) if "\\" in quoted else quoted.encode()
    assert pairs.decode() == value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("uid=Anna,ou=People,dc=example", "UID=anna, OU=people ,DC=EXAMPLE"),
        ("cn=a\\2cb,dc=x", "cn=a\\,b,dc=x"),
        ('cn="a,b",dc=x', "cn=a\\,b,dc=x"),
        ("cn=M\\C3\\BCller,dc=x", "cn=Müller,dc=x"),
        ("cn=e\u0301,dc=x", "cn=é,dc=x"),
        ("cn=two  spaces,dc=x", "cn=two spaces,dc=x"),
        ("uid=a+cn=b,dc=x", "cn=B+uid=A,dc=x"),
        ("cn=a;dc=x", "cn=a,dc=x"),
        ("", " "),
    ],
)
def test_two_spellings_of_one_name_are_equal(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cn=a\\,b,dc=x", "cn=a,cn=b,dc=x"),
        ("cn=ß,dc=x", "cn=ss,dc=x"),
        ("cn=a,dc=x", "cn=a,dc=x,dc=y"),
        ("uid=a,dc=x", "cn=a,dc=x"),
        ("cn=a\\+b=c,dc=x", "cn=a+b=c,dc=x"),
    ],
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert normal(one) != normal(other)


@pytest.mark.parametrize("rubbish", ["nonsense", "=x", "cn", "cn=a,", 'cn="a', "cn=a\\", "c n=a", 'cn="a"b,dc=x'])
def test_what_is_no_name_is_refused_and_equal_only_to_itself(rubbish: str) -> None:
    with pytest.raises(ValueError):
        parse(rubbish)
    assert normal(rubbish) == rubbish


def test_the_leaf_is_the_first_value() -> None:
    assert leaf("uid=a\\,b,dc=x") == "a,b"
