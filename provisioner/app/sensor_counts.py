"""How much of sensors stands in a registry: what `readi validate` says it found, and the demo."""

from dataclasses import dataclass
from typing import Self

from provisioner.model.registry import Registry
from provisioner.registry.patterns import is_pattern


@dataclass(frozen=True, slots=True)
class SensorCounts:
    """What could be read of it."""

    models: int
    sensors: int
    """Entries, each of devices and patterns."""
    devices: int
    """Named exactly."""
    patterns: int
    rules: int

    @classmethod
    def of(cls, registry: Registry) -> Self:
        """Of a whole registry."""
        names = [name for sensor in registry.sensors.values() for name in sensor.devices]
        patterns = sum(map(is_pattern, names))
        return cls(
            len(registry.sensor_models), len(registry.sensors), len(names) - patterns, patterns, len(registry.rules)
        )

    def __bool__(self) -> bool:
        return bool(self.models or self.sensors or self.rules)
