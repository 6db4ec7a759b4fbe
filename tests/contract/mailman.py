"""What the connector relies on in a Mailman. Runs on the emulator and on a real server always, live when told where.

What it makes has a random prefix and is deleted again. The mail domain has to exist.
"""

import secrets
from collections.abc import Iterator

import pytest

from connectors.mailman.lists import BEGINNINGS
from connectors.mailman.settings import MailmanSettings
from provisioner.model.errors import Permanent, WriteRefused
from provisioner.model.inventory import Absent, Complete, Present
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import Kind
from provisioner.model.steps import Verified
from tests.support.mailman import (
    MEMBER,
    OWNER,
    Bench,
    Tamperer,
    adopt,
    create_account,
    create_list,
    erase,
    join,
    leave,
    mailing_list,
    person,
    update,
)


class Site(Bench):
    """A bench that names what it makes after itself, and takes it away again."""

    def __init__(self, settings: MailmanSettings) -> None:
        super().__init__(settings)
        self.prefix = f"rt{secrets.token_hex(3)}"
        self.hand = Tamperer(settings)

    def email(self, name: str) -> str:
        return f"{name}@{self.prefix}.example"

    def new_person(self, key: str, display_name: str = "") -> str:
        self.apply(create_account(key, self.email(key), display_name))
        return self.ids[person(key)]

    def new_list(self, key: str, **fields: str | bool) -> str:
        self.apply(create_list(key, f"{self.prefix}-{key}", **fields))
        return self.ids[mailing_list(key)]

    def clean(self) -> None:
        for entry in self.hand.do("GET", f"/domains/{self.settings.domain}/lists").get("entries", []):
            if entry["list_name"].startswith(self.prefix):
                self.hand.do("DELETE", f"/lists/{entry['list_id']}")
        for entry in self.hand.do("GET", "/addresses").get("entries", []):
            if entry["email"].endswith(f"@{self.prefix}.example"):
                path = f"/users/{entry['email']}" if "user" in entry else f"/addresses/{entry['email']}"
                assert self.hand.ask("DELETE", path).status_code in (204, 404)
        self.close()


