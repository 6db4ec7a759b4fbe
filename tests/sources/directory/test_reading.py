"""Everybody in a city's directory, as a real OpenLDAP gives them."""

import unicodedata
from datetime import date

import pytest

from connectors.ldap.emulator import LdapEmulator
from provisioner.model.errors import Garbled, LoginRefused, TargetError, Transient
from tests.sources.directory.city import ANNA, City, emails, gap, only, why


def test_somebody_is_read_with_what_the_directory_says(city: City) -> None:
    city.add("anna", preferredLanguage="de-DE, en;q=0.5", **ANNA)
    person = only(city.read())
    assert person.key == city.keys()["anna"]
    assert person.active
    assert person.fields == {
        "given_name": "Anna",
        "family_name": "Beispiel",
        "email": "anna.beispiel@stadt.example",
        "language": "de",
    }


def test_everybody_is_read_although_the_server_gives_five_at_a_time(city: City) -> None:
    city.many(23)
    read = city.read(page_size=5)
    assert (len(read.people), gap(read), read.whole, read.unusable) == (23, "", True, ())
    assert {person.key for person in read.people} == set(city.keys().values())


def test_people_deeper_down_are_read_unless_only_those_directly_below_are_wanted(city: City) -> None:
    base = city.server.base
    city.add("anna")
    assert emails(city.read(base=base)) == {"anna@stadt.example"}
    assert gap(city.read(base=base, scope="one")) == "emptied"


def test_values_are_composed_and_stripped(city: City) -> None:
    city.add("o", givenName=unicodedata.normalize("NFD", "  Özlem   Ayşe "), sn="Müller\u200b")
    fields = only(city.read()).fields
    assert (fields["given_name"], fields["family_name"]) == ("Özlem Ayşe", "Müller")


def test_what_is_not_there_is_empty_where_others_have_it(city: City) -> None:
    city.add("anna", preferredLanguage="de")
    city.add("bert", givenName=None)
    by_email = {person.fields["email"]: person.fields for person in city.read().people}
    assert by_email["bert@stadt.example"]["given_name"] is None
    assert by_email["bert@stadt.example"]["language"] is None


def test_attributes_of_the_citys_own_choice_are_read(city: City) -> None:
    city.add("anna", displayName="Änni", departmentNumber="31.03.2027", roomNumber="2020-09-01")
    mapping = {"given_name": "displayName", "leaves": "departmentNumber", "joined": "roomNumber", "language": None}
    assert only(city.read(mapping=mapping)).fields == {
        "given_name": "Änni",
        "family_name": "Beispiel",
        "email": "anna@stadt.example",
        "joined": date(2020, 9, 1),
        "leaves": date(2027, 3, 31),
    }


def test_of_several_addresses_the_one_of_the_organisation_is_taken(city: City) -> None:
    city.add("anna", mail=["a@privat.example", "Anna@Stadt.example", "anna@werke.example"])
    assert emails(city.read()) == {"a@privat.example"}
    assert emails(city.read(domains=["werke.example", "stadt.example"])) == {"anna@werke.example"}
    assert emails(city.read(domains=["stadt.example"])) == {"Anna@Stadt.example"}


def test_one_malformed_entry_blocks_itself_alone(city: City) -> None:
    keys = {
        uid: (city.add(uid, **values), city.keys()[uid])[1]
        for uid, values in {
            "good": {},
            "no-mail": {"mail": None},
            "bad-mail": {"mail": "anna at stadt"},
            "long-mail": {"mail": f"{'a' * 250}@stadt.example"},
            "bell": {"sn": "Bei\x07spiel"},
            "long-name": {"givenName": "x" * 500},
            "bad-day": {"roomNumber": "irgendwann"},
        }.items()
    }
    read = city.read(mapping={"leaves": "roomNumber"})
    assert (emails(read), gap(read)) == ({"good@stadt.example"}, "")
    assert why(read) == {
        "uid=no-mail": "no_email",
        "uid=bad-mail": "bad_email",
        "uid=long-mail": "bad_email",
        "uid=bell": "control_character",
        "uid=long-name": "bad_name",
        "uid=bad-day": "bad_date",
    }
    assert {one.key for one in read.unusable} == {key for uid, key in keys.items() if uid != "good"}


def test_where_somebody_stands_is_said_in_short(city: City) -> None:
    city.add("u" * 200, mail=None)
    (one,) = city.read().unusable
    assert (one.where[:8], len(one.where), one.where[-1]) == ("uid=uuuu", 60, "…")


def test_an_account_that_is_switched_off_is_taken_with_what_is_left_of_it(city: City) -> None:
    city.add("anna", employeeType="Ausgeschieden", mail=None, sn="Bei\x07spiel")
    city.add("bert", employeeType="intern")
    by_name = {person.fields["given_name"]: person for person in city.read(disabled=_LEFT).people}
    assert (by_name["Anna"].active, by_name["Bert"].active) == (False, True)
    assert by_name["Anna"].fields == {"given_name": "Anna", "language": None}


