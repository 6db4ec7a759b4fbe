"""The benches name their figures, and each comes beside its baseline and its goal. No time is judged here."""

import json
import subprocess
import sys

import pytest

from scripts.benches import __main__ as program
from scripts.benches.children import ROOT
from scripts.benches.figures import Bench, Figure, benches, wanted


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "scripts.benches", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_the_list_names_every_figure_once_and_measures_nothing() -> None:
    listed = bench("--list")
    names = listed.stdout.split()
    assert listed.returncode == 0
    assert listed.stderr == ""
    assert len(names) == len(set(names))
    assert {"main.unchanged_requests_70", "main.first_sync_ratio", "main.plan_cpu_100000_first"} <= set(names)
    assert {"rooms.first_sync_writes_folder", "rooms.only_body_requests", "rooms.only_person_requests"} <= set(names)
    assert names == [name for one in benches() for name in one.names]


def test_a_figure_is_measured_in_processes_of_its_own_and_printed_as_json_last() -> None:
    measured = bench("main.growth_cpu_1000", "--json")
    assert measured.returncode == 0, measured.stderr
    assert "1,000 people" in measured.stderr
    [figure] = json.loads(measured.stdout.splitlines()[-1])
    assert figure["name"] == "main.growth_cpu_1000"
    assert list(figure) == ["name", "value", "unit", "baseline", "goal", "met"]
    assert (figure["unit"], figure["goal"], figure["met"]) == ("s CPU", None, None)
    assert figure["value"] > 0
    assert figure["baseline"] > 0


def test_a_whole_name_means_this_figure_alone_and_a_beginning_all_that_begin_so() -> None:
    def names(*asked: str) -> set[str]:
        return {name for _, chosen in wanted(asked) for name in chosen}

    assert names("main.growth_cpu_1000") == {"main.growth_cpu_1000"}
    assert names("main.growth_cpu_1") == {f"main.growth_cpu_{people}" for people in (1_000, 10_000, 100_000)}
    assert names() == {name for one in benches() for name in one.names}


def test_a_name_that_no_figure_has_is_a_wrong_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "nothing.like_that"])
    assert program.main() == 64
    assert "nothing.like_that" in capsys.readouterr().err


@pytest.mark.parametrize(("value", "goal", "met"), [(1.1, 1.1, True), (1.11, 1.1, False), (5, None, None)])
def test_a_goal_is_met_up_to_its_very_value(value: float, goal: float | None, met: bool | None) -> None:
    assert Figure("x", value, "s", None, goal).met is met


def test_only_the_figures_asked_for_are_shown_although_others_are_measured_with_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(say: object) -> list[Figure]:
        return [Figure("a.one", 1, "x", 2, 3, "why"), Figure("a.two", 1, "x", 2, 3)]

    monkeypatch.setattr(program, "wanted", lambda prefixes: [(Bench(("a.one", "a.two"), measure), {"a.one"})])
    monkeypatch.setattr(sys, "argv", ["bench", "a.one"])
    assert program.main() == 0
    shown = capsys.readouterr().out
    assert "a.one" in shown
    assert "a.two" not in shown
    assert "1 to 1.6 accounts a second" in shown
