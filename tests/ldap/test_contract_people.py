"""The contract of people: what stands in the directory after each kind of change, and what is read back."""

import pytest

from provisioner.model.errors import Permanent, WriteRefused
from provisioner.model.inventory import Absent, Complete, Present, Unreadable
from provisioner.model.resources import Kind, ResourceId
from tests.ldap.rig import Rig, Server, anna, create, person_id, resume, suspend, update

ODD_NAMES = [
    'a,b+c="x"\\<>;#',
    " leading",
    "trailing ",
    "#hash",
    "*)(uid=*",
    "nul\x00byte",
    "Jörg.Müßig",
    "משה",
    "\u202eright-to-left",
    "back\\",
    "a=b,ou=people",
    "two  spaces",
    "new\nline",
    "x" * 240,
]


def test_a_new_person_stands_there_with_all_its_fields(rig: Rig, directory: Server) -> None:
    (step,) = rig.apply(anna())
    entry = directory.entries(directory.people, "(uid=anna)", "entryUUID")[f"uid=anna,{directory.people}"]
    assert entry["objectClass"] == [b"inetOrgPerson"]
    assert (entry["cn"], entry["sn"], entry["givenName"]) == ([b"Anna Beispiel"], [b"Beispiel"], [b"Anna"])
    assert (entry["displayName"], entry["mail"]) == ([b"Anna Beispiel"], [b"anna@stadt.example"])
    assert (entry["preferredLanguage"], entry["o"], entry["employeeType"]) == (
        [b"de"],
        [b"Stadt Beispiel"],
        [b"active"],
    )
    assert entry["employeeNumber"] == [b"readi:person:anna"]
    assert rig.bound[person_id("anna")].encode() == entry["entryUUID"][0]
    assert step.cost.requests == 1


def test_what_was_written_is_read_back_field_by_field(rig: Rig) -> None:
    change = anna()
    rig.apply(change)
    assert rig.people() == {"anna": dict(change.wanted.fields)}


def test_a_person_without_any_field_reads_back_as_nothing(rig: Rig) -> None:
    rig.apply(create(person_id("leer"), "leer"))
    nothing = dict.fromkeys(("display_name", "given_name", "family_name", "email", "language", "organisation"))
    assert rig.people() == {"leer": {**nothing, "enabled": True}}


def test_an_empty_branch_is_complete(rig: Rig) -> None:
    observation = rig.connector.observe([Kind.ACCOUNT]).of(Kind.ACCOUNT)
    assert isinstance(observation.completeness, Complete)
    assert observation.objects == {}


def test_more_people_than_a_page_are_all_read(rig: Rig, directory: Server) -> None:
    for number in range(12):
        directory.add_person(f"p{number:02}")
    observation = rig.connector.observe([Kind.ACCOUNT]).of(Kind.ACCOUNT)
    assert isinstance(observation.completeness, Complete)
    assert sorted(remote.name for remote in observation.objects.values()) == [f"p{number:02}" for number in range(12)]


@pytest.mark.parametrize("name", ODD_NAMES, ids=[ascii(name)[:24] for name in ODD_NAMES])
def test_an_odd_name_makes_one_entry_and_is_found_again(rig: Rig, directory: Server, name: str) -> None:
    assert rig.connector.capabilities().objection(Kind.ACCOUNT, name) is None
    rig.apply(create(person_id("odd"), name, email="odd@stadt.example"))
    assert list(rig.people()) == [name]
    assert len(directory.entries(directory.people)) == 1
    assert isinstance(rig.connector.look_up(person_id("odd"), name), Present)
    rig.apply(update(rig, person_id("odd"), name, email=("odd@stadt.example", "new@stadt.example")))
    assert rig.people()[name]["email"] == "new@stadt.example"
    rig.apply(update(rig, person_id("odd"), name, name=(name, "tame")))
    assert list(rig.people()) == ["tame"]


@pytest.mark.parametrize("name", ["x" * 250, "ü" * 125, "<" * 90])
def test_a_name_that_the_server_would_refuse_meets_an_objection(rig: Rig, name: str) -> None:
    assert rig.connector.capabilities().objection(Kind.ACCOUNT, name) is not None
    with pytest.raises(Permanent):
        rig.apply(create(person_id("long"), name))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Anna", "anna"), ("a  b", "a b"), ("e\u0301", "é"), ("ﬀ", "ff"), ("a\u00a0c", "a c"), (" a", "a")],
)
def test_names_that_are_one_to_the_server_are_one_to_us(rig: Rig, one: str, other: str) -> None:
    canonical = rig.connector.capabilities().canonical_name
    assert canonical(Kind.ACCOUNT, one) == canonical(Kind.ACCOUNT, other)
    rig.apply(create(person_id("one"), one))
    with pytest.raises(Permanent):
        rig.apply(create(person_id("other"), other))


