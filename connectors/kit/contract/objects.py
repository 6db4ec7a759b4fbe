"""Objects: made, read, adopted, renamed, suspended, erased."""

from connectors.kit.contract.asking import Asking
from connectors.kit.contract.site import Site, identify, is_called
from provisioner.model.inventory import Complete
from provisioner.model.ports import Interest, Sought


class Objects(Asking):
    """What becomes of single objects."""

    def test_there_is_a_sample_of_every_kind(self, site: Site) -> None:
        assert {one.kind for one in self.samples} == site.kinds

    def test_what_is_made_is_read_back_as_it_was_wished_for(self, site: Site) -> None:
        can = site.connector.capabilities()
        for sample in self.samples:
            remote = site.remote(site.new(sample, "one"))
            for one in site.managed(sample.kind) & sample.fields.keys():
                wished = can.canonical(sample.kind, one, site.fields(sample.fields, "one")[one])
                assert remote.fields[one] == wished, (sample.kind, one)
            if "name" in can.fields[sample.kind]:
                assert is_called(site, remote, sample.kind, site.name(sample, "one"))

    def test_two_observations_tell_the_same_and_are_complete(self, site: Site) -> None:
        for sample in self.samples:
            site.new(sample, "one")
        first, second = site.observe(), site.observe()
        assert (first.observations, first.rosters) == (second.observations, second.rosters)
        assert all(isinstance(one.completeness, Complete) for one in first.observations.values())
        assert all(isinstance(one.completeness, Complete) for one in first.rosters.values())

    def test_a_look_at_one_object_tells_what_a_look_at_all_tells(self, site: Site) -> None:
        for sample in self.samples:
            identity = site.new(sample, "one")
            remote_id, wide = site.ids[identity], site.remote(identity)
            interest = Interest(
                bound=frozenset({(sample.kind, remote_id)}),
                only=(Sought(identity, wide.name, remote_id),),
                called=site.called,
            )
            found = site.observe(interest=interest).of(sample.kind)
            assert found.objects == {remote_id: wide}
            assert isinstance(found.completeness, Complete)
            assert found.completeness.scope.only == frozenset({identity.key})

    def test_what_exists_is_adopted_without_a_write_and_is_ours_from_then_on(self, site: Site) -> None:
        other = site.another()
        for sample in self.samples:
            there = other.remote(other.new(sample, "there"))
            identity = identify(sample.kind, "ours")
            assert site.compile(site.adopt(identity, there)) == []
            assert site.ids[identity] == there.remote_id

    def test_a_field_that_differs_is_written_and_nothing_else_changes(self, site: Site) -> None:
        for sample in self.samples:
            if sample.changed:
                identity = site.new(sample, "one")
                before = site.remote(identity)
                changed = site.fields(sample.changed, "one")
                site.apply(site.update(identity, before, changed))
                canonical = site.connector.capabilities().canonical
                wished = {one: canonical(sample.kind, one, value) for one, value in changed.items()}
                after = site.remote(identity)
                assert after.fields == {**before.fields, **wished}
                assert (after.remote_id, after.fingerprint) == (before.remote_id, before.fingerprint)

    def test_a_new_name_keeps_the_object_its_fields_and_its_members(self, site: Site) -> None:
        for sample in self.renamed(site):
            identity = site.new(sample, "old")
            seated = self.seat(site, sample, identity) if sample.roles else frozenset()
            before = site.remote(identity)
            site.apply(site.update(identity, before, {"name": site.name(sample, "new")}))
            after = site.remote(identity)
            assert is_called(site, after, sample.kind, site.name(sample, "new"))
            same = {one: value for one, value in before.fields.items() if one != "name"}
            assert {one: value for one, value in after.fields.items() if one != "name"} == same
            if sample.roles:
                assert site.seated(identity, sample.roles[0], sample.members) == seated

    def test_an_account_is_suspended_and_comes_back(self, site: Site) -> None:
        for sample in self.samples:
            if "enabled" in site.managed(sample.kind):
                identity = site.some(sample)
                before = site.remote(identity)
                assert before.fields["enabled"] is True
                site.apply(site.suspend(identity, before))
                assert site.remote(identity).fields["enabled"] is False
                site.apply(site.resume(identity, site.remote(identity)))
                assert site.remote(identity) == before

    def test_what_is_named_is_erased_and_a_second_time_is_no_error(self, site: Site) -> None:
        for sample in self.samples:
            if sample.erasable:
                identity = site.new(sample, "gone")
                steps = site.compile(site.erase(identity, site.remote(identity)))
                assert steps
                (erased,) = (str(step.effects.fields["name"]) for step in steps if step.effects.erased)
                assert site.connector.capabilities().canonical_name(sample.kind, erased) == erased
                for _ in range(2):
                    for step in steps:
                        site.perform(step)

    def test_names_and_values_have_one_canonical_form(self, site: Site) -> None:
        can = site.connector.capabilities()
        for sample in self.samples:
            name = can.canonical_name(sample.kind, site.name(sample, "Ähre"))
            assert can.canonical_name(sample.kind, name) == name
            for one, value in site.fields({**sample.fields, **sample.changed}, "Ähre").items():
                form = can.canonical(sample.kind, one, value)
                assert can.canonical(sample.kind, one, form) == form
