"""A mistake in an entry about sensors or rules is told with its place, and blocks that entry alone."""

import pytest

from provisioner.registry import load
from provisioner.texts import Catalogue
from tests.registry.alerting import MODELS, RULES, SENSORS, folder, loaded, spoilt, told
from tests.registry.conftest import BODIES, Write

LIMIT = "above: 150, clear: 140"
RULE = "    name: Hochwasser\n"


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        (LIMIT, "above: 150 cm", "number_with_more", "8:38"),
        (LIMIT, "above: 1,5", "comma_in_number", "8:40"),
        (LIMIT, 'above: "150"', "number_with_more", "8:38"),
        (LIMIT, "above: viel", "no_number", "8:38"),
        (LIMIT, "above: true", "no_number", "8:38"),
        (LIMIT, "above: .nan", "endless_number", "8:38"),
        (LIMIT, "above: -.inf", "endless_number", "8:38"),
        (LIMIT, "above: 1e999", "endless_number", "8:38"),
        (LIMIT, "above: 1" + "0" * 250, "endless_number", "8:38"),
        (LIMIT, "abvoe: 150", "unknown_field", "8:31"),
        (LIMIT, "clear: 140", "one_limit", "8:11"),
        (LIMIT, "above: 150, below: 1", "one_limit", "8:11"),
        (LIMIT, "above: 150, clear: 160", "clear_beyond", "8:50"),
        (LIMIT, "below: 150, clear: 160", "levels_two_ways", "9:39"),
        (LIMIT, "above: 180, clear: 140", "levels_crossed", "9:39"),
        (LIMIT, "above: 175, clear: 172", "clears_crossed", "9:51"),
        ("severity: warning", "severity: critical", "severity_twice", "9:22"),
        ("severity: warning", "severity: warnung", "unknown_choice", "8:22"),
        ("quantity: level", "quantity: levl", "unknown_quantity", "6:17"),
        ("quantity: level", "quantity: Level", "bad_quantity", "6:17"),
        ("quantity: level", "quantity: battery", "bad_quantity", "6:17"),
        ("quantity: level", "quantity: gps_lat", "tells_where", "6:17"),
        ("{tags: pegel}", "{tags: keller}", "about_no_sensor", "4:14"),
        ("{tags: pegel}", "{tags: '#'}", "bad_tag", "4:21"),
        ("{tags: pegel}", "{organisations: rastatt}", "about_no_sensor", "4:14"),
        ("{tags: pegel}", "{senders: ttn}", "about_no_sensor", "4:14"),
        ("{tags: pegel}", "{models: lds75}", "unknown_sensor_models", "4:23"),
        ("{tags: pegel}", "{sensors: [pegel, peggel]}", "unknown_sensors", "4:32"),
        ("{tags: pegel}", "{organisations: bretn}", "unknown_organisations", "4:30"),
        ("{tags: pegel}", "[pegel]", "not_mapping", "4:14"),
        ("threshold:", "treshold:", "unknown_field", "5:5"),
        (RULE, RULE + "    battery: {}\n", "two_tests", "4:14"),
        (RULE, RULE + RULE, "duplicate_key", "4:5"),
        (RULE, RULE + "    tells: pg-sensorikk\n", "unknown_bodies", "4:12"),
        (RULE, RULE + "    escalations: [{after: 1 h, bodies: [pg-sensorik, pg-x]}]\n", "unknown_bodies", "4:54"),
        (RULE, RULE + "    escalations: [{after: 1 h, people: p-ana}]\n", "unknown_people", "4:40"),
        (RULE, RULE + "    escalations: [{after: 1 h}]\n", "escalates_to_nobody", "4:19"),
        (RULE, RULE + "    escalations: [{after: bald, people: p-anna}]\n", "bad_duration", "4:27"),
        (RULE, RULE + "    repeat: 60\n", "bad_duration", "4:13"),
        (RULE, RULE + "    repeat: 1 min\n", "short_repeat", "4:13"),
        (RULE, RULE + "    hours: {days: [mo, xx]}\n", "bad_weekday", "4:24"),
        (RULE, RULE + "    hours: {days: []}\n", "empty_list", "4:19"),
        (RULE, RULE + "    hours: {begin: 25:00, end: 26:00}\n", "bad_clock", "4:20"),
        (RULE, RULE + "    hours: {begin: 07:00}\n", "half_of_hours", "4:12"),
        (RULE, "    name: ''\n", "empty_value", "3:11"),
    ],
)
def test_a_mistake_in_a_rule_is_told_with_its_place(write: Write, old: str, new: str, code: str, place: str) -> None:
    found = spoilt(write, old, new)
    assert told(found)[0] == (code, f"rules.yaml:{place}")
    assert {one[0] for one in told(found)} <= {code, "bad_clock"}
    assert list(found.registry.rules) == ["schweigt"]
    assert found.registry.alerting_blocked == {"rules/hochwasser"}
    assert (found.registry.complete, found.registry.blocked) == (True, frozenset())


