"""What the benches of reading sensors and rules read is right, and is measured beside its baseline."""

from pathlib import Path

import pytest

from provisioner.registry import load
from scripts.benches.alert_books_child import written
from scripts.benches.children import run_module


@pytest.mark.parametrize("device", ["sensor-{:05d}", "ort-{:05d}-*"])
def test_the_sensors_and_rules_of_the_bench_are_without_mistakes(device: str, tmp_path: Path) -> None:
    found = load(written(tmp_path, device, 20, 200))
    assert found.problems == ()
    assert (len(found.registry.sensors), len(found.registry.rules)) == (20, 200)


def test_both_are_measured_as_often_as_asked_and_each_rule_watches_each_sensor(tmp_path: Path) -> None:
    found = run_module("alert_books_child", tmp_path, "ort-{}-*", 4, 3, 2)
    assert found["checks"] == 12
    assert [len(found[each]) for each in ("ours", "bare")] == [2, 2]
    assert min(*found["ours"], *found["bare"]) > 0
