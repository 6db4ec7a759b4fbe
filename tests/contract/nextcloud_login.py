"""What the connector relies on in accounts of user_oidc. Runs on the emulator, and on a real server with the app.

The server needs a provider with unique-uid=0. What it makes has a random prefix and is deleted again.
"""

from collections.abc import Iterator

import pytest

from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.errors import Permanent
from provisioner.model.inventory import Absent
from provisioner.model.resources import Kind, ResourceId
from tests.contract.nextcloud import Site
from tests.support.nextcloud import create_account, create_group, erase, join, leave, person, resume, suspend, update


class NextcloudLoginContract:
    """Subclasses give the settings of a server, with ``user_oidc`` in them."""

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls, server: NextcloudSettings) -> Iterator[Site]:
        site = Site(server)
        try:
            site.observe()
            yield site
        finally:
            site.clean()

    def test_an_account_is_made_with_all_its_fields_and_groups(self, site: Site) -> None:
        site.new_group("alpha")
        steps = site.apply(
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
        found = site.present(person("anna"))
        made = {name: value for step in steps[1:] for name, value in step.effects.fields.items()}
        assert {name: found.remote.fields[name] for name in made} == made
        assert found.remote.backend == found.remote.fingerprint == "user_oidc"
        assert found.edges == {site.group_id("alpha"), site.group_id("beta")}

    @pytest.mark.parametrize("quota", [0, 5_000, 1_073_741_824, None, -3])
    def test_a_quota_comes_back_in_the_form_that_was_foreseen(self, site: Site, quota: int | None) -> None:
        name = f"quota{quota}"
        site.new_account(name, quota=quota)
        expected = site.connector.capabilities().canonical(Kind.ACCOUNT, "quota", quota)
        assert site.read(person(name)).fields["quota"] == expected

    def test_every_field_is_changed_in_place(self, site: Site) -> None:
        site.new_account("upd", display_name="Bert", email=f"bert@{site.prefix}.example")
        site.observe()
        before = site.read(person("upd"))
        email = f"bert.neu@{site.prefix}.example"
        change = update(person("upd"), before, display_name="Bert Ähre", email=email, quota=1024**3, language="de")
        site.apply(change)
        after = site.read(person("upd"))
        assert {name: after.fields[name] for name in change.after} == dict(change.after)

    def test_an_address_is_cleared(self, site: Site) -> None:
        site.new_account("clear", email=f"clear@{site.prefix}.example")
        site.apply(update(person("clear"), site.read(person("clear")), email=None))
        assert site.read(person("clear")).fields["email"] is None

    def test_a_new_name_does_not_switch_on_who_was_suspended(self, site: Site) -> None:
        site.new_account("off", display_name="Olga", enabled=False)
        site.observe()
        assert site.read(person("off")).fields["enabled"] is False
        site.apply(update(person("off"), site.read(person("off")), display_name="Olga Neu"))
        assert site.read(person("off")).fields["enabled"] is False
        site.apply(resume("off", site.ids[person("off")]))
        site.apply(suspend("off", site.ids[person("off")]))
        assert site.read(person("off")).fields["enabled"] is False

    def test_groups_are_left_and_everybody_is_told(self, site: Site) -> None:
        group_id = site.new_group("roster")
        user_id = site.new_account("roster")
        site.apply(join("roster", "roster"))
        assert site.observe().rosters[Kind.GROUP, group_id].accounts == {user_id}
        site.apply(leave("roster", group_id, "roster"))
        assert site.present(person("roster")).edges == frozenset()

    def test_another_case_is_another_account(self, site: Site) -> None:
        user_id = site.new_account("exact", email=f"exact@{site.prefix}.example")
        assert site.connector.look_up(ResourceId(Kind.ACCOUNT, "any"), user_id.upper()) == Absent()
        assert site.connector.look_up(ResourceId(Kind.ACCOUNT, "any"), f"exact@{site.prefix}.example") == Absent()
        assert site.read(person("exact")).exact

    def test_an_account_that_is_there_is_never_covered(self, site: Site) -> None:
        user_id = site.new_account("taken", display_name="Erste")
        with pytest.raises(Permanent, match="name_taken"):
            site.apply(create_account("second", user_id, display_name="Zweite"))
        own = site.observe().own_account or ""
        with pytest.raises(Permanent, match="oidc_finds_other"):
            site.apply(create_account("shadow", own.upper()))
        assert site.read(person("taken")).fields["display_name"] == "Erste"

    def test_what_is_named_is_erased(self, site: Site) -> None:
        user_id = site.new_account("erase")
        (step,) = site.compile(erase(person("erase"), user_id, "user_oidc"))
        site.perform(step)
        assert site.connector.look_up(step.id, step.name) == Absent()

    def test_doctor_reads_the_settings_of_the_provider(self, site: Site) -> None:
        findings = list(site.connector.examine())
        assert [finding for finding in findings if finding.severity == "error"] == []
        assert "nextcloud.oidc_not_told" not in {finding.what.code for finding in findings}
