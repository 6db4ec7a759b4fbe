"""The example in docs/example-connector, installed as anybody's package is: found, tested, planned and applied with."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.app.connectors import GROUP, connector_types
from provisioner.emulation import Emulator, VirtualClock
from tests.support.site import LONG_AGO, ROOT, Ran, Wish, body, person, run_cli

EXAMPLE = ROOT / "docs" / "example-connector"
TITLE = "PG_Sensorik"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip put it: beside this project, from nothing but the folder."""
    folder = tmp_path_factory.mktemp("packages")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--target", folder, EXAMPLE], check=True, timeout=120)
    return folder


def test_its_own_tests_pass_where_it_is_installed(packages: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(packages), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--rootdir",
        EXAMPLE,
        "-c",
        EXAMPLE / "pyproject.toml",
        EXAMPLE / "tests",
    ]
    ran = subprocess.run(command, env=environment, cwd=packages, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert int(ran.stdout.split(" passed")[0].split()[-1]) > 30


def test_it_is_small_enough_to_be_read_in_one_sitting() -> None:
    files = [path for path in (EXAMPLE / "noticeboard").glob("*.py") if path.name != "emulator.py"]
    lines = [line.strip() for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    assert len([line for line in lines if line and not line.startswith(("import ", "from ", '"""', "#"))]) < 300


class Board:
    """A network whose one target is a notice board."""

    def __init__(self, folder: Path, emulator: Any, clock: VirtualClock) -> None:
        self._folder, self._clock, self.emulator = folder, clock, emulator
        self.wish = Wish()
        token = emulator.credentials.token
        self.wish.targets["board"] = {"connector": "noticeboard", "url": emulator.url, "token": token}
        self.wish.add(body("pg-sensorik", "Sensorik"), person("Anna", "pg-sensorik"), person("Ben", "pg-sensorik"))

    def run(self, *arguments: object) -> Ran:
        self.wish.write(self._folder)
        network = {"registry": "registry", "policy": "policy.yaml", "targets": self.wish.targets}
        settings = self._folder / "settings.yaml"
        settings.write_text(yaml.safe_dump({"networks": {"redi": network}}), encoding="utf-8")
        return run_cli(["--settings", settings, "--lang", "en", *arguments], self._clock)

    def apply(self) -> None:
        for arguments, code in ((("apply", "--yes"), 0), (("plan",), 0)):
            ran = self.run(*arguments)
            assert ran.code == code, ran.all

    def boards(self) -> dict[str, list[str]]:
        """Logins of the readers, by title."""
        people = {one.id: one.login for one in self.emulator.people.values()}
        return {one.title: [people[reader] for reader in one.readers] for one in self.emulator.boards.values()}


@pytest.fixture
def board(packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Board]:
    monkeypatch.syspath_prepend(packages)
    connector_types.cache_clear()
    clock = VirtualClock()
    emulator: Emulator = import_module("noticeboard.emulator").NoticeBoardEmulator(clock=clock)
    try:
        with emulator:
            yield Board(tmp_path, emulator, clock)
    finally:
        connector_types.cache_clear()
        for name in [name for name in sys.modules if name.partition(".")[0] == "noticeboard"]:
            del sys.modules[name]


def test_it_is_found_by_its_entry_point(board: Board, packages: Path) -> None:
    assert "noticeboard" in {point.name for point in entry_points(group=GROUP)}
    home = Path(str(connector_types()["noticeboard"].settings.__module__).replace(".", "/") + ".py")
    assert (packages / home).is_file()


def test_people_and_boards_come_into_being_and_a_second_plan_is_empty(board: Board) -> None:
    board.apply()
    assert board.boards()[TITLE] == ["anna.muster", "ben.muster"]
    assert {one.note for one in board.emulator.boards.values()} >= {"readi:body:pg-sensorik"}


def test_a_rename_keeps_the_board_and_who_leaves_reads_nothing_and_is_inactive(board: Board) -> None:
    board.apply()
    before = {one.title: one.id for one in board.emulator.boards.values()}
    board.wish.bodies["pg-sensorik"]["name"] = "Messen"
    board.wish.people["p-ben"]["leaves"] = LONG_AGO
    board.apply()
    after = {one.title: one.id for one in board.emulator.boards.values()}
    assert after["PG_Messen"] == before[TITLE]
    assert board.boards()["PG_Messen"] == ["anna.muster"]
    assert {one.login: one.active for one in board.emulator.people.values()} == {
        "anna.muster": True,
        "ben.muster": False,
    }


def test_doctor_and_a_change_by_hand_are_told_in_its_own_words(board: Board) -> None:
    board.apply()
    ran = board.run("doctor")
    assert ran.code == 0, ran.all
    assert "The notice board 1.2 answers" in ran.all
    assert "2 people" in ran.all
    board.emulator.faults.login_page(times=None)
    assert "no Notice board" in board.run("doctor").all


def test_a_run_that_is_cut_off_at_a_write_is_finished_by_the_next_without_a_second_board(board: Board) -> None:
    for number in (1, 2, 4):
        board.emulator.faults.reset_after(nth_write=number)
    assert board.run("apply", "--yes").code == 2
    board.emulator.faults.clear()
    board.apply()
    titles = [one.title for one in board.emulator.boards.values()]
    assert len(titles) == len(set(titles))
    assert board.boards()[TITLE] == ["anna.muster", "ben.muster"]
