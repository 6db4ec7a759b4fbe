"""Which entry of the registry a device belongs to, by its names and patterns."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property

from provisioner.alerts.stations import Entry
from provisioner.model.sensors import DeviceName, Sensor
from provisioner.registry.patterns import ends, is_pattern, weight


@dataclass(frozen=True)
class _Pattern:
    text: str
    made: Entry

    @cached_property
    def rank(self) -> tuple[bool, int, int, int]:
        """The lowest counts: those of one sender, then what weighs more."""
        length, letters, questions = weight(self.text)
        return self.made.sensor.sender is None, -length, -letters, -questions

    @cached_property
    def place(self) -> tuple[str, int, int]:
        """Of two that count the same the first in the files: `readi validate` told of them."""
        return _place(self.made.sensor)

    @cached_property
    def _middle(self) -> re.Pattern[str] | None:
        """None: whatever begins and ends as it does meets it."""
        if self.text.count("*") == 1 and "?" not in self.text:
            return None
        return re.compile(translate(self.text.replace("[", "[[]")))

    def is_met_by(self, name: str) -> bool:
        """Of a name that begins and ends as it does, and has room for both."""
        return self._middle is None or self._middle.match(name) is not None


class Devices:
    """Made once; a device is looked up without looking at each pattern of thousands."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._exact: dict[str, list[Entry]] = {}
        """By what a device can be called; those of one sender first."""
        self._patterns: dict[tuple[int, int], dict[tuple[str, str], list[_Pattern]]] = {}
        """By the lengths of their ends, then by the ends; what counts most first."""
        for made in entries:
            for device in made.sensor.devices:
                if is_pattern(device):
                    head, tail = ends(device)
                    held = self._patterns.setdefault((len(head), len(tail)), {})
                    held.setdefault((head, tail), []).append(_Pattern(device, made))
                else:
                    self._exact.setdefault(device, []).append(made)
        for named in self._exact.values():
            named.sort(key=lambda one: one.sensor.sender is None)
        for held in self._patterns.values():
            for alike in held.values():
                alike.sort(key=lambda one: (one.rank, one.place))

    def entry(self, sender: str, device: DeviceName) -> Entry | None:
        """None: nobody knows it. Exact names beat patterns, and of patterns the one that weighs more counts.

        Of two that weigh the same the one for application and device beats that for the EUI, and this that for the id.
        """
        names = f"{device.application}/{device.device}", device.eui, device.device
        for name in names:
            for made in self._exact.get(name, ()):
                if made.sensor.sender in (None, sender):
                    return made
        best = None
        for number, name in enumerate(names):
            if not name:
                continue
            for (head, tail), held in self._patterns.items():
                alike = held.get((name[:head], name[len(name) - tail :])) if head + tail <= len(name) else None
                for one in alike or ():
                    order = one.rank, number, one.place
                    if best is not None and best[0] <= order:
                        break
                    if one.made.sensor.sender in (None, sender) and one.is_met_by(name):
                        best = order, one.made
                        break
        return None if best is None else best[1]


def _place(sensor: Sensor) -> tuple[str, int, int]:
    where = sensor.origin
    return ("", 0, 0) if where is None else (where.file, where.line, where.column)
