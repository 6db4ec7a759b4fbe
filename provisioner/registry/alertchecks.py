"""What can be wrong among sensors, their models and rules: two for one thing, and rules that mean nothing.

Of two that contradict each other the first, by file and line, counts: a slip at night must not silence what was there.
"""

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from provisioner.model.registry import Origin
from provisioner.registry.checks import Path, Report
from provisioner.registry.expressions import BATTERY, looked_at
from provisioner.registry.mistakes import mend_word, shown
from provisioner.registry.problems import error_of, warning_of
from provisioner.registry.ruledocuments import AppliesDocument, RuleDocument
from provisioner.registry.samerules import same_thing
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


def is_about(applies: AppliesDocument, sensor: SensorDocument) -> bool:
    """Whether a rule with these conditions may be about the sensor."""
    return (
        (not applies.models or sensor.model in applies.models)
        and (not applies.sensors or sensor.id in applies.sensors)
        and (not applies.organisations or sensor.organisation in applies.organisations)
        and (not applies.tags or not set(applies.tags).isdisjoint(sensor.tags))
        and (not applies.senders or sensor.sender in applies.senders)
    )


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
        self.model_of = {one.document.id: one.document.model for one in self.sensors}
        self.by_tag: dict[str, list[Sensor]] = {}
        for one in self.sensors:
            for tag in dict.fromkeys(one.document.tags):
                self.by_tag.setdefault(tag, []).append(one)
        self.by_id = {one.document.id: one for one in self.sensors}
        self.measured = {name for entry in self.sensors for name in self.models[entry.document.model].quantities}
        meant = {rule.document.id: self._check_rule(rule) for rule in self._sound("rules", self.result.rules)}
        self._check_same(meant)
        self._check_archived()

    def _sound(self, kind: str, entries: list[Entry[D]]) -> list[Entry[D]]:
        return [entry for entry in _in_order(entries) if not self.result.is_blocked(kind, entry.document.id)]

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

    def _check_rule(self, rule: Rule) -> list[Sensor]:
        """What is wrong with what it means; the sensors that it is about."""
        document, report = rule.document, Report("rules", rule, self.result)
        if document.foreign is not None:
            return []
        about = [one for one in self._nearby(document.applies) if is_about(document.applies, one.document)]
        wanted = list(_wanted(document))
        for path, name in wanted:
            if name not in self.measured and not self.lenient:
                report.error(path, "registry.unknown_quantity", mend_word(name, self.measured), quantity=shown(name))
                return []
        names = {name for _, name in wanted}
        fitting = [one for one in about if names <= self.models[one.document.model].quantities.keys()]
        if not about and not self.lenient:
            report.error(("applies",) if document.applies != AppliesDocument() else (), "registry.about_no_sensor")
        elif not fitting and not self.lenient:
            there = sorted({name for one in about for name in self.models[one.document.model].quantities})
            lacking, known = shown(", ".join(sorted(names))), shown(", ".join(there))
            report.error(wanted[0][0], "registry.quantity_elsewhere", quantity=lacking, known=known)
            return []
        self._warn_of_named(document, names, report)
        if document.silence is not None:
            fitting = self._with_interval(fitting, report)
        self._warn_of_untold(document, fitting, report)
        return fitting

    def _nearby(self, applies: AppliesDocument) -> Iterable[Sensor]:
        """Those among which are all that it is about: each rule looks at few of thousands."""
        if applies.sensors:
            return [self.by_id[name] for name in sorted(set(applies.sensors)) if name in self.by_id]
        if len(applies.tags) == 1:
            return self.by_tag.get(applies.tags[0], ())
        return self.sensors

    def _warn_of_named(self, rule: RuleDocument, names: set[str], report: Report) -> None:
        """Sensors and models that it names and that do not measure what it tests."""
        models = {name: name for name in self.models}
        for field, known in (("models", models), ("sensors", self.model_of)):
            for index, named in enumerate(getattr(rule.applies, field)):
                lacks = sorted(names - self.models[known[named]].quantities.keys()) if named in known else ()
                if lacks:
                    report.warning(("applies", field, index), "registry.lacks_quantity", id=named, quantity=lacks[0])

    def _with_interval(self, about: list[Sensor], report: Report) -> list[Sensor]:
        """Of the others nobody knows when they are silent."""
        known = [bool(one.document.interval or self.models[one.document.model].interval) for one in about]
        left = [one for one, is_known in zip(about, known, strict=True) if is_known]
        without = [one.document.id for one, is_known in zip(about, known, strict=True) if not is_known]
        if without and not left and not self.lenient:
            report.error(("silence",), "registry.no_interval", names=_some(without))
        elif without:
            report.warning(("silence",), "registry.no_interval", names=_some(without))
        return left

    def _warn_of_untold(self, rule: RuleDocument, about: list[Sensor], report: Report) -> None:
        untold = [one.document.id for one in about if not one.document.tells]
        if untold and not rule.tells:
            report.warning((), "registry.tells_nobody", names=_some(untold))

    def _check_same(self, meant: dict[str, list[Sensor]]) -> None:
        """Two rules for one thing: people would read it twice."""
        kept: list[tuple[Rule, set[str]]] = []
        for rule in self._sound("rules", self.result.rules):
            sensors = {one.document.id for one in meant.get(rule.document.id, ())}
            other = next(
                (one for one, theirs in kept if same_thing(one.document, rule.document, theirs & sensors)), None
            )
            if other is None:
                kept.append((rule, sensors))
                continue
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


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:_NAMED]) + (", …" if len(ids) > _NAMED else "")
