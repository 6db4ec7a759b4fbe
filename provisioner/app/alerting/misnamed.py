"""What registry and policy name for alerts and what only the other, or the settings, can know: senders, a body."""

from collections.abc import Iterator

from policies.alertsections import AlertsPolicy
from provisioner.app.bridge_settings import BridgeSettings
from provisioner.model.registry import Origin, Registry
from provisioner.model.text import Text
from provisioner.registry.mistakes import mend_word
from provisioner.registry.problems import Problem, error


def misnamed_of_alerts(
    policy: AlertsPolicy, policy_file: str, registry: Registry, bridge: BridgeSettings | None
) -> Iterator[Problem]:
    """A slip of the pen here leaves everything well-formed, and nobody is told of anything."""
    body, known = policy.rangers_body, registry.bodies.keys() | registry.blocked
    if body is not None and body not in known and registry.complete:
        yield error(Origin(policy_file), Text.of("app.unknown_rangers_body", body=body), mend_word(body, known))
    if bridge is None:
        return
    named = [(one.origin, one.sender) for one in registry.sensors.values() if one.sender is not None]
    named += [(rule.origin, sender) for rule in registry.rules.values() for sender in sorted(rule.applies.senders)]
    for origin, sender in named:
        if sender not in bridge.senders:
            what = Text.of("app.unknown_sender", sender=sender)
            yield error(origin or Origin("."), what, mend_word(sender, bridge.senders))
