"""What the connector relies on in a Keycloak. Runs on the emulator and on a real server alike.

What it makes has a random prefix and is deleted again. Needs no more than the connector's own rights.
"""

import secrets
from collections.abc import Iterator
from contextlib import suppress

import pytest

from connectors.keycloak.settings import KeycloakSettings
from connectors.kit.answers import Refusal
from provisioner.model.errors import Permanent, WriteRefused
from provisioner.model.inventory import UNKNOWN, Absent, Complete, Epoch, Level, Unreadable
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.steps import Moved, Verified
from tests.support.keycloak import (
    TOKEN,
    Bench,
    create,
    erase,
    group,
    join,
    leave,
    person,
    resume,
    role,
    suspend,
    update,
)


class Site(Bench):
    """A bench that names what it makes after itself, and takes it away again."""

    def __init__(self, settings: KeycloakSettings) -> None:
        super().__init__(settings)
        self.prefix = f"rt{secrets.token_hex(3)}"
        self.client = self.connector._client

    def username(self, name: str) -> str:
        return f"{self.prefix}-{name}".lower()

    def email(self, name: str) -> str:
        return f"{name}@{self.prefix}.example"

    def new_account(self, name: str, **fields: object) -> str:
        self.apply(create(person(name), self.username(name), **fields))  # type: ignore[arg-type]
        return self.ids[person(name)]

    def new_group(self, name: str, **fields: object) -> str:
        self.apply(create(group(name), f"{self.prefix} {name}", **fields))  # type: ignore[arg-type]
        return self.ids[group(name)]

    def raw(self, name: str) -> dict[str, object]:
        """An account as the server shows it."""
        found = self.client.get(f"/users/{self.ids[person(name)]}")
        assert isinstance(found, dict)
        return found

    def write(self, method: str, path: str, body: object = None) -> str:
        """By hand, as somebody else might; gives the id of what was made."""
        with self.gate.opened(TOKEN):
            return self.client.write(method, path, body).made

    def clean(self) -> None:
        for identity, remote_id in self.ids.items():
            room = {Kind.ACCOUNT: "users", Kind.GROUP: "groups"}.get(identity.kind)
            if room is not None:
                with suppress(Refusal):  # gone already
                    self.write("DELETE", f"/{room}/{remote_id}")
        self.close()


