"""What all connectors' contract asks, of Nextcloud's: on the emulator."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.kit.contract import EmulatedContract, Sample, Site
from connectors.nextcloud import NEXTCLOUD
from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.resources import EdgeRole, Kind
from provisioner.model.steps import Moved
from tests.support.nextcloud import SERVICE


class TestWhatAllConnectorsShare(EmulatedContract):
    samples = (
        Sample(
            Kind.ACCOUNT,
            {"display_name": "Anna Ähre", "email": "{word}@stadt.example", "quota": 5 << 30, "language": "de"},
            {"display_name": "Anna Berg", "email": "{word}@neu.example", "quota": 6 << 30},
        ),
        Sample(Kind.GROUP, {"display_name": "PG"}, {"display_name": "PG neu"}, (EdgeRole.MEMBER,)),
        Sample(
            Kind.TEAM_FOLDER,
            {"quota": 5 << 30, "advanced_permissions": True},
            {"quota": 6 << 30},
            (EdgeRole.READER, EdgeRole.WRITER, EdgeRole.MANAGER),
            Kind.GROUP,
            graded=True,
        ),
        Sample(
            Kind.CONVERSATION,
            {"listed": True, "lobby": False, "read_only": False},
            {"listed": False, "lobby": True},
            (EdgeRole.MEMBER,),
            Kind.GROUP,
        ),
        Sample(Kind.CALENDAR, {}, {}, (EdgeRole.READER,), Kind.GROUP),
    )

    @pytest.fixture
    def site(self) -> Iterator[Site]:
        with NextcloudEmulator(service=SERVICE) as emulator:
            settings = NextcloudSettings(url=emulator.url, user=SERVICE[0], password=SecretStr(SERVICE[1]))
            with Site(lambda target, wiring: NEXTCLOUD.open(target, settings, wiring), emulator) as site:
                yield site

    def test_there_is_a_sample_of_every_kind(self, site: Site) -> None:
        """But of meetings: one stands in the calendar of its body, and `test_nextcloud_calendars` asks about it."""
        assert {one.kind for one in self.samples} | {Kind.MEETING} == site.kinds

    def test_what_is_named_is_erased_and_a_second_time_is_no_error(self, site: Site) -> None:
        """But of conversations: Talk shows nobody a room that they are not in, so one that is not seen may be there."""
        for sample in self.samples:
            identity = site.new(sample, "gone")
            (step,) = site.compile(site.erase(identity, site.remote(identity)))
            assert step.effects.erased
            site.perform(step)
            if sample.kind is Kind.CONVERSATION:
                assert isinstance(site.connector.verify(step, site.resolve), Moved)
            else:
                site.perform(step)
