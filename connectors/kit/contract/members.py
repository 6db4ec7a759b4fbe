"""Members: they come, go, and get other roles."""

from connectors.kit.contract.asking import Asking
from connectors.kit.contract.site import Site, identify


class Members(Asking):
    """Who is in containers."""

    def test_members_come_and_go_one_by_one(self, site: Site) -> None:
        for sample in self.containers():
            container = site.new(sample, "room")
            name = site.name(sample, "room")
            member = self.sample(sample.members)
            one, two = site.some(member), site.some(member)
            for role in sample.roles:
                site.apply(site.join(container, name, one, two, role=role))
                assert site.seated(container, role, sample.members) == {one.key, two.key}
                site.apply(site.leave(container, name, one, role=role))
                assert site.seated(container, role, sample.members) == {two.key}
                site.apply(site.leave(container, name, two, role=role))
                assert site.seated(container, role, sample.members) == frozenset()

    def test_a_member_is_given_another_role_and_has_no_other_then(self, site: Site) -> None:
        for sample in self.containers():
            if sample.graded:
                container, member = site.new(sample, "graded"), site.some(self.sample(sample.members))
                name, (lower, higher) = site.name(sample, "graded"), (sample.roles[0], sample.roles[-1])
                site.apply(site.join(container, name, member, role=lower))
                for before, role in ((lower, higher), (higher, lower)):
                    site.apply(site.regrade(container, name, member, before=before, role=role))
                    assert site.seated(container, role, sample.members) == {member.key}
                    assert site.seated(container, before, sample.members) == frozenset()

    def test_all_that_is_new_is_made_in_one_go(self, site: Site) -> None:
        for sample in self.containers():
            member = self.sample(sample.members)
            word = site.word()
            container, one = identify(sample.kind, word), identify(member.kind, word)
            joining = site.join(container, site.name(sample, word), one, role=(role := sample.roles[0]))
            site.apply(site.creating(member, word), site.creating(sample, word), joining)
            assert site.seated(container, role, member.kind) == {one.key}