class KeycloakContract:
    """Subclasses give the settings of a realm; see `tests/contract/test_keycloak.py`."""

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls, server: KeycloakSettings) -> Iterator[Site]:
        site = Site(server)
        try:
            yield site
        finally:
            site.clean()

    def test_what_is_there_is_read_completely_and_our_own_account_is_not_among_it(self, site: Site) -> None:
        site.new_account("there")
        inventory = site.observe()
        for kind in (Kind.ACCOUNT, Kind.GROUP, Kind.ROLE):
            completeness = inventory.of(kind).completeness
            assert isinstance(completeness, Complete), completeness
            assert completeness.level is Level.FIELDS
        assert inventory.own_account
        assert inventory.own_account not in inventory.of(Kind.ACCOUNT).objects
        assert not any(one.name.startswith("service-account-") for one in inventory.of(Kind.ACCOUNT).objects.values())

    def test_a_group_is_made_marked_and_given_another_display_name(self, site: Site) -> None:
        remote_id = site.new_group("sensorik", display_name="Sensorik")
        before = site.read(group("sensorik"))
        assert (before.remote_id, before.fields["display_name"], before.marker) == (
            remote_id,
            "Sensorik",
            "readi:body:sensorik",
        )
        site.apply(update(group("sensorik"), before, display_name="Sensorik & Meßtechnik"))
        after = site.read(group("sensorik"))
        assert (after.remote_id, after.fields["display_name"]) == (remote_id, "Sensorik & Meßtechnik")
        site.apply(update(group("sensorik"), after, display_name=None))
        unnamed = site.read(group("sensorik"))
        assert unnamed.fields["display_name"] == unnamed.name, "that is what people read"
        assert site.read(group("sensorik")).marker == "readi:body:sensorik"

    def test_an_update_of_a_group_keeps_its_description_and_foreign_attributes(self, site: Site) -> None:
        remote_id = site.new_group("kept", display_name="vorher")
        body = {"name": f"{site.prefix} kept", "description": "Von Hand", "attributes": {"readi": ["readi:body:kept"]}}
        site.write("PUT", f"/groups/{remote_id}", {**body, "attributes": {**body["attributes"], "house": ["1", "2"]}})  # type: ignore[dict-item]
        site.apply(update(group("kept"), site.read(group("kept")), display_name="nachher"))
        raw = site.client.get(f"/groups/{remote_id}")
        assert isinstance(raw, dict)
        assert raw["description"] == "Von Hand"
        assert raw["attributes"] == {"readi": ["readi:body:kept"], "house": ["1", "2"], "display_name": ["nachher"]}

    def test_a_group_that_exists_is_refused_and_one_in_another_case_is_another_group(self, site: Site) -> None:
        site.new_group("Verkehr")
        with pytest.raises(Permanent, match="taken"):
            site.apply(create(group("again"), f"{site.prefix} Verkehr"))
        assert site.connector.look_up(group("other"), f"{site.prefix} verkehr") == Absent()
        other = site.new_group("verkehr")
        assert site.read(group("verkehr")).remote_id == other

    def test_a_group_outside_the_parent_group_is_not_there_for_us(self, site: Site) -> None:
        outside = site.write("POST", "/groups", {"name": f"{site.prefix} outside"})
        site.ids[group("outside")] = outside
        assert outside not in site.observe().of(Kind.GROUP).objects
        assert site.connector.look_up(group("outside"), f"{site.prefix} outside") == Absent()
        tied = Sought(group("outside"), f"{site.prefix} outside", outside)
        assert site.observe(interest=Interest(only=(tied,))).of(Kind.GROUP).objects == {}
        (step,) = site.compile(erase(group("outside"), outside))
        with pytest.raises(Permanent, match="group_never_erased"):
            site.connector.verify(step, site.ids.__getitem__)

    def test_a_group_in_a_group_of_ours_is_not_ours(self, site: Site) -> None:
        above = site.new_group("above")
        below = site.write("POST", f"/groups/{above}/children", {"name": "below"})
        assert below not in site.observe().of(Kind.GROUP).objects
        (step,) = site.compile(erase(group("above"), above))
        with pytest.raises(Permanent, match="group_never_erased"):
            site.connector.verify(step, site.ids.__getitem__)

    @pytest.mark.parametrize("name", ["A", "A&B", "A/B", "A#B?c=d", "A+B", "A%B", "Ärger Ö", "A~/B", "*", "a:b"])
    def test_people_come_into_groups_whatever_these_are_called(self, site: Site, name: str) -> None:
        remote_id, key = site.new_group(name), f"in{sum(map(ord, name))}"
        site.new_account("bystander") if person("bystander") not in site.ids else None
        (step,) = site.compile(
            create(person(key), site.username(key)), join(group(name), key, name=f"{site.prefix} {name}")
        )
        site.perform(step)
        assert site.present(person(key)).edges == {remote_id}
        roster = site.observe(interest=Interest(bound=frozenset({(Kind.GROUP, remote_id)})))
        assert roster.rosters[Kind.GROUP, remote_id].accounts == {site.ids[person(key)]}

    def test_one_request_makes_an_account_with_all_its_fields_and_groups(self, site: Site) -> None:
        site.new_group("alpha")
        steps = site.apply(
            create(group("beta"), f"{site.prefix} beta"),
            create(
                person("anna"),
                site.username("Anna"),
                given_name="Anna",
                family_name="Ämsel-Öhrli",
                email=f"Anna@{site.prefix}.example",
                required_actions="UPDATE_PASSWORD,VERIFY_EMAIL",
            ),
            join(group("alpha"), "anna"),
            join(group("beta"), "anna"),
        )
        assert [step.operation for step in steps] == ["create-group", "create-account"]
        assert steps[1].cost.requests == 1
        found = site.present(person("anna"))
        seen = {name: found.remote.fields[name] for name in ("given_name", "family_name", "email", "enabled")}
        assert seen == {
            "given_name": "Anna",
            "family_name": "Ämsel-Öhrli",
            "email": f"anna@{site.prefix}.example",
            "enabled": True,
        }
        assert found.remote.marker == "readi:person:anna"
        assert found.edges == {site.ids[group("alpha")], site.ids[group("beta")]}
        raw = site.raw("anna")
        assert sorted(raw["requiredActions"]) == ["UPDATE_PASSWORD", "VERIFY_EMAIL"]  # type: ignore[call-overload]
        assert raw["emailVerified"] is False
        assert site.client.items(f"/users/{site.ids[person('anna')]}/credentials") == []

    def test_an_update_of_one_field_drops_nothing_else(self, site: Site) -> None:
        group_id = site.new_group("stays")
        site.apply(
            create(person("whole"), site.username("whole"), given_name="Pia", family_name="Put", email=site.email("w")),
            join(group("stays"), "whole"),
        )
        remote_id = site.ids[person("whole")]
        password = {"type": "password", "value": secrets.token_hex(12), "temporary": False}
        site.write("PUT", f"/users/{remote_id}/reset-password", password)
        before = site.raw("whole")
        body = {key: before.get(key) for key in ("username", "email", "firstName", "lastName")}
        site.write("PUT", f"/users/{remote_id}", {**body, "emailVerified": True, "requiredActions": ["UPDATE_PROFILE"]})
        before = site.raw("whole")
        site.apply(update(person("whole"), site.read(person("whole")), given_name="Mia"))
        assert site.raw("whole") == {**before, "firstName": "Mia"}
        assert site.present(person("whole")).edges == {group_id}
        credentials = site.client.items(f"/users/{remote_id}/credentials")
        assert [one["type"] for one in credentials] == ["password"]

    def test_a_new_address_is_one_that_nobody_has_checked(self, site: Site) -> None:
        site.new_account("moved", email=site.email("old"))
        body = {"username": site.username("moved"), "email": site.email("old"), "emailVerified": True}
        site.write("PUT", f"/users/{site.ids[person('moved')]}", body)
        site.apply(update(person("moved"), site.read(person("moved")), email=site.email("new")))
        raw = site.raw("moved")
        assert (raw["email"], raw["emailVerified"]) == (site.email("new"), False)

    def test_several_fields_are_one_request_and_read_back(self, site: Site) -> None:
        site.new_account("upd", given_name="Bert", email=site.email("bert"))
        change = update(
            person("upd"),
            site.read(person("upd")),
            given_name="Björn",
            family_name="Ähre",
            email=site.email("bert.neu"),
            enabled=False,
        )
        steps = site.apply(change)
        assert len(steps) == 1
        after = site.read(person("upd"))
        assert {name: after.fields[name] for name in change.after} == dict(change.after)

    @pytest.mark.parametrize("field", ["email", "given_name", "family_name"])
    def test_a_field_is_cleared(self, site: Site, field: str) -> None:
        name = f"clear-{field}".replace("_", "-")
        site.new_account(name, email=site.email(name), given_name="Vor", family_name="Nach")
        site.apply(update(person(name), site.read(person(name)), **{field: None}))
        assert site.read(person(name)).fields[field] is None  # type: ignore[index]

    def test_an_update_that_the_server_refuses_changes_nothing(self, site: Site) -> None:
        site.new_account("bad", given_name="Bleibt", email=site.email("bad"))
        before = site.read(person("bad"))
        with pytest.raises(Permanent, match="error-invalid-email"):
            site.apply(update(person("bad"), before, given_name="Anders", email="keine Adresse"))
        assert site.read(person("bad")) == before

    def test_what_moved_since_the_plan_is_not_written(self, site: Site) -> None:
        site.new_account("drift", given_name="Eins")
        before = site.read(person("drift"))
        site.apply(update(person("drift"), before, given_name="Zwei"))
        (step,) = site.compile(update(person("drift"), before, given_name="Drei"))
        assert isinstance(site.connector.verify(step, site.ids.__getitem__), Moved)

    def test_an_account_is_suspended_and_comes_back(self, site: Site) -> None:
        remote_id = site.new_account("off")
        site.apply(suspend("off", remote_id))
        assert site.read(person("off")).fields["enabled"] is False
        site.apply(resume("off", remote_id))
        assert site.read(person("off")).fields["enabled"] is True

    def test_an_account_can_be_made_suspended(self, site: Site) -> None:
        site.new_account("asleep", enabled=False)
        assert site.read(person("asleep")).fields["enabled"] is False

    def test_joining_and_leaving_twice_is_the_same_as_once(self, site: Site) -> None:
        group_id = site.new_group("twice")
        site.new_account("twice")
        (entering,) = site.compile(join(group("twice"), "twice"))
        site.perform(entering)
        site.perform(entering)
        assert site.present(person("twice")).edges == {group_id}
        (leaving,) = site.compile(leave(group("twice"), group_id, "twice"))
        site.perform(leaving)
        assert isinstance(site.connector.verify(leaving, site.ids.__getitem__), Moved)
        assert site.present(person("twice")).edges == frozenset()

    def test_several_leave_one_group_and_one_leaves_several(self, site: Site) -> None:
        first, second = site.new_group("exit one"), site.new_group("exit two")
        for name in ("out-a", "out-b", "out-c"):
            site.apply(
                create(person(name), site.username(name)), join(group("exit one"), name), join(group("exit two"), name)
            )
        steps = site.apply(
            leave(group("exit one"), first, "out-a", "out-b", "out-c"), leave(group("exit two"), second, "out-a")
        )
        assert sum(step.cost.requests for step in steps) == 4 + 2
        bound = frozenset({(Kind.GROUP, first), (Kind.GROUP, second)})
        rosters = site.observe(interest=Interest(bound=bound)).rosters
        assert rosters[Kind.GROUP, first].accounts == frozenset()
        assert rosters[Kind.GROUP, second].accounts == {site.ids[person("out-b")], site.ids[person("out-c")]}

    def test_a_taken_username_or_address_is_refused_in_any_case(self, site: Site) -> None:
        site.new_account("taken", email=site.email("taken"))
        with pytest.raises(Permanent, match="same username"):
            site.apply(create(person("taken2"), site.username("taken").upper()))
        with pytest.raises(Permanent, match="same email"):
            site.apply(create(person("taken3"), site.username("taken3"), email=site.email("TAKEN")))

    def test_an_account_is_found_by_its_mark_whatever_it_is_called(self, site: Site) -> None:
        remote_id = site.new_account("marked")
        found = site.connector.look_up(person("marked"), site.username("nobody"))
        assert getattr(found, "remote", None) == site.read(person("marked"))
        assert site.read(person("marked")).remote_id == remote_id

    def test_an_account_without_our_mark_is_neither_ours_nor_absent(self, site: Site) -> None:
        site.new_account("somebody")
        found = site.connector.look_up(ResourceId(Kind.ACCOUNT, "person:another"), site.username("somebody"))
        assert isinstance(found, Unreadable)
        assert site.connector.look_up(person("nobody"), site.username("nobody")) == Absent()

    def test_a_group_that_vanished_keeps_the_account_from_being_made(self, site: Site) -> None:
        group_id = site.new_group("ghost")
        site.observe()
        site.write("DELETE", f"/groups/{group_id}")
        (step,) = site.compile(create(person("homeless"), site.username("homeless")), join(group("ghost"), "homeless"))
        with pytest.raises(Exception, match="perhaps_created"):
            site.perform(step)
        assert site.connector.look_up(person("homeless"), site.username("homeless")) == Absent()

    def test_a_look_at_one_account_tells_what_a_look_at_all_tells(self, site: Site) -> None:
        group_id, other = site.new_group("narrow"), site.new_group("narrow too")
        site.apply(
            create(person("narrow"), site.username("narrow"), email=site.email("n")), join(group("narrow"), "narrow")
        )
        remote_id = site.ids[person("narrow")]
        wide = site.observe()
        bound = frozenset({(Kind.GROUP, group_id), (Kind.GROUP, other)})
        narrow = site.observe(
            interest=Interest(bound=bound, only=(Sought(person("narrow"), site.username("narrow"), remote_id),))
        )
        assert narrow.of(Kind.ACCOUNT).objects == {remote_id: wide.of(Kind.ACCOUNT).objects[remote_id]}
        assert narrow.of(Kind.GROUP).objects == {}
        for container, inside in ((group_id, {remote_id}), (other, set())):
            roster = narrow.rosters[Kind.GROUP, container]
            assert roster.accounts == inside
            assert isinstance(roster.completeness, Complete)
            assert roster.completeness.scope.only == {person("narrow").key}
        by_name = Sought(person("narrow"), site.username("narrow").upper())
        by_email = Sought(person("narrow"), site.username("nn"), email=site.email("N"))
        for one in (by_name, by_email):
            found = site.observe(interest=Interest(only=(one,))).of(Kind.ACCOUNT)
            assert set(found.objects) == {remote_id}

    def test_what_is_named_is_erased_and_gone_once(self, site: Site) -> None:
        group_id, remote_id = site.new_group("erase"), site.new_account("erase")
        site.apply(join(group("erase"), "erase"))
        steps = site.compile(erase(person("erase"), remote_id), erase(group("erase"), group_id))
        assert [step.operation for step in steps] == ["erase-group", "erase-account"]
        for step in steps:
            site.perform(step)
            assert site.connector.verify(step, site.ids.__getitem__) == Verified(None)

    def test_our_own_account_is_never_erased(self, site: Site) -> None:
        own = site.observe().own_account or ""
        (step,) = site.compile(erase(person("we"), own))
        with pytest.raises(Permanent, match="never_erased"):
            site.connector.verify(step, site.ids.__getitem__)

    def test_an_epoch_is_found_where_it_was_left_and_all_else_stays(self, site: Site) -> None:
        before = site.connector._groups.parent()
        epoch = Epoch(f"{site.prefix}-3fa9c0de-9f1b-4d66", 41)
        with site.gate.opened(TOKEN):
            site.connector.leave_epoch(epoch)
        assert site.observe(kinds=()).epoch == epoch
        after = site.connector._groups.parent()
        assert before is not None
        assert after is not None
        assert {**after, "attributes": None, "subGroupCount": 0} == {**before, "attributes": None, "subGroupCount": 0}

    def test_nothing_is_written_while_the_gate_is_closed(self, site: Site) -> None:
        (step,) = site.compile(create(group("closed"), f"{site.prefix} closed"))
        with pytest.raises(WriteRefused):
            site.connector.perform(step, None, site.ids.__getitem__)
        assert site.connector.look_up(group("closed"), f"{site.prefix} closed") == Absent()

    def test_an_unknown_account_or_group_is_said_to_be_gone(self, site: Site) -> None:
        nowhere = "00000000-0000-0000-0000-000000000000"
        site.new_account("lost")
        site.ids[group("nowhere")] = nowhere
        with pytest.raises(Permanent, match="404"):
            site.apply(join(group("nowhere"), "lost"))
        del site.ids[group("nowhere")]
        (step,) = site.compile(suspend("nobody", nowhere))
        assert isinstance(site.connector.verify(step, site.ids.__getitem__), Moved)

    def test_a_role_that_is_missing_is_made_by_people(self, site: Site) -> None:
        (step,) = site.compile(create(role("ranger"), f"{site.prefix}-ranger"))
        with pytest.raises(Permanent, match="role_not_ours_to_make"):
            site.perform(step)
        assert site.connector.look_up(role("ranger"), f"{site.prefix}-ranger") == Absent()

    def test_a_field_that_the_realm_does_not_keep_is_unknown(self, site: Site) -> None:
        site.new_account("fields", language="de", organisation="Bretten")
        seen = site.read(person("fields")).fields
        assert seen["language"] in (UNKNOWN, "de")
        assert seen["organisation"] in (UNKNOWN, "Bretten")
