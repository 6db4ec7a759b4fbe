"""What names become in a forum: never refused by it, the same again when made twice, told apart when they are long."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.discourse.emulation.names import complaint
from connectors.discourse.names import AUTOMATIC, SHORTEST, forum_name, objection
from provisioner.model.resources import Kind
from tests.support.discourse import Forum

NAMES = st.text(alphabet=st.sampled_from("aAbzZ09_.-öÄßé &/@łŽ北\u0308😀js"), max_size=60) | st.text(max_size=40)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("anna.muster", "anna.muster"),
        ("PG_Sensorik", "PG_Sensorik"),
        ("Jörg Müßig", "Joerg-Muessig"),
        ("Zürich & Höfe", "Zuerich-und-Hoefe"),
        ("René Łukasz", "Rene-Lukasz"),
        ("-a..b__c-", "a.b_c"),
        ("_intern", "_intern"),
        ("konzept.json", "konzept-json"),
        ("Jo\u0308rg", "Joerg"),  # the same letters in another form
    ],
)
def test_a_name_is_written_so_that_the_forum_takes_it(name: str, made: str) -> None:
    assert forum_name(name) == made


def test_long_names_are_cut_and_told_apart() -> None:
    one, other = forum_name("PG_Sensorik-Administratoren"), forum_name("PG_Sensorik-Administration")
    assert len(one) == len(other) == 20
    assert one[:15] == other[:15] == "PG_Sensorik-Adm"
    assert one != other
    assert forum_name("PG_Sensorik-Administratoren", 60) == "PG_Sensorik-Administratoren"


@given(NAMES, st.sampled_from([10, 20, 60]))
def test_whatever_is_left_of_a_name_is_taken_and_stays_as_it_is(name: str, longest: int) -> None:
    made = forum_name(name, longest)
    assert forum_name(made, longest) == made
    assert forum_name(made.lower(), longest) == made.lower()
    if len(made) >= SHORTEST:
        assert complaint(made, (SHORTEST, longest)) is None
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", made)
    assert (objection(name, longest, user=False) is None) == (len(made) >= SHORTEST and made.lower() not in AUTOMATIC)


@pytest.mark.parametrize("name", ["", "北京", "ab", "--", "Ö"])
def test_a_name_of_which_too_little_is_left_is_objected_to(site: Forum, name: str) -> None:
    said = site.connector.capabilities().objection
    for kind in (Kind.ACCOUNT, Kind.GROUP):
        found = said(kind, name)
        assert (found is None) == (name == "Ö" and len(forum_name(name)) >= SHORTEST), found
        assert found is None or found.code == "discourse.name_too_short"


def test_names_that_the_forum_keeps_for_itself_are_nobody_s_but_may_be_a_group_s(site: Forum) -> None:
    said = site.connector.capabilities().objection
    found = said(Kind.ACCOUNT, "Moderator")
    assert found is not None
    assert found.code == "discourse.name_reserved"
    assert said(Kind.GROUP, "Moderator") is None


@pytest.mark.parametrize("name", ["", "   ", "x" * 51])
def test_a_category_that_nobody_could_call_so_is_objected_to(site: Forum, name: str) -> None:
    found = site.connector.capabilities().objection(Kind.FORUM_CATEGORY, name)
    assert found is not None
    assert site.connector.capabilities().objection(Kind.FORUM_CATEGORY, f" {'x' * 50} ") is None


@pytest.mark.parametrize("name", ["everyone", "Everyone", "staff", "trust_level_0", "Ädmins.json", "admins"])
def test_no_group_is_called_as_one_of_the_server_s_own(site: Forum, name: str) -> None:
    found = site.connector.capabilities().objection(Kind.GROUP, name)
    assert (found is None) == (name == "Ädmins.json")
    assert found is None or found.code == "discourse.group_reserved"
