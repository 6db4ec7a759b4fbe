"""What the connector relies on where an administrator set the realm up in some way: roles, links, what is kept, powers.

The administrator is a fixture: a hand on the emulator or on a real server, see `tests/contract/test_keycloak.py`.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import pytest

from connectors.keycloak.settings import KeycloakSettings
from provisioner.model.errors import NotAllowed, Permanent
from provisioner.model.inventory import UNKNOWN, Absent, Complete, Inventory, Partial
from provisioner.model.ports import Finding, Interest, Resolve, Severity, Sought
from provisioner.model.resources import Kind
from provisioner.model.steps import Moved, Step
from tests.contract.keycloak import Site
from tests.support.keycloak import create, group, join, leave, person, role, suspend, update


class Hand(Protocol):
    """What an administrator does to a realm behind our back."""

    settings: KeycloakSettings

    def add_role(self, name: str, *, composite: bool = False) -> str: ...
    def add_provider(self, alias: str) -> None: ...
    def declare(self, attribute: str) -> None: ...
    def allow_unmanaged(self) -> None: ...
    def set_rights(self, *rights: str) -> None: ...
    def delete_user(self, remote_id: str) -> None: ...
    def rename_parent(self, name: str) -> None: ...
    def set_realm(self, **settings: object) -> None: ...


class AdministeredContract:
    """Each test has a realm of its own."""

    @pytest.fixture
    def site(self, hand: Hand) -> Iterator[Site]:
        site = Site(hand.settings)
        yield site
        site.close()

    def test_a_role_is_found_given_and_taken(self, site: Site, hand: Hand) -> None:
        role_id = site.ids[role("ranger")] = hand.add_role("readi-ranger")
        site.apply(create(person("anna"), "anna.amsel"), join(role("ranger"), "anna"))
        anna = site.ids[person("anna")]
        bound = Interest(bound=frozenset({(Kind.ROLE, role_id)}))
        seen = site.observe(interest=bound)
        assert seen.of(Kind.ROLE).objects[role_id].name == "readi-ranger"
        assert seen.rosters[Kind.ROLE, role_id].accounts == {anna}
        (taking,) = site.compile(leave(role("ranger"), role_id, "anna"))
        site.perform(taking)
        assert isinstance(site.connector.verify(taking, site.ids.__getitem__), Moved)
        assert site.observe(interest=bound).rosters[Kind.ROLE, role_id].accounts == frozenset()

    def test_a_look_at_one_account_tells_its_roles(self, site: Site, hand: Hand) -> None:
        role_id = site.ids[role("ranger")] = hand.add_role("readi-ranger")
        site.apply(create(person("anna"), "anna.amsel"), join(role("ranger"), "anna"))
        anna = site.ids[person("anna")]
        tied = Sought(person("anna"), "anna.amsel", anna)
        seen = site.observe(interest=Interest(bound=frozenset({(Kind.ROLE, role_id)}), only=(tied,)))
        roster = seen.rosters[Kind.ROLE, role_id]
        assert roster.accounts == {anna}
        assert isinstance(roster.completeness, Complete)
        assert roster.completeness.scope.only == {"person:anna"}
        sought = Sought(role("ranger"), "readi-ranger", role_id)
        named = Sought(role("other"), "readi-ranger")
        for one in (sought, named):
            assert set(site.observe(interest=Interest(only=(one,))).of(Kind.ROLE).objects) == {role_id}

    def test_a_role_is_made_where_we_may(self, site: Site, hand: Hand) -> None:
        hand.set_rights("manage-users", "manage-realm", "view-realm")
        site.apply(create(role("guide"), "Digitallotsin / ü"))
        found = site.present(role("guide"))
        assert (found.remote.name, found.remote.marker) == ("Digitallotsin / ü", "readi:role:guide")
        with pytest.raises(Permanent, match="taken"):
            site.apply(create(role("again"), "Digitallotsin / ü"))

    def test_a_role_that_holds_others_is_shown_and_never_given(self, site: Site, hand: Hand) -> None:
        role_id = site.ids[role("boss")] = hand.add_role("boss", composite=True)
        remote = site.observe().of(Kind.ROLE).objects[role_id]
        assert remote.writable == frozenset()
        site.apply(create(person("anna"), "anna.amsel"))
        with pytest.raises(Permanent, match="role_powerful"):
            site.apply(join(role("boss"), "anna"))
        assert [one.writable for one in site.observe().of(Kind.ROLE).objects.values()].count(None) == 0

    def test_a_link_is_made_with_the_account_and_shown_by_the_server(self, site: Site, hand: Hand) -> None:
        hand.add_provider("bretten")
        site.apply(create(person("anna"), "anna.amsel", login_link="bretten:u-1:x"))
        assert self.links_of(site, "anna") == [("bretten", "u-1:x")]

    def test_a_link_that_was_not_known_is_made_up_for_and_never_changed(self, site: Site, hand: Hand) -> None:
        hand.add_provider("bretten")
        site.apply(create(person("anna"), "anna.amsel", given_name="Anna", email="anna@bretten.example"))
        before = site.read(person("anna"))
        steps = site.apply(update(person("anna"), before, login_link="bretten:u-1", given_name="Änne"))
        assert [step.operation for step in steps] == ["link-account", "update-account"]
        site.apply(update(person("anna"), before, login_link="bretten:u-1"))
        with pytest.raises(Permanent, match="linked_otherwise"):
            site.apply(update(person("anna"), before, login_link="bretten:u-2"))
        assert self.links_of(site, "anna") == [("bretten", "u-1")]
        assert site.read(person("anna")).fields["given_name"] == "Änne"

    def test_an_update_keeps_links(self, site: Site, hand: Hand) -> None:
        hand.add_provider("bretten")
        site.apply(create(person("anna"), "anna.amsel", login_link="bretten:u-1"))
        site.apply(update(person("anna"), site.read(person("anna")), given_name="Anna", email="neu@bretten.example"))
        assert self.links_of(site, "anna") == [("bretten", "u-1")]

    def test_two_people_never_log_in_with_one_account(self, site: Site, hand: Hand) -> None:
        hand.add_provider("bretten")
        site.apply(create(person("anna"), "anna.amsel", login_link="bretten:u-1"), create(person("ben"), "ben.biber"))
        with pytest.raises(Permanent, match=r"link_taken.*other=anna\.amsel"):
            site.apply(update(person("ben"), site.read(person("ben")), login_link="bretten:u-1"))
        with pytest.raises(Permanent, match="link_taken"):
            site.apply(create(person("cleo"), "cleo.chur", login_link="bretten:u-1"))
        assert site.connector.look_up(person("cleo"), "cleo.chur") == Absent()

    def test_a_link_to_a_provider_that_is_not_there_yet_is_made_once(self, site: Site, hand: Hand) -> None:
        site.apply(create(person("anna"), "anna.amsel"))
        for _ in range(2):
            site.apply(update(person("anna"), site.read(person("anna")), login_link="later:u-1"))
        with pytest.raises(Permanent, match="linked_otherwise"):
            site.apply(update(person("anna"), site.read(person("anna")), login_link="later:u-2"))

    def test_attributes_that_the_realm_drops_are_unknown_until_it_keeps_them(self, site: Site, hand: Hand) -> None:
        site.apply(create(person("anna"), "anna.amsel", organisation="Bretten", language="de"))
        seen = site.observe().of(Kind.ACCOUNT).objects[site.ids[person("anna")]]
        assert (seen.fields["organisation"], seen.fields["language"]) == (UNKNOWN, UNKNOWN)
        hand.declare("organisation")
        hand.set_realm(internationalizationEnabled=True, supportedLocales=["de", "en"])
        fresh = Site(hand.settings)
        seen = fresh.observe().of(Kind.ACCOUNT).objects[site.ids[person("anna")]]
        assert (seen.fields["organisation"], seen.fields["language"]) == (None, None)
        fresh.apply(update(person("anna"), seen, organisation="Bretten", language="de"))
        seen = fresh.observe().of(Kind.ACCOUNT).objects[site.ids[person("anna")]]
        assert (seen.fields["organisation"], seen.fields["language"]) == ("Bretten", "de")
        assert seen.marker == "readi:person:anna"
        fresh.close()

    def test_attributes_are_merged_where_a_realm_allows_any(self, site: Site, hand: Hand) -> None:
        hand.allow_unmanaged()
        site.apply(create(person("anna"), "anna.amsel", organisation="Bretten", given_name="Anna"))
        raw = site.raw("anna")
        body = {
            "username": "anna.amsel",
            "firstName": "Anna",
            "attributes": {**raw["attributes"], "shoe": ["38", "39"]},
        }  # type: ignore[dict-item]
        site.write("PUT", f"/users/{site.ids[person('anna')]}", body)
        site.apply(update(person("anna"), site.read(person("anna")), organisation="Baiersbronn"))
        raw = site.raw("anna")
        assert raw["attributes"] == {
            "readi": ["readi:person:anna"],
            "organisation": ["Baiersbronn"],
            "shoe": ["38", "39"],
        }
        assert raw["firstName"] == "Anna"
        site.apply(update(person("anna"), site.read(person("anna")), organisation=None))
        assert site.read(person("anna")).fields["organisation"] is None

    def test_lost_rights_are_never_absence(self, site: Site, hand: Hand) -> None:
        site.apply(create(group("g"), "PG_X"), create(person("anna"), "anna.amsel"), join(group("g"), "anna"))
        for rights in (("query-users", "query-groups"), ("view-realm",)):
            hand.set_rights(*rights)
            fresh = Site(hand.settings)
            seen = fresh.observe()
            assert isinstance(seen.of(Kind.ACCOUNT).completeness, Partial), rights
            assert isinstance(seen.of(Kind.GROUP).completeness, Partial), rights
            tied = Sought(person("anna"), "anna.amsel", site.ids[person("anna")])
            narrow = fresh.observe(interest=Interest(only=(tied,)))
            assert isinstance(narrow.of(Kind.ACCOUNT).completeness, Partial), rights
            with pytest.raises(NotAllowed):
                fresh.connector.verify(*self.suspension(fresh, site.ids[person("anna")]))
            assert [one.severity for one in fresh.connector.examine()].count(Severity.ERROR) == 1
            fresh.close()

    def test_a_parent_group_that_cannot_be_found_is_no_absence(self, site: Site, hand: Hand) -> None:
        site.apply(create(group("g"), "PG_X"))
        hand.rename_parent("anders")
        fresh = Site(hand.settings)
        assert isinstance(fresh.observe().of(Kind.GROUP).completeness, Partial)
        with pytest.raises(Permanent, match="no_parent"):
            fresh.apply(create(group("h"), "PG_Y"))
        assert "keycloak.no_parent" in [one.what.code for one in fresh.connector.examine()]
        fresh.close()

    def test_a_realm_that_makes_usernames_of_addresses_gets_no_account(self, site: Site, hand: Hand) -> None:
        hand.set_realm(registrationEmailAsUsername=True)
        with pytest.raises(Permanent, match="email_as_username"):
            site.apply(create(person("anna"), "anna.amsel", email="anna@bretten.example"))
        assert any(one.what.code == "keycloak.email_as_username" for one in site.connector.examine())

    def test_doctor_finds_nothing_wrong_and_names_what_is_not_kept(self, site: Site, hand: Hand) -> None:
        findings = list(site.connector.examine())
        assert [one for one in findings if one.severity in (Severity.ERROR, Severity.WARNING)] == []
        assert {"keycloak.doctor_no_organisation", "keycloak.doctor_no_language"} <= _codes(findings)
        hand.declare("organisation")
        hand.set_realm(internationalizationEnabled=True, supportedLocales=["de", "en"])
        fresh = Site(hand.settings)
        assert "keycloak.doctor_attributes" in _codes(fresh.connector.examine())
        fresh.close()

    def test_doctor_warns_of_settings_that_are_unsafe(self, site: Site, hand: Hand) -> None:
        hand.set_realm(
            editUsernameAllowed=True,
            registrationAllowed=True,
            loginWithEmailAllowed=False,
            duplicateEmailsAllowed=True,
            verifyEmail=True,
        )
        assert {
            "keycloak.doctor_edit_username",
            "keycloak.doctor_registration",
            "keycloak.doctor_duplicate_emails",
            "keycloak.doctor_verify_email",
        } <= _codes(site.connector.examine())

    def test_doctor_says_which_rights_are_too_many(self, site: Site, hand: Hand) -> None:
        hand.set_rights("manage-users", "view-realm", "manage-realm")
        broad = [one for one in site.connector.examine() if one.what.code == "keycloak.doctor_too_broad"]
        assert [one.what.arguments["rights"] for one in broad] == ["manage-realm"]

    @pytest.mark.parametrize("people", [3, 4, 5])
    def test_reading_all_costs_what_was_promised_at_the_borders_of_pages(
        self, site: Site, hand: Hand, people: int, counted: Callable[[], int]
    ) -> None:
        """With pages of 4: as with pages of 100, whose borders the unit tests show."""
        role_id = site.ids[role("ranger")] = hand.add_role("readi-ranger")
        names = [f"p{number:03}" for number in range(people)]
        containers = (*(create(group(name), f"PG_{name}") for name in names),)
        accounts = (*(create(person(name), f"name.{name}") for name in names),)
        joins = (join(group("p000"), *names), join(role("ranger"), *names))
        site.apply(*containers, *accounts, *joins)
        small = Site(hand.settings.model_copy(update={"page_size": 4}))
        bound = frozenset({(Kind.ROLE, role_id)} | {(one.kind, where) for one, where in site.ids.items()})
        before = counted()
        seen = small.observe(interest=Interest(bound=bound))
        asked = counted() - before
        small.close()
        self.assert_all_seen(seen, site, names)
        members = [people, *[0] * (people - 1), people]
        assert asked <= -(-(people + 1) // 4) + -(-(people + 2) // 4) + sum(-(-(one + 1) // 4) for one in members) + 4

    def test_who_is_deleted_while_pages_are_read_loses_nobody_else(self, site: Site, hand: Hand) -> None:
        names = [f"p{number}" for number in range(9)]
        site.apply(*(create(person(name), f"name.{name}") for name in names))
        small = Site(hand.settings.model_copy(update={"page_size": 4}))
        client, first = small.client, site.ids[person("p0")]
        plain, pages = client.items, []

        def items(path: str, params: object = None) -> list[object]:
            found = plain(path, params)  # type: ignore[arg-type]
            if path == "/users":
                pages.append(len(found))
                if len(pages) == 1:
                    hand.delete_user(first)
            return found  # type: ignore[return-value]

        client.items = items  # type: ignore[method-assign,assignment]
        seen = small.observe(kinds=(Kind.ACCOUNT,)).of(Kind.ACCOUNT)
        small.close()
        assert isinstance(seen.completeness, Complete)
        assert set(seen.objects) == {site.ids[person(name)] for name in names[1:]}

    @staticmethod
    def links_of(site: Site, name: str) -> list[tuple[object, object]]:
        items = site.client.items(f"/users/{site.ids[person(name)]}/federated-identity")
        return [(one["identityProvider"], one["userId"]) for one in items]

    @staticmethod
    def suspension(site: Site, remote_id: str) -> tuple[Step, Resolve]:
        (step,) = site.compile(suspend("anna", remote_id))
        return step, site.ids.__getitem__

    @staticmethod
    def assert_all_seen(seen: Inventory, site: Site, names: list[str]) -> None:
        people = {site.ids[person(name)] for name in names}
        assert set(seen.of(Kind.ACCOUNT).objects) == people
        assert set(seen.of(Kind.GROUP).objects) == {site.ids[group(name)] for name in names}
        assert seen.rosters[Kind.GROUP, site.ids[group("p000")]].accounts == people
        assert seen.rosters[Kind.ROLE, site.ids[role("ranger")]].accounts == people
        assert all(isinstance(one.completeness, Complete) for one in seen.observations.values())


def _codes(findings: object) -> set[str]:
    return {one.what.code for one in findings if isinstance(one, Finding)}  # type: ignore[attr-defined]
