"""What the connector relies on in a Nextcloud. Runs on the emulator always, on a real server when told its address.

What it makes has a random prefix and is deleted again. About 230 requests, 6 of them limited updates.
"""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest

from connectors.nextcloud.client import CLOUD, OcsRefusal, group_segment
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.errors import OutcomeUnknown, Permanent, TargetError, WriteRefused
from provisioner.model.inventory import Absent, Complete, Epoch, Level
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.steps import Moved, Verified
from tests.support.nextcloud import (
    TOKEN,
    Bench,
    create_account,
    create_group,
    erase,
    group,
    join,
    leave,
    person,
    resume,
    suspend,
    update,
)


class Site(Bench):
    """A bench that names what it makes after itself, and takes it away again."""

    def __init__(self, settings: NextcloudSettings) -> None:
        super().__init__(settings)
        self.prefix = f"rt{secrets.token_hex(3)}"
        self.accounts: set[str] = set()
        self.groups: set[str] = set()

    def user_id(self, name: str) -> str:
        self.accounts.add(f"{self.prefix}-{name}")
        return f"{self.prefix}-{name}"

    def group_id(self, name: str) -> str:
        self.groups.add(f"{self.prefix} {name}")
        return f"{self.prefix} {name}"

    def new_account(self, name: str, **fields: object) -> str:
        user_id = self.user_id(name)
        self.apply(create_account(name, user_id, **fields))  # type: ignore[arg-type]
        return user_id

    def new_group(self, name: str, display_name: str | None = None) -> str:
        group_id = self.group_id(name)
        self.apply(create_group(name, group_id, display_name))
        return group_id

    def clean(self) -> None:
        paths = [f"{CLOUD}/users/{quote(one, safe='')}" for one in sorted(self.accounts)]
        paths += [f"{CLOUD}/groups/{group_segment(one)}" for one in sorted(self.groups)]
        with self.gate.opened(TOKEN):
            for path in paths:
                try:
                    self.connector._client.write("DELETE", path)
                except OcsRefusal as refusal:
                    if refusal.code not in (998, 101):  # else it was never made
                        raise
        self.close()


