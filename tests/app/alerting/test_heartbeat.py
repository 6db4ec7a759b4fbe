"""A sign of life goes out while all is well, stays away when it isn't, and its address is told to nobody."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import responses

from provisioner.app.alerting.heartbeat import Heartbeat, heartbeat_address
from provisioner.app.bridge_settings import HeartbeatSettings
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from tests.support.site import Installation

ADDRESS = "https://beats.example/a-secret-word"


@pytest.fixture
def site(installation: Installation) -> Iterator[Site]:
    installation.write()
    made = Site.open(installation.settings, clock=installation.clock)
    yield made
    made.close()


@pytest.fixture
def heard() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(ADDRESS, body="ok")
        yield mock


def test_it_is_heard_while_all_is_well_and_not_otherwise(site: Site, heard: responses.RequestsMock) -> None:
    is_well = [True]
    heartbeat = Heartbeat(site, HeartbeatSettings(url=ADDRESS, every_seconds=30), lambda: is_well[0])
    assert heartbeat.turn() == 30
    assert len(heard.calls) == 1
    is_well[0] = False
    assert heartbeat.turn() == 30
    assert len(heard.calls) == 1


def test_the_address_may_stand_in_a_file(site: Site, heard: responses.RequestsMock) -> None:
    (site.home / "beat").write_text(f"{ADDRESS}\n", encoding="utf-8")
    Heartbeat(site, HeartbeatSettings(url_file=Path("beat")), lambda: True).turn()
    assert heard.calls[0].request.url == ADDRESS


@pytest.mark.parametrize("settings", [HeartbeatSettings(), HeartbeatSettings(url_file=Path("missing"))])
def test_without_an_address_nobody_is_called_and_it_is_said_each_time_until_there_is_one(
    site: Site, heard: responses.RequestsMock, caplog: pytest.LogCaptureFixture, settings: HeartbeatSettings
) -> None:
    heartbeat = Heartbeat(site, settings, lambda: True)
    assert heartbeat.turn() == 60
    assert not heard.calls
    assert "heartbeat without an address" in caplog.messages
    with pytest.raises(SettingsError):
        heartbeat_address(site, settings)
    (site.home / "missing").write_text(ADDRESS, encoding="utf-8")
    heartbeat.turn()
    assert len(heard.calls) == (settings.url_file is not None)


def test_who_does_not_hear_it_stops_nothing_and_no_log_names_the_address(
    site: Site, heard: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    heard.replace(responses.GET, ADDRESS, body=requests.exceptions.ConnectionError(ADDRESS))
    heartbeat = Heartbeat(site, HeartbeatSettings(url=ADDRESS), lambda: True)
    assert heartbeat.turn() == 60
    said = [record for record in caplog.records if record.name.startswith("provisioner")]
    assert [record.message for record in said] == ["heartbeat not heard"]
    assert "secret-word" not in str([vars(record) for record in said])
