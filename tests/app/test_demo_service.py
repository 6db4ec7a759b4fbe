"""The service to try out: as its users start it, with everything that its screen promises."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from provisioner.app.demo.demo_service import DemoService
from provisioner.app.site import Site
from provisioner.emulation import VirtualClock
from provisioner.model.errors import SettingsError
from provisioner.model.registry import Role
from provisioner.state import Links, Purpose, Requests
from tests.support.site import ROOT


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoService]:
    with DemoService(VirtualClock(), lambda _: None) as prepared:
        yield prepared


def test_somebody_of_every_role_can_log_in(demo: DemoService) -> None:
    roles = [guise.role for guise in demo.tour.guises]
    assert roles == [
        Role.RANGER,
        Role.COORDINATOR,
        Role.CITY_ADMINISTRATOR,
        Role.MODERATOR,
        Role.MEMBER,
        Role.GUEST,
    ]
    site = Site.open(demo.settings, clock=VirtualClock())
    for guise in demo.tour.guises:
        link = Links(site.database, site.network).look(guise.link.rpartition("/")[2], site.clock.now())
        assert link is not None
        assert (link.purpose, link.subject) == (Purpose.LOGIN, guise.person.email)
    assert site.read_registry().registry.people
    site.close()


def test_there_is_something_to_decide(demo: DemoService) -> None:
    site = Site.open(demo.settings, clock=VirtualClock())
    assert len(Requests(site.database, site.network).waiting()) == 2
    site.close()


def test_a_port_that_is_taken_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SettingsError) as refused:
        DemoService(VirtualClock(), lambda _: None, taken.getsockname()[1]).__enter__()
    assert refused.value.text.code == "app.demo_port_taken"
    assert list(tmp_path.iterdir()) == []


def test_what_the_screen_says_works_and_nothing_stays(tmp_path: Path) -> None:
    """Everything is served by the time it is on the screen."""
    command = [sys.executable, "-m", "provisioner", "--lang", "en", "demo", "serve", "--port", "0"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
        assert process.stdout is not None
        try:
            screen = "".join(
                iter(
                    process.stdout.readline,
                    "To end: Ctrl-C. From now on you see here every mail that the service writes.\n",
                )
            )
            links = re.findall(r"http://\S+/link/\S+", screen)
            assert len(links) == 6
            for address in (*links, *re.findall(r"http://\S+/login", screen)):
                assert requests.get(address, timeout=30).status_code == 200
        finally:
            process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        assert "everything is gone again" in rest
        assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []
