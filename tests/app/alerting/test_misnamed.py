"""Names that only settings or policy can know: with a slip of the pen there nobody would be told of anything."""

import pytest

from policies.alertsections import AlertsPolicy
from provisioner.app.alerting.misnamed import misnamed_of_alerts
from provisioner.app.bridge_settings import BridgeSettings
from provisioner.model.alerts import AlertSeverity as Severity
from provisioner.model.alerts import Applies, LowBattery, Rule
from provisioner.model.origin import Origin
from provisioner.model.registry import Body, BodyKind, Registry
from provisioner.model.sensors import Sensor
from provisioner.texts import Catalogue

BRIDGE = BridgeSettings.model_validate({"senders": {"ttn": {"kind": "things-stack"}, "stadt": {"kind": "json"}}})
RANGERS = {"rangers": Body("rangers", "Ranger", BodyKind.RANGERS)}


def registry(*, sender: str | None = "ttn", senders: frozenset[str] = frozenset({"stadt"})) -> Registry:
    sensor = Sensor("pegel", ("p",), "bretten", "m", "Alb", sender=sender, origin=Origin("sensors.yaml", 2, 5))
    test = LowBattery(20, 30, Severity.INFO)
    rule = Rule("leer", "Leer", test, Applies(senders=senders), origin=Origin("rules.yaml", 4, 5))
    return Registry("redi", "re@di", bodies=RANGERS, sensors={"pegel": sensor}, rules={"leer": rule})


def words(registry: Registry, policy: AlertsPolicy, bridge: BridgeSettings | None = BRIDGE) -> list[tuple[str, str]]:
    say = Catalogue("de")
    found = misnamed_of_alerts(policy, "policy.yaml", registry, bridge)
    return [(str(problem.where), f"{say(problem.what)} {say(problem.mend)}") for problem in found]


def test_what_is_named_right_is_passed_over() -> None:
    assert words(registry(), AlertsPolicy(rangers_body="rangers")) == []
    assert words(registry(sender=None, senders=frozenset()), AlertsPolicy()) == []


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (registry(sender="tnt"), "sensors.yaml:2:5"),
        (registry(senders=frozenset({"stadt", "tnt"})), "rules.yaml:4:5"),
    ],
)
def test_a_sender_that_the_settings_do_not_name_is_told_where_it_is_named(wrong: Registry, place: str) -> None:
    [(where, sentence)] = words(wrong, AlertsPolicy())
    assert where == place
    assert sentence.endswith("Meinten Sie „ttn“?")
    assert words(wrong, AlertsPolicy(), None) == [], "without a bridge nothing is known of senders"


def test_a_body_for_rangers_that_there_is_not_is_told() -> None:
    [(where, sentence)] = words(registry(), AlertsPolicy(rangers_body="ranger"))
    assert where == "policy.yaml"
    assert sentence.endswith("Meinten Sie „rangers“?")
