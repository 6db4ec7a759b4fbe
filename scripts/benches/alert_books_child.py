"""Writes sensors and rules; reads them again and again, as the bridge does and as bare YAML. Prints seconds of CPU."""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from policies.alertsections import AlertsPolicy
from provisioner.alerts.book import Book
from provisioner.model.sensors import DeviceName
from provisioner.registry import load
from scripts.benches.alert_world import Entry, World, body_id, documents

_NETWORK: Final[Mapping[str, Any]] = {
    "network": {"id": "redi", "name": "re@di"},
    "organisations": [{"id": "bretten", "name": "Stadt Bretten", "kind": "city"}],
    "bodies": [{"id": body_id(0), "name": "Pegel", "kind": "project"}],
    "people": [
        {
            "id": "p-1",
            "given_name": "Ada",
            "family_name": "Muster",
            "email": "ada@bretten.example",
            "organisation": "bretten",
        }
    ],
}


def written(folder: Path, device: str, sensors: int, rules: int) -> Path:
    """``folder`` with a registry in which each rule is about each sensor. ``device``: with its number's place."""
    entries = [Entry(device.format(number), frozenset(), body_id(0)) for number in range(sensors)]
    found = documents(World(entries, [_test(number) for number in range(rules)]))
    for rule in found["rules"]:
        del rule["applies"]
    for name, about in (("network", _NETWORK), ("sensors", found)):
        text = yaml.dump(about, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def _test(number: int) -> Mapping[str, Any]:
    """No two rules are about one thing."""
    first, second = 1_000 + number, 100_000 + number
    levels = [
        {"severity": "warning", "above": first, "clear": first - 10},
        {"severity": "critical", "above": second},
    ]
    return {"threshold": {"quantity": "level", "levels": levels}}


def main() -> None:
    """Arguments: an empty folder, what `written` wants, and how often. Raises RuntimeError for a mistake in them."""
    device, sensors, rules, turns = sys.argv[2], *map(int, sys.argv[3:])
    folder, policy = written(Path(sys.argv[1]), device, sensors, rules), AlertsPolicy()
    ours, bare, checks = list[float](), list[float](), 0
    for _ in range(turns):
        started = time.process_time()
        for path in sorted(folder.glob("*.yaml")):
            yaml.load(path.read_bytes(), yaml.CSafeLoader)
        read = time.process_time()
        found = load(folder)
        book = Book.of(found.registry, policy)
        ours.append(time.process_time() - read)
        bare.append(read - started)
        if found.problems or book.problems:
            raise RuntimeError(f"mistakes: {found.problems[:1]}, {book.problems[:1]}")
        named = (DeviceName(sensor.devices[0].replace("*", "1")) for sensor in found.registry.sensors.values())
        checks = sum(len(station.checks) for device in named if (station := book.sensor("", device)) is not None)
    print(json.dumps({"ours": ours, "bare": bare, "checks": checks}))


if __name__ == "__main__":
    main()
