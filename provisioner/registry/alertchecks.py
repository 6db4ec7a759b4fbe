"""What can be wrong among sensors, their models and rules: two for one thing, and rules that mean nothing.

Of two that contradict each other the first, by file and line, counts: a slip at night must not silence what was there.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Final, TypeVar

from provisioner.model.registry import Origin
from provisioner.registry.applying import SensorsOf, numbers
from provisioner.registry.checks import Path, Report
from provisioner.registry.expressions import BATTERY, looked_at
from provisioner.registry.mistakes import mend_word, shown
from provisioner.registry.patterns import disputed, is_pattern
from provisioner.registry.problems import error_of, warning_of
from provisioner.registry.ruledocuments import AppliesDocument, RuleDocument
from provisioner.registry.samerules import DifferentRules
from provisioner.registry.sensordocuments import SensorDocument, SensorModelDocument
from provisioner.registry.sensors import mount_flaws
from provisioner.registry.sources import Entry, SourceResult

_NAMED: Final = 5
"""So many ids are named in a message about many."""

D = TypeVar("D", SensorModelDocument, SensorDocument, RuleDocument)
Rule = Entry[RuleDocument]
Sensor = Entry[SensorDocument]


def leave_out_repeated(result: SourceResult) -> None:
    """Ids within a kind: the first one counts."""
    result.sensor_models = _once("sensor_models", result.sensor_models, result)
    result.sensors = _once("sensors", result.sensors, result)
    result.rules = _once("rules", result.rules, result)


def _once(kind: str, entries: list[Entry[D]], result: SourceResult) -> list[Entry[D]]:
    first: dict[str, Entry[D]] = {}
    for entry in _in_order(entries):
        before = first.setdefault(entry.document.id, entry)
        if before is not entry:
            where = str(before.origin("id"))
            problem = error_of(entry.origin("id"), "registry.same_id_later", value=entry.document.id, first=where)
            result.problems.append(problem)
    return list(first.values())


def _in_order(entries: Iterable[Entry[D]]) -> list[Entry[D]]:
    return sorted(entries, key=lambda entry: _sort_key(entry.origin()))


def _sort_key(where: Origin) -> tuple[str, int, int]:
    return where.file, where.line, where.column


def check_alerting(result: SourceResult) -> None:
    """After it is known what refers to nobody."""
    if result.sensors or result.rules:
        _Alerting(result).check()


class _Alerting:
    """One look at all of them."""

    def __init__(self, result: SourceResult) -> None:
        self.result = result
        self.models = {
            entry.document.id: entry.document for entry in self._sound("sensor_models", result.sensor_models)
        }

    def check(self) -> None:
        self._check_mounts()
        self._check_devices()
        blocked = any(self.result.blocked.get(kind) for kind in ("sensor_models", "sensors"))
        self.lenient = blocked or self.result.may_miss("sensors")
        """Whether there may be sensors that are not here: then no rule is said to mean none."""
        self.sensors = self._sound("sensors", self.result.sensors)
        self._check_patterns()
        self.model_of = {one.document.id: one.document.model for one in self.sensors}
        self.sensors_of = SensorsOf(one.document for one in self.sensors)
        self.with_interval = self._bits(
            one.document.interval or self.models[one.document.model].interval for one in self.sensors
        )
        self.untold = self._bits(not one.document.tells for one in self.sensors)
        self.of_model: dict[str, int] = {}
        for number, one in enumerate(self.sensors):
            self.of_model[one.document.model] = self.of_model.get(one.document.model, 0) | 1 << number
        self.by_quantities: dict[frozenset[str], int] = {}
        self.measured = {name for model in self.of_model for name in self.models[model].quantities}
        meant = {rule.document.id: self._check_rule(rule) for rule in self._sound("rules", self.result.rules)}
        self._check_same(meant)
        self._check_archived()

    def _sound(self, kind: str, entries: list[Entry[D]]) -> list[Entry[D]]:
        """In their order, as `leave_out_repeated` left them."""
        return [entry for entry in entries if not self.result.is_blocked(kind, entry.document.id)]

    def _check_mounts(self) -> None:
        for entry in self._sound("sensors", self.result.sensors):
            model = self.models[entry.document.model]  # else it would wait for its model
            Report("sensors", entry, self.result).tell(mount_flaws(entry.document, model))

    def _check_devices(self) -> None:
        """The same device, or the same pattern, in two entries whose senders do not keep them apart."""
        holders: dict[str, list[tuple[Path, Sensor]]] = {}
        for entry in self._sound("sensors", self.result.sensors):
            for index, device in enumerate(entry.document.devices):
                path: Path = ("devices", index)
                other = next((held for held in holders.get(device, ()) if _may_meet(held[1], entry)), None)
                if other is None:
                    holders.setdefault(device, []).append((path, entry))
                elif other[1] is not entry:
                    first, where = other[1].document.id, str(other[1].origin(*other[0]))
                    report = Report("sensors", entry, self.result)
                    report.error(path, "registry.same_device", value=shown(device), other=first, first=where)
                    break

    def _check_patterns(self) -> None:
        """Two that a device can meet both: for such a device the first counts, as whoever looks for it does, too."""
        by_sender: dict[str | None, list[tuple[Path, Sensor, str]]] = {}
        for entry in self.sensors:
            for index, device in enumerate(entry.document.devices):
                if is_pattern(device):
                    held = by_sender.setdefault(entry.document.sender, [])
                    held.append((("devices", index), entry, device))
        for held in by_sender.values():
            patterns = [(device, entry.document.id) for _, entry, device in held]
            for later, earlier, example in disputed(patterns):
                path, entry, device = held[later]
                its_path, other, its = held[earlier]
                Report("sensors", entry, self.result).warning(
                    path,
                    "registry.patterns_meet",
                    value=shown(device),
                    pattern=shown(its),
                    other=other.document.id,
                    first=str(other.origin(*its_path)),
                    example=shown(example),
                )

    def _check_rule(self, rule: Rule) -> int:
        """What is wrong with what it means; the bits of the sensors that it is about."""
        document, report = rule.document, Report("rules", rule, self.result)
        if document.foreign is not None:
            return 0
        about = self.sensors_of.about(document.applies)
        wanted = list(_wanted(document))
        for path, name in wanted:
            if name not in self.measured and not self.lenient:
                report.error(path, "registry.unknown_quantity", mend_word(name, self.measured), quantity=shown(name))
                return 0
        names = frozenset(name for _, name in wanted)
        fitting = about & self._measuring(names)
        if not about and not self.lenient:
            report.error(("applies",) if document.applies != AppliesDocument() else (), "registry.about_no_sensor")
        elif not fitting and not self.lenient:
            there = sorted({name for model, its in self.of_model.items() if its & about for name in self._names(model)})
            lacking, known = shown(", ".join(sorted(names))), shown(", ".join(there))
            report.error(wanted[0][0], "registry.quantity_elsewhere", quantity=lacking, known=known)
            return 0
        self._warn_of_named(document, names, report)
        if document.silence is not None:
            fitting = self._with_interval(document, fitting, report)
        if (untold := fitting & self.untold) and not document.tells:
            report.warning((), "registry.tells_nobody", names=self._some(document, untold))
        return fitting

    def _bits(self, holds: Iterable[object]) -> int:
        """Of the sensors of which it holds, told in their order."""
        return sum((1 << number for number, it_does in enumerate(holds) if it_does), 0)

    def _names(self, model: str) -> frozenset[str]:
        return frozenset(self.models[model].quantities)

    def _measuring(self, names: frozenset[str]) -> int:
        """The bits of the sensors that measure all of these quantities."""
        if names not in self.by_quantities:
            self.by_quantities[names] = sum(its for model, its in self.of_model.items() if names <= self._names(model))
        return self.by_quantities[names]

    def _warn_of_named(self, rule: RuleDocument, names: frozenset[str], report: Report) -> None:
        """Sensors and models that it names and that do not measure what it tests."""
        lacks = cache(lambda model: min(names - self._names(model), default=""))
        for index, model in enumerate(rule.applies.models):
            if model in self.models and (lacking := lacks(model)):
                report.warning(("applies", "models", index), "registry.lacks_quantity", id=model, quantity=lacking)
        for index, sensor in enumerate(rule.applies.sensors):
            if sensor in self.model_of and (lacking := lacks(self.model_of[sensor])):
                report.warning(("applies", "sensors", index), "registry.lacks_quantity", id=sensor, quantity=lacking)

    def _with_interval(self, rule: RuleDocument, about: int, report: Report) -> int:
        """Of the others nobody knows when they are silent."""
        left, without = about & self.with_interval, about & ~self.with_interval
        if without and not left and not self.lenient:
            report.error(("silence",), "registry.no_interval", names=self._some(rule, without))
        elif without:
            report.warning(("silence",), "registry.no_interval", names=self._some(rule, without))
        return left

    def _some(self, rule: RuleDocument, sensors: int) -> str:
        """A few of them by their ids: sorted where the rule names them itself, else as they stand in the files."""
        ids = (self.sensors[number].document.id for number in numbers(sensors))
        first = list(islice(sorted(ids) if rule.applies.sensors else ids, _NAMED + 1))
        return ", ".join(first[:_NAMED]) + (", …" if len(first) > _NAMED else "")

    def _check_same(self, meant: dict[str, int]) -> None:
        """Two rules for one thing: people would read it twice."""
        kept = DifferentRules()
        for rule in self._sound("rules", self.result.rules):
            other = kept.add(rule, meant.get(rule.document.id, 0))
            if other is not None:
                first, report = str(other.origin()), Report("rules", rule, self.result)
                report.error((), "registry.same_rule", other=other.document.id, first=first)

    def _check_archived(self) -> None:
        """A body that is at rest from a day on has a conversation that nobody reads."""
        days = {
            one.document.id: one.document.archived for one in self.result.bodies if one.document.archived is not None
        }
        for where, body in self._told() if days else ():
            if body in days:
                self.result.problems.append(warning_of(where, "registry.tells_archived", body=body, on=days[body]))

    def _told(self) -> Iterator[tuple[Origin, str]]:
        for sensor in self.result.sensors:
            for index, body in enumerate(sensor.document.tells):
                yield sensor.origin("tells", index), body
        for rule in self.result.rules:
            for index, body in enumerate(rule.document.tells):
                yield rule.origin("tells", index), body
            for step, escalation in enumerate(rule.document.escalations):
                for index, body in enumerate(escalation.bodies):
                    yield rule.origin("escalations", step, "bodies", index), body


def _may_meet(one: Sensor, other: Sensor) -> bool:
    """Whether a device of one could come from the other's sender."""
    return None in (one.document.sender, other.document.sender) or one.document.sender == other.document.sender


def _wanted(rule: RuleDocument) -> Iterator[tuple[Path, str]]:
    """Names of quantities that the test uses, and where they stand."""
    for field in ("threshold", "rate"):
        test = getattr(rule, field)
        if test is not None:
            yield (field, "quantity"), test.quantity
    if rule.expression is not None:
        for field, text in (("when", rule.expression.when), ("clear_when", rule.expression.clear_when)):
            for name in sorted(looked_at(text or "").names - {BATTERY}):
                yield ("expression", field), name
