"""Driving an emulator from outside: by its control address, and from another process."""

import subprocess
import sys
from typing import Any

import pytest
import requests

from provisioner.emulation import VirtualClock


def test_the_log_and_the_counts_can_be_read_and_are_not_counted(echo: Any) -> None:
    requests.post(echo.url + "/x", json={"password": "hidden"})
    control = echo.url + "/__emulator__/"
    (entry,) = requests.get(control + "log").json()
    assert (entry["method"], entry["path"], entry["write"]) == ("POST", "/x", True)
    assert "hidden" not in entry["body"]
    assert requests.get(control + "log?since=1").json() == []
    assert requests.get(control + "counts").json()["requests"] == 1
    assert requests.get(control).json() == {"name": "echo", "url": echo.url, "latency": 0.0}
    assert requests.delete(control + "log").ok
    assert len(echo.log) == 0


def test_faults_can_be_ordered_and_taken_back(echo: Any) -> None:
    control = echo.url + "/__emulator__/faults"
    wishes = [{"kind": "status", "status": 503, "nth_write": 1}, {"kind": "latency", "seconds": 0.01}]
    assert requests.post(control, json=wishes).json() == {"pending": 2}
    assert requests.get(echo.url).status_code == 200
    assert requests.post(echo.url).status_code == 503
    requests.post(control, json={"kind": "reset_before", "times": None})
    assert requests.delete(control).ok
    assert requests.get(echo.url).ok


def test_the_clock_and_the_latency_can_be_set(echo: Any) -> None:
    control = echo.url + "/__emulator__/"
    assert requests.post(control + "clock", json={"advance": 90}).json()["monotonic"] == 90
    assert echo.clock.monotonic() == 90
    assert requests.get(control + "clock").json()["now"] == echo.clock.now().isoformat()
    assert requests.post(control + "latency", json={"seconds": 0.01}).ok
    assert echo.latency == 0.01


def test_real_time_can_not_be_advanced(echo: Any) -> None:
    class Real(VirtualClock):
        pass

    echo.clock = type("Clock", (), {name: getattr(Real(), name) for name in ("now", "monotonic", "sleep")})()
    assert requests.post(echo.url + "/__emulator__/clock", json={"advance": 1}).status_code == 409


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("POST", "faults", '{"kind":"nonsense"}'),
        ("POST", "faults", "{"),
        ("POST", "clock", "{}"),
        ("POST", "faults", "[1]"),
    ],
)
def test_what_it_does_not_understand_is_a_400(echo: Any, verb: str, path: str, body: str) -> None:
    assert requests.request(verb, f"{echo.url}/__emulator__/{path}", data=body).status_code == 400


def test_unknown_controls_are_a_404(echo: Any) -> None:
    assert requests.post(echo.url + "/__emulator__/self-destruct").status_code == 404


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}])
def test_a_web_page_in_a_browser_can_not_drive_it(echo: Any, headers: dict[str, str]) -> None:
    assert requests.get(echo.url + "/__emulator__/log", headers=headers).status_code == 403


SCRIPT = """
import sys
from connectors.nextcloud.emulator import NextcloudEmulator
with NextcloudEmulator(service=("readi", "emulated-Service-1")) as emulator:
    print(emulator.url, flush=True)
    sys.stdin.read()
"""


def test_an_emulator_in_another_process_is_driven_the_same_way() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert requests.post(f"{url}/__emulator__/faults", json={"kind": "status", "status": 503}).ok
        assert requests.get(f"{url}/status.php").status_code == 503
        assert requests.get(f"{url}/status.php").json()["productname"] == "Nextcloud"
        assert requests.get(f"{url}/__emulator__/counts").json()["requests"] == 2
        process.communicate("", timeout=10)
    assert process.returncode == 0