def test_any_value_can_mean_that_an_account_is_switched_off(city: City) -> None:
    city.add("anna", carLicense="gesperrt am Montag")
    city.add("bert")
    states = {person.fields["given_name"]: person.active for person in city.read(disabled=_MARKED).people}
    assert states == {"Anna": False, "Bert": True}


_LEFT = {"attribute": "employeeType", "value": "ausgeschieden"}
_MARKED = {"attribute": "carLicense"}


def test_a_personnel_number_can_be_the_key_but_not_one_that_two_have(city: City) -> None:
    city.add("anna", employeeNumber="0012")
    city.add("bert", employeeNumber="0013")
    assert {person.key for person in city.read(key="employeeNumber").people} == {"0012", "0013"}
    city.add("cem", employeeNumber="0013")
    read = city.read(key="employeeNumber")
    assert (gap(read), {person.key for person in read.people}) == ("keys_twice", {"0012"})
    assert {one.key for one in read.unusable} == {"0013"}
    assert read.mark == ""


def test_somebody_without_a_key_may_be_anybody(city: City) -> None:
    city.add("anna", employeeNumber="0012")
    city.add("bert")
    read = city.read(key="employeeNumber")
    assert (gap(read), why(read)) == ("key_hidden", {"uid=bert": "bad_key"})


@pytest.mark.parametrize("uid", ["*)(uid=*", "a,b+c=d", "#x", 'q"u\\o<t>e;', "ä ö"])
def test_names_with_every_special_letter_are_read(city: City, uid: str) -> None:
    name = uid.replace("\\", "\\5c").replace(",", "\\2c").replace("+", "\\2b").replace('"', "\\22").replace(";", "\\3b")
    name = name.replace("<", "\\3c").replace(">", "\\3e").replace("#", "\\23")
    city.server.do(
        "add", f"uid={name},{city.server.people}", "inetOrgPerson", {"cn": "x", "sn": "Y", "mail": "y@stadt.example"}
    )
    assert only(city.read()).fields["email"] == "y@stadt.example"


@pytest.mark.parametrize("cn", ["PG", "*)(uid=*", "a\\2cb\\2b", "x\\5c\\2a(y)"])
def test_the_members_of_a_group_alone_are_taken(city: City, cn: str) -> None:
    anna, _ = city.add("anna"), city.add("bert")
    group = city.server.add_group(cn, [anna])
    assert emails(city.read(members_of=group)) == {"anna@stadt.example"}


def test_members_are_read_anew_each_time(city: City) -> None:
    anna, bert = city.add("anna"), city.add("bert")
    group = city.server.add_group("g", [anna])
    source = city.source(members_of=group)
    first = source.read()
    city.server.do("modify", group, {"member": [("MODIFY_ADD", [bert])]})
    again = source.read(first.mark)
    assert (first.mark, again.whole, emails(again)) == ("", True, {"anna@stadt.example", "bert@stadt.example"})


def test_a_wrong_password_is_an_error_and_tried_once(rehearsed: City, emulator: LdapEmulator) -> None:
    source = rehearsed.source(password="geändert")
    for _ in range(2):
        with pytest.raises(LoginRefused):
            source.read()
    assert [entry.method for entry in emulator.log] == ["BIND"]


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_a_line_that_dies_at_any_request_gives_no_short_list(rehearsed: City, emulator: LdapEmulator, nth: int) -> None:
    rehearsed.many(9)
    emulator.log.clear()
    emulator.faults.reset_after(method="SEARCH", nth=nth)
    with pytest.raises(Transient):
        rehearsed.read(page_size=5)


def test_half_an_answer_gives_no_short_list(rehearsed: City, emulator: LdapEmulator) -> None:
    rehearsed.many(9)
    for kept in (300, 700):
        emulator.faults.truncate(keep=kept, method="SEARCH", nth=4)
        with pytest.raises((Transient, Garbled)):
            rehearsed.read(page_size=5)


@pytest.mark.parametrize("word", ["busy", "unavailable", "other", "unwillingToPerform", "timeLimitExceeded"])
def test_a_search_that_fails_or_is_cut_off_is_never_believed(
    rehearsed: City, emulator: LdapEmulator, word: str
) -> None:
    rehearsed.many(9)
    emulator.faults.mishap(word, method="SEARCH", nth=4)
    if word == "timeLimitExceeded":
        assert gap(rehearsed.read(page_size=5)) == "transport.directory_time_limit"
    else:
        with pytest.raises(TargetError):
            rehearsed.read(page_size=5)


def test_nothing_is_ever_written(rehearsed: City, emulator: LdapEmulator) -> None:
    rehearsed.many(3)
    emulator.log.clear()
    source = rehearsed.source()
    source.read(source.read().mark)
    assert list(source.examine())
    assert emulator.log.writes == []
    assert {entry.method for entry in emulator.log} == {"BIND", "SEARCH"}
