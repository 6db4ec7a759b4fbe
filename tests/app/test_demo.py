"""The story that `readi demo` tells is true, in both languages, and its figures are as documented."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from provisioner.app.reports import DemoReport
from provisioner.app.sandbox import example_folder
from tests.support.site import ROOT, run_cli


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_story_goes_as_it_is_told(language: str) -> None:
    ran = run_cli(["--lang", language, "demo", "--json"])
    assert ran.code == 0, ran.all
    assert not re.search(r"\b(cli|app|planning|policies|registry|nextcloud|ldap)\.[a-z_]+", ran.out), (
        "an untold sentence"
    )
    figures = DemoReport.model_validate(ran.json)
    assert set(ran.json) == {"people", "resources", "first", "second", "drift", "refused"}
    assert figures.people >= 60
    assert figures.resources < figures.first.writes < 4 * figures.resources, (
        "one an account or group, a few a room or list, two dozen a category of NodeBB"
    )
    assert (figures.second.changes, figures.second.writes) == (0, 0)
    assert figures.drift == 5
    assert figures.refused == "suspensions"


def test_nothing_is_written_where_the_demo_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = {file: file.read_bytes() for file in example_folder().rglob("*") if file.is_file()}
    assert run_cli(["--quiet", "demo", "--json"]).code == 0
    assert list(tmp_path.iterdir()) == []
    assert {file: file.read_bytes() for file in example_folder().rglob("*") if file.is_file()} == before


@pytest.mark.parametrize(("arguments", "users"), [((), 2), (("--example",), 68)])
def test_a_sandbox_says_in_one_line_where_its_emulators_are(arguments: tuple[str, ...], users: int) -> None:
    command = [sys.executable, "-m", "provisioner", "sandbox", "nextcloud", *arguments, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=dict(os.environ)) as process:
        assert process.stdout is not None
        [sandbox] = json.loads(process.stdout.readline())
        try:
            assert {"name", "url", "user", "password"} <= set(sandbox)
            answer = requests.get(
                f"{sandbox['url']}/ocs/v2.php/cloud/users",
                auth=(sandbox["user"], sandbox["password"]),
                headers={"OCS-APIRequest": "true", "Accept": "application/json"},
                timeout=30,
            )
            assert len(answer.json()["ocs"]["data"]["users"]) == users
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def test_an_emulator_that_there_is_not_is_said_in_words() -> None:
    ran = run_cli(["--lang", "en", "sandbox", "nexcloud"])
    assert ran.code == 1
    assert "ldap, mailman, nextcloud" in ran.err
