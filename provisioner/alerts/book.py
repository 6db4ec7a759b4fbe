"""The registry's sensors and rules made ready: which station is this device, which rules watch it, who is told?

Immutable; made anew when registry or policy change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from policies.alertsections import AlertsPolicy
from provisioner.alerts.bridge_rules import bridge_rules
from provisioner.alerts.devices import Devices
from provisioner.alerts.expressions import Compiled, Fault
from provisioner.alerts.stations import Entry, worse_is_higher
from provisioner.alerts.stations import Station as Station
from provisioner.alerts.workshop import Workshop
from provisioner.model.alerts import Expression, Foreign, Rule
from provisioner.model.registry import Registry
from provisioner.model.sensors import DeviceName, ForeignAlert
from provisioner.model.text import Text

_REMEMBERED = 100_000
"""Devices of which is remembered which station they are; senders can name as many as they like that meet a pattern."""


@dataclass(frozen=True, slots=True)
class Book:
    policy: AlertsPolicy
    zone: ZoneInfo
    registry: Registry
    rules: Mapping[str, Rule]
    """Those that can be used."""
    problems: tuple[Text, ...]
    _entries: Mapping[str, Entry]
    _devices: Devices
    _found: dict[tuple[str, DeviceName], Station] = field(default_factory=dict)

    @classmethod
    def of(cls, registry: Registry, policy: AlertsPolicy) -> "Book":
        zone = ZoneInfo(registry.time_zone)
        problems: list[Text] = []
        rules: dict[str, Rule] = {}
        compiled: dict[str, tuple[Compiled, Compiled | None]] = {}
        for rule in (*registry.rules.values(), *bridge_rules(registry, policy)):
            if isinstance(rule.test, Expression):
                try:
                    clear = rule.test.clear_when
                    compiled[rule.id] = (Compiled.of(rule.test.when), None if clear is None else Compiled.of(clear))
                except Fault:
                    problems.append(Text.of("alerts.bad_expression", rule=rule.id))
                    continue
            rules[rule.id] = rule
        entries: dict[str, Entry] = {}
        blocked = (one.partition("/") for one in registry.alerting_blocked)
        unread = frozenset(rule for kind, _, rule in blocked if kind == "rules") if registry.alerting_complete else None
        workshop = Workshop(rules.values(), zone, compiled, unread)
        for sensor in registry.sensors.values():
            model = registry.sensor_models.get(sensor.model)
            if model is not None:
                entries[sensor.id] = workshop.made_ready(sensor, model)
        problems += [Text.of("alerts.rule_without_sensors", rule=rule.id) for rule in workshop.unused()]
        return cls(policy, zone, registry, rules, tuple(problems), entries, Devices(entries.values()))

    def sensor(self, sender: str, device: DeviceName) -> Station | None:
        """None: no entry knows this device (`Devices.entry`); such ones are not remembered, however many there are."""
        asked = (sender, device)
        found = self._found.get(asked)
        if found is None:
            made = self._devices.entry(sender, device)
            if made is None:
                return None
            found = made.station(made.sensor.id if made.exact else f"{made.sensor.id}/{device.key}", device.device)
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[asked] = found
        return found

    def station(self, key: str, called: str = "") -> Station | None:
        """By its key. ``called``: the device's id, where it is known (`SensorState.device`); names may hold it."""
        entry, slash, device = key.partition("/")
        made = self._entries.get(entry)
        if made is None or made.exact == bool(slash):
            return None
        return made.station(key, called or device or made.sensor.devices[0])

    def stations(self) -> Iterator[Station]:
        """Those that stand in the registry by an exact name, whether they ever sent or not."""
        for made in self._entries.values():
            if made.exact:
                yield made.station(made.sensor.id, made.sensor.devices[0])

    def bodies(self, rule: Rule, station: Station | None) -> tuple[str, ...]:
        """Who is told: the sensor's bodies, then the rule's; only such as are in the registry."""
        told = (*(station.tells if station else ()), *rule.tells)
        return tuple(body for body in dict.fromkeys(told) if body in self.registry.bodies)

    def foreign(self, alert: ForeignAlert) -> Rule | None:
        """The rule that names the most of its labels; None: no rule names it, and nobody wants to hear of such."""
        labels = {"alertname": alert.name, **alert.labels}
        fitting = [
            rule
            for rule in self.rules.values()
            if isinstance(rule.test, Foreign)
            and (not rule.applies.senders or alert.sender in rule.applies.senders)
            and rule.test.labels.items() <= labels.items()
        ]
        return max(fitting, key=lambda rule: (len(rule.test.labels), rule.id), default=None)  # type: ignore[union-attr]

    def worse(self, rule: str, one: float | None, other: float | None) -> float | None:
        """The worse of two values in the eyes of a rule."""
        if one is None or other is None:
            return other if one is None else one
        known = self.rules.get(rule)
        return max(one, other) if known is None or worse_is_higher(known) else min(one, other)

    def tells(self, rule: str, sensor: str, body: str) -> bool:
        """Whether this body is to be told what this rule says of this sensor, for all that can be read.

        ``body`` "": whether nobody is to be.
        """
        known, station = self.rules.get(rule), self.station(sensor)
        if known is None or self.is_unread(rule, sensor):
            return True
        if station is None and not isinstance(known.test, Foreign):
            return True  # what is gone ends
        told = (*(station.tells if station else ()), *known.tells)
        return body in told if body else not self.bodies(known, station)

    def watches(self, rule: str, sensor: str) -> bool:
        """Whether this rule still is about this sensor (its key, or a foreign alert's), for all that can be read."""
        if self.is_unread(rule, sensor):
            return True
        known = self.rules.get(rule)
        if known is None or isinstance(known.test, Foreign):
            return known is not None
        station = self.station(sensor)
        return station is not None and rule in station.checks

    def is_unread(self, rule: str, sensor: str) -> bool:
        """Whether an entry that tells of them may be there and cannot be read."""
        blocked, entry = self.registry.alerting_blocked, sensor.partition("/")[0]
        return not self.registry.alerting_complete or f"rules/{rule}" in blocked or f"sensors/{entry}" in blocked