@pytest.mark.parametrize(("one", "other"), [("ß", "ss"), ("z", "\u200bz"), ("ä", "ae")])
def test_names_that_are_two_to_the_server_are_two_to_us(rig: Rig, one: str, other: str) -> None:
    canonical = rig.connector.capabilities().canonical_name
    assert canonical(Kind.ACCOUNT, one) != canonical(Kind.ACCOUNT, other)
    rig.apply(create(person_id("one"), one), create(person_id("other"), other))
    assert set(rig.people()) == {one, other}


def test_an_update_is_one_modify_of_just_these_fields(rig: Rig, directory: Server) -> None:
    rig.apply(anna())
    directory.do("modify", f"uid=anna,{directory.people}", {"telephoneNumber": [("MODIFY_ADD", ["123"])]})
    (step,) = rig.apply(update(rig, person_id("anna"), "anna", email=("anna@stadt.example", None)))
    fields = rig.people()["anna"]
    assert (fields["email"], fields["given_name"]) == (None, "Anna")
    assert step.effects.fields == {"email": None}
    entry = directory.entries(directory.people)[f"uid=anna,{directory.people}"]
    assert entry["telephoneNumber"] == [b"123"]


def test_a_new_display_name_goes_into_cn_too(rig: Rig, directory: Server) -> None:
    rig.apply(anna())
    rig.apply(update(rig, person_id("anna"), "anna", display_name=("Anna Beispiel", "Anna Muster")))
    entry = directory.entries(directory.people)[f"uid=anna,{directory.people}"]
    assert (entry["cn"], entry["displayName"]) == ([b"Anna Muster"], [b"Anna Muster"])
    rig.apply(update(rig, person_id("anna"), "anna", display_name=("Anna Muster", None)))
    entry = directory.entries(directory.people)[f"uid=anna,{directory.people}"]
    assert entry["cn"] == [b"anna"]
    assert "displayName" not in entry


def test_a_lost_family_name_leaves_the_entry_valid(rig: Rig) -> None:
    rig.apply(anna())
    rig.apply(update(rig, person_id("anna"), "anna", family_name=("Beispiel", None)))
    assert rig.people()["anna"]["family_name"] is None


def test_second_values_of_others_stay_behind_ours(rig: Rig, directory: Server) -> None:
    rig.apply(anna())
    directory.do("modify", f"uid=anna,{directory.people}", {"mail": [("MODIFY_ADD", ["other@stadt.example"])]})
    rig.apply(update(rig, person_id("anna"), "anna", email=("anna@stadt.example", "neu@stadt.example")))
    assert rig.people()["anna"]["email"] == "neu@stadt.example"
    entry = directory.entries(directory.people)[f"uid=anna,{directory.people}"]
    assert sorted(entry["mail"]) == [b"neu@stadt.example", b"other@stadt.example"]


def test_a_rename_keeps_the_entry_and_its_id(rig: Rig, directory: Server) -> None:
    rig.apply(anna())
    before = rig.bound[person_id("anna")]
    steps = rig.apply(
        update(rig, person_id("anna"), "anna", name=("anna", "anna.neu"), language=("de", "en")),
    )
    assert [step.operation for step in steps] == ["rename-account", "update-account"]
    (found,) = rig.connector.observe([Kind.ACCOUNT]).of(Kind.ACCOUNT).objects.values()
    assert (found.name, found.remote_id, found.fields["language"]) == ("anna.neu", before, "en")
    assert directory.entries(directory.people)[f"uid=anna.neu,{directory.people}"]["uid"] == [b"anna.neu"]


def test_a_rename_of_nothing_but_case_works(rig: Rig) -> None:
    rig.apply(anna())
    rig.apply(update(rig, person_id("anna"), "anna", name=("anna", "Anna")))
    assert list(rig.people()) == ["Anna"]


def test_suspending_and_resuming_change_one_word(rig: Rig, directory: Server) -> None:
    rig.apply(anna())
    directory.do("modify", f"uid=anna,{directory.people}", {"employeeType": [("MODIFY_ADD", ["Angestellte"])]})
    rig.apply(suspend(rig, "anna"))
    assert rig.people()["anna"]["enabled"] is False
    entry = directory.entries(directory.people)[f"uid=anna,{directory.people}"]
    assert sorted(entry["employeeType"]) == [b"Angestellte", b"suspended"]
    rig.apply(resume(rig, "anna"))
    assert rig.people()["anna"]["enabled"] is True
    entry = directory.entries(directory.people)[f"uid=anna,{directory.people}"]
    assert sorted(entry["employeeType"]) == [b"Angestellte", b"active"]


def test_an_update_and_a_suspension_are_one_write(rig: Rig) -> None:
    rig.apply(anna())
    (step,) = rig.apply(suspend(rig, "anna"), update(rig, person_id("anna"), "anna", language=("de", "en")))
    assert len(step.changes) == 2
    assert (rig.people()["anna"]["enabled"], rig.people()["anna"]["language"]) == (False, "en")