@pytest.mark.parametrize(
    ("test", "code"),
    [
        ("{}", "no_test"),
        ("{threshold: null}", "no_test"),
        ("{silence: {intervals: 0.5}}", "few_intervals"),
        ("{battery: {below: 0}}", "no_percent"),
        ("{battery: {below: 120}}", "no_percent"),
        ("{battery: {below: 20, clear: 10}}", "clear_beyond"),
        ("{battery: {below: 20, clear: 101}}", "no_percent"),
        ("{rate: {quantity: level, within: 1 h}}", "one_limit"),
        ("{rate: {quantity: level, within: 1 h, rises: 1, falls: 1}}", "one_limit"),
        ("{rate: {quantity: level, within: 1 h, falls: -5}}", "rate_not_positive"),
        ("{rate: {quantity: level, within: 1 h, rises: 5, clear: 6}}", "rate_clear"),
        ("{rate: {quantity: level, rises: 5}}", "missing_field"),
        ("{threshold: {quantity: level, levels: []}}", "empty_list"),
        ("{threshold: {quantity: temperature, levels: {above: 1}}}", "not_list"),
        ("{expression: {when: level > 1 or 2}}", "no_condition"),
        ("{expression: {when: 7}}", "needs_quotes"),
        ("{expression: {when: level > 1, clear_when: open(level)}}", "expression_function"),
        ("{expression: {when: levl > 1}}", "unknown_quantity"),
        ("{foreign: {labels: {}}, tells: pg-sensorik}", "empty_list"),
        ("{foreign: {labels: {alertname: 7}}, tells: pg-sensorik}", "needs_quotes"),
        ("{foreign: {labels: {alertname: X}}}", "foreign_tells_nobody"),
        ("{foreign: {labels: {a: X}}, tells: pg-sensorik, applies: {tags: pegel}}", "foreign_applies"),
    ],
)
def test_a_test_that_makes_no_sense_is_refused(write: Write, test: str, code: str) -> None:
    found = loaded(write, rules=f"{RULES}  - {{id: x, name: X, {test[1:]}\n")
    assert [one[0] for one in told(found)] == [code]
    assert list(found.registry.rules) == ["hochwasser", "schweigt"]


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("    mount_height: 320\n", "", "no_mount_height", "2:5"),
        ("mount_height: 320", "mount_height: 3,2 m", "number_with_more", "6:19"),
        ("model: ldds75", "model: lds75", "unknown_sensor_models", "5:12"),
        ("organisation: bretten", "organisation: breten", "unknown_organisations", "4:19"),
        ("tells: pg-sensorik", "tells: [pg-sensorik, x]", "unknown_bodies", "8:26"),
        ("A8-40-41-C4-D1-87-00-01", "7083000000000012", "needs_quotes", "3:14"),
        ("A8-40-41-C4-D1-87-00-01", "[a, b c]", "bad_device", "3:18"),
        ("A8-40-41-C4-D1-87-00-01", "a/b/c", "bad_device", "3:14"),
        ("A8-40-41-C4-D1-87-00-01", "[]", "empty_list", "3:14"),
        ("A8-40-41-C4-D1-87-00-01", "'*'", "wide_pattern", "3:14"),
        ("place: Alb, Brücke", "place: Alb {devcie}", "place_braces", "7:12"),
        ("place: Alb, Brücke", "place: Alb\n    map: http://x.example", "bad_link", "8:10"),
        ("place: Alb, Brücke", "place: Alb\n    map: https://ich:geheim@x.example", "bad_link", "8:10"),
        ("place: Alb, Brücke", "place: Alb\n    dashboard: javascript:x", "bad_link", "8:16"),
        ("place: Alb, Brücke", "plce: Alb", "missing_field", "2:5"),
    ],
)
def test_a_mistake_in_a_sensor_is_told_with_its_place(write: Write, old: str, new: str, code: str, place: str) -> None:
    found = spoilt(write, old, new)
    assert told(found)[0] == (code, f"sensors.yaml:{place}")
    assert (list(found.registry.sensors), found.registry.alerting_blocked) == ([], {"sensors/pegel"})
    assert sorted(found.registry.rules) == ["hochwasser", "schweigt"], "a rule does not suffer from its sensors"
    assert found.registry.complete


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("fields: Distance", "fields: gps.Latitude", "tells_where", "6:23"),
        ("fields: Distance", "fields: [Distance, wifi_macs]", "tells_where", "6:34"),
        ("fields: Distance", "fields: a..b", "bad_path", "6:23"),
        ("fields: Bat", "fields: position", "tells_where", "8:23"),
        ("level:", "Level:", "bad_quantity", "6:7"),
        ("level:", "and:", "bad_quantity", "6:7"),
        ("level:", "geohash:", "tells_where", "6:7"),
        ("factor: 0.1", "factor: 0", "factor_nothing", "6:51"),
        ("factor: 0.1", "lowest: 5, highest: 5", "range_backwards", "6:63"),
        ("empty: 2.5", "empty: 4", "range_backwards", "8:44"),
        ("interval: 20 min", "interval: 20", "bad_duration", "4:15"),
    ],
)
def test_a_mistake_in_a_model_lets_its_sensors_wait(write: Write, old: str, new: str, code: str, place: str) -> None:
    found = spoilt(write, old, new)
    assert told(found) == [(code, f"models.yaml:{place}"), ("sensors_waiting", "sensors.yaml:5:12")]
    assert found.registry.alerting_blocked == {"sensor_models/ldds75", "sensors/pegel"}
    assert sorted(found.registry.rules) == ["hochwasser", "schweigt"]


