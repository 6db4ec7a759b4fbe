"""Certainty: nothing is written that was not looked at, and nothing concluded that was not told."""

import pytest

from connectors.kit.bench import TARGET
from connectors.kit.contract.asking import Asking
from connectors.kit.contract.site import Site, found_by, identify, verdicts
from provisioner.model.errors import Permanent, Uncertain, WriteRefused
from provisioner.model.inventory import Present
from provisioner.model.ports import Severity
from provisioner.model.steps import Moved, Step


class Certainty(Asking):
    """What has to be known before a write, and what may be said after it."""

    def test_what_was_made_is_looked_up_and_what_was_not_is_absent(self, site: Site) -> None:
        for sample in self.samples:
            if sample.served:  # of what no server keeps, a creation that was cut short left nothing
                identity = site.new(sample, "one")
                found = site.connector.look_up(identity, found_by(site, sample, "one"))
                assert isinstance(found, Present), (sample.kind, found)
                assert found.remote.remote_id == site.ids[identity]
            self.is_not_there(site, sample, "never")

    def test_what_somebody_changed_meanwhile_is_not_written_over(self, site: Site) -> None:
        for sample in self.samples:
            if sample.changed and sample.served:
                identity = site.new(sample, "one")
                before = site.remote(identity)
                change = site.update(identity, before, site.fields(sample.changed, "one"))
                steps = site.compile(change)
                site.another().apply(change)
                assert any(isinstance(one, Moved) for one in verdicts(site, steps)), sample.kind

    def test_a_step_that_was_not_verified_is_not_performed(self, site: Site) -> None:
        for sample in self.samples:
            if sample.changed and sample.served:
                identity = site.new(sample, "one")
                (step, *_) = site.compile(
                    site.update(identity, site.remote(identity), site.fields(sample.changed, "one"))
                )
                with pytest.raises(Uncertain):
                    site.connector.perform(step, None, site.resolve)

    def test_a_step_of_another_version_is_refused(self, site: Site) -> None:
        step = Step(TARGET, "no-such-step", identify(self.samples[0].kind, "x"), "x", ())
        with pytest.raises(Permanent):
            site.connector.perform(step, None, site.resolve)

    def test_nothing_is_written_while_the_gate_is_closed(self, site: Site) -> None:
        for sample in self.samples:
            (step, *_) = site.compile(site.creating(sample, "shut"))
            if sample.served:
                with pytest.raises(WriteRefused):
                    site.connector.perform(step, None, site.resolve)
                self.is_not_there(site, sample, "shut")

    def test_doctor_finds_nothing_wrong(self, site: Site) -> None:
        findings = list(site.connector.examine())
        assert findings
        assert [one.what for one in findings if one.severity is Severity.ERROR] == []