def test_what_changed_over_there_since_the_plan_is_not_overwritten(rig: Rig, directory: Server) -> None:
    rig.apply(anna())
    change = update(rig, person_id("anna"), "anna", email=("anna@stadt.example", "neu@stadt.example"))
    directory.do("modify", f"uid=anna,{directory.people}", {"mail": [("MODIFY_REPLACE", ["fremd@stadt.example"])]})
    assert rig.apply(change) == []
    assert rig.moved[0].why.code == "kit.field_moved"
    assert rig.people()["anna"]["email"] == "fremd@stadt.example"


def test_somebody_deleted_since_the_plan_is_not_made_again(rig: Rig, directory: Server) -> None:
    rig.apply(anna())
    change = suspend(rig, "anna")
    directory.do("delete", f"uid=anna,{directory.people}")
    assert rig.apply(change) == []
    assert rig.moved[0].why.code == "kit.gone"
    assert rig.people() == {}


def test_somebody_new_under_an_old_name_is_never_written_to(rig: Rig, directory: Server) -> None:
    rig.apply(anna())
    (step,) = rig.compile(update(rig, person_id("anna"), "anna", email=("anna@stadt.example", "neu@stadt.example")))

    def replaced() -> None:
        directory.do("delete", f"uid=anna,{directory.people}")
        directory.add_person("anna", mail="anna@stadt.example")

    with pytest.raises(Permanent) as caught:
        rig.run(step, between=replaced)
    assert caught.value.text.code == "ldap.gone"
    assert rig.people()["anna"]["email"] == "anna@stadt.example"


def test_somebody_renamed_over_there_is_still_found(rig: Rig, directory: Server) -> None:
    rig.apply(anna())
    change = update(rig, person_id("anna"), "anna", email=("anna@stadt.example", "neu@stadt.example"))
    directory.do("modify_dn", f"uid=anna,{directory.people}", "uid=umbenannt")
    rig.apply(change)
    assert rig.people()["umbenannt"]["email"] == "neu@stadt.example"


def test_an_entry_of_somebody_else_is_read_as_it_is(rig: Rig, directory: Server) -> None:
    directory.add_person("fremd", givenName="Frieda", mail="Frieda@Stadt.example")
    fields = rig.people()["fremd"]
    assert (fields["given_name"], fields["email"], fields["enabled"]) == ("Frieda", "frieda@stadt.example", True)


def test_an_entry_named_by_its_cn_can_be_changed_but_not_renamed(rig: Rig, directory: Server) -> None:
    values = {"objectClass": "inetOrgPerson", "cn": "Frieda Fremd", "sn": "Fremd"}
    directory.do("add", f"cn=Frieda Fremd,{directory.people}", None, values)
    (remote,) = rig.connector.observe([Kind.ACCOUNT]).of(Kind.ACCOUNT).objects.values()
    assert remote.name == "Frieda Fremd"
    assert remote.writable is not None
    assert "name" not in remote.writable
    assert "email" in remote.writable


def test_without_a_write_token_nothing_reaches_the_directory(rig: Rig, directory: Server) -> None:
    rig.apply(anna())
    for change in (
        anna("bert"),
        update(rig, person_id("anna"), "anna", language=("de", "en")),
        update(rig, person_id("anna"), "anna", name=("anna", "anne")),
        suspend(rig, "anna"),
    ):
        (step,) = rig.compile(change)
        verified = rig.verified(step)
        with pytest.raises(WriteRefused):
            rig.connector.perform(step, verified, rig.resolve)
    assert list(rig.people()) == ["anna"]
    assert rig.people()["anna"]["language"] == "de"


def test_a_name_already_taken_is_refused_for_good(rig: Rig, directory: Server) -> None:
    directory.add_person("anna")
    with pytest.raises(Permanent) as caught:
        rig.apply(anna())
    assert caught.value.text.code == "transport.directory_entry_exists"


def test_looking_up_tells_ours_from_others_and_from_nothing(rig: Rig, directory: Server) -> None:
    rig.apply(anna())
    directory.add_person("fremd")
    ours = rig.connector.look_up(person_id("anna"), "anna")
    assert isinstance(ours, Present)
    assert ours.remote.remote_id == rig.bound[person_id("anna")]
    for identity, name in ((person_id("fremd"), "fremd"), (person_id("ann"), "anna")):
        others = rig.connector.look_up(identity, name)
        assert isinstance(others, Unreadable)
        assert others.why.code == "ldap.not_ours"
    assert isinstance(rig.connector.look_up(ResourceId(Kind.ACCOUNT, "any"), "niemand"), Absent)


def test_a_mail_address_that_no_directory_can_hold_blocks_only_itself(rig: Rig) -> None:
    with pytest.raises(Permanent):
        rig.apply(anna("ümlaut", email="ü@stadt.example"))
    rig.apply(anna())
    assert list(rig.people()) == ["anna"]
