"""A password never travels in the open to another machine, unless somebody said that this network is safe."""

import pytest

from connectors.nextcloud.client import CLOUD, Client
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.emulation import VirtualClock
from provisioner.model.errors import Permanent
from provisioner.transport.gate import WriteGate


def settings(url: str, **more: object) -> NextcloudSettings:
    return NextcloudSettings.model_validate({"url": url, "user": "u", "password": "p", **more})


@pytest.mark.parametrize("url", ["http://cloud.example", "http://127.0.0.1.cloud.example", "http://192.0.2.1:8080"])
def test_nothing_is_sent_in_the_open(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.nextcloud.client.NextcloudSession", None)  # not even made
    with pytest.raises(Permanent, match="not_encrypted"):
        Client(settings(url), WriteGate(), VirtualClock()).get(f"{CLOUD}/user")


@pytest.mark.parametrize("url", ["https://cloud.example", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost"])
def test_tls_and_this_very_machine_are_no_danger(url: str) -> None:
    assert not settings(url).is_open_to_listeners


def test_somebody_may_say_that_the_network_is_safe() -> None:
    assert settings("http://cloud.example").is_open_to_listeners
    assert not settings("http://cloud.example", allow_plaintext=True).is_open_to_listeners