class NextcloudContract:
    """Subclasses give the settings of a server; see `tests/contract/test_nextcloud.py`."""

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls, server: NextcloudSettings) -> Iterator[Site]:
        site = Site(server)
        try:
            site.observe()
            yield site
        finally:
            site.clean()

    def test_what_is_there_is_read_completely_with_our_own_account(self, site: Site) -> None:
        inventory = site.observe()
        for kind in (Kind.ACCOUNT, Kind.GROUP):
            completeness = inventory.of(kind).completeness
            assert isinstance(completeness, Complete)
            assert completeness.level is Level.FIELDS
        assert inventory.own_account in inventory.of(Kind.ACCOUNT).objects
        assert all(isinstance(roster.completeness, Complete) for roster in inventory.rosters.values())

    def test_a_group_is_made_with_its_display_name_and_renamed_in_place(self, site: Site) -> None:
        group_id = site.new_group("sensorik", "Sensorik")
        before = site.read(group("sensorik"))
        assert (before.remote_id, before.fields["display_name"]) == (group_id, "Sensorik")
        site.apply(update(group("sensorik"), before, display_name="Sensorik & Meßtechnik"))
        after = site.read(group("sensorik"))
        assert (after.remote_id, after.fields["display_name"]) == (group_id, "Sensorik & Meßtechnik")

    def test_a_group_that_exists_is_refused_and_one_in_another_case_is_another_group(self, site: Site) -> None:
        group_id = site.new_group("Verkehr")
        with pytest.raises(Permanent, match="name_taken"):
            site.apply(create_group("again", group_id))
        other = site.group_id("verkehr")
        assert site.connector.look_up(ResourceId(Kind.GROUP, "any"), other) == Absent()
        site.apply(create_group("other", other))
        assert site.read(group("other")).remote_id == other

    @pytest.mark.parametrize("name", ["A", "A&B", "A/B", "A#B?c=d", "A+B", "A%B", "A%20B", "Ärger Ö"])
    def test_a_group_is_found_renamed_and_left_whatever_its_id_holds(self, site: Site, name: str) -> None:
        group_id = site.new_group(name, "vorher")
        site.apply(update(group(name), site.read(group(name)), display_name="nachher"))
        read = site.read(group(name))
        assert (read.remote_id, read.fields["display_name"]) == (group_id, "nachher")

    def test_leaving_a_group_with_an_ampersand_leaves_no_other(self, site: Site) -> None:
        plain, tricky = site.new_group("ns X"), site.new_group("ns X&Y")
        site.apply(create_account("amp", site.user_id("amp")), join("ns X", "amp"), join("ns X&Y", "amp"))
        assert site.present(person("amp")).edges == {plain, tricky}
        site.apply(leave("ns X&Y", tricky, "amp"))
        assert site.present(person("amp")).edges == {plain}

    def test_one_request_makes_an_account_with_all_its_fields_and_groups(self, site: Site) -> None:
        site.new_group("alpha")
        changes = (
            create_group("beta", site.group_id("beta")),
            create_account(
                "anna",
                site.user_id("anna"),
                display_name="Anna Amsel",
                email=f"Anna@{site.prefix}.example",
                quota=1_500_000_000,
                language="de",
            ),
            join("alpha", "anna"),
            join("beta", "anna"),
        )
        steps = site.apply(*changes)
        assert [step.operation for step in steps] == ["create-group", "create-account"]
        found = site.present(person("anna"))
        assert {name: found.remote.fields[name] for name in steps[1].effects.fields} == dict(steps[1].effects.fields)
        assert found.remote.fields["enabled"] is True
        assert found.edges == {site.ids[group("alpha")], site.ids[group("beta")]}

    def test_a_new_account_has_the_fingerprint_that_it_is_given(self, site: Site) -> None:
        step = site.compile(create_account("finger", site.user_id("finger")))[0]
        done = site.perform(step)
        assert site.read(person("finger")).fingerprint == done.fingerprint

    @pytest.mark.parametrize("quota", [0, 5_000, 1_073_741_824, 5_368_709_120_000, 1_234_567_890, None, -3])
    def test_a_quota_comes_back_in_the_form_that_was_foreseen(self, site: Site, quota: int | None) -> None:
        name = f"quota{quota}"
        site.new_account(name, quota=quota)
        expected = site.connector.capabilities().canonical(Kind.ACCOUNT, "quota", quota)
        assert site.read(person(name)).fields["quota"] == expected

    def test_an_update_of_several_fields_is_one_request_and_reads_back(self, site: Site) -> None:
        site.new_account("upd", display_name="Bert", email=f"bert@{site.prefix}.example")
        before = site.read(person("upd"))
        email = f"bert.neu@{site.prefix}.example"
        change = update(person("upd"), before, display_name="Bert Ähre", email=email, quota=1024**3, language="de")
        steps = site.apply(change)
        assert len(steps) == 1
        after = site.read(person("upd"))
        assert {name: after.fields[name] for name in change.after} == dict(change.after)

    def test_an_address_is_cleared(self, site: Site) -> None:
        site.new_account("clear", email=f"clear@{site.prefix}.example")
        site.apply(update(person("clear"), site.read(person("clear")), email=None))
        assert site.read(person("clear")).fields["email"] is None

    def test_an_update_that_the_server_refuses_changes_nothing(self, site: Site) -> None:
        site.new_account("bad", display_name="Bleibt")
        before = site.read(person("bad"))
        with pytest.raises(Permanent, match="fields=email"):
            site.apply(update(person("bad"), before, display_name="Anders", email="keine Adresse"))
        assert site.read(person("bad")) == before

    @pytest.mark.parametrize("language", ["de", "pt", "zh", "lt", "no", "ku"])
    def test_every_language_is_taken_or_becomes_another_as_foreseen(self, site: Site, language: str) -> None:
        name = f"lang-{language}"
        site.new_account(name, email=f"{name}@{site.prefix}.example", language=language)
        account = site.read(person(name))
        expected = site.connector.capabilities().canonical(Kind.ACCOUNT, "language", language)
        assert account.fields["language"] == expected
        assert account.fields["email"] == f"{name}@{site.prefix}.example"

    def test_an_account_is_suspended_and_comes_back(self, site: Site) -> None:
        user_id = site.new_account("off")
        site.apply(suspend("off", user_id))
        assert site.read(person("off")).fields["enabled"] is False
        site.apply(resume("off", user_id))
        assert site.read(person("off")).fields["enabled"] is True

    def test_an_account_can_be_made_suspended(self, site: Site) -> None:
        site.new_account("asleep", enabled=False)
        assert site.read(person("asleep")).fields["enabled"] is False

    def test_joining_and_leaving_twice_is_the_same_as_once(self, site: Site) -> None:
        group_id = site.new_group("twice")
        site.new_account("twice")
        (entering,) = site.compile(join("twice", "twice"))
        site.perform(entering)
        site.perform(entering)
        assert site.present(person("twice")).edges == {group_id}
        (leaving,) = site.compile(leave("twice", group_id, "twice"))
        site.perform(leaving)
        assert isinstance(site.connector.verify(leaving, site.ids.__getitem__), Moved)
        assert site.present(person("twice")).edges == frozenset()

    def test_a_roster_tells_who_is_in_a_group(self, site: Site) -> None:
        group_id = site.new_group("roster")
        user_id = site.user_id("roster")
        site.apply(create_account("roster", user_id), join("roster", "roster"))
        assert site.observe().rosters[Kind.GROUP, group_id].accounts == {user_id}

    def test_a_taken_user_id_is_refused_in_any_case(self, site: Site) -> None:
        user_id = site.new_account("taken")
        with pytest.raises(Permanent, match="name_taken"):
            site.apply(create_account("taken2", user_id.upper()))

    def test_only_the_exact_id_is_found(self, site: Site) -> None:
        user_id = site.new_account("exact", email=f"exact@{site.prefix}.example")
        assert site.connector.look_up(ResourceId(Kind.ACCOUNT, "any"), user_id.upper()) == Absent()
        assert site.connector.look_up(ResourceId(Kind.ACCOUNT, "any"), f"exact@{site.prefix}.example") == Absent()
        assert site.connector.look_up(ResourceId(Kind.ACCOUNT, "any"), f"{user_id}-nobody") == Absent()

    def test_an_unknown_group_keeps_the_account_from_being_made(self, site: Site) -> None:
        site.ids[group("ghost")] = f"{site.prefix} ghost"
        user_id = site.user_id("homeless")
        with pytest.raises(Permanent, match="400/104"):
            site.apply(create_account("homeless", user_id), join("ghost", "homeless"))
        assert site.connector.look_up(ResourceId(Kind.ACCOUNT, "any"), user_id) == Absent()

    def test_a_create_that_fails_late_is_not_taken_for_failed(self, site: Site) -> None:
        user_id = site.user_id("late")
        step = site.compile(create_account("late", user_id, display_name="Spät"))[0]
        with pytest.raises(OutcomeUnknown):
            site.perform(replace(step, payload={**step.payload, "quota": "lots"}))
        site.ids[person("late")] = user_id
        assert site.read(person("late")).fields["display_name"] == "Spät"

    def test_joining_an_unknown_group_is_refused_for_good(self, site: Site) -> None:
        site.new_account("lost")
        site.ids[group("nowhere")] = f"{site.prefix} nowhere"
        with pytest.raises(Permanent, match="400/102"):
            site.apply(join("nowhere", "lost"))

    def test_a_look_at_one_account_tells_what_a_look_at_all_tells(self, site: Site) -> None:
        group_id, other = site.new_group("narrow"), site.new_group("narrow too")
        user_id = site.user_id("narrow")
        site.apply(create_account("narrow", user_id, display_name="Schmal", quota=1024**3), join("narrow", "narrow"))
        wide = site.observe()
        bound = frozenset({(Kind.GROUP, group_id), (Kind.GROUP, other)})
        tied = Sought(person("narrow"), user_id, user_id)
        narrow = site.observe(interest=Interest(bound=bound, only=(tied,)))
        assert narrow.of(Kind.ACCOUNT).objects == {user_id: wide.of(Kind.ACCOUNT).objects[user_id]}
        assert narrow.of(Kind.GROUP).objects == {}
        for container, inside in ((group_id, {user_id}), (other, set())):
            roster = narrow.rosters[Kind.GROUP, container]
            assert roster.accounts == inside
            assert isinstance(roster.completeness, Complete)
            assert roster.completeness.scope.only == {person("narrow").key}

    @pytest.mark.parametrize(
        ("name", "email", "found"),
        [
            ("seek.amsel", None, True),
            ("seek.amsel", "Seek.Amsel@{prefix}.example", True),
            ("seek.amsel2", "SEEK.amsel@{prefix}.example", True),
            ("anders", "seek.amsel@{prefix}.example", True),
            ("seek_amsel", "seek_amsel@{prefix}.example", False),
            ("seek.amse", "eek.amsel@{prefix}.example", False),
        ],
    )
    def test_whoever_has_a_name_or_an_address_is_found_and_nobody_else(
        self, site: Site, name: str, email: str | None, found: bool
    ) -> None:
        user_id = site.user_id("seek.amsel")
        if person("seek") not in site.ids:
            site.apply(create_account("seek", user_id, email=f"seek.amsel@{site.prefix}.example"))
        address = None if email is None else email.format(prefix=site.prefix)
        new = Sought(person("neu"), f"{site.prefix}-{name}", email=address)
        observation = site.observe(interest=Interest(only=(new,))).of(Kind.ACCOUNT)
        assert set(observation.objects) == ({user_id} if found else set())
        assert isinstance(observation.completeness, Complete)

    def test_a_look_at_a_few_groups_tells_their_names_and_members(self, site: Site) -> None:
        names = ("few", "few A+B", "few A%B", "few Ö_x")
        ids = [site.new_group(name, f"Gruppe {name}") for name in names]
        user_id = site.user_id("few")
        site.apply(create_account("few", user_id), join("few A+B", "few"))
        missing = site.group_id("few none")
        sought = [Sought(group(name), one, one) for name, one in zip(names, ids, strict=True)]
        only = (*sought, Sought(group("few none"), missing))
        inventory = site.observe(interest=Interest(only=only))
        found = inventory.of(Kind.GROUP)
        assert {one: remote.fields["display_name"] for one, remote in found.objects.items()} == {
            one: f"Gruppe {name}" for name, one in zip(names, ids, strict=True)
        }
        assert isinstance(found.completeness, Complete)
        members = {one: set(inventory.rosters[Kind.GROUP, one].accounts) for one in ids}
        assert members == {one: {user_id} if one == ids[1] else set() for one in ids}

    def test_several_leave_one_group_and_one_leaves_several(self, site: Site) -> None:
        first, second = site.new_group("exit one"), site.new_group("exit two")
        for name in ("out-a", "out-b", "out-c"):
            site.apply(create_account(name, site.user_id(name)), join("exit one", name), join("exit two", name))
        steps = site.apply(leave("exit one", first, "out-a", "out-b", "out-c"), leave("exit two", second, "out-a"))
        assert sum(step.cost.requests for step in steps) == 4 + 2
        rosters = site.observe().rosters
        assert rosters[Kind.GROUP, first].accounts == frozenset()
        assert rosters[Kind.GROUP, second].accounts == {site.ids[person("out-b")], site.ids[person("out-c")]}

    def test_what_is_named_is_erased_and_gone_once(self, site: Site) -> None:
        group_id, user_id = site.new_group("erase & all"), site.new_account("erase")
        site.apply(join("erase & all", "erase"))
        steps = site.compile(erase(person("erase"), user_id, "Database"), erase(group("erase & all"), group_id))
        assert [step.operation for step in steps] == ["erase-group", "erase-account"]
        for step in steps:
            site.perform(step)
            assert site.connector.look_up(step.id, step.name) == Absent()
            assert site.connector.verify(step, site.ids.__getitem__) == Verified(None)

    @pytest.mark.parametrize(("identity", "name"), [(person("chief"), "admin"), (group("chief"), "admin")])
    def test_administrators_are_never_erased(self, site: Site, identity: ResourceId, name: str) -> None:
        (step,) = site.compile(erase(identity, name, "Database" if identity.kind is Kind.ACCOUNT else ""))
        with pytest.raises(Permanent, match="never_erased"):
            site.connector.verify(step, site.ids.__getitem__)

    def test_neither_our_account_nor_its_groups_are_ever_erased(self, site: Site) -> None:
        inventory = site.observe()
        own = inventory.own_account or ""
        (ours, *_) = [name for (_, name), roster in inventory.rosters.items() if own in roster.accounts]
        for change in (erase(person("we"), own, "Database"), erase(group("we"), ours)):
            (step,) = site.compile(change)
            with pytest.raises(Permanent, match="never_erased"):
                site.connector.verify(step, site.ids.__getitem__)

    def test_an_epoch_is_found_where_it_was_left(self, site: Site) -> None:
        epoch = Epoch(f"{site.prefix}-3fa9c0de-9f1b-4d66", 41)
        own = site.observe().own_account or ""
        with site.gate.opened(TOKEN):
            site.connector.leave_epoch(epoch)
            found = site.observe().epoch
            site.connector._client.write("PUT", f"{CLOUD}/users/{quote(own)}", {"key": "role", "value": ""})
        assert found == epoch
        assert site.observe().epoch is None

    def test_nothing_is_written_while_the_gate_is_closed(self, site: Site) -> None:
        group_id = site.group_id("closed")
        step = site.compile(create_group("closed", group_id))[0]
        with pytest.raises(WriteRefused):
            site.connector.perform(step, None, site.ids.__getitem__)
        assert site.connector.look_up(ResourceId(Kind.GROUP, "any"), group_id) == Absent()

    def test_doctor_finds_nothing_wrong(self, site: Site) -> None:
        findings = list(site.connector.examine())
        assert findings
        assert [finding for finding in findings if finding.severity == "error"] == []

    def test_what_nobody_may_do_is_an_error_of_ours(self, site: Site) -> None:
        site.new_account("climber")
        site.ids[group("admin")] = "admin"
        with pytest.raises(TargetError):
            site.apply(join("admin", "climber"))
        assert site.present(person("climber")).edges == frozenset()
