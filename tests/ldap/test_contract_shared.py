"""What every connector's contract asks, of LDAP's: on the emulator, a real slapd, and live where one is given.

What is particular to directories stands in the other files here.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

import pytest

from connectors.kit.bench import TARGET
from connectors.kit.contract import Contract, Emulated, EmulatedContract, Sample, Site
from connectors.ldap import LDAP
from connectors.ldap.emulator import LdapEmulator
from provisioner.model.errors import LoginRefused
from provisioner.model.inventory import Complete, Scope
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import EdgeRole, Kind
from tests.ldap.rig import Server, emulated, live

SAMPLES = (
    Sample(
        Kind.ACCOUNT,
        {
            "display_name": "Anna Ähre",
            "given_name": "Anna",
            "family_name": "Ähre",
            "email": "{word}@Stadt.example",
            "language": "de",
            "organisation": "Stadt Beispiel",
            "enabled": True,
        },
        {"display_name": "Anna Berg", "family_name": "Berg", "email": "{word}@neu.example", "organisation": ""},
    ),
    Sample(Kind.GROUP, {"display_name": "PG"}, {"display_name": "PG neu"}, (EdgeRole.MEMBER,)),
)


def site_at(server: Server, emulator: LdapEmulator | None = None) -> Site:
    settings = server.settings()
    return Site(lambda target, wiring: LDAP.open(target, settings, wiring), emulator)


class _OfADirectory(Contract):
    samples: ClassVar[tuple[Sample, ...]] = SAMPLES

    def test_a_look_at_one_object_tells_what_a_look_at_all_tells(self, site: Site) -> None:
        """A directory is read whole with a few pages, so that a narrow look is a wide one."""
        for sample in self.samples:
            identity = site.new(sample, "one")
            remote_id, wide = site.ids[identity], site.remote(identity)
            found = site.observe(interest=Interest(only=(Sought(identity, wide.name, remote_id),))).of(sample.kind)
            assert found.objects[remote_id] == wide
            assert found.completeness == Complete(Scope(TARGET, sample.kind))


class TestEmulator(_OfADirectory, EmulatedContract):
    @pytest.fixture
    def site(self) -> Iterator[Site]:
        with LdapEmulator() as emulator, site_at(emulated(emulator), emulator) as site:
            yield site

    @pytest.mark.parametrize("word", ["busy", "unavailable"])
    def test_a_server_that_is_tired_is_asked_again(self, site: Site, emulator: Emulated, word: str) -> None:
        """It says so by a result code, not by a status of HTTP."""
        identity = site.some(self.samples[0])
        emulator.faults.mishap(word, times=2)
        assert site.remote(identity).remote_id == site.ids[identity]
        assert emulator.faults.pending == []

    def test_whoever_is_not_let_in_asks_once(self, site: Site, emulator: Emulated) -> None:
        """A log-in is a request of its own here, and its refusal no status of HTTP."""
        assert isinstance(emulator, LdapEmulator)
        emulator.log.clear()
        with site_at(replace(emulated(emulator), password="another one"), emulator) as stranger:
            for _ in range(3):
                with pytest.raises(LoginRefused):
                    stranger.observe()
        assert [one.method for one in emulator.log.requests] == ["BIND"]


class TestRealServer(_OfADirectory):
    @pytest.fixture
    def site(self, plain_slapd: Server) -> Iterator[Site]:
        plain_slapd.wipe()
        with site_at(plain_slapd) as site:
            yield site


if live():

    class TestLiveServer(_OfADirectory):
        @pytest.fixture
        def site(self, live_branch: Server) -> Iterator[Site]:
            live_branch.wipe()
            with site_at(live_branch) as site:
                yield site