def test_a_name_that_is_none_comes_with_one_that_is(write: Write) -> None:
    problem = spoilt(write, "level:", "Größe 2:").problems[0]
    assert "zum Beispiel groesse;" in Catalogue("de")(problem.mend)
    assert "for instance groesse;" in Catalogue("en")(problem.mend)


def test_of_two_entries_with_one_id_the_first_counts(write: Write) -> None:
    again = loaded(write, rules=RULES + RULES[7:].replace("150", "160"))
    assert told(again) == [("same_id_later", "rules.yaml:13:9"), ("same_id_later", "rules.yaml:21:9")]
    assert again.registry.rules == loaded(write).registry.rules
    assert again.registry.alerting_blocked == frozenset()


def test_a_device_belongs_to_the_first_entry_that_names_it(write: Write) -> None:
    second = SENSORS[9:].replace("id: pegel", "id: zweiter").replace("A8-40-41-C4-D1-87-00-01", "[x, A84041C4D1870001]")
    found = loaded(write, sensors=SENSORS + second)
    assert told(found) == [("same_device", "sensors.yaml:11:18")]
    assert list(found.registry.sensors) == ["pegel"]
    apart = SENSORS + "    sender: ttn\n" + second + "    sender: stadt\n"
    assert loaded(write, sensors=apart).problems == (), "two senders may each have a device of this name"


def test_patterns_may_overlap_and_may_not_be_the_same(write: Write) -> None:
    def with_devices(first: str, second: str) -> list[tuple[str, str]]:
        sensors = SENSORS.replace("A8-40-41-C4-D1-87-00-01", first)
        return told(loaded(write, sensors=sensors + sensors[9:].replace("id: pegel", "id: b").replace(first, second)))

    assert with_devices("pegel-*", "pegel-alb-*") == with_devices("pegel-*", "pegel-alb") == []
    assert with_devices("pegel-*", "Pegel-*") == [("same_device", "sensors.yaml:11:14")]


SAME = RULES[RULES.index("    applies") : RULES.index("  - id: schweigt")]


@pytest.mark.parametrize(
    ("second", "is_same"),
    [
        (SAME, True),
        (SAME.replace("{tags: pegel}", "{models: ldds75}"), True),
        (SAME.replace("180", "200"), True),
        (SAME.replace("warning", "info"), True),
        (SAME.replace("150", "151").replace("180", "181"), False),
        (SAME.replace("level\n", "temperature\n"), False),
        ("    silence: {intervals: 3, severity: critical}\n", True),
        ("    silence: {intervals: 6}\n", False),
        ("    expression: {when: level > 150}\n", False),
    ],
)
def test_of_two_rules_for_one_thing_the_first_counts(write: Write, second: str, is_same: bool) -> None:
    found = loaded(write, rules=f"{RULES}  - id: zweite\n    name: Zweite\n{second}")
    assert told(found) == ([("same_rule", "rules.yaml:13:5")] if is_same else [])
    assert ("zweite" not in found.registry.rules) == is_same
    assert {"hochwasser", "schweigt"} <= found.registry.rules.keys()


