"""Search filters are checked before any server sees them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.transport.directory import parse_filter
from provisioner.transport.directory_filter import check_filter
from provisioner.transport.dn import quote_filter


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ("(cn=a)", {"cn"}),
        ("(cn=*)", {"cn"}),
        ("(cn=a*b*c)", {"cn"}),
        ("(cn=a\\2a\\28)", {"cn"}),
        ("(&(objectClass=person)(!(ou=Extern)))", {"objectclass", "ou"}),
        ("(|(a=1)(b>=2)(c<=3)(d~=4))", {"a", "b", "c", "d"}),
        ("(userAccountControl:1.2.840.113556.1.4.803:=2)", {"useraccountcontrol"}),
        ("(ou:dn:=Rathaus)", {"ou"}),
        ("(sn;lang-de=Müller)", {"sn;lang-de"}),
        ("(2.5.4.3=x)", {"2.5.4.3"}),
        ("(cn= a b )", {"cn"}),
    ],
)
def test_a_filter_names_its_attributes(text: str, attributes: set[str]) -> None:
    assert check_filter(text) == attributes


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("", 1),
        ("cn=a", 1),
        ("(cn=a", 6),
        ("(cn=a))", 7),
        ("(cn=a)(cn=b)", 7),
        ("(&)", 3),
        ("(&(cn=a)", 9),
        ("(&(cn=a)x)", 9),
        ("(!)", 3),
        ("(!(a=b)(c=d))", 8),
        ("((cn=a))", 2),
        ("(=a)", 2),
        ("(cn=)", 5),
        ("(cn:=)", 6),
        ("(cn>=*)", 6),
        ("(cn=a(b)", 6),
        ("(cn=\\zz)", 5),
        ("(cn=\\2)", 5),
        ("(cn=a\x00)", 6),
        ("(c n=a)", 3),
        ("(cn=a) ", 7),
        ("(objectClass=*)(uid=*", 16),
    ],
)
def test_what_is_no_filter_is_refused_with_its_place(text: str, letter: int) -> None:
    with pytest.raises(ValueError, match=rf"wrong at letter {letter}$"):
        check_filter(text)


def test_a_filter_without_bottom_is_refused() -> None:
    with pytest.raises(ValueError, match="not a search filter"):
        check_filter("(!" * 10_000 + "(a=b)" + ")" * 10_000)


@given(st.text(min_size=1, max_size=40))
def test_whatever_is_quoted_is_one_value(value: str) -> None:
    text = f"(&(objectClass=person)(cn={quote_filter(value)}))"
    assert check_filter(text) == {"objectclass", "cn"}


@given(st.text(alphabet="()&|!=*\\ab2:<>~;-", max_size=25))
def test_what_is_taken_is_taken_by_ldap3_too(text: str) -> None:
    try:
        check_filter(text)
    except ValueError:
        return
    assert len(parse_filter(text, None, False, False, None, False).elements) == 1