class MailmanContract:
    """Subclasses give the settings of a server; see `tests/contract/test_mailman.py`."""

    @pytest.fixture
    def site(self, server: MailmanSettings) -> Iterator[Site]:
        site = Site(server)
        try:
            yield site
        finally:
            site.clean()

    def test_a_person_is_made_with_address_and_name_and_read_back(self, site: Site) -> None:
        user = site.new_person("anna", "Anna Ähre 😀")
        remote = site.remote(person("anna"))
        assert (remote.remote_id, remote.name, remote.fingerprint) == (user, site.email("anna"), user)
        assert remote.fields == {"email": site.email("anna"), "display_name": "Anna Ähre 😀"}

    def test_an_address_is_one_whatever_its_letters(self, site: Site) -> None:
        site.apply(create_account("anna", f"Anna@{site.prefix.upper()}.example"))
        assert site.remote(person("anna")).fields["email"] == f"anna@{site.prefix}.example"
        with pytest.raises(Permanent, match="address_taken"):
            site.apply(create_account("other", f"ANNA@{site.prefix}.example"))

    @pytest.mark.parametrize("email", ["grün@stadt.example", "a/b@stadt.example", "niemand", ""])
    def test_an_address_that_won_t_do_makes_nobody(self, site: Site, email: str) -> None:
        (step,) = site.compile(create_account("anna", email))
        with pytest.raises(Permanent):
            site.perform(step)

    def test_a_list_is_made_silent_private_and_in_german(self, site: Site) -> None:
        list_id = site.new_list("pg", display_name="PG Höfe & Meßtechnik", description="Messen, was ist")
        assert list_id == f"{site.prefix}-pg.{site.settings.domain}"
        config = site.hand.config(list_id)
        assert {name: config[name] for name in BEGINNINGS} == dict(BEGINNINGS)
        assert (config["preferred_language"], config["info"], config["advertised"]) == ("de", "readi:body:pg", False)
        remote = site.remote(mailing_list("pg"))
        assert remote.fields == {
            "name": f"{site.prefix}-pg",
            "display_name": "PG Höfe & Meßtechnik",
            "description": "Messen, was ist",
            "listed": False,
            "read_only": False,
        }
        assert (remote.marker, remote.fingerprint) == ("readi:body:pg", config["created_at"])

    def test_a_new_list_has_the_fingerprint_that_it_is_given(self, site: Site) -> None:
        create, setting = site.compile(create_list("pg", f"{site.prefix}-pg"))
        done = site.perform(create)
        site.perform(setting)
        assert site.remote(mailing_list("pg")).fingerprint == done.fingerprint != ""

    def test_a_language_that_the_server_lacks_keeps_nothing_else_from_being_set(self, site: Site) -> None:
        list_id = site.new_list("pg", language="kw", display_name="PG")
        assert site.hand.config(list_id)["preferred_language"] == "en"
        assert site.hand.config(list_id)["display_name"] == "PG"

    def test_a_list_that_exists_is_refused_and_no_other_is_made(self, site: Site) -> None:
        site.new_list("pg")
        create, _ = site.compile(create_list("again", f"{site.prefix.upper()}-PG"))
        with pytest.raises(Permanent, match="HTTP 400"):
            site.perform(create)

    @pytest.mark.parametrize("name", ["höfe", "a b", "a+b", "pg-owner", "pg-request", "x" * 65, "a..b", "-a"])
    def test_a_name_that_won_t_do_is_objected_to_and_never_made(self, site: Site, name: str) -> None:
        assert site.connector.capabilities().objection(Kind.MAILING_LIST, name) is not None
        create, _ = site.compile(create_list("pg", name))
        with pytest.raises(Permanent, match=r"mailman\.name"):
            site.perform(create)

    def test_an_archived_list_takes_no_mail_and_comes_back(self, site: Site) -> None:
        list_id = site.new_list("pg")
        site.apply(update(mailing_list("pg"), site.remote(mailing_list("pg")), read_only=True, listed=True))
        config = site.hand.config(list_id)
        assert (config["default_member_action"], config["default_nonmember_action"]) == ("reject", "reject")
        closed = site.remote(mailing_list("pg"))
        assert (closed.fields["read_only"], closed.fields["listed"]) == (True, True)
        site.apply(update(mailing_list("pg"), closed, read_only=False))
        config = site.hand.config(list_id)
        assert (config["default_member_action"], config["default_nonmember_action"]) == ("defer", "hold")
        assert site.remote(mailing_list("pg")).fields["read_only"] is False

    def test_fields_read_back_in_the_form_that_was_foreseen(self, site: Site) -> None:
        site.new_list("pg")
        wish = {"description": "eine  \n zweite\tZeile ", "display_name": " PG\n"}
        site.apply(update(mailing_list("pg"), site.remote(mailing_list("pg")), **wish))
        canonical = site.connector.capabilities().canonical
        read = site.remote(mailing_list("pg")).fields
        assert read["description"] == canonical(Kind.MAILING_LIST, "description", wish["description"])
        assert read["display_name"] == canonical(Kind.MAILING_LIST, "display_name", wish["display_name"])

    def test_people_are_put_on_lists_and_made_their_owners(self, site: Site) -> None:
        steps = site.apply(
            create_list("pg", f"{site.prefix}-pg"),
            create_account("anna", site.email("anna")),
            create_account("ben", site.email("ben")),
            join("pg", "anna", "ben"),
            join("pg", "ben", role=OWNER),
        )
        assert sum(step.cost.mails for step in steps) == 0
        assert (site.seated("pg"), site.seated("pg", OWNER)) == ({"anna", "ben"}, {"ben"})

    def test_joining_twice_is_the_same_as_once_in_every_role(self, site: Site) -> None:
        site.new_list("pg")
        site.new_person("anna")
        for role in (MEMBER, OWNER):
            (step,) = site.compile(join("pg", "anna", role=role))
            site.perform(step)
            site.perform(step)
            assert site.seated("pg", role) == {"anna"}

    def test_whose_own_request_waits_is_put_on_the_list_all_the_same(self, site: Site) -> None:
        list_id = site.new_list("pg")
        site.new_person("anna")
        asked = site.hand.ask("POST", "/members", {"list_id": list_id, "subscriber": site.email("anna")})
        assert asked.status_code == 202
        site.apply(join("pg", "anna"))
        assert site.seated("pg") == {"anna"}
        assert site.hand.do("GET", f"/lists/{list_id}/requests")["total_size"] == 0

    def test_who_is_banned_is_not_put_on_the_list(self, site: Site) -> None:
        list_id = site.new_list("pg")
        site.new_person("anna")
        site.hand.do("POST", f"/lists/{list_id}/bans", {"email": site.email("anna")})
        with pytest.raises(Permanent, match="HTTP 400"):
            site.apply(join("pg", "anna"))
        assert site.seated("pg") == set()

    def test_several_are_taken_off_by_one_request_and_nobody_else(self, site: Site) -> None:
        list_id = site.new_list("pg")
        for key in ("anna", "ben", "cleo"):
            site.new_person(key)
        site.apply(join("pg", "anna", "ben", "cleo"), join("pg", "anna", "cleo", role=OWNER))
        site.hand.subscribe(list_id, site.email("gast"))
        site.apply(leave("pg", list_id, "anna", "ben"))
        assert sorted(site.hand.emails(list_id)) == [site.email("cleo"), site.email("gast")]
        assert site.seated("pg", OWNER) == {"anna", "cleo"}

    def test_an_owner_who_goes_stays_subscribed(self, site: Site) -> None:
        list_id = site.new_list("pg")
        site.new_person("anna")
        site.apply(join("pg", "anna"), join("pg", "anna", role=OWNER))
        site.apply(leave("pg", list_id, "anna", role=OWNER))
        assert (site.seated("pg"), site.seated("pg", OWNER)) == ({"anna"}, set())

    def test_who_left_already_is_no_obstacle(self, site: Site) -> None:
        list_id = site.new_list("pg")
        site.new_person("anna")
        for role in (MEMBER, OWNER):
            site.apply(leave("pg", list_id, "anna", role=role))
        assert site.seated("pg") == set()

    def test_a_new_name_is_shown_with_the_address_and_the_user(self, site: Site) -> None:
        user = site.new_person("anna", "Anna Amsel")
        site.apply(update(person("anna"), site.remote(person("anna")), display_name="Anna Berg"))
        assert site.remote(person("anna")).fields["display_name"] == "Anna Berg"
        assert site.hand.do("GET", f"/users/{user}")["display_name"] == "Anna Berg"

    def test_a_new_address_takes_all_memberships_along(self, site: Site) -> None:
        lists = [site.new_list("pg"), site.new_list("plenum")]
        user = site.new_person("anna", "Anna Amsel")
        site.apply(join("pg", "anna"), join("pg", "anna", role=OWNER), join("plenum", "anna"))
        site.apply(update(person("anna"), site.remote(person("anna")), email=site.email("anna.neu")))
        remote = site.remote(person("anna"))
        assert (remote.remote_id, remote.name) == (user, site.email("anna.neu"))
        assert remote.fields == {"email": site.email("anna.neu"), "display_name": "Anna Amsel"}
        assert [site.hand.emails(one) for one in lists] == [[site.email("anna.neu")]] * 2
        assert site.hand.emails(lists[0], "owner") == [site.email("anna.neu")]
        assert site.hand.ask("GET", f"/addresses/{site.email('anna')}").status_code == 404

    def test_a_new_address_that_somebody_else_has_changes_nothing(self, site: Site) -> None:
        site.new_person("anna")
        site.new_person("ben")
        before = site.remote(person("anna"))
        with pytest.raises(Permanent, match="address_taken"):
            site.apply(update(person("anna"), before, email=site.email("ben")))
        assert site.remote(person("anna")) == before

    def test_a_second_address_of_ones_own_stays_with_a_new_first_one(self, site: Site) -> None:
        list_id = site.new_list("pg")
        user = site.new_person("anna")
        site.hand.do("POST", f"/users/{user}/addresses", {"email": site.email("privat")})
        site.hand.do("POST", f"/addresses/{site.email('privat')}/verify", {})
        site.hand.subscribe(list_id, site.email("privat"))
        assert site.remote(person("anna")).fields["email"] == site.email("anna")
        site.apply(update(person("anna"), site.remote(person("anna")), email=site.email("anna.neu")))
        assert site.remote(person("anna")).fields["email"] == site.email("anna.neu")
        assert site.hand.emails(list_id) == [site.email("privat")]
        assert site.hand.do("GET", f"/users/{user}/addresses")["total_size"] == 2

    def test_who_is_subscribed_with_both_addresses_is_so_once_afterwards(self, site: Site) -> None:
        list_id = site.new_list("pg")
        user = site.new_person("anna")
        site.hand.do("POST", f"/users/{user}/addresses", {"email": site.email("anna.neu")})
        site.hand.do("POST", f"/addresses/{site.email('anna.neu')}/verify", {})
        for email in ("anna", "anna.neu"):
            site.hand.subscribe(list_id, site.email(email))
        site.apply(update(person("anna"), site.remote(person("anna")), email=site.email("anna.neu")))
        assert site.hand.emails(list_id) == [site.email("anna.neu")]
        assert site.hand.do("GET", f"/users/{user}/addresses")["total_size"] == 1

    def test_memberships_that_follow_the_preferred_address_go_along(self, site: Site) -> None:
        list_id = site.new_list("pg")
        user = site.new_person("anna")
        site.hand.do("POST", f"/addresses/{site.email('anna')}/verify", {})
        site.hand.do("POST", f"/users/{user}/preferred_address", {"email": site.email("anna")})
        site.hand.subscribe(list_id, user)
        site.apply(update(person("anna"), site.remote(person("anna")), email=site.email("anna.neu")))
        assert site.hand.emails(list_id) == [site.email("anna.neu")]
        assert site.seated("pg") == {"anna"}

    def test_adopted_lists_keep_their_owners_settings(self, site: Site) -> None:
        name = f"{site.prefix}-alt"
        list_id = site.hand.do("POST", "/lists", {"fqdn_listname": f"{name}@{site.settings.domain}"})
        remote = site.observe().of(Kind.MAILING_LIST).objects[list_id]
        before = site.hand.config(list_id)
        site.new_person("anna")
        adopted = adopt(mailing_list("alt"), remote)
        changed = update(mailing_list("alt"), remote, display_name="Altbestand")
        steps = site.apply(adopted, changed, join("alt", "anna"))
        assert [step.operation for step in steps] == ["subscribe", "set-list"]
        after = {**site.hand.config(list_id), "http_etag": before["http_etag"]}
        assert after == {**before, "display_name": "Altbestand"}

    def test_lists_that_nobody_asked_about_are_only_named(self, site: Site) -> None:
        list_id = site.new_list("pg")
        inventory = site.observe(interest=Interest())
        remote = inventory.of(Kind.MAILING_LIST).objects[list_id]
        assert (remote.name, remote.fingerprint) == (f"{site.prefix}-pg", "")
        assert (Kind.MAILING_LIST, list_id) not in inventory.rosters
        wanted = site.observe(interest=Interest(names=frozenset({(Kind.MAILING_LIST, f"{site.prefix}-pg")})))
        assert (Kind.MAILING_LIST, list_id) in wanted.rosters

    def test_a_look_at_one_person_tells_what_a_look_at_all_tells(self, site: Site) -> None:
        lists = [site.new_list("pg"), site.new_list("plenum")]
        user = site.new_person("anna", "Anna Amsel")
        site.new_person("ben")
        site.apply(join("pg", "anna", "ben"), join("pg", "anna", role=OWNER))
        wide = site.observe()
        bound = frozenset((Kind.MAILING_LIST, one) for one in lists)
        for sought in (
            Sought(person("anna"), "user.anna", user),
            Sought(person("anna"), "x", None, site.email("Anna")),
        ):
            narrow = site.observe(interest=Interest(bound=bound, only=(sought,)))
            assert narrow.of(Kind.ACCOUNT).objects == {user: wide.of(Kind.ACCOUNT).objects[user]}
            assert narrow.of(Kind.MAILING_LIST).objects == {}
            seen = {one: narrow.rosters[Kind.MAILING_LIST, one] for one in lists}
            assert [seen[one].of(MEMBER, Kind.ACCOUNT) for one in lists] == [{user}, frozenset()]
            assert [seen[one].of(OWNER, Kind.ACCOUNT) for one in lists] == [{user}, frozenset()]
            for roster in seen.values():
                assert isinstance(roster.completeness, Complete)
                assert roster.completeness.scope.only == {person("anna").key}

    def test_a_look_at_one_list_tells_what_a_look_at_all_tells(self, site: Site) -> None:
        list_id = site.new_list("pg")
        site.new_person("anna")
        site.apply(join("pg", "anna"))
        wide = site.observe()
        narrow = site.observe(interest=Interest(only=(Sought(mailing_list("pg"), f"{site.prefix}-pg"),)))
        assert narrow.of(Kind.MAILING_LIST).objects == {list_id: wide.of(Kind.MAILING_LIST).objects[list_id]}
        assert narrow.rosters == {(Kind.MAILING_LIST, list_id): wide.rosters[Kind.MAILING_LIST, list_id]}

    def test_what_was_made_is_looked_up_by_its_name_and_what_was_not_is_absent(self, site: Site) -> None:
        site.new_list("pg")
        site.new_person("anna")
        found = site.connector.look_up(mailing_list("pg"), f"{site.prefix}-pg")
        assert isinstance(found, Present)
        assert found.remote == site.remote(mailing_list("pg"))
        found = site.connector.look_up(person("anna"), site.email("anna"))
        assert isinstance(found, Present)
        assert found.remote == site.remote(person("anna"))
        assert site.connector.look_up(mailing_list("x"), f"{site.prefix}-nie") == Absent()
        assert site.connector.look_up(person("x"), site.email("nie")) == Absent()

    def test_what_is_named_is_erased_and_gone_once(self, site: Site) -> None:
        list_id, _ = site.new_list("pg"), site.new_person("anna")
        site.apply(join("pg", "anna"))
        site.hand.subscribe(list_id, site.email("gast"))
        steps = site.compile(
            erase(person("anna"), site.remote(person("anna"))),
            erase(mailing_list("pg"), site.remote(mailing_list("pg"))),
        )
        assert [step.operation for step in steps] == ["erase-list", "erase-account"]
        notes = [site.perform(step).note for step in steps]
        assert [note.code if note else None for note in notes] == ["mailman.archive_stays", None]
        for step in steps:
            assert site.connector.verify(step, site.ids.__getitem__) == Verified(None)
            assert site.perform(step).note is not None
        assert site.hand.ask("GET", f"/users/{site.email('gast')}").status_code == 200

    def test_a_chief_of_the_server_is_never_erased(self, site: Site) -> None:
        site.new_person("anna")
        remote = site.remote(person("anna"))
        site.hand.do("PATCH", f"/users/{remote.remote_id}", {"is_server_owner": True})
        (step,) = site.compile(erase(person("anna"), remote))
        with pytest.raises(Permanent, match="never_erased"):
            site.connector.verify(step, site.ids.__getitem__)

    def test_a_list_that_was_made_again_is_not_the_one_that_was_named(self, site: Site) -> None:
        list_id = site.new_list("pg")
        (step,) = site.compile(erase(mailing_list("pg"), site.remote(mailing_list("pg"))))
        site.hand.do("DELETE", f"/lists/{list_id}")
        site.hand.do("POST", "/lists", {"fqdn_listname": f"{site.prefix}-pg@{site.settings.domain}"})
        assert not isinstance(site.connector.verify(step, site.ids.__getitem__), Verified)

    def test_mail_that_comes_back_is_told_with_list_and_address(self, site: Site) -> None:
        list_id, user = site.new_list("pg"), site.new_person("anna")
        site.apply(join("pg", "anna"))
        member = site.hand.do("GET", f"/lists/{list_id}/member/{site.email('anna')}")["member_id"]
        site.hand.do("PATCH", f"/members/{member}/preferences", {"delivery_status": "by_bounces"})
        found = [one for one in site.connector.ailing_addresses() if one.container == f"{site.prefix}-pg"]
        assert [(one.account, one.address, one.score) for one in found] == [(user, site.email("anna"), 0)]

    def test_a_list_writes_again_to_whoever_has_a_new_address(self, site: Site) -> None:
        list_id = site.new_list("pg")
        site.new_person("anna")
        site.apply(join("pg", "anna"))
        member = site.hand.do("GET", f"/lists/{list_id}/member/{site.email('anna')}")["member_id"]
        site.hand.do("PATCH", f"/members/{member}/preferences", {"delivery_status": "by_bounces"})
        site.apply(update(person("anna"), site.remote(person("anna")), email=site.email("anna.neu")))
        assert [one for one in site.connector.ailing_addresses() if one.container == f"{site.prefix}-pg"] == []
        assert site.hand.emails(list_id) == [site.email("anna.neu")]

    def test_nothing_is_written_while_the_gate_is_closed(self, site: Site) -> None:
        create, _ = site.compile(create_list("pg", f"{site.prefix}-pg"))
        with pytest.raises(WriteRefused):
            site.connector.perform(create, None, site.ids.__getitem__)
        assert site.connector.look_up(mailing_list("pg"), f"{site.prefix}-pg") == Absent()

    def test_doctor_finds_nothing_wrong(self, site: Site) -> None:
        findings = list(site.connector.examine())
        assert findings
        assert [finding.what for finding in findings if finding.severity in ("error", "warning")] == []
