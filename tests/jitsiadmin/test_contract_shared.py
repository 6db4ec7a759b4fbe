"""What every connector's contract asks, of Jitsi-Admin's: on the emulator."""

from collections.abc import Iterator

import pytest

from connectors.jitsiadmin import JITSI_ADMIN
from connectors.jitsiadmin.emulator import JitsiAdminEmulator
from connectors.kit import contract
from connectors.kit.contract import Emulated, EmulatedContract, Sample, found_by, identify
from provisioner.model.inventory import UNKNOWN, Absent, Partial, Unreadable
from provisioner.model.resources import EdgeRole, Kind, ResourceId
from tests.support.jitsiadmin import DAY, STARTS, create_account, person, settings_of


class Site(contract.Site):
    """Where Mona organises every conference."""

    def seated(self, container: ResourceId, role: EdgeRole, member: Kind) -> frozenset[str]:
        """But Mona: whoever organises one is in it from the beginning, and stays."""
        inside = super().seated(container, role, member)
        assert person("mona").key in inside
        return inside - {person("mona").key}


class TestWhatAllConnectorsShare(EmulatedContract):
    samples = (
        Sample(Kind.ACCOUNT, {"email": "{word}@stadt.example"}, {"email": "{word}@neu.example"}, served=False),
        Sample(
            Kind.CONFERENCE,
            {"starts_at": STARTS, "minutes": 90, "organisers": "person:mona"},
            {"starts_at": f"{DAY}T11:30 Europe/Berlin", "minutes": 45},
            (EdgeRole.MEMBER,),
        ),
    )

    @pytest.fixture
    def site(self) -> Iterator[Site]:
        with JitsiAdminEmulator() as emulator:
            emulator.world.add_user("mona@stadt.example", emulator.server)
            settings = settings_of(emulator)
            with Site(lambda target, wiring: JITSI_ADMIN.open(target, settings, wiring), emulator) as site:
                site.apply(create_account("mona"))
                yield site

    def is_not_there(self, site: contract.Site, sample: Sample, word: str) -> None:
        """A conference is not found by its name, and a slow server may make it still."""
        found = site.connector.look_up(identify(sample.kind, word), found_by(site, sample, word))
        assert isinstance(found, Unreadable) if sample.served else found == Absent()

    @pytest.mark.parametrize("status", [200, 302, 403, 404])
    def test_a_page_instead_of_an_answer_concludes_nothing(
        self, site: contract.Site, emulator: Emulated, status: int
    ) -> None:
        """Each conference is asked for alone, and is its own trouble."""
        identity = site.some(self.sample(Kind.CONFERENCE))
        emulator.faults.login_page(status, times=None)
        self.nothing_is_known(site, identity)
        assert isinstance(site.connector.look_up(identity, "x"), Unreadable)

    def test_whoever_is_not_let_in_asks_once(self, site: contract.Site, emulator: Emulated) -> None:
        """Looking takes no key; a 401 is the word of somebody in front of it."""
        identity = site.some(self.sample(Kind.CONFERENCE))
        emulator.faults.status(401, times=None)
        self.nothing_is_known(site, identity)

    def nothing_is_known(self, site: contract.Site, identity: ResourceId) -> None:
        inventory, uid = site.observe(), site.ids[identity]
        remote = inventory.of(identity.kind).objects[uid]
        assert set(remote.fields.values()) == {UNKNOWN}
        assert remote.writable == frozenset()
        assert isinstance(inventory.rosters[identity.kind, uid].completeness, Partial)