@pytest.mark.parametrize(
    ("hours", "others", "meet"),
    [
        ("{days: mo-fr, begin: 7:00, end: 16:00}", "{days: mo-fr, begin: 16:00, end: 7:00}", False),
        ("{days: mo-fr}", "{days: sa-so}", False),
        ("{days: so, begin: 22:00, end: 6:00}", "{days: mo, begin: 5:00, end: 7:00}", True),
        ("{days: mo-fr, begin: 7:00, end: 16:00}", "{days: fr, begin: 15:59, end: 17:00}", True),
    ],
)
def test_the_same_limits_at_other_hours_are_two_rules(write: Write, hours: str, others: str, meet: bool) -> None:
    first = RULES.replace(RULE, f"{RULE}    hours: {hours}\n")
    found = loaded(write, rules=f"{first}  - id: b\n    name: B\n    hours: {others}\n{SAME}")
    assert [one[0] for one in told(found)] == (["same_rule"] if meet else [])


def test_what_is_merely_odd_is_said_and_used(write: Write) -> None:
    assert told(spoilt(write, "    tells: pg-sensorik\n", "")) == [
        ("tells_nobody", "rules.yaml:2:5"),
        ("tells_nobody", "rules.yaml:10:5"),
    ]
    assert told(spoilt(write, "from_mount: true", "from_mount: false")) == [
        ("mount_height_unused", "sensors.yaml:6:19")
    ]
    assert told(spoilt(write, "A8-40-41-C4-D1-87-00-01", "[a, A]")) == [("device_again", "sensors.yaml:3:18")]


def test_a_body_that_is_at_rest_is_told_of(write: Write) -> None:
    where = folder(write)
    (where / "bodies.yaml").write_text(BODIES + "    archived: 2026-01-01\n")
    people = (where / "people.yaml").read_text().replace("    bodies: [pg-sensorik]\n", "")
    (where / "people.yaml").write_text(people)
    assert told(load(where)) == [("tells_archived", "sensors.yaml:8:12")]


def test_silence_of_which_nobody_can_know_is_told(write: Write) -> None:
    assert told(spoilt(write, "    interval: 20 min\n", "")) == [("no_interval", "rules.yaml:12:14")]
    second = SENSORS[9:].replace("id: pegel", "id: b").replace("A8-40-41-C4-D1-87-00-01", "b") + "    interval: 1 h\n"
    found = loaded(write, models=MODELS.replace("    interval: 20 min\n", ""), sensors=SENSORS + second)
    assert told(found) == [("no_interval", "rules.yaml:12:14")]
    assert not found.errors
    assert "schweigt" in found.registry.rules


def test_a_quantity_that_only_others_measure_is_told_with_what_is_there(write: Write) -> None:
    other = "  - {id: th, name: TH, interval: 1 h, quantities: {humidity: {fields: hum}}}\n"
    sensor = "  - {id: keller, devices: k1, organisation: rastatt, model: th, place: Keller, tells: pg-sensorik}\n"

    def rule(applies: str, quantity: str) -> tuple[list[str], list[str]]:
        levels = "levels: [{severity: info, above: 1}]"
        text = f"  - {{id: x, name: X, applies: {applies}, threshold: {{quantity: {quantity}, {levels}}}}}\n"
        found = loaded(write, models=MODELS + other, sensors=SENSORS + sensor, rules=RULES + text)
        return [one[0] for one in told(found)], [Catalogue("de")(one.what) for one in found.problems]

    assert rule("{}", "humidity") == ([], [])
    codes, sentences = rule("{sensors: pegel}", "humidity")
    assert codes == ["quantity_elsewhere"]
    assert sentences[0].endswith("Sie messen: level, temperature.")
    assert rule("{sensors: [pegel, keller]}", "humidity")[0] == ["lacks_quantity"]
    assert rule("{models: [ldds75, th]}", "temperature")[0] == ["lacks_quantity"]
