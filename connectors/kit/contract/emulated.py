"""What only an emulator can be made to do: lose answers, break down, show a login page."""

from contextlib import suppress

import pytest

from connectors.kit.contract.site import Emulated, Site
from connectors.kit.contract.whole import Contract
from provisioner.model.errors import LoginRefused, OutcomeUnknown, TargetError
from provisioner.model.inventory import Absent, Partial, Present
from provisioner.model.ports import Interest, Severity


class EmulatedContract(Contract):
    """The same, and what only an emulator can be made to do: ``site.emulator`` is given."""

    @pytest.fixture
    def emulator(self, site: Site) -> Emulated:
        assert site.emulator is not None
        return site.emulator

    def test_reading_and_compiling_write_nothing(self, site: Site, emulator: Emulated) -> None:
        for sample in self.samples:
            site.new(sample, "one")
        emulator.log.clear()
        site.observe(interest=Interest(everybody=True))
        assert list(site.connector.examine())
        assert emulator.log.writes == []
        emulator.log.clear()
        for sample in self.samples:
            assert site.compile(site.creating(sample, "two"))
        site.connector.capabilities()
        assert emulator.log.requests == []

    def test_who_is_in_it_already_is_put_in_once(self, site: Site) -> None:
        for sample in self.containers():
            container, member = site.new(sample, "room"), site.some(self.sample(sample.members))
            joining = site.join(container, site.name(sample, "room"), member, role=sample.roles[0])
            site.apply(joining)
            before = site.observe()
            site.apply(joining)
            assert site.observe().rosters == before.rosters

    def test_a_creation_whose_answer_is_lost_is_looked_up(self, site: Site, emulator: Emulated) -> None:
        for sample in self.samples:
            (step, *_) = site.compile(site.creating(sample, "lost"))
            if sample.served:
                emulator.faults.reset_after(writes=True)
                with pytest.raises(OutcomeUnknown):
                    site.perform(step)
                found = site.connector.look_up(step.id, step.name)
                assert isinstance(found, Present), (sample.kind, found)

    def test_a_creation_that_never_arrived_is_absent(self, site: Site, emulator: Emulated) -> None:
        for sample in self.samples:
            (step, *_) = site.compile(site.creating(sample, "lost"))
            if sample.served:
                emulator.faults.reset_before(writes=True)
                with pytest.raises(OutcomeUnknown):
                    site.perform(step)
                self.is_not_there(site, sample, "lost")

    @pytest.mark.parametrize("status", [200, 302, 403, 404])
    def test_a_page_instead_of_an_answer_concludes_nothing(self, site: Site, emulator: Emulated, status: int) -> None:
        made = [(sample, site.some(sample)) for sample in self.samples if sample.served]
        emulator.faults.login_page(status, times=None)
        with suppress(TargetError):  # which concludes nothing either
            inventory = site.observe()
            for sample, _ in made:
                assert isinstance(inventory.of(sample.kind).completeness, Partial), sample.kind
        for sample, identity in made:
            with suppress(TargetError):
                assert not isinstance(site.connector.look_up(identity, "x"), Absent), sample.kind
        assert emulator.log.requests

    @pytest.mark.parametrize("status", [429, 503])
    def test_a_server_that_is_tired_is_asked_again(self, site: Site, emulator: Emulated, status: int) -> None:
        sample = next(one for one in self.samples if one.served)
        identity = site.some(sample)
        emulator.faults.status(status, retry_after=1, times=2)
        assert site.remote(identity).remote_id == site.ids[identity]
        assert emulator.faults.pending == []

    def test_a_write_that_ends_in_an_error_of_the_server_is_never_taken_for_done(
        self, site: Site, emulator: Emulated
    ) -> None:
        for sample in self.samples:
            (step, *_) = site.compile(site.creating(sample, "broken"))
            if sample.served:
                emulator.faults.status(500, when="after", writes=True)
                with pytest.raises(OutcomeUnknown):
                    site.perform(step)

    def test_doctor_says_what_is_wrong_and_raises_nothing(self, site: Site, emulator: Emulated) -> None:
        emulator.faults.login_page(times=None)
        found = [one for one in site.connector.examine() if one.severity is Severity.ERROR]
        assert found
        assert all(one.mend is not None for one in found)

    def test_whoever_is_not_let_in_asks_once(self, site: Site, emulator: Emulated) -> None:
        emulator.faults.status(401, times=None)
        emulator.log.clear()
        for _ in range(3):
            with pytest.raises(LoginRefused):
                site.observe()
        assert len(emulator.log.requests) == 1
