"""A mistake in a rule is told in plain words, in German and in English, and every other rule goes on."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from policies.alertsections import AlertsPolicy
from provisioner.alerts.book import Book
from provisioner.alerts.sensing import hear
from provisioner.model.alerts import Turn
from provisioner.model.sensors import DeviceName, Uplink
from provisioner.registry import Loaded, load
from provisioner.texts import Catalogue

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
EUI = "a84041c4d1870001"
REGISTRY = f"""\
network: {{id: redi, name: re@di}}
organisations:
  - {{id: ettlingen, name: Stadt Ettlingen, kind: city}}
bodies:
  - {{id: pg-sensorik, name: Sensorik, kind: project}}
people:
  - {{id: p-anna, given_name: Anna, family_name: Muster, email: anna@ettlingen.example, organisation: ettlingen}}
sensor_models:
  - id: ldds75
    name: Dragino LDDS75
    interval: 20 min
    quantities:
      level: {{fields: Distance, unit: cm, factor: 0.1, from_mount: true}}
sensors:
  - id: pegel
    devices: {EUI}
    organisation: ettlingen
    model: ldds75
    mount_height: 320
    place: Alb
    tells: pg-sensorik
"""
RULES = """\
rules:
  - id: hochwasser
    name: Hochwasser
    threshold: {quantity: level, levels: [{severity: warning, above: 150, clear: 140}]}
"""
TESTS = {
    "names nothing": "threshold: {quantity: level, levels: [{severity: info, above: 1}]}, applies: {tags: keller}",
    "names an unknown quantity": "threshold: {quantity: levle, levels: [{severity: info, above: 1}]}",
    "names an unknown model": "silence: {}, applies: {models: lds75}",
    "names an unknown body": "silence: {}, tells: sensorik",
    "names an unknown person": "silence: {}, escalations: [{after: 1 h, people: p-ana}]",
    "tests nothing": "tells: pg-sensorik",
    "is the same again": "threshold: {quantity: level, levels: [{severity: critical, above: 150}]}",
    "runs against itself": "threshold: {quantity: level, levels: [{severity: info, above: 3}, "
    "{severity: critical, above: 2}]}",
    "ends where it begins": "threshold: {quantity: level, levels: [{severity: info, above: 3, clear: 4}]}",
    "is not a number": "threshold: {quantity: level, levels: [{severity: info, above: .nan}]}",
    "never ends": "threshold: {quantity: level, levels: [{severity: info, below: .inf}]}",
    "loops": 'expression: {when: "[x for x in range(10**9)] and level > 1"}',
    "grows": "expression: {when: 9**9**9**9 > level}",
    "reaches for files": "expression: {when: \"open('/etc/passwd').read() > level\"}",
    "reaches for the system": "expression: {when: \"__import__('os').system('true') > level\"}",
    "reaches inside": "expression: {when: level.__class__.__bases__ > level}",
    "nests without end": f"expression: {{when: {'not ' * 120}level}}",
    "goes on and on": f"expression: {{when: {'level > 1 or ' * 100}level > 2}}",
    "asks where somebody is": "threshold: {quantity: gps_lat, levels: [{severity: info, above: 1}]}",
    "wants the impossible": "silence: {intervals: -1}",
}


def loaded(folder: Path, rules: str) -> Loaded:
    (folder / "registry.yaml").write_text(REGISTRY)
    (folder / "rules.yaml").write_text(rules)
    return load(folder)


def rises(book: Book) -> list[tuple[str, Turn]]:
    """What happens when the river stands at two metres."""
    device = DeviceName("pegel-alb", EUI)
    station = book.sensor("ttn", device)
    assert station is not None
    uplink = Uplink("ttn", device, NOW, NOW, "s", 1, {"Distance": 1200.0})
    return [(turn.rule, turn.turn) for turn in hear(station, None, uplink, NOW, settled=True).happened]


@pytest.mark.parametrize("mistake", TESTS)
def test_a_rule_with_a_mistake_gives_a_clear_word_and_the_others_go_on(tmp_path: Path, mistake: str) -> None:
    found = loaded(tmp_path, f"{RULES}  - {{id: falsch, name: Falsch, {TESTS[mistake]}}}\n")
    [problem] = found.errors
    assert (problem.where.file, problem.where.line) == ("rules.yaml", 5)
    for language in ("de", "en"):
        say = Catalogue(language)
        assert len(say(problem.what)) > 20
        assert len(say(problem.mend)) > 10
    assert found.registry.rules.keys() == {"hochwasser"}
    book = Book.of(found.registry, AlertsPolicy())
    assert rises(book) == [("hochwasser", Turn.BEGAN)]


def test_all_of_them_at_once_are_told_at_once(tmp_path: Path) -> None:
    wrong = "".join(f"  - {{id: falsch-{number}, name: F, {test}}}\n" for number, test in enumerate(TESTS.values()))
    found = loaded(tmp_path, RULES + wrong)
    assert sorted({problem.where.line for problem in found.errors}) == list(range(5, 5 + len(TESTS)))
    assert rises(Book.of(found.registry, AlertsPolicy())) == [("hochwasser", Turn.BEGAN)]


@pytest.mark.parametrize("slip", ["levels: [", "levels: }", "levels: 'x"])
def test_an_alert_is_not_over_because_its_rule_cannot_be_read(tmp_path: Path, slip: str) -> None:
    whole = Book.of(loaded(tmp_path, RULES).registry, AlertsPolicy())
    broken = Book.of(loaded(tmp_path, RULES.replace("levels: [", slip)).registry, AlertsPolicy())
    mistyped = Book.of(loaded(tmp_path, RULES.replace("150", "hoch")).registry, AlertsPolicy())
    gone = Book.of(loaded(tmp_path, RULES.replace("hochwasser", "niedrigwasser")).registry, AlertsPolicy())
    assert [book.watches("hochwasser", "pegel") for book in (whole, mistyped, gone)] == [True, True, False]
    assert broken.watches("hochwasser", "pegel")
